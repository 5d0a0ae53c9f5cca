"""JSON of listing reports."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from hub.listing_reports import rules
from hub.listing_reports.clock_rules import Silence
from hub.listing_reports.counter_rules import ANSWERS, GROUNDS, LONGEST_WORDS, MOST_FILES, CounterState
from hub.listing_reports.preflight_rules import ReportedRow
from hub.listing_reports.reason_rules import LONGEST_TEXT, MOST_LISTINGS, REASONS, Grounds
from hub.listing_reports.rules import IMPLIED, Action, Command, Decision, Party, ReportState
from hub.listing_reports.schema.desk import MOST_LISTED, ClockSchema
from hub.listing_reports.schema.desk import line as _line
from hub.listing_reports.service import Counter, Deed, Draft, Reply, Said, Verdict, Wanted
from hub.listing_reports.service.moves import EVENTS

DUE_FIRST = "due"
LONGEST_CELL = 2_048
NEEDS = {
    Command.JUDGE: ("decision", "automated"),
    Command.ACT: ("action",),
    Command.MEND: ("grounds",),
    Command.COUNTER: ("counter",),
    Command.CONFIRM: ("order",),
}
"""What a command takes beside a sentence."""


def _yes_or_no(words: str) -> fields.Boolean:
    told = {"description": words}
    return fields.Boolean(truthy={True}, falsy={False}, load_default=None, allow_none=True, metadata=told)


class RowSchema(Schema):
    """A listing or store to report."""

    url = _line(LONGEST_CELL, required=True)
    target = fields.String(load_default="listing", validate=validate.Length(max=20))
    product_class = fields.Integer(strict=True, load_default=None, allow_none=True)
    seller = _line(500, load_default="")


class GroundsSchema(Schema):
    """Why a report is made, and what shows it."""

    reason = _line(40, required=True, metadata={"description": f"One of {', '.join(REASONS)}"})
    evidence = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        values=_line(LONGEST_TEXT + 100),
        load_default=dict,
        validate=validate.Length(max=40),
        metadata={"description": "What the reason asks for, by name; of a file what the vault calls it"},
    )
    explanation = _line(LONGEST_TEXT + 100, load_default="")


class FileSchema(GroundsSchema):
    """A report to file, or with `dry_run` to have looked at."""

    platform = _line(40, required=True, metadata={"description": "Code of the platform"})
    right = _line(24, required=True, metadata={"description": "Name of the right"})
    product_class = fields.Integer(
        strict=True, load_default=None, allow_none=True, metadata={"description": "Of listings that name none"}
    )
    listings = fields.List(fields.Nested(RowSchema), required=True, validate=validate.Length(max=MOST_LISTINGS))
    declaration = fields.Integer(
        strict=True,
        load_default=0,
        metadata={"description": "Version of the good-faith declaration that you make; not asked for with dry_run"},
    )
    dry_run = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @post_load
    def draft(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The draft, and what is to be done with it."""
        usual = data["product_class"]
        rows = []
        for n, row in enumerate(data["listings"], start=1):
            product_class = usual if row["product_class"] is None else row["product_class"]
            written = "" if product_class is None else str(product_class)
            rows.append(ReportedRow(n, row["url"], row["target"], written, row["seller"]))
        grounds = Grounds(data["reason"], data["evidence"], data["explanation"])
        return {
            "draft": Draft(data["platform"], data["right"], grounds, rows),
            "declaration": data["declaration"],
            "dry_run": data["dry_run"],
        }


class FaultSchema(Schema):
    """One thing to mend."""

    row = fields.Integer(allow_none=True, metadata={"description": "From 1; null: it concerns the whole report"})
    field = fields.String()
    code = fields.String()
    words = fields.String(metadata={"description": "What mends it"})


class FiledSchema(Schema):
    """What filing, or looking, came to."""

    name = fields.String(metadata={"description": "Of the report; empty after a dry run"})
    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})
    good = fields.Integer(metadata={"description": "Listings that can be filed"})
    faults = fields.List(fields.Nested(FaultSchema))


class ReportLineSchema(Schema):
    """One report in a list."""

    name = fields.String()
    brand = fields.String(metadata={"description": "Code"})
    platform = fields.String(metadata={"description": "Code"})
    state = fields.Enum(ReportState, by_value=True)
    reason = fields.String()
    listings = fields.Integer()
    filed_at = fields.DateTime()
    due_at = fields.DateTime(allow_none=True, metadata={"description": "When the time for an answer runs out"})
    due_on = fields.Date(allow_none=True, metadata={"description": "Its last day, in the platform's time zone"})
    outcome = fields.String(allow_none=True)
    stores = fields.Integer(metadata={"description": "How many stores were established"})
    version = fields.Integer(metadata={"description": "To be named by whoever leads the report on"})
    assigned_to = fields.String(allow_none=True, metadata={"description": "Of the platform; the brand is not told"})


class ListingSchema(Schema):
    """One listing of a report."""

    n = fields.Integer()
    url = fields.String()
    target = fields.String()
    product_class = fields.Integer(allow_none=True)
    seller = fields.String()
    decision = fields.String(allow_none=True)
    refusal = fields.String()
    sentence = fields.String()
    action = fields.String(allow_none=True)
    points = fields.Integer(allow_none=True)


class StepSchema(Schema):
    """One step of a report's history."""

    command = fields.String()
    party = fields.Enum(Party, by_value=True)
    by = fields.String(metadata={"description": "Pseudonym, of your own people and keys alone"})
    refusal = fields.String()
    sentence = fields.String()
    listings = fields.Integer()
    at = fields.DateTime()


class CounterNoticeSchema(Schema):
    """A counter-notice, and what came of it."""

    name = fields.String()
    listings = fields.List(fields.Integer(), metadata={"description": "Their numbers in the report"})
    grounds = fields.String(metadata={"description": f"One of {', '.join(GROUNDS)}"})
    words = fields.String(metadata={"description": "The seller's own"})
    evidence = fields.List(fields.String(), metadata={"description": "Evidence that both parties may read, by name"})
    state = fields.Enum(CounterState, by_value=True)
    passed_on_at = fields.DateTime()
    due_at = fields.DateTime(metadata={"description": "When the right holder's time runs out"})
    due_on = fields.Date(metadata={"description": "Its last day, in that time zone"})
    zone = fields.String(metadata={"description": "The platform's time zone, as the IANA names it"})
    silent = fields.Enum(Silence, by_value=True, metadata={"description": "What the right holder's silence means"})
    asks_proof = fields.Boolean(metadata={"description": "Whether to maintain needs evidence of a suit or complaint"})
    answered_at = fields.DateTime(allow_none=True)
    sentence = fields.String(metadata={"description": "The right holder's"})
    proof = fields.String(metadata={"description": "Evidence of a suit or complaint, by name; empty: none"})


class ReportSchema(Schema):
    """A report, its listings and its history."""

    line = fields.Nested(ReportLineSchema, data_key="report")
    by_agent = fields.Boolean()
    right_name = fields.String(data_key="right")
    right = fields.Dict(data_key="right_facts")
    evidence = fields.Dict()
    digests = fields.Dict(metadata={"description": "SHA-256 of each file of the evidence, by the name of the evidence"})
    order_confirmed = fields.Boolean(allow_none=True, metadata={"description": "Of a test buy; null: not said yet"})
    explanation = fields.String()
    declaration = fields.Integer()
    clock = fields.Nested(ClockSchema, allow_none=True, metadata={"description": "The seller's"})
    holder_clock = fields.Nested(ClockSchema, allow_none=True, metadata={"description": "The right holder's"})
    listings = fields.List(fields.Nested(ListingSchema))
    steps = fields.List(fields.Nested(StepSchema))
    counter_notices = fields.List(fields.Nested(CounterNoticeSchema))


class ReportsQuerySchema(Schema):
    """Which reports, and where to go on with the list."""

    state = fields.Enum(ReportState, by_value=True, load_default=None)
    reason = fields.String(load_default=None, validate=validate.OneOf(list(REASONS)))
    counterpart = _line(40, load_default=None, metadata={"description": "Code of the other party"})
    mine = fields.Boolean(load_default=False, metadata={"description": "Those that you review"})
    unassigned = fields.Boolean(load_default=False)
    order = fields.String(
        load_default="newest",
        validate=validate.OneOf(["newest", DUE_FIRST]),
        metadata={
            "description": "`due`, of a platform: those that are due first, and none for which nobody's time runs"
        },
    )
    cursor = _line(1024)
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))

    @post_load
    def wanted(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The filters in one."""
        filters = {name: data.pop(name) for name in ("state", "reason", "counterpart", "mine", "unassigned")}
        return {**data, "wanted": Wanted(**filters)}


class ReportsSchema(Schema):
    """A page of the list."""

    reports = fields.List(fields.Nested(ReportLineSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: there is none"})


class SaidSchema(Schema):
    """What goes with every command."""

    version = fields.Integer(strict=True, required=True, metadata={"description": "The one that you read"})
    sentence = _line(rules.LONGEST_SENTENCE + 100, load_default="")
    refusal = fields.String(load_default="", validate=validate.OneOf(["", *rules.REFUSALS]))


class CounterSchema(Schema):
    """What a seller says, to be passed on."""

    grounds = fields.String(required=True, validate=validate.OneOf(list(GROUNDS)))
    words = _line(LONGEST_WORDS + 100, required=True, metadata={"description": "The seller's own"})
    evidence = fields.List(
        _line(24),
        load_default=list,
        validate=validate.Length(max=MOST_FILES),
        metadata={"description": "Names of your evidence, which the brand may then read"},
    )


class CommandSchema(SaidSchema):
    """A command, and what it needs."""

    command = fields.Enum(Command, by_value=True, required=True)
    decision = fields.Enum(Decision, by_value=True, load_default=None)
    action = fields.Enum(Action, by_value=True, load_default=None)
    points = fields.Integer(strict=True, load_default=None, allow_none=True)
    automated = _yes_or_no("To judge: whether a machine decided, which the statement of reasons says")
    order = _yes_or_no("To confirm: whether the order number is one of this listing")
    listings = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, MOST_LISTINGS)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, MOST_LISTINGS),
        metadata={"description": "Their numbers; without: all that are undecided, or were not acted on"},
    )
    grounds = fields.Nested(GroundsSchema, load_default=None)
    counter = fields.Nested(CounterSchema, load_default=None)
    counter_notice = _line(24, load_default="", metadata={"description": "Name of the one to answer, of several"})
    proof = _line(24, load_default="", metadata={"description": "Name of your evidence of a suit or complaint"})

    @validates_schema
    def has_what_it_needs(self, data: dict[str, Any], **_: Any) -> None:
        """What it needs stands in NEEDS."""
        command: Command = data["command"]
        lacking = [each for each in NEEDS.get(command, ()) if data.get(each) is None]
        if lacking:
            raise ValidationError({each: [f"to {command!s} a report takes this"] for each in lacking})
        if command in IMPLIED:
            raise ValidationError(IMPLIED[command], "command")

    @post_load
    def parts(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What the services take."""
        found: dict[str, Any] = {
            "command": data["command"],
            "said": Said(data["version"], data["sentence"], data["refusal"]),
        }
        if data["command"] is Command.JUDGE:
            found["verdict"] = Verdict(data["decision"], data["listings"], automated=data["automated"])
        elif data["command"] is Command.ACT:
            found["deed"] = Deed(data["action"], data["points"], data["listings"])
        elif data["command"] is Command.CONFIRM:
            found["order"] = data["order"]
        elif data["command"] is Command.MEND:
            found["grounds"] = Grounds(**data["grounds"])
        elif data["command"] is Command.COUNTER:
            found["counter"] = Counter(**data["counter"], listings=data["listings"])
        elif data["command"] in ANSWERS:
            found["reply"] = Reply(ANSWERS[data["command"]], data["counter_notice"], data["proof"])
        else:
            assert data["command"] in EVENTS
        return found


class LedSchema(Schema):
    """That a command was carried out."""

    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})
