"""JSON of questions."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from hub.listing_reports.schema import FaultSchema
from hub.questions import rules
from hub.questions.rules import ANSWERS, MOST_AT_ONCE, AskedRow, Command, QuestionState
from hub.questions.service import Answer, Draft, Wanted

MOST_LISTED = 200
LONGEST_CELL = 2_048


def _line(most: int, **more: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=most), **more)


def _names() -> Any:
    return fields.List(_line(24), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class AskedRowSchema(Schema):
    """A listing to ask of."""

    url = _line(LONGEST_CELL, required=True)
    words = _line(LONGEST_CELL, load_default="", metadata={"description": "What is asked of this one alone"})
    pictures = fields.List(
        _line(24),
        load_default=list,
        validate=validate.Length(max=MOST_AT_ONCE),
        metadata={"description": "Names of your files in the vault, which the brand may read from then on"},
    )


class AskSchema(Schema):
    """Questions to ask, or with `dry_run` to have looked at."""

    brand = _line(40, required=True, metadata={"description": "Code of the brand"})
    words = _line(LONGEST_CELL, load_default="", metadata={"description": "What is asked of each listing"})
    day = fields.Date(
        required=True, format="iso", metadata={"description": "They are due at its end: 1 to 30 days from today"}
    )
    time_zone = _line(40, required=True, metadata={"description": "Of that day, by its IANA name"})
    listings = fields.List(fields.Nested(AskedRowSchema), required=True, validate=validate.Length(max=MOST_AT_ONCE))
    dry_run = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @post_load
    def draft(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The draft, and whether it is only looked at."""
        rows = [
            AskedRow(n, row["url"], row["words"], " ".join(row["pictures"]))
            for n, row in enumerate(given["listings"], start=1)
        ]
        terms = {each: given[each] for each in ("brand", "words", "day", "time_zone")}
        return {"draft": Draft(**terms, rows=rows), "dry_run": given["dry_run"]}


class AskedSchema(Schema):
    """What asking, or looking, came to."""

    names = fields.List(fields.String(), metadata={"description": "Of the questions, in the order of the listings"})
    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})
    good = fields.Integer(metadata={"description": "Listings that can be asked of"})
    faults = fields.List(fields.Nested(FaultSchema))


class QuestionLineSchema(Schema):
    """One question in a list."""

    name = fields.String()
    brand = fields.String(metadata={"description": "Code"})
    platform = fields.String(metadata={"description": "Code"})
    url = fields.String()
    words = fields.String()
    state = fields.Enum(QuestionState, by_value=True)
    asked_at = fields.DateTime()
    due_at = fields.DateTime()
    overdue = fields.Boolean(metadata={"description": "Open, and about to expire: no answer is taken any more"})


class QuestionSchema(Schema):
    """A question in full."""

    line = fields.Nested(QuestionLineSchema, data_key="question")
    pictures = fields.List(fields.String(), metadata={"description": "Names of files in the vault"})
    day = fields.Date(metadata={"description": "At whose end it is due, in that time zone"})
    time_zone = fields.String()
    asked_by = fields.String(metadata={"description": "Pseudonym, of your own people and keys alone"})
    asked_entry = fields.String(metadata={"description": "Ledger entry of the asking"})
    right_name = fields.String(data_key="right", allow_none=True)
    right = fields.Dict(data_key="right_facts", allow_none=True)
    sentence = fields.String()
    declaration = fields.Integer(allow_none=True, metadata={"description": "Version that went with fake"})
    by_agent = fields.Boolean(allow_none=True)
    ended_by = fields.String(metadata={"description": "Pseudonym, of your own people and keys alone"})
    ended_at = fields.DateTime(allow_none=True)
    ended_entry = fields.String(allow_none=True, metadata={"description": "Ledger entry of the end"})


class QuestionsQuerySchema(Schema):
    """Which questions, and where to go on with the list."""

    state = fields.Enum(QuestionState, by_value=True, load_default=None)
    counterpart = _line(40, load_default=None, metadata={"description": "Code of the other party"})
    cursor = _line(1024)
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))

    @post_load
    def wanted(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The filters in one."""
        filters = {name: given.pop(name) for name in ("state", "counterpart")}
        return {**given, "wanted": Wanted(**filters)}


class QuestionsSchema(Schema):
    """A page of the list, newest first."""

    questions = fields.List(fields.Nested(QuestionLineSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: there is none"})


class AnswerSchema(Schema):
    """One answer to one or more questions; after the deadline none is taken."""

    questions = _names()
    answer = fields.String(required=True, validate=validate.OneOf([each.value for each in ANSWERS]))
    sentence = _line(rules.LONGEST_WORDS + 100, load_default="", metadata={"description": "With fake: why"})
    right = _line(24, load_default="", metadata={"description": "With fake: name of the right that it infringes"})
    declaration = fields.Integer(
        strict=True,
        load_default=0,
        metadata={"description": "With fake: version of the good-faith declaration that you make"},
    )

    @post_load
    def parts(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The questions, and what is said of them."""
        said = Answer(Command(given["answer"]), given["sentence"], given["right"], given["declaration"])
        return {"names": given["questions"], "answer": said}


class WithdrawalSchema(Schema):
    """Questions to take back."""

    questions = _names()


class EndedSchema(Schema):
    """That it was carried out."""

    entries = fields.List(
        fields.String(), metadata={"description": "Ledger entries, one for each other party; the first as Audit-Entry"}
    )


class AnswerRateSchema(Schema):
    """How a brand answered in the last 90 days."""

    brand = fields.String(metadata={"description": "Code"})
    answered = fields.Integer()
    expired = fields.Integer()
    cannot_tell = fields.Integer()
    rate = fields.Float(metadata={"description": "answered / (answered + expired)"})
    share_cannot_tell = fields.Float(metadata={"description": "cannot_tell / answered"})
    median_seconds = fields.Function(lambda each: None if each.median is None else int(each.median.total_seconds()))


class AnswerRatesSchema(Schema):
    """To a brand its own, to a platform that of each brand in its own questions."""

    rates = fields.List(fields.Nested(AnswerRateSchema))
