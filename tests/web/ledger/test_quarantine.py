"""An entry that was put aside is taken again once its cause is mended, and whom it concerns is told."""

import base64
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hub.access.actor import NotPermittedError
from hub.client.vault import Recorded, open_vault
from hub.ledger import service as ledger
from hub.ledger.service import NotSettledError
from hub.members import service as members
from hub.tree.promise import TERM_SECONDS, from_header
from tests.conftest import HTML, Hub, csrf
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.ledger.recording import as_superuser
from tests.web.ledger.rotating import later
from tests.web.ledger.test_faults import in_tree, quarantined
from tests.web.ledger.test_log_over_http import entries
from tests.web.ledger.test_promises import shared
from tests.web.ledger.typing_member import at_terminal, served
from tests.web.members.test_decisions import person, tried


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand; all of it is in the log."""
    hub.admit("brand-a")
    hub.sequence()
    return hub


def name_of(id: object) -> str:
    assert isinstance(id, UUID)
    return base64.urlsafe_b64encode(id.bytes).decode().rstrip("=")


def spoiled(hub: Hub, *, anew: bool = True) -> UUID:
    """An entry of the brand whose leaf is damaged before the sequencer comes to it, and so is put aside."""
    if anew:
        share(hub.client("brand-a"), 1)
    ((id,),) = hub.sql("SELECT entry_id FROM ledger_pending ORDER BY seq DESC LIMIT 1")
    as_superuser(hub, f"UPDATE ledger_entry SET leaf = leaf || ' ' WHERE id = '{id}'")
    hub.sequence()
    assert list(quarantined(hub)) == [id]
    assert isinstance(id, UUID)
    return id


def mended(hub: Hub, id: UUID) -> None:
    as_superuser(hub, f"UPDATE ledger_entry SET leaf = substr(leaf, 1, octet_length(leaf) - 1) WHERE id = '{id}'")


def taken(hub: Hub, name: str) -> bool | str:
    """Whether the sequencer takes it, or the words of the refusal."""
    with hub.operator() as actor:
        try:
            return ledger.take_again(actor, name)
        except NotSettledError as refusal:
            return str(refusal)


def test_entry_that_was_mended_is_taken_and_its_party_told(alliance: Hub) -> None:
    id = spoiled(alliance)
    mended(alliance, id)
    assert taken(alliance, name_of(id)) is True
    alliance.sequence()
    assert id in in_tree(alliance)
    assert quarantined(alliance) == {}
    told = [
        each["view"] for each in entries(alliance.client("brand-a")) if each["view"]["action"] == "ledger.taken_again"
    ]
    assert [view["subject"]["ref"] for view in told] == [name_of(id)]
    with alliance.operator():
        assert ledger.check_log(alliance.anchor).count == 0


def test_entry_whose_cause_is_there_still_stays_where_it_is(alliance: Hub) -> None:
    id = spoiled(alliance)
    assert "has no leaf" in str(taken(alliance, name_of(id)))
    assert list(quarantined(alliance)) == [id]
    assert alliance.sql("SELECT count(*) FROM ledger_pending") == [(0,)]


def test_entry_in_the_tree_already_is_no_longer_counted_and_not_taken_twice(alliance: Hub) -> None:
    id = next(iter(in_tree(alliance)))
    alliance.sql("INSERT INTO ledger_pending (entry_id) VALUES (%s)", id)
    alliance.sequence()
    assert taken(alliance, name_of(id)) is False
    alliance.sequence()
    assert quarantined(alliance) == {}
    assert alliance.sql("SELECT count(*) FROM ledger_leaf WHERE entry_id = %s", id) == [(1,)]


@pytest.mark.parametrize("name", ["", "A" * 22, "no id", "é"])
def test_entry_that_was_not_put_aside_is_refused(alliance: Hub, name: str) -> None:
    assert "no entry of this name" in str(taken(alliance, name))


def test_list_says_what_is_wrong_and_what_was_recorded(alliance: Hub) -> None:
    id = spoiled(alliance)
    with alliance.operator() as actor:
        (one,) = ledger.put_aside(actor)
    assert (one.name, one.action) == (name_of(id), "contribution.shared")
    assert "has no leaf" in one.reason


def test_member_neither_sees_nor_settles_them(alliance: Hub) -> None:
    id = spoiled(alliance)
    with alliance.app.app_context():
        actor = alliance.actor("brand-a")
        for asked in (lambda: ledger.put_aside(actor), lambda: ledger.take_again(actor, name_of(id))):
            with pytest.raises(NotPermittedError):
                asked()


# --- set aside for good


def approved(hub: Hub, id: UUID) -> None:
    for who in ("ada", "ben"):
        hub.person(members.OFFICE, who)
    with person(hub, "ada") as actor:
        name = members.propose_setting_aside(actor, name_of(id), "No backup has it whole.")
    assert "a second person" in tried(hub, "ada", name)
    assert tried(hub, "ben", name) == "done"


def set_aside(hub: Hub, id: UUID) -> str:
    with hub.operator() as actor:
        try:
            members.set_aside(actor, name_of(id))
        except NotSettledError as refusal:
            return str(refusal)
        return "done"


def test_entry_set_aside_by_two_people_is_no_alarm_and_its_party_is_told(alliance: Hub) -> None:
    id = spoiled(alliance)
    approved(alliance, id)
    assert set_aside(alliance, id) == "done"
    alliance.sequence()
    with alliance.operator() as actor:
        assert (ledger.health(actor).quarantined, ledger.alarm_of(actor), ledger.put_aside(actor)) == (0, None, [])
        assert ledger.check_log(alliance.anchor).count == 0
    told = [each["view"] for each in entries(alliance.client("brand-a"))]
    assert [view["subject"]["ref"] for view in told if view["action"] == "ledger.set_aside"] == [name_of(id)]
    assert list(quarantined(alliance)) == [id], "the row stays, as evidence"


def test_entry_is_not_set_aside_without_two_people(alliance: Hub) -> None:
    id = spoiled(alliance)
    assert "must approve it first" in set_aside(alliance, id)
    with alliance.operator() as actor:
        assert ledger.health(actor).quarantined == 1


def test_entry_set_aside_is_settled_for_good(alliance: Hub) -> None:
    id = spoiled(alliance)
    approved(alliance, id)
    set_aside(alliance, id)
    mended(alliance, id)
    assert "waits to be settled" in set_aside(alliance, id)
    assert "waits to be settled" in str(taken(alliance, name_of(id)))


def asked_for_receipt(hub: Hub, id: UUID) -> tuple[int, str]:
    answer = hub.client("brand-a").get(f"/audit/receipts/{name_of(id)}")
    return answer.status_code, answer.get_json(silent=True)["detail"] if answer.data else ""


def test_receipt_of_an_entry_that_was_put_aside_is_refused_with_what_is_decided(alliance: Hub) -> None:
    id = spoiled(alliance)
    status, detail = asked_for_receipt(alliance, id)
    assert (status, "has yet to settle it" in detail) == (409, True)
    approved(alliance, id)
    set_aside(alliance, id)
    status, detail = asked_for_receipt(alliance, id)
    assert (status, "two people set it aside" in detail) == (409, True)


def test_receipt_of_an_entry_that_was_taken_again_is_served(alliance: Hub) -> None:
    id = spoiled(alliance)
    mended(alliance, id)
    assert taken(alliance, name_of(id)) is True
    assert asked_for_receipt(alliance, id) == (202, "")
    alliance.sequence()
    assert alliance.client("brand-a").get(f"/audit/receipts/{name_of(id)}").status_code == 200


def test_client_complains_of_it_at_the_deadline_and_not_before(
    alliance: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = shared(alliance.client("brand-a"))
    id = spoiled(alliance, anew=False)
    with served(alliance) as url:
        member = at_terminal(alliance, url, "brand-a", tmp_path, monkeypatch)
        alliance.sequence()
        member("verify")
        with open_vault(member.state) as vault:
            vault.note_exchange(Recorded(name_of(id), from_header(answer.headers["Audit-Promise"])), "share")
        assert member.answer("promises")["waiting"] == 1
        with later(timedelta(seconds=TERM_SECONDS)):
            assert "are broken" in member("promises", code=10).err
    assert [each["id"] for each in member.evidence()[0]["exchanges"]] == [name_of(id)]


def test_office_proposes_it_on_its_page(alliance: Hub) -> None:
    id = spoiled(alliance)
    alliance.person(members.OFFICE, "ada")
    ada = alliance.signed_in("ada")
    page = ada.get("/decisions", headers=HTML).text
    assert f'<option value="{name_of(id)}">' in page
    fields = {"entry": name_of(id), "reason": "Lost.", "csrf_token": csrf(page)}
    assert ada.post("/decisions/settings-aside", data=fields, headers=HTML).status_code == 303
    assert alliance.sql("SELECT kind, subject FROM decision") == [("set_aside", name_of(id))]


def test_entry_behind_many_others_can_be_decided_too(alliance: Hub) -> None:
    id = spoiled(alliance)
    as_superuser(
        alliance,
        "INSERT INTO ledger_quarantine (entry_id, reason, found_at) SELECT gen_random_uuid(), 'older',"
        " now() - interval '2 days' FROM generate_series(1, 300)",
    )
    approved(alliance, id)
    assert alliance.sql("SELECT state FROM decision") == [("approved",)]
