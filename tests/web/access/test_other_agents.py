"""Who acts for a brand as its agent is told of no other agent of the brand, and of none of its people."""

import re

import pytest
from flask.testing import FlaskClient

from hub.access.grants import AGENT_SCOPES
from tests.conftest import HTML, Hub
from tests.web.access.test_acting_for import acting, of
from tests.web.access.test_acting_person import acting as person_acting
from tests.web.dialogue.threads import say
from tests.web.listing_reports import reporting
from tests.web.listing_reports.conftest import alliance as parties
from tests.web.listing_reports.conftest import right
from tests.web.listing_reports.test_counter_notices import ANSWERS, WHY
from tests.web.members.test_agents import give, terms
from tests.web.questions import asking
from tests.web.rights.entered import enter
from tests.web.test_buys import buying

__all__ = ["parties", "right"]
RIGHTS = "/api/v1/rights"


@pytest.fixture
def alliance(parties: Hub) -> Hub:
    """Brand-a has two agents, that may all there is."""
    parties.admit("bureau", "agent")
    for agent in ("agency", "bureau"):
        give(parties, agent, terms(*AGENT_SCOPES))
    return parties


@pytest.fixture
def bureau(alliance: Hub) -> FlaskClient:
    """The other agent, acting for the brand."""
    return acting(alliance, agent="bureau")


def countered(hub: Hub, right: str, client: FlaskClient, n: int) -> None:
    """A report whose counter-notice that client answers for the brand."""
    name = reporting.asked(hub, right, 1, listings=[{"url": f"https://{reporting.HOST}/more/{n}"}])
    assert reporting.counter(hub, name).status_code == 200
    ((version,),) = hub.sql("SELECT version FROM listing_report WHERE name = %s", name)
    said = {"command": "maintain", "version": version, "sentence": WHY}
    assert client.post(f"{reporting.API}/{name}/answers", json=said).status_code == 200


def test_answers_to_counter_notices_by_others_are_one_row_to_an_agent(
    alliance: Hub, right: str, bureau: FlaskClient
) -> None:
    for n, client in enumerate((alliance.client("brand-a"), acting(alliance), bureau)):
        countered(alliance, right, client, n)

    def told(client: FlaskClient) -> list[tuple[str | None, int]]:
        return [(each["agent"], each["countered"]) for each in client.get(ANSWERS).json["answered"]]

    assert told(alliance.client("brand-a")) == [(None, 1), ("agency", 1), ("bureau", 1)]
    assert told(acting(alliance)) == [(None, 2), ("agency", 1)]


def test_right_that_another_agent_entered_is_the_brands_to_an_agent(alliance: Hub, bureau: FlaskClient) -> None:
    name = enter(bureau)
    told = [client.get(f"{RIGHTS}/{name}").json["agent"] for client in (alliance.client("brand-a"), bureau)]
    assert told == ["bureau", "bureau"]
    assert acting(alliance).get(f"{RIGHTS}/{name}").json["agent"] is None
    assert "bureau" not in acting(alliance).get(RIGHTS).text


def test_history_of_a_right_names_no_other_agent_to_an_agent(alliance: Hub, bureau: FlaskClient) -> None:
    name = enter(bureau)
    pages = [
        client.get(f"/rights/{name}", headers=HTML).text.lower().count("bureau")
        for client in (alliance.signed_in("brand-a"), person_acting(alliance))
    ]
    assert pages == [2, 0]


def test_steps_of_a_report_name_the_agents_own_alone(alliance: Hub, right: str, bureau: FlaskClient) -> None:
    name = reporting.asked(alliance, right, 1)
    assert reporting.counter(alliance, name).status_code == 200
    ((version,),) = alliance.sql("SELECT version FROM listing_report WHERE name = %s", name)
    said = {"command": "maintain", "version": version, "sentence": WHY}
    assert bureau.post(f"{reporting.API}/{name}/answers", json=said).status_code == 200
    by = [
        bool(client.get(f"{reporting.API}/{name}").json["steps"][-1]["by"])
        for client in (alliance.client("brand-a"), bureau, acting(alliance))
    ]
    assert by == [True, True, False]


def test_thread_names_the_agents_own_alone(alliance: Hub, right: str, bureau: FlaskClient) -> None:
    record = f"{reporting.API}/{reporting.file(alliance.client('brand-a'), right)}"
    assert say(bureau, record).status_code == 201
    by = [
        bool(client.get(f"{record}/messages").json["messages"][0]["by"])
        for client in (alliance.client("brand-a"), bureau, acting(alliance))
    ]
    assert by == [True, True, False]


def test_record_of_the_other_party_names_nobody_that_acted(alliance: Hub, right: str, bureau: FlaskClient) -> None:
    alliance.admit("checker", "auditor")
    assert say(bureau, f"{reporting.API}/{reporting.file(alliance.client('brand-a'), right)}").status_code == 201
    alliance.sequence()
    told = {}
    for code in ("brand-a", "bureau", "checker", "shop"):
        (view,) = of(alliance, code, "message.sent")
        told[code] = (view["member"], bool(view["actor"]), view.get("agent"))
    whole = ("brand-a", True, "bureau")
    assert told == {"brand-a": whole, "bureau": whole, "checker": whole, "shop": ("brand-a", False, None)}


def test_answer_to_a_question_names_the_agents_own_alone(alliance: Hub, bureau: FlaskClient) -> None:
    (name,) = asking.ask(alliance.client("shop"))
    assert asking.answer(bureau, [name], answer="genuine").status_code == 200
    by = [
        bool(client.get(f"{asking.API}/{name}").json["ended_by"])
        for client in (alliance.client("brand-a"), bureau, acting(alliance))
    ]
    assert by == [True, True, False]


def test_test_buy_names_the_agents_own_alone(alliance: Hub, bureau: FlaskClient) -> None:
    name = buying.plan(bureau)
    buying.approve(alliance, name, "brand-a")
    said = {"command": "order", "version": 2, **buying.told("order")}
    assert bureau.post(f"{buying.API}/{name}/commands", json=said).status_code == 200

    def named(client: FlaskClient) -> tuple[bool, ...]:
        shown = client.get(f"{buying.API}/{name}").json
        by = [shown["test_buy"]["planned_by"], shown["approved_by"], *(step["by"] for step in shown["steps"])]
        return tuple(map(bool, by))

    assert named(alliance.client("brand-a")) == (True, True, True, True)
    assert named(bureau) == (True, False, False, True)
    assert named(acting(alliance)) == (False, False, False, False)
    assert [each["planned_by"] for each in acting(alliance).get(buying.API).json["test_buys"]] == [""]


def test_page_of_a_test_buy_says_that_an_agent_or_the_brand_did_it(alliance: Hub, bureau: FlaskClient) -> None:
    name = buying.plan(bureau)
    buying.approve(alliance, name, "brand-a")
    said = {"command": "order", "version": 2, **buying.told("order")}
    assert bureau.post(f"{buying.API}/{name}/commands", json=said).status_code == 200
    page = person_acting(alliance).get(f"/test-buys/{name}", headers=HTML).text
    assert not re.search(r"\bp_[0-9a-f]{16}", page)
    assert [page.count(words) for words in (">the brand<", ">an agent<")] == [2, 1]
