"""JSON of what a platform sets for all reports to it, and of what is counted of them."""

from typing import Any

from marshmallow import Schema, fields, validate

from hub.listing_reports.clock_rules import Days, Silence

MOST_LISTED = 200
MOST_EXPORTED = 1_000


def line(most: int, **more: Any) -> fields.String:
    """A text of at most so many characters."""
    return fields.String(validate=validate.Length(max=most), **more)


class ClockSchema(Schema):
    """How long the seller and the right holder have, and what the silence of each means."""

    preset = fields.String()
    version = fields.Integer(metadata={"description": "Of the preset"})
    seller = fields.Integer(metadata={"description": "Days for a counter-notice"})
    holder = fields.Integer(metadata={"description": "Days for the right holder's answer to it"})
    days = fields.Enum(Days, by_value=True)
    zone = fields.String(metadata={"description": "Whose days: a time zone of the IANA"})
    holidays = fields.List(fields.Date())
    seller_silent = fields.Enum(Silence, by_value=True)
    holder_silent = fields.Enum(Silence, by_value=True)
    proof = fields.Boolean(metadata={"description": "Whether to maintain needs evidence of a suit or complaint"})


class SetClockSchema(Schema):
    """A clock, and where it holds."""

    jurisdiction = fields.String(metadata={"description": "Two letters; empty: everywhere else"})
    clock = fields.Nested(ClockSchema)


class ClocksSchema(Schema):
    """The clocks of a platform."""

    clocks = fields.List(fields.Nested(SetClockSchema))


class AnsweredSchema(Schema):
    """How a brand, itself or through one agent, answered counter-notices in the last three months."""

    brand = fields.String(metadata={"description": "Code"})
    agent = fields.String(allow_none=True, metadata={"description": "Code; the brand and that agent are told"})
    countered = fields.Integer()
    given_way = fields.Integer(metadata={"description": "Accepted, or the report withdrawn, after a counter-notice"})
    expired = fields.Integer()
    maintained = fields.Integer()


class AnsweredListSchema(Schema):
    """By brand, and of your own brand by agent."""

    answered = fields.List(fields.Nested(AnsweredSchema))


class LadderStepSchema(Schema):
    """A step of a strike ladder."""

    at = fields.Integer()
    words = fields.String(metadata={"description": "What it means for the seller"})


class StandingSchema(Schema):
    """Where a seller stands."""

    count = fields.Integer(metadata={"description": "Points, or serious breaches, of the last 365 days"})
    reached = fields.Nested(LadderStepSchema, allow_none=True)
    following = fields.Nested(LadderStepSchema, allow_none=True)
    falls_at = fields.DateTime(allow_none=True, metadata={"description": "When the oldest of them ceases to count"})


class SellerSchema(Schema):
    """A seller, by the name that reports to you give it."""

    seller = fields.String()
    standing = fields.Nested(StandingSchema)


class StrikesQuerySchema(Schema):
    """Which sellers, and where to go on with the list."""

    seller = line(120, metadata={"description": "One by its name; without: all that have a strike"})
    cursor = line(1024)
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class StrikesSchema(Schema):
    """Sellers by name, on the ladder that your platform has chosen."""

    ladder = fields.String()
    sellers = fields.List(fields.Nested(SellerSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: there is none"})


class StatementsQuerySchema(Schema):
    """Where to go on with the export."""

    cursor = line(1024)
    limit = fields.Integer(load_default=MOST_EXPORTED, validate=validate.Range(1, MOST_EXPORTED))


class MarketplaceSchema(Schema):
    """A host on which a platform sells, and the countries into which it does."""

    platform = fields.String(metadata={"description": "Code"})
    host = fields.String(metadata={"description": "What stands below it is the platform's too"})
    jurisdictions = fields.List(fields.String(), metadata={"description": "ISO 3166-1 alpha-2"})


class MarketplacesQuerySchema(Schema):
    """Whose marketplaces, and where to go on with the list."""

    platform = line(40, load_default=None, metadata={"description": "Code of one; without: of all in standing"})
    cursor = line(1024)
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class MarketplacesSchema(Schema):
    """A page of the list, by platform and host."""

    marketplaces = fields.List(fields.Nested(MarketplaceSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: there is none"})
