"""The signed report: read back, it holds every fact of its record; another fact, another digest and other bytes."""

import copy
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from hub.test_buys import document, rules
from hub.test_buys.money_rules import shown

DAY = "2026-11-05T10:00:00.000Z"
RECORD: dict[str, Any] = {
    "v": 1,
    "test_buy": "A" * 22,
    "brand": {"code": "brand-a", "name": "Łódź & Söhne <Uhren> 王府"},
    "platform": "shop",
    "listing": "https://shop.example.com/item/" + "x" * 120,
    "store": "",
    "goods": "Watch, model 7, 한국",
    "order_number": "A-100 200",
    "ordered_on": "2026-11-01",
    "currency": "EUR",
    "budget": 50_000,
    "costs": [
        {"kind": "price", "minor": 12_550, "at": "2026-11-01T10:00:00.000Z"},
        {"kind": "refund", "minor": -550, "at": "2026-11-02T10:00:00.000Z"},
    ],
    "spent": 12_000,
    "planned_by": "p_planner",
    "planned_at": "2026-10-30T10:00:00.000Z",
    "approved_by": "p_approver",
    "custody": [
        {
            "n": 3,
            "command": "receive",
            "at": DAY,
            "by": "p_receiver",
            "by_agent": True,
            "place": "Laboratory, room 4, Hamburg",
            "seal": "S-1234",
            "photos": [{"name": "f_" + "a" * 20, "sha256": "ab" * 32}, {"name": "f_" + "b" * 20, "sha256": "cd" * 32}],
            "words": "The parcel was closed with brown tape.",
        }
    ],
    "verdict": "counterfeit",
    "method": "The movement was opened: it bears no number.",
    "verifier": "Dr. Jürgen Weiß, laboratory",
    "signer": {"name": "Анна Иванова", "role": "Head of brand protection"},
    "signed_by": "p_signer",
    "signed_at": "2026-11-09T10:00:00.000Z",
}


def read_back(record: dict[str, Any]) -> str:
    """The text of the PDF, without the breaks of its lines."""
    pdf = PdfReader(BytesIO(document.written(record, rules.digest_of(record))))
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pdf.pages))


def facts(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Each single fact, and where it stands."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from facts(each, (*place, key))
    else:
        yield place, value


EVERY = [(place, value) for place, value in facts(RECORD) if place != ("v",)]


def told(place: tuple[str | int, ...], value: Any) -> str:
    """How the report says a fact."""
    if place[-1] == "by_agent":
        return "(agent)"
    if place[-1] in {"minor", "budget", "spent"}:
        return shown(value, "EUR")
    return "EUR" if place == ("currency",) else str(value)


@pytest.mark.parametrize(
    ("place", "value"), EVERY, ids=lambda each: ".".join(map(str, each)) if isinstance(each, tuple) else ""
)
def test_report_holds_every_fact(place: tuple[str | int, ...], value: Any) -> None:
    text = read_back(RECORD).lower()
    assert re.sub(r"\s+", "", told(place, value)).lower() in text


def test_report_holds_the_digest_of_its_record_on_each_page() -> None:
    digest = rules.digest_of(RECORD)
    assert read_back(RECORD).count(digest) == 1 + len(PdfReader(BytesIO(document.written(RECORD, digest))).pages)


@pytest.mark.parametrize(
    ("place", "value"),
    [*EVERY, (("v",), 1)],
    ids=lambda each: ".".join(map(str, each)) if isinstance(each, tuple) else "",
)
def test_changed_fact_gives_another_digest(place: tuple[str | int, ...], value: Any) -> None:
    changed = copy.deepcopy(RECORD)
    part: Any = changed
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"
    assert rules.digest_of(changed) != rules.digest_of(RECORD)


def test_same_record_gives_the_same_bytes_and_another_others() -> None:
    digest = rules.digest_of(RECORD)
    first = document.written(RECORD, digest)
    assert document.written(copy.deepcopy(RECORD), digest) == first
    assert document.written({**RECORD, "seal": "S-1235"} | {"goods": "Watch"}, digest) != first


def test_markup_is_text_and_what_no_font_has_is_written_by_its_number() -> None:
    text = read_back({**RECORD, "goods": "<b>&amp;\u202e😀"})
    assert "<b>&amp;" in text
    assert "[U+1F600]" in text


def test_long_text_and_many_steps_go_on_over_pages() -> None:
    step = RECORD["custody"][0]
    many = {**RECORD, "method": "It bears no number. " * 100, "custody": [{**step, "n": n} for n in range(1, 60)]}
    text = read_back(many)
    assert text.count("S-1234") == 59
    assert "59receive" in text
