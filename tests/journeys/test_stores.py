"""The main job on real lists: A, B and C share, a platform matches its 168,412 lines, and nothing readable is left behind."""

import base64
import csv
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.access.tlp import MemberKind
from hub.canonical import RefusedError, canonicalise
from hub.manage.postgres import binary
from tests.conftest import SHARED, plain
from tests.journeys.recorder import recording
from tests.journeys.running import Running, running_hub

STORES = SHARED / "stores"
pytestmark = pytest.mark.skipif(not STORES.exists(), reason="the lists of ../shared/data/stores are not here")
BRANDS = ("brand-a", "brand-b", "brand-c")


def listed(name: str) -> list[str | None]:
    """Line by line the canonical form, None where there is none: the plain-text side of the comparison."""
    forms: list[str | None] = []
    for line in (STORES / f"{name.replace('-', '_')}.txt").read_text(encoding="utf-8").split("\n"):
        try:
            forms.append(canonicalise("domain", line).value)
        except RefusedError:
            forms.append(None)
    return forms


@dataclass
class Exchange:
    """What was exchanged, and what passed over the wire."""

    hub: Running
    wire: Path
    shared: dict[str, Any]
    matched: dict[str, Any]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder = tmp_path_factory.mktemp("stores")
    wire = folder / "wire.bin"
    with running_hub(folder) as hub, recording(int(hub.environment["HUB_PORT"]), wire) as address:
        hub.admit(
            brand_a=MemberKind.BRAND, brand_b=MemberKind.BRAND, brand_c=MemberKind.BRAND, shop=MemberKind.PLATFORM
        )
        for profile in folder.glob("*.profile"):
            profile.write_text(json.dumps(json.loads(profile.read_text()) | {"url": address}))
        shared = {
            code: hub.alliance(
                *(code, "share", str(STORES / f"{code.replace('-', '_')}.txt"), "--type", "domain"),
                *("--evidence", "E2", "--tlp", "green", "--bad-rows", str(folder / f"{code}.bad.csv")),
            )
            for code in BRANDS
        }
        matched = hub.alliance(
            *("shop", "match", str(STORES / "platform.txt"), "--type", "domain"),
            *("--out", str(folder / "hits.csv"), "--bad-rows", str(folder / "shop.bad.csv")),
        )
        yield Exchange(hub, wire, shared, matched)


def test_every_list_is_shared_whole(exchange: Exchange) -> None:
    added = {code: answer["shared"]["added"] for code, answer in exchange.shared.items()}
    assert added == {code: len(set(listed(code)) - {None}) for code in BRANDS}


def plain_join() -> dict[int, int]:
    """Line of the platform's list → how many brands hold the same canonical form, for the lines that any does."""
    held = Counter(form for code in BRANDS for form in set(listed(code)) - {None})
    return {n: held[form] for n, form in enumerate(listed("platform"), 1) if held[form]}


def test_match_equals_the_plain_text_join_line_for_line(exchange: Exchange) -> None:
    expected = plain_join()
    assert len(expected) > 900
    hits = exchange.matched["hits"]
    assert {hit["row"]: hit["members"] for hit in hits} == {n: k if k >= 3 else None for n, k in expected.items()}
    assert {hit["evidence_level"] for hit in hits} == {"E2"}
    assert len(hits) == len(expected)


def test_hits_file_holds_the_lines_themselves(exchange: Exchange) -> None:
    lines = (STORES / "platform.txt").read_text(encoding="utf-8").split("\n")
    with (exchange.hub.folder / "hits.csv").open(newline="", encoding="utf-8-sig") as file:
        found = {int(hit["line"]): hit["identifier"] for hit in csv.DictReader(file)}
    assert found == {n: lines[n - 1].strip() for n in plain_join()}


def test_list_and_join_find_what_match_finds(exchange: Exchange) -> None:
    hub = exchange.hub
    hub.alliance("shop", "list", "--type", "domain")
    joined = hub.alliance(
        *("shop", "join", str(STORES / "platform.txt"), "--type", "domain", "--out", str(hub.folder / "joined.csv")),
        *("--bad-rows", str(hub.folder / "joined.bad.csv")),
    )
    of_the_hub_alone = {"match": None}
    assert joined["hits"] == [hit | of_the_hub_alone for hit in exchange.matched["hits"]]


@pytest.mark.parametrize("code", [*BRANDS, "shop"])
def test_every_member_verifies_the_log(exchange: Exchange, code: str) -> None:
    answer = exchange.hub.alliance(code, "ledger", "verify", codes=(0, 3))
    assert answer["own"] == answer["views"] > 0
    assert answer["waiting"] == 0


HOSTNAME = re.compile(rb"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def names_in(content: bytes, names: set[bytes]) -> set[bytes]:
    """Which of the names stand there: whole, in any case, and a sample of them in disguise or inside something else."""
    found = names & set(HOSTNAME.findall(content.lower()))
    for name in sorted(names)[::900]:
        shifted = (base64.b64encode(bytes(shift) + name)[-(-shift * 4 // 3) : -4] for shift in range(3))
        if any(spelled in content for spelled in (name, name.hex().encode(), *shifted)):
            found.add(name)
    return found


def test_search_finds_a_name_however_it_is_written() -> None:
    name = b"shop-of-somebody.example"
    for content in (name.upper(), name.hex().encode(), *(base64.b64encode(b"xy"[:n] + name) for n in range(3))):
        assert names_in(b"(" + content + b")", {name}) == {name}


def test_no_identifier_is_in_database_logs_or_bodies(exchange: Exchange) -> None:
    """Of every name the four lists hold, none of eight characters or more stands anywhere at the hub or on the way."""
    hub = exchange.hub
    forms = {form for code in (*BRANDS, "platform") for form in listed(code)} - {None}
    names = {form.encode() for form in forms if form is not None and len(form) >= 8}
    dump = subprocess.run(
        [str(binary("pg_dump")), "--inserts", plain(hub.environment["HUB_DATABASE_URL"])],
        capture_output=True,
        check=True,
    ).stdout
    logs = b"".join(path.read_bytes() for path in (hub.home / "log").iterdir())
    everything = {"database": dump, "logs": logs, "bodies": exchange.wire.read_bytes()}
    assert all(len(content) > 1000 for content in everything.values())
    lines = {line for code in BRANDS for line in (STORES / f"{code.replace('-', '_')}.txt").read_bytes().split(b"\n")}
    foreign = [line.strip() for line in lines if not line.isascii()]
    for where, content in everything.items():
        found = names_in(content, names)
        assert not found, f"{len(found)} names stand in {where}"
        assert not any(line in content for line in foreign), where


def test_no_token_or_key_is_in_the_logs(exchange: Exchange) -> None:
    hub = exchange.hub
    logs = b"".join(path.read_bytes() for path in (hub.home / "log").iterdir())
    with psycopg.connect(plain(hub.environment["HUB_DATABASE_URL"])) as connection:
        tokens = [row[0] for row in connection.execute("SELECT token FROM contribution LIMIT 300")]
    for token in tokens:
        for spelled in (
            token,
            token.hex().encode(),
            base64.b64encode(token)[:-2],
            base64.urlsafe_b64encode(token)[:-2],
        ):
            assert spelled not in logs
    for profile in hub.folder.glob("*.profile"):
        assert json.loads(profile.read_text())["api_key"].encode() not in logs
