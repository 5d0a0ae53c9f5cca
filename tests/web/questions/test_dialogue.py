"""What of the thread of a question is its own; the rest is that of every thread: web/dialogue."""

import pytest

from hub.access.permissions import Permission
from tests.conftest import HTML, Hub
from tests.web.dialogue.threads import read, say
from tests.web.listing_reports.reporting import API as REPORTS
from tests.web.listing_reports.reporting import file
from tests.web.members.test_agents import give, terms
from tests.web.notices.noticing import feed, make
from tests.web.questions.asking import API, answer, ask, fake, withdraw


@pytest.fixture
def name(alliance: Hub) -> str:
    """A question of the shop to brand-a."""
    return ask(alliance.client("shop"))[0]


def test_thread_of_a_question_is_none_of_a_report_of_the_same_parties(alliance: Hub, right: str, name: str) -> None:
    report = file(alliance.client("brand-a"), right)
    say(alliance.client("brand-a"), f"{API}/{name}")
    assert read(alliance, f"{REPORTS}/{report}", "shop") == []
    assert alliance.client("shop").get(f"{REPORTS}/{name}/messages").status_code == 404


def test_other_party_is_told_under_questions_and_led_to_the_thread(alliance: Hub, name: str) -> None:
    say(alliance.client("brand-a"), f"{API}/{name}")
    make(alliance)
    last = feed(alliance, "shop")["notices"][-1]
    assert (last["event"], last["topic"], last["acts"]) == ("question.message_sent", "questions", True)
    page = alliance.signed_in("shop").get("/notices", headers=HTML).text
    assert f'href="/questions/{name}"' in page


@pytest.mark.parametrize("ended", ["answered", "withdrawn"])
def test_question_that_has_ended_may_still_be_written_about(alliance: Hub, right: str, name: str, ended: str) -> None:
    if ended == "answered":
        assert answer(alliance.client("brand-a"), [name], **fake(right)).status_code == 200
    else:
        assert withdraw(alliance.client("shop"), name).status_code == 200
    assert say(alliance.client("shop"), f"{API}/{name}").status_code == 201


def test_agent_that_may_answer_for_the_brand_writes_for_it(alliance: Hub, name: str) -> None:
    record = f"{API}/{name}"
    assert say(alliance.client("agency"), record).status_code in {403, 404}
    give(alliance, "agency", terms(Permission.QUESTION_ANSWER, Permission.QUESTION_READ))
    assert say(alliance.client("agency"), record, **{"Acting-For": "brand-a"}).status_code == 201
    assert [each["member"] for each in read(alliance, record, "shop")] == ["brand-a"]
