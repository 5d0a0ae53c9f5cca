"""JSON of test buys."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from hub.test_buys import rules
from hub.test_buys.rules import BuyState, Carried, Command, CostKind, Verdict
from hub.test_buys.service import Cost, Finding, Linking, Order, Plan, Signature

MOST_LISTED = 200
LONGEST_CELL = 2_048


def _line(most: int, **more: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=most), **more)


class BuyPlanSchema(Schema):
    """What is to be bought, and for how much."""

    platform = _line(40, required=True, metadata={"description": "Code of the platform"})
    url = _line(LONGEST_CELL, required=True)
    store = _line(
        LONGEST_CELL, load_default="", metadata={"description": "The seller's store: shared if it is a counterfeit"}
    )
    goods = _line(300, required=True)
    currency = _line(3, required=True, metadata={"description": "ISO 4217; of all amounts of the test buy"})
    budget = fields.Integer(strict=True, required=True, metadata={"description": "In minor units"})

    @post_load
    def plan(self, given: dict[str, Any], **_: Any) -> Plan:
        """The plan."""
        return Plan(**given)


class BuyPlannedSchema(Schema):
    """That it is planned."""

    name = fields.String(metadata={"description": "Of the test buy"})


class BuyCostSchema(Schema):
    """An amount."""

    kind = fields.Enum(CostKind, by_value=True, required=True)
    minor = fields.Integer(
        strict=True, required=True, metadata={"description": "In minor units; below nothing where money came back"}
    )

    @post_load
    def cost(self, given: dict[str, Any], **_: Any) -> Cost:
        """The cost."""
        return Cost(**given)


class BuyOrderSchema(Schema):
    """What was ordered."""

    number = _line(100, required=True)
    day = fields.Date(required=True, format="iso")
    costs = fields.List(fields.Nested(BuyCostSchema), required=True, validate=validate.Length(1, 10))

    @post_load
    def order(self, given: dict[str, Any], **_: Any) -> Order:
        """The order."""
        return Order(**given)


class BuyFindingSchema(Schema):
    """What the examination found."""

    verdict = fields.Enum(Verdict, by_value=True, required=True)
    method = _line(rules.LONGEST_METHOD + 100, required=True)
    verifier = _line(300, required=True)

    @post_load
    def finding(self, given: dict[str, Any], **_: Any) -> Finding:
        """The finding."""
        return Finding(**given)


class BuySignatureSchema(Schema):
    """Who signs, as typed."""

    name = _line(300, required=True)
    role = _line(300, required=True)

    @post_load
    def signature(self, given: dict[str, Any], **_: Any) -> Signature:
        """The signature."""
        return Signature(**given)


class BuyLinkingSchema(Schema):
    """What the listing report needs beside what the test buy knows."""

    right = _line(24, required=True, metadata={"description": "Name of the right"})
    product_class = fields.Integer(strict=True, load_default=None, allow_none=True)
    seller = _line(500, load_default="", metadata={"description": "As the platform shows it"})
    explanation = _line(rules.LONGEST_METHOD + 100, load_default="")
    declaration = fields.Integer(
        strict=True, required=True, metadata={"description": "Version of the good-faith declaration of listing reports"}
    )

    @post_load
    def linking(self, given: dict[str, Any], **_: Any) -> Linking:
        """The linking."""
        number = given["product_class"]
        written = "" if number is None else str(number)
        return Linking(given["right"], written, given["seller"], given["explanation"], given["declaration"])


class BuyCommandSchema(Schema):
    """A command at the version that was read, and what goes with it. A budget is approved on the page alone."""

    command = fields.Enum(Command, by_value=True, required=True)
    version = fields.Integer(strict=True, required=True, metadata={"description": "The one that you read"})
    place = _line(300, load_default="", metadata={"description": "Where the goods are now, or where they went"})
    seal = _line(100, load_default="", metadata={"description": "Number of the seal: put on, or found and broken"})
    photos = fields.List(
        _line(24),
        load_default=list,
        validate=validate.Length(max=rules.MOST_PHOTOS),
        metadata={"description": "Names of your files in the vault"},
    )
    words = _line(rules.LONGEST_WORDS + 100, load_default="")
    order = fields.Nested(BuyOrderSchema, load_default=None)
    finding = fields.Nested(BuyFindingSchema, load_default=None)
    signature = fields.Nested(BuySignatureSchema, load_default=None)
    linking = fields.Nested(BuyLinkingSchema, load_default=None)
    cost = fields.Nested(BuyCostSchema, load_default=None)
    refund = fields.Integer(strict=True, load_default=None, allow_none=True, metadata={"description": "In minor units"})

    TAKES = {  # noqa: RUF012 - marshmallow's own classes hold such tables too
        Command.ORDER: "order",
        Command.JUDGE: "finding",
        Command.SIGN: "signature",
        Command.LINK: "linking",
        Command.SPEND: "cost",
        Command.REFUND: "refund",
    }

    @validates_schema
    def has_what_it_needs(self, given: dict[str, Any], **_: Any) -> None:
        """Each command takes its own part."""
        command = given.get("command")
        if command is Command.APPROVE:
            raise ValidationError("a budget is approved by a person, on the page of the test buy", "command")
        name = self.TAKES.get(command) if command else None
        if name is not None and given.get(name) is None:
            raise ValidationError(f"to {command!s} a test buy takes this", name)

    @post_load
    def parts(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What the services take."""
        carried = Carried(given.pop("place"), given.pop("seal"), tuple(given.pop("photos")), given.pop("words"))
        return {**given, "carried": carried}


class BuyDoneSchema(Schema):
    """That a command was carried out."""

    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})


class BuyLineSchema(Schema):
    """One test buy in a list."""

    name = fields.String()
    platform = fields.String(metadata={"description": "Code"})
    url = fields.String()
    store = fields.String(metadata={"description": "The seller's; empty: it was not named"})
    goods = fields.String()
    state = fields.Enum(BuyState, by_value=True)
    verdict = fields.Enum(Verdict, by_value=True, allow_none=True)
    currency = fields.String()
    budget = fields.Integer(metadata={"description": "In minor units, as all amounts"})
    spent = fields.Integer()
    planned_by = fields.String(metadata={"description": "Pseudonym; an agent is told its own alone"})
    planned_at = fields.DateTime()
    version = fields.Integer(metadata={"description": "To be named by whoever leads it on"})


class CustodyPhotoSchema(Schema):
    """A file in the vault, with the digest that it had at the step."""

    name = fields.String()
    sha256 = fields.String()


class CustodyStepSchema(Schema):
    """One step of the chain of custody."""

    n = fields.Integer()
    command = fields.Enum(Command, by_value=True)
    by = fields.String(metadata={"description": "Pseudonym; an agent is told its own alone"})
    by_agent = fields.Boolean()
    at = fields.DateTime()
    place = fields.String()
    seal = fields.String()
    photos = fields.List(fields.Nested(CustodyPhotoSchema))
    words = fields.String()
    digest = fields.String(metadata={"description": "SHA-256 of the step, as its ledger entry holds it"})
    entry = fields.String(metadata={"description": "Its ledger entry"})


class CostOfBuySchema(Schema):
    """One cost."""

    kind = fields.Enum(CostKind, by_value=True)
    minor = fields.Integer()
    at = fields.DateTime()


class BuySchema(Schema):
    """A test buy in full."""

    line = fields.Nested(BuyLineSchema, data_key="test_buy")
    approved_by = fields.String(allow_none=True)
    order_number = fields.String(allow_none=True)
    ordered_on = fields.Date(allow_none=True)
    method = fields.String(allow_none=True)
    verifier = fields.String(allow_none=True)
    signer = fields.String(allow_none=True)
    signer_role = fields.String(allow_none=True)
    signed_at = fields.DateTime(allow_none=True)
    record_digest = fields.String(allow_none=True, metadata={"description": "SHA-256 of the record as signed"})
    report_file = fields.String(allow_none=True, metadata={"description": "The signed report's name in the vault"})
    report_digest = fields.String(allow_none=True, metadata={"description": "SHA-256 of that file"})
    listing_report = fields.String(allow_none=True)
    steps = fields.List(fields.Nested(CustodyStepSchema))
    costs = fields.List(fields.Nested(CostOfBuySchema))


class BuysQuerySchema(Schema):
    """Which test buys, and where to go on with the list."""

    state = fields.Enum(BuyState, by_value=True, load_default=None)
    cursor = _line(1024)
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class BuyTotalSchema(Schema):
    """What the test buys in one currency cost in all."""

    currency = fields.String()
    test_buys = fields.Integer()
    spent = fields.Integer(metadata={"description": "In minor units"})


class BuysSchema(Schema):
    """A page of the list, newest first, and what all of them cost."""

    test_buys = fields.List(fields.Nested(BuyLineSchema))
    totals = fields.List(fields.Nested(BuyTotalSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: there is none"})
