"""Notices are made of the record: each entry once, in its order, to whom it concerns and nobody else."""

import threading
from collections.abc import Sequence

import psycopg
import pytest

from hub.notices import jobs
from hub.notices.service import make as making
from tests.conftest import Hub, plain
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.listing_reports.reporting import HOST, answer, file, review
from tests.web.notices.noticing import feed, make, told

OF_REPORTS = ["report.taken", "report.returned"]


def reported(hub: Hub, right: str) -> str:
    """A report that the shop has taken, and returned."""
    ((count,),) = hub.sql("SELECT count(*) FROM listing_report")
    name = file(hub.client("brand-a"), right, listings=[{"url": f"https://{HOST}/item/{count}", "seller": "seller 1"}])
    assert review(hub, name, "take").status_code == 200
    returned = review(hub, name, "return", refusal="evidence_insufficient", sentence="It ended last year, on 1 May.")
    assert returned.status_code == 200
    return name


def of_reports(events: Sequence[str]) -> Sequence[str]:
    return [each for each in events if each.startswith("report.")]


def test_each_party_is_told_what_the_other_did_and_a_third_member_nothing(alliance: Hub, right: str) -> None:
    name = reported(alliance, right)
    make(alliance)
    assert of_reports(told(alliance, "shop")) == ["report.filed"]
    assert of_reports(told(alliance, "brand-a")) == OF_REPORTS
    assert of_reports(told(alliance, "brand-b")) == []
    last = feed(alliance, "brand-a")["notices"][-1]
    assert (last["kind"], last["ref"], last["topic"], last["acts"]) == ("report", name, "reports", True)
    assert set(last) == {"entry", "event", "topic", "acts", "kind", "ref", "at"}


def test_entry_of_a_notice_is_the_members_own_part_of_the_record(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    make(alliance)
    entry = feed(alliance, "brand-a")["notices"][-1]["entry"]
    assert alliance.client("brand-a").get(f"/audit/receipts/{entry}").status_code == 200
    assert alliance.client("brand-b").get(f"/audit/receipts/{entry}").status_code == 404


def test_nothing_is_told_before_it_stands_in_the_log(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    with alliance.app.app_context():
        jobs.make_notices()
    assert of_reports(told(alliance, "brand-a")) == []
    make(alliance)
    assert of_reports(told(alliance, "brand-a")) == OF_REPORTS


def test_made_twice_there_is_one_of_each(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    assert make(alliance) > 0
    assert make(alliance) == 0
    assert of_reports(told(alliance, "brand-a")) == OF_REPORTS


def test_maker_that_dies_before_its_commit_leaves_the_same_batch_to_the_next(
    alliance: Hub, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(alliance, right)
    alliance.sequence()
    with monkeypatch.context() as dying, alliance.app.app_context():
        dying.setattr(making.db.session, "commit", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            jobs.make_notices()
    assert of_reports(told(alliance, "brand-a")) == []
    make(alliance)
    assert of_reports(told(alliance, "brand-a")) == OF_REPORTS


def test_several_makers_at_once_make_each_notice_once(
    alliance: Hub, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 3)
    for _ in range(3):
        reported(alliance, right)
    alliance.sequence()
    failed: list[Exception] = []

    def work() -> None:
        try:
            with alliance.app.app_context():
                jobs.make_notices()
        except Exception as error:
            failed.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    make(alliance)
    assert of_reports(told(alliance, "brand-a")) == OF_REPORTS * 3


def test_second_maker_finds_the_place_held_and_goes(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    alliance.sequence()
    with psycopg.connect(plain(alliance.owner_url)) as other:
        other.execute("SELECT FROM notice_place FOR UPDATE")
        with alliance.app.app_context():
            assert jobs.make_notices() == 0
    assert make(alliance) > 0


def test_batches_go_on_until_all_is_read(alliance: Hub, right: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "BATCH", 2)
    reported(alliance, right)
    assert make(alliance) == alliance.sql("SELECT count(*) FROM ledger_leaf")[0][0]


def test_key_that_was_issued_is_told_to_its_own_member_and_what_its_people_did_is_not(alliance: Hub) -> None:
    make(alliance)
    assert "credential.issued" in told(alliance, "brand-a")
    assert not {"agreement.signed", "marketplace.set"} & {*told(alliance, "shop")}


def test_what_was_erased_from_the_record_is_told_by_no_notice(alliance: Hub, right: str) -> None:
    name = reported(alliance, right)
    make(alliance)
    alliance.sql(
        "UPDATE ledger_part SET view = NULL, salt = NULL, erased_by = entry_id, action = NULL, at = at"
        " WHERE action = 'report.returned'"
    )
    shown = feed(alliance, "brand-a")["notices"][-1]
    assert (shown["kind"], shown["ref"]) == ("", "")
    assert name not in str(shown)


def test_feed_goes_on_where_its_cursor_stands(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    make(alliance)
    whole, cursor, found = told(alliance, "brand-a"), None, []
    while True:
        page = feed(alliance, "brand-a", limit=1, **({"cursor": cursor} if cursor else {}))
        cursor = page["cursor"]
        if not page["notices"]:
            break
        found += [each["event"] for each in page["notices"]]
    assert found == list(whole)
    answer(alliance, file(alliance.client("brand-a"), right), "withdraw")
    make(alliance)
    assert feed(alliance, "brand-a", cursor=cursor)["notices"] == []
    assert feed(alliance, "shop")["notices"][-1]["event"] == "report.withdrawn"


def test_cursor_of_another_member_is_refused(alliance: Hub) -> None:
    cursor = feed(alliance, "brand-a")["cursor"]
    assert alliance.client("shop").get("/api/v1/notices", query_string={"cursor": cursor}).status_code == 422


def test_application_reads_its_readers_notices_alone_and_makes_none_by_itself(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    make(alliance)
    every = dict(alliance.sql("SELECT m.code, count(*) FROM notice n JOIN member m ON m.id = member_id GROUP BY 1"))
    with as_application(alliance) as connection:
        for code in ("brand-a", "brand-b", "shop"):
            read_by(connection, alliance, code)
            found = connection.execute("SELECT count(*) FROM notice").fetchone()
            assert found == (every.get(code, 0),)
        for statement in ("INSERT INTO notice DEFAULT VALUES", "DELETE FROM notice", "SELECT FROM notice_place"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]
        connection.execute("SELECT set_config('hub.agent', '1', false)")
        assert connection.execute("SELECT count(*) FROM notice").fetchone() == (0,)


def test_notice_is_kept_ninety_days(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    make(alliance)
    alliance.sql("UPDATE notice SET at = at - interval '89 days' WHERE topic = 'reports'")
    alliance.sql("UPDATE notice SET at = at - interval '91 days' WHERE topic = 'rights'")
    with alliance.app.app_context():
        assert jobs.forget_notices() == 1
    assert of_reports(told(alliance, "brand-a")) == OF_REPORTS


def test_exchange_writes_no_row_of_a_notice(alliance: Hub, right: str) -> None:
    make(alliance)
    before = alliance.sql("SELECT count(*) FROM notice")
    reported(alliance, right)
    assert alliance.sql("SELECT count(*) FROM notice") == before


def test_notices_hold_no_word_of_a_record(alliance: Hub, right: str) -> None:
    reported(alliance, right)
    make(alliance)
    columns = alliance.sql("SELECT column_name FROM information_schema.columns WHERE table_name = 'notice'")
    assert {name for (name,) in columns} == {"member_id", "place", "entry_id", "topic", "acts", "at"}
