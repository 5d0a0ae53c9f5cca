from datetime import UTC, date, datetime, timedelta

import pytest

from hub.insights.rules import (
    SOON,
    Credential,
    EpochLine,
    Need,
    Quota,
    in_order,
    needs_from_contributions,
    needs_from_credentials,
    needs_from_epoch,
    needs_from_log,
    needs_from_matches,
    needs_from_quotas,
)
from hub.web.shown import LogLine

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RENEWS = date(2026, 12, 1)


def _urgencies(needs: object) -> list[str]:
    return [need.urgency for need in needs]  # type: ignore[attr-defined]


def test_nothing_new_and_nothing_ending_needs_nobody() -> None:
    assert in_order(needs_from_matches(0, 0), needs_from_contributions(0), needs_from_quotas([])) == ()


def test_what_is_due_now_comes_before_what_is_due_soon() -> None:
    assert _urgencies(in_order(needs_from_contributions(4), needs_from_matches(2, 1))) == ["now", "now", "soon"]


def test_one_thing_is_told_in_the_singular() -> None:
    (need,) = needs_from_matches(1, 0)
    assert need.title == "1 new match"


def test_a_need_leads_to_the_page_filtered_to_it() -> None:
    (need,) = needs_from_contributions(1200)
    assert (need.endpoint, need.arguments, need.title[:5]) == (
        "indicators.contributions",
        {"state": "expiring"},
        "1,200",
    )


@pytest.mark.parametrize(
    ("allowed", "used", "urgencies"),
    [(100, 79, []), (100, 80, ["soon"]), (100, 100, ["now"]), (100, 130, ["now"]), (0, 0, ["now"])],
)
def test_quota_asks_for_attention_from_four_fifths_on(allowed: int, used: int, urgencies: list[str]) -> None:
    assert _urgencies(needs_from_quotas([Quota("Phone", allowed, used, RENEWS)])) == urgencies


@pytest.mark.parametrize(
    ("left", "urgencies"),
    [(SOON + timedelta(seconds=1), []), (SOON, ["soon"]), (timedelta(0), ["now"]), (-SOON, ["now"])],
)
def test_credential_asks_for_attention_before_and_after_its_end(left: timedelta, urgencies: list[str]) -> None:
    assert _urgencies(needs_from_credentials([Credential("p_1", NOW + left, None)], NOW)) == urgencies


@pytest.mark.parametrize(
    ("epoch", "urgencies"),
    [
        (None, ["now"]),
        (EpochLine("e1", RENEWS, None), []),
        (EpochLine("e1", RENEWS, NOW.date() + SOON), ["soon"]),
        (EpochLine("e1", RENEWS, NOW.date() + SOON + timedelta(days=1)), []),
    ],
)
def test_epoch_asks_for_attention_when_it_closes_or_none_is_open(epoch: EpochLine | None, urgencies: list[str]) -> None:
    assert _urgencies(needs_from_epoch(epoch, NOW)) == urgencies


@pytest.mark.parametrize(("stale", "needs"), [(False, 0), (True, 1)])
def test_log_asks_for_attention_only_when_it_is_late(stale: bool, needs: int) -> None:
    line = LogLine("example/audit", 9, "", NOW, 4, 2, stale)
    assert len(list(needs_from_log(line))) == needs


def test_order_of_equally_urgent_needs_is_kept() -> None:
    first, second = Need("soon", "a", ""), Need("soon", "b", "")
    assert in_order([first], [second]) == (first, second)
