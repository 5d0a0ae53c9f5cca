"""The forms of a member's single sign-on, and of the office that binds a domain."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from hub.access.grants import Role
from hub.members import rules
from hub.members.service import ProviderTerms


class ProviderForm(FlaskForm):
    """Which provider, as which client, and what its word counts for."""

    issuer = StringField("Issuer", validators=[InputRequired("Give the issuer"), Length(max=rules.LONGEST_ISSUER)])
    client_id = StringField("Client id", validators=[InputRequired("Give the client id"), Length(max=255)])
    secret = StringField("Client secret", validators=[Length(max=255)], render_kw={"autocomplete": "off"})
    claim = StringField("Claim that roles are read off", validators=[Length(max=rules.LONGEST_CLAIM)])
    roles = TextAreaField("Roles", validators=[Length(max=10_000)])
    factors = StringField("What counts as a second factor", validators=[Length(max=300)])
    passwords_serve = BooleanField("Passwords and passkeys of the hub go on serving beside the provider")

    def validate_issuer(self, field: StringField) -> None:
        """As the rules have it."""
        _told(rules.check_issuer, field)

    def validate_roles(self, field: TextAreaField) -> None:
        """One value a line."""
        _told(rules.role_map, field)

    @property
    def terms(self) -> ProviderTerms:
        """What was asked for; after the form has validated."""
        return ProviderTerms(
            issuer=self.issuer.data.strip(),
            client_id=self.client_id.data.strip(),
            secret=(self.secret.data or "").strip(),
            claim=(self.claim.data or "").strip(),
            roles=rules.role_map(self.roles.data or ""),
            factors=(self.factors.data or "").split(),
            passwords_serve=self.passwords_serve.data,
        )

    @classmethod
    def showing(cls, terms: ProviderTerms | None) -> "ProviderForm":
        """The form as it is shown first; the secret never is."""
        if terms is None:
            return cls(formdata=None, passwords_serve=True)
        lines = "\n".join(f"{value} = {Role(role).value}" for value, role in sorted((terms.roles or {}).items()))
        shown = {**vars(terms), "secret": "", "roles": lines, "factors": " ".join(terms.factors)}
        return cls(formdata=None, **shown)


class AddressForm(FlaskForm):
    """The address whose domain says where its person signs in."""

    address = StringField("E-mail address", validators=[InputRequired("Give your address"), Length(max=255)])


class DomainForm(FlaskForm):
    """A domain that the member asks for."""

    domain = StringField("Domain", validators=[InputRequired("Give a domain"), Length(max=253)])


class BindingForm(FlaskForm):
    """A domain that the office proposes to bind, and how it was proved."""

    domain = StringField("Domain", validators=[InputRequired("Name the domain"), Length(max=253)])
    reason = TextAreaField(
        "Reason",
        filters=[lambda text: (text or "").strip()],
        validators=[DataRequired("Say how it was proved"), Length(max=rules.LONGEST_REASON)],
    )


def _told(check: object, field: StringField) -> None:
    try:
        check((field.data or "").strip())  # type: ignore[operator]  # one of the rules' checks
    except ValueError as error:
        raise ValidationError(str(error)) from error
