"""JSON of the answer to a matching."""

from marshmallow import Schema, fields

from hub.indicators.rules import EvidenceLevel


class HitSchema(Schema):
    """One of the given tokens has effect for you."""

    n = fields.Integer(metadata={"description": "Its place among the tokens given, from 0"})
    match = fields.String()
    members = fields.Integer(
        allow_none=True, metadata={"description": "Not among `contributors`; null: fewer than three"}
    )
    contributors = fields.List(fields.String(), metadata={"description": "Codes of those who chose to be shown to you"})
    evidence_level = fields.Enum(EvidenceLevel)
    expires_on = fields.Date()


class MatchedSchema(Schema):
    """The answer to one matching."""

    entry = fields.String()
    asked = fields.Integer()
    hits = fields.List(fields.Nested(HitSchema))
