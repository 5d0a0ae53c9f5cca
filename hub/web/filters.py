"""How the pages write numbers, moments, labels and addresses of assets: one rule each, for every template.

Tables of facts, not branches: a label, a state or an outcome that stands in no table fails the page in the tests.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from flask import Flask, url_for
from jinja2 import StrictUndefined
from markupsafe import Markup

EVIDENCE: Mapping[str, str] = {
    "E1": "online features",
    "E2": "complaint established by a platform",
    "E3": "test buy verified",
    "E4": "authority, court or admission",
}

STANCES: Mapping[str, str] = {
    "infringing": "Infringing",
    "legitimate": "Legitimate",
    "impersonated": "Impersonated",
}


class Mark(NamedTuple):
    """How a state reads: its words, its icon, and the tone that colours both. The words alone say it all."""

    words: str
    icon: str
    tone: str


STATES: Mapping[str, Mark] = {
    "active": Mark("Active", "check", "good"),
    "expiring": Mark("Expires soon", "hourglass-low", "warn"),
    "expired": Mark("Expired", "clock", "calm"),
    "withdrawn": Mark("Withdrawn", "x", "calm"),
    "new": Mark("New", "info-circle", "accent"),
    "triaged": Mark("Triaged", "clock", "calm"),
    "same": Mark("Same", "check", "good"),
    "not_same": Mark("Not the same", "x", "calm"),
    "inconclusive": Mark("Inconclusive", "hourglass-low", "calm"),
    "waiting": Mark("Waits for your word", "clock", "accent"),
    "shown": Mark("Shown by a report", "info-circle", "calm"),
    "entered": Mark("Waits for the office", "clock", "accent"),
    "verified": Mark("Verified", "check", "good"),
    "submitted": Mark("Submitted", "info-circle", "accent"),
    "returned": Mark("Returned", "alert-triangle", "warn"),
    "in review": Mark("In review", "clock", "accent"),
    "forwarded": Mark("Seller is asked", "hourglass-low", "calm"),
    "unanswered": Mark("Seller did not answer", "clock", "calm"),
    "countered": Mark("Counter-notice", "alert-triangle", "warn"),
    "maintained": Mark("Maintained", "info-circle", "accent"),
    "undefended": Mark("Not maintained", "clock", "calm"),
    "decided": Mark("Decided", "check", "good"),
    "acted on": Mark("Acted on", "check", "good"),
    "closed": Mark("Closed", "check", "calm"),
    "established": Mark("Established", "check", "good"),
    "rejected": Mark("Rejected", "ban", "calm"),
    "partly": Mark("Partly established", "check", "calm"),
    "asked": Mark("Asked", "hourglass-low", "accent"),
    "fake": Mark("Fake", "ban", "bad"),
    "genuine": Mark("Genuine", "check", "good"),
    "cannot tell": Mark("Cannot tell", "info-circle", "calm"),
    "failing": Mark("Fails at present", "alert-triangle", "warn"),
    "disabled": Mark("Disabled", "ban", "bad"),
    "waits": Mark("Waits", "hourglass-low", "calm"),
    "delivered": Mark("Delivered", "check", "good"),
    "failed": Mark("Failed", "ban", "bad"),
    "to act on": Mark("To act on", "alert-triangle", "warn"),
    "planned": Mark("Budget to be approved", "hourglass-low", "accent"),
    "approved": Mark("To be ordered", "clock", "accent"),
    "ordered": Mark("Ordered", "clock", "calm"),
    "received": Mark("Received, sealed", "inbox", "accent"),
    "examined": Mark("Examined", "clock", "accent"),
    "judged": Mark("To be signed", "clock", "accent"),
    "signed": Mark("Signed", "check", "good"),
    "linked": Mark("Linked to a report", "check", "good"),
    "refunded": Mark("Refunded", "check", "calm"),
    "retained": Mark("Retained", "check", "calm"),
    "destroyed": Mark("Destroyed", "x", "calm"),
    "cancelled": Mark("Cancelled", "x", "calm"),
    "counterfeit": Mark("Counterfeit", "ban", "bad"),
    "admitted": Mark("Admitted", "check", "good"),
    "applied": Mark("Applied", "clock", "calm"),
    "vetted": Mark("Vetted", "clock", "accent"),
    "refused": Mark("Refused", "ban", "calm"),
    "probation": Mark("Probation", "alert-triangle", "warn"),
    "suspended": Mark("Suspended", "ban", "bad"),
    "left": Mark("Left", "x", "calm"),
    "erased": Mark("Erased", "x", "calm"),
    "allowed": Mark("Allowed", "check", "good"),
    "denied": Mark("Denied", "ban", "bad"),
    "error": Mark("Failed", "alert-triangle", "warn"),
}


def thousands(count: int) -> str:
    """`1,204`: every count a person reads."""
    return f"{count:,}"


def opening(said: object) -> str:
    """What a refusal says, with the capital that a sentence begins with."""
    words = str(said)
    return words[:1].upper() + words[1:]


def few(count: int | None) -> str:
    """A count of members that is never told below 3: `fewer than 3`."""
    return "fewer than 3" if count is None else thousands(count)


def percent(part: float, whole: float = 1.0) -> str:
    """`37%`; `0%` of nothing; something is never rounded to nothing, nor almost all to all."""
    share = part / whole if whole else 0.0
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{share:.0%}"


def moment(at: datetime) -> Markup:
    """`<time>` of an aware moment, in UTC to the minute; the attribute holds the second."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be shown")
    utc = at.astimezone(UTC)
    words = f"{utc.day} {utc:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(f"{utc:%Y-%m-%dT%H:%M:%SZ}", words)


def day(on: date) -> Markup:
    """`<time>` of a UTC day."""
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), f"{on.day} {on:%b %Y}")


def ago(at: datetime, now: datetime) -> Markup:
    """`<time>` in words: `12 s ago`, `5 min ago`, `3 h ago`, then the moment itself."""
    seconds = max(int((now - at).total_seconds()), 0)
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            return Markup('<time datetime="{}">{} {} ago</time>').format(stamp, seconds // size, unit)
    return moment(at)


def tlp_words(label: str) -> str:
    """`TLP:AMBER+STRICT`, as FIRST writes it."""
    return f"TLP:{label.upper()}"


def slug(words: str) -> str:
    """A word for a class or an id: `amber+strict` becomes `amber-strict`."""
    return "-".join("".join(c if c.isalnum() else " " for c in words.lower()).split())


def stacked(parts: tuple[int, ...], whole: int) -> list[tuple[float, float]]:
    """(start, width) of each part in percent of `whole`, side by side; all zero when the whole is nothing."""
    spans = []
    start = 0.0
    for part in parts:
        width = 100 * part / whole if whole else 0.0
        spans.append((round(start, 2), round(width, 2)))
        start += width
    return spans


class Assets:
    """Addresses of files below the static folder; each changes with its content, so that it may be kept for ever."""

    def __init__(self, folder: Path) -> None:
        """Reads the digests once; a package that is not vendored is a KeyError at the first page, named."""
        self.folder = folder
        digests: Mapping[str, str] = json.loads((folder / "vendor" / "digests.json").read_text("utf-8"))
        self._versioned = {path.partition("/")[0].rpartition("-")[0]: path.partition("/")[0] for path in digests}
        self._own: dict[str, str] = {}

    def vendored(self, package: str, file: str) -> str:
        """Address of a vendored file; the folder's name holds the version."""
        return url_for("static", filename=f"vendor/{self._versioned[package]}/{file}")

    def own(self, file: str) -> str:
        """Address of a file of ours, with a part of its digest."""
        if file not in self._own:
            self._own[file] = hashlib.sha256((self.folder / file).read_bytes()).hexdigest()[:12]
        return url_for("static", filename=file, v=self._own[file])


def attach_filters(app: Flask) -> None:
    """Give every template of `app` these filters and tables; an unknown name in a template is an error, not a blank."""
    if app.static_folder is None:
        raise ValueError("the app has no static folder")
    assets = Assets(Path(app.static_folder))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters.update(
        thousands=thousands,
        few=few,
        percent=percent,
        moment=moment,
        day=day,
        ago=ago,
        tlp_words=tlp_words,
        slug=slug,
        opening=opening,
    )
    app.jinja_env.globals.update(
        vendored=assets.vendored,
        own=assets.own,
        stacked=stacked,
        EVIDENCE=EVIDENCE,
        STANCES=STANCES,
        STATES=STATES,
    )
