"""What is asked of the log over HTTP."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hub.ledger.events import Event
from hub.ledger.service import Chosen, day_begins
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


def chosen(given: dict[str, Any]) -> Chosen:
    """The filter of a checked query."""
    known = {name: given.get(name) for name in ("action", "outcome", "role", "via", "member")}
    return Chosen(**known, since=day_begins(given.get("since")), until=day_begins(given.get("until"), 1))
