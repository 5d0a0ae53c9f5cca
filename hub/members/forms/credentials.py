"""The page's form for a new API key."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from hub.access.permissions import WORDS, Permission
from hub.members import rules
from hub.members.service import CredentialTerms


class CredentialForm(FlaskForm):
    """Name, days, scopes and networks of a key."""

    name = StringField("Name", validators=[InputRequired("Give it a name"), Length(max=60)])
    days = IntegerField(
        "Days it serves",
        default=90,
        validators=[NumberRange(1, rules.CREDENTIAL_DAYS, f"A whole number from 1 to {rules.CREDENTIAL_DAYS}")],
    )
    scopes = SelectMultipleField("What it may")
    networks = TextAreaField("Where it may be used from", validators=[Length(max=2000)])

    def __init__(self, may: frozenset[Permission], **given: Any) -> None:
        super().__init__(**given)
        self.scopes.choices = [(each.value, WORDS[each]) for each in Permission if each in may]

    def validate_scopes(self, field: SelectMultipleField) -> None:
        """A key that may nothing serves nobody."""
        if not field.data:
            raise ValidationError("Choose at least one thing that it may do")

    def validate_networks(self, field: TextAreaField) -> None:
        """One network a line."""
        lines = (field.data or "").split()
        if len(lines) > rules.MOST_NETWORKS:
            raise ValidationError(f"At most {rules.MOST_NETWORKS} networks")
        for at, line in enumerate(lines, 1):
            try:
                rules.network(line)
            except ValueError as error:
                raise ValidationError(f"Line {at}: {error}") from error

    @property
    def terms(self) -> CredentialTerms:
        """What was asked for; after the form has validated."""
        networks = [rules.network(line) for line in (self.networks.data or "").split()]
        return CredentialTerms(self.name.data.strip(), self.days.data, self.scopes.data, networks)
