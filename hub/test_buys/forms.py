"""What the pages of test buys send."""

from datetime import date

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from hub.listing_reports.rules import DECLARATION
from hub.test_buys import rules
from hub.test_buys.money_rules import AmountError, minor_of
from hub.test_buys.rules import Carried, Command, CostKind, Verdict, WordsError
from hub.test_buys.service import Cost, Finding, Linking, Order, Plan, Signature


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _line(label: str, most: int = 300) -> StringField:
    return StringField(label, [Length(max=most)], [_stripped])


def _text(label: str, most: int = rules.LONGEST_METHOD) -> TextAreaField:
    return TextAreaField(label, [Length(max=most)], [_stripped], render_kw={"rows": 3})


class PlanForm(FlaskForm):
    """What is to be bought, and for how much."""

    platform = SelectField("Platform", choices={}, validate_choice=False, validators=[Length(max=40)])
    url = _line("Address of the listing", 2_048)
    store = _line("Address of the seller’s store", 2_048)
    goods = _line("What is to be bought")
    budget = _line("Budget", 20)
    currency = _line("Currency", 3)

    @property
    def plan(self) -> Plan:
        """The plan. Raises WordsError for what is no amount."""
        budget = _minor("budget", self.budget.data, self.currency.data)
        return Plan(self.platform.data, self.url.data, self.goods.data, self.currency.data, budget, self.store.data)


class StepForm(FlaskForm):
    """A command at the version that was read, and what goes with it: each command reads its own fields."""

    command = SelectField(choices=[each.value for each in Command])
    version = IntegerField(validators=[InputRequired("Read the test buy first")])
    order_number = _line("Order number", 100)
    ordered_on = DateField("Day of the order", [Optional()])
    price = _line("Price", 20)
    shipping = _line("Shipping", 20)
    duty = _line("Duty", 20)
    place = _line("Place")
    seal = _line("Number of the seal", 100)
    photos = _line("Photos", 600)
    words = _text("Remarks", rules.LONGEST_WORDS)
    verdict = SelectField("Verdict", choices=["", *Verdict], default="")
    method = _text("Method and grounds")
    verifier = _line("Who examined it")
    signer = _line("Name of who signs")
    signer_role = _line("Role of who signs")
    right = SelectField("IP right that is infringed", default="", validate_choice=False)
    product_class = _line("Class of the goods", 2)
    seller = _line("Name of the seller", 500)
    explanation = _text("Explanation")
    declared = BooleanField("I make this declaration")
    kind = SelectField("For", choices=[each.value for each in CostKind if each is not CostKind.REFUND], default="other")
    amount = _line("Amount", 20)

    @property
    def carried(self) -> Carried:
        """What a step of the chain of custody says."""
        photos = self.photos.data.replace(",", " ").split()
        return Carried(self.place.data, self.seal.data, tuple(photos), self.words.data)

    def order(self, currency: str) -> Order:
        """What was ordered. Raises WordsError."""
        given = ((CostKind.PRICE, self.price), (CostKind.SHIPPING, self.shipping), (CostKind.DUTY, self.duty))
        paid = [Cost(kind, _minor("price", each.data, currency)) for kind, each in given if each.data]
        day: date | None = self.ordered_on.data
        if day is None:
            raise WordsError("ordered_on", "give the day of the order")
        return Order(self.order_number.data, day, paid)

    def minor(self, currency: str) -> int:
        """The amount. Raises WordsError."""
        return _minor("amount", self.amount.data, currency)

    @property
    def finding(self) -> Finding:
        """What the examination found. Raises WordsError."""
        if not self.verdict.data:
            raise WordsError("verdict", "choose a verdict")
        return Finding(Verdict(self.verdict.data), self.method.data, self.verifier.data)

    @property
    def signature(self) -> Signature:
        """Who signs."""
        return Signature(self.signer.data, self.signer_role.data)

    @property
    def linking(self) -> Linking:
        """What the listing report needs."""
        declared = DECLARATION if self.declared.data else 0
        said = (self.product_class.data, self.seller.data, self.explanation.data)
        return Linking(self.right.data, *said, declared)


def _minor(field: str, text: str, currency: str) -> int:
    try:
        return minor_of(text, currency)
    except AmountError as error:
        raise WordsError(field, str(error)) from error
