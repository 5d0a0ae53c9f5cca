"""What the office's page of a member sends."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from hub.ledger.service import CAUSES, GROUNDS
from hub.members import rules


class ReasonForm(FlaskForm):
    """Why something is proposed or done."""

    reason = TextAreaField(
        "Reason",
        filters=[lambda text: (text or "").strip()],
        validators=[
            DataRequired("Give a reason"),
            Length(max=rules.LONGEST_REASON, message=f"At most {rules.LONGEST_REASON} characters"),
        ],
    )


class StandingForm(ReasonForm):
    """The state to move to, and why."""

    state = SelectField("Standing", choices={state.value: state.value for state in rules.MemberState})


class InterventionForm(ReasonForm):
    """What to do in the member's name, and to whom."""

    act = SelectField("What is to be done", choices={act.value: words for act, words in rules.ACTS.items()})
    person = StringField("Owner", validators=[Length(max=24)])
    name = StringField("New owner's name", validators=[Length(max=rules.LONGEST_NAME)])
    email = StringField("New owner's e-mail address", validators=[Length(max=254)])


class ErasureForm(ReasonForm):
    """What is to be erased in the log, and why it may be."""

    subject = StringField(
        "Entry or person",
        filters=[lambda text: (text or "").strip()],
        validators=[DataRequired("Give the id of an entry, or a pseudonym"), Length(max=rules.LONGEST_SUBJECT)],
    )
    ground = SelectField("Ground", choices={ground.value: words for ground, words in GROUNDS.items()})


class SettingAsideForm(ReasonForm):
    """The entry that can never stand in the log, and why."""

    entry = StringField(validators=[DataRequired(), Length(max=22)])


class ReanchoringForm(ReasonForm):
    """The difference that was looked at, and why the log may be anchored anew."""

    state = StringField(validators=[DataRequired(), Length(max=40)])
    cause = SelectField("Cause", choices={cause.value: words for cause, words in CAUSES.items()})
