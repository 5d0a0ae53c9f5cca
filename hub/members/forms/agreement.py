"""What the page of the agreement sends."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from hub.members.rules import LONGEST_AGREEMENT


class SignatureForm(FlaskForm):
    """An owner's word that the member agrees to what was shown."""

    version = IntegerField(validators=[InputRequired()])
    digest = HiddenField(validators=[Regexp(r"[0-9a-f]{64}\Z")])
    agreed = BooleanField(
        "I have read this version and may sign it for my organisation",
        validators=[InputRequired("Tick that you agree")],
    )


class AgreementForm(FlaskForm):
    """A version to publish."""

    text = TextAreaField(
        "Text",
        validators=[
            InputRequired("Give the text"),
            Length(max=LONGEST_AGREEMENT, message=f"At most {LONGEST_AGREEMENT:,} characters"),
        ],
    )
