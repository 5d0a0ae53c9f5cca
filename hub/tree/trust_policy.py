"""Trust policies (C2SP tlog-policy): which logs and witnesses are known, and whose cosignatures make a quorum."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.note import COSIGNATURE_V1, ED25519, NoteError, Verifier, split_note

NONE = "none"
"""The quorum that asks for no cosignature; no witness and no group may bear that name."""
MOST_BYTES = 100_000
MOST_DEFINED = 256
"""Logs, witnesses and groups together; "Implementation limits" asks for 32 of each at least."""

_TOKEN = re.compile(r"[^\x00-\x20\x7f]+")
_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_WHITESPACE = re.compile(r"[ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,2}")


class PolicyError(ValueError):
    """A policy is malformed or contradicts itself; the text says where."""


@dataclass(frozen=True)
class Log:
    """A log that is accepted; its key's name is the log's origin."""

    verifier: Verifier
    url: str | None = None


@dataclass(frozen=True)
class Witness:
    """A witness under a name that has no meaning outside of the policy."""

    name: str
    verifier: Verifier
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """Witnesses whenever at least `threshold` of its members do, each a witness or a group defined before."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Quorum:
    """The one name that must have witnessed a checkpoint, or NONE."""

    name: str


Definition = Log | Witness | Group | Quorum


@dataclass(frozen=True)
class Policy:
    """The lines of a policy in their order; one that exists keeps all rules of the specification."""

    lines: tuple[Definition, ...]

    def __post_init__(self) -> None:
        """Raises PolicyError naming the rule that is broken."""
        _check(self.lines)

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a policy file ("Policy file syntax and structure"). Raises PolicyError naming the line."""
        if len(text) > MOST_BYTES:
            raise PolicyError(f"a policy has at most {MOST_BYTES:,} bytes")
        if _FORBIDDEN.search(text):
            raise PolicyError("a policy holds no control character but tab and newline")
        if text and not text.endswith(b"\n"):
            raise PolicyError("each line of a policy ends with a newline")
        # Octets with the high bit set are opaque ("Character set"): this decoding maps no two names to the same one.
        lines: list[Definition] = []
        for number, line in enumerate(text.decode("utf-8", "surrogateescape").split("\n")[:-1], start=1):
            items = [item for item in _WHITESPACE.split(line) if item]
            if items and not items[0].startswith("#"):
                try:
                    lines.append(_definition(items))
                except (PolicyError, NoteError) as error:
                    raise PolicyError(f"line {number}: {error}") from None
        return cls(tuple(lines))

    def encode(self) -> bytes:
        """The policy as a file."""
        return "".join(f"{_line(each)}\n" for each in self.lines).encode("utf-8", "surrogateescape")

    @cached_property
    def logs(self) -> tuple[Log, ...]:
        """The accepted logs."""
        return tuple(each for each in self.lines if isinstance(each, Log))

    @cached_property
    def witnesses(self) -> tuple[Witness, ...]:
        """The known witnesses."""
        return tuple(each for each in self.lines if isinstance(each, Witness))

    @cached_property
    def quorum(self) -> str:
        """The name that must have witnessed a checkpoint."""
        return next(each.name for each in self.lines if isinstance(each, Quorum))

    def is_met_by(self, vkeys: Set[str]) -> bool:
        """Whether cosignatures of these verifier keys are enough ("Defining a witness group")."""
        if self.quorum == NONE:
            return True
        witnessed: dict[str, bool] = {}
        for each in self.lines:
            if isinstance(each, Witness):
                witnessed[each.name] = each.verifier.vkey in vkeys
            elif isinstance(each, Group):
                witnessed[each.name] = sum(witnessed[member] for member in each.members) >= each.threshold
        return witnessed[self.quorum]

    def open(self, note: str) -> "Judged":
        """What a checkpoint states and who cosigned it, once an accepted log of its origin has signed it.

        Raises NoteError, also when the line of a known witness is bad.
        """
        origin = CheckpointBody.parse(split_note(note)[0]).origin
        own = [log.verifier for log in self.logs if log.verifier.name == origin]
        stated, opened = open_checkpoint(note, origin, own, [witness.verifier for witness in self.witnesses])
        signed_by = opened.signed_by
        cosigned = {
            each.name: signed_by[each.verifier.vkey] for each in self.witnesses if each.verifier.vkey in signed_by
        }
        return Judged(stated, cosigned, self.is_met_by(signed_by.keys()))


@dataclass(frozen=True)
class Judged:
    """A checkpoint under a policy. `final`: the quorum has cosigned it; otherwise it is provisional."""

    stated: CheckpointBody
    cosigned: Mapping[str, int | None]
    """The policy's name of each witness that cosigned → the time it states, in seconds since 1970."""
    final: bool


def _definition(items: list[str]) -> Definition:
    match items:
        case ["log", vkey, *url] if len(url) < 2:
            return Log(Verifier.parse(vkey), *url)
        case ["witness", name, vkey, *url] if len(url) < 2:
            return Witness(name, Verifier.parse(vkey), *url)
        case ["group", name, threshold, *members]:
            return Group(name, _threshold(threshold, len(members)), tuple(members))
        case ["quorum", name]:
            return Quorum(name)
    raise PolicyError(
        "a line reads `log <vkey>`, `witness <name> <vkey>`, `group <name> <k> <name>…` or `quorum <name>`"
    )


def _threshold(written: str, members: int) -> int:
    if written in ("any", "all"):
        return 1 if written == "any" else members
    if _THRESHOLD.fullmatch(written) is None:
        raise PolicyError("a group asks for `any`, `all` or a number of its members")
    return int(written)


def _line(each: Definition) -> str:
    match each:
        case Log(verifier, url):
            return " ".join(("log", verifier.vkey, *([url] if url else [])))
        case Witness(name, verifier, url):
            return " ".join(("witness", name, verifier.vkey, *([url] if url else [])))
        case Group(name, threshold, members):
            return " ".join(("group", name, str(threshold), *members))
        case Quorum(name):
            return f"quorum {name}"


def _check(lines: tuple[Definition, ...]) -> None:
    if len(lines) > MOST_DEFINED:
        raise PolicyError(f"a policy defines at most {MOST_DEFINED} logs, witnesses and groups")
    if sum(isinstance(each, Quorum) for each in lines) != 1:
        raise PolicyError("a policy has exactly one quorum line")
    defined: set[str] = set()
    grouped: set[str] = set()
    keys: set[tuple[type, bytes]] = set()
    for each in lines:
        if isinstance(each, Log | Witness):
            _check_key(each, keys)
        if isinstance(each, Group):
            _check_members(each, defined, grouped)
        if isinstance(each, Quorum):
            if each.name != NONE and each.name not in defined:
                raise PolicyError("the quorum is a witness or group of a line before")
        elif not isinstance(each, Log):
            if _TOKEN.fullmatch(each.name) is None or each.name == NONE or each.name in defined:
                raise PolicyError("a name stands for one witness or group, has no space, and is not `none`")
            defined.add(each.name)


def _check_key(each: Log | Witness, keys: set[tuple[type, bytes]]) -> None:
    kind = type(each)
    if each.verifier.algorithm != (ED25519 if kind is Log else COSIGNATURE_V1):
        raise PolicyError("a log has an Ed25519 key (type 1), a witness a cosignature key (type 4)")
    if (kind, each.verifier.public_key) in keys:
        raise PolicyError("the same key stands there twice")
    if each.url is not None and _TOKEN.fullmatch(each.url) is None:
        raise PolicyError("an address has no space and is not empty")
    keys.add((kind, each.verifier.public_key))


def _check_members(group: Group, defined: set[str], grouped: set[str]) -> None:
    if not 1 <= group.threshold <= len(group.members):
        raise PolicyError("a group asks for at least one of its members and at most for all")
    for name in group.members:
        if name not in defined or name in grouped:
            raise PolicyError("a member of a group is a witness or group of a line before, and a member once only")
        grouped.add(name)
