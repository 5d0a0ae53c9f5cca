"""The policy once more, as the tests of every reader hold the hub to it.

It stands below in plain words and a table, written from DESIGN.md §2, §4 and §5 and from the ADRs; nothing of it is the
hub's own code.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import psycopg
from werkzeug.test import TestResponse

from hub.access.permissions import Permission
from tests.conftest import as_role, plain
from tests.web.access.everybody import (
    ACTING,
    GROUPS,
    LABELS,
    MEMBERS,
    PEOPLE,
    Everybody,
    Word,
    readers_of_lists,
)

REACH = {"brand": "red", "platform": "red", "authority": "green"}
"""Kind of member → the last label that may reach it. To an auditor and to the office nothing passes."""
EXCHANGES = ("brand", "platform")
"""Kinds that share, match, and read what they shared and matched."""
OUT_OF_STANDING = "gone"


def passes(all_there_is: Everybody, reader: str | None, word: Word) -> bool:
    """Whether what one member said may come before another (DESIGN §4, ADR 0015)."""
    if reader is None:
        return False
    if word.owner == reader:
        return True
    reach = REACH.get(all_there_is.kind(reader))
    if reach is None or LABELS.index(word.label) > LABELS.index(reach):
        return False
    if word.audience.get("platforms_only") and all_there_is.kind(reader) != "platform":
        return False
    sectors = {all_there_is.sector(word.owner), all_there_is.sector(reader)} - {None}
    if len(sectors) > 1 and "widening" not in word.audience:
        return False
    groups, named = word.audience.get("sharing_groups"), word.audience.get("members")
    if groups is None and named is None:
        return True
    return reader in (named or ()) or any({reader, word.owner} <= set(GROUPS[group]) for group in groups or ())


def effect(all_there_is: Everybody, reader: str, words: list[Word]) -> tuple[int, int | None, list[str]] | None:
    """What the words on one token come to for a reader: highest level, unnamed members (None: fewer than three), names.

    E2 or better, or two members at E1, none of all says `legitimate`, and it is not only the reader's own (DESIGN §2).
    """
    standing = [word for word in words if not word.withdrawn]
    if any(word.stance == "legitimate" for word in standing):
        return None
    seen = [word for word in standing if word.owner != OUT_OF_STANDING and passes(all_there_is, reader, word)]
    others = [word for word in seen if word.owner != reader]
    if not others or (len(seen) < 2 and seen[0].level < 2):
        return None
    hidden = sum(not word.shown for word in others)
    names = sorted(word.owner for word in others if word.shown)
    return max(word.level for word in seen), hidden if hidden >= 3 else None, names


def effects(all_there_is: Everybody, reader: str, words: list[Word]) -> dict[int, Any]:
    """The tokens that have effect for a reader, by number."""
    by_number: defaultdict[int, list[Word]] = defaultdict(list)
    for word in words:
        by_number[word.number].append(word)
    found = {number: effect(all_there_is, reader, said) for number, said in by_number.items()}
    return {number: each for number, each in found.items() if each is not None}


def sighted(all_there_is: Everybody) -> set[tuple[int, str]]:
    """(token, contributor) whose word counted in a match of somebody else: the contributor learns of these."""
    return {
        (word.number, word.owner)
        for reader in readers_of_lists()
        for now in [effects_then(all_there_is, reader)]  # looked up once a reader
        for word in all_there_is.before
        if word.number in now and word.owner not in {reader, OUT_OF_STANDING}
        if not word.withdrawn and passes(all_there_is, reader, word)
    }


def effects_then(all_there_is: Everybody, code: str) -> dict[int, Any]:
    """The tokens that had effect for a reader when everybody looked."""
    return effects(all_there_is, code, all_there_is.before)


NOBODY = {"nobody", "key of gone", "person-of-gone"}
"""Who finds nothing at all: a stranger, and a member out of standing."""


def of_members(*wanted: str) -> set[str]:
    """The people and the whole keys of members."""
    people = {who for who, (code, _) in PEOPLE.items() if code in wanted}
    return (people | {f"key of {code}" for code in wanted}) - NOBODY


def seats(all_there_is: Everybody) -> dict[str, set[str]]:
    """Group → the members that sit in it."""
    founded = {group: {founder} for group, (founder, _) in all_there_is.founded.items()}
    return {group: set(codes) for group, codes in GROUPS.items()} | founded


def acting_for(brand: str, scope: Permission) -> set[str]:
    """The readers that act for a brand which let them that: they find what it finds of it."""
    return {who for who, acting in ACTING.items() if acting.brand == brand and scope in acting.scopes}


def same_person(who: str) -> set[str]:
    """A person, and as whom else it reads: its own sign-in is its own, whomever it acts for."""
    return {who} | {each for each, acting in ACTING.items() if acting.person == who}


# --- reading


@contextmanager
def reading(hub: Any, code: str | None, brand: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """SQL as the web server's role, the database told by itself who reads: a member by its key, or nobody.

    `brand`: for whom the member acts.
    """
    with psycopg.connect(plain(as_role(hub.owner_url, "app"))) as connection:
        if code is not None:
            key = hub.keys[code].encode()
            connection.execute("SELECT * FROM credential_holder(sha256(%s), now(), NULL)", (key,))
        if brand is not None:
            assert connection.execute("SELECT * FROM take_up(%s, now())", (brand,)).fetchone() is not None
        yield connection


def sql(all_there_is: Everybody, code: str | None, statement: str) -> set[Any]:
    """The rows of a statement that has no WHERE of its own."""
    with reading(all_there_is.hub, code) as connection:
        # psycopg takes literal statements alone; this one is made of the names of our own tables
        return set(connection.execute(statement).fetchall())  # type: ignore[call-overload]  # psycopg types literals alone


def differing(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> dict[Any, Any]:
    """Cell → what it holds too much and too little, of those cells that differ."""
    return {
        cell: {"too much": _less(found.get(cell), each), "too little": _less(each, found.get(cell))}
        for cell, each in expected.items()
        if found.get(cell) != each
    }


def _less(one: Any, other: Any) -> Any:
    return one - other if isinstance(one, Set) and isinstance(other, Set) else one


def codes() -> list[str]:
    """Every member."""
    return [*MEMBERS, "alliance"]


def sql_as_owner(all_there_is: Everybody, statement: str) -> set[Any]:
    """The rows there are."""
    return set(map(plain_row, all_there_is.hub.sql(statement)))


def plain_row(row: Any) -> Any:
    """A row whose octets are bytes."""
    return tuple(bytes(each) if isinstance(each, memoryview | bytes) else each for each in row)


def text_of(answer: TestResponse) -> str:
    """All that an answer tells; of an export, but for the log itself, which is everybody's and holds commitments alone."""
    if answer.mimetype != "application/zip":
        return unescape(answer.get_data().decode(errors="replace"))
    with ZipFile(BytesIO(answer.get_data())) as bundle:
        own = [name for name in bundle.namelist() if not name.startswith("audit/log/")]
        return "\n".join(bundle.read(name).decode() for name in own)
