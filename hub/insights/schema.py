"""JSON of a member's own standing."""

from marshmallow import Schema, fields


class QuotaSchema(Schema):
    """One quota of the month."""

    type = fields.String()
    allowed = fields.Integer()
    used = fields.Integer()
    period_on = fields.Date(metadata={"description": "First day of the month it counts in"})


class MeSchema(Schema):
    """Who the caller is to the hub, and what it may send at once."""

    member = fields.String()
    kind = fields.String()
    alliance = fields.String()
    sharing_groups = fields.List(fields.String())
    quotas = fields.List(fields.Nested(QuotaSchema))
    limits = fields.Dict(keys=fields.String(), values=fields.Integer())
