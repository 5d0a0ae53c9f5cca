"""JSON of authorised sellers."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from hub.authorised_sellers.rules import MOST_AT_ONCE, GivenSeller

MOST_LISTED = 200


class AuthorisedSellerSchema(Schema):
    """A seller, as its brand says it."""

    url = fields.String(
        required=True,
        validate=validate.Length(max=4096),
        metadata={"description": "Address of its store on a marketplace"},
    )
    seller = fields.String(
        load_default="",
        validate=validate.Length(max=1000),
        metadata={"description": "Its name as that marketplace shows it; listings that give it are recognised by it"},
    )
    last_day = fields.Date(
        load_default=None, allow_none=True, metadata={"description": "In UTC; null: until the entry is ended"}
    )


class AddSellersSchema(Schema):
    """Sellers for the list: all of them are added, or none."""

    sellers = fields.List(
        fields.Nested(AuthorisedSellerSchema), required=True, validate=validate.Length(1, MOST_AT_ONCE)
    )

    @post_load
    def rows(self, data: dict[str, Any], **_: Any) -> list[GivenSeller]:
        """The rows, to be checked; they are numbered from 1."""
        return [
            GivenSeller(n, each["url"], each["seller"], each["last_day"].isoformat() if each["last_day"] else "")
            for n, each in enumerate(data["sellers"], start=1)
        ]


class AddedSellersSchema(Schema):
    """What the new entries are called."""

    names = fields.List(fields.String(), metadata={"description": "In the order in which the sellers were given"})
    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})


class EndedSellerSchema(Schema):
    """That an entry was ended."""

    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})


class ListedSellerSchema(AuthorisedSellerSchema):
    """An entry of the list."""

    name = fields.String(metadata={"description": "Of the entry"})
    by_agent = fields.Boolean()
    past = fields.Boolean(metadata={"description": "Its last day is over: nothing is held against it any more"})
    added_at = fields.DateTime()
    ended_at = fields.DateTime(allow_none=True)


class AuthorisedSellersQuerySchema(Schema):
    """Which entries, and where to go on with the list."""

    ended = fields.Boolean(load_default=False, metadata={"description": "Those that were ended, instead of the list"})
    cursor = fields.String(validate=validate.Length(max=1024))
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class AuthorisedSellersSchema(Schema):
    """A page of the list, newest first."""

    sellers = fields.List(fields.Nested(ListedSellerSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: there is none"})
