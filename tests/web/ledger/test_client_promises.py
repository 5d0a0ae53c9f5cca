"""A member's promises become receipts; it complains of the hub for what the hub did, not for the network."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.app import service_signer
from hub.client.recorded import Recorded
from hub.client.vault import open_vault
from hub.tree.promise import TERM_SECONDS, Promise, from_header
from hub.tree.tlog_proof import TlogProof
from tests.conftest import Hub
from tests.web.ledger.rotating import later
from tests.web.ledger.test_client_witness import grow
from tests.web.ledger.test_promises import shared
from tests.web.ledger.typing_member import Typing, at_terminal, served
from tests.web.ledger.witnessing import LOG

LATE = timedelta(seconds=TERM_SECONDS)


@pytest.fixture
def url(hub: Hub) -> Iterator[str]:
    hub.admit("brand-a")
    hub.sequence()
    with served(hub) as url:
        yield url


@pytest.fixture
def member(hub: Hub, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    member = at_terminal(hub, url, "brand-a", tmp_path, monkeypatch)
    hub.sequence()
    member("verify")
    return member


def promised(hub: Hub, member: Typing) -> str:
    """The entry of an exchange, whose promise is in the member's vault."""
    answer = shared(hub.client("brand-a"))
    entry = str(answer.headers["Audit-Entry"])
    with open_vault(member.state) as vault:
        vault.note_exchange(Recorded(entry, from_header(answer.headers["Audit-Promise"])), "share")
    return entry


def signed(hub: Hub, entry: str, leaf_hash: bytes = bytes(32)) -> str:
    """The hub's promise for an entry that is none of its log."""
    signer = service_signer(hub.app.extensions["settings"])
    return signer.sign(Promise(hub.origin, entry, leaf_hash, 1_700_000_000).encode())


# --- what is the hub's fault, and what is not


def test_hub_that_is_out_of_reach_is_not_complained_of(hub: Hub, member: Typing, tmp_path: Path) -> None:
    promised(hub, member)
    profile = member.profile.read_text()
    member.profile.write_text(profile.replace(profile.split('"url": "')[1].split('"')[0], "http://127.0.0.1:1"))
    with later(LATE):
        assert "cannot be reached" in member("promises", code=75).err
    assert member.evidence() == []


def test_member_whose_key_was_revoked_does_not_complain_of_the_hub(hub: Hub, member: Typing) -> None:
    promised(hub, member)
    hub.sql("UPDATE credential SET revoked_at = now()")
    with later(LATE):
        assert "No valid credential" in member("promises", code=4).err
    assert member.evidence() == []


def test_complaint_holds_the_checkpoint_that_lacks_the_entry(hub: Hub, member: Typing) -> None:
    with open_vault(member.state) as vault:
        vault.note_exchange(Recorded("A" * 22, signed(hub, "A" * 22)), "match")
    assert "are broken" in member("promises", code=10).err
    (evidence,) = member.evidence()
    assert evidence["now"] == hub.app.test_client().get(f"{LOG}/checkpoint").text


def test_other_leaf_than_promised_is_altered_with_receipt_and_promise_as_evidence(hub: Hub, member: Typing) -> None:
    entry = promised(hub, member)
    note = signed(hub, entry)
    hub.sequence()
    with open_vault(member.state) as vault:
        vault._db.execute("UPDATE journal SET promise = ? WHERE id = ?", (note, entry))
    assert "another leaf" in member("promises", code=20).err
    (evidence,) = member.evidence()
    assert evidence["promise"] == note
    assert TlogProof.parse(evidence["receipt"]).checkpoint == hub.app.test_client().get(f"{LOG}/checkpoint").text
    with open_vault(member.state) as vault:
        assert [each.id for each in vault.promised()] == [entry]


def test_promise_that_is_not_due_waits(hub: Hub, member: Typing) -> None:
    promised(hub, member)
    assert member.answer("promises")["waiting"] == 1
    grow(hub)
    assert member.answer("promises")["swapped"] == 1
