"""A member's client follows the log to another key along announcements alone, says so, and takes no other."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.tree.checkpoint import CheckpointBody
from hub.tree.note import Signer, open_note, split_note
from hub.tree.succession import announce, open_announcement
from tests.web.ledger.recording import as_superuser
from tests.web.ledger.rotating import Rotating, later, rotating
from tests.web.ledger.typing_member import Typing, at_terminal, served
from tests.web.ledger.witnessing import enrolled

SAID = "which the one before announced"
REFUSED = "no key we hold has announced"


@pytest.fixture
def log(owner_url: str, home: Path, evaluator_url: str, tmp_path: Path) -> Iterator[Rotating]:
    with rotating(owner_url, home, evaluator_url, tmp_path / "home") as log:
        for code in ("brand-a", "brand-b"):
            log.hub.admit(code)
        log.grow()
        yield log


@pytest.fixture
def url(log: Rotating) -> Iterator[str]:
    with served(log.hub) as url:
        yield url


@pytest.fixture
def member(log: Rotating, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Brand-a, which has pinned the first key and remembers the log."""
    member = at_terminal(log.hub, url, "brand-a", tmp_path, monkeypatch)
    log.hub.sql("UPDATE credential SET expires_at = now() + interval '1 year'")
    log.hub.sequence()
    member("verify")
    return member


def signed_by(log: Rotating, *signers: Signer, statement: str | None = None) -> None:
    """What the hub shows: its newest checkpoint signed by these keys alone, and one more announcement of a key."""
    ((size, note),) = log.hub.sql("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    text = split_note(str(note))[0]
    log.hub.sql(
        "UPDATE ledger_checkpoint SET note = %s WHERE size = %s",
        text + "\n" + "".join(s.line(text) for s in signers),
        size,
    )
    if statement is not None:
        log.hub.sql(
            "INSERT INTO ledger_key (vkey, shard, since, until, statement) VALUES ('other', 1, now(), now() + interval '99 days', %s)",
            statement,
        )


def test_new_key_is_followed_and_said_once(log: Rotating, member: Typing) -> None:
    new = log.rotate()
    told = member("verify", "--full")
    assert (SAID in told.err, new.vkey in told.err) == (True, True)
    assert SAID not in member("verify").err
    with later():
        log.grow()
        member("verify", "--full")


def test_client_that_was_away_follows_every_key_since(log: Rotating, member: Typing) -> None:
    with later():
        log.rotate()
        with later():
            newest = log.rotate()
            with later():
                log.grow()
                assert newest.vkey in member("verify").err
                assert [open_note(note, log.hub.signers.verifiers()) for note in member.kept("keys.json")["notes"]]


def test_key_that_none_announced_is_refused_with_evidence_once_the_old_one_ends(log: Rotating, member: Typing) -> None:
    log.rotate()
    as_superuser(log.hub, "UPDATE ledger_key SET statement = NULL")
    member("verify")
    with later():
        note = log.grow()
        assert REFUSED in member("verify", code=30).err
        (evidence,) = member.evidence()
        assert (evidence["now"], evidence["held"]) == (note, [log.hub.signer.verifier.vkey])
    assert not (member.state / "keys.json").exists()


def test_changed_announcement_leads_nowhere(log: Rotating, member: Typing) -> None:
    log.rotate()
    as_superuser(log.hub, "UPDATE ledger_key SET statement = overlay(statement placing 'x' from 30)")
    with later():
        log.grow()
        assert REFUSED in member("verify", code=30).err


def test_two_announcements_of_one_key_are_a_fork_with_both_as_evidence(log: Rotating, member: Typing) -> None:
    log.rotate()
    other = announce(log.hub.signer, log.hub.signers.another().verifier, 1_900_000_000)
    signed_by(log, *log.hub.signers.all().values(), statement=other)
    assert "announced two" in member("verify", code=30).err
    (evidence,) = member.evidence()
    assert {open_announcement(note, log.hub.signer.verifier).note for note in evidence["announcements"]} > {other}


def test_stolen_old_key_announces_nothing_to_who_has_followed(log: Rotating, member: Typing) -> None:
    log.rotate()
    member("verify")
    stolen, other = log.hub.signer, log.hub.signers.another()
    log.grow()
    signed_by(log, stolen, other, statement=announce(stolen, other.verifier, 1_900_000_000))
    with later():
        assert REFUSED in member("verify", code=30).err


def test_stolen_old_key_signs_nothing_once_it_has_ended(log: Rotating, member: Typing) -> None:
    log.rotate()
    member("verify")
    log.grow()
    signed_by(log, log.hub.signer)
    with later():
        assert REFUSED in member("verify", code=30).err
        assert REFUSED in member("cosign", code=30).err
        assert REFUSED in member("compare", member.state / "ledger.json", code=30).err


def test_announcement_without_the_signature_of_its_key_is_not_followed(log: Rotating, member: Typing) -> None:
    log.rotate()
    signed_by(log, log.hub.signer)
    member("verify")
    assert not (member.state / "keys.json").exists()


def test_bad_signature_of_an_announced_key_is_refused(log: Rotating, member: Typing) -> None:
    new = log.hub.signers.of(log.rotate().vkey)
    text = split_note(log.note)[0]
    bad = new.line(CheckpointBody(log.hub.origin, 1, bytes(32)).encode())
    log.hub.sql(
        "UPDATE ledger_checkpoint SET note = %s WHERE note = %s", f"{text}\n{log.hub.signer.line(text)}{bad}", log.note
    )
    assert "not what the key" in member("verify", code=20).err


def test_witness_receipt_policy_and_comparison_go_on_across_a_rotation(
    log: Rotating, member: Typing, tmp_path: Path
) -> None:
    member("cosign")
    (tmp_path / "before").write_text(log.note)
    log.rotate()
    assert member.answer("cosign")["now"] is True
    with later():
        note = log.grow()
        assert member.answer("cosign")["size"] == int(note.split("\n")[1])
        assert member.answer("policy", "--take")["same"] is True
        member("compare", tmp_path / "before", member.state / "ledger.json")
        (entry,) = log.hub.sql(
            "SELECT rtrim(translate(encode(uuid_send(entry_id), 'base64'), '+/', '-_'), '=') FROM ledger_part"
            " WHERE action = 'ledger.key_rotated' AND party = (SELECT id FROM member WHERE code = 'brand-a')"
        )
        member("receipt", str(entry[0]))


def test_policy_is_taken_by_who_was_away_for_the_rotation(log: Rotating, member: Typing) -> None:
    log.rotate()
    with later():
        log.grow()
        assert SAID in member("policy", "--take").err


def test_member_that_came_after_the_rotation_pins_the_new_key(
    log: Rotating, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.rotate()
    newcomer = at_terminal(log.hub, url, "brand-b", tmp_path, monkeypatch)
    assert SAID not in newcomer("verify").err
    assert not (newcomer.state / "keys.json").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"v": 2, "notes": []}', '{"v": 1, "notes": 5}'])
def test_damaged_keys_are_told_and_left(log: Rotating, member: Typing, text: str) -> None:
    (member.state / "keys.json").write_text(text)
    assert "are damaged" in member("verify", code=2).err
    assert (member.state / "keys.json").read_text() == text


def test_bundle_is_verified_across_a_rotation(log: Rotating, member: Typing, tmp_path: Path) -> None:
    log.rotate()
    with later():
        log.grow()
        file = tmp_path / "log.zip"
        member("export", file)
        told = member("verify", "--bundle", file)
        assert SAID in told.err
        log.grow()
        member("verify")
        member("verify", "--bundle", file, code=30)


# --- files, for who pins the new key


@pytest.fixture
def newcomer(
    log: Rotating, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: tuple[str, int]
) -> Typing:
    """Brand-b, which comes after the rotation; a quorum cosigned the log before it."""
    return at_terminal(log.hub, url, "brand-b", tmp_path, monkeypatch)


@pytest.fixture
def before(log: Rotating) -> tuple[str, int]:
    """The old key, and the size at which it alone signed and the quorum cosigned, before the rotation."""
    sizes = {each.cosign("checkpoint") for each in enrolled(log.hub, "brand-a", "brand-b")}
    log.grow()
    log.rotate()
    log.grow()
    return log.hub.signer.verifier.vkey, sizes.pop()


def test_file_with_checkpoints_of_the_key_before_ours_holds(log: Rotating, newcomer: Typing, tmp_path: Path) -> None:
    file = tmp_path / "log.zip"
    newcomer("export", file)
    assert newcomer.answer("verify", "--bundle", file)["final"] is None


def test_file_is_provisional_while_only_what_the_key_before_signed_is_cosigned(
    log: Rotating, newcomer: Typing, before: tuple[str, int], tmp_path: Path
) -> None:
    newcomer("policy", "--take")
    file, older = tmp_path / "log.zip", tmp_path / "older.zip"
    newcomer("export", file)
    with zipfile.ZipFile(file) as told, zipfile.ZipFile(older, "w") as written:
        about = json.loads(told.read("bundle.json"))
        assert about["final"] is None
        for name in told.namelist():
            final = {"final": before[1], "finals": {"audit/log/": before[1]}}
            written.writestr(name, json.dumps(about | final) if name == "bundle.json" else told.read(name))
    for each in (file, older):
        assert newcomer.answer("verify", "--bundle", each, code=3)["final"] == {"size": 0, "reached": False}


def test_file_that_ends_before_the_key_we_pinned_names_the_one_to_pin(
    log: Rotating, newcomer: Typing, before: tuple[str, int], tmp_path: Path
) -> None:
    vkey, size = before
    file = tmp_path / "log.zip"
    newcomer("export", file, "--to", str(size))
    assert vkey in newcomer("verify", "--bundle", file, code=2).err
    newcomer("verify")
    newcomer("verify", "--bundle", file, code=30)


def test_hub_that_signs_with_the_key_before_ours_alone_is_a_fork(log: Rotating, newcomer: Typing) -> None:
    signed_by(log, log.hub.signer)
    assert REFUSED in newcomer("verify", code=30).err
