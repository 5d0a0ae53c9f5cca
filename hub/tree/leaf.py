"""Leaves (`ledger.md` §5.2): for each party a salted commitment to its own view, and a blinded tag only it can find."""

import hashlib
import hmac
import itertools
import re
import secrets
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import ge
from typing import Any, NamedTuple

from hub.tree.view import ViewError, canonical_bytes, checked_bytes

ID_BYTES, TAG_BYTES, COMMITMENT_BYTES, SALT_BYTES, KEY_BYTES = 16, 16, 32, 32, 32
SIZES = (2, 4, 8, 16)
"""A leaf is padded to one of these numbers of pairs, so that the number of parties shows only as a class."""
MOST_PARTS = SIZES[-1]

_SIZE_CLASS = tuple(next(size for size in SIZES if size >= parts) for parts in range(MOST_PARTS + 1))

# The last character of canonical base64 carries two (16 bytes) or four (32 bytes) bits: only these may stand there.
_16_BYTES, _32_BYTES = rb"[A-Za-z0-9+/]{21}[AQgw]==", rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_PAIR = rb'\{"c":"' + _32_BYTES + rb'","t":"' + _16_BYTES + rb'"\}'
_LEAF = re.compile(
    rb'\{"id":"(' + _16_BYTES + rb')","p":\[(' + _PAIR + rb"(?:," + _PAIR + rb'){1,15})\],"v":1\}', re.ASCII
)
_PAIRS = re.compile(rb'"c":"([^"]*)","t":"([^"]*)"')


class LeafError(ValueError):
    """A leaf is not of the one form that a leaf has."""


class Pair(NamedTuple):
    """What a leaf holds for one party, or in its place random bytes that nobody can tell from it."""

    commitment: bytes
    tag: bytes


@dataclass(frozen=True)
class SealedPart:
    """One party's part: its place in the leaf, the salt, and the exact bytes of its view."""

    n: int
    salt: bytes
    view: bytes


@dataclass(frozen=True)
class SealedLeaf:
    """A leaf, and in the order of the parties given, what each keeps to open it."""

    leaf: bytes
    parts: tuple[SealedPart, ...]


@dataclass(frozen=True)
class Leaf:
    """A leaf read: its id, and its pairs by ascending tag."""

    id: bytes
    pairs: tuple[Pair, ...]

    def place(self, tag_key: bytes) -> int | None:
        """Which pair carries the tag of `tag_key`; None when the leaf does not concern its holder."""
        wanted = tag(tag_key, self.id)
        for n, (_, tagged) in enumerate(self.pairs):
            if tagged == wanted:
                return n
        return None


def tag(tag_key: bytes, id: bytes) -> bytes:
    """The tag by which the holder of `tag_key`, and nobody else, knows that leaf `id` concerns it."""
    return hmac.digest(tag_key, b"hub/tag/v1\n" + id, "sha256")[:TAG_BYTES]


def commitment(salt: bytes, view: bytes | Mapping[str, Any]) -> bytes:
    """Hides the view while the salt is secret, and binds to it; the salt's fixed length makes the input injective.

    A view given as an object is brought to its canonical bytes first. Raises ViewError where it has none.
    """
    written = view if isinstance(view, bytes) else canonical_bytes(view)
    return hashlib.sha256(b"hub/part/v1\n" + salt + written).digest()


RUN = 4096
"""Ids that begin alike."""
_SEED = secrets.token_bytes(16)
_made = itertools.count()


def new_id() -> bytes:
    """An id for a leaf: 112 random bits behind 16 that all of a run have in common.

    Ids are keys of four indexes: those made one after the other lie side by side there, so that an entry touches pages
    that are at hand, however long the log is. The 16 bits come from a secret of the process, and tell no time.
    """
    run = next(_made) // RUN
    return hashlib.blake2b(run.to_bytes(8), digest_size=2, key=_SEED).digest() + secrets.token_bytes(ID_BYTES - 2)


def seal_leaf(
    id: bytes,
    parts: Sequence[tuple[bytes, Mapping[str, Any]]],
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> SealedLeaf:
    """Seal the (tag key, view) of each party into one leaf. `random` gives as many random bytes as asked for.

    Raises ViewError for a view that may not stand in the log or bears another id, and LeafError for more than 16
    parties or none, two of them with one tag key, or an id or a key of another length.
    """
    if not 1 <= len(parts) <= MOST_PARTS or len(id) != ID_BYTES or any(len(key) != KEY_BYTES for key, _ in parts):
        raise LeafError(f"a leaf has an id of {ID_BYTES} bytes and 1 to {MOST_PARTS} parties with keys of {KEY_BYTES}")
    written_id = b64encode(id).decode("ascii")
    pairs: list[tuple[bytes, bytes]] = []
    kept: list[tuple[bytes, bytes, bytes]] = []
    for tag_key, view in parts:
        written = checked_bytes(view)
        if view["id"] != written_id:
            raise ViewError("id of a view is not the id of its leaf")
        salt, tagged = random(SALT_BYTES), tag(tag_key, id)
        pairs.append((tagged, commitment(salt, written)))
        kept.append((tagged, salt, written))
    padding = _SIZE_CLASS[len(parts)] - len(parts)
    pairs += [(random(TAG_BYTES), random(COMMITMENT_BYTES)) for _ in range(padding)]
    pairs.sort()
    places = {tagged: n for n, (tagged, _) in enumerate(pairs)}
    if len(places) != len(pairs):
        raise LeafError("two parties of a leaf have one tag key")
    listed = b",".join([b'{"c":"%b","t":"%b"}' % (b64encode(hidden), b64encode(tagged)) for tagged, hidden in pairs])
    leaf = b'{"id":"%b","p":[%b],"v":1}' % (written_id.encode("ascii"), listed)
    return SealedLeaf(leaf, tuple([SealedPart(places[tagged], salt, written) for tagged, salt, written in kept]))


def parse_leaf(leaf: bytes) -> Leaf:
    """Read a leaf strictly: raises LeafError unless it is byte for byte what `seal_leaf` could have written.

    The one form allowed is the canonical one (RFC 8785), so keys that stand twice, other keys or spaces, base64 with
    spare bits, and pairs out of order are all refused.
    """
    id, hidden, tags = _read(leaf)
    return Leaf(id, tuple([Pair(a2b_base64(each), tagged) for each, tagged in zip(hidden, tags, strict=True)]))


def leaf_id(leaf: bytes) -> bytes:
    """The id of a leaf that is read as strictly as by `parse_leaf`, in half the time. Raises LeafError."""
    return _read(leaf)[0]


def _read(leaf: bytes) -> tuple[bytes, Sequence[bytes], list[bytes]]:
    """The id, the commitments as they are written, and the tags."""
    form = _LEAF.fullmatch(leaf)
    if form is None:
        raise LeafError('a leaf reads {"id":…,"p":[{"c":…,"t":…},…],"v":1} in canonical JSON and base64')
    hidden, written = zip(*_PAIRS.findall(form[2]), strict=True)
    tags = [a2b_base64(each) for each in written]
    if len(tags) not in SIZES:
        raise LeafError("a leaf has 2, 4, 8 or 16 pairs")
    if any(map(ge, tags, tags[1:])):
        raise LeafError("a leaf's pairs stand by ascending tag, each tag once")
    return a2b_base64(form[1]), hidden, tags


def opens(leaf: Leaf, n: int, salt: bytes, view: bytes | Mapping[str, Any]) -> bool:
    """Whether salt and view are what pair `n` of the leaf commits to. Raises ViewError for what is no view at all."""
    if not 0 <= n < len(leaf.pairs) or len(salt) != SALT_BYTES:
        return False
    return leaf.pairs[n].commitment == commitment(salt, view)
