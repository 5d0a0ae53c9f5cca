"""Pre-flight says of every row what to mend, and of a good one nothing."""

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.canonical.listing import digest_of
from hub.evidence.rules import EvidenceType
from hub.listing_reports.preflight_rules import (
    Fault,
    ReportedRow,
    Right,
    Site,
    preflight,
    rows_of,
    site_of,
)
from hub.listing_reports.reason_rules import FIELDS, REASONS, REFUSED_BY_DESIGN, Grounds, has_begun

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SITES = (Site("market.example.com", frozenset({"DE", "FR"})), Site("us.market.example.com", frozenset({"US"})))
MARK = Right("trade-mark", frozenset({9, 25}), frozenset({"DE"}))
FILE_OF = {each: f"f_{each:_<20}" for each in EvidenceType}
FILES = {name: each for each, name in FILE_OF.items()}
"""Files that the brand keeps, one of each type."""
GIVEN = {"text": "It is other than ours.", "order": "2026-4711", "day": "2026-11-01"}
GROUNDS = Grounds("no_such_model", {"range_statement": "We never made it in red."})


def evidence(reason: str) -> dict[str, str]:
    asked = {name: FIELDS[name] for name in REASONS[reason].evidence}
    return {
        name: GIVEN[each.kind] if each.stored_as is None else FILE_OF[each.stored_as] for name, each in asked.items()
    }


def row(number: int = 1, url: str = "https://market.example.com/i/1", **other: str) -> ReportedRow:
    return ReportedRow(number, url, **{"product_class": "25", **other})


def none_before(_: Sequence[bytes]) -> Collection[bytes]:
    return ()


def faults(
    *rows: ReportedRow,
    grounds: Grounds = GROUNDS,
    right: Right = MARK,
    sites: Sequence[Site] = SITES,
) -> list[tuple[int | None, str]]:
    _, found = preflight(rows, grounds, right, sites, none_before, files=FILES, now=NOW)
    assert all(each.words for each in found)
    return [(each.row, each.code) for each in found]


def test_a_good_row_can_be_filed() -> None:
    listings, found = preflight(
        [row(url="HTTPS://www.Market.Example.com/i/1?utm_source=x#top")],
        GROUNDS,
        MARK,
        SITES,
        none_before,
        files=FILES,
        now=NOW,
    )
    assert not found
    assert [each.url for each in listings] == ["https://market.example.com/i/1"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (row(url="https://other.example/i/1"), "other_platform"),
        (row(url="https://notmarket.example.com/i/1"), "other_platform"),
        (row(url="https://market.example.com.evil.example/i"), "other_platform"),
        (row(url="https://me:secret@market.example.com/i/1"), "malformed"),
        (row(url="https://market.example.com:8443/i/1"), "malformed"),
        (row(url="javascript:alert(1)"), "malformed"),
        (row(url="https://market.example.com\\@evil.example/"), "malformed"),
        (row(url="https://market.example.com/" + "a" * 1000), "too_long"),
        (row(url=""), "empty"),
        (row(url="https://us.market.example.com/i/1"), "not_in_force_here"),
        (row(product_class="3"), "class_not_covered"),
        (row(product_class=""), "class_missing"),
        (row(product_class="clothes"), "not_a_class"),
        (row(target="person"), "unknown_target"),
        (row(seller="x" * 121), "not_a_name"),
    ],
)
def test_a_bad_row_is_named(bad: ReportedRow, code: str) -> None:
    assert faults(row(7, "https://market.example.com/good"), bad._replace(number=8)) == [(8, code)]


def test_the_same_listing_twice_names_the_second_row() -> None:
    assert faults(row(3), row(9, "https://market.example.com/i/1/#again")) == [(9, "twice")]


def test_a_listing_reported_before_is_told() -> None:
    listings, found = preflight([row(4)], GROUNDS, MARK, SITES, lambda digests: digests, files=FILES, now=NOW)
    assert [(each.row, each.code) for each in found] == [(4, "reported_before")]
    assert not listings


def test_a_right_in_force_nowhere_the_platform_sells_is_told_once() -> None:
    assert faults(row(), right=replace(MARK, in_force_in=frozenset({"CN"}))) == [
        (None, "not_in_force"),
        (1, "not_in_force_here"),
    ]
    assert faults(row(), right=replace(MARK, in_force_in=frozenset())) == [(None, "not_in_force")]


def test_a_platform_without_marketplaces_is_told() -> None:
    assert (None, "no_sites") in faults(row(), sites=())


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_needs_each_piece_of_its_evidence(reason: str) -> None:
    right = replace(MARK, type=min(REASONS[reason].rights))
    assert faults(row(), grounds=Grounds(reason, evidence(reason)), right=right) == []
    for name in REASONS[reason].evidence:
        lacking = {other: text for other, text in evidence(reason).items() if other != name}
        assert faults(row(), grounds=Grounds(reason, lacking), right=right) == [(None, "evidence")]


@pytest.mark.parametrize("reason", REFUSED_BY_DESIGN)
def test_what_is_no_counterfeit_is_refused_by_design(reason: str) -> None:
    assert faults(row(), grounds=Grounds(reason, {})) == [(None, "refused_by_design")]


def test_a_reason_for_rights_of_another_type_is_told() -> None:
    assert faults(row(), grounds=Grounds("patent", evidence("patent"))) == [(None, "right_of_other_type")]


def test_a_test_buy_is_of_one_listing() -> None:
    grounds = Grounds("test_buy", evidence("test_buy"))
    assert faults(row(1), row(2, "https://market.example.com/i/2"), grounds=grounds) == [(None, "too_many_rows")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("photos", "ab" * 32),
        ("photos", "f_" + "A" * 20),
        ("photos", FILE_OF[EvidenceType.LISTING]),
        ("order_number", "<b>"),
        ("purchased_on", "2026-11-29"),
        ("purchased_on", "2026-02-30"),
    ],
)
def test_evidence_is_parsed_strictly(name: str, text: str) -> None:
    assert faults(row(), grounds=Grounds("test_buy", {**evidence("test_buy"), name: text})) == [(None, "evidence")]


@pytest.mark.parametrize(("moment", "begun"), [("2026-11-27T09:59:59Z", False), ("2026-11-27T10:00Z", True)])
def test_a_day_has_begun_once_it_has_where_it_comes_first(moment: str, begun: bool) -> None:
    assert has_begun(date(2026, 11, 28), datetime.fromisoformat(moment)) is begun


def test_a_purchase_of_today_in_shanghai_is_taken_before_it_is_today_in_utc() -> None:
    grounds = Grounds("test_buy", {**evidence("test_buy"), "purchased_on": "2026-11-28"})
    early = datetime(2026, 11, 27, 22, tzinfo=UTC)  # six in the morning there
    assert preflight([row()], grounds, MARK, SITES, none_before, files=FILES, now=early)[1] == []


def test_the_nearest_site_of_a_host_counts() -> None:
    found = site_of("shop.us.market.example.com", SITES)
    assert found is not None
    assert found.host == "us.market.example.com"


def test_a_thousand_rows_take_no_second() -> None:
    rows = [row(n, f"https://market.example.com/i/{n}?utm_source=mail") for n in range(1, 1001)]
    begun = time.perf_counter()
    assert faults(*rows) == []
    assert time.perf_counter() - begun < 1


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=4), st.text(max_size=130)), max_size=8))
def test_whatever_is_given_each_row_is_filed_or_has_a_fault(given_rows: list[tuple[str, str, str]]) -> None:
    rows = [ReportedRow(n, url, "", cls, seller) for n, (url, cls, seller) in enumerate(given_rows, start=1)]
    listings, found = preflight(rows, GROUNDS, MARK, SITES, none_before, files=FILES, now=NOW)
    assert {each.number for each in listings} | {each.row for each in found} - {None} == {each.number for each in rows}
    assert not {each.number for each in listings} & {each.row for each in found}
    assert not [each for each in found if not isinstance(each, Fault)]


def test_pasted_addresses_are_rows() -> None:
    text = "https://market.example.com/a,b;c\n\n  https://market.example.com/2\t25\tShop & Co\n"
    assert rows_of(text.encode()) == [
        ReportedRow(1, "https://market.example.com/a,b;c"),
        ReportedRow(3, "https://market.example.com/2", "", "25", "Shop & Co"),
    ]


def test_columns_are_found_by_their_headings() -> None:
    text = '\ufeffSeller;Link;Class\n"=Shop";https://market.example.com/1;25\n'
    assert rows_of(text.encode()) == [ReportedRow(2, "https://market.example.com/1", "", "25", "=Shop")]


def test_one_spelling_has_one_digest() -> None:
    assert digest_of("https://market.example.com/i/1") == digest_of("https://market.example.com/i/1")
    assert digest_of("https://market.example.com/i/1") != digest_of("https://market.example.com/I/1")
