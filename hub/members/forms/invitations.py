"""What a page sends that is reached by a link out of a letter."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from hub.members.password_rules import LONGEST_PASSWORD, SHORTEST_PASSWORD
from hub.members.rules import LONGEST_NAME


class NewPasswordForm(FlaskForm):
    """A password chosen. Rests on no session: the link in the address, which nobody else knows, is its token."""

    class Meta:
        """Without Flask-WTF's token, which would want a session."""

        csrf = False

    password = PasswordField(
        "Password",
        validators=[
            InputRequired("Choose a password"),
            Length(SHORTEST_PASSWORD, LONGEST_PASSWORD, f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class AcceptanceForm(NewPasswordForm):
    """An invitation accepted."""

    name = StringField(
        "Your name",
        validators=[InputRequired("Say what you are called"), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "name"},
    )
