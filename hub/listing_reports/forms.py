"""What the pages of listing reports send."""

import re
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from hub.listing_reports import rules
from hub.listing_reports.clock_rules import LONGEST_SPAN, PRESETS, read_holidays
from hub.listing_reports.counter_rules import GROUNDS, LONGEST_WORDS, MOST_FILES
from hub.listing_reports.preflight_rules import ReportedRow, rows_of
from hub.listing_reports.reason_rules import FIELDS, LONGEST_TEXT, REASONS, Grounds
from hub.listing_reports.rules import IMPLIED, Command, Decision
from hub.listing_reports.service import ClockTerms, ShownReport
from hub.listing_reports.strike_rules import LADDERS

_NUMBER = re.compile("[0-9]{1,4}")
NONE_OF_ANY = 0
"""Listings are numbered from 1: what is no number is refused as this, and not taken for no tick at all."""


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class GroundsForm(FlaskForm):
    """Evidence and explanation of a report."""

    explanation = TextAreaField("Explanation", filters=[_stripped], validators=[Length(max=LONGEST_TEXT)])

    def grounds_for(self, reason: str) -> Grounds:
        """Reason, evidence and explanation: of the evidence what the reason asks for."""
        given = {name: _stripped(self[f"evidence_{name}"].data) for name in REASONS[reason].evidence}
        return Grounds(reason, given, self.explanation.data)


for _name, _asked in FIELDS.items():
    if _asked.kind == "file":  # pre-flight says which file is none of the brand's, as it says all that is to be mended
        _field: Any = SelectField(_asked.title, choices={}, validate_choice=False)
    else:
        _kind = TextAreaField if _asked.kind == "text" else StringField
        _field = _kind(_asked.title, validators=[Length(max=LONGEST_TEXT)])
    setattr(GroundsForm, f"evidence_{_name}", _field)


class MendForm(GroundsForm):
    """A returned report to be submitted again."""

    version = IntegerField(validators=[InputRequired("Read the report first")])
    sentence = TextAreaField("Sentence to the platform", [Length(max=rules.LONGEST_SENTENCE)], [_stripped])

    @classmethod
    def of(cls, shown: ShownReport) -> "MendForm":
        """The form as the report stands; what was sent takes its place."""
        evidence = {f"evidence_{name}": said for name, said in shown.evidence.items()}
        return cls(formdata=None, data={**evidence, "explanation": shown.explanation, "version": shown.line.version})


class NewReportForm(GroundsForm):
    """A report to look at, and to file once nothing is to be mended."""

    platform = SelectField(
        "Platform",
        choices={},
        validate_choice=False,  # the service says of which code it is none
        validators=[DataRequired("Choose the platform"), Length(max=40)],
    )
    right = SelectField("IP right", validators=[DataRequired("Choose a verified right")])
    reason = SelectField("Reason", choices={code: each.words for code, each in REASONS.items()})
    product_class = StringField("Class of the goods", filters=[_stripped], validators=[Length(max=2)])
    rows = TextAreaField("Listings", validators=[Length(max=1_200_000)])
    sheet = FileField("Or a sheet")
    declared = BooleanField("I make this declaration")

    @property
    def grounds(self) -> Grounds:
        """What is said of the reason that was chosen."""
        return self.grounds_for(self.reason.data)

    def read_rows(self) -> list[ReportedRow]:
        """The rows of the sheet, which then stand in the field to be mended, or the field's. Raises SheetError."""
        body = self.sheet.data.read() if self.sheet.data else b""
        if body:
            lines = ["\t".join(("url", "target", "class", "seller"))]
            lines += ["\t".join(" ".join(cell.split()) for cell in row[1:]) for row in rows_of(body)]
            self.rows.data = "\n".join(lines)
        usual = self.product_class.data
        return [row._replace(product_class=row.product_class or usual) for row in rows_of(self.rows.data.encode())]


class SaidForm(FlaskForm):
    """A command, and what goes with it."""

    command = SelectField(choices=[each.value for each in Command if each not in IMPLIED])
    version = IntegerField(validators=[InputRequired("Read the report first")])
    sentence = StringField(validators=[Length(max=rules.LONGEST_SENTENCE)], filters=[_stripped])
    refusal = SelectField(choices=["", *rules.REFUSALS], default="")
    decision = SelectField(choices=["", *Decision], default="")
    action = SelectField(choices=["", *rules.DEEDS], default="")
    order = SelectField(choices=["", "yes", "no"], default="")
    points = IntegerField(validators=[Optional(), NumberRange(1, rules.MOST_POINTS)])

    grounds = SelectField(choices=["", *GROUNDS], default="")
    words = TextAreaField(validators=[Length(max=LONGEST_WORDS)], filters=[_stripped])
    files = StringField(validators=[Length(max=MOST_FILES * 30)], filters=[_stripped])
    counter_notice = StringField(validators=[Length(max=24)], filters=[_stripped])
    proof = StringField(validators=[Length(max=24)], filters=[_stripped])

    @property
    def listings(self) -> list[int] | None:
        """The listings that are ticked; None: none is, and so all that are left."""
        chosen = request.form.getlist("listing")
        return [int(each) if _NUMBER.fullmatch(each) else NONE_OF_ANY for each in chosen] or None


class ClockForm(FlaskForm):
    """How long sellers and right holders have, and where."""

    jurisdiction = StringField("Country", [Length(max=16)], [_stripped])
    preset = SelectField("Preset", choices={name: each.words for name, each in PRESETS.items()})
    seller = IntegerField("Days for the seller", [Optional(), NumberRange(1, LONGEST_SPAN)])
    holder = IntegerField("Days for the right holder", [Optional(), NumberRange(1, LONGEST_SPAN)])
    zone = StringField("Time zone", [DataRequired("Name a time zone"), Length(max=40)], [_stripped])
    holidays = TextAreaField("Holidays", [Length(max=2_000)], [_stripped])

    @property
    def terms(self) -> ClockTerms:
        """What the service takes; after the form has validated. Raises WordsError."""
        spans = self.seller.data, self.holder.data
        return ClockTerms(
            self.jurisdiction.data, self.preset.data, self.zone.data, *spans, read_holidays(self.holidays.data)
        )


class LadderForm(FlaskForm):
    """The strike ladder on which sellers stand."""

    ladder = SelectField("Ladder", choices={name: each.words for name, each in LADDERS.items()})


class MarketplaceForm(FlaskForm):
    """A host on which the platform sells, and where."""

    host = StringField("Host", [DataRequired("Give a host name"), Length(max=260)], [_stripped])
    jurisdictions = StringField("Countries", [DataRequired("Name the countries"), Length(max=2_000)], [_stripped])

    @property
    def terms(self) -> tuple[str, list[str]]:
        """Host and countries; after the form has validated."""
        given: Any = self.jurisdictions.data
        return self.host.data, given.replace(",", " ").split()
