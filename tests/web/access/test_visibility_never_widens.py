"""Law: whatever is contributed and whoever reads, the four statements of who sees what agree.

The policy as yes/no, the policy as WHERE, the database's own row-level security, and the rule as the design's words
have it, written here once more: own rows always; others' rows up to the label that may reach the reader's kind, within
the contributor's sector unless widened, to platforms alone where it says so, and to whom they are addressed, if to
anybody: named members, and sharing groups that reader and contributor are both in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine, create_engine, select, text

from hub.access.actor import Actor
from hub.access.grants import GRANTS
from hub.access.guard import settings_of
from hub.access.tlp import MemberKind
from hub.indicators import policy
from hub.indicators.model import Contribution
from tests.conftest import Hub, as_role, plain

KINDS = {
    1: MemberKind.ADMINISTRATION,
    2: MemberKind.BRAND,
    3: MemberKind.BRAND,
    4: MemberKind.PLATFORM,
    5: MemberKind.AUTHORITY,
    6: MemberKind.AUDITOR,
}
"""Number of a member → what it is; 1 is the alliance's office."""
REACH = {"brand": "red", "platform": "red", "authority": "green"}
"""Kind → the label beyond which nothing reaches it; nothing reaches the kinds that are not here."""
LABELS = ("clear", "green", "amber", "amber+strict", "red")
GROUPS = (1, 2, 3)
SECTORS = (None, "toys", "watches")


@dataclass(frozen=True)
class Said:
    """A contribution of `owner`."""

    token: bytes
    owner: int
    label: str
    groups: frozenset[int]
    named: frozenset[int]
    sector: str | None
    """None: widened to all, or of a contributor without one."""
    platforms_only: bool


@dataclass(frozen=True)
class Reader:
    """A member of a sector, or of none, and of some sharing groups."""

    member: int
    groups: frozenset[int]
    sector: str | None


groups = some.frozensets(some.sampled_from(GROUPS))
sectors = some.sampled_from(SECTORS)
readers = some.builds(Reader, some.sampled_from(list(KINDS)), groups, sectors)


@some.composite
def said(draw: some.DrawFn) -> list[Said]:
    """Contributions, one of a member on a token; RED is addressed to a group, as the table demands."""
    places = draw(some.lists(some.tuples(some.integers(0, 3), some.sampled_from([2, 3, 4])), unique=True, max_size=9))
    found = []
    for number, owner in places:
        label, named = draw(some.sampled_from(LABELS)), draw(groups)
        members = draw(some.frozensets(some.sampled_from(list(KINDS)), max_size=2))
        if label == "red" and not named and not members:
            named = frozenset({1})
        found.append(Said(bytes([number]) * 32, owner, label, named, members, draw(sectors), draw(some.booleans())))
    return found


def passes(reader: Reader, one: Said) -> bool:
    """The rule of DESIGN.md §2 and §4 in plain words."""
    if one.owner == reader.member:
        return True
    reach = REACH.get(KINDS[reader.member].value)
    if reach is None or LABELS.index(one.label) > LABELS.index(reach):
        return False
    if one.platforms_only and KINDS[reader.member].value != "platform":
        return False
    if one.sector and reader.sector and one.sector != reader.sector:
        return False
    if not one.groups and not one.named:
        return True
    return reader.member in one.named or not one.groups.isdisjoint(reader.groups)


def seat(group: int, member: int) -> int:
    """The number of a member's seat in a group."""
    return group * 10 + member


def actor(reader: Reader) -> Actor:
    kind = KINDS[reader.member]
    seats = [seat(group, member) for group in reader.groups for member in KINDS]
    return Actor(
        reader.member, "-", kind, GRANTS[kind], "api", "p_reader", reader.sector, (-reader.member, *sorted(seats))
    )


def row(one: Said) -> dict[str, Any]:
    return {
        "key_id": 1,
        "token": one.token,
        "member_id": one.owner,
        "stance": "infringing",
        "evidence_level": 2,
        "tlp": LABELS.index(one.label) + 1,
        "sector": one.sector,
        "platforms_only": one.platforms_only,
        "addressees": [*(seat(group, one.owner) for group in one.groups), *(-member for member in one.named)] or None,
        "shared_at": datetime(2026, 1, 1, tzinfo=UTC),
        "expires_on": date(2030, 1, 1),
        "state": "active",
    }


@pytest.fixture
def engines(hub: Hub) -> Iterator[tuple[Engine, Engine]]:
    """The database as its owner, who stands above row-level security, and as the application, who does not."""
    hub.sql("TRUNCATE member CASCADE")
    hub.sql("ALTER TABLE contribution DISABLE TRIGGER USER")
    with psycopg.connect(plain(hub.owner_url)) as connection:
        for number, kind in KINDS.items():
            connection.execute(
                "INSERT INTO member (id, code, name, kind, state, admitted_at) VALUES (%s, %s, '-', %s, 'admitted', now())",
                (number, f"member-{number}", kind.value),
            )
    made = create_engine(hub.owner_url), create_engine(as_role(hub.owner_url, "app"))
    yield made
    for engine in made:
        engine.dispose()


def keys(found: Any) -> set[tuple[bytes, int]]:
    return {(bytes(token), owner) for token, owner in found}


def test_four_statements_of_who_sees_what_agree(engines: tuple[Engine, Engine]) -> None:
    owner, application = engines
    columns = (Contribution.token, Contribution.member_id)

    @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
    @given(said(), some.lists(readers, min_size=1, max_size=4))
    def check(contributions: list[Said], asking: list[Reader]) -> None:
        with owner.begin() as everything:
            everything.execute(text("TRUNCATE contribution, indicator CASCADE"))
            for token in {one.token for one in contributions}:
                everything.execute(text("INSERT INTO indicator (key_id, token) VALUES (1, :token)"), {"token": token})
            for one in contributions:
                everything.execute(Contribution.__table__.insert(), row(one))  # type: ignore[attr-defined]
        for reader in asking:
            me = actor(reader)
            expected = {(one.token, one.owner) for one in contributions if passes(reader, one)}
            asked = {(one.token, one.owner) for one in contributions if policy.may_see(me, Contribution(**row(one)))}
            assert asked == expected
            with owner.connect() as unguarded:
                assert keys(unguarded.execute(select(*columns).where(policy.visible_to(me)))) == expected
            with application.connect() as guarded:
                for name, value in settings_of(me).items():
                    guarded.execute(
                        text("SELECT set_config(:name, :value, true)"), {"name": f"hub.{name}", "value": value}
                    )
                assert keys(guarded.execute(select(*columns))) == expected
                assert {bytes(token) for (token,) in guarded.execute(text("SELECT token FROM indicator"))} == {
                    token for token, _ in expected
                }

    check()
