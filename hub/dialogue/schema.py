"""JSON of messages, for the endpoints of every record that has a thread."""

from marshmallow import Schema, fields, validate

from hub.dialogue.rules import LONGEST_TEXT, MOST_FILES

MOST_LISTED = 100


class SaySchema(Schema):
    """A message to the other party."""

    text = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT + 100))
    files = fields.List(
        fields.String(validate=validate.Length(max=24)),
        load_default=list,
        validate=validate.Length(max=MOST_FILES),
        metadata={"description": "What the vault calls files of your own; the other party may then read them"},
    )


class SentSchema(Schema):
    """That a message was sent."""

    name = fields.String()
    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})


class ThreadQuerySchema(Schema):
    """Where to go on in a thread."""

    cursor = fields.String(load_default=None, validate=validate.Length(1, 1024))
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class ShownFileSchema(Schema):
    """A file that a message shows."""

    name = fields.String()
    file_name = fields.String(metadata={"description": "Empty once it is erased"})


class MessageSchema(Schema):
    """A message."""

    name = fields.String()
    member = fields.String(metadata={"description": "Whose it is: the code"})
    own = fields.Boolean()
    by = fields.String(metadata={"description": "Pseudonym, of your own people and keys alone"})
    text = fields.String()
    files = fields.List(fields.Nested(ShownFileSchema))
    at = fields.AwareDateTime()


class ThreadSchema(Schema):
    """A page of a thread, oldest first."""

    messages = fields.List(fields.Nested(MessageSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: this is the last"})
