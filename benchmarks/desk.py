"""What the desk costs: a report of 1,000 listings, and a platform's inbox as it fills."""

import statistics
import time
from typing import Any, NamedTuple

from benchmarks.figure import Figure, at_most
from benchmarks.stage import Stage, stage

ADDRESS = "/api/v1/listing-reports"
HOST = "shop.example.com"
LISTINGS = 1000
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"state": "submitted"},
    {"state": "in review"},
    {"state": "decided"},
    {"reason": "no_such_model"},
    {"reason": "design", "state": "submitted"},
    {"unassigned": "true"},
    {"counterpart": "brand-a"},
    {"counterpart": "brand-b", "state": "decided"},
)
FILL = """INSERT INTO listing_report (name, brand_id, platform_id, by_agent, right_name, right_facts, reason, evidence,
  explanation, declaration, declared_digest, filed_by, filed_at, listings, state, version)
SELECT substr(md5('desk' || n), 1, 22), (ARRAY[%(a)s, %(b)s]::int[])[1 + n / 12 %% 2], %(x)s, false, 'r', '{}',
  (ARRAY['no_such_model', 'design', 'patent'])[1 + n %% 3], '{}', '', 1, sha256('d'), 'p', now(), 3,
  (ARRAY['submitted', 'in review', 'decided', 'closed'])[1 + n %% 4], 1
FROM generate_series(%(first)s::int, %(last)s) n"""

MILLION = 1_000_000
SELLERS = """INSERT INTO authorised_seller (name, brand_id, url, host, digest, seller, seller_digest, by_agent, added_by, added_at)
SELECT substr(md5('seller' || n), 1, 22), (SELECT id FROM member WHERE code = 'brand-b'), 'https://' || h.host || '/store/' || n,
  h.host, sha256(int8send(n)), 'Shop ' || n, sha256(int8send(-n)), false, 'p', now()
FROM generate_series(1, %(count)s::bigint) n, (VALUES (%(host)s)) h(host)"""


class Filed(NamedTuple):
    """Seconds, the median: to have a report looked at, and to file it."""

    looked: float
    filed: float


def prepared(hub: Stage) -> str:
    """A verified right of brand-a, and a marketplace of platform-x; returns the right's name."""
    right: dict[str, Any] = {
        "type": "trade-mark",
        "office": "EUIPO",
        "number": "018123456",
        "title": "ACME",
        "owner": "Acme GmbH",
    }
    right |= {"begins_on": "2020-01-01", "ends_on": "2099-01-01", "classes": [25]}
    with hub.session("brand-a") as session:
        answer = session.post(f"{hub.url}/api/v1/rights", json=right)
        assert answer.status_code == 201, answer.text
    with hub.sql() as connection:
        connection.execute("UPDATE ip_right SET state = 'verified'")
        connection.execute(
            "INSERT INTO marketplace (host, platform_id, jurisdictions, set_at)"
            " SELECT %s, id, '{DE}', now() FROM member WHERE code = 'platform-x'",
            (HOST,),
        )
    return str(answer.json()["name"])


def authorise(hub: Stage, count: int) -> None:
    """Let so many sellers, of none of the listings, stand on another brand's list."""
    with hub.sql() as connection:
        connection.execute(SELLERS, {"count": count, "host": HOST})
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE authorised_seller")


def filing(hub: Stage, right: str, part: str, rounds: int = 5) -> Filed:
    """Reports of 1,000 new listings each, over HTTP; `part` of the marketplace has them."""
    looked, filed = [], []
    with hub.session("brand-a") as session:
        for turn in range(rounds):
            said: dict[str, Any] = {
                "platform": "platform-x",
                "right": right,
                "reason": "no_such_model",
                "evidence": {"range_statement": "We never made it in this size."},
                "product_class": 25,
                "listings": [
                    {"url": f"https://{HOST}/{part}/{turn}-{n}", "seller": f"{part} {n}"} for n in range(LISTINGS)
                ],
                "declaration": 1,
            }
            for times, dry_run in ((looked, True), (filed, False)):
                began = time.perf_counter()
                answer = session.post(f"{hub.url}{ADDRESS}", json=said | {"dry_run": dry_run})
                times.append(time.perf_counter() - began)
                assert answer.ok, answer.text
                assert (answer.json()["good"], answer.json()["faults"]) == (LISTINGS, [])
    return Filed(statistics.median(looked), statistics.median(filed))


def fill(hub: Stage, first: int, last: int) -> None:
    """Let the platform have reports of these numbers in its inbox."""
    with hub.sql() as connection:
        codes = ("brand-a", "brand-b", "platform-x")
        found = connection.execute("SELECT code, id FROM member WHERE code = ANY(%s)", (list(codes),)).fetchall()
        numbers = {str(code)[-1]: id for code, id in found}
        connection.execute(FILL, {**numbers, "first": first, "last": last})
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE listing_report")


def inbox(hub: Stage, rounds: int = 30) -> float:
    """Seconds of a page of the inbox over HTTP, each filter in turn: the 95th percentile."""
    times = []
    with hub.session("platform-x") as session:
        for turn in range(rounds + 1):
            for filters in FILTERS:
                began = time.perf_counter()
                answer = session.get(f"{hub.url}{ADDRESS}", params={**filters, "limit": "50"})
                if turn:  # in the first, statements are written out
                    times.append(time.perf_counter() - began)
                assert answer.ok, answer.text
                assert answer.json()["reports"], filters
    return statistics.quantiles(times, n=20)[18]


def figures() -> list[Figure]:
    """Listing reports: filing one of 1,000 listings, and the inbox of a platform as it fills."""
    with stage(1, 1) as hub:
        right = prepared(hub)
        alone = filing(hub, right, "first")
        authorise(hub, MILLION)
        filed = filing(hub, right, "second")
        fill(hub, 1, 1_000)
        few = inbox(hub)
        fill(hub, 1_001, 100_000)
        many = inbox(hub)
    return [
        at_most(
            "desk: s to have 1,000 listings looked at",
            filed.looked,
            2,
            f"over HTTP, held against {MILLION:,} authorised sellers; {alone.looked:.3f} against none",
        ),
        at_most(
            "desk: s to file 1,000 listings", filed.filed, 3, f"the same, on record; {alone.filed:.3f} against none"
        ),
        at_most("desk: ms of an inbox of 100,000 reports, filtered, p95", many * 1000, 100, "a page of 50"),
        at_most(
            "desk: inbox of 100,000 / of 1,000", many / few, 1.3, f"{many * 1000:.1f} against {few * 1000:.1f} ms, p95"
        ),
    ]
