"""The log's key changes: announced by the one before and on record, both sign for thirty days, then the new one alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from hub import clock
from hub.access.actor import NotPermittedError
from hub.ledger import rules
from hub.ledger import service as ledger
from hub.ledger.sequencer import Sequencer
from hub.ledger.signing import FIRST, MissingKeyError, Signers
from hub.tree.note import Signer, Verifier
from hub.tree.succession import follow, open_announcement
from hub.tree.trust_policy import Policy
from hub.tree.witness import add_checkpoint
from tests.conftest import as_role, plain
from tests.web.ledger import foreign_witness
from tests.web.ledger.kills import POINTS
from tests.web.ledger.recording import as_superuser
from tests.web.ledger.rotating import Rotating, later, rotating
from tests.web.ledger.witnessing import LOG, enrolled


class Killed(Exception):
    """The process ended here."""


@pytest.fixture
def log(owner_url: str, home: Path, evaluator_url: str, tmp_path: Path) -> Iterator[Rotating]:
    with rotating(owner_url, home, evaluator_url, tmp_path / "home") as log:
        yield log


@pytest.fixture
def old(log: Rotating) -> Verifier:
    return log.hub.signer.verifier


def sound(log: Rotating) -> bool:
    with log.hub.app.app_context():
        return ledger.check_log(log.hub.anchor).count == 0


def test_both_keys_sign_for_thirty_days_and_then_the_new_one_alone(log: Rotating, old: Verifier) -> None:
    assert log.signers(log.note) == [old.vkey]
    new = log.rotate()
    assert log.signers(log.note) == [old.vkey, new.vkey]
    with later(rules.OVERLAP - timedelta(minutes=2)):
        assert log.signers(log.grow()) == [old.vkey, new.vkey]
    with later():
        assert log.signers(log.grow()) == [new.vkey]
        assert sound(log)


def test_checkpoint_over_the_announcement_is_the_first_that_the_new_key_signed(log: Rotating) -> None:
    log.grow()
    log.announce()
    log.hub.sequence()
    size = int(log.note.split("\n")[1])
    assert [key["first_size"] for key in log.told()][-1] == size


def test_key_is_announced_by_the_one_before_in_a_note_that_anybody_may_read(log: Rotating, old: Verifier) -> None:
    new = log.rotate()
    first, second = log.told()
    announced = open_announcement(str(second["statement"]), old)
    assert (announced.verifier, first["statement"], second["until"]) == (new, None, None)
    assert follow(old, [str(second["statement"])]) == (announced,)


def test_every_member_has_the_new_key_on_record(log: Rotating) -> None:
    for code in ("brand-a", "shop"):
        log.hub.admit(code)
    key = log.announce()
    log.hub.sequence()
    for code in ("brand-a", "shop"):
        text = log.hub.client(code).get("/audit/entries?action=ledger.key_rotated").text
        assert text.count(key.name) == 1, code


def test_policy_names_both_keys_and_then_the_new_one(log: Rotating, old: Verifier) -> None:
    def named() -> list[Verifier]:
        policy = Policy.parse(log.hub.app.test_client().get(f"{LOG}/policy").data)
        return [each.verifier for each in policy.logs]

    new = log.rotate()
    assert named() == [old, new]
    with later():
        assert named() == [new]


def test_second_rotation_waits_for_the_first_unless_it_is_asked_for(log: Rotating, old: Verifier) -> None:
    second = log.rotate()
    with pytest.raises(ledger.RotationError, match="announced lately"):
        log.announce()
    third = Verifier.parse(log.announce(again=True).vkey)
    assert log.signers(log.grow()) == [old.vkey, second.vkey, third.vkey]
    with later():
        fourth = log.rotate()
        assert log.signers(log.note) == [third.vkey, fourth.vkey]
        assert sound(log)


def test_key_made_by_a_rotation_that_was_killed_counts_for_nothing_until_the_next(log: Rotating) -> None:
    left = log.hub.signers.another().verifier
    assert log.signers(log.grow()) == [log.hub.signer.verifier.vkey]
    assert log.rotate() == left
    assert len(log.hub.signers.all()) == 2


def test_rotation_killed_before_its_commit_has_not_begun(log: Rotating, old: Verifier) -> None:
    def killed(signers: Signers) -> Signer:
        made(signers)
        raise Killed

    made = Signers.another
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Signers, "another", killed)
        with pytest.raises(Killed):
            log.announce()
    assert log.signers(log.grow()) == [old.vkey]
    assert log.signers(log.grow() if log.rotate() else "")[0] == old.vkey
    assert len(log.told()) == len(log.hub.signers.all()) == 2


@pytest.mark.parametrize("point", POINTS)
def test_sequencer_killed_at_its_first_checkpoint_under_two_keys_signs_it_at_the_next_step(
    log: Rotating, old: Verifier, point: str
) -> None:
    def at(name: str) -> None:
        if name == point:
            raise Killed

    new = Verifier.parse(log.announce().vkey)
    with psycopg.connect(plain(as_role(log.hub.owner_url, "sequencer"))) as connection, pytest.raises(Killed):
        Sequencer(connection, log.hub.signers, log.hub.anchor, clock.now, at).step()
    log.hub.sequence()
    assert log.signers(log.note) == [old.vkey, new.vkey]
    assert log.hub.anchor.read_text() == log.hub.sql("SELECT note FROM ledger_checkpoint ORDER BY size DESC")[0][0]
    assert sound(log)


def test_nothing_is_signed_while_the_file_of_a_key_is_missing(log: Rotating) -> None:
    new = log.rotate()
    path = log.hub.home / "ledger" / f"{new.hash.hex()}.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.rename(path.with_suffix(".away"))
    before = log.note
    with pytest.raises(MissingKeyError):
        log.grow()
    assert log.note == before
    path.with_suffix(".away").rename(path)
    assert new.vkey in log.signers(log.grow())


def test_old_file_may_be_destroyed_once_the_new_key_signs_alone(log: Rotating) -> None:
    new = log.rotate()
    with later():
        log.grow()
        (log.hub.home / "ledger" / FIRST).unlink()
        assert log.signers(log.grow()) == [new.vkey]
        assert sound(log)


def test_key_that_none_announced_is_found_by_the_check(log: Rotating) -> None:
    log.rotate()
    as_superuser(log.hub, "UPDATE ledger_key SET statement = NULL")
    with log.hub.app.app_context():
        assert {each.kind for each in ledger.check_log(log.hub.anchor).findings} == {"key"}


def test_profile_pins_the_new_key_once_it_has_signed(log: Rotating, old: Verifier) -> None:
    def pinned() -> Verifier:
        with log.hub.app.app_context():
            return ledger.key_to_pin()

    new = Verifier.parse(log.announce().vkey)
    assert pinned() == old
    log.hub.sequence()
    assert pinned() == new


def test_what_witnesses_signed_before_is_offered_no_more(log: Rotating) -> None:
    for code in ("brand-a", "brand-b"):
        log.hub.admit(code)
    witnesses = enrolled(log.hub, "brand-a", "brand-b")
    log.grow()
    for each in witnesses:
        each.cosign()
    client = log.hub.app.test_client()
    assert client.get(f"{LOG}/checkpoint/final").status_code == 200
    new = log.rotate()
    assert client.get(f"{LOG}/checkpoint/final").status_code == 404
    assert {each.cosign() for each in witnesses} == {int(log.note.split("\n")[1])}
    assert new.vkey in log.signers(client.get(f"{LOG}/checkpoint/final").text)


def test_rotation_is_for_the_operator(log: Rotating) -> None:
    log.hub.admit("brand-a")
    with log.hub.app.app_context(), pytest.raises(NotPermittedError):
        ledger.rotate_key(log.hub.actor("brand-a"))
    assert len(log.hub.signers.all()) == 1


def test_halted_log_keeps_its_key(log: Rotating) -> None:
    log.hub.sql("SELECT ledger_stop('fsck', 'for the test', now())")
    with pytest.raises(ledger.LedgerHaltedError):
        log.announce()
    assert len(log.told()) == 1


def test_foreign_witness_that_knows_the_old_key_cosigns_while_it_signs_and_then_must_be_told(
    log: Rotating, old: Verifier, tmp_path: Path
) -> None:
    folder = tmp_path / "witness"
    foreign_witness.make(folder, old)
    new = log.rotate()
    body = add_checkpoint(0, [], log.note)
    with later():
        alone = add_checkpoint(0, [], log.grow())
    with foreign_witness.running(folder) as witness:
        assert witness.ask(alone)[0] == 403
    foreign_witness.trust(folder, new)
    with foreign_witness.running(folder) as witness:
        assert witness.ask(alone)[0] == 200
    foreign_witness.make(tmp_path / "other", old)
    with foreign_witness.running(tmp_path / "other") as witness:
        assert witness.ask(body)[0] == 200
