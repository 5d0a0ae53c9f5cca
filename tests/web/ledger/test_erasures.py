"""Erasure: two people decide it, each party is told, the leaf stays, and the database lets nothing else be erased."""

import base64
import string
from typing import Any

import psycopg
import pytest

from hub.access.grants import Role
from hub.ledger import service as ledger
from hub.ledger.service import Ground
from hub.members import service as members
from hub.members.jobs import retire_entries
from tests.conftest import HTML, Hub
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.ledger.test_log_over_http import entries
from tests.web.members.test_decisions import person, tried


@pytest.fixture
def office(hub: Hub) -> Hub:
    """An office of two, and an exchange that a brand, another brand, and the auditor have parts of."""
    hub.person(members.OFFICE, "ada")
    hub.person(members.OFFICE, "ben", Role.ANALYST)
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("auditor", "auditor")):
        hub.admit(code, kind)
    share(hub.client("brand-a"), 1)
    match(hub.client("brand-b"), 1)
    hub.sequence()
    return hub


def named(office: Hub, action: str = "match.run") -> str:
    """The id of the newest entry of what happened."""
    (row,) = office.sql("SELECT id FROM ledger_entry WHERE action = %s ORDER BY at DESC LIMIT 1", action)
    return base64.urlsafe_b64encode(row[0].bytes).decode().rstrip("=")


def proposed(office: Hub, subject: str, who: str = "ada") -> str:
    with person(office, who) as actor:
        return members.propose_erasure(actor, subject, Ground.REQUEST, "She asked us by letter.")


def erased(office: Hub, subject: str) -> str:
    words = tried(office, "ben", proposed(office, subject))
    office.sequence()
    return words


def seen(office: Hub, code: str) -> list[dict[str, Any]]:
    return entries(office.client(code))


def told(office: Hub, code: str, action: str) -> list[dict[str, Any]]:
    return [each["view"] for each in seen(office, code) if each["view"] and each["view"]["action"] == action]


def raw_of(name: str) -> bytes:
    return base64.urlsafe_b64decode(f"{name}==")


def test_entry_has_one_name_alone(office: Hub) -> None:
    name = named(office)
    same = [name[:-1] + last for last in f"{string.ascii_letters}{string.digits}-_"]
    others = [each for each in same if raw_of(each) == raw_of(name) and each != name]
    assert len(others) == 15  # the last letter carries four bits that say nothing
    assert [each for each in others if ledger.parse_entry_id(each)] == []
    with pytest.raises(members.RefusedMoveError, match="no entry of this id"):
        proposed(office, others[0])


def test_erased_entry_is_gone_for_every_party_and_its_leaf_stays(office: Hub) -> None:
    name = named(office)
    leaf = office.sql("SELECT leaf FROM ledger_entry WHERE action = 'match.run'")
    assert erased(office, name) == "done"
    assert office.sql(
        "SELECT count(*), count(view), count(salt), count(erased_by) FROM ledger_part"
        " WHERE entry_id = (SELECT id FROM ledger_entry WHERE action = 'match.run')"
    ) == [(3, 0, 0, 3)]
    assert office.sql("SELECT leaf FROM ledger_entry WHERE action = 'match.run'") == leaf


def test_each_party_of_an_erased_entry_and_nobody_else_has_the_record_that_its_part_names(office: Hub) -> None:
    hub = office
    hub.admit("brand-c")
    name = named(hub)
    erased(hub, name)
    for code in ("brand-a", "brand-b", "auditor"):
        (record,) = told(hub, code, "audit.erase")
        assert record["subject"] == {"type": "entry", "ref": name, "reason": "request"}
        (gone,) = [each for each in seen(hub, code) if each["view"] is None]
        assert gone["erased_by"] == record["id"], code
    assert told(hub, "brand-c", "audit.erase") == []


def test_page_of_an_erased_entry_names_the_record(office: Hub) -> None:
    office.person("brand-b", "bob")
    name = named(office)
    erased(office, name)
    bob = office.signed_in("bob")
    assert f"/ledger/{named(office, 'audit.erase')}" in bob.get(f"/ledger/{name}", headers=HTML).text
    assert "Two people of the office erased" in bob.get("/ledger", headers=HTML).text


@pytest.mark.parametrize("subject", ["A" * 22, "p_x", "nothing", "' OR 1=1 --"])
def test_what_is_no_entry_and_no_pseudonym_is_not_proposed(office: Hub, subject: str) -> None:
    with pytest.raises(members.RefusedMoveError, match="no entry"):
        proposed(office, subject)


def test_record_of_an_erasure_is_not_erased(office: Hub) -> None:
    erased(office, named(office))
    with pytest.raises(members.RefusedMoveError, match="record of an erasure"):
        proposed(office, named(office, "audit.erase"))


def test_entry_is_erased_once(office: Hub) -> None:
    name = named(office)
    erased(office, name)
    assert erased(office, name) == "nothing is left of this entry"


def test_person_who_was_shut_out_is_forgotten(office: Hub) -> None:
    office.person("brand-a", "ana")
    office.signed_in("ana")
    ((pseudonym,),) = office.sql("UPDATE person SET active = false WHERE name ILIKE 'ana%%' RETURNING pseudonym")
    assert erased(office, pseudonym) == "done"
    assert office.sql("SELECT count(*) FROM person WHERE pseudonym = %s", pseudonym) == [(0,)]
    assert told(office, "brand-a", "audit.forget")[0]["subject"]["ref"] == pseudonym
    assert told(office, "brand-b", "audit.forget") == []


def test_person_who_may_sign_in_is_not_forgotten(office: Hub) -> None:
    office.person("brand-a", "ana")
    ((pseudonym,),) = office.sql("SELECT pseudonym FROM person WHERE name ILIKE 'ana%%'")
    assert erased(office, pseudonym) == "nobody who was shut out has this pseudonym"
    assert office.sql("SELECT count(*) FROM person WHERE pseudonym = %s", pseudonym) == [(1,)]
    assert office.sql("SELECT state FROM decision WHERE subject = %s", pseudonym) == [("open",)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_part SET view = NULL, salt = NULL",
        "SELECT erase_entry('d_nothing', '{}')",
        "SELECT erase_parts(ARRAY(SELECT id FROM ledger_entry), '{}')",
        "SELECT erase_parts(ARRAY(SELECT id FROM ledger_entry), ARRAY(SELECT id FROM ledger_entry))",
        "SELECT retire_leaves(0, 1, '{}', now())",
        "SELECT retire_leaves(0, 1, '{}', now() + interval '9 years')",
        "DELETE FROM ledger_part",
    ],
)
def test_application_erases_nothing_by_itself(office: Hub, statement: str) -> None:
    with as_application(office) as cursor:
        read_by(cursor, office, members.OFFICE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cursor.execute(statement)
    assert office.sql("SELECT count(*) FROM ledger_part WHERE view IS NULL") == [(0,)]


def test_parties_of_an_entry_are_told_to_nobody_without_a_decision(office: Hub) -> None:
    with as_application(office) as cursor:
        read_by(cursor, office, members.OFFICE)
        for decided in ("d_nothing", proposed(office, named(office))):
            assert cursor.execute("SELECT parties_of_erasure(%s, 0, 0)", (decided,)).fetchone() == ([],)


# --- retention


@pytest.fixture
def old(office: Hub) -> Hub:
    """All entries so far are of a year that ended more than three years ago, and one is of the year after."""
    office.sql("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_stands")
    office.sql("UPDATE ledger_entry SET at = date_trunc('year', now()) - interval '4 years' + interval '1 day'")
    share(office.client("brand-a"), 2)
    office.sequence()
    return office


def left(hub: Hub) -> set[str]:
    """What happened in the entries that still tell something."""
    return {
        action
        for (action,) in hub.sql(
            "SELECT DISTINCT e.action FROM ledger_entry e JOIN ledger_part p ON p.entry_id = e.id WHERE view IS NOT NULL"
        )
    }


def test_old_entries_are_erased_with_a_record_and_new_ones_stay(old: Hub) -> None:
    ((leaves,),) = old.sql(
        "SELECT count(*) FROM ledger_leaf WHERE entry_id IN (SELECT id FROM ledger_entry WHERE at < now() - interval '1 year')"
    )
    with old.app.app_context():
        assert retire_entries() == leaves
        assert retire_entries() == 0
    old.sequence()
    assert left(old) == {"contribution.shared", "audit.retire"}
    for code in ("brand-a", "brand-b", "auditor"):
        (record,) = told(old, code, "audit.retire")
        assert (record["counts"]["first"], record["counts"]["last"]) == (0, leaves - 1)


def test_entries_of_a_later_year_are_not_due(office: Hub) -> None:
    office.sql("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_stands")
    office.sql("UPDATE ledger_entry SET at = date_trunc('year', now()) - interval '3 years'")
    with office.app.app_context():
        assert retire_entries() == 0
    assert office.sql("SELECT count(*) FROM ledger_part WHERE view IS NULL") == [(0,)]


def test_records_of_erasures_outlive_their_retention(office: Hub) -> None:
    erased(office, named(office))
    office.sql("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_stands")
    office.sql("UPDATE ledger_entry SET at = now() - interval '9 years'")
    with office.app.app_context():
        assert retire_entries() > 0
    assert left(office) == {"audit.erase", "audit.retire"}
