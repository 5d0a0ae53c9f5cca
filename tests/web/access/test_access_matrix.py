"""Every route and method, asked by every kind of actor: the answers are the reviewed table in matrix.txt.

A route without its row, or a row whose answer has changed, fails; the failure shows the table as it is now.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from hub import clock
from hub.access.gate import marks
from hub.access.grants import AGENT_SCOPES, CLIENT, ROLES, Role, granted, granted_acting, granted_to_client
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.limits.service import Leases
from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import Hub

TABLE = Path(__file__).with_name("matrix.txt")
ARGUMENTS = {
    "key_id": "example.e1.domain",
    "entry": "A" * 22,
    "id": "A" * 22,
    "pseudonym": "p_0000000000000000",
    "size": 1,
    "shard": "2027",
    "link": "A" * 43,
    "number": 1_000_000,
    "n": 1,
    "path": "0/000",
    "key": "A" * 43,
    "name": "a_nothing",
    "item": "sector",
    "code": "nobody",
    "group": "g-nothing",
    "filename": "hub.css",
}
"""A value for each variable part of an address; that of a record names none, so that who may pass is told 404."""
KINDS = ("brand", "platform", "authority", "auditor", "agent")
UNFIT = {"suspended": MemberState.SUSPENDED, "left": MemberState.LEFT}


def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Each method of each rule; HEAD and OPTIONS go with GET and with the rule."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


@pytest.fixture
def seats(hub: Hub) -> dict[str, Callable[[], FlaskClient]]:
    """Kind of actor → makes a client that is signed in as one."""
    hub.app.config["WTF_CSRF_ENABLED"] = False  # or its refusal would stand before the gate's
    made: dict[str, Callable[[], FlaskClient]] = {"nobody": hub.app.test_client}
    for kind in KINDS:
        hub.admit(kind, kind)
    with hub.operator() as actor:
        hub.keys["office"] = members.issue_credential(actor, members.OFFICE)
        for code in UNFIT:
            members.admit(actor, code, MemberKind.BRAND, code)
            hub.keys[code] = members.issue_credential(actor, code)
            members.move(actor, code, UNFIT[code])
        for kind in KINDS:
            members.set_limit(actor, kind, 100_000)  # every address in a minute, by a dozen actors of one member
        hub.keys["expired"] = members.issue_credential(actor, "brand", days=1)
        hub.keys["revoked"] = "ah_" + "A" * 43
    for role in Role:
        hub.person("brand", role.value, role)
    for code in (*KINDS[1:], members.OFFICE):
        hub.person(code)
    past = clock.now() - timedelta(days=1)
    hub.sql("UPDATE credential SET expires_at = %s WHERE expires_at < now() + interval '2 days'", past)
    for code in hub.keys:
        made[f"key:{code}"] = lambda code=code: hub.client(code)  # type: ignore[misc]
    hub.sql(
        "INSERT INTO authorisation (brand_id, agent_id, scopes, begins_on, ends_on, given_by, given_at)"
        " SELECT b.id, a.id, %s, current_date - 1, current_date + 9, 'p_1', now() FROM member a, member b"
        " WHERE a.code = 'agent' AND b.code = 'brand'",
        [scope.value for scope in AGENT_SCOPES],
    )
    made["key:acting"] = lambda: acting(hub, "brand")
    made["key:unlet"] = lambda: acting(hub, "platform")
    for who in (*Role, *KINDS[1:], members.OFFICE):
        made[str(who)] = lambda who=who: hub.signed_in(str(who))  # type: ignore[misc]
    hub.person("agent", "acting")
    made["acting"] = lambda: hub.signed_in("acting")
    return made


def choose(hub: Hub) -> None:
    """Have the person `acting` act for the brand, also where the row before ended that."""
    hub.sql(
        "UPDATE session SET acting_under = a.id FROM authorisation a, person p"
        " WHERE p.id = person_id AND p.email LIKE 'acting@%%'"
    )


def acting(hub: Hub, brand: str) -> FlaskClient:
    """The agent's key with the header, once for a brand that authorised it to all there is, once for who did not."""
    client = hub.client("agent")
    client.environ_base["HTTP_ACTING_FOR"] = brand
    return client


def asked(app: Flask, client: FlaskClient, method: str, rule: Rule) -> int:
    """The status of one request with nothing in it, each from a client that is signed in as before."""
    with app.test_request_context():
        arguments = {name: ARGUMENTS[name] for name in rule.arguments}
        built = rule.build(arguments, append_unknown=False)
        assert built is not None
    return client.open(
        built[1], method=method, headers={"Accept": "text/html,application/json"}, buffered=True
    ).status_code


def rested(hub: Hub, client: FlaskClient, method: str, rule: Rule) -> int:
    """The same of a member that has not asked for anything lately: the whole table is more than a minute allows."""
    hub.sql("DELETE FROM rate_window")
    hub.app.extensions["leases"] = Leases()
    return asked(hub.app, client, method, rule)


def test_every_actor_is_answered_as_the_table_says(
    hub: Hub, seats: dict[str, Callable[[], FlaskClient]], tmp_path: Path
) -> None:
    mark = marks(hub.app)
    lines = [" ".join(["method route".ljust(52), *(seat.rjust(13) for seat in seats), " mark"])]
    clients = {seat: make() for seat, make in seats.items()}
    for n, client in enumerate(clients.values()):
        client.environ_base["REMOTE_ADDR"] = f"10.0.{n}.1"  # their attempts to sign in are counted apart
    for method, rule in routes(hub.app):
        if (
            rule.endpoint == "sessions.sign_out"
        ):  # would end the sessions of the rows below it; its mark is in the boot check
            continue
        choose(hub)
        hub.sql("DELETE FROM ledger_pending")  # nothing is late: no sequencer works here
        answers = [str(rested(hub, clients[seat], method, rule)).rjust(13) for seat in seats]
        needed = mark[rule.endpoint]
        said = needed.value if isinstance(needed, Permission) else "public"
        lines.append(" ".join([f"{method} {rule.rule}".ljust(52), *answers, f" {said}"]))
    now = "\n".join(lines) + "\n"
    (tmp_path / "matrix.txt").write_text(now)
    assert now.splitlines() == TABLE.read_text().splitlines(), f"the table as it is now: {tmp_path / 'matrix.txt'}"


def test_table_lets_past_a_permission_only_those_whom_the_grants_let() -> None:
    """The table itself, against the grants: where it says neither 302, 401 nor 403, the actor's grants hold the mark."""
    heading, *rows = TABLE.read_text().splitlines()
    seats = heading.split()[2:-1]
    may = {f"key:{kind}": granted_to_client(MemberKind(kind), None) for kind in KINDS}
    may |= {"key:acting": granted_acting(CLIENT, [scope.value for scope in AGENT_SCOPES])}
    may |= {"acting": granted_acting(ROLES[Role.OWNER], AGENT_SCOPES) | {Permission.SESSION_OWN}}
    may |= {str(role): granted(MemberKind.BRAND, role) for role in Role}
    may |= {kind: granted(MemberKind(kind), Role.OWNER) for kind in KINDS[1:]}
    may |= {"key:office": granted_to_client(MemberKind.ADMINISTRATION, None)}
    may |= {members.OFFICE: granted(MemberKind.ADMINISTRATION, Role.OWNER)}
    assert len(rows) > 20
    for row in rows:
        method, rule, *cells, mark = row.split()
        for seat, status in zip(seats, cells, strict=True):
            if mark != "public" and status not in {"302", "401", "403"} and (seat, status) != ("key:unlet", "404"):
                assert mark in may.get(seat, frozenset()), (method, rule, seat)
