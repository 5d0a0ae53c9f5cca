"""Sharing what a platform established: the stores of our own listing report, as a sheet like any other."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hub.client.errors import ClientError, ExitCode, false_answer, usage
from hub.client.session import Session

LEVEL = "E2"
"""What a report that was established bears, as the hub's table of bases says."""
STORES = "store_url"
"""The type of what a report itself names: stores. What a listing's address names is an offer and no seller."""
ADDRESS, SELLER = "address", "seller"
"""The columns of the sheet."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def check_report(name: str, evidence: str | None, stance: str) -> None:
    """Raises ClientError for what cannot be shared upon a report."""
    if not _NAME.fullmatch(name):
        raise usage("--report takes the name that the report's page shows", "copy the command from that page")
    if evidence not in {None, LEVEL}:
        raise usage(f"a report that was established bears {LEVEL}, and no {evidence}", "leave --evidence out")
    if stance != "infringing":
        raise usage("upon a report one shares the stance infringing alone", "leave --stance out")


@contextmanager
def established_stores(session: Session, name: str) -> Iterator[Path]:
    """A sheet of the stores that the report's platform established, gone again once it was read.

    It lies in our own state folder meanwhile, for our eyes alone, like the vault. Raises ClientError.
    """
    rows = [*_stores(session.hub.get(f"/api/v1/listing-reports/{name}").document())]
    if not rows:
        raise ClientError(
            ExitCode.NOTHING_USABLE,
            "the report has no store that its platform established",
            "give a FILE with what you know of the seller, and its --type: it is shared upon the report",
        )
    with TemporaryDirectory(prefix="report-", dir=session.folder) as folder:
        path = Path(folder) / "stores.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([ADDRESS, SELLER])
            writer.writerows(rows)
        yield path


def _stores(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    listings = report.get("listings")
    if not isinstance(listings, list):
        raise false_answer("the hub's answer lacks the report's listings")
    for each in listings:
        if not isinstance(each, dict):
            raise false_answer("a listing of the report is none")
        address, seller = each.get("url"), each.get("seller") or ""
        if each.get("decision") == "established" and each.get("target") == "store":
            if not isinstance(address, str) or not isinstance(seller, str):
                raise false_answer("a listing of the report has no address")
            yield address, seller
