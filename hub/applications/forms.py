"""What the pages of applications send."""

from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from wtforms import Field, MultipleFileField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from hub.access.tlp import MemberKind
from hub.applications import rules
from hub.applications.rules import Facts
from hub.canonical.country import country_code
from hub.canonical.refusal import RefusedError
from hub.mail import LetterError, plain_address
from hub.members.rules import LONGEST_REASON, SECTORS
from hub.web.filters import opening

NO_COOKIE = "Your browser did not send our cookie back: allow it, and send the form again"
LONGEST_ADMISSION_REASON = 300
"""Beside it, the reason of the decision holds the name and the code."""
OF_BRANDS = ("right_type", "right_office", "right_number")


def _trim(text: str | None) -> str:
    return (text or "").strip()


def _one_line(_form: FlaskForm, field: Field) -> None:
    try:
        rules.check_line(field.data, rules.LENGTHS.get(field.name, rules.LONGEST_LINE))
    except ValueError as error:
        raise ValidationError(opening(error)) from error


def _address(_form: FlaskForm, field: Field) -> None:
    try:
        field.data = plain_address(field.data)
    except LetterError as error:
        raise ValidationError(opening(error)) from error


def _line(label: str, demand: str = "", *checks: Any, **how: Any) -> StringField:
    needed = [DataRequired(demand)] if demand else []
    return StringField(label, filters=[_trim], validators=[*needed, _one_line, *checks], render_kw=how)


class ApplicationForm(FlaskForm):
    """What an organisation says of itself."""

    legal_name = _line("Legal name", "Give the name in the register", autocomplete="organization")
    register = _line("Register", "Name the register that holds it")
    register_number = _line("Number in the register", "Give the number in the register")
    country = _line("Country", "Name the country")
    kind = SelectField("What it applies to be", choices={kind.value: words for kind, words in rules.KINDS.items()})
    sector = SelectField("Sector", choices={"": "None: it stands in all sectors"} | SECTORS)
    website = _line("Website", "Give the address of its website", autocomplete="url")
    contact_name = _line("Your name", "Give your name", autocomplete="name")
    contact_email = _line("Your e-mail address", "Give your e-mail address", _address, autocomplete="email")
    contact_role = _line("Your role", "Say what you are there", autocomplete="organization-title")
    second_name = _line("Name of the second contact", "Name a second person")
    second_email = _line("E-mail address of the second contact", "Give the second person's address", _address)
    appeal_email = _line("E-mail address for objections", "Give an address for objections", _address)
    right_type = SelectField("Kind of right", choices={"": "None"} | rules.RIGHTS)
    right_office = _line("Office that granted it")
    right_number = _line("Number of the right")
    purpose = TextAreaField(
        "What you want to share and receive",
        filters=[lambda text: _trim(text).replace("\r\n", "\n")],
        validators=[
            DataRequired("Say what you want to share and receive"),
            Length(max=rules.LONGEST_PURPOSE, message=f"At most {rules.LONGEST_PURPOSE:,} characters"),
        ],
        render_kw={"rows": 5},
    )

    def validate_country(self, field: StringField) -> None:
        """Two letters of ISO 3166-1."""
        try:
            field.data = country_code(field.data) or ""
        except RefusedError as error:
            raise ValidationError("Two letters, such as DE or CN") from error

    def validate_website(self, field: StringField) -> None:
        """A web address with a host."""
        try:
            address = urlsplit(field.data)
            good = address.scheme in {"http", "https"} and "." in (address.hostname or "") and " " not in field.data
        except ValueError:
            good = False
        if not good:
            raise ValidationError("A web address reads like https://www.example.org")

    def validate_second_email(self, field: StringField) -> None:
        """Two contacts are two people."""
        if (field.data or "").lower() == (self.contact_email.data or "").lower():
            raise ValidationError("The second contact is another person, with an address of their own")

    def validate_purpose(self, field: TextAreaField) -> None:
        """Lines of text."""
        try:
            rules.check_line(field.data.replace("\n", " "), rules.LONGEST_PURPOSE)
        except ValueError as error:
            raise ValidationError(opening(error)) from error

    def validate(self, extra_validators: Any = None) -> bool:
        """A brand names the right that it relies on; nobody else has one."""
        good = super().validate(extra_validators)
        of_brand = [self[name] for name in OF_BRANDS]
        if self.kind.data != MemberKind.BRAND.value:
            for field in of_brand:
                field.data = ""
        missing = [field for field in of_brand if self.kind.data == MemberKind.BRAND.value and not field.data]
        for field in missing:
            field.errors = [*field.errors, "A brand names a right that is in force"]
        if "csrf_token" in self and self.csrf_token.errors:
            self.csrf_token.errors = [NO_COOKIE]
        return bool(good) and not missing

    @property
    def facts(self) -> Facts:
        """What was said; after the form has validated."""
        return Facts(**{name: self[name].data for name in Facts.__dataclass_fields__})


class ConfirmationForm(FlaskForm):
    """The documents that go with an application."""

    documents = MultipleFileField("Documents", render_kw={"accept": ".pdf,.png,.jpg,.jpeg"})


class NoteForm(FlaskForm):
    """A note or a reason."""

    words = TextAreaField(
        filters=[_trim],
        validators=[
            DataRequired("Say how you know"),
            Length(max=LONGEST_REASON, message=f"At most {LONGEST_REASON} characters"),
        ],
    )


class AdmissionForm(NoteForm):
    """The code that the member will have, and why it is admitted."""

    code = StringField("Code", filters=[_trim], validators=[DataRequired("Give the member a code"), Length(max=40)])
    words = TextAreaField(
        filters=[_trim],
        validators=[
            DataRequired("Give a reason"),
            Length(max=LONGEST_ADMISSION_REASON, message=f"At most {LONGEST_ADMISSION_REASON} characters"),
        ],
    )
