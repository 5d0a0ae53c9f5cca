"""A log that members use over HTTP, and what an operator may do to it who is the database's superuser and has the key."""

import base64
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from werkzeug.serving import make_server

from hub import clock
from hub.client.cli import _run as run_client
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.rules import never
from hub.ledger.sequencer import Sequencer
from hub.ledger.service import Cause, Ground
from hub.ledger.signed import ForkError
from hub.manage import profiles
from hub.members import service as members
from hub.tree import merkle, tiles
from hub.tree.merkle import leaf_hash
from hub.tree.witness import add_checkpoint
from tests.conftest import Hub, as_role, hub_on, plain
from tests.web.ledger import foreign_witness
from tests.web.ledger.foreign_witness import Foreign
from tests.web.ledger.recording import append, as_superuser, new_id
from tests.web.members.test_decisions import person, tried

MEMBERS = {"brand-a": "brand", "shop": "platform"}
OLD = 100
"""The place of an old entry of brand-a, in a tile that is full."""


@dataclass(frozen=True)
class Scene:
    """One hub, its log's anchor, and the folder with its members' profiles and states."""

    hub: Hub
    folder: Path
    anchor: Path

    def client(self, code: str, *words: str) -> int:
        """The exit code of one run of a member's client."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ALLIANCE_STATE", str(self.folder / "state" / code))
            return int(run_client(["--profile", str(self.folder / f"{code}.profile"), "--patience", "0", *words]))

    def verify(self, code: str, *, full: bool = False) -> int:
        """What `alliance ledger verify` ends with; nothing is remembered of it."""
        state = self.folder / "state" / code
        kept = state.with_suffix(".kept")
        shutil.copytree(state, kept)
        try:
            code_of_exit = self.client(code, "ledger", "verify", *(["--full"] if full else []))
            assert bool([*state.glob("evidence/*.json")]) == (code_of_exit >= 10), "evidence goes with an alarm"
            return code_of_exit
        finally:
            shutil.rmtree(state)
            kept.rename(state)

    def fsck(self) -> set[str]:
        """The kinds of what `hub ledger fsck` finds."""
        with self.hub.app.app_context():
            return {each.kind for each in ledger.check_log(self.anchor).findings}

    def sequence(self) -> bool:
        """Let the hub's own sequencer work until there is nothing left; whether it halts the log."""
        with suppress(ForkError), self.sequencer(self.anchor) as sequencer:
            while sequencer.step():
                pass
        return bool(self.hub.sql("SELECT 1 FROM ledger_halt"))

    def ask(self, witness: Foreign) -> int:
        """The status with which a witness answers to the newest checkpoint, from the size that it knows."""
        with self.hub.app.app_context():
            head, old = ledger.newest_checkpoint(), witness.size(self.hub.origin)
            assert head is not None
            tree = tiles.subtrees(ledger.tile_reader(db.session, ledger.shards()[-1]))
            proof = merkle.consistency_proof(old, head.size, tree) if 0 < old <= head.size else []
        return witness.ask(add_checkpoint(old, proof, head.note))[0]

    @contextmanager
    def sequencer(self, anchor: Path) -> Iterator[Sequencer]:
        """A sequencer with that anchor."""
        with psycopg.connect(plain(as_role(self.hub.owner_url, "sequencer"))) as connection:
            yield Sequencer(connection, self.hub.signers, anchor, clock.now, due=never)

    def record(self, count: int = 1) -> None:
        """Events of brand-a, which its client did not ask for."""
        ((party,),) = self.hub.sql("SELECT id FROM member WHERE code = 'brand-a'")
        with psycopg.connect(plain(as_role(self.hub.owner_url, "app"))) as connection:
            for _ in range(count):
                append(connection, new_id(), parties={int(str(party)): self.tag_key("brand-a")})

    def tag_key(self, code: str) -> bytes:
        """A member's tag key, which the hub holds too."""
        with self.hub.operator():
            return ledger.tag_key(members.find(code).id)

    def entry(self, index: int) -> str:
        """The id of an entry by its place."""
        return str(self.hub.sql("SELECT entry_id FROM ledger_leaf WHERE leaf_index = %s", index)[0][0])

    def sign_anew(self) -> None:
        """Make the tree again from the entries that are there, in their order, and sign it with the hub's key."""
        as_superuser(
            self.hub,
            "DELETE FROM ledger_pending",
            "INSERT INTO ledger_pending (entry_id) SELECT e.id FROM ledger_entry e"
            " LEFT JOIN ledger_leaf l ON l.entry_id = e.id ORDER BY l.leaf_index NULLS LAST",
            *(f"DELETE FROM ledger_{table}" for table in ("leaf", "party_leaf", "tile", "state", "checkpoint")),
        )
        with self.sequencer(self.folder / "forged.note") as sequencer:
            while sequencer.step():
                pass

    def drop(self, count: int) -> None:
        """Remove the newest entries with all that belongs to them."""
        gone = f"(SELECT entry_id FROM ledger_leaf ORDER BY leaf_index DESC LIMIT {count})"
        as_superuser(
            self.hub,
            f"DELETE FROM ledger_part WHERE entry_id IN {gone}",
            f"DELETE FROM ledger_party_leaf WHERE entry_id IN {gone}",
            f"DELETE FROM ledger_entry WHERE id IN {gone}",
            "DELETE FROM ledger_leaf WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.id = entry_id)",
        )


@contextmanager
def served(hub: Hub, folder: Path, anchor: Path) -> Iterator[Scene]:
    """The hub over HTTP on a port of its own; profiles are made, or changed to that address."""
    server = make_server("127.0.0.1", 0, hub.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for profile in folder.glob("*.profile"):
            document = json.loads(profile.read_text()) | {"url": f"http://127.0.0.1:{server.port}"}
            profile.write_text(json.dumps(document))
        yield Scene(hub, folder, anchor)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def prepare(hub: Hub, folder: Path, anchor: Path, back_up: Callable[[], None]) -> None:
    """Members that exchange, and verify, so that they remember the log; then a little more is recorded and signed.

    A witness of others cosigns when they look. A backup is made on the way, before that.
    """
    foreign_witness.make(folder / "witness", hub.signer.verifier)
    hub.person(members.OFFICE, "ada")
    hub.person(members.OFFICE, "ben")
    for code, kind in MEMBERS.items():
        hub.admit(code, kind)
        with hub.operator() as actor:
            profiles.issue(actor, code, folder / f"{code}.profile", 30)
    (folder / "shops.txt").write_text("one-shop.com\ntwo-shop.com\nthree-shop.com\n")
    with served(hub, folder, anchor) as scene:
        words = ("--type", "domain", "--evidence", "E2", "--tlp", "green")
        assert scene.client("brand-a", "share", str(folder / "shops.txt"), *words) == 0
        scene.record(OLD + 180)
        assert not scene.sequence()
        quiet(hub)
        back_up()
        scene.record(20)
        assert not scene.sequence()
        for code in MEMBERS:
            assert scene.client(code, "ledger", "verify") == 0
        with foreign_witness.running(folder / "witness") as witness:
            assert scene.ask(witness) == 200
        scene.record(20)
        assert not scene.sequence()


@contextmanager
def copied(owner_url: str, scene: Scene, folder: Path) -> Iterator[Scene]:
    """The hub on a copy of its database, with copies of the anchor and of the members' folders."""
    shutil.copytree(scene.folder, folder, dirs_exist_ok=True)
    with hub_on(owner_url, scene.hub.home, scene.hub.app.extensions["settings"].evaluator_url) as hub:
        hub.keys = scene.hub.keys
        for app in (hub.app, hub.owner_app):
            app.extensions["settings"] = replace(app.extensions["settings"], anchor=folder / "anchor.note")
        with served(hub, folder, folder / "anchor.note") as copy:
            yield copy


def quiet(hub: Hub) -> None:
    """Close every connection, so that the database can be copied."""
    for app in (hub.app, hub.owner_app):
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


# --- the attacks (ledger.md §4.6)


def a1_view_changed(scene: Scene) -> None:
    """The view of an old entry says something else."""
    as_superuser(
        scene.hub,
        "UPDATE ledger_part SET view = convert_to(replace(convert_from(view, 'UTF8'), 'allowed', 'denied'), 'UTF8')"
        f" WHERE entry_id = '{scene.entry(OLD)}'",
    )


def a2_leaf_changed(scene: Scene) -> None:
    """The public leaf of an old entry has another commitment in brand-a's place."""
    as_superuser(
        scene.hub,
        "UPDATE ledger_entry e SET leaf = overlay(leaf placing 'AAAA' from 50 + 84 * i.n) FROM ledger_party_leaf i"
        f" WHERE i.entry_id = e.id AND i.leaf_index = {OLD}",
    )


def a3_leaf_and_tile_changed(scene: Scene) -> None:
    """So have its hash and the tile of level 0."""
    a2_leaf_changed(scene)
    ((leaf,),) = scene.hub.sql("SELECT leaf FROM ledger_entry WHERE id = %s", scene.entry(OLD))
    hashed = leaf_hash(bytes(leaf)).hex()  # type: ignore[arg-type]
    as_superuser(
        scene.hub,
        f"UPDATE ledger_leaf SET leaf_hash = '\\x{hashed}' WHERE leaf_index = {OLD}",
        f"UPDATE ledger_tile SET hashes = overlay(hashes placing '\\x{hashed}' from {OLD * 32 + 1}) WHERE (level, n) = (0, 0)",
    )


def a4_rewritten(scene: Scene) -> None:
    """An old entry is gone, another stands at the end, and all of it is signed anew with the hub's key."""
    gone = scene.entry(OLD)
    as_superuser(
        scene.hub,
        f"DELETE FROM ledger_part WHERE entry_id = '{gone}'",
        f"DELETE FROM ledger_entry WHERE id = '{gone}'",
    )
    scene.record()
    scene.sign_anew()


def a5_truncated(scene: Scene) -> None:
    """The newest entries are gone, and the shorter log is signed."""
    scene.drop(50)
    scene.sign_anew()


def a6_truncated_and_grown(scene: Scene) -> None:
    """Others stand in their place, and more of them."""
    scene.drop(50)
    scene.record(60)
    scene.sign_anew()


def a7_view_removed(scene: Scene) -> None:
    """A member's view is gone, and no record says that it was erased."""
    as_superuser(
        scene.hub,
        "ALTER TABLE ledger_part DROP CONSTRAINT ck_ledger_part_erased",
        f"UPDATE ledger_part SET view = NULL, salt = NULL WHERE entry_id = '{scene.entry(OLD)}'",
    )


def a8_restored(scene: Scene) -> None:
    """The database is that of a backup, and the hub goes on with it."""
    exchange(scene)
    scene.record(60)


def a9_erased(scene: Scene) -> None:
    """A lawful erasure, by two people of the office."""
    name = base64.urlsafe_b64encode(UUID(scene.entry(OLD)).bytes).decode().rstrip("=")
    with person(scene.hub, "ada") as actor:
        decided = members.propose_erasure(actor, name, Ground.REQUEST, "She asked us by letter.")
    assert tried(scene.hub, "ben", decided) == "done"
    scene.sequence()


def anchored_anew(scene: Scene) -> None:
    """Two people of the office have the log anchored anew, because a backup was put back."""
    with person(scene.hub, "ada") as actor:
        found = members.difference(actor)
        assert found is not None
        decided = members.propose_reanchoring(actor, found.state, Cause.BACKUP, "The disk broke.")
    assert tried(scene.hub, "ben", decided) == "done"
    with scene.hub.operator() as actor:
        members.reanchor(actor)


def exchange(scene: Scene) -> None:
    """brand-a's client has an exchange answered; its entry waits for the sequencer."""
    words = ("withdraw", str(scene.folder / "shops.txt"), "--type", "domain", "--reason", "mistaken")
    assert scene.client("brand-a", *words) == 0
    assert scene.hub.sql("SELECT count(*) > 0 FROM ledger_pending") == [(True,)]


def a10_pending_removed(scene: Scene) -> None:
    """The outbox rows of answered exchanges are deleted before the sequencer comes to them."""
    exchange(scene)
    as_superuser(scene.hub, "DELETE FROM ledger_pending")


def a11_pending_removed_whole(scene: Scene) -> None:
    """With all that belongs to them."""
    exchange(scene)
    as_superuser(
        scene.hub,
        "DELETE FROM ledger_part WHERE entry_id IN (SELECT entry_id FROM ledger_pending)",
        "DELETE FROM ledger_entry WHERE id IN (SELECT entry_id FROM ledger_pending)",
        "DELETE FROM ledger_pending",
    )
