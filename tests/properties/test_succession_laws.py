"""From any key of a log one comes to the newest along its announcements, and nowhere with a link missing or changed."""

from itertools import pairwise

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hub.tree.note import Signer
from hub.tree.succession import announce, follow

ORIGIN = "hub.example/audit"
KEYS = [Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)) for seed in range(1, 8)]
CHAIN = [announce(one, other.verifier, 1_800_000_000 + at) for at, (one, other) in enumerate(pairwise(KEYS))]
NEWEST = KEYS[-1].verifier
links = st.integers(0, len(CHAIN) - 1)


@given(pinned=links, notes=st.permutations(CHAIN))
def test_every_key_leads_to_the_newest_whatever_the_order(pinned: int, notes: list[str]) -> None:
    found = follow(KEYS[pinned].verifier, notes)
    assert [one.verifier for one in found] == [each.verifier for each in KEYS[pinned + 1 :]]
    assert [one.note for one in found] == CHAIN[pinned:]


@given(pinned=links, missing=links)
def test_missing_link_ends_the_way_before_it(pinned: int, missing: int) -> None:
    found = follow(KEYS[pinned].verifier, CHAIN[:missing] + CHAIN[missing + 1 :])
    reached = KEYS[pinned + 1 : missing + 1] if missing >= pinned else KEYS[pinned + 1 :]
    assert [one.verifier for one in found] == [each.verifier for each in reached]


@given(changed=links, at=st.integers(0, 10_000), letter=st.characters(codec="utf-8"))
def test_changed_link_ends_the_way_before_it(changed: int, at: int, letter: str) -> None:
    note = CHAIN[changed]
    at %= len(note)
    other = note[:at] + letter + note[at + 1 :]
    found = follow(KEYS[0].verifier, [*CHAIN[:changed], other, *CHAIN[changed + 1 :]])
    assert [one.verifier for one in found] == [
        each.verifier for each in (KEYS[1:] if other == note else KEYS[1 : changed + 1])
    ]


@given(notes=st.lists(st.text() | st.sampled_from(CHAIN)))
def test_what_is_no_announcement_is_passed_over(notes: list[str]) -> None:
    assert all(one.note in CHAIN for one in follow(KEYS[0].verifier, notes))
