"""JSON of notices."""

from marshmallow import Schema, fields, validate

from hub.notices.rules import Topic

MOST_LISTED = 200


class NoticeSchema(Schema):
    """That something was recorded which concerns your member. The record itself is read where it is."""

    entry = fields.String(required=True, metadata={"description": "Of the ledger, as /audit/receipts/<entry> names it"})
    event = fields.String(required=True, metadata={"description": "What happened, such as report.filed"})
    topic = fields.Enum(Topic, by_value=True, required=True)
    acts = fields.Boolean(required=True, metadata={"description": "Whether somebody has to act upon it"})
    kind = fields.String(required=True, metadata={"description": "Kind of the record; empty: the event names none"})
    ref = fields.String(required=True, metadata={"description": "The record's name"})
    at = fields.DateTime(required=True)


class NoticesQuerySchema(Schema):
    """Where to go on."""

    cursor = fields.String(validate=validate.Length(max=1024))
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class NoticesSchema(Schema):
    """Notices in the order of the record."""

    notices = fields.List(fields.Nested(NoticeSchema))
    cursor = fields.String(
        required=True, metadata={"description": "Ask with it for what comes next, now or later; it is always there"}
    )
