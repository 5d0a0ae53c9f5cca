"""Policies by hand: the example of the specification, and each rule of it broken once (C2SP tlog-policy)."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.tree.checkpoint import CheckpointBody
from hub.tree.merkle import EMPTY_ROOT
from hub.tree.note import COSIGNATURE_V1, NoteError, Signer
from hub.tree.trust_policy import NONE, Policy, PolicyError

ORIGIN = "hub.example/audit"
LOG = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESSES = {
    name: Signer(f"{name.lower()}.example", Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32), COSIGNATURE_V1)
    for n, name in enumerate(("X1", "X2", "X3", "Y1", "Y2", "Y3"), start=1)
}
VKEY = {name: signer.verifier.vkey for name, signer in WITNESSES.items()}
TEXT = CheckpointBody(ORIGIN, 0, EMPTY_ROOT).encode()
ONE = f"log {LOG.verifier.vkey}\nwitness X1 {VKEY['X1']}\n"

EXAMPLE = f"""log {LOG.verifier.vkey}

witness X1 {VKEY["X1"]}
witness X2 {VKEY["X2"]} https://x2.example/
\twitness  X3\t{VKEY["X3"]}
 # two of the first three
group X-witnesses 2 X1 X2 X3

witness Y1 {VKEY["Y1"]}
witness Y2 {VKEY["Y2"]}
witness Y3 {VKEY["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def parsed(text: str) -> Policy:
    return Policy.parse(text.encode())


def keys(*names: str) -> set[str]:
    return {VKEY[name] for name in names}


@pytest.mark.parametrize(
    ("cosigned", "enough"),
    [
        ((), False),
        (("X1", "X2", "X3"), False),
        (("X1", "Y1"), False),
        (("Y1", "Y2", "Y3"), False),
        (("X1", "X3", "Y2"), True),
        (tuple(VKEY), True),
    ],
)
def test_example_asks_for_two_of_the_first_and_any_of_the_second(cosigned: tuple[str, ...], enough: bool) -> None:
    assert parsed(EXAMPLE).is_met_by(keys(*cosigned)) is enough


def test_example_is_written_and_read_back() -> None:
    policy = parsed(EXAMPLE)
    assert Policy.parse(policy.encode()) == policy
    assert [witness.url for witness in policy.witnesses][:2] == [None, "https://x2.example/"]


def test_quorum_of_none_asks_for_nobody() -> None:
    assert parsed("quorum none\n").is_met_by(set())
    assert parsed(f"{ONE}quorum {NONE}\n").is_met_by(set())


def test_quorum_of_one_witness_asks_for_it() -> None:
    policy = parsed(f"{ONE}quorum X1\n")
    assert [policy.is_met_by(keys(*each)) for each in ((), ("X2",), ("X1",))] == [False, False, True]


def test_checkpoint_is_final_once_the_quorum_has_cosigned() -> None:
    note = LOG.sign(TEXT) + WITNESSES["X1"].line(TEXT, 5) + WITNESSES["X2"].line(TEXT, 6)
    judged = parsed(EXAMPLE).open(note)
    assert (judged.cosigned, judged.final) == ({"X1": 5, "X2": 6}, False)
    judged = parsed(EXAMPLE).open(note + WITNESSES["Y3"].line(TEXT, 7))
    assert (judged.stated.size, judged.final) == (0, True)


def test_checkpoint_of_a_log_that_is_not_listed_is_refused_however_many_cosigned() -> None:
    other = Signer("other.example", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
    text = CheckpointBody("other.example", 0, EMPTY_ROOT).encode()
    note = other.sign(text) + "".join(signer.line(text, 5) for signer in WITNESSES.values())
    with pytest.raises(NoteError):
        parsed(EXAMPLE).open(note)


@pytest.mark.parametrize("name", ["witness", "Zürich", "木", "K", "any"])
def test_name_may_be_any_octets_but_space(name: str) -> None:
    assert parsed(f"witness {name} {VKEY['X1']}\nquorum {name}\n").quorum == name


def test_name_that_is_no_text_stays_the_octets_it_was() -> None:
    raw = b"witness \xff\xfe " + VKEY["X1"].encode() + b"\nquorum \xff\xfe\n"
    assert Policy.parse(raw).encode() == raw


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "exactly one quorum"),
        (ONE, "exactly one quorum"),
        (f"{ONE}quorum X1\nquorum X1\n", "exactly one quorum"),
        (f"{ONE}quorum X2\n", "line before"),
        (f"quorum X1\n{ONE}", "line before"),
        (f"{ONE}quorum X1", "ends with a newline"),
        (f"{ONE}quorum X1\r\n", "control character"),
        (f"{ONE}quorum X1\x7f\n", "control character"),
        (f"{ONE}quorum X1 X1\n", "line 3"),
        (f"{ONE}quorum\n", "line 3"),
        (f"{ONE}Quorum X1\n", "line 3"),
        (f"{ONE}witness X1 {VKEY['X2']}\nquorum X1\n", "stands for one"),
        (f"{ONE}witness X2 {VKEY['X1']}\nquorum X1\n", "same key"),
        (f"{ONE}witness X2 {WITNESSES['X1'].verifier.vkey.replace('x1', 'x9')}\nquorum X1\n", "line 3"),
        (f"{ONE}witness none {VKEY['X2']}\nquorum X1\n", "not `none`"),
        (f"{ONE}log {LOG.verifier.vkey} https://b.example\nquorum X1\n", "same key"),
        (f"log {VKEY['X1']}\nquorum none\n", "type 1"),
        (f"witness X1 {LOG.verifier.vkey}\nquorum X1\n", "type 4"),
        (f"{ONE}group g X1\nquorum g\n", "line 3"),
        (f"{ONE}group g all\nquorum g\n", "at least one"),
        (f"{ONE}group g any\nquorum g\n", "at least one"),
        (f"{ONE}group g 0 X1\nquorum g\n", "line 3"),
        (f"{ONE}group g 2 X1\nquorum g\n", "at least one"),
        (f"{ONE}group g 01 X1\nquorum g\n", "line 3"),
        (f"{ONE}group g +1 X1\nquorum g\n", "line 3"),
        (f"{ONE}group g 1 none\nquorum g\n", "line before"),
        (f"{ONE}group g 1 g\nquorum g\n", "line before"),
        (f"{ONE}group g any X1 X1\nquorum g\n", "once only"),
        (f"{ONE}group g any X1\ngroup h any X1\nquorum h\n", "once only"),
        (f"{ONE}group g any h\ngroup h any X1\nquorum g\n", "line before"),
        (f"{ONE}group X1 any X1\nquorum X1\n", "stands for one"),
        ("# " + "x" * 100_000 + "\nquorum none\n", "at most 100,000 bytes"),
    ],
)
def test_policy_that_breaks_a_rule_is_refused(text: str, why: str) -> None:
    with pytest.raises(PolicyError, match=why):
        parsed(text)
