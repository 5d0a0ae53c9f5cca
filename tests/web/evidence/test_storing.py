"""A file that is stored is whole, sealed and the member's own; one that is refused leaves nothing behind."""

import hashlib
import resource
import secrets
import signal
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hub import clock
from hub.evidence import rules
from hub.evidence.model import Evidence
from hub.evidence.rules import TYPES, EvidenceType
from hub.evidence.service import folder
from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import Hub
from tests.unit.evidence.files import JPEG, MP4, PDF, PLACE, PNG, box, exif_of, picture
from tests.web.access.test_acting_for import acting, alliance, number
from tests.web.evidence.storing import ADDRESS, OCTETS, Slow, erased, file_of, lying, read, sent, stored
from tests.web.ledger.test_debt import application
from tests.web.members.test_agents import end

__all__ = ["alliance"]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LONG = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", bytes(100)) + box(b"mdat", secrets.token_bytes(3 * 2**20))


@pytest.fixture
def vault(hub: Hub) -> Hub:
    """Two brands, a platform and an auditor."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform"), ("checker", "auditor")):
        hub.admit(code, kind)
    return hub


def test_file_comes_back_as_it_was_sent(vault: Hub) -> None:
    client = vault.client("brand-a")
    told = stored(client, LONG, "film.mp4")
    answer = read(client, told["name"])
    assert (answer.data, answer.content_length, answer.mimetype) == (LONG, len(LONG), "video/mp4")
    assert told["sha256"] == hashlib.sha256(LONG).hexdigest()


def test_answer_says_how_long_it_is_kept(vault: Hub) -> None:
    told = stored(vault.client("brand-a"), type="test_buy")
    ((days,),) = vault.sql("SELECT expires_on - stored_at::date FROM evidence")
    assert (days, told["media"], told["own"]) == (1825, "application/pdf", True)


def test_nothing_of_it_lies_on_the_disk_or_in_the_database_in_the_clear(vault: Hub) -> None:
    told = stored(vault.client("brand-a"), LONG, "Meier phone.mp4")
    lies = file_of(vault, told["name"]).read_bytes()
    assert len(lies) == len(LONG) + 16 * 4
    assert not any(LONG[at : at + 16] in lies for at in range(0, len(LONG), 4096))
    assert "Meier" not in str(vault.sql("SELECT e::text FROM evidence e"))
    assert file_of(vault, told["name"]).stat().st_mode & 0o777 == 0o600


def test_place_is_taken_out_on_request(vault: Hub) -> None:
    client, photo = vault.client("brand-a"), picture("JPEG", metadata=True)
    told = stored(client, photo, "photo.jpg", strip="true")
    bare = read(client, told["name"]).data
    assert (exif_of(bare), PLACE in bare, told["stripped"]) == (({}, {}), False, True)
    assert stored(client, photo, "photo.jpg")["sha256"] == hashlib.sha256(photo).hexdigest()


def test_the_same_file_again_is_the_one_that_is_there(vault: Hub) -> None:
    client = vault.client("brand-a")
    before = lying(vault)
    names = {stored(client, JPEG, name)["name"] for name in ("a.jpg", "b.jpg")}
    assert (len(names), lying(vault) - before) == (1, names)
    assert stored(client, JPEG, "a.jpg", type="comparison")["name"] not in names
    assert stored(vault.client("brand-b"), JPEG, "a.jpg")["name"] not in names
    erased(client, names.pop())
    assert stored(client, JPEG, "a.jpg")["file_name"] == "a.jpg"


def test_file_sent_again_when_half_its_time_is_over_is_kept_anew(vault: Hub) -> None:
    client = vault.client("brand-a")
    kept = TYPES[EvidenceType.LISTING][1]
    first = stored(client)
    vault.sql("UPDATE credential SET expires_at = '2040-01-01'")
    with time_machine.travel(clock.now() + kept / 2 - timedelta(days=1)):
        assert stored(client)["name"] == first["name"]
    with time_machine.travel(clock.now() + kept - timedelta(days=1)):
        again = stored(client)
        assert (again["name"] != first["name"], again["expires_on"] > first["expires_on"]) == (True, True)
        assert stored(client)["name"] == again["name"]


REFUSED = {
    "SVG with a script": (SVG, "a.svg"),
    "SVG as a picture": (SVG, "a.png"),
    "web page": (b"<!doctype html><script>alert(1)</script>", "a.txt"),
    "wrong ending": (JPEG, "a.pdf"),
    "no ending": (JPEG, "photo"),
    "archive behind a picture": (PNG + b"PK\x03\x04" + b"PK\x05\x06" + bytes(18), "a.png"),
    "cut off after megabytes": (LONG[:-1], "a.mp4"),
}


@pytest.mark.parametrize("circumstance", REFUSED)
def test_refused_file_leaves_nothing(vault: Hub, circumstance: str) -> None:
    before = lying(vault)
    content, name = REFUSED[circumstance]
    answer = sent(vault.client("brand-a"), content, name)
    assert (answer.status_code, (answer.json or {})["type"]) == (422, "/problems/not-valid")
    assert (lying(vault), vault.sql("SELECT count(*) FROM evidence")) == (before, [(0,)])


def test_two_gigabytes_are_refused_before_any_is_read(vault: Hub) -> None:
    def never() -> None:
        pytest.fail("the body was read")

    body = Slow(PDF, never)
    body._half, body._size = -1, 2 * 2**30
    assert body.send(vault.client("brand-a")).status_code == 413


def test_file_as_long_as_may_be_is_taken_and_one_byte_more_is_not(vault: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for longest, status in ((len(PDF) - 1, 413), (len(PDF), 201)):
        monkeypatch.setattr(rules, "LARGEST_FILE", longest)
        assert sent(vault.client("brand-a")).status_code == status


def test_body_of_unknown_length_is_refused(vault: Hub) -> None:
    answer = vault.client("brand-a").post(
        ADDRESS,
        query_string={"name": "a.pdf", "type": "listing"},
        headers={"Transfer-Encoding": "chunked"},
        content_type=OCTETS,
        environ_overrides={"CONTENT_LENGTH": None, "wsgi.input_terminated": True},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("query", [{"type": "gossip"}, {"type": None}, {"name": None}, {"name": "x" * 300}])
def test_what_is_said_of_it_is_held_to_the_rules(vault: Hub, query: dict[str, str]) -> None:
    assert sent(vault.client("brand-a"), **query).status_code == 422


def test_member_that_keeps_as_much_as_it_may_is_told_why(vault: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_KEPT", len(JPEG) + 10)
    client = vault.client("brand-a")
    name = stored(client, JPEG, "a.jpg")["name"]
    answer = sent(client, PDF)
    assert (answer.status_code, (answer.json or {})["type"]) == (429, "/problems/quota-spent")
    assert sent(vault.client("brand-b"), PDF).status_code == 201
    erased(client, name)
    assert sent(client, PDF).status_code == 201


def test_two_uploads_at_once_do_not_keep_more_than_one_may(vault: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_KEPT", len(PDF) + 3)
    before, other = lying(vault), vault.client("brand-a")
    answer = Slow(PDF, lambda: stored(other, b"word", "a.txt")).send(vault.client("brand-a"))
    assert answer.status_code == 429
    assert (len(lying(vault) - before), vault.sql("SELECT size FROM evidence")) == (1, [(4,)])


def test_disk_that_fills_up_loses_the_upload_and_nothing_else(vault: Hub) -> None:
    client, before = vault.client("brand-a"), lying(vault)
    name = stored(client)["name"]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signalled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 2**20, limits[1]))
    try:
        answer = sent(client, LONG, "film.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, signalled)
    assert (answer.status_code, (answer.json or {})["type"]) == (503, "/problems/unavailable")
    assert (lying(vault) - before, vault.sql("SELECT name FROM evidence")) == ({name}, [(name,)])
    assert read(client, name).data == PDF


def test_disk_with_no_room_is_found_out_before_any_is_read(vault: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "KEPT_FREE", 2**60)
    assert sent(vault.client("brand-a")).status_code == 503


def test_file_stays_when_the_answer_to_the_commit_is_lost(vault: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(session: Session) -> None:
        writes = any(isinstance(each, Evidence) for each in session)
        commit(session)
        if writes:
            raise DBAPIError("COMMIT", None, Exception(), connection_invalidated=True)

    commit = Session.commit
    with monkeypatch.context() as patch:
        patch.setattr(Session, "commit", lost)
        assert sent(vault.client("brand-a")).status_code >= 500
    ((name,),) = vault.sql("SELECT name FROM evidence")
    assert read(vault.client("brand-a"), str(name)).data == PDF


def test_reader_that_goes_away_leaves_nothing(vault: Hub) -> None:
    body, before = Slow(LONG, lambda: None), lying(vault)
    body._size = len(LONG) + 5
    assert body.send(vault.client("brand-a"), "film.mp4").status_code == 400
    assert (lying(vault), vault.sql("SELECT count(*) FROM evidence")) == (before, [(0,)])


def suspended(hub: Hub) -> None:
    with hub.operator() as actor:
        members.move(actor, "brand-a", MemberState.SUSPENDED)


def test_member_suspended_during_the_upload_stores_nothing(vault: Hub) -> None:
    before = lying(vault)
    answer = Slow(LONG, lambda: suspended(vault)).send(vault.client("brand-a"), "film.mp4")
    assert (answer.status_code, (answer.json or {})["type"]) == (403, "/problems/member-not-active")
    assert (lying(vault), vault.sql("SELECT count(*) FROM evidence")) == (before, [(0,)])


MEANWHILE: dict[str, Callable[[Hub], object]] = {
    "taken back": lambda hub: end(hub, number(hub)),
    "agent suspended": lambda hub: hub.sql("UPDATE member SET state = 'suspended' WHERE code = 'agency'"),
}


@pytest.mark.parametrize("circumstance", MEANWHILE)
def test_agent_whose_authorisation_ends_during_the_upload_stores_nothing(alliance: Hub, circumstance: str) -> None:
    before = lying(alliance)
    answer = Slow(LONG, lambda: MEANWHILE[circumstance](alliance)).send(acting(alliance), "film.mp4")
    assert answer.status_code in {403, 404}
    assert (lying(alliance), alliance.sql("SELECT count(*) FROM evidence")) == (before, [(0,)])


def test_agent_stores_for_the_brand_and_it_is_the_brands(alliance: Hub) -> None:
    name = stored(acting(alliance))["name"]
    assert read(alliance.client("brand-a"), name).data == PDF
    assert read(acting(alliance), name).data == PDF
    assert read(alliance.client("brand-b"), name).status_code == 404
    assert erased(acting(alliance), name).status_code == 403


def test_row_without_a_record_is_not_committed(vault: Hub) -> None:
    stored(vault.client("brand-a"), MP4, "a.mp4")
    with application(vault) as connection:
        connection.execute(
            "SELECT set_config('hub.member', (SELECT id FROM member WHERE code = 'brand-a')::text, true)"
        )
        connection.execute("UPDATE evidence SET sealed_key = NULL, erased_at = now()")
        with pytest.raises(Exception, match="nothing records"):
            connection.commit()
