"""What of the thread of a report is its own; the rest is that of every thread: web/dialogue."""

from tests.conftest import Hub
from tests.web.dialogue.threads import say
from tests.web.listing_reports.reporting import API, answer, file


def test_withdrawn_report_may_still_be_written_about(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    assert answer(alliance, name, "withdraw").status_code == 200
    assert say(alliance.client("shop"), f"{API}/{name}").status_code == 201
