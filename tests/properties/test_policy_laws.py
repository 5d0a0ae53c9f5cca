"""Laws of policies: read back as written, refused and never a crash when changed, and met by whom they say."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.tree.note import COSIGNATURE_V1, Signer
from hub.tree.trust_policy import NONE, Definition, Group, Log, Policy, PolicyError, Quorum, Witness

law = settings(max_examples=150)

VERIFIERS = [
    Signer(f"w{n}.example", Ed25519PrivateKey.from_private_bytes(bytes([n + 1]) * 32), COSIGNATURE_V1).verifier
    for n in range(8)
]
LOG = Signer("hub.example/audit", Ed25519PrivateKey.from_private_bytes(bytes(32))).verifier
ADDRESSES = st.one_of(st.none(), st.sampled_from(["https://w.example/", "https://münchen.example/x?y=#z"]))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy over up to eight witnesses: groups of what is not in a group yet, in any depth."""
    lines: list[Definition] = [Log(LOG, draw(ADDRESSES))] if draw(st.booleans()) else []
    free: list[str] = []
    for n, verifier in enumerate(VERIFIERS[: draw(st.integers(0, 8))]):
        lines.append(Witness(f"w{n}", verifier, draw(ADDRESSES)))
        free.append(f"w{n}")
    for n in range(draw(st.integers(0, 4))):
        if free:
            members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
            lines.append(Group(f"g{n}", draw(st.integers(1, len(members))), tuple(members)))
            free = [name for name in free if name not in members] + [f"g{n}"]
    defined = [each.name for each in lines if isinstance(each, Witness | Group)]
    return Policy((*lines, Quorum(draw(st.sampled_from([NONE, *defined])))))


def witnessed(policy: Policy, name: str, cosigned: set[str]) -> bool:
    """The specification's sentence on groups, once more and from the top down."""
    for each in policy.lines:
        if isinstance(each, Witness) and each.name == name:
            return each.verifier.vkey in cosigned
        if isinstance(each, Group) and each.name == name:
            found = 0
            for member in each.members:
                found += 1 if witnessed(policy, member, cosigned) else 0
            return not found < each.threshold
    raise AssertionError(name)


@law
@given(policies())
def test_policy_is_read_back(policy: Policy) -> None:
    assert Policy.parse(policy.encode()) == policy


@law
@given(policies(), st.sets(st.sampled_from(VERIFIERS)), st.booleans())
def test_quorum_is_met_by_whom_the_specification_says(policy: Policy, cosigned: set[object], stranger: bool) -> None:
    vkeys = {each.vkey for each in VERIFIERS if each in cosigned} | ({LOG.vkey} if stranger else set())
    assert policy.is_met_by(vkeys) is (policy.quorum == NONE or witnessed(policy, policy.quorum, vkeys))


@law
@given(policies(), st.sets(st.sampled_from(VERIFIERS)), st.sampled_from(VERIFIERS))
def test_one_more_cosignature_never_undoes_a_quorum(policy: Policy, cosigned: set[object], more: object) -> None:
    before = {each.vkey for each in VERIFIERS if each in cosigned}
    after = before | {each.vkey for each in VERIFIERS if each == more}
    assert policy.is_met_by(before) <= policy.is_met_by(after)


@law
@given(policies(), st.data())
def test_policy_with_one_changed_byte_is_refused_or_another_policy(policy: Policy, data: st.DataObject) -> None:
    text = bytearray(policy.encode())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at : at + 1] = data.draw(st.sampled_from([b"", b" ", b"\n", b"\x00", b"1", b"\xff", bytes([text[at]]) * 2]))
    try:
        read = Policy.parse(bytes(text))
    except PolicyError:
        return
    assert Policy.parse(read.encode()) == read


@law
@given(st.one_of(st.binary(max_size=200), st.text("logwitnesquorupgany123# \n\t+", max_size=200).map(str.encode)))
def test_arbitrary_bytes_are_refused_or_read_back(text: bytes) -> None:
    try:
        read = Policy.parse(text)
    except PolicyError:
        return
    assert Policy.parse(read.encode()) == read


@law
@given(policies())
def test_policy_without_its_quorum_does_not_exist(policy: Policy) -> None:
    with pytest.raises(PolicyError):
        Policy(tuple(each for each in policy.lines if not isinstance(each, Quorum)))
