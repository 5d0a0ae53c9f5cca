"""The forms of second factors."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

TYPED = {"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}


class CodeForm(FlaskForm):
    """A code of an authenticator app, or a recovery code."""

    code = StringField("Code", validators=[InputRequired("Type the code"), Length(max=40)], render_kw=TYPED)


class TotpForm(CodeForm):
    """An authenticator app that is added: the secret offered, and the code that shows it arrived."""

    name = StringField("Name", default="Authenticator", validators=[InputRequired("Give it a name"), Length(max=60)])
    sealed = HiddenField(validators=[InputRequired("Begin again"), Length(max=200)])


class PasskeyForm(FlaskForm):
    """What the browser's authenticator answered, as JSON."""

    credential = HiddenField(validators=[InputRequired("Try again"), Length(max=20_000)])


class NewPasskeyForm(PasskeyForm):
    """A passkey that is added."""

    name = StringField("Name", default="This device", validators=[InputRequired("Give it a name"), Length(max=60)])
