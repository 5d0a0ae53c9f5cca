"""New versions of a sharing group's agreement: whoever keeps the group publishes, each seat accepts in time or ends."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import time_machine

from hub import clock
from hub.access.grants import Role
from hub.members import group_rules
from hub.members import service as members
from hub.members.group_rules import TO_ACCEPT, digest_of
from hub.members.service.sharing_groups import SEATS_LOCK
from tests.conftest import HTML, Hub, csrf, plain
from tests.web.access.test_suspension import WAITING, until
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.members.applying import posted
from tests.web.members.groups import (
    NEWER,
    TEXT,
    accept,
    founded,
    invite,
    lapse,
    reached,
    renew,
    seats,
    tell_seats,
    three_brands,
)
from tests.web.members.letters import letters
from tests.web.members.test_decisions import person

NEARLY = TO_ACCEPT - timedelta(minutes=1)


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    return three_brands(hub)


def owing(alliance: Hub, code: str) -> set[str]:
    with person(alliance, "brand-a") as actor:
        return {seat.code for seat in members.shown_group(actor, code).seats if seat.owes}


# --- accepting


def test_new_agreement_is_owed_by_every_seat_but_that_of_who_published_it(alliance: Hub) -> None:
    code = founded(alliance, "brand-b", "brand-c")
    renew(alliance, code)
    assert owing(alliance, code) == {"brand-b", "brand-c"}
    accept(alliance, code, "brand-b", digest_of(NEWER))
    assert owing(alliance, code) == {"brand-c"}


def test_earlier_agreement_is_accepted_no_more(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    renew(alliance, code)
    with pytest.raises(members.RefusedMoveError, match="not the agreement"):
        accept(alliance, code, "brand-b", digest_of(TEXT))


def test_seat_taken_under_the_new_agreement_owes_nothing(alliance: Hub) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    renew(alliance, code)
    accept(alliance, code, "brand-b", digest_of(NEWER))
    assert owing(alliance, code) == set()


def test_seat_that_owes_works_until_the_last_day_and_lapses_then(alliance: Hub) -> None:
    code = founded(alliance, "brand-b", "brand-c")
    share(alliance.client("brand-a"), 1, tlp="red", sharing_groups=[code])
    share(alliance.client("brand-b"), 2, tlp="red", sharing_groups=[code])
    renew(alliance, code)
    accept(alliance, code, "brand-c", digest_of(NEWER))
    assert lapse(alliance, NEARLY) == 0
    assert reached(alliance, 1) == {"brand-b", "brand-c"}
    assert lapse(alliance) == 1
    assert reached(alliance, 1) == {"brand-c"}
    assert match(alliance.client("brand-a"), 2) == match(alliance.client("brand-c"), 2) == {}
    assert seats(alliance, code) == {"brand-a", "brand-c"}


def test_agreement_that_the_group_was_founded_under_is_owed_by_nobody(alliance: Hub) -> None:
    founded(alliance, "brand-b")
    assert lapse(alliance, 10 * TO_ACCEPT) == 0


def test_another_version_gives_its_own_time(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    renew(alliance, code)
    with time_machine.travel(clock.now() + NEARLY):
        renew(alliance, code, "A third text.")
    assert lapse(alliance) == 0
    assert lapse(alliance, NEARLY + TO_ACCEPT) == 1


def test_acceptance_on_its_way_comes_before_the_lapse(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    renew(alliance, code)
    agree = "UPDATE sharing_group_member SET agreed_digest = decode(%s, 'hex')"
    with psycopg.connect(plain(alliance.owner_url)) as accepting, ThreadPoolExecutor(1) as apart:
        accepting.execute("SELECT pg_advisory_xact_lock(%s, id) FROM sharing_group", (SEATS_LOCK,))
        lapsing = apart.submit(lapse, alliance)
        until(lambda: alliance.sql(WAITING) == [(1,)])
        accepting.execute(agree, (digest_of(NEWER),))
        accepting.commit()
        assert lapsing.result(10) == 0


def test_keeper_that_lapses_passes_the_group_on(alliance: Hub) -> None:
    code = founded(alliance, "brand-b", "brand-c")
    renew(alliance, code)
    accept(alliance, code, "brand-c", digest_of(NEWER))
    with person(alliance, "brand-a") as actor:
        members.leave_group(actor, code)
    assert lapse(alliance) == 1
    with time_machine.travel(clock.now() + TO_ACCEPT):
        renew(alliance, code, "A third text.", who="brand-c")


# --- publishing


@pytest.mark.parametrize("text", [TEXT, f"  {TEXT}  ", "", "a\0b"])
def test_agreement_in_force_and_one_beyond_the_rules_are_refused(alliance: Hub, text: str) -> None:
    code = founded(alliance)
    with pytest.raises((members.RefusedMoveError, ValueError), match=r"in force already|an agreement has"):
        renew(alliance, code, text)


def test_version_stands_for_a_day_before_the_next(alliance: Hub) -> None:
    code = founded(alliance)
    renew(alliance, code)
    with pytest.raises(members.RefusedMoveError, match="for a day"):
        renew(alliance, code, TEXT)
    with time_machine.travel(clock.now() + group_rules.VERSIONS_APART):
        renew(alliance, code, TEXT)


def test_seat_that_does_not_keep_the_group_publishes_nothing(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    with pytest.raises(members.RefusedMoveError, match="only the member that keeps"):
        renew(alliance, code, who="brand-b")


def test_publishing_asks_who_was_not_there_lately(alliance: Hub) -> None:
    code = founded(alliance)
    keeper = alliance.signed_in("brand-a")
    token = csrf(keeper.get(f"/groups/{code}", headers=HTML).text)
    alliance.sql("UPDATE session SET fresh_at = now() - interval '11 minutes'")
    answer = keeper.post(f"/groups/{code}/agreement", data={"agreement": NEWER, "csrf_token": token}, headers=HTML)
    assert answer.location.startswith("/verify")
    assert alliance.sql("SELECT agreement FROM sharing_group") == [(TEXT,)]


def test_database_lets_nobody_agree_for_another_seat_or_write_anothers_agreement(alliance: Hub) -> None:
    founded(alliance, "brand-b")
    with as_application(alliance) as connection:
        read_by(connection, alliance, "brand-b")
        assert connection.execute("UPDATE sharing_group_member SET agreed_at = now()").rowcount == 1
        assert connection.execute("UPDATE sharing_group SET agreement = 'All is ours.'").rowcount == 0


# --- who is told


def told(alliance: Hub, words: str) -> Sequence[str]:
    return sorted(letter.to.partition("@")[0] for letter in letters(alliance) if words in letter.text)


def test_owners_of_the_other_seats_are_told_at_publication_and_at_the_lapse(alliance: Hub) -> None:
    alliance.person("brand-b", "bea")
    alliance.person("brand-b", "ben", Role.ANALYST)
    code = founded(alliance, "brand-b", "brand-c")
    renew(alliance, code)
    accept(alliance, code, "brand-c", digest_of(NEWER))
    tell_seats(alliance)
    assert told(alliance, "published a new agreement") == ["bea", "brand-b", "brand-c"]
    lapse(alliance)
    assert told(alliance, "has not accepted") == ["bea", "brand-b"]


def test_letters_about_a_group_hold_nothing_that_its_founder_wrote(alliance: Hub) -> None:
    renew(alliance, founded(alliance, "brand-b"))
    tell_seats(alliance)
    lapse(alliance)
    assert [letter for letter in letters(alliance) if "ents" in letter.text.replace("events", "")] == []


def test_versions_are_on_the_record_of_the_seats_alone(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    renew(alliance, code)
    lapse(alliance)
    alliance.sequence()
    record = {who: alliance.client(who).get("/audit/entries").text for who in ("brand-a", "brand-b", "brand-c")}
    for who in ("brand-a", "brand-b"):
        assert ["group.agreement_published" in record[who], "group.seat_lapsed" in record[who]] == [True] * 2, who
    assert digest_of(NEWER) in record["brand-b"]
    assert code not in record["brand-c"]


# --- the pages


def test_owners_publish_and_accept_on_the_pages(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    a, b, page = alliance.signed_in("brand-a"), alliance.signed_in("brand-b"), f"/groups/{code}"
    assert "in force already" in posted(a, f"{page}/agreement", page, agreement=TEXT).text
    assert "The agreement is published" in posted(a, f"{page}/agreement", page, agreement=NEWER).text
    assert "accept the new agreement by" in b.get("/groups", headers=HTML).text
    assert "The group has a new agreement" in b.get(page, headers=HTML).text
    accepted = posted(b, f"{page}/seat", page, digest=digest_of(NEWER), agreed="y").text
    assert "under this agreement" in accepted
    assert "The group has a new agreement" not in accepted
