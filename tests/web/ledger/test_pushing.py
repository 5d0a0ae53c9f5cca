"""Checkpoints pushed to witnesses at an address: every status of C2SP tlog-witness, and what a bad witness can do."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.db import db
from hub.ledger import rules
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members
from hub.tree.checkpoint import CheckpointBody
from hub.tree.merkle import EMPTY_ROOT, verify_consistency
from hub.tree.note import COSIGNATURE_V1, NoteError, Signer, open_note, split_note
from hub.tree.trust_policy import NONE, Policy
from tests.conftest import HTML, Hub
from tests.web.indicators.test_share_and_match_over_http import KEY
from tests.web.ledger.recording import reason
from tests.web.ledger.witnessing import LOG, now

SIGNER = Signer("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32), COSIGNATURE_V1)


CONTRARY = f"The witness {SIGNER.verifier.name} says since"


@dataclass
class Outside:
    """A witness of the specification, that can be told to answer otherwise."""

    log: Signer
    known: CheckpointBody | None = None
    asked: list[int] = field(default_factory=list)
    """The old size of each request."""
    says: tuple[int, bytes] | None = None
    slow: float = 0.0

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """C2SP tlog-witness, add-checkpoint."""
        head, _, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        old, proof = int(first.removeprefix("old ")), [base64.b64decode(line) for line in lines]
        self.asked.append(old)
        time.sleep(self.slow)
        if self.says is not None:
            return self.says
        stated = CheckpointBody.parse(open_note(note, [self.log.verifier]).text)
        known = self.known or CheckpointBody(stated.origin, 0, EMPTY_ROOT)
        if old != known.size:
            return 409, f"{known.size}\n".encode()
        if old:
            verify_consistency(old, known.root, stated.size, stated.root, proof)
        else:
            assert proof == []
        self.known = stated
        return 200, SIGNER.line(split_note(note)[0], now()).encode()


@dataclass
class Stage:
    """The hub and the witness that it pushes to."""

    hub: Hub
    witness: Outside
    url: str

    def push(self) -> int:
        """Push as the worker does, as if the last time were long ago."""
        self.hub.sql("UPDATE ledger_witness SET asked_at = NULL")
        return self.push_again()

    def push_again(self) -> int:
        """Push as the worker does."""
        with self.hub.app.app_context():
            return ledger.push_checkpoints()

    def grow(self) -> int:
        """Record and sign; returns the size."""
        with self.hub.operator() as actor:
            ledger.append(actor, Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
            db.session.commit()
        self.hub.sequence()
        return int(self.hub.app.test_client().get(f"{LOG}/checkpoint").text.split("\n")[1])

    def cosigned(self) -> list[object]:
        """The sizes that bear its line."""
        return [row[0] for row in self.hub.sql("SELECT size FROM ledger_cosignature ORDER BY size")]


@contextmanager
def pushing(hub: Hub) -> Iterator[Stage]:
    """The hub beside a witness of its own at an address."""
    witness = Outside(hub.signer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/w1/add-checkpoint"
            status, said = witness.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/w1"
        with hub.operator() as actor:
            ledger.add_outside_witness(actor, SIGNER.verifier.vkey, f"{url}/")
        hub.sequence()
        yield Stage(hub, witness, url)
        server.shutdown()
        thread.join()


@pytest.fixture
def stage(hub: Hub) -> Iterator[Stage]:
    with pushing(hub) as stage:
        yield stage


def test_witness_cosigns_what_is_pushed_from_the_size_it_knows(stage: Stage) -> None:
    assert stage.push() == 1
    first = stage.witness.known
    size = stage.grow()
    assert stage.push() == 1
    assert first is not None
    assert stage.witness.asked == [0, first.size]
    assert stage.cosigned() == [first.size, size]


def test_cosignature_stands_under_the_checkpoint_and_no_quorum_rests_on_it(stage: Stage) -> None:
    stage.push()
    client = stage.hub.app.test_client()
    policy = Policy.parse(client.get(f"{LOG}/policy").data)
    judged = policy.open(client.get(f"{LOG}/checkpoint").text)
    assert (list(judged.cosigned), policy.quorum) == ([SIGNER.verifier.name], NONE)
    assert stage.url not in client.get(f"{LOG}/policy").text


def test_witness_that_knows_another_size_is_asked_once_more_from_there(stage: Stage) -> None:
    stage.push()
    known = stage.witness.known
    assert known is not None
    stage.hub.sql("UPDATE ledger_witness SET size = NULL")
    stage.grow()
    assert stage.push() == 1
    assert stage.witness.asked[1:] == [0, known.size]


def test_witness_that_lost_its_memory_is_asked_from_the_beginning(stage: Stage) -> None:
    stage.push()
    stage.witness.known = None
    stage.grow()
    assert stage.push() == 1
    assert stage.witness.asked[-1] == 0


def test_witness_is_asked_at_most_every_ten_seconds_and_never_twice_for_the_same(stage: Stage) -> None:
    assert (stage.push(), stage.push_again()) == (1, 0)
    stage.grow()
    assert stage.push_again() == 0
    assert len(stage.witness.asked) == 1
    stage.hub.sql("UPDATE ledger_witness SET asked_at = asked_at - interval '10 seconds'")
    assert stage.push_again() == 1


@pytest.mark.parametrize(
    ("says", "asked"),
    [
        ((400, b""), 1),
        ((403, b""), 1),
        ((404, b""), 1),
        ((422, b""), 1),
        ((500, b"x" * 1000), 1),
        ((302, b""), 1),
        ((409, b""), 1),
        ((409, b"01\n"), 1),
        ((409, b"-1\n"), 1),
        ((409, b"9" * 30 + b"\n"), 1),
        ((409, b"1"), 1),
        ((409, b"1\n"), 2),
        ((200, b""), 1),
        ((200, b"\xff\xfe"), 1),
        ((200, b"x" * (rules.PUSH_MOST + 1)), 1),
        ((200, "— witness.example/w1 AAAAAAAAAAAAAAAA\n".encode()), 1),
        ((200, "— w.example AAAAAAAAAAAAAAAA\n".encode()), 1),
    ],
    ids=str,
)
def test_answer_that_is_no_cosignature_leaves_none(stage: Stage, says: tuple[int, bytes], asked: int) -> None:
    stage.witness.says = says
    assert stage.push() == 0
    assert (len(stage.witness.asked), stage.cosigned()) == (asked, [])
    stage.witness.says = None
    assert stage.push() == 1, "it is asked again later"


def test_cosignature_of_another_checkpoint_or_without_a_time_is_not_kept(stage: Stage) -> None:
    text = CheckpointBody(stage.hub.origin, 1, bytes(32)).encode()
    stage.witness.says = 200, SIGNER.line(text, now()).encode()
    assert stage.push() == 0
    mine = split_note(stage.hub.app.test_client().get(f"{LOG}/checkpoint").text)[0]
    stage.witness.says = 200, SIGNER.line(mine, 0).encode()
    assert stage.push() == 0
    assert stage.cosigned() == []


def test_witness_that_is_slow_is_left_after_a_second(stage: Stage) -> None:
    stage.witness.slow = 1.5
    began = time.monotonic()
    assert stage.push() == 0
    assert time.monotonic() - began < 1.4


def test_witness_ahead_of_what_is_offered_is_asked_for_what_comes_after(stage: Stage) -> None:
    size = stage.grow()
    stage.witness.says = 409, f"{size}\n".encode()
    older = stage.hub.sql("SELECT size FROM ledger_checkpoint ORDER BY size LIMIT 1")[0][0]
    assert older != size
    stage.hub.sql("UPDATE ledger_witness SET size = 0")
    assert stage.push() == 0
    assert stage.witness.asked == [0, size]


def test_witness_that_has_seen_more_than_there_is_halts_the_log_and_is_asked_no_more(stage: Stage) -> None:
    stage.witness.says = 409, b"999999\n"
    assert stage.push() == 0
    assert "has cosigned 999999 entries" in str(reason(stage.hub))
    assert (stage.push(), len(stage.witness.asked)) == (0, 1)


def test_witness_that_knows_more_is_found_at_the_start_though_nothing_new_is_there_to_cosign(stage: Stage) -> None:
    assert stage.push() == 1
    stage.witness.says = 409, b"999999\n"
    with stage.hub.app.app_context():
        ledger.ask_witnesses()
    assert "has cosigned 999999 entries" in str(reason(stage.hub))


def test_witness_that_knows_as_much_as_there_is_halts_nothing_at_the_start(stage: Stage) -> None:
    assert stage.push() == 1
    with stage.hub.app.app_context():
        ledger.ask_witnesses()
    assert (len(stage.witness.asked), reason(stage.hub)) == (2, None)


def test_witness_that_halted_the_log_by_a_lie_is_removed_meanwhile(stage: Stage) -> None:
    stage.witness.says = 409, b"999999\n"
    stage.push()
    with stage.hub.operator() as actor:
        ledger.remove_outside_witness(actor, SIGNER.verifier.name)
    assert stage.hub.sql("SELECT count(*) FROM ledger_witness WHERE removed_at IS NULL") == [(0,)]


def test_witness_at_a_private_place_is_not_asked(stage: Stage) -> None:
    stage.hub.sql("UPDATE ledger_witness SET url = 'http://10.0.0.1:80/w1'")
    began = time.monotonic()
    assert stage.push() == 0
    assert (stage.witness.asked, time.monotonic() - began < 0.5) == ([], True)


def test_witness_that_was_removed_is_asked_no_more_and_may_come_back(stage: Stage) -> None:
    name = SIGNER.verifier.name
    with stage.hub.operator() as actor:
        ledger.remove_outside_witness(actor, name)
        with pytest.raises(ledger.WitnessError):
            ledger.remove_outside_witness(actor, name)
    stage.hub.sequence()
    assert (stage.push(), stage.witness.asked) == (0, [])
    with stage.hub.operator() as actor:
        ledger.add_outside_witness(actor, SIGNER.verifier.vkey, stage.url)
    stage.hub.sequence()
    assert stage.push() == 1


@pytest.mark.parametrize("url", ["ftp://w.example", "w.example", "https://w.example/ x", "https://\x00"])
def test_address_that_is_none_is_refused(hub: Hub, url: str) -> None:
    with hub.operator() as actor, pytest.raises(ledger.WitnessError):
        ledger.add_outside_witness(actor, SIGNER.verifier.vkey, url)


def test_key_that_cosigns_nothing_is_refused(hub: Hub) -> None:
    with hub.operator() as actor, pytest.raises(NoteError):
        ledger.add_outside_witness(actor, hub.signer.verifier.vkey, "https://w.example")


# --- a witness that says that our log does not extend what it knows


@pytest.fixture
def contrary(stage: Stage) -> Stage:
    """It says so once; the office has a person."""
    stage.hub.person(members.OFFICE, "ada")
    stage.push()
    stage.grow()
    stage.witness.says = 422, b""
    assert stage.push() == 0
    return stage


def letters(stage: Stage) -> int:
    with stage.hub.app.app_context():
        return members.tell_of_halt()


def test_office_sees_that_a_witness_holds_another_log_and_has_one_letter(contrary: Stage) -> None:
    assert CONTRARY in contrary.hub.signed_in("ada").get("/decisions", headers=HTML).text
    assert letters(contrary) == 1
    contrary.push()
    assert letters(contrary) == 0
    assert reason(contrary.hub) is None


def test_figures_say_for_how_long_it_holds_another_log(contrary: Stage) -> None:
    with contrary.hub.operator() as actor:
        (one,) = ledger.health(actor).witnesses
    assert one.contrary_seconds is not None
    assert one.contrary_seconds < 60


def test_witness_that_cosigns_again_is_no_longer_told_of(contrary: Stage) -> None:
    contrary.witness.says = None
    assert contrary.push() == 1
    assert contrary.hub.sql("SELECT contrary_at FROM ledger_witness") == [(None,)]
    assert CONTRARY not in contrary.hub.signed_in("ada").get("/decisions", headers=HTML).text


def test_witness_that_is_removed_is_no_longer_told_of(contrary: Stage) -> None:
    with contrary.hub.operator() as actor:
        ledger.remove_outside_witness(actor, SIGNER.verifier.name)
    assert CONTRARY not in contrary.hub.signed_in("ada").get("/decisions", headers=HTML).text
    assert letters(contrary) == 0
