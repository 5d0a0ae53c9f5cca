"""JSON of the sharing groups of a member."""

from marshmallow import Schema, fields, validate

MOST_LISTED = 200


class GroupsQuerySchema(Schema):
    """Where to go on with the list, and how far."""

    cursor = fields.String(validate=validate.Length(max=1024))
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class GroupSchema(Schema):
    """A sharing group that your member sits in or is invited to."""

    code = fields.String(metadata={"description": "What `sharing_groups` of a contribution names"})
    name = fields.String()
    purpose = fields.String()
    agreement_digest = fields.String(
        attribute="digest", metadata={"description": "SHA-256 of the agreement in UTF-8, hexadecimal"}
    )
    founder = fields.Boolean(
        attribute="founded_here", metadata={"description": "Whether your member keeps it: invites, and may dissolve it"}
    )
    seats = fields.Integer()
    seated = fields.Boolean()
    invited_until = fields.DateTime(
        allow_none=True, metadata={"description": "Until when an owner may take the seat that is offered"}
    )
    accept_by = fields.DateTime(
        allow_none=True, metadata={"description": "By when an owner must accept the new agreement, or your seat ends"}
    )


class GroupsSchema(Schema):
    """A page of the list, in the order of the codes."""

    groups = fields.List(fields.Nested(GroupSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "For the next page; null: this is the last"})
