"""JSON of evidence, and what is said of a file in the address that it is sent to."""

from typing import Any

from marshmallow import Schema, fields, validate

from hub.evidence.rules import LONGEST_REASON, EvidenceType, Media, RecordKind


class UploadQuerySchema(Schema):
    """What is said of the file that is the body."""

    name = fields.String(
        required=True,
        validate=validate.Length(3, 255),
        metadata={"description": "The file's name, whose ending says what it is"},
    )
    type = fields.Enum(
        EvidenceType,
        by_value=True,
        required=True,
        metadata={"description": "What it shows; it decides how long it is kept"},
    )
    strip = fields.Boolean(
        load_default=False,
        metadata={"description": "Take location and other metadata out of a picture; its pixels stay as they are"},
    )


class EvidenceQuerySchema(Schema):
    """Which of the files."""

    type = fields.Enum(EvidenceType, by_value=True)
    own = fields.Boolean(metadata={"description": "Your member's own, or those of others that it may read"})
    erased = fields.Boolean()
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 1000))
    cursor = fields.String(load_default=None, validate=validate.Length(1, 1024))


class EvidenceLineSchema(Schema):
    """A file without its content."""

    name = fields.String(metadata={"description": "What addresses and the record call it"})
    file_name = fields.String(metadata={"description": "Empty once it is erased"})
    type = fields.Enum(EvidenceType, by_value=True)
    media = fields.Enum(Media, by_value=True)
    size = fields.Integer()
    sha256 = fields.String(metadata={"description": "Of what was stored"})
    stripped = fields.Boolean()
    own = fields.Boolean()
    stored_at = fields.AwareDateTime()
    expires_on = fields.Date(metadata={"description": "The last day that it is kept"})
    erased_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(metadata={"description": "Why it was erased, to its owner"})


class PartySchema(Schema):
    """Who may read a file beside its owner, and the record that lets it."""

    member = fields.String()
    kind = fields.Enum(RecordKind, by_value=True)
    ref = fields.String()
    since = fields.AwareDateTime()


class OneEvidenceSchema(EvidenceLineSchema):
    """A file with its parties."""

    owner = fields.String()
    parties = fields.List(fields.Nested(PartySchema))


class EvidencePageSchema(Schema):
    """A page of files, newest first."""

    evidence = fields.List(fields.Nested(EvidenceLineSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: this is the last"})


class ErasureSchema(Schema):
    """Why a file is erased."""

    reason = fields.String(required=True, validate=validate.Length(3, LONGEST_REASON))


def flat(one: Any) -> dict[str, Any]:
    """A file with its parties, as OneEvidenceSchema reads it."""
    return {**vars(one.line), "sha256": one.line.sha256, "owner": one.owner, "parties": one.parties}
