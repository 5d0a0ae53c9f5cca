"""A report that is maintained against one seller while the others have time left: it is said until when, and waited for."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.conftest import HTML, Hub
from tests.web.listing_reports.reporting import BEGAN, answer, asked, counter, file, read, review
from tests.web.listing_reports.test_clocks import set_clock
from tests.web.listing_reports.test_counter_notices import WHY, YES, lapse
from tests.web.listing_reports.test_report_pages import head

UNTIL = "until the end of 8 Jan 2027 in UTC"
MAINTAINED = "It is maintained against the seller: it is for you to decide on its listings. "
WAITING = f"The sellers of 2 listings have time to answer {UNTIL}; they are decided after that."
ALL_WAIT = (
    f"It is maintained against the seller: the sellers of the 2 listings that are left have time to answer {UNTIL}"
)


@pytest.fixture
def name(alliance: Hub, right: str, moment: time_machine.Traveller) -> str:
    """A report of three listings: the brand has maintained it against the seller of the first."""
    name = asked(alliance, right)
    assert counter(alliance, name, [1]).status_code == 200
    assert answer(alliance, name, "maintain", sentence=WHY).status_code == 200
    return name


def decided(hub: Hub, name: str) -> None:
    """The listing of the seller who countered is decided."""
    assert review(hub, name, "judge", **YES).status_code == 200


def judge(hub: Hub, name: str, **other: Any) -> str:
    """Why the decision is refused."""
    refused = review(hub, name, "judge", **YES, **other)
    assert refused.status_code == 409
    return str(refused.json["detail"])


def test_decision_is_refused_with_the_day_where_all_that_is_left_waits(alliance: Hub, name: str) -> None:
    decided(alliance, name)
    for listings in (None, [2], [1]):
        assert UNTIL in judge(alliance, name, listings=listings)
    assert [each["decision"] for each in read(alliance, name)["listings"]] == ["established", None, None]


def test_day_until_which_is_waited_is_one_of_the_platforms_zone(
    alliance: Hub, right: str, moment: time_machine.Traveller
) -> None:
    set_clock(alliance.signed_in("shop"), preset="default", zone="Asia/Shanghai")
    moment.move_to(datetime(2027, 1, 4, 17, tzinfo=UTC))
    name = asked(alliance, right)
    assert counter(alliance, name, [1]).status_code == 200
    assert answer(alliance, name, "maintain", sentence=WHY).status_code == 200
    assert "until the end of 9 Jan 2027 in Asia/Shanghai" in judge(alliance, name, listings=[2])


def test_all_are_decided_once_the_time_of_the_sellers_is_over(
    alliance: Hub, name: str, moment: time_machine.Traveller
) -> None:
    decided(alliance, name)
    moment.move_to(datetime(2027, 1, 9, tzinfo=UTC))
    assert head(alliance, name, "shop") == MAINTAINED.strip()
    assert review(alliance, name, "judge", **YES).status_code == 200
    assert read(alliance, name)["report"]["state"] == "decided"


def test_head_says_until_when_the_other_sellers_have_time(alliance: Hub, name: str) -> None:
    assert head(alliance, name, "shop") == f"{MAINTAINED}{WAITING}"
    assert head(alliance, name, "brand-a") == f"{MAINTAINED.replace('you', 'shop')}{WAITING}"


def test_head_says_that_nobody_decides_where_all_that_is_left_waits(alliance: Hub, name: str) -> None:
    decided(alliance, name)
    assert head(alliance, name, "shop") == f"{ALL_WAIT}; then it is for you to decide on them."
    page = alliance.signed_in("shop").get(f"/reports/{name}", headers=HTML).text
    assert 'value="judge"' not in page
    assert 'value="counter"' in page


def test_seller_who_counters_is_not_waited_for_any_more(alliance: Hub, name: str) -> None:
    assert counter(alliance, name, [2]).status_code == 200
    assert answer(alliance, name, "maintain", sentence=WHY).status_code == 200
    one = "The sellers of 2 listings have", "The seller of 1 listing has"
    assert head(alliance, name, "shop") == f"{MAINTAINED}{WAITING.replace(*one).replace('they are', 'it is')}"


def test_report_that_was_not_answered_waits_for_its_other_sellers_too(
    alliance: Hub, right: str, moment: time_machine.Traveller
) -> None:
    name = asked(alliance, right)
    assert counter(alliance, name, [1]).status_code == 200
    moment.move_to(BEGAN + timedelta(days=4))
    assert lapse(alliance) == 1
    assert read(alliance, name)["report"]["state"] == "undefended"
    assert f"the 2 listings that are left have time to answer {UNTIL}" in head(alliance, name, "shop")


def test_listing_that_was_decided_before_the_sellers_were_asked_is_not_waited_for(
    alliance: Hub, right: str, moment: time_machine.Traveller
) -> None:
    name = file(alliance.client("brand-a"), right)
    for command, more in (("take", {}), ("judge", YES | {"listings": [3]}), ("forward", {})):
        assert review(alliance, name, command, **more).status_code == 200
    assert counter(alliance, name, [1]).status_code == 200
    assert answer(alliance, name, "maintain", sentence=WHY).status_code == 200
    assert "The seller of 1 listing has time" in head(alliance, name, "shop")


@pytest.mark.parametrize("who", ["shop", "brand-a"])
def test_list_shows_until_when_the_other_sellers_have_time(alliance: Hub, name: str, who: str) -> None:
    page = alliance.signed_in(who).get("/reports", headers=HTML).text
    (cell,) = re.findall(r'data-label="Time runs out"><span>(.*?)</span>', page, re.DOTALL)
    assert re.sub("<[^>]+>", "", cell) == "9 Jan 2027, 00:00 UTC, of other sellers"
