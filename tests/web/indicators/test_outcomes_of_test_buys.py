"""What a signed test buy found is shared upon it: by the real client over HTTP, at E3, as tokens alone."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import HTML, Hub
from tests.unit.evidence.files import PNG
from tests.web.evidence.storing import stored
from tests.web.indicators.test_outcomes import HOST, Client, alliance, client, put
from tests.web.test_buys.buying import API, SIGNED, lead, led_to, plan, said, told

__all__ = ["alliance", "client"]
STORE = f"https://{HOST}/store/77"
NONE = "A" * 22


@pytest.fixture
def photo(alliance: Hub) -> str:
    """A picture of brand-a, which has Ben as the second pair of eyes."""
    alliance.person("brand-a", "ben")
    return str(stored(alliance.client("brand-a"), PNG, "photo.png", type="test_buy")["name"])


@pytest.fixture
def test_buy(alliance: Hub, photo: str) -> str:
    """Signed: a counterfeit of that store."""
    return led_to(alliance, photo, *SIGNED, store=STORE)


def found(hub: Hub, photo: str, verdict: str) -> str:
    """Signed with that verdict."""
    name = led_to(hub, photo, "order", "receive", "examine", store=STORE)
    finding = {**told("judge")["finding"], "verdict": verdict}
    assert lead(hub, name, "judge", finding=finding).status_code == 200
    assert lead(hub, name, "sign", **told("sign")).status_code == 200
    return name


def upon(hub: Hub, name: str, code: str = "brand-a", **terms: Any) -> Any:
    """Share one token upon a test buy without the client."""
    return put(hub, code, 1, test_buy=name, **({"evidence_level": "E3"} | terms))


def shared(hub: Hub) -> list[tuple[object, ...]]:
    return hub.sql("SELECT test_buy, report, evidence_level, stance FROM contribution ORDER BY token")


def test_one_command_shares_the_store_at_e3_upon_the_test_buy(alliance: Hub, client: Client, test_buy: str) -> None:
    ended = client("share", "--test-buy", test_buy, "--tlp", "green", "--yes", "--json")
    assert ended.document["shared"]["added"] == 1
    assert shared(alliance) == [(test_buy, None, 3, "infringing")]
    alliance.sequence()
    read = alliance.client("brand-a").get("/audit/entries?limit=1000").text
    assert "testbuy.outcome_shared" in read
    assert STORE not in read


def test_twice_shares_once(alliance: Hub, client: Client, test_buy: str) -> None:
    words = ("share", "--test-buy", test_buy, "--tlp", "green", "--yes", "--json")
    client(*words)
    again = client(*words).document["shared"]
    assert (again["added"], again["changed"], len(shared(alliance))) == (0, 0, 1)


def test_sheet_of_what_else_is_known_is_shared_upon_the_same_test_buy(
    alliance: Hub, client: Client, test_buy: str, tmp_path: Path
) -> None:
    sheet = tmp_path / "phones.csv"
    sheet.write_text("phone\n+49 30 20000001\n+49 30 20000002\n")
    client("share", sheet, "--type", "phone", "--test-buy", test_buy, "--tlp", "green", "--yes")
    assert shared(alliance) == [(test_buy, None, 3, "infringing")] * 2


def test_nothing_readable_is_left_behind_or_sent(alliance: Hub, client: Client, test_buy: str, tmp_path: Path) -> None:
    client("share", "--test-buy", test_buy, "--tlp", "green", "--yes")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and HOST.encode() in path.read_bytes()] == []
    for table in ("contribution", "indicator"):
        assert HOST not in str(alliance.sql(f"SELECT t::text FROM {table} t"))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--test-buy", NONE, "--evidence", "E2"), "bears E3"),
        (("--test-buy", NONE, "--stance", "legitimate"), "infringing"),
        (("--test-buy", "a b"), "the name that the record's page shows"),
        (("--test-buy", NONE, "--type", "phone"), "give a FILE"),
        (("--test-buy", NONE, "--report", NONE), "give one of them"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_sent(
    client: Client, words: tuple[str, ...], why: str
) -> None:
    assert why in client("share", *words, "--tlp", "green", code=2).err


@pytest.mark.parametrize(("verdict", "why"), [("genuine", "was found genuine"), ("inconclusive", "inconclusive")])
def test_client_shares_no_other_verdict(alliance: Hub, client: Client, photo: str, verdict: str, why: str) -> None:
    name = found(alliance, photo, verdict)
    assert why in client("share", "--test-buy", name, "--tlp", "green", code=1).err
    assert shared(alliance) == []


def test_client_shares_nothing_of_what_is_not_signed(alliance: Hub, client: Client, photo: str) -> None:
    name = led_to(alliance, photo, *SIGNED[:-1], store=STORE)
    assert "is not signed" in client("share", "--test-buy", name, "--tlp", "green", code=1).err


def test_test_buy_that_names_no_store_asks_for_a_file(alliance: Hub, client: Client, photo: str) -> None:
    name = led_to(alliance, photo, *SIGNED)
    refused = client("share", "--test-buy", name, "--tlp", "green", code=1).err
    assert "names no store" in refused
    assert "give a FILE" in refused


# --- at the hub


@pytest.mark.parametrize(("level", "stance"), [("E2", "infringing"), ("E4", "infringing"), ("E3", "legitimate")])
def test_hub_takes_no_other_level_or_stance_upon_a_test_buy(
    alliance: Hub, test_buy: str, level: str, stance: str
) -> None:
    assert upon(alliance, test_buy, evidence_level=level, stance=stance).status_code == 422
    assert shared(alliance) == []


def test_hub_says_what_is_lacking_of_ones_own(alliance: Hub, photo: str) -> None:
    planned, genuine = plan(alliance.client("brand-a")), found(alliance, photo, "genuine")
    assert lead(alliance, planned, "cancel", **told("cancel")).status_code == 200
    assert "not signed" in str(upon(alliance, planned).json["errors"])
    assert "found genuine" in str(upon(alliance, genuine).json["errors"])
    assert shared(alliance) == []


def test_test_buy_of_another_brand_is_answered_like_none(alliance: Hub, test_buy: str) -> None:
    answers = [upon(alliance, name, "brand-b").json["errors"] for name in (test_buy, NONE)]
    assert answers[0] == answers[1]
    assert "no test buy of this name" in str(answers[0])


def test_who_may_read_no_test_buy_shares_upon_none(alliance: Hub, test_buy: str) -> None:
    assert upon(alliance, test_buy, "shop").status_code == 403
    assert shared(alliance) == []


def test_it_rests_on_one_record_alone(alliance: Hub, test_buy: str) -> None:
    refused = upon(alliance, test_buy, report=NONE)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["test_buy"])


@pytest.mark.parametrize("disposed", ["refund", "retain", "destroy"])
def test_what_became_of_the_goods_does_not_change_the_verdict(alliance: Hub, test_buy: str, disposed: str) -> None:
    assert lead(alliance, test_buy, disposed, **told(disposed)).status_code == 200
    assert upon(alliance, test_buy).status_code == 200


def test_one_test_buy_bears_so_many_and_no_more(alliance: Hub, test_buy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.indicators.rules.MOST_ON_A_BASIS", 2)
    answers = [
        put(alliance, "brand-a", *numbers, test_buy=test_buy, evidence_level="E3").status_code
        for numbers in ((1, 2), (3,))
    ]
    assert answers == [200, 422]
    assert len(shared(alliance)) == 2


# --- the store


def test_store_that_is_no_store_is_refused_when_it_is_planned(alliance: Hub) -> None:
    refused = alliance.client("brand-a").post(API, json=said(store="not a store"))
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["store"])


def test_page_of_a_signed_counterfeit_shows_the_command_to_copy(alliance: Hub, test_buy: str, photo: str) -> None:
    ben = alliance.signed_in("brand-a")
    command = "alliance share --test-buy {} --tlp green"
    page = ben.get(f"/test-buys/{test_buy}", headers=HTML).text
    assert command.format(test_buy) in page
    assert STORE in page
    genuine = found(alliance, photo, "genuine")
    assert "alliance share" not in ben.get(f"/test-buys/{genuine}", headers=HTML).text
    bare = led_to(alliance, photo, *SIGNED)
    page = ben.get(f"/test-buys/{bare}", headers=HTML).text
    assert f"alliance share FILE --type phone --test-buy {bare}" in page
