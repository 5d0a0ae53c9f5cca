"""The life of a sharing group, and what passes through it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import time_machine

from hub import clock
from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.members import group_rules, rules
from hub.members import service as members
from hub.members.group_rules import digest_of
from hub.members.rules import MemberState
from hub.members.service.sharing_groups import SEATS_LOCK
from tests.conftest import HTML, Hub, csrf, plain
from tests.web.access.test_credentials import OCTETS
from tests.web.access.test_suspension import WAITING, until
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share, token
from tests.web.members.applying import posted
from tests.web.members.groups import (
    BRANDS,
    TEXT,
    accept,
    act,
    founded,
    invite,
    lapse,
    reached,
    seats,
    tell_seats,
    three_brands,
)
from tests.web.members.letters import letters
from tests.web.members.test_decisions import person


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    return three_brands(hub)


# --- joining


def test_founder_has_the_first_seat_and_the_hub_gives_the_code(alliance: Hub) -> None:
    code = founded(alliance)
    assert rules.CODE.fullmatch(code)
    assert code != founded(alliance)
    assert seats(alliance, code) == {"brand-a"}


def test_invited_member_sits_once_it_has_accepted_the_agreement_and_not_before(alliance: Hub) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    share(alliance.client("brand-a"), 1, tlp="red", sharing_groups=[code])
    assert reached(alliance, 1) == set()
    accept(alliance, code, "brand-b")
    assert reached(alliance, 1) == {"brand-b"}
    assert alliance.sql(
        "SELECT encode(agreed_digest, 'hex') = %s FROM sharing_group_member ORDER BY id DESC LIMIT 1", digest_of(TEXT)
    ) == [(True,)]


def test_another_agreement_than_the_groups_is_not_accepted(alliance: Hub) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    with pytest.raises(members.RefusedMoveError, match="not the agreement"):
        accept(alliance, code, "brand-b", digest_of("Another."))
    assert seats(alliance, code) == {"brand-a"}


def test_invitation_expires(alliance: Hub) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    with time_machine.travel(clock.now() + group_rules.INVITATION_LASTS + timedelta(minutes=1)):
        with pytest.raises(members.UnknownGroupError):
            accept(alliance, code, "brand-b")
        with person(alliance, "brand-b") as actor:
            assert members.own_groups(actor) == []


@pytest.mark.parametrize("settled", ["declined", "taken back"])
def test_invitation_that_was_settled_serves_no_more_and_may_be_made_anew(alliance: Hub, settled: str) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    if settled == "declined":
        act(alliance, members.decline_group, code, "brand-b")
    else:
        act(alliance, members.take_back_invitation, code, "brand-a", "brand-b")
    with pytest.raises(members.UnknownGroupError):
        accept(alliance, code, "brand-b")
    invite(alliance, code, "brand-b")
    accept(alliance, code, "brand-b")
    assert seats(alliance, code) == {"brand-a", "brand-b"}


@pytest.mark.parametrize("whom", ["nobody-x", "checker", "alliance"])
def test_who_cannot_sit_is_answered_like_nobody(alliance: Hub, whom: str) -> None:
    code = founded(alliance)
    with pytest.raises(members.UnknownMemberError, match="no member that may sit"):
        invite(alliance, code, whom)


def test_invitation_tells_nothing_of_a_members_standing(alliance: Hub) -> None:
    code = founded(alliance)
    with alliance.operator() as actor:
        members.move(actor, "brand-c", MemberState.SUSPENDED)
    invite(alliance, code, "brand-c")
    assert alliance.sql("SELECT count(*) FROM group_invitation") == [(1,)]


def test_member_that_sits_already_is_not_invited(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    invite(alliance, code, "brand-b")
    assert alliance.sql("SELECT count(*) FROM group_invitation") == [(0,)]


@pytest.mark.parametrize("command", ["decline", "take back"])
def test_invitation_is_settled_under_the_lock_of_who_sits_in_the_group(alliance: Hub, command: str) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    settle = {
        "decline": lambda: act(alliance, members.decline_group, code, "brand-b"),
        "take back": lambda: act(alliance, members.take_back_invitation, code, "brand-a", "brand-b"),
    }[command]
    with psycopg.connect(plain(alliance.owner_url)) as accepting, ThreadPoolExecutor(1) as apart:
        accepting.execute("SELECT pg_advisory_xact_lock(%s, id) FROM sharing_group", (SEATS_LOCK,))
        settling = apart.submit(settle)
        until(lambda: alliance.sql(WAITING) == [(1,)])
        accepting.execute("DELETE FROM group_invitation")
        accepting.commit()
        with pytest.raises((members.UnknownGroupError, members.UnknownMemberError)):
            settling.result(10)


def test_seat_accepted_twice_at_once_is_one(alliance: Hub) -> None:
    alliance.person("brand-b", "bea")
    code = founded(alliance)
    invite(alliance, code, "brand-b")

    with ThreadPoolExecutor(2) as together:
        assert [*together.map(lambda who: accept(alliance, code, who), ("brand-b", "bea"))] == [None, None]
    assert alliance.sql("SELECT count(*) FROM sharing_group_member") == [(2,)]
    assert alliance.sql("SELECT count(*) FROM ledger_entry WHERE action = 'group.joined'") == [(1,)]


# --- leaving


def test_seat_given_up_carries_nothing_from_the_next_request_either_way(alliance: Hub) -> None:
    code = founded(alliance, "brand-b", "brand-c")
    share(alliance.client("brand-a"), 1, tlp="red", sharing_groups=[code])
    share(alliance.client("brand-b"), 2, tlp="red", sharing_groups=[code])
    assert reached(alliance, 1) == {"brand-b", "brand-c"}
    act(alliance, members.leave_group, code, "brand-b")
    assert reached(alliance, 1) == {"brand-c"}
    assert match(alliance.client("brand-a"), 2) == match(alliance.client("brand-c"), 2) == {}


def test_seat_taken_again_does_not_bring_back_what_was_shared_to_the_old_one(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    share(alliance.client("brand-b"), 2, tlp="red", sharing_groups=[code])
    act(alliance, members.leave_group, code, "brand-b")
    invite(alliance, code, "brand-b")
    accept(alliance, code, "brand-b")
    assert match(alliance.client("brand-a"), 2) == {}


def test_dissolved_group_carries_nothing_and_is_gone_for_everybody(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    share(alliance.client("brand-a"), 1, tlp="red", sharing_groups=[code])
    act(alliance, members.dissolve_group, code, "brand-a")
    assert reached(alliance, 1) == set()
    for who in ("brand-a", "brand-b"):
        with person(alliance, who) as actor, pytest.raises(members.UnknownGroupError):
            members.shown_group(actor, code)
    answer = alliance.client("brand-a").post("/api/v1/contributions", json={"sharing_groups": [code]})
    assert answer.status_code == 422


def test_founder_of_a_dissolved_group_neither_sits_in_it_nor_revives_it_in_the_database(alliance: Hub) -> None:
    code = founded(alliance)
    act(alliance, members.dissolve_group, code, "brand-a")
    group = alliance.sql("SELECT id FROM sharing_group WHERE code = %s", code)[0][0]
    with as_application(alliance) as connection:
        number = read_by(connection, alliance, "brand-a")
        assert connection.execute("UPDATE sharing_group SET dissolved_at = NULL").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO sharing_group_member (group_id, member_id) VALUES (%s, %s)", (group, number)
            )


def test_group_whose_founder_leaves_is_kept_by_the_seat_that_has_been_longest_in_it(alliance: Hub) -> None:
    code = founded(alliance, "brand-c", "brand-b")
    share(alliance.client("brand-b"), 2, tlp="red", sharing_groups=[code])
    act(alliance, members.leave_group, code, "brand-a")
    assert match(alliance.client("brand-c"), 2)
    assert not match(alliance.client("brand-a"), 2)
    tell_seats(alliance)
    assert [letter.to for letter in letters(alliance) if code in letter.text] == ["brand-c@alliance-hub.org"]
    invite(alliance, code, "brand-a", who="brand-c")
    accept(alliance, code, "brand-a")
    with pytest.raises(members.RefusedMoveError, match="only the member that keeps"):
        act(alliance, members.dissolve_group, code, "brand-a")


def test_group_is_dissolved_when_its_last_seat_leaves(alliance: Hub) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    act(alliance, members.leave_group, code, "brand-a")
    with pytest.raises(members.UnknownGroupError):
        accept(alliance, code, "brand-b")
    assert alliance.sql("SELECT dissolved_at IS NOT NULL FROM sharing_group") == [(True,)]


def test_database_passes_a_group_to_nobody_that_does_not_sit_in_it(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    numbers = dict(alliance.sql("SELECT code, id FROM member"))
    pass_on = "UPDATE sharing_group SET founder_id = %s WHERE code = %s"
    with as_application(alliance) as connection:
        read_by(connection, alliance, "brand-b")
        assert connection.execute(pass_on, (numbers["brand-b"], code)).rowcount == 0
        read_by(connection, alliance, "brand-a")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(pass_on, (numbers["brand-c"], code))
        assert connection.execute(pass_on, (numbers["brand-b"], code)).rowcount == 1


def test_seat_of_a_member_that_left_the_alliance_ends_once_what_it_left_is_settled(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    with alliance.operator() as actor:
        members.move(actor, "brand-a", MemberState.LEFT)
    assert lapse(alliance, timedelta(0)) == 1  # the group passes on at once
    settled = rules.ORPHANED_AFTER + rules.ORPHANS_KEPT
    assert lapse(alliance, settled - timedelta(hours=1)) == 0
    assert lapse(alliance, settled) == 1
    assert seats(alliance, code) == {"brand-b"}
    act(alliance, members.dissolve_group, code, "brand-b")


# --- standing


def test_seat_of_a_suspended_member_carries_nothing_from_the_next_request_either_way(alliance: Hub) -> None:
    code = founded(alliance, "brand-b", "brand-c")
    share(alliance.client("brand-a"), 1, tlp="red", sharing_groups=[code])
    share(alliance.client("brand-b"), 2, tlp="red", sharing_groups=[code])
    kept = alliance.signed_in("brand-b")
    assert {match(alliance.client(who), 2) != {} for who in ("brand-a", "brand-c")} == {True}
    with alliance.operator() as actor:
        members.move(actor, "brand-b", MemberState.SUSPENDED)
    assert match(alliance.client("brand-a"), 2) == match(alliance.client("brand-c"), 2) == {}
    refused = alliance.client("brand-b").post(f"/api/v1/keys/{KEY}/matches", data=token(1), content_type=OCTETS)
    assert refused.status_code == 403
    assert kept.get(f"/groups/{code}", headers=HTML).status_code == 302
    assert reached(alliance, 1, but="brand-b") == {"brand-c"}


# --- who may


@pytest.mark.parametrize("bound", ["MOST_GROUPS", "MOST_SEATS"])
def test_groups_of_a_member_and_seats_of_a_group_are_bounded(
    alliance: Hub, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(group_rules, bound, 2)
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    founded(alliance)
    with pytest.raises(members.RefusedMoveError, match=r"2 groups|2 seats"):
        invite(alliance, code, "brand-c") if bound == "MOST_SEATS" else founded(alliance)


def test_operator_seats_nobody_in_a_group_that_a_member_founded(alliance: Hub) -> None:
    code = founded(alliance)
    with alliance.operator() as actor, pytest.raises(members.RefusedMoveError, match="that one invites"):
        members.join(actor, code, ["brand-b"])


@pytest.mark.parametrize("command", [members.leave_group, members.dissolve_group, members.decline_group])
def test_group_of_others_is_answered_like_none(alliance: Hub, command: Callable[..., None]) -> None:
    code = founded(alliance, "brand-b")
    words = set()
    for name in (code, "g-nothing"):
        with pytest.raises(members.UnknownGroupError) as caught:
            act(alliance, command, name, "brand-c")
        words.add(str(caught.value))
    assert len(words) == 1


def test_seat_that_did_not_found_the_group_neither_invites_nor_dissolves(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    for attempt in (
        lambda: invite(alliance, code, "brand-c", who="brand-b"),
        lambda: act(alliance, members.dissolve_group, code, "brand-b"),
        lambda: act(alliance, members.take_back_invitation, code, "brand-b", "brand-c"),
    ):
        with pytest.raises(members.RefusedMoveError, match="only the member that keeps"):
            attempt()


def test_analyst_and_auditor_found_no_group(alliance: Hub) -> None:
    alliance.person("brand-a", "ben", Role.ANALYST)
    for who in ("ben", "checker"):
        with person(alliance, who) as actor, pytest.raises(NotPermittedError):
            members.found_group(actor, "Tents", "Copies", TEXT)


def test_database_seats_nobody_that_was_not_invited_and_nobody_else(alliance: Hub) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    group = alliance.sql("SELECT id FROM sharing_group WHERE code = %s", code)[0][0]
    numbers = dict(alliance.sql("SELECT code, id FROM member"))
    with as_application(alliance) as connection:
        for reader, seat in (("brand-c", "brand-c"), ("brand-b", "brand-c"), ("brand-a", "brand-b")):
            read_by(connection, alliance, reader)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    "INSERT INTO sharing_group_member (group_id, member_id) VALUES (%s, %s)", (group, numbers[seat])
                )
        read_by(connection, alliance, "brand-c")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO group_invitation VALUES (%s, %s, now(), now())", (group, numbers["brand-c"])
            )
        assert connection.execute("DELETE FROM sharing_group_member").rowcount == 0
        assert connection.execute("UPDATE sharing_group SET dissolved_at = now()").rowcount == 0


def test_number_of_a_seat_given_up_is_nobodys_to_take(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    invite(alliance, code, "brand-c")
    group, member, seat = alliance.sql(
        "SELECT s.group_id, c.id, s.id FROM sharing_group_member s JOIN member b ON b.id = s.member_id,"
        " member c WHERE b.code = 'brand-b' AND c.code = 'brand-c'"
    )[0]
    act(alliance, members.leave_group, code, "brand-b")
    with as_application(alliance) as connection:
        read_by(connection, alliance, "brand-c")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO sharing_group_member (id, group_id, member_id) VALUES (%s, %s, %s)", (seat, group, member)
            )


# --- record and pages


def test_life_of_a_group_is_on_the_record_of_its_seats_alone(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    act(alliance, members.leave_group, code, "brand-b")
    act(alliance, members.dissolve_group, code, "brand-a")
    alliance.sequence()
    told = {who: alliance.client(who).get("/audit/entries").text for who in BRANDS}
    assert [each in told["brand-a"] for each in ("founded", "joined", "left", "dissolved")] == [True] * 4
    assert "group.invited" in told["brand-b"]
    assert code not in told["brand-c"]


def test_owners_found_invite_and_join_on_the_pages(alliance: Hub) -> None:
    a, b = alliance.signed_in("brand-a"), alliance.signed_in("brand-b")
    fields = {"name": "Tents", "purpose": "Copies of our tents", "agreement": TEXT}
    assert "The group is founded" in posted(a, "/groups", "/groups", **fields).text
    code = alliance.sql("SELECT code FROM sharing_group")[0][0]
    page = f"/groups/{code}"
    assert "The member is invited" in posted(a, f"{page}/invitations", page, code="brand-b").text
    offered = b.get(page, headers=HTML).text
    assert TEXT in offered
    assert digest_of(TEXT) in offered
    assert "Tick that you agree" in posted(b, f"{page}/seat", page, digest=digest_of(TEXT)).text
    assert "sits in the group" in posted(b, f"{page}/seat", page, digest=digest_of(TEXT), agreed="y").text
    assert "left the group" in posted(b, f"{page}/leaving", page).text
    assert b.get(page, headers=HTML).status_code == 404
    assert "is dissolved" in posted(a, f"{page}/dissolution", page).text


@pytest.mark.parametrize("field", ["name", "purpose", "agreement"])
def test_group_without_a_word_of_it_is_not_founded(alliance: Hub, field: str) -> None:
    client = alliance.signed_in("brand-a")
    fields = {"name": "Tents", "purpose": "Copies", "agreement": TEXT, field: "  "}
    token = csrf(client.get("/groups", headers=HTML).text)
    answer = client.post("/groups", data={**fields, "csrf_token": token}, headers=HTML)
    assert answer.status_code == 422
    assert alliance.sql("SELECT count(*) FROM sharing_group") == [(0,)]
