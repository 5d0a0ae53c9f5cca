"""What the pages of sharing groups send."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from hub.members import rules


def _trim(text: str | None) -> str:
    return (text or "").strip()


def _agreement() -> TextAreaField:
    return TextAreaField(
        "Agreement",
        filters=[_trim],
        validators=[
            DataRequired("Give the agreement that its members accept"),
            Length(max=rules.LONGEST_AGREEMENT, message=f"At most {rules.LONGEST_AGREEMENT:,} characters"),
        ],
    )


class GroupForm(FlaskForm):
    """A group to found."""

    name = StringField(
        "Name", filters=[_trim], validators=[DataRequired("Give it a name"), Length(max=rules.LONGEST_NAME)]
    )
    purpose = TextAreaField(
        "Purpose",
        filters=[_trim],
        validators=[
            DataRequired("Say what it is for"),
            Length(max=rules.LONGEST_REASON, message=f"At most {rules.LONGEST_REASON} characters"),
        ],
    )
    agreement = _agreement()


class RenewalForm(FlaskForm):
    """Another agreement of a group."""

    agreement = _agreement()


class GuestForm(FlaskForm):
    """A member to invite."""

    code = StringField(
        "Member's code", filters=[_trim], validators=[DataRequired("Give a member's code"), Length(max=40)]
    )


class SeatForm(FlaskForm):
    """A seat taken, under the agreement that was shown."""

    digest = HiddenField(validators=[Regexp(r"[0-9a-f]{64}\Z")])
    agreed = BooleanField(
        "I have read the agreement of the group and may accept it for my organisation",
        validators=[InputRequired("Tick that you agree")],
    )
