"""Letters of notices: at once or once a day at the person's own hour, and never a word of what was recorded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from hub.access.grants import Role
from hub.db import db
from hub.mail import Letter
from hub.notices import jobs
from tests.conftest import Hub
from tests.web.listing_reports.reporting import HOST
from tests.web.members.letters import letters
from tests.web.notices.noticing import make, send
from tests.web.notices.test_making import reported

NOW = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)
"""Two days before summer time begins in Berlin: 21:00 there."""
MUTE = {"hour": "8", "zone": "UTC"} | {
    f"letters_{each}": "none"
    for each in ("reports", "questions", "rights", "evidence", "matches", "membership", "keys", "ledger")
}


def written(hub: Hub, moment: datetime) -> int:
    with time_machine.travel(moment, tick=True), hub.app.app_context():
        return jobs.write_letters()


def of_notices(hub: Hub, who: str) -> list[Letter]:
    return [each for each in letters(hub, f"{who}@alliance-hub.org") if each.subject.startswith("Notices")]


@pytest.fixture
def chosen(alliance: Hub, right: str) -> Callable[..., None]:
    """Have a person of brand-a choose; all that was before is told or of no interest."""
    alliance.person("brand-a", "vera", Role.VIEWER)
    make(alliance)

    def choose(who: str, **how: str) -> None:
        told = send(alliance.signed_in(who), "/notices/settings", "/notices/settings", **MUTE | how)
        assert "Your letters come as you chose." in told

    for who in ("brand-a", "vera"):
        choose(who)
    alliance.sql("UPDATE notice_reader SET letters = (SELECT letters FROM notice_reader WHERE letters <> '{}' LIMIT 1)")
    written(alliance, datetime.now(UTC))
    return choose


def tell(hub: Hub, right: str, moment: datetime) -> None:
    """Have a platform return a report at a moment, and the notices made."""
    with time_machine.travel(moment, tick=True):
        reported(hub, right)
        make(hub)


def test_letter_at_once_is_written_in_the_next_minute_once_and_to_who_chose_it(
    alliance: Hub, right: str, chosen: Callable[..., None]
) -> None:
    chosen("brand-a", letters_reports="at once")
    written(alliance, datetime.now(UTC))
    tell(alliance, right, NOW)
    assert written(alliance, NOW + timedelta(seconds=30)) == 1
    assert written(alliance, NOW + timedelta(minutes=2)) == 0
    assert (len(of_notices(alliance, "brand-a")), len(of_notices(alliance, "vera"))) == (1, 0)


def test_letter_says_how_many_of_which_topic_and_nothing_of_the_record(
    alliance: Hub, right: str, chosen: Callable[..., None]
) -> None:
    chosen("brand-a", letters_reports="at once")
    tell(alliance, right, NOW)
    written(alliance, NOW + timedelta(seconds=30))
    (letter,) = of_notices(alliance, "brand-a")
    assert letter.text == (
        "2 notices wait for you:\n\n- Listing reports: 2, of which somebody has to act on 1\n\n"
        "http://127.0.0.1:8000/notices\n"
    )
    ((name,),) = alliance.sql("SELECT name FROM listing_report")
    for word in (str(name), HOST, "seller", "ACME", "shop", "ended last year"):
        assert word not in letter.text + letter.subject


def test_daily_letter_comes_at_the_persons_own_hour_and_tells_of_the_day(
    alliance: Hub, right: str, chosen: Callable[..., None]
) -> None:
    chosen("brand-a", letters_reports="daily", hour="7", zone="Europe/Berlin")
    tell(alliance, right, NOW)
    tell(alliance, right, NOW + timedelta(hours=1))
    morning = datetime(2027, 3, 28, 5, 0, tzinfo=UTC)  # 07:00 in Berlin: the clocks went forward in the night
    hours = [NOW + timedelta(hours=2), morning - timedelta(minutes=1), morning, morning + timedelta(hours=20)]
    assert [written(alliance, hour) for hour in hours] == [0, 0, 1, 0]
    assert "- Listing reports: 4" in of_notices(alliance, "brand-a")[0].text


def test_notice_after_the_daily_letter_waits_for_the_next_day(
    alliance: Hub, right: str, chosen: Callable[..., None]
) -> None:
    chosen("brand-a", letters_reports="daily", hour="7", zone="UTC")
    tell(alliance, right, NOW)
    first = datetime(2027, 3, 28, 7, 0, tzinfo=UTC)
    written(alliance, NOW)
    assert written(alliance, first) == 1
    tell(alliance, right, first + timedelta(hours=1))
    later = [first + timedelta(hours=2), first + timedelta(hours=23), first + timedelta(hours=24)]
    assert [written(alliance, hour) for hour in later] == [0, 0, 1]


def test_what_was_read_meanwhile_is_in_no_letter(alliance: Hub, right: str, chosen: Callable[..., None]) -> None:
    chosen("brand-a", letters_reports="at once")
    tell(alliance, right, NOW)
    ((newest,),) = alliance.sql("SELECT max(place) FROM notice")
    send(alliance.signed_in("brand-a"), "/notices", "/notices/read/all", place=newest)
    assert written(alliance, NOW + timedelta(minutes=1)) == 0


def test_person_that_was_shut_out_gets_none(alliance: Hub, right: str, chosen: Callable[..., None]) -> None:
    chosen("vera", letters_reports="at once")
    tell(alliance, right, NOW)
    alliance.sql("UPDATE person SET active = false WHERE email LIKE 'vera@%%'")
    written(alliance, NOW + timedelta(minutes=1))
    assert of_notices(alliance, "vera") == []
    assert alliance.sql("SELECT count(*) FROM notice_reader WHERE look_at <= now() + interval '9 years'") == [(0,)]


def test_person_of_a_suspended_member_gets_none(alliance: Hub, right: str, chosen: Callable[..., None]) -> None:
    chosen("vera", letters_reports="at once")
    tell(alliance, right, NOW)
    alliance.sql("UPDATE member SET state = 'suspended' WHERE code = 'brand-a'")
    written(alliance, NOW + timedelta(minutes=1))
    assert of_notices(alliance, "vera") == []
    alliance.sql("UPDATE member SET state = 'admitted' WHERE code = 'brand-a'")
    written(alliance, NOW + timedelta(minutes=2))
    assert len(of_notices(alliance, "vera")) == 1


def test_writer_that_dies_leaves_the_letter_to_the_next(
    alliance: Hub, right: str, chosen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen("brand-a", letters_reports="at once")
    tell(alliance, right, NOW)
    with monkeypatch.context() as dying, alliance.app.app_context():
        dying.setattr(db.session, "commit", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError), time_machine.travel(NOW + timedelta(minutes=1), tick=True):
            jobs.write_letters()
    assert of_notices(alliance, "brand-a") == []
    assert written(alliance, NOW + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    "wrong", [{"letters_reports": "hourly"}, {"hour": "24"}, {"hour": "x"}, {"zone": "Europe/Atlantis"}]
)
def test_choice_that_there_is_not_is_refused(alliance: Hub, wrong: dict[str, str]) -> None:
    told = send(alliance.signed_in("brand-a"), "/notices/settings", "/notices/settings", **MUTE | wrong)
    assert "Not a valid choice" in told
    assert alliance.sql("SELECT count(*) FROM notice_reader WHERE letters <> '{}'") == [(0,)]
