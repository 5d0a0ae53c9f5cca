"""Two members and an auditor use the hub; one loses its laptop, the operator puts a backup back, and each finds out."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import time_machine
from sqlalchemy import make_url

from hub import clock
from hub.epochs import service as epochs
from hub.manage import profiles
from hub.manage.postgres import binary
from hub.members import service as members
from tests.conftest import HTML, fresh_database, hub_on, plain
from tests.web.ledger.attacks import Scene, anchored_anew, quiet, served
from tests.web.ledger.test_attacks import drop

KINDS = {"brand-a": "brand", "shop": "platform", "auditor": "auditor"}
NAMES = "one-shop.com\ntwo-shop.com\nthree-shop.com\n"
OK, FORKED, TRY_LATER = 0, 30, 75


@pytest.fixture
def alliance(cluster: str, home: Path, evaluator_url: str, tmp_path: Path) -> Iterator[Scene]:
    """The office's two people, a brand, a platform and an auditor, each with a client of its own."""
    with fresh_database(cluster) as url, hub_on(url, home, evaluator_url) as hub:
        for app in (hub.app, hub.owner_app):
            app.extensions["settings"] = replace(app.extensions["settings"], anchor=tmp_path / "anchor.note")
        with hub.operator() as actor:
            epochs.open_epoch(actor, "e1")
        for who in ("ada", "ben"):
            hub.person(members.OFFICE, who)
        for code, kind in KINDS.items():
            hub.admit(code, kind)
            with hub.operator() as actor:
                profiles.issue(actor, code, tmp_path / f"{code}.profile", 30)
        (tmp_path / "shops.txt").write_text(NAMES)
        with served(hub, tmp_path, tmp_path / "anchor.note") as scene:
            yield scene


def share(scene: Scene) -> int:
    words = ("--type", "domain", "--evidence", "E2", "--tlp", "green")
    return scene.client("brand-a", "share", str(scene.folder / "shops.txt"), *words)


def match(scene: Scene) -> int:
    found = scene.folder / "found.csv"
    found.unlink(missing_ok=True)
    return scene.client("shop", "match", str(scene.folder / "shops.txt"), "--type", "domain", "--out", str(found))


def verify(scene: Scene, code: str) -> int:
    """What `alliance ledger verify` ends with, two minutes on; what it finds is remembered."""
    with time_machine.travel(clock.now() + timedelta(seconds=120)):
        return scene.client(code, "ledger", "verify")


def evidence(scene: Scene, code: str) -> list[Path]:
    return [*(scene.folder / "state" / code / "evidence").glob("*.json")]


def dump(scene: Scene, to: Path) -> None:
    """The operator's backup, by the program that PostgreSQL has for it."""
    program([str(binary("pg_dump")), "--format=custom", f"--file={to}", plain(scene.hub.owner_url)])


def put_back(scene: Scene, cluster: str, backup: Path) -> None:
    """The operator drops the database and puts the backup in its place."""
    quiet(scene.hub)
    name = str(make_url(scene.hub.owner_url).database)
    drop(cluster, name)
    with psycopg.connect(plain(cluster), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    program([str(binary("pg_restore")), "--exit-on-error", f"--dbname={plain(scene.hub.owner_url)}", str(backup)])


def program(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def told(scene: Scene, code: str) -> list[str]:
    """The actions of a member's own entries, as its client reads them."""
    found = scene.hub.client(code).get("/audit/entries")
    return [json.loads(line)["view"]["action"] for line in found.text.splitlines()]


def test_each_party_finds_out_what_it_was_promised(alliance: Scene, cluster: str, tmp_path: Path) -> None:
    scene, backup = alliance, tmp_path / "hub.dump"

    # The first day: an exchange, and everybody holds the log to what it was shown.
    assert (share(scene), match(scene), scene.sequence()) == (OK, OK, False)
    assert [verify(scene, code) for code in KINDS] == [OK, OK, OK]
    dump(scene, backup)

    # The second day goes on; the brand loses its laptop in the evening, and with it all that its client remembers.
    assert (match(scene), scene.sequence()) == (OK, False)
    assert [verify(scene, code) for code in KINDS] == [OK, OK, OK]
    shutil.rmtree(scene.folder / "state" / "brand-a")
    assert verify(scene, "brand-a") == OK, "a new laptop verifies the whole log, and remembers it from then on"
    shutil.rmtree(scene.folder / "state" / "brand-a")

    put_back(scene, cluster, backup)
    # The anchor tells the hub at once: no exchange is taken, nothing is signed, and the office's pages say so.
    assert scene.sequence() is True
    assert match(scene) == TRY_LATER
    assert "was a backup restored?" in scene.hub.signed_in("ada").get("/", headers=HTML).text
    assert scene.fsck() == {"anchor"}

    # Two of the office have it anchored anew, on the record, and the hub goes on.
    anchored_anew(scene)
    assert (match(scene), scene.sequence(), scene.fsck()) == (OK, False, set())
    assert "ledger.reanchored" in told(scene, "brand-a")

    # Who remembers more than there is finds out by itself and has the two signatures that prove it.
    assert [verify(scene, code) for code in ("shop", "auditor")] == [FORKED, FORKED]
    (proof,) = evidence(scene, "shop")

    # The new laptop remembers nothing, so the log alone looks whole to it; a colleague's checkpoint tells it.
    assert verify(scene, "brand-a") == OK
    remembered = scene.folder / "state" / "shop" / "ledger.json"
    assert scene.client("brand-a", "ledger", "compare", str(remembered)) == FORKED
    assert evidence(scene, "brand-a")

    # The platform puts its evidence before the auditor, who reads it.
    assert scene.client("shop", "ledger", "dispute", str(proof)) == OK
    scene.sequence()
    ((name,),) = scene.hub.sql("SELECT name FROM ledger_dispute")
    read = scene.hub.client("auditor").get(f"/audit/disputes/{name}")
    assert read.get_json() == json.loads(proof.read_text())
    assert scene.hub.client("brand-a").get(f"/audit/disputes/{name}").status_code == 404
