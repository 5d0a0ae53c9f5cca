"""A member's client goes over the seam of two shards by what it has verified alone, and names every fork at it."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.tree.checkpoint import CheckpointBody
from hub.tree.leaf import ID_BYTES
from hub.tree.merkle import leaf_hash
from hub.tree.note import Signer, Verifier, split_note
from hub.tree.seam import closing_leaf, opening_leaf
from hub.tree.tiles import root
from tests.web.ledger.recording import as_superuser
from tests.web.ledger.seams import Seams, seaming
from tests.web.ledger.typing_member import Typing, at_terminal, served

SAID = "the log goes on as"


@pytest.fixture
def log(owner_url: str, home: Path, evaluator_url: str, tmp_path: Path) -> Iterator[Seams]:
    with seaming(owner_url, home, evaluator_url, tmp_path / "home") as log:
        for code in ("brand-a", "brand-b"):
            log.hub.admit(code)
        log.grow(3)
        yield log


@pytest.fixture
def url(log: Seams) -> Iterator[str]:
    with served(log.hub) as url:
        yield url


@pytest.fixture
def member(log: Seams, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Brand-a, which remembers the log as it was before the end of the shard."""
    member = at_terminal(log.hub, url, "brand-a", tmp_path, monkeypatch)
    log.hub.sequence()
    member("verify")
    return member


@pytest.fixture
def other(log: Seams, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Brand-b, which has seen nothing yet."""
    member = at_terminal(log.hub, url, "brand-b", tmp_path, monkeypatch)
    log.hub.sequence()
    return member


def second(log: Seams) -> Signer:
    """The key of the second shard."""
    return log.hub.signers.of_shard(str(log.shards()[1]["origin"])).first()


def rewritten(log: Seams, place: int, leaf: bytes) -> bytes:
    """Put another leaf in a place of a small log, in the database, and the tile with it; returns the shard's new root.

    Whoever has the key signs it.
    """
    shards = [each for each in log.shards() if int(str(each["first"])) <= place]
    n, first = len(shards), int(str(shards[-1]["first"]))
    as_superuser(
        log.hub,
        f"UPDATE ledger_entry SET leaf = '\\x{leaf.hex()}' WHERE id ="
        f" (SELECT entry_id FROM ledger_leaf WHERE leaf_index = {place})",
        f"UPDATE ledger_leaf SET leaf_hash = '\\x{leaf_hash(leaf).hex()}' WHERE leaf_index = {place}",
        f"UPDATE ledger_tile SET hashes = overlay(hashes placing '\\x{leaf_hash(leaf).hex()}'"
        f" from {(place - first) * 32 + 1}) WHERE (shard, level, n) = ({n}, 0, 0)",
    )
    ((hashes,),) = log.hub.sql("SELECT hashes FROM ledger_tile WHERE (shard, level, n) = (%s, 0, 0)", n)
    held = hashes if isinstance(hashes, bytes) else b""
    return root(len(held) // 32, lambda _level, _n: held)


def signed_anew(log: Seams, signer: Signer, size: int, tree: bytes, n: int) -> None:
    """Have the shard's newest checkpoint state another root, under the shard's own key."""
    first = int(str(log.shards()[n - 1]["first"]))
    note = signer.sign(CheckpointBody(signer.verifier.name, size, tree).encode())
    log.hub.sql("UPDATE ledger_checkpoint SET note = %s, root = %s WHERE size = %s", note, tree, first + size)


def entries(log: Seams, n: int) -> int:
    return int(str(log.shards()[n - 1]["size"]))


def test_client_that_slept_through_the_turn_follows_and_says_so_once(log: Seams, member: Typing) -> None:
    log.close()
    log.grow(4)
    told = member("verify")
    assert SAID in told.err
    assert second(log).verifier.name in told.err
    assert SAID not in member("verify").err
    assert member.kept("ledger.json")["origin"] == second(log).verifier.name


def test_newcomer_comes_from_the_first_shard_to_the_third(log: Seams, other: Typing) -> None:
    log.close()
    log.grow(2)
    log.close()
    log.grow(2)
    told = other.answer("verify")
    assert told["size"] == told["new"] == sum(entries(log, n) for n in (1, 2, 3))
    assert told["own"] == told["views"] > 0


def test_only_what_is_new_is_looked_at_after_the_seam(log: Seams, member: Typing) -> None:
    log.close()
    member("verify")
    before = member.answer("verify")["size"]
    log.grow(2)
    assert member.answer("verify")["new"] == member.answer("verify", "--full")["size"] - before


def test_full_check_looks_at_all_shards_again(log: Seams, member: Typing) -> None:
    log.close()
    log.grow(2)
    member("verify")
    told = member.answer("verify", "--full")
    assert told["new"] == told["size"]


def test_receipt_of_an_entry_of_the_closed_shard_holds_for_ever(log: Seams, member: Typing) -> None:
    line = json.loads(log.hub.client("brand-a").get("/audit/entries?limit=1").text)
    name = line["id"].replace("+", "-").replace("/", "_").rstrip("=")
    log.close()
    log.grow(2)
    told = member.answer("receipt", name)
    assert told["proof"].split("\n\n")[1].startswith(log.hub.origin + "\n")


def test_receipt_of_an_entry_of_the_new_shard_is_under_its_key(log: Seams, member: Typing) -> None:
    log.close()
    log.grow()
    line = json.loads(log.hub.client("brand-a").get(f"/audit/entries?after={entries(log, 1)}").text.splitlines()[0])
    told = member.answer("receipt", line["id"].replace("+", "-").replace("/", "_").rstrip("="))
    assert told["index"] == line["index"] - entries(log, 1)
    assert told["proof"].split("\n\n")[1].startswith(second(log).verifier.name + "\n")


def test_export_holds_both_shards_and_is_verified_without_the_network(
    log: Seams, member: Typing, other: Typing, tmp_path: Path
) -> None:
    log.close()
    log.grow(2)
    size = other.answer("export", tmp_path / "log.zip")["size"]
    assert other.answer("verify", "--bundle", tmp_path / "log.zip")["size"] == size
    member("verify")
    log.grow(2)
    member("export", tmp_path / "next.zip", "--from", str(size))
    assert member.answer("verify", "--bundle", tmp_path / "next.zip")["new"] > 0


def test_two_members_compare_over_the_seam(log: Seams, member: Typing, other: Typing) -> None:
    log.close()
    log.grow()
    other("verify")
    told = other.answer("compare", member.state / "ledger.json")
    assert (told["consistent"], told["newest"]) == (True, entries(log, 1) + entries(log, 2))


def test_witness_cosigns_the_end_of_the_shard_and_then_the_next(log: Seams, member: Typing) -> None:
    member("cosign")
    log.close()
    log.grow()
    told = member.answer("cosign")
    assert told["now"] is True
    assert told["size"] == entries(log, 1) + entries(log, 2)
    held = log.hub.sql("SELECT size FROM ledger_cosignature ORDER BY size DESC LIMIT 2")
    assert held == [(told["size"],), (entries(log, 1),)]
    assert len(log.note.splitlines()) == 6


def test_key_of_the_new_shard_is_followed_when_it_changes(log: Seams, member: Typing) -> None:
    log.close()
    member("verify")
    new = log.rotate()
    assert new.vkey in member("verify").err


# What a hub can do wrong at a seam, and who notices.


def test_shard_that_begins_with_another_end_than_was_verified(log: Seams, member: Typing) -> None:
    log.close()
    first = entries(log, 1)
    text = CheckpointBody(log.hub.origin, first, bytes(32)).encode()
    leaf = opening_leaf(secrets.token_bytes(ID_BYTES), log.hub.signer.sign(text))
    signed_anew(log, second(log), entries(log, 2), rewritten(log, first, leaf), 2)
    assert "does not begin with the end" in member("verify", code=30).err
    (found,) = member.evidence()
    assert split_note(found["remembered"])[0] == split_note(log.note)[0]
    assert {"leaf", "now"} <= found.keys()


def test_second_successor_of_a_shard_is_shown_to_another_member(log: Seams, member: Typing, other: Typing) -> None:
    log.close()
    member("verify")
    rogue = Signer.from_seed(f"{log.hub.origin}/2099", b"A" * 43 + b"=")
    leaf = closing_leaf(secrets.token_bytes(ID_BYTES), Verifier.parse(rogue.verifier.vkey))
    size = entries(log, 1)
    signed_anew(log, log.hub.signer, size, rewritten(log, size - 1, leaf), 1)
    assert "two different logs" in member("verify", code=30).err
    assert member.evidence()[0]["remembered"] != member.evidence()[0]["now"]
    assert "two different logs" in other("compare", member.state / "shards.json", code=30).err


def test_entries_dropped_at_the_seam_are_a_rollback(log: Seams, member: Typing) -> None:
    log.close()
    member("verify")
    older = log.hub.sql("SELECT max(size) FROM ledger_checkpoint WHERE size < %s", entries(log, 1))[0][0]
    as_superuser(log.hub, f"UPDATE ledger_shard SET first = {older} WHERE n = 2")
    member("verify", code=30)
    assert {"remembered", "now"} <= member.evidence()[0].keys()


def test_closed_shard_that_goes_on_is_a_fork(log: Seams, member: Typing) -> None:
    log.close()
    member("verify")
    size = entries(log, 1)
    last = log.hub.sql("SELECT max(size) FROM ledger_checkpoint")[0][0]
    note = log.hub.signer.sign(CheckpointBody(log.hub.origin, int(str(last)), bytes(32)).encode())
    log.hub.sql("DELETE FROM ledger_checkpoint WHERE size = %s", size)
    log.hub.sql("UPDATE ledger_checkpoint SET note = %s WHERE size = %s", note, last)
    as_superuser(log.hub, "UPDATE ledger_shard SET first = first + 1000 WHERE n = 2")
    assert "was closed, and goes on" in member("verify", code=30).err


def test_next_shard_under_a_key_that_the_end_does_not_name_is_not_taken(log: Seams, member: Typing) -> None:
    log.close()
    thief = Signer.from_seed(second(log).verifier.name, b"A" * 43 + b"=")
    ((note,),) = log.hub.sql("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    stated = CheckpointBody.parse(split_note(str(note))[0])
    signed_anew(log, thief, stated.size, stated.root, 2)
    assert "no key we hold has announced" in member("verify", code=30).err
    assert not (member.state / "shards.json").exists()


def test_new_shard_that_disappears_again_is_noticed(log: Seams, member: Typing) -> None:
    log.close()
    member("verify")
    log.hub.sql("DELETE FROM ledger_checkpoint WHERE size > %s", entries(log, 1))
    assert "gone" in member("verify", code=30).err


@pytest.mark.parametrize("text", ["", "{}", '{"v": 1, "seams": [["x", "y"]]}', '{"v": 2, "seams": []}'])
def test_damaged_file_of_shards_is_named_and_left_alone(log: Seams, member: Typing, text: str) -> None:
    log.close()
    (member.state / "shards.json").write_text(text)
    assert "shards.json are damaged" in member("verify", code=2).err
    assert (member.state / "shards.json").read_text() == text
