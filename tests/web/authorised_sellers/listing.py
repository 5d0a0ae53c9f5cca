"""Lists of authorised sellers as tests keep them, and what pre-flight says of listings."""

from collections.abc import Sequence
from typing import Any

from hub.ledger import service as ledger
from tests.conftest import Hub
from tests.web.listing_reports.reporting import API as REPORTS
from tests.web.listing_reports.reporting import HOST, said

API = "/api/v1/authorised-sellers"
STORE = f"https://{HOST}/store/77"
SELLER = "Northpeak Outlet"


def add(hub: Hub, code: str = "brand-b", url: str = STORE, **other: Any) -> str:
    """Have a brand put one seller on its list; returns the entry's name."""
    answer = hub.client(code).post(API, json={"sellers": [{"url": url, **other}]})
    assert answer.status_code == 201, answer.text
    return str(answer.json["names"][0])


def faults(hub: Hub, right: str, *listings: dict[str, str], code: str = "brand-a", **other: Any) -> Any:
    """Row, field and code of each thing that pre-flight finds, by a dry run."""
    looked = hub.client(code).post(REPORTS, json=said(right, listings=list(listings), dry_run=True, **other))
    assert looked.status_code == 200, looked.text
    return [(each["row"], each["field"], each["code"]) for each in looked.json["faults"]]


def of_sellers(hub: Hub, code: str) -> Sequence[str]:
    """What a member reads of authorised sellers in its part of the record, oldest first."""
    hub.sequence()
    with hub.app.app_context():
        found = [one for one in ledger.own_entries(hub.actor(code)) if one.action.startswith("seller.")]
    return [one.sentence for one in found]


def found_count(hub: Hub) -> int:
    """How often it is on record that sellers of others were found."""
    ((count,),) = hub.sql("SELECT count(*) FROM ledger_entry WHERE action = 'seller.found'")
    assert isinstance(count, int)
    return count
