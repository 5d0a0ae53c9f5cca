"""The attacks of ledger.md §4.6, carried out on a hub that is used over HTTP: who notices, and who has no reason to.

The witness is one that others wrote. It sees checkpoints alone, and cosigns all that extends the log it knows.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import time_machine
from sqlalchemy import make_url

from hub import clock
from hub.epochs import service as epochs
from tests.conftest import fresh_database, hub_on, on, plain
from tests.web.ledger import attacks, foreign_witness
from tests.web.ledger.attacks import Scene


@dataclass(frozen=True)
class Row:
    """An attack, and what each party must say to it."""

    attack: Callable[[Scene], None]
    full: int
    """What `alliance ledger verify --full` of the member ends with that it was done to."""
    plain: int
    """The same without --full: an entry that was looked at before is not looked at again."""
    other: int
    """What another member's `verify --full` ends with."""
    fsck: frozenset[str] = frozenset()
    halted: bool = False
    witness: int = 200
    """The status with which the witness answers to the newest checkpoint: 422 for a fork, 400 for a rollback."""
    anchor_too: bool = False
    """Whether who attacks replaces the anchor file as well."""
    backup: bool = False
    """Whether it begins with the database of a backup."""

    @property
    def name(self) -> str:
        """As tests are named."""
        return self.attack.__name__ + ("_and_anchor" if self.anchor_too else "")


def forged(attack: Callable[[Scene], None], witness: int, halted: int = 0, *, backup: bool = False) -> tuple[Row, Row]:
    """Everybody notices; the hub itself because of the anchor alone. `halted`: what the witness says of what is there
    then, where that is something else."""
    anchor = frozenset({"anchor"})
    noticed = Row(attack, 30, 30, 30, anchor, halted=True, witness=halted or witness, backup=backup)
    return noticed, Row(attack, 30, 30, 30, witness=witness, anchor_too=True, backup=backup)


TABLE = (
    Row(attacks.a1_view_changed, 20, 0, 0, frozenset({"view", "entry"})),
    Row(attacks.a2_leaf_changed, 20, 0, 20, frozenset({"leaf", "tile", "state", "checkpoint", "view"})),
    Row(attacks.a3_leaf_and_tile_changed, 20, 0, 20, frozenset({"tile", "state", "checkpoint", "view"})),
    *forged(attacks.a4_rewritten, 422),
    *forged(attacks.a5_truncated, 400),
    *forged(attacks.a6_truncated_and_grown, 422),
    Row(attacks.a7_view_removed, 40, 0, 0, frozenset({"erasure"})),
    *forged(attacks.a8_restored, 422, 400, backup=True),
    Row(attacks.a9_erased, 0, 0, 0),
    Row(attacks.a10_pending_removed, 10, 10, 0, frozenset({"lost"})),
    Row(attacks.a11_pending_removed_whole, 10, 10, 0),
)


@dataclass(frozen=True)
class Original:
    """A log that members remember, and the database of a backup made before that."""

    scene: Scene
    backup: str


@pytest.fixture(scope="module")
def original(
    cluster: str, home: Path, evaluator_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Original]:
    folder = tmp_path_factory.mktemp("attacks")
    with fresh_database(cluster) as url:
        backup = f"{make_url(url).database}_backup"
        with hub_on(url, home, evaluator_url) as hub:
            with hub.operator() as actor:
                epochs.open_epoch(actor, "e1")
            attacks.prepare(hub, folder, folder / "anchor.note", lambda: copy(cluster, url, backup))
        try:
            yield Original(Scene(hub, folder, folder / "anchor.note"), on(url, backup))
        finally:
            drop(cluster, backup)


def copy(cluster: str, url: str, name: str) -> None:
    """A copy of a database to which nobody is connected."""
    with psycopg.connect(plain(cluster), autocommit=True) as connection:
        source = make_url(url).database
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")


def drop(cluster: str, name: str) -> None:
    with psycopg.connect(plain(cluster), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_attack_is_noticed_by_who_must_and_by_nobody_else(
    original: Original, cluster: str, row: Row, tmp_path: Path
) -> None:
    source = original.backup if row.backup else original.scene.hub.owner_url
    name = f"{make_url(source).database}_{row.name[:3]}".replace("__", "_")
    copy(cluster, source, name)
    try:
        with attacks.copied(on(cluster, name), original.scene, tmp_path) as scene:
            row.attack(scene)
            if row.anchor_too:
                anchor_too(scene)
            fsck = scene.fsck()
            if not row.backup:
                scene.record()
            halted = scene.sequence()
            with time_machine.travel(clock.now() + timedelta(seconds=90)):
                found = (scene.verify("brand-a", full=True), scene.verify("brand-a"), scene.verify("shop", full=True))
            with foreign_witness.running(tmp_path / "witness") as witness:
                status = scene.ask(witness)
                kept = len(witness.evidence())
            assert (*found, fsck, halted) == (row.full, row.plain, row.other, row.fsck, row.halted)
            assert (status, kept) == (row.witness, row.witness == 422), "a fork is kept as evidence"
    finally:
        drop(cluster, name)


def test_fork_that_two_people_anchored_anew_shows_at_each_member_that_saw_more(
    original: Original, cluster: str, tmp_path: Path
) -> None:
    """The hub goes on with a backup, lawfully; its members find out all the same, and keep the evidence."""
    name = f"{make_url(original.backup).database}_anew"
    copy(cluster, original.backup, name)
    try:
        with attacks.copied(on(cluster, name), original.scene, tmp_path) as scene:
            assert scene.sequence() is True
            attacks.anchored_anew(scene)
            scene.record(120)
            assert scene.sequence() is False
            assert [scene.verify(code) for code in attacks.MEMBERS] == [30, 30]
    finally:
        drop(cluster, name)


def anchor_too(scene: Scene) -> None:
    """Put the newest checkpoint of the database in the anchor's place."""
    ((note,),) = scene.hub.sql("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    scene.anchor.write_text(str(note))


def test_every_attack_is_tried_and_one_alone_is_lawful(record_property: Callable[[str, object], None]) -> None:
    columns = zip(*((row.full, row.fsck, row.halted, row.witness != 200) for row in TABLE), strict=True)
    member, fsck, halted, witness = (sum(map(bool, column)) for column in columns)
    words = (
        f"{len(TABLE)} attacks: a member noticed {member}, fsck {fsck}, the anchor {halted}, the witness {witness};"
        " no alarm on the lawful erasure"
    )
    record_property("counted", words)
    assert {row.attack.__name__ for row in TABLE} == {name for name in vars(attacks) if re.match(r"a\d+_", name)}
    assert {row.attack for row in TABLE if not row.full} == {attacks.a9_erased}
