"""Values of the pages of authorised sellers, full and empty."""

from datetime import UTC, date, datetime
from typing import Any

from hub.authorised_sellers.forms import FIELDS, SellersForm
from hub.authorised_sellers.rules import MOST_AT_ONCE, Fault
from hub.authorised_sellers.service import Added, ShownSeller
from hub.web.shown import CursorPage

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
URL = "https://shop.example.com/store/<b>1234567890</b>/" + "a" * 120


def _seller(n: int) -> ShownSeller:
    last_day = (None, date(2026, 1, 31), date(2027, 1, 31))[n % 3]
    seller = ("", "<b>Northpeak</b> flagship store " * 3, "卖家")[n % 3]
    url = URL if n % 2 else f"https://shop.example.com/store/{n}"
    return ShownSeller(n, f"{n:022}", url, seller, last_day, n % 2 == 0, NOW, None, n % 3 == 1)


def authorised_sellers_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
    if template == "authorised_sellers/new.html":
        form = SellersForm(formdata=None)
        if full:
            form.url.errors = ["The text is empty: give a web address"]
        faults = [Fault(n, "last_day", "give the last day as 2026-01-31, or leave it empty") for n in range(1, 9)]
        return {"form": form, "fields": FIELDS, "most": MOST_AT_ONCE, "looked": Added(faults) if full else None}
    page = CursorPage(tuple(_seller(n) for n in range(9)), older="o") if full else CursorPage(())
    return {"page": page, "ended": False}
