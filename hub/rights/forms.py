"""What the pages of IP rights send."""

import re
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from hub.members.rules import LONGEST_REASON
from hub.rights import rules
from hub.rights.office_rules import OFFICES, RightType
from hub.rights.rules import FactError, Facts, Given
from hub.rights.sheet_rules import FIELDS, Row, rows_of
from hub.web.filters import opening

_BETWEEN = re.compile(r"[\s,;]+")


def _listed(text: str | None) -> list[str]:
    return [each for each in _BETWEEN.split(text or "") if each]


def _line(label: str, most: int, demand: str = "") -> StringField:
    needed = [DataRequired(demand)] if demand else []
    return StringField(label, validators=[*needed, Length(max=most, message=f"At most {most} characters")])


class RightForm(FlaskForm):
    """What the register says of a right."""

    type = SelectField("Type", choices={each.value: each.words for each in RightType})
    office = SelectField(
        "Office",
        choices={"": "None: an unregistered copyright"}
        | {code: f"{code}: {office.name}" for code, office in OFFICES.items()},
    )
    number = _line("Number", 100)
    title = _line("Title", rules.LONGEST_TITLE, "Say what it is called")
    owner = _line("Owner", rules.LONGEST_OWNER, "Name the owner in the register")
    jurisdictions = _line("Countries", 1000)
    classes = _line("Classes", 200)
    begins_on = DateField("First day", validators=[Optional()])
    ends_on = DateField("Last day", validators=[Optional()])

    @classmethod
    def of(cls, facts: Facts) -> "RightForm":
        """The form as it stands before a correction; what was sent takes its place."""
        said: dict[str, Any] = {name: getattr(facts, name) for name in FIELDS}
        said |= {"type": facts.type.value, "office": facts.office or "", "number": facts.number or ""}
        said |= {name: ", ".join(map(str, said[name])) for name in ("jurisdictions", "classes")}
        return cls(data=said)

    def validate_classes(self, field: StringField) -> None:
        """Whole numbers."""
        if not all(each.isascii() and each.isdigit() and len(each) < 4 for each in _listed(field.data)):
            raise ValidationError("Classes read like 9, 25, 42")

    @property
    def given(self) -> Given:
        """What was said; after the form has validated."""
        return Given(
            type=self.type.data,
            office=self.office.data,
            number=self.number.data or "",
            title=self.title.data,
            jurisdictions=_listed(self.jurisdictions.data),
            classes=[int(each) for each in _listed(self.classes.data)],
            begins_on=self.begins_on.data,
            ends_on=self.ends_on.data,
            owner=self.owner.data,
        )

    def refuse(self, error: FactError) -> None:
        """Put what a rule says to the field that it is about."""
        field = self[error.field]
        field.errors = [*field.errors, opening(error)]


class SheetForm(FlaskForm):
    """A sheet of rights to look at, and to enter once nothing is to be mended."""

    rows = TextAreaField("Rights", [Length(max=600_000, message="At most 600,000 characters")], render_kw={"rows": 10})
    sheet = FileField("Or a sheet", render_kw={"accept": ".xlsx,.csv,.txt"})

    def given(self) -> list[Row]:
        """The rows of the sheet, which then stand in the field to be mended, or the field's. Raises SheetError."""
        body = self.sheet.data.read() if self.sheet.data else b""
        if not body:
            return rows_of((self.rows.data or "").encode())
        found = rows_of(body)
        lines = [[" ".join(row.cells.get(name, "").split()) for name in FIELDS] for row in found]
        self.rows.data = "\n".join("\t".join(cells) for cells in [list(FIELDS), *lines])
        return rows_of(self.rows.data.encode())


class CertifyForm(FlaskForm):
    """Which file of the vault is handed in as the certificate."""

    file = StringField(validators=[DataRequired("Choose a file of your vault"), Length(max=24)])


class AskForm(FlaskForm):
    """Which platform is asked to verify a right."""

    platform = StringField(validators=[DataRequired("Choose the platform"), Length(max=40)])


class VerifyForm(FlaskForm):
    """That the facts which were shown are those of the register."""

    digest = HiddenField(validators=[DataRequired("Look at the right first"), Length(max=64)])


class ReasonForm(FlaskForm):
    """Why a right is refused."""

    reason = TextAreaField(
        filters=[lambda text: (text or "").strip()],
        validators=[
            DataRequired("Say what its member should mend"),
            Length(max=LONGEST_REASON, message=f"At most {LONGEST_REASON} characters"),
        ],
    )
