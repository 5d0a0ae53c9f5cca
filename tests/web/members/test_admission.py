"""An applicant is admitted by two people of the office, never on the last word of the one who vetted alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import time_machine

from hub import clock
from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.applications import rules, service
from hub.applications.rules import Item, may_approve_admission
from hub.members import service as members
from hub.members.rules import PROBATION, MemberState
from tests.conftest import HTML, Hub
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.members.applying import applied, letters, posted
from tests.web.members.test_decisions import person, tried

ITEMS = [*Item]


@pytest.fixture
def office(hub: Hub) -> Hub:
    """An office of three, and a brand with an owner."""
    for who, role in (("ada", Role.OWNER), ("ben", Role.ANALYST), ("cas", Role.OWNER)):
        hub.person(members.OFFICE, who, role)
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    return hub


def vetted(office: Hub, *vetters: str) -> str:
    """The name of an application whose items these people ticked, in turns."""
    name = applied(office)
    for n, item in enumerate(ITEMS):
        with person(office, vetters[n % len(vetters)]) as actor:
            service.tick(actor, name, item, "seen")
    return name


def proposed(office: Hub, name: str, who: str = "ada", code: str = "brand-n") -> str:
    """The name of the decision."""
    with person(office, who) as actor:
        return service.propose_admission(actor, name, code, "all items are met")


def refused(office: Hub, name: str, who: str = "ada", code: str = "brand-n") -> str:
    """The words in which a proposal is refused."""
    with person(office, who) as actor, pytest.raises((members.RefusedMoveError, ValueError)) as caught:
        service.propose_admission(actor, name, code, "all items are met")
    return str(caught.value)


# --- who decides


CASES: list[tuple[Sequence[str], str, str, str]] = [
    (["ada"], "ada", "ben", "done"),
    (["ada"], "ben", "cas", "done"),
    (["ada"], "ben", "ada", "alone"),
    (["ada", "ben"], "ada", "ben", "done"),
    (["ada", "ben"], "ben", "ada", "done"),
    (["ada", "ben"], "cas", "ada", "done"),
    (["ada"], "ada", "ada", "yourself"),
    (["ada", "ben"], "cas", "cas", "yourself"),
]


@pytest.mark.parametrize(("vetters", "proposer", "approver", "words"), CASES)
def test_admission_takes_two_and_not_the_last_word_of_a_lone_vetter(
    office: Hub, vetters: Sequence[str], proposer: str, approver: str, words: str
) -> None:
    decision = proposed(office, vetted(office, *vetters), proposer)
    assert words in tried(office, approver, decision)
    admitted = office.sql("SELECT state FROM member WHERE code = 'brand-n'")
    assert admitted == ([("probation",)] if words == "done" else [])


def test_nobody_may_approve_what_nobody_vetted() -> None:
    assert not may_approve_admission("p_a1", set())


def test_lone_vetters_refused_approval_leaves_the_proposal_open_for_another(office: Hub) -> None:
    decision = proposed(office, vetted(office, "ada"), "ben")
    tried(office, "ada", decision)
    assert tried(office, "cas", decision) == "done"


def test_two_approvals_at_once_admit_once(office: Hub) -> None:
    decision = proposed(office, vetted(office, "ada"))
    with ThreadPoolExecutor(2) as together:
        answers = sorted(together.map(lambda who: tried(office, who, decision), ("ben", "cas")))
    assert answers == ["done", "this was approved already"]
    assert office.sql("SELECT count(*) FROM member WHERE code = 'brand-n'") == [(1,)]
    assert office.sql("SELECT count(*) FROM ledger_tag_key") == [(3,)]


def test_refusal_and_approval_at_once_leave_one_of_them(office: Hub) -> None:
    name = vetted(office, "ada")
    decision = proposed(office, name)

    def refuse(_: str) -> str:
        with person(office, "cas") as actor:
            try:
                service.refuse(actor, name, "no")
            except members.RefusedMoveError as error:
                return str(error)
            return "done"

    with ThreadPoolExecutor(2) as together:
        answers = [*together.map(lambda act: act(), (lambda: tried(office, "ben", decision), lambda: refuse("")))]
    assert answers.count("done") == 1
    state = "admitted" if answers[0] == "done" else "refused"
    assert office.sql("SELECT state FROM application") == [(state,)]


# --- what is proposed


def test_application_that_is_not_vetted_is_not_proposed(office: Hub) -> None:
    name = applied(office)
    with person(office, "ada") as actor:
        for item in ITEMS[:-1]:
            service.tick(actor, name, item, "seen")
    assert "all items are ticked" in refused(office, name)


@pytest.mark.parametrize(("code", "words"), [("brand-a", "already a member"), ("alliance", "already"), ("X", "a-z")])
def test_code_that_is_taken_or_none_is_not_proposed(office: Hub, code: str, words: str) -> None:
    assert words in refused(office, vetted(office, "ada"), code=code)


def test_code_cannot_be_changed_under_an_open_proposal(office: Hub) -> None:
    name = vetted(office, "ada")
    decision = proposed(office, name)
    assert "proposed already" in refused(office, name, "ben", "brand-z")
    tried(office, "cas", decision)
    assert office.sql("SELECT code FROM member WHERE state = 'probation'") == [("brand-n",)]


def test_code_taken_meanwhile_admits_nobody_and_leaves_the_proposal_open(office: Hub) -> None:
    decision = proposed(office, vetted(office, "ada"))
    office.admit("brand-n")
    assert "already a member" in tried(office, "ben", decision)
    assert office.sql("SELECT state FROM decision") == [("open",)]
    assert office.sql("SELECT state FROM application") == [("vetted",)]


def test_item_is_not_taken_back_nor_the_application_refused_while_it_is_proposed(office: Hub) -> None:
    name = vetted(office, "ada")
    decision = proposed(office, name)
    with person(office, "ben") as actor:
        with pytest.raises(members.RefusedMoveError, match="proposed"):
            service.untick(actor, name, Item.SECTOR)
        with pytest.raises(members.RefusedMoveError, match="proposed"):
            service.refuse(actor, name, "no")
        members.refuse(actor, decision)
    with person(office, "ben") as actor:
        service.untick(actor, name, Item.SECTOR)
    assert "all items are ticked" in refused(office, name)


def test_neither_a_member_nor_the_operator_proposes(office: Hub) -> None:
    name = vetted(office, "ada")
    with person(office, "ana") as actor, pytest.raises(NotPermittedError):
        service.propose_admission(actor, name, "brand-n", "x")
    with office.operator() as actor, pytest.raises(NotPermittedError):
        service.propose_admission(actor, name, "brand-n", "x")


# --- what comes of it


def test_member_stands_as_its_application_said_and_its_contact_is_invited(office: Hub) -> None:
    tried(office, "ben", proposed(office, vetted(office, "ada")))
    assert office.sql("SELECT name, kind, sector, state FROM member WHERE code = 'brand-n'") == [
        ("Northpeak Outdoor GmbH", "brand", "sport", "probation")
    ]
    letter = letters(office)[-1]
    assert letter.to == "ada@northpeak.org"
    assert "/invitation" in letter.text
    assert office.sql("SELECT state, code FROM application") == [("admitted", "brand-n")]


def test_admission_is_on_record_beside_both_decisions(office: Hub) -> None:
    tried(office, "ben", proposed(office, vetted(office, "ada")))
    rows = office.sql("SELECT action FROM ledger_entry WHERE action ~ 'decision|admitted' ORDER BY at DESC LIMIT 3")
    assert sorted(rows) == [("decision.approved",), ("decision.proposed",), ("member.admitted",)]


def test_admitted_application_is_not_forgotten(office: Hub) -> None:
    tried(office, "ben", proposed(office, vetted(office, "ada")))
    with time_machine.travel(clock.now() + rules.KEPT_REFUSED * 4), office.app.app_context():
        assert service.forget_applications() == 0


def test_whole_way_goes_through_the_pages(office: Hub) -> None:
    name = vetted(office, "ada", "ben")
    page = f"/applications/{name}"
    ada, ben = office.signed_in("ada"), office.signed_in("ben")
    told = posted(ada, f"{page}/admission", page, code="brand-n", words="All items are met.")
    assert "must approve it" in told.text
    assert "Approve<" not in ada.get("/decisions", headers=HTML).text
    ((decision,),) = office.sql("SELECT name FROM decision")
    assert "approved and carried out" in posted(ben, f"/decisions/{decision}/approval", "/decisions").text
    assert "brand-n" in ben.get("/members", headers=HTML).text


def test_own_proposal_is_refused_on_the_page_too(office: Hub) -> None:
    decision = proposed(office, vetted(office, "ada"))
    told = posted(office.signed_in("ada"), f"/decisions/{decision}/approval", "/decisions")
    assert "You proposed this yourself" in told.text
    assert office.sql("SELECT state FROM decision") == [("open",)]


# --- probation


def due(office: Hub, days: int) -> int:
    """How many probations the job ends so many days from now."""
    with time_machine.travel(clock.now() + timedelta(days=days)), office.app.app_context():
        return members.end_probations()


def standing(office: Hub) -> str:
    return str(office.sql("SELECT state FROM member WHERE code = 'brand-n'")[0][0])


def test_probation_ends_by_itself_after_its_days_and_once(office: Hub) -> None:
    tried(office, "ben", proposed(office, vetted(office, "ada")))
    assert (due(office, PROBATION.days - 1), standing(office)) == (0, "probation")
    assert (due(office, PROBATION.days + 1), standing(office)) == (1, "admitted")
    assert due(office, PROBATION.days + 1) == 0
    assert office.sql("SELECT reason, moved_by FROM member_move") == [("the probation is over", "p_probation")]


def test_suspended_member_is_not_admitted_by_the_job(office: Hub) -> None:
    tried(office, "ben", proposed(office, vetted(office, "ada")))
    with office.operator() as actor:
        members.move(actor, "brand-n", MemberState.SUSPENDED)
    assert (due(office, PROBATION.days + 1), standing(office)) == (0, "suspended")


def test_probation_begins_anew_for_who_is_put_on_it_again(office: Hub) -> None:
    tried(office, "ben", proposed(office, vetted(office, "ada")))
    with time_machine.travel(clock.now() + timedelta(days=60)), office.operator() as actor:
        members.move(actor, "brand-n", MemberState.SUSPENDED)
        members.move(actor, "brand-n", MemberState.PROBATION)
    assert due(office, PROBATION.days + 1) == 0
    assert due(office, 60 + PROBATION.days + 1) == 1


# --- the database's own net

FOUNDING = (
    "INSERT INTO member (code, name, kind, state, admitted_at) VALUES ('{code}', 'x', '{kind}', '{state}', now())"
)


def test_database_takes_no_member_whom_nobody_approved(office: Hub) -> None:
    name = vetted(office, "ada")
    with as_application(office) as connection:
        for reader in ("brand-a", members.OFFICE):
            read_by(connection, office, reader)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(FOUNDING.format(code="brand-n", kind="brand", state="probation"))
    proposed(office, name)
    office.sql("UPDATE decision SET state = 'approved', settled_by = 'p_b2', settled_at = now()")
    with as_application(office) as connection:
        read_by(connection, office, members.OFFICE)
        for code, kind, state in (
            ("brand-m", "brand", "probation"),
            ("brand-n", "auditor", "probation"),
            ("brand-n", "brand", "admitted"),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(FOUNDING.format(code=code, kind=kind, state=state))
        connection.execute(FOUNDING.format(code="brand-n", kind="brand", state="probation"))


def test_database_lets_nobody_but_the_office_move_a_member_and_nobody_the_office(office: Hub) -> None:
    with as_application(office) as connection:
        read_by(connection, office, "brand-a")
        assert connection.execute("UPDATE member SET state = 'suspended'").rowcount == 0
        read_by(connection, office, members.OFFICE)
        assert connection.execute("UPDATE member SET state = 'suspended'").rowcount == 1
        for column, value in (("code", "x"), ("kind", "auditor"), ("sector", "toys"), ("name", "x")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"UPDATE member SET {column} = '{value}'")  # type: ignore[arg-type]
    assert office.sql("SELECT state FROM member WHERE code = 'alliance'") == [("admitted",)]


def test_tag_key_is_never_replaced(office: Hub) -> None:
    with as_application(office) as connection:
        number = read_by(connection, office, "brand-a")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("SELECT keep_tag_key(%s, 'x')", (number,))
