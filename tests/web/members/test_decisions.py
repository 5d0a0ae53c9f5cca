"""What the office decides takes two of its people, is carried out once, and in the transaction that approves it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
import time_machine

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import Role
from hub.access.guard import read_as
from hub.db import db
from hub.members import service as members
from hub.members.rules import DECISION_SPANS, DecisionKind
from hub.members.service.decisions import CARRIED_OUT
from tests.conftest import Hub
from tests.web.access.test_three_nets import as_application, read_by

ADMIT = DecisionKind.ADMIT


@pytest.fixture
def office(hub: Hub) -> Hub:
    """An office of two, and a brand with an owner."""
    hub.person(members.OFFICE, "ada")
    hub.person(members.OFFICE, "ben", Role.ANALYST)
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    return hub


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(who approved, subject) of each time that a decision of admission was carried out."""
    found: list[tuple[str, str]] = []
    monkeypatch.setitem(CARRIED_OUT, ADMIT, lambda actor, decision: found.append((actor.pseudonym, decision.subject)))
    return found


@contextmanager
def person(hub: Hub, who: str) -> Iterator[Actor]:
    """The actor that a person of the office is in a session, inside the application."""
    with hub.app.app_context():
        found = members.person_named(f"{who}@alliance-hub.org")
        assert found is not None
        actor = members.actor_of_person(found)
        assert actor is not None
        read_as(db.session, actor)
        yield actor


def proposed(hub: Hub, who: str = "ada", subject: str = "brand-b") -> str:
    with person(hub, who) as actor:
        return members.propose(actor, ADMIT, subject, "all items are met")


def tried(hub: Hub, who: str, name: str, act: Callable[[Actor, str], None] = members.approve) -> str:
    """`done`, or the words of the refusal."""
    with person(hub, who) as actor:
        try:
            act(actor, name)
        except members.RefusedMoveError as refusal:
            return str(refusal)
        return "done"


def test_decision_approved_by_a_second_person_is_carried_out(office: Hub, done: list[tuple[str, str]]) -> None:
    assert tried(office, "ben", proposed(office)) == "done"
    assert [subject for _, subject in done] == ["brand-b"]


def test_same_person_twice_is_refused(office: Hub, done: list[tuple[str, str]]) -> None:
    name = proposed(office)
    assert "a second person" in tried(office, "ada", name)
    assert done == []
    assert tried(office, "ben", name) == "done"


def test_database_itself_keeps_one_person_from_being_both(office: Hub) -> None:
    name = proposed(office)
    with as_application(office) as connection:
        read_by(connection, office, members.OFFICE)
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "UPDATE decision SET state = 'approved', settled_by = proposed_by WHERE name = %s", (name,)
            )


def test_person_of_another_member_neither_proposes_nor_approves(office: Hub, done: list[tuple[str, str]]) -> None:
    name = proposed(office)
    with person(office, "ana") as actor:
        for act in (members.approve, members.refuse):
            with pytest.raises(NotPermittedError):
                act(actor, name)
        with pytest.raises(NotPermittedError):
            members.propose(actor, ADMIT, "brand-c", "because")
        with pytest.raises(NotPermittedError):
            members.open_decisions(actor)
    assert done == []


def test_key_of_the_office_and_the_operator_decide_nothing(office: Hub, done: list[tuple[str, str]]) -> None:
    name = proposed(office)
    with office.operator() as actor:
        office.keys["office"] = members.issue_credential(actor, members.OFFICE)
        with pytest.raises(NotPermittedError):
            members.approve(actor, name)
    with office.app.app_context(), pytest.raises(NotPermittedError):
        members.approve(office.actor("office"), name)
    assert done == []


def test_reader_of_another_member_finds_no_decision_in_the_database(office: Hub) -> None:
    proposed(office)
    with as_application(office) as connection:
        read_by(connection, office, "brand-a")
        assert connection.execute("SELECT * FROM decision").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO decision (name, kind, subject, reason, state, proposed_by, proposed_at, expires_at)"
                " VALUES ('d_1', 'admit', 'a', 'b', 'open', 'p_1', now(), now())"
            )


def test_expired_decision_is_refused_and_may_be_proposed_again(office: Hub, done: list[tuple[str, str]]) -> None:
    name = proposed(office)
    with time_machine.travel(clock.now() + DECISION_SPANS[ADMIT] + timedelta(minutes=1)):
        assert "expired" in tried(office, "ben", name)
        with person(office, "ben") as actor:
            assert members.open_decisions(actor) == []
        assert tried(office, "ben", proposed(office)) == "done"
    assert len(done) == 1


def test_same_thing_is_proposed_once_at_a_time(office: Hub) -> None:
    proposed(office)
    with pytest.raises(members.RefusedMoveError, match="proposed already"):
        proposed(office, "ben")


def test_approval_after_the_first_carries_nothing_out(office: Hub, done: list[tuple[str, str]]) -> None:
    office.person(members.OFFICE, "cas")
    name = proposed(office)
    assert [tried(office, who, name) for who in ("ben", "cas")] == ["done", "this was approved already"]
    assert len(done) == 1


def test_two_approvals_at_once_make_one(office: Hub, done: list[tuple[str, str]]) -> None:
    office.person(members.OFFICE, "cas")
    name = proposed(office)
    with ThreadPoolExecutor(2) as together:
        answers = sorted(together.map(lambda who: tried(office, who, name), ("ben", "cas")))
    assert answers == ["done", "this was approved already"]
    assert len(done) == 1


def test_decision_that_cannot_be_carried_out_was_not_approved(office: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_actor: Actor, _decision: members.OpenDecision) -> None:
        raise members.RefusedMoveError("the code was taken meanwhile")

    monkeypatch.setitem(CARRIED_OUT, ADMIT, fail)
    name = proposed(office)
    before = office.sql("SELECT count(*) FROM ledger_entry")
    assert tried(office, "ben", name) == "the code was taken meanwhile"
    assert office.sql("SELECT state, settled_by FROM decision") == [("open", None)]
    assert office.sql("SELECT count(*) FROM ledger_entry") == before


def test_refused_decision_is_carried_out_no_more(office: Hub, done: list[tuple[str, str]]) -> None:
    name = proposed(office)
    assert tried(office, "ada", name, members.refuse) == "done"
    assert tried(office, "ben", name) == "this was refused already"
    assert done == []


def test_name_of_no_decision_is_told_so(office: Hub) -> None:
    with person(office, "ben") as actor, pytest.raises(members.UnknownDecisionError):
        members.approve(actor, "d_0000000000000000")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_reason_beyond_the_rules_proposes_nothing(office: Hub, reason: str) -> None:
    with person(office, "ada") as actor, pytest.raises(ValueError, match="1 to 500"):
        members.propose(actor, ADMIT, "brand-b", reason)


def test_record_tells_of_both_people_and_not_the_reason(office: Hub, done: list[tuple[str, str]]) -> None:
    tried(office, "ben", proposed(office))
    actions = office.sql("SELECT action FROM ledger_entry WHERE action LIKE 'decision.%%' ORDER BY at")
    views = str([bytes(row[0]) for row in office.sql("SELECT view FROM ledger_part")])  # type: ignore[arg-type]
    assert actions == [("decision.proposed",), ("decision.approved",)]
    assert "all items are met" not in views
