"""A suspension has no race: what it commits after is not followed by anything of the member, by whatever way it came."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from hub.access.guard import NotInStandingError, read_as
from hub.access.tlp import Tlp
from hub.db import db
from hub.epochs import service as epochs
from hub.indicators import jobs
from hub.indicators import service as indicators
from hub.indicators.rules import Audience, EvidenceLevel, Stance
from hub.indicators.service import Terms, expire
from hub.members import service as members
from hub.members.model import Member
from hub.members.rules import ACTIVE, MemberState
from hub.members.service import membership
from tests.conftest import HTML, Hub
from tests.web.access.test_credentials import OCTETS, asked
from tests.web.indicators.test_share_and_match_over_http import KEY, share, token

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
STANDING = "SELECT count(*) FROM contribution WHERE state = 'active'"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands."""
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    return hub


def move(hub: Hub, code: str, state: MemberState) -> None:
    with hub.operator() as actor:
        members.move(actor, code, state)


def until(what: Callable[[], bool]) -> None:
    """Wait until it is so; ten seconds at most."""
    for _ in range(1000):
        if what():
            return
        time.sleep(0.01)
    raise TimeoutError


@pytest.fixture
def under_way(alliance: Hub) -> Iterator[None]:
    """A transaction of brand-a that has let its key in and has not yet ended; it ends with the test at the latest."""
    with alliance.app.app_context():
        assert members.holder_of_key(alliance.keys["brand-a"]) is not None
        yield


def test_suspension_waits_for_an_upload_under_way_and_comes_after_it(alliance: Hub) -> None:
    shared, let_go = threading.Event(), threading.Event()

    def upload() -> None:
        with alliance.app.app_context():
            terms = Terms(Stance.INFRINGING, EvidenceLevel.E2, Audience(Tlp.GREEN))
            indicators.share(alliance.actor("brand-a"), epochs.key(KEY, for_sharing=True), [token(1)], None, terms)
            shared.set()
            assert let_go.wait(10)
            db.session.commit()

    with ThreadPoolExecutor() as pool:
        uploading = pool.submit(upload)
        assert shared.wait(10)
        suspending = pool.submit(move, alliance, "brand-a", MemberState.SUSPENDED)
        until(lambda: alliance.sql(WAITING) == [(1,)])
        assert not suspending.done()
        let_go.set()
        uploading.result(10)
        suspending.result(10)
    events = [action for (action,) in alliance.sql("SELECT action FROM ledger_entry ORDER BY at")]
    assert events[-2:] == ["contribution.shared", "member.moved"]


def test_request_that_comes_while_a_suspension_waits_is_refused(alliance: Hub, under_way: None) -> None:
    with ThreadPoolExecutor() as pool:
        suspending = pool.submit(move, alliance, "brand-a", MemberState.SUSPENDED)
        until(lambda: alliance.sql(WAITING) == [(1,)])
        late = pool.submit(share, alliance.client("brand-a"), 1, status=403)
        until(lambda: alliance.sql(WAITING) == [(2,)])
        db.session.rollback()  # what was under way ends
        suspending.result(10)
        assert late.result(10)["type"] == "/problems/member-not-active"
    assert alliance.sql(STANDING) == [(0,)]


def test_suspension_gives_up_on_a_request_that_does_not_end_and_says_what_to_do(
    alliance: Hub, under_way: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "HOLD_SECONDS", 0.1)
    with ThreadPoolExecutor() as pool, pytest.raises(members.RefusedMoveError, match="revoke the member's keys first"):
        pool.submit(move, alliance, "brand-a", MemberState.SUSPENDED).result(10)
    assert alliance.sql("SELECT state FROM member WHERE code = 'brand-a'") == [("admitted",)]


def test_requests_of_other_members_do_not_wait_for_a_suspension(alliance: Hub, under_way: None) -> None:
    with ThreadPoolExecutor() as pool:
        suspending = pool.submit(move, alliance, "brand-a", MemberState.SUSPENDED)
        until(lambda: alliance.sql(WAITING) == [(1,)])
        assert pool.submit(share, alliance.client("brand-b"), 1).result(5)["added"] == 1
        assert not suspending.done()
        db.session.rollback()
        suspending.result(10)


def test_nothing_of_many_uploads_at_once_commits_after_the_suspension(alliance: Hub) -> None:
    """The law, with real threads: what is there when the suspension has committed is all there will ever be."""
    begun = threading.Semaphore(0)

    def upload(first: int) -> int:
        client, status = alliance.client("brand-a"), 200
        for number in range(first, first + 1000):
            tokens = base64.b64encode(token(number)).decode()
            body = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": tokens}
            status = client.post("/api/v1/contributions", json=body).status_code
            begun.release()
            if status != 200:
                break
        return status

    with ThreadPoolExecutor() as pool:
        uploads = [pool.submit(upload, 10_000 * n) for n in range(1, 5)]
        for _ in range(20):
            begun.acquire()
        move(alliance, "brand-a", MemberState.SUSPENDED)
        committed = alliance.sql(STANDING)
        assert [each.result(60) for each in uploads] == [403] * 4
    assert alliance.sql(STANDING) == committed > [(0,)]


def test_second_transaction_of_a_request_is_refused_after_a_suspension(alliance: Hub) -> None:
    """An evaluation commits its debit before the evaluator works; what it would do after that is another transaction."""
    with alliance.app.app_context():
        actor = alliance.actor("brand-a")
        db.session.commit()
        move(alliance, "brand-a", MemberState.SUSPENDED)
        with pytest.raises(NotInStandingError):
            members.record_denial(actor, "match:run")
        db.session.rollback()


def test_session_ends_at_its_next_request_and_works_again_after_reinstatement(alliance: Hub) -> None:
    alliance.person("brand-a")
    browser = alliance.signed_in("brand-a")
    assert browser.get("/", headers=HTML).status_code == 200
    move(alliance, "brand-a", MemberState.SUSPENDED)
    assert browser.get("/", headers=HTML).status_code in {302, 403}
    move(alliance, "brand-a", MemberState.ADMITTED)
    assert browser.get("/", headers=HTML).status_code == 200


def test_job_in_the_name_of_a_member_out_of_standing_is_refused(alliance: Hub) -> None:
    number = alliance.sql("SELECT id FROM member WHERE code = 'brand-a'")[0][0]
    move(alliance, "brand-a", MemberState.SUSPENDED)
    with alliance.app.app_context(), pytest.raises(NotInStandingError):
        members.job_actor(number, "p_job")  # type: ignore[arg-type]


def test_job_whose_member_is_suspended_between_its_making_and_its_transaction_is_refused(alliance: Hub) -> None:
    number = alliance.sql("SELECT id FROM member WHERE code = 'brand-a'")[0][0]
    with alliance.app.app_context():
        actor = members.job_actor(number, "p_job")  # type: ignore[arg-type]
        db.session.rollback()
        read_as(db.session, actor)
        move(alliance, "brand-a", MemberState.SUSPENDED)
        with pytest.raises(NotInStandingError):
            db.session.execute(select(Member.id))
        db.session.rollback()


def test_long_job_stops_at_the_batch_after_the_suspension_and_goes_on_with_others(
    alliance: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expire, "EXPIRE_AT_ONCE", 2)
    share(alliance.client("brand-a"), *range(5))
    share(alliance.client("brand-b"), *range(5))
    a, b = (alliance.sql("SELECT id FROM member WHERE code = %s", code)[0][0] for code in ("brand-a", "brand-b"))
    for member, day in ((a, date(2020, 1, 1)), (b, date(2020, 1, 2))):  # the first comes first
        alliance.sql("UPDATE contribution SET expires_on = %s WHERE member_id = %s", day, member)
    ended = "SELECT count(*) FROM contribution WHERE state = 'expired' AND member_id = %s"
    with alliance.app.app_context():
        assert expire.expire_some() == 2
        move(alliance, "brand-a", MemberState.SUSPENDED)
        assert jobs.expire_contributions() == 5
    assert (alliance.sql(ended, a), alliance.sql(ended, b)) == ([(2,)], [(5,)])
    move(alliance, "brand-a", MemberState.ADMITTED)
    with alliance.app.app_context():
        assert jobs.expire_contributions() == 3


def test_database_and_rules_agree_on_who_stands(alliance: Hub) -> None:
    for state in MemberState:
        left = "CASE WHEN %s = 'left' THEN now() END"
        alliance.sql(
            f"UPDATE member SET state = %s, left_at = {left}, orphans_end_at = {left} WHERE code = 'brand-a'",
            *[state.value] * 3,
        )
        stands = alliance.sql("SELECT stands(id), stand(id) FROM member WHERE code = 'brand-a'")
        assert stands == [(state in ACTIVE, state.value)]
    assert alliance.sql("SELECT stands(0)") == [(False,)]


def test_office_does_not_suspend_itself(alliance: Hub) -> None:
    with pytest.raises(members.RefusedMoveError, match="nobody could move it back"):
        move(alliance, members.OFFICE, MemberState.SUSPENDED)


def suspended_answers(client: FlaskClient) -> int:
    return asked(
        client, ("POST", f"/api/v1/keys/{KEY}/matches", {"data": token(1), "content_type": OCTETS})
    ).status_code


def test_second_batch_after_a_suspension_is_refused(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    assert suspended_answers(client) == 200
    move(alliance, "brand-a", MemberState.SUSPENDED)
    assert suspended_answers(client) == 403
