"""What the page of a member's people sends."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length

from hub.access.grants import Role
from hub.members.rules import LONGEST_NAME


def _trim(text: str | None) -> str:
    return (text or "").strip()


class RoleForm(FlaskForm):
    """What a person is inside its member."""

    role = SelectField("Role", choices={role.value: role.value.capitalize() for role in Role})


class InvitationForm(RoleForm):
    """Somebody to invite."""

    email = StringField(
        "E-mail address",
        filters=[_trim],
        validators=[DataRequired("Give an e-mail address"), Length(max=255)],
        render_kw={"type": "email", "autocomplete": "off"},
    )
    name = StringField(
        "Name",
        filters=[_trim],
        validators=[DataRequired("Give a name"), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "off"},
    )
