"""What the hub gives out over HTTP, verified by tlog-scales alone, which others wrote: log, cosignatures and receipts."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tlog import Checkpoint, InclusionProof, InclusionProofInvalid

from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.tree.merkle import leaf_hash
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import KEY
from tests.web.ledger.test_log_over_http import OverHttp, TilesReader
from tests.web.ledger.witnessing import LOG, enrolled

MEMBERS = ("brand-a", "brand-b")
ENTRIES = 300


@dataclass(frozen=True)
class Cosigned:
    """A log that both members have cosigned: the first member's client, and all keys that sign for it."""

    client: FlaskClient
    log: Vkey
    witnesses: tuple[Vkey, ...]

    def signers(self, note: str) -> list[str]:
        """The names of the known keys whose signatures of a checkpoint hold."""
        stated = Checkpoint.from_text(note)
        return sorted(key.name for key, _ in VkeySet(self.log, *self.witnesses).verify(stated.signatures, stated))

    @property
    def everybody(self) -> list[str]:
        """The names of all keys."""
        return sorted(key.name for key in (self.log, *self.witnesses))

    def receipts(self, every: int) -> dict[str, bytes]:
        """The receipt of the member's newest entry and of each so many before it, with the leaf that it is of."""
        listed = self.client.get("/audit/entries", query_string={"limit": 5000}).text.splitlines()
        rows = [json.loads(line) for line in listed[::-every]]
        names = [base64.urlsafe_b64encode(base64.b64decode(row["id"])).decode().rstrip("=") for row in rows]
        leaves = [base64.b64decode(row["leaf"]) for row in rows]
        return {self.client.get(f"/audit/receipts/{name}").text: leaf for name, leaf in zip(names, leaves, strict=True)}


def opened(receipt: str) -> tuple[int, list[bytes], str]:
    """The index, path and checkpoint of a receipt, split as the specification says (C2SP tlog-proof)."""
    head, _, note = receipt.partition("\n\n")
    header, index, *hashes = head.split("\n")
    assert header == "c2sp.org/tlog-proof@v1"
    return int(index.removeprefix("index ")), [base64.b64decode(each) for each in hashes], note


def check(receipt: str, leaf: bytes) -> None:
    """Hold a receipt by tlog-scales; raises InclusionProofInvalid."""
    index, path, note = opened(receipt)
    stated = Checkpoint.from_text(note)
    InclusionProof(index, stated.size, path).check(leaf_hash(leaf), stated.root_hash)


@pytest.fixture
def cosigned(hub: Hub) -> Cosigned:
    for code in MEMBERS:
        hub.admit(code)
    witnesses = enrolled(hub, *MEMBERS)
    with hub.app.app_context():
        for _ in range(ENTRIES):
            ledger.append(hub.actor("brand-a"), Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
        db.session.commit()
    hub.sequence()
    for witness in witnesses:
        witness.cosign()
    log, *known = (
        Vkey.from_string(signer.verifier.vkey) for signer in (hub.signer, *(one.signer for one in witnesses))
    )
    return Cosigned(hub.client("brand-a"), log, tuple(known))


@pytest.mark.parametrize("which", ["checkpoint", "checkpoint/final"])
def test_checkpoint_bears_the_log_and_two_witnesses(cosigned: Cosigned, which: str) -> None:
    assert cosigned.signers(cosigned.client.get(f"{LOG}/{which}").text) == cosigned.everybody


def test_changed_checkpoint_bears_nobody(cosigned: Cosigned) -> None:
    origin, size, root, *rest = cosigned.client.get(f"{LOG}/checkpoint").text.split("\n")
    other = base64.b64encode(bytes(32)).decode()
    for head in ([f"{origin}x", size, root], [origin, f"{size}0", root], [origin, size, other]):
        assert cosigned.signers("\n".join([*head, *rest])) == []


def test_receipts_hold_and_bear_everybody(cosigned: Cosigned) -> None:
    receipts = cosigned.receipts(7)
    for receipt, leaf in receipts.items():
        check(receipt, leaf)
    assert len(receipts) > ENTRIES // 7
    assert {tuple(cosigned.signers(opened(receipt)[2])) for receipt in receipts} == {tuple(cosigned.everybody)}


def another_leaf(receipt: str, leaf: bytes) -> tuple[str, bytes]:
    return receipt, leaf.replace(b'"v":1', b'"v":2')


def another_index(receipt: str, leaf: bytes) -> tuple[str, bytes]:
    return receipt.replace("index ", "index 1", 1), leaf


def another_hash(receipt: str, leaf: bytes) -> tuple[str, bytes]:
    lines = receipt.split("\n")
    return "\n".join([*lines[:2], base64.b64encode(bytes(32)).decode(), *lines[3:]]), leaf


def shorter_path(receipt: str, leaf: bytes) -> tuple[str, bytes]:
    lines = receipt.split("\n")
    return "\n".join(lines[:2] + lines[3:]), leaf


@pytest.mark.parametrize("change", [another_leaf, another_index, another_hash, shorter_path])
def test_changed_receipt_does_not_hold(cosigned: Cosigned, change: Callable[[str, bytes], tuple[str, bytes]]) -> None:
    for receipt, leaf in cosigned.receipts(29).items():
        changed = change(receipt, leaf)
        assert changed != (receipt, leaf)
        with pytest.raises(InclusionProofInvalid):
            check(*changed)


def test_log_under_a_receipt_is_part_of_the_log_that_grew(hub: Hub, cosigned: Cosigned) -> None:
    before = Checkpoint.from_text(opened(next(iter(cosigned.receipts(ENTRIES))))[2])
    hub.admit("shop", "platform")
    hub.sequence()
    theirs = TilesReader(OverHttp(cosigned.client))
    after = theirs.get_checkpoint()
    assert after.size > before.size
    theirs.get_consistency_proof(before.size, after.size).check(before.root_hash, after.root_hash)
    assert theirs.calculate_root_hash() == after.root_hash


def test_closed_shard_and_the_next_are_each_a_log_that_grows_from_nothing(hub: Hub, cosigned: Cosigned) -> None:
    with hub.operator() as actor:
        ledger.close_shard(actor)
    hub.sequence()
    with hub.app.app_context():
        ledger.append(hub.actor("brand-a"), Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
        db.session.commit()
    hub.sequence()
    for shard in json.loads(cosigned.client.get(f"{LOG}/shards").text)["shards"]:
        theirs = TilesReader(OverHttp(cosigned.client, f"/{shard['prefix']}".rstrip("/")))
        head, log = theirs.get_checkpoint(), Vkey.from_string(shard["vkey"])
        assert head.size == shard["size"]
        assert log in [key for key, _ in VkeySet(log).verify(head.signatures, head)]
        theirs.get_consistency_proof(1, head.size).check(leaf_hash(_leaf(theirs, 0)), head.root_hash)
        for index in range(0, head.size, 37):
            theirs.get_inclusion_proof(index, head.size).check(leaf_hash(_leaf(theirs, index)), head.root_hash)


def _leaf(theirs: TilesReader, index: int) -> bytes:
    return bytes(theirs.get_entry(index))
