"""What the page of agents sends."""

from flask_wtf import FlaskForm
from wtforms import DateField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from hub import clock
from hub.access.grants import AGENT_SCOPES
from hub.access.permissions import WORDS, Permission
from hub.members.service import AuthorisationTerms


class AuthorisationForm(FlaskForm):
    """An agent to authorise: by its code, with what, from when and until when."""

    code = StringField(
        "Agent's code",
        filters=[lambda text: (text or "").strip()],
        validators=[DataRequired("Give an agent's code"), Length(max=40)],
    )
    scopes = SelectMultipleField(
        "What it may do for you",
        choices={scope.value: WORDS[scope] for scope in AGENT_SCOPES},
        validators=[DataRequired("Choose at least one thing that it may do")],
    )
    begins_on = DateField("First day", default=clock.today, validators=[InputRequired("Give the first day")])
    ends_on = DateField("Last day", validators=[InputRequired("Give the last day")])

    @property
    def terms(self) -> AuthorisationTerms:
        """What was asked for; after the form has validated."""
        return AuthorisationTerms(
            [Permission(scope) for scope in self.scopes.data], self.begins_on.data, self.ends_on.data
        )
