"""What a platform established is shared upon its report: by the real client over HTTP, at E2, as tokens alone."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.manage import profiles
from tests.conftest import HTML, Hub
from tests.unit.client.typed import Ended, typed
from tests.web.indicators.test_share_and_match_over_http import KEY, token
from tests.web.ledger.typing_member import served
from tests.web.listing_reports.reporting import answer, file, named_market, review, verified_right

HOST = "market.northmall.org"
STORES = [f"https://{HOST}/store/{n}" for n in range(1, 4)]
Client = Callable[..., Ended]


@pytest.fixture
def alliance(hub: Hub, tmp_path: Path) -> Hub:
    """Two brands and a platform; the first brand has a profile, a right and an owner."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
    with hub.operator() as actor:
        profiles.issue(actor, "brand-a", tmp_path / "brand-a.profile", 30)
    for who in ("brand-a", "shop"):
        hub.person(who)
    hub.person("alliance", "ada")
    for host in (HOST, "shop.example.com"):
        named_market(hub, "shop", host)
    return hub


@pytest.fixture
def client(alliance: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The command line of brand-a, against the hub over HTTP."""
    with served(alliance) as url:
        profile = tmp_path / "brand-a.profile"
        profile.write_text(json.dumps(json.loads(profile.read_text()) | {"url": url}))
        monkeypatch.setenv("ALLIANCE_STATE", str(tmp_path / "state"))
        monkeypatch.chdir(tmp_path)

        def command(*words: str | Path, code: int = 0) -> Ended:
            ended = typed("--profile", profile, "--patience", "0", *words)
            assert ended.code == code, (words, ended.code, ended.err)
            return ended

        yield command


@pytest.fixture
def report(alliance: Hub) -> str:
    """A report of three stores and an offer; the platform established the first two stores and the offer."""
    listings: list[dict[str, Any]] = [{"url": url, "target": "store", "seller": "Shop 77"} for url in STORES]
    listings.append({"url": f"https://{HOST}/item/1", "target": "listing", "seller": "Shop 77"})
    name = file(alliance.client("brand-a"), verified_right(alliance, "brand-a"), listings=listings)
    sentence = "The pictures show the goods of the right holder."
    review(alliance, name, "take")
    review(alliance, name, "judge", decision="established", listings=[1, 2, 4])
    rejected = {"decision": "rejected", "listings": [3], "refusal": "not_infringing", "sentence": sentence}
    assert review(alliance, name, "judge", **rejected).status_code == 200
    return name


def test_report_that_was_withdrawn_or_is_open_again_bears_nothing(alliance: Hub, report: str) -> None:
    assert put(alliance, "brand-a", 1, report=report).status_code == 200
    assert review(alliance, report, "close").status_code == 200
    sentence = "The seller appealed, and the appeal was upheld."
    assert review(alliance, report, "reopen", sentence=sentence).status_code == 200
    assert review(alliance, report, "judge", decision="established", listings=[1]).status_code == 200
    assert put(alliance, "brand-a", 2, report=report).status_code == 422
    assert answer(alliance, report, "withdraw").status_code == 200
    assert put(alliance, "brand-a", 2, report=report).status_code == 422


def put(hub: Hub, code: str, *numbers: int, **terms: Any) -> TestResponse:
    """Share tokens without the client."""
    tokens = base64.b64encode(b"".join(map(token, numbers))).decode()
    body = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": tokens}
    return hub.client(code).post("/api/v1/contributions", json=body | terms)


def shared(hub: Hub) -> list[tuple[object, ...]]:
    return hub.sql("SELECT report, evidence_level, stance FROM contribution ORDER BY token")


def test_one_command_shares_the_established_stores_at_e2_upon_the_report(
    alliance: Hub, client: Client, report: str
) -> None:
    ended = client("share", "--report", report, "--tlp", "green", "--yes", "--json")
    assert ended.document["shared"]["added"] == 2
    assert shared(alliance) == [(report, 2, "infringing")] * 2
    alliance.sequence()
    told = alliance.client("brand-a").get("/audit/entries?limit=1000").text
    assert "report.outcome_shared" in told
    assert HOST not in told


def test_twice_shares_once(alliance: Hub, client: Client, report: str) -> None:
    words = ("share", "--report", report, "--tlp", "green", "--yes", "--json")
    client(*words)
    again = client(*words).document["shared"]
    assert (again["added"], again["changed"]) == (0, 0)
    assert len(shared(alliance)) == 2


def test_sheet_of_what_else_is_known_of_the_seller_is_shared_upon_the_same_report(
    alliance: Hub, client: Client, report: str, tmp_path: Path
) -> None:
    sheet = tmp_path / "phones.csv"
    sheet.write_text("phone\n+49 30 20000001\n+49 30 20000002\n")
    client("share", sheet, "--type", "phone", "--report", report, "--tlp", "green", "--yes", "--json")
    assert shared(alliance) == [(report, 2, "infringing")] * 2


def test_nothing_readable_is_left_behind_or_sent(alliance: Hub, client: Client, report: str, tmp_path: Path) -> None:
    client("share", "--report", report, "--tlp", "green", "--yes")
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and HOST.encode() in path.read_bytes()]
    assert kept == []
    for table in ("contribution", "indicator"):
        assert HOST not in str(alliance.sql(f"SELECT t::text FROM {table} t"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--report", "NAME", "--evidence", "E4"), "bears E2"),
        (("--report", "NAME", "--stance", "legitimate"), "infringing"),
        (("--report", "a b"), "the name that the record's page shows"),
        (("--report", "NAME", "--type", "phone"), "give a FILE"),
        (("--report", "NAME", "--dry-run"), "--dry-run needs no network"),
        ((), "give a FILE"),
        (("list.txt", "--type", "phone"), "--type and --evidence"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_sent(
    client: Client, words: tuple[str, ...], told: str
) -> None:
    named = [word.replace("NAME", "A" * 22) for word in words]
    assert told in client("share", *named, "--tlp", "green", code=2).err


def test_report_without_an_established_store_shares_nothing(alliance: Hub, client: Client) -> None:
    name = file(alliance.client("brand-a"), verified_right(alliance, "brand-a"))
    assert "no store that its platform established" in client("share", "--report", name, "--tlp", "green", code=1).err


@pytest.mark.parametrize(("level", "stance"), [("E1", "infringing"), ("E3", "infringing"), ("E2", "legitimate")])
def test_hub_takes_no_other_level_or_stance_upon_a_report(alliance: Hub, report: str, level: str, stance: str) -> None:
    answer = put(alliance, "brand-a", 1, evidence_level=level, stance=stance, report=report)
    assert answer.status_code == 422
    assert shared(alliance) == []


def test_report_of_another_brand_one_not_established_and_none_are_answered_alike(alliance: Hub, report: str) -> None:
    other = file(alliance.client("brand-b"), verified_right(alliance, "brand-b", number="018999999"))
    answers = [
        put(alliance, code, 1, report=name).json["errors"]
        for code, name in (("brand-b", report), ("brand-b", other), ("brand-b", "A" * 22), ("shop", report))
    ]
    assert answers == [answers[0]] * 4
    assert "no report of this name" in str(answers[0])


def test_one_report_bears_so_many_and_no_more(alliance: Hub, report: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.indicators.rules.MOST_ON_A_BASIS", 2)
    assert put(alliance, "brand-a", 1, 2, report=report).status_code == 200
    assert put(alliance, "brand-a", 3, report=report).status_code == 422
    assert len(shared(alliance)) == 2


def test_reports_page_shows_its_brand_the_command_to_copy(alliance: Hub, report: str) -> None:
    command = f"alliance share --report {report} --tlp green"
    assert command in alliance.signed_in("brand-a").get(f"/reports/{report}", headers=HTML).text
    assert command not in alliance.signed_in("shop").get(f"/reports/{report}", headers=HTML).text
