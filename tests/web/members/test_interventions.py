"""Two people of the office act in a member's name, for a reason; one of them alone cannot, by any way."""

import re
from collections.abc import Sequence

import psycopg
import pytest

from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.members import service as members
from hub.members.rules import Act, MemberState
from hub.members.service import Intervention
from tests.conftest import HTML, Hub
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.members.applying import posted
from tests.web.members.letters import answered, letters, path_in
from tests.web.members.test_decisions import person, tried

EVA = "eva@example.org"


@pytest.fixture
def office(hub: Hub) -> Hub:
    """An office of two, a brand with two owners, and another one."""
    for who, role in (("ada", Role.OWNER), ("ben", Role.ANALYST)):
        hub.person(members.OFFICE, who, role)
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    for who in ("ana", "alf"):
        hub.person("brand-a", who)
    hub.person("brand-b", "bob")
    return hub


def pseudonym(office: Hub, who: str) -> str:
    return str(office.sql("SELECT pseudonym FROM person WHERE email = %s", f"{who}@alliance-hub.org")[0][0])


def proposed(office: Hub, act: Act, code: str = "brand-a", reason: str = "Its owner asked by phone.", **to: str) -> str:
    with person(office, "ada") as actor:
        return members.propose_act(actor, code, Intervention(act, **to), reason)


def decided(office: Hub, act: Act, **to: str) -> str:
    return tried(office, "ben", proposed(office, act, **to))


def counts(office: Hub) -> Sequence[object]:
    """Live keys and sessions, factors, and open invitations of the two brands."""
    ((found),) = office.sql(
        "SELECT (SELECT count(*) FROM credential WHERE revoked_at IS NULL),"
        " (SELECT count(*) FROM session s JOIN member m ON m.id = s.member_id"
        " WHERE ended_at IS NULL AND code <> 'alliance'),"
        " (SELECT count(*) FROM factor f JOIN member m ON m.id = f.member_id WHERE code <> 'alliance'),"
        " (SELECT count(*) FROM one_time_link)"
    )
    return found


@pytest.fixture
def signed_in(office: Hub) -> Hub:
    """The same, with everybody of the brands in a session."""
    for who in ("ana", "alf", "bob"):
        office.signed_in(who)
    assert counts(office) == (2, 3, 3, 0)
    return office


@pytest.mark.parametrize(
    ("act", "left"),
    [
        (Act.REVOKE_KEYS, (1, 3, 3, 0)),
        (Act.END_SESSIONS, (2, 1, 3, 0)),
        (Act.RESET_FACTORS, (2, 2, 2, 0)),
        (Act.NEW_OWNER, (2, 3, 3, 1)),
    ],
)
def test_act_does_to_its_member_what_it_says_and_nothing_to_another(
    signed_in: Hub, act: Act, left: Sequence[int]
) -> None:
    to = {
        Act.RESET_FACTORS: {"person": pseudonym(signed_in, "ana")},
        Act.NEW_OWNER: {"email": EVA, "name": "Eva"},
    }
    name = proposed(signed_in, act, **to.get(act, {}))
    assert counts(signed_in) == (2, 3, 3, 0)
    assert tried(signed_in, "ada", name) == "you proposed this yourself: a second person of the office must approve it"
    assert counts(signed_in) == (2, 3, 3, 0)
    assert tried(signed_in, "ben", name) == "done"
    assert counts(signed_in) == left


def test_new_owner_accepts_and_owns(office: Hub) -> None:
    assert decided(office, Act.NEW_OWNER, email="EVA@example.org", name="Eva") == "done"
    fields = {"name": "Eva", "password": "four words that stand alone"}
    assert answered(office, path_in(letters(office, EVA)[-1]), **fields).status_code == 303
    assert office.sql(
        "SELECT m.code, role FROM person p JOIN member m ON m.id = p.member_id WHERE email = %s", EVA
    ) == [("brand-a", "owner")]


def test_owners_are_told_with_the_reason(office: Hub) -> None:
    decided(office, Act.REVOKE_KEYS)
    told = {letter.to: letter.text for letter in letters(office)}
    assert set(told) == {"ana@alliance-hub.org", "alf@alliance-hub.org"}
    assert all("Its owner asked by phone." in text for text in told.values())


def test_act_is_on_the_record_of_its_member_without_the_reason(office: Hub) -> None:
    decided(office, Act.END_SESSIONS)
    office.sequence()
    a, b = (office.client(code).get("/audit/entries").text for code in ("brand-a", "brand-b"))
    assert ("member.acted_for" in a, "member.acted_for" in b) == (True, False)
    assert "by phone" not in a
    assert "acted in the name of brand-a (end-sessions)" in office.signed_in("ana").get("/ledger", headers=HTML).text


def test_address_of_a_new_owner_is_sealed_in_the_database_and_shown_to_who_approves(office: Hub) -> None:
    proposed(office, Act.NEW_OWNER, email=EVA, name="Eva")
    assert EVA not in str(office.sql("SELECT * FROM decision"))
    assert f"Eva, {EVA}" in office.signed_in("ben").get("/decisions", headers=HTML).text


def test_two_people_of_the_office_invite_a_third_to_it(office: Hub) -> None:
    name = proposed(office, Act.NEW_OWNER, members.OFFICE, email=EVA, name="Eva")
    assert letters(office, EVA) == []
    assert "a second person" in tried(office, "ada", name)
    assert tried(office, "ben", name) == "done"
    assert "owner" in letters(office, EVA)[0].text
    assert office.sql("SELECT code, role FROM one_time_link JOIN member m ON m.id = member_id") == [
        ("alliance", "owner")
    ]


def test_page_of_the_office_itself_offers_to_invite_to_it_and_no_other_act(office: Hub) -> None:
    address = f"/members/{members.OFFICE}"
    page = office.signed_in("ada").get(address, headers=HTML)
    assert page.status_code == 200
    assert f'action="{address}/interventions"' in page.text
    assert re.findall(r'<option value="([a-z-]+)"', page.text.partition('id="act"')[2].partition("</select>")[0]) == [
        Act.NEW_OWNER
    ]
    assert 'id="person"' not in page.text


@pytest.mark.parametrize(
    ("code", "to", "words"),
    [
        ("alliance", {"act": Act.REVOKE_KEYS}, "acts for itself"),
        ("brand-a", {"act": Act.RESET_FACTORS}, "no such owner"),
        ("brand-a", {"act": Act.RESET_FACTORS, "person": "p_nobody"}, "no such owner"),
        ("brand-a", {"act": Act.NEW_OWNER, "name": "Eva"}, "no e-mail address"),
        ("brand-a", {"act": Act.NEW_OWNER, "email": EVA}, "a name has"),
        ("brand-a", {"act": Act.NEW_OWNER, "email": "eva@example.org\nBcc: x", "name": "Eva"}, "no e-mail address"),
        ("brand-a", {"act": Act.REVOKE_KEYS, "reason": " "}, "a reason has"),
    ],
)
def test_proposal_beyond_the_rules_is_refused(office: Hub, code: str, to: dict[str, str], words: str) -> None:
    with pytest.raises((ValueError, members.RefusedMoveError), match=words):
        proposed(office, code=code, **to)  # type: ignore[arg-type]


def test_owner_of_another_member_is_nobody_here(office: Hub) -> None:
    with pytest.raises(members.RefusedMoveError, match="no such owner"):
        proposed(office, Act.RESET_FACTORS, person=pseudonym(office, "bob"))


def test_member_out_of_standing_gets_no_new_owner(office: Hub) -> None:
    name = proposed(office, Act.NEW_OWNER, email=EVA, name="Eva")
    with office.operator() as actor:
        members.move(actor, "brand-a", MemberState.SUSPENDED)
    assert "nobody can sign in for it" in tried(office, "ben", name)
    assert office.sql("SELECT state FROM decision") == [("open",)]


def test_owner_of_a_member_proposes_nothing(office: Hub) -> None:
    with person(office, "bob") as actor, pytest.raises(NotPermittedError):
        members.propose_act(actor, "brand-a", Intervention(Act.REVOKE_KEYS), "because")


# --- one of them alone


def test_operators_command_gives_nobody_access_to_a_member_that_has_an_owner(office: Hub) -> None:
    with office.operator() as actor:
        for attempt in (
            lambda: members.invite(actor, "brand-a", EVA, "Eva", "a long enough pass phrase"),
            lambda: members.issue_credential(actor, "brand-a"),
        ):
            with pytest.raises(members.RefusedMoveError, match="has an owner"):
                attempt()


INSERTED = (
    "INSERT INTO decision (name, kind, subject, act, reason, state, proposed_by, proposed_at, expires_at, settled_by)"
    " VALUES ('d_x', 'act_for', 'brand-a', 'revoke-keys', 'b', 'approved', 'p_1', now(), now(), '{}')"
)


def test_database_does_nothing_for_a_decision_of_another_transaction(office: Hub) -> None:
    name = proposed(office, Act.REVOKE_KEYS)
    assert tried(office, "ben", name) == "done"
    office.sql("UPDATE credential SET revoked_at = NULL")
    with as_application(office) as connection:
        read_by(connection, office, "alliance")
        for decision in (name, "d_nothing"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="nobody approved"):
                connection.execute("SELECT act_for(%s, now())", (decision,))
    assert office.sql("SELECT count(*) FROM credential WHERE revoked_at IS NULL") == [(2,)]


def test_database_does_nothing_for_a_reader_that_is_not_the_office(office: Hub) -> None:
    with as_application(office) as connection:
        read_by(connection, office, "brand-b")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(INSERTED.format("p_2"))  # type: ignore[call-overload]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT act_for('d_x', now())")


def test_database_takes_no_approval_by_who_proposed(office: Hub) -> None:
    with as_application(office) as connection:
        read_by(connection, office, "alliance")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(INSERTED.format("p_1"))  # type: ignore[call-overload]


# --- pages


def test_act_is_proposed_on_the_page_of_the_member_and_approved_on_that_of_decisions(office: Hub) -> None:
    page = "/members/brand-a"
    ada = office.signed_in("ada")
    fields = {"act": "revoke-keys", "reason": "Its laptop was stolen.", "person": "", "name": "", "email": ""}
    assert "waits for a second person" in posted(ada, f"{page}/interventions", page, **fields).text
    name = office.sql("SELECT name FROM decision")[0][0]
    ben = office.signed_in("ben")
    assert "Revoke all its API keys" in ben.get("/decisions", headers=HTML).text
    assert "approved and carried out" in posted(ben, f"/decisions/{name}/approval", "/decisions").text
    assert counts(office)[0] == 1


def test_end_of_a_review_is_proposed_on_the_page_of_a_member_that_left(office: Hub) -> None:
    page = "/members/brand-b"
    ada = office.signed_in("ada")
    assert "has not left" in posted(ada, f"{page}/review/end", page, reason="agreed").text
    with office.operator() as actor:
        members.move(actor, "brand-b", MemberState.LEFT)
    assert "waits for a second person" in posted(ada, f"{page}/review/end", page, reason="agreed").text
    assert office.sql("SELECT kind, subject FROM decision") == [("end_review", "brand-b")]
