"""Webhooks: signed as the specification says, sent until they are received, and to nobody who should not be called."""

import json
import logging
import multiprocessing
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import time_machine

from hub import outside
from hub.access.actor import NotPermittedError
from hub.access.grants import GRANTS, ROLES, Role, granted_to_client
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.members import service as members
from hub.members.rules import MemberState
from hub.notices import service as notices
from hub.notices import webhook_rules as rules
from hub.notices.rules import Topic
from hub.notices.service import UnknownWebhookError
from hub.notices.webhook_rules import DeliveryState, WebhookError
from tests.conftest import Hub
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.listing_reports.reporting import HOST
from tests.web.members.letters import letters
from tests.web.notices.noticing import make
from tests.web.notices.receiving import Receiver, added, owner, receiving, sent
from tests.web.notices.test_making import reported


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def desk(alliance: Hub, right: str) -> Hub:
    """Nothing waits to be told."""
    make(alliance)
    return alliance


def states(hub: Hub, name: str) -> list[str]:
    """Of each delivery to a webhook, newest first: its state, tries and the status of the last one."""
    with owner(hub) as actor:
        rows = notices.deliveries(actor, name, before=None, limit=100)
    return [f"{row.state.value} {len(row.tries)} {row.tries[0].status if row.tries else '-'}" for row in rows]


def later(hub: Hub, how: timedelta) -> int:
    """Send what is due by then."""
    with time_machine.travel(datetime.now(UTC) + how, tick=True):
        return sent(hub)


# --- what is sent


def test_body_tells_no_address_seller_mark_or_member(desk: Hub, right: str, receiver: Receiver) -> None:
    added(desk, receiver.url)
    reported(desk, right)
    make(desk)
    sent(desk)
    for _, body in receiver.got:
        for word in (HOST, "seller", "ACME", "shop", "brand-a", "ended last year", "p_"):
            assert word not in body.decode()


def test_only_the_topics_that_were_chosen_are_sent(desk: Hub, right: str, receiver: Receiver) -> None:
    name, _ = added(desk, receiver.url, Topic.RIGHTS)
    reported(desk, right)
    make(desk)
    assert sent(desk) == 0
    with owner(desk) as actor:
        notices.set_topics(actor, name, [Topic.REPORTS])
    reported(desk, right)
    make(desk)
    assert sent(desk) == 2


def test_name_that_was_not_drawn_at_random_is_not_sent() -> None:
    assert rules.told("membership", "domain", "brand-a.example.org", "E") == {
        "topic": "membership",
        "entry": "E",
        "kind": "domain",
    }
    assert rules.told("reports", "report", "R", "E")["ref"] == "R"


# --- to whom


def test_suspended_member_is_sent_nothing_until_it_is_in_standing_again(
    desk: Hub, right: str, receiver: Receiver
) -> None:
    added(desk, receiver.url)
    reported(desk, right)
    make(desk)
    with desk.operator() as actor:
        members.move(actor, "brand-a", MemberState.SUSPENDED, "Its keys leaked.")
    assert later(desk, timedelta(days=1)) == 0
    with desk.operator() as actor:
        members.move(actor, "brand-a", MemberState.ADMITTED, "It has new ones.")
    assert later(desk, timedelta(days=1)) > 0
    assert receiver.got


def test_member_that_left_keeps_no_webhook(desk: Hub, right: str, receiver: Receiver) -> None:
    added(desk, receiver.url)
    reported(desk, right)
    make(desk)
    with desk.operator() as actor:
        members.move(actor, "brand-a", MemberState.LEFT)
    assert later(desk, timedelta(days=1)) == 0
    assert [desk.sql(f"SELECT count(*) FROM {table}") for table in ("webhook", "webhook_delivery")] == [[(0,)]] * 2


# --- tries


def test_failed_delivery_is_tried_again_by_the_table_for_three_days_and_given_up(
    desk: Hub, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "HOLD", timedelta(0))
    receiver.status = 503
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    assert sent(desk) == 1
    gone = timedelta(0)
    for delay in rules.DELAYS:
        assert later(desk, gone + timedelta(seconds=delay * 0.85) - timedelta(seconds=1)) == 0
        gone += timedelta(seconds=delay * 1.1 + 2)
        assert later(desk, gone) == 1, delay
    assert later(desk, gone + timedelta(days=9)) == 0
    assert states(desk, name) == [f"failed {len(rules.DELAYS) + 1} 503"]
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {receiver.got[0][0]["webhook-id"]}
    assert {body for _, body in receiver.got} == {receiver.got[0][1]}
    assert timedelta(days=3) < timedelta(seconds=sum(rules.DELAYS)) < timedelta(days=3.5)


@pytest.mark.parametrize("status", [200, 204, 299, 301, 302, 400, 404, 500])
def test_receiver_has_taken_what_it_answers_with_success_alone(desk: Hub, receiver: Receiver, status: int) -> None:
    receiver.status, receiver.location = status, "/elsewhere"
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    sent(desk)
    assert states(desk, name) == [f"{'delivered' if status < 300 else 'waits'} 1 {status}"]
    assert len(receiver.got) == 1  # no redirect is followed


def test_answer_of_any_length_is_not_read(desk: Hub, receiver: Receiver) -> None:
    receiver.status, receiver.length = 200, 10**12
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    sent(desk)
    assert states(desk, name) == ["delivered 1 200"]


def test_one_that_is_gone_is_disabled_and_its_owners_are_told(desk: Hub, receiver: Receiver) -> None:
    receiver.status = 410
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    sent(desk)
    with owner(desk) as actor:
        shown = notices.webhook(actor, name)
        assert (shown.standing, shown.disabled_for) == ("disabled", rules.Disabled.GONE)
        with pytest.raises(WebhookError, match="enable it first"):
            notices.send_test(actor, name)
    (letter,) = [each for each in letters(desk, "brand-a@alliance-hub.org") if "webhook" in each.subject]
    assert f"http://127.0.0.1:8000/webhooks/{name}" in letter.text
    assert receiver.url not in letter.text
    assert desk.sql("SELECT count(*) FROM ledger_entry WHERE action = 'webhook.disabled'") == [(1,)]
    with owner(desk) as actor:
        notices.enable_webhook(actor, name)
        assert notices.webhook(actor, name).standing == "active"


def test_one_that_failed_for_five_days_is_disabled_and_one_success_begins_anew(desk: Hub, receiver: Receiver) -> None:
    receiver.status = 500
    name, _ = added(desk, receiver.url)

    def test_on(day: float) -> str:
        with time_machine.travel(datetime.now(UTC) + timedelta(days=day), tick=True):
            with owner(desk) as actor:
                notices.send_test(actor, name)
            sent(desk)
            with owner(desk) as actor:
                return notices.webhook(actor, name).standing

    assert [test_on(0), test_on(4.9)] == ["failing", "failing"]
    receiver.status = 200
    assert test_on(4.95) == "active"
    receiver.status = 500
    assert [test_on(5.1), test_on(10), test_on(10.2)] == ["failing", "failing", "disabled"]


def test_while_one_is_disabled_nothing_is_made_for_it(desk: Hub, right: str, receiver: Receiver) -> None:
    name, _ = added(desk, receiver.url)
    desk.sql("UPDATE webhook SET disabled_at = now(), disabled_for = 'gone'")
    reported(desk, right)
    make(desk)
    assert sent(desk) == 0
    assert states(desk, name) == []


# --- isolation


def test_slow_receiver_holds_up_no_other_and_is_itself_asked_one_at_a_time(
    desk: Hub, right: str, receiver: Receiver
) -> None:
    with receiving() as slow:
        slow.seconds = 2.0
        added(desk, slow.url, Topic.REPORTS, who="shop")
        added(desk, receiver.url, Topic.REPORTS)
        for _ in range(3):
            reported(desk, right)
        make(desk)
        began = time.monotonic()
        thread = threading.Thread(target=lambda: sent(desk))
        thread.start()
        while len(receiver.got) < 6 and time.monotonic() - began < 10:
            time.sleep(0.05)
        took = time.monotonic() - began
        asked = len(slow.got)
        thread.join()
    assert len(receiver.got) == 6
    assert asked <= 1 + took / slow.seconds
    assert len(slow.got) == 3


def test_receiver_that_drips_is_cut_off_in_time(desk: Hub, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SECONDS", 0.5)
    receiver.seconds = 5
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    began = time.monotonic()
    sent(desk)
    assert time.monotonic() - began < 4
    assert states(desk, name) == ["waits 1 None"]


def test_one_that_failed_is_left_alone_for_a_minute(desk: Hub, receiver: Receiver) -> None:
    receiver.status = 500
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
        notices.send_test(actor, name)
    assert sent(desk) == 1
    assert later(desk, timedelta(seconds=50)) == 0
    assert later(desk, timedelta(seconds=70)) == 1


def test_sender_that_is_killed_leaves_the_delivery_to_the_next_under_the_same_id(desk: Hub, receiver: Receiver) -> None:
    receiver.seconds = 30
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    process = multiprocessing.get_context("fork").Process(target=_send_in_a_process, args=(desk,))
    process.start()
    deadline = time.monotonic() + 20
    while not receiver.got and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.join()
    receiver.seconds = 0
    assert sent(desk) == 0  # it is leased for a minute
    assert later(desk, rules.LEASE + timedelta(seconds=1)) == 1
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [receiver.got[0][0]["webhook-id"]] * 2
    assert states(desk, name) == ["delivered 1 204"]


def _send_in_a_process(hub: Hub) -> None:
    from hub.db import db

    with hub.app.app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)
    sent(hub)


def test_several_senders_send_each_delivery_once(desk: Hub, right: str, receiver: Receiver) -> None:
    added(desk, receiver.url, Topic.REPORTS)
    for _ in range(4):
        reported(desk, right)
    make(desk)
    senders = [threading.Thread(target=lambda: sent(desk)) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    sent(desk)
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert (len(ids), len(set(ids))) == (8, 8)


# --- places that are not called


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hub",
        "ftp://example.org/hub",
        "https://10.0.0.1/hub",
        "https://192.168.1.1/hub",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/hub",
        "https://[::ffff:10.0.0.1]/hub",
        "https://[64:ff9b::a00:1]/hub",
        "https://0.0.0.0/hub",
        "https://user:word@example.org/hub",
        "https://example.org/hub#part",
        "https://exa mple.org/hub",
        "https://example.org:0/hub",
        "https://example.org/" + "x" * 500,
        "https:///hub",
        "javascript:alert(1)",
    ],
)
def test_address_that_the_hub_does_not_call_is_refused_when_it_is_set(desk: Hub, url: str) -> None:
    with owner(desk) as actor, pytest.raises(WebhookError):
        notices.add_webhook(actor, url, [Topic.REPORTS])
    assert desk.sql("SELECT count(*) FROM webhook") == [(0,)]


def test_name_that_leads_inside_later_is_refused_when_it_is_called(
    desk: Hub, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = added(desk, receiver.url)
    for url in ("https://10.0.0.1/hub", "https://169.254.169.254/hub", "http://192.168.0.1/hub"):
        desk.sql("UPDATE webhook SET url = %s, held_until = NULL", url)
        with owner(desk) as actor:
            notices.send_test(actor, name)
        assert sent(desk) == 1
    assert {state.rpartition(" ")[2] for state in states(desk, name)} == {"None"}
    assert desk.sql("SELECT DISTINCT failure FROM webhook_try") == [("it has no address that the hub asks",)]


def test_hub_for_others_calls_nothing_on_its_own_machine(receiver: Receiver) -> None:
    with pytest.raises(WebhookError):
        rules.check_url(receiver.url, local=False)
    with pytest.raises(outside.OutOfReachError):
        outside.check_place(receiver.url.replace("http:", "https:"), local=False)


# --- owners alone


def test_webhooks_are_an_owners_and_no_keys() -> None:
    kinds = {kind for kind in MemberKind if Permission.WEBHOOK_MANAGE in GRANTS[kind]}
    assert kinds == {MemberKind.BRAND, MemberKind.PLATFORM, MemberKind.AUTHORITY}
    assert [role for role in Role if Permission.WEBHOOK_MANAGE in ROLES[role]] == [Role.OWNER]
    assert not any(Permission.WEBHOOK_MANAGE in granted_to_client(kind, None) for kind in MemberKind)


def test_webhook_of_another_member_is_one_of_nobodys(desk: Hub, receiver: Receiver) -> None:
    name, _ = added(desk, receiver.url)
    for act in (notices.webhook, notices.send_test, notices.remove_webhook, notices.rotate_secret):
        for called in (name, "A" * 22, "\0"):
            with owner(desk, "shop") as actor, pytest.raises(UnknownWebhookError):
                act(actor, called)
    desk.person("brand-a", "ann", Role.ANALYST)
    with owner(desk, "ann") as actor, pytest.raises(NotPermittedError):
        notices.webhooks(actor)


def test_application_reads_its_readers_webhooks_alone(desk: Hub, right: str, receiver: Receiver) -> None:
    added(desk, receiver.url)
    reported(desk, right)
    make(desk)
    sent(desk)
    with as_application(desk) as connection:
        for code, some in (("brand-a", True), ("shop", False), ("alliance", False)):
            read_by(connection, desk, code)
            for table in ("webhook", "webhook_delivery", "webhook_try"):
                found = connection.execute(f"SELECT count(*) > 0 FROM {table}").fetchone()  # type: ignore[call-overload]
                assert found == (some,), (code, table)
        read_by(connection, desk, "brand-a")
        connection.execute("SELECT set_config('hub.agent', '1', false)")
        assert connection.execute("SELECT count(*) FROM webhook").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE webhook SET url = 'https://example.org'")


def test_sixth_webhook_is_refused(desk: Hub, receiver: Receiver) -> None:
    for n in range(rules.MOST_WEBHOOKS):
        added(desk, f"{receiver.url}/{n}")
    with pytest.raises(WebhookError, match="at most 5"):
        added(desk, receiver.url)


def test_secret_stands_in_no_table_log_record_or_later_page(
    desk: Hub, receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    name, secret = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    sent(desk)
    make(desk)
    tables = desk.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    core = secret.removeprefix("whsec_").rstrip("=")
    for (table,) in tables:
        assert core not in str(desk.sql(f"SELECT t::text FROM {table} t")), table
    client = desk.signed_in("brand-a")
    for page in ("/webhooks", f"/webhooks/{name}", "/notices", "/ledger"):
        assert core not in client.get(page).text
    assert core not in caplog.text + "".join(capfd.readouterr())
    assert core not in str(receiver.got)


# --- replay


def test_one_delivery_and_all_that_failed_are_sent_again_under_their_ids(
    desk: Hub, right: str, receiver: Receiver
) -> None:
    name, _ = added(desk, receiver.url, Topic.REPORTS)
    reported(desk, right)
    make(desk)
    sent(desk)
    with owner(desk) as actor:
        first = notices.deliveries(actor, name, before=None, limit=9)[-1]
        notices.replay(actor, name, first.name)
        with pytest.raises(UnknownWebhookError):
            notices.replay(actor, name, "msg_" + "0" * 32)
    sent(desk)
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["report.taken", "report.returned", "report.taken"]
    desk.sql("UPDATE webhook_delivery SET state = 'failed', tries = 11")
    with owner(desk) as actor:
        assert notices.replay_failed(actor, name, datetime.now(UTC) + timedelta(hours=1)) == 0
        assert notices.replay_failed(actor, name, datetime.now(UTC) - timedelta(hours=1)) == 2
    assert sent(desk) == 2
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 2


def test_removed_webhook_is_forgotten_with_its_deliveries(desk: Hub, receiver: Receiver) -> None:
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    sent(desk)
    with owner(desk) as actor:
        notices.remove_webhook(actor, name)
    assert desk.sql("SELECT (SELECT count(*) FROM webhook_delivery) + (SELECT count(*) FROM webhook_try)") == [(0,)]


def test_deliveries_are_kept_thirty_days_and_those_that_wait_until_they_are_settled(
    desk: Hub, receiver: Receiver
) -> None:
    name, _ = added(desk, receiver.url)
    for _ in range(2):
        with owner(desk) as actor:
            notices.send_test(actor, name)
        sent(desk)
        desk.sql("UPDATE webhook_delivery SET made_at = made_at - interval '31 days'")
    with owner(desk) as actor:
        notices.send_test(actor, name)
    desk.sql("UPDATE webhook_delivery SET made_at = made_at - interval '31 days'")
    with desk.app.app_context():
        notices.forget_notices()
    assert states(desk, name) == [f"{DeliveryState.WAITS.value} 0 -"]


def test_while_the_log_is_halted_a_delivery_is_settled_and_nothing_is_disabled(desk: Hub, receiver: Receiver) -> None:
    receiver.status = 410
    name, _ = added(desk, receiver.url)
    with owner(desk) as actor:
        notices.send_test(actor, name)
    desk.sql("INSERT INTO ledger_halt (one, name, found_by, reason, since) VALUES (true, 'h', 'fsck', 'r', now())")
    assert sent(desk) == 1
    assert states(desk, name) == ["failed 1 410"]
    assert desk.sql("SELECT disabled_at FROM webhook") == [(None,)]
