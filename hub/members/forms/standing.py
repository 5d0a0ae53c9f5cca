"""The form that changes a member's standing."""

from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from hub.members import rules


class StandingForm(FlaskForm):
    """The state to move to, and why."""

    state = SelectField("Standing", choices={state.value: state.value for state in rules.MemberState})
    reason = TextAreaField(
        "Reason",
        filters=[lambda text: (text or "").strip()],
        validators=[
            DataRequired("Give a reason"),
            Length(max=rules.LONGEST_REASON, message=f"At most {rules.LONGEST_REASON} characters"),
        ],
    )
