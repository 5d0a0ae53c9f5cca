"""Sharing groups of three brands, as the tests found, join and look at them."""

from collections.abc import Callable
from datetime import timedelta

import time_machine

from hub import clock
from hub.members import service as members
from hub.members.group_rules import TO_ACCEPT, digest_of
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import match
from tests.web.members.test_decisions import person

TEXT = "What is shared here stays here."
NEWER = "What is shared here stays here, for a year."
BRANDS = ("brand-a", "brand-b", "brand-c")


def three_brands(hub: Hub) -> Hub:
    """Three brands and an auditor, each with an owner of its name."""
    for code, kind in (*((code, "brand") for code in BRANDS), ("checker", "auditor")):
        hub.admit(code, kind)
        hub.person(code)
    return hub


def founded(alliance: Hub, *seats: str) -> str:
    """The code of a group that brand-a founded, and that these have joined."""
    with person(alliance, "brand-a") as actor:
        code = members.found_group(actor, "Tents", "Copies of our tents", TEXT)
    for seat in seats:
        invite(alliance, code, seat)
        accept(alliance, code, seat)
    return code


def invite(alliance: Hub, code: str, whom: str, who: str = "brand-a") -> None:
    with person(alliance, who) as actor:
        members.invite_to_group(actor, code, whom)


def accept(alliance: Hub, code: str, who: str, digest: str = digest_of(TEXT)) -> None:
    with person(alliance, who) as actor:
        members.accept_group(actor, code, digest)


def act(alliance: Hub, command: Callable[..., None], code: str, who: str, *more: str) -> None:
    with person(alliance, who) as actor:
        command(actor, code, *more)


def seats(alliance: Hub, code: str) -> set[object]:
    return {
        row[0]
        for row in alliance.sql(
            "SELECT m.code FROM sharing_group_member s JOIN sharing_group g ON g.id = s.group_id"
            " JOIN member m ON m.id = s.member_id WHERE g.code = %s",
            code,
        )
    }


def reached(alliance: Hub, number: int, but: str = "") -> set[str]:
    """The brands that find a token of brand-a when they match it, leaving one out."""
    return {code for code in BRANDS[1:] if code != but and match(alliance.client(code), number)}


def renew(alliance: Hub, code: str, text: str = NEWER, who: str = "brand-a") -> None:
    with person(alliance, who) as actor:
        members.renew_agreement(actor, code, text)


def lapse(alliance: Hub, after: timedelta = TO_ACCEPT) -> int:
    """How many seats the daily job ends, run so long after now."""
    with time_machine.travel(clock.now() + after), alliance.app.app_context():
        return members.end_seats()


def tell_seats(alliance: Hub) -> None:
    """Do what the worker does for those who are to be told of a group."""
    for member, code, news in alliance.sql(
        "DELETE FROM procrastinate_jobs WHERE task_name = %s"
        " RETURNING (args ->> 'member')::integer, args ->> 'code', args ->> 'news'",
        members.TELL_SEAT,
    ):
        assert isinstance(member, int)
        with alliance.app.app_context():
            members.tell_seat(member, str(code), str(news))
