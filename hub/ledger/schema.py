"""What is asked of the log over HTTP; the JSON of witnesses, their cosignatures and the log's keys."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hub.ledger.events import Event
from hub.ledger.service import CODES, Chosen, day_begins
from hub.tree.view import OUTCOMES, ROLES, VIAS


class EntriesQuerySchema(Schema):
    """Which of the own entries."""

    after = fields.Integer(load_default=-1, validate=validate.Range(min=-1, max=1 << 62))
    limit = fields.Integer(load_default=1000, validate=validate.Range(1, 10_000))
    cursor = fields.String(load_default=None, validate=validate.Length(1, 1024))
    action = fields.String(validate=validate.OneOf([event.value for event in Event]))
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    role = fields.String(validate=validate.OneOf(ROLES), metadata={"description": "Yours; to an auditor, `member`'s"})
    via = fields.String(validate=validate.OneOf(VIAS))
    member = fields.String(
        validate=validate.Regexp(r"[a-zA-Z0-9-]{1,40}\Z"),
        metadata={"description": "The code of who acted, where you may know it; to an auditor, of whom it concerns"},
    )
    since = fields.Date(data_key="from", metadata={"description": "The first day, in UTC"})
    until = fields.Date(data_key="to", metadata={"description": "The last day, in UTC"})

    @validates_schema
    def one_order(self, given: dict[str, Any], **_: Any) -> None:
        """A filter reads newest first, `after` upwards in the tree."""
        if given["after"] >= 0 and (given["cursor"] is not None or chosen(given)):
            raise ValidationError("With a filter, go on by the cursor of the Link header instead", "after")


class ExportQuerySchema(Schema):
    """Which of the log."""

    first = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 1 << 62),
        data_key="from",
        metadata={"description": "The first entry, counted from 0"},
    )
    to = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 1 << 62),
        metadata={"description": "Up to the newest checkpoint of at most so many entries"},
    )


def chosen(given: dict[str, Any]) -> Chosen:
    """The filter of a checked query."""
    known = {name: given.get(name) for name in ("action", "outcome", "role", "via", "member")}
    return Chosen(**known, since=day_begins(given.get("since")), until=day_begins(given.get("until"), 1))


class KeySchema(Schema):
    """A key that signs checkpoints."""

    name = fields.String(metadata={"description": "How the record names it"})
    vkey = fields.String()
    since = fields.DateTime()
    until = fields.DateTime(allow_none=True, metadata={"description": "null: it signs on"})
    statement = fields.String(
        allow_none=True, metadata={"description": "The note by which the key before it announced it; null of the first"}
    )
    first_size = fields.Integer(
        allow_none=True, metadata={"description": "The size of the first checkpoint that it signed; null: none yet"}
    )


class KeysSchema(Schema):
    """The keys of the log."""

    origin = fields.String()
    keys = fields.List(fields.Nested(KeySchema))


class WitnessSchema(Schema):
    """A witness whose cosignatures count."""

    name = fields.String()
    vkey = fields.String()
    member = fields.String(allow_none=True, metadata={"description": "Whose it is; null: no member's"})
    size = fields.Integer(allow_none=True, metadata={"description": "The largest checkpoint it has cosigned"})


class WitnessesSchema(Schema):
    """The witnesses that count at present."""

    witnesses = fields.List(fields.Nested(WitnessSchema))


class EnrolmentSchema(Schema):
    """A key, and that you hold it."""

    note = fields.String(
        required=True,
        validate=validate.Length(1, 2000),
        metadata={"description": "A note signed by the key (type 4): `<origin>/witnesses`, your code, the vkey"},
    )


class RemovalSchema(Schema):
    """What became of your witness."""

    removed = fields.Boolean()


class CosignatureSchema(Schema):
    """Signature lines over a checkpoint."""

    origin = fields.String(
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "The shard's, as the checkpoint's first line; without it, the first shard's"},
    )
    size = fields.Integer(required=True, validate=validate.Range(0, 1 << 62))
    lines = fields.String(required=True, validate=validate.Length(1, 20_000))


class KeptSchema(Schema):
    """The size whose checkpoint bears your line now."""

    size = fields.Integer()


class ShardSchema(Schema):
    """A shard of the log: a log by itself, which the last entry of the one before names."""

    origin = fields.String()
    vkey = fields.String(allow_none=True, metadata={"description": "The first key that signed it"})
    prefix = fields.String(metadata={"description": "Its tlog-tiles prefix, below the hub's address"})
    state = fields.String(validate=validate.OneOf(["open", "closed"]))
    first = fields.Integer(metadata={"description": "How many entries all shards before it hold"})
    size = fields.Integer(metadata={"description": "Entries under its newest checkpoint; once closed, the final one"})
    closed_at = fields.AwareDateTime(allow_none=True)


class ShardsSchema(Schema):
    """All shards, in their order."""

    shards = fields.List(fields.Nested(ShardSchema))


class EvidenceSchema(Schema):
    """An evidence file as `alliance ledger verify` leaves it; what else it holds depends on what was found."""

    v = fields.Integer(required=True, validate=validate.Equal(1))
    code = fields.Integer(required=True, validate=validate.OneOf(sorted(CODES)))
    what = fields.String(required=True, validate=validate.Length(1, 2000))


class DisputeSchema(Schema):
    """A dispute that was filed."""

    dispute = fields.String(metadata={"description": "Its name, by which the evidence is read again"})
    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})


_AGE = {"description": "Seconds; null: there is none"}


class StopSchema(Schema):
    """Why the log is halted."""

    reason = fields.String()
    found_by = fields.String()
    since = fields.AwareDateTime()


class ChecksSchema(Schema):
    """The newest check of the whole log (`hub ledger fsck`, every night)."""

    seconds = fields.Float(metadata={"description": "How long ago"})
    size = fields.Integer()
    findings = fields.Integer()


class WitnessAgeSchema(Schema):
    """The newest cosignature of a witness."""

    name = fields.String()
    member = fields.String(allow_none=True)
    size = fields.Integer(allow_none=True)
    seconds = fields.Float(allow_none=True, metadata=_AGE)
    contrary_seconds = fields.Float(
        allow_none=True,
        metadata={"description": "How long it has said that the log does not extend what it knows; null: it does not"},
    )


class HealthSchema(Schema):
    """How the log does."""

    well = fields.Boolean(
        metadata={"description": "False: halted, or an entry has waited unsigned for over ten seconds"}
    )
    halted = fields.Nested(StopSchema, allow_none=True)
    size = fields.Integer(metadata={"description": "Entries under the newest checkpoint"})
    checkpoint_seconds = fields.Float(allow_none=True, metadata=_AGE)
    pending = fields.Integer(metadata={"description": "Entries that wait for the sequencer"})
    quarantined = fields.Integer(metadata={"description": "Entries that cannot stand in the tree, put aside"})
    lag_seconds = fields.Float(
        metadata={"description": "How long the oldest entry that no checkpoint covers has waited"}
    )
    anchor_seconds = fields.Float(allow_none=True, metadata=_AGE)
    fsck = fields.Nested(ChecksSchema, allow_none=True)
    witnesses = fields.List(fields.Nested(WitnessAgeSchema))
