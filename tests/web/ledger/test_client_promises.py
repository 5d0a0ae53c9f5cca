"""A member's promises become receipts; it complains of the hub for what the hub did, not for the network."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.app import service_signer
from hub.client.recorded import Recorded
from hub.client.vault import open_vault
from hub.tree import merkle, tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.promise import TERM_SECONDS, Promise, from_header
from hub.tree.tlog_proof import TlogProof
from tests.conftest import Hub
from tests.unit.tree.logs import Log
from tests.web.ledger.rotating import later
from tests.web.ledger.test_client_witness import grow
from tests.web.ledger.test_log_over_http import entries
from tests.web.ledger.test_promises import shared
from tests.web.ledger.typing_member import Typing, at_terminal, served
from tests.web.ledger.witnessing import LOG, enrolled

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


def test_dispute_records_the_digest_of_the_very_file_however_many_exchanges_are_overdue(
    hub: Hub, member: Typing
) -> None:
    with open_vault(member.state) as vault:
        for n in range(1_000):
            entry = base64.urlsafe_b64encode(n.to_bytes(16, "big")).decode().rstrip("=")
            vault.note_exchange(Recorded(entry, signed(hub, entry)), "match")
        vault._db.execute("UPDATE journal SET at = '2020-01-01T00:00:00.000Z'")
    assert "1,000 of our exchanges" in member("verify", code=10).err
    (file,) = member.state.glob("evidence/*.json")
    member("dispute", file)
    hub.sequence()
    view = entries(hub.client("brand-a"))[-1]["view"]
    assert view["subject"]["digest"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(member.evidence()[0]["exchanges"]) > 50


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


# --- what a receipt is held against


def forged(hub: Hub, entry: str, *, more: int) -> str:
    """A receipt of the entry under a checkpoint that the hub's key signed, of a log that is another one."""
    id = base64.urlsafe_b64decode(entry + "==").hex()
    ((index, leaf),) = hub.sql(
        "SELECT leaf_index, leaf FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE e.id = %s", id
    )
    index, log = int(str(index)), Log()
    log.append([*(b"other %d" % n for n in range(index)), bytes(leaf), *(b"more %d" % n for n in range(more))])  # type: ignore[call-overload]  # a column has no type
    path = merkle.inclusion_proof(index, log.size, tiles.subtrees(log.read))
    return TlogProof(
        index, tuple(path), hub.signer.sign(CheckpointBody(hub.origin, log.size, log.root).encode())
    ).encode()


@pytest.mark.parametrize("more", [0, 700])
def test_receipt_under_a_checkpoint_of_another_log_is_a_fork_and_the_promise_is_kept(
    hub: Hub, member: Typing, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    entry = promised(hub, member)
    grow(hub, 20)
    receipt = forged(hub, entry, more=more)
    monkeypatch.setattr("hub.ledger.service.receipt", lambda _: receipt)
    member("promises", code=30)
    member("receipt", entry, code=30)
    newest = hub.app.test_client().get(f"{LOG}/checkpoint").text
    for evidence in member.evidence():
        assert {evidence["remembered"], evidence["now"]} == {newest, TlogProof.parse(receipt).checkpoint}
    with open_vault(member.state) as vault:
        assert [(each.id, each.receipt) for each in vault.promised()] == [(entry, None)]


def kept(member: Typing) -> tuple[bool, bool]:
    """Whether the one promise is there, and a receipt."""
    with open_vault(member.state) as vault:
        ((promise, receipt),) = vault._db.execute("SELECT promise, receipt FROM journal").fetchall()
    return promise is not None, receipt is not None


def test_promise_is_kept_until_the_receipt_is_final(hub: Hub, member: Typing) -> None:
    hub.admit("brand-b")
    witnesses = enrolled(hub, "brand-a", "brand-b")
    member("policy", "--take")
    promised(hub, member)
    hub.sequence()
    told = member.answer("promises")
    assert (told["swapped"], told["provisional"], kept(member)) == (1, 1, (True, True))
    assert "provisional" in member("promises").out
    for witness in witnesses:
        witness.cosign()
    told = member.answer("promises")
    assert (told["swapped"], told["provisional"], kept(member)) == (0, 0, (False, True))


def test_provisional_receipt_that_the_hub_denies_later_is_complained_of(
    hub: Hub, member: Typing, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.admit("brand-b")
    enrolled(hub, "brand-a", "brand-b")
    member("policy", "--take")
    promised(hub, member)
    hub.sequence()
    member("promises")
    monkeypatch.setattr("hub.ledger.service.receipt", lambda _: None)
    member("promises")
    with later(LATE):
        member("promises", code=10)
    (exchange,) = member.evidence()[0]["exchanges"]
    assert exchange["promise"]
    assert TlogProof.parse(exchange["receipt"])


def test_without_a_trust_policy_promise_and_receipt_are_kept(hub: Hub, member: Typing) -> None:
    promised(hub, member)
    hub.sequence()
    assert member.answer("promises") == {"swapped": 1, "waiting": 0, "provisional": 1, "receipts": 1}
    assert member.answer("promises") == {"swapped": 0, "waiting": 0, "provisional": 1, "receipts": 1}
    assert kept(member) == (True, True)
