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
from hub.listing_reports.counter_rules import ANSWERS, GROUNDS, LONGEST_WORDS, MOST_FILES
from hub.listing_reports.preflight_rules import ReportedRow, rows_of
from hub.listing_reports.reason_rules import FIELDS, LONGEST_TEXT, REASONS, Grounds
from hub.listing_reports.rules import IMPLIED, Action, Command, Decision, WordsError
from hub.listing_reports.service import ClockTerms, Counter, Deed, Reply, Said, ShownReport, Verdict
from hub.listing_reports.strike_rules import LADDERS
from hub.web.filters import opening

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
    """A command, and what goes with it: each command reads its own fields, and says which of them is missing."""

    command = SelectField(choices=[each.value for each in Command if each not in IMPLIED])
    version = IntegerField(validators=[InputRequired("Read the report first")])
    sentence = TextAreaField(
        "Sentence to the other party",
        [Length(max=rules.LONGEST_SENTENCE)],
        [_stripped],
        render_kw={"rows": 3, "maxlength": rules.LONGEST_SENTENCE},
    )
    refusal = SelectField("Reason of a refusal", choices={"": "None"} | dict(rules.REFUSALS), default="")
    decision = SelectField("Decision on the listings", id="established", choices=["", *Decision], default="")
    """Its page has radio buttons for it, of which that is the first; so it is with `order`."""
    order = SelectField(
        "Is this order number one of this listing?", id="order-yes", choices=["", "yes", "no"], default=""
    )
    action = SelectField(
        "Action", choices={"": "Choose"} | {each.value: each.value for each in rules.DEEDS}, default=""
    )
    points = IntegerField(
        "Points",
        [Optional(), NumberRange(1, rules.MOST_POINTS)],
        render_kw={"min": 1, "max": rules.MOST_POINTS},
    )

    grounds = SelectField(
        "Grounds", choices={"": "Choose"} | {code: opening(said) for code, said in GROUNDS.items()}, default=""
    )
    words = TextAreaField(
        "What the seller says",
        [Length(max=LONGEST_WORDS)],
        [_stripped],
        render_kw={"rows": 3, "maxlength": LONGEST_WORDS},
    )
    files = StringField("Evidence", [Length(max=MOST_FILES * 30)], [_stripped])
    counter_notice = StringField(validators=[Length(max=24)], filters=[_stripped])
    proof = StringField("Proof of a suit or complaint", [Length(max=24)], [_stripped])

    @property
    def listings(self) -> list[int] | None:
        """The listings that are ticked; None: none is, and so all that are left."""
        chosen = request.form.getlist("listing")
        return [int(each) if _NUMBER.fullmatch(each) else NONE_OF_ANY for each in chosen] or None

    @property
    def said(self) -> Said:
        """What goes with every command. Raises WordsError for a refusal without its reason."""
        rejects = self.command.data == Command.JUDGE and self.decision.data == Decision.REJECTED
        if (rejects or self.command.data == Command.RETURN) and not self.refusal.data:
            raise WordsError("refusal", "choose the reason of the refusal")
        return Said(self.version.data, self.sentence.data, self.refusal.data)

    @property
    def verdict(self) -> Verdict:
        """The decision on the listings. Raises WordsError."""
        decision = self._chosen("decision", "choose a decision: established or rejected")
        return Verdict(Decision(decision), self.listings, automated=False)

    @property
    def deed(self) -> Deed:
        """What was done about the listings. Raises WordsError."""
        return Deed(Action(self._chosen("action", "choose what was done")), self.points.data, self.listings)

    @property
    def confirmed(self) -> bool:
        """Whether the order number is one of the listing. Raises WordsError."""
        return self._chosen("order", "say yes or no") == "yes"

    @property
    def counter(self) -> Counter:
        """The seller's counter-notice. Raises WordsError."""
        files = self.files.data.replace(",", " ").split()
        return Counter(self._chosen("grounds", "choose the grounds"), self.words.data, self.listings, files)

    @property
    def reply(self) -> Reply:
        """The right holder's answer to one."""
        return Reply(ANSWERS[Command(self.command.data)], self.counter_notice.data, self.proof.data)

    def _chosen(self, field: str, otherwise: str) -> str:
        chosen: str = self[field].data
        if not chosen:
            raise WordsError(field, otherwise)
        return chosen

    def refuse(self, error: WordsError) -> None:
        """Say at its field what is to be mended, or on top of the form."""
        field = _FIELDS.get(error.field, error.field)
        if field in self:
            self[field].errors = [opening(error)]
        else:
            self.form_errors.append(opening(error))


_FIELDS = {"evidence": "files"}
"""What a rule is about → the field of the page that says it."""


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
