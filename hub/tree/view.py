"""Views (`ledger.md` §5.3): what one party learns of one event. A closed list of fields, nothing readable in them."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import rfc8785

from hub.tree.readable import readable

LONGEST_TEXT = 256
LARGEST = 2**53 - 1
OUTCOMES = ("allowed", "denied", "error")
ROLES = ("actor", "owner", "counterparty", "platform", "auditor", "agent")
VIAS = ("ui", "api", "job", "upkeep")

Check = Callable[[str, object], None]
"""(name of the field, value) → nothing; raises ViewError, which never holds the value."""


class ViewError(ValueError):
    """A view that may not stand in the log."""


def _version(place: str, value: object) -> None:
    if type(value) is not int or value != 1:
        raise ViewError(f"{place} of a view is 1")


def _form(pattern: str, reads: str) -> Check:
    match = re.compile(pattern).fullmatch

    def check(place: str, value: object) -> None:
        if not isinstance(value, str) or match(value) is None:
            raise ViewError(f"{place} of a view is {reads}")

    return check


def _one_of(*values: str) -> Check:
    def check(place: str, value: object) -> None:
        if not isinstance(value, str) or value not in values:
            raise ViewError(f"{place} of a view is one of {', '.join(values)}")

    return check


def _null_or(check: Check) -> Check:
    def check_given(place: str, value: object) -> None:
        if value is not None:
            check(place, value)

    return check_given


def _text(place: str, value: object) -> None:
    if not isinstance(value, str) or _TEXT(value) is None:
        raise ViewError(f"{place} of a view is a text of 1 to {LONGEST_TEXT} printable ASCII characters")
    shown = readable(value)
    if shown is not None:
        raise ViewError(f"{place} of a view shows {shown}: give an opaque id instead")


def _counts(place: str, value: object) -> None:
    if not isinstance(value, dict):
        raise ViewError(f"{place} of a view maps names to whole numbers")
    for name, count in value.items():
        if not isinstance(name, str) or _NAME(name) is None:
            raise ViewError(f"{place} of a view has a name that is not 1 to 40 of a-z and _")
        if not isinstance(count, int) or isinstance(count, bool) or not -LARGEST <= count <= LARGEST:
            raise ViewError(f"{place}.{name} of a view is a whole number within ±(2^53 − 1)")


def _group(fields: Mapping[str, Check]) -> Check:
    def check(place: str, value: object) -> None:
        if not isinstance(value, dict):
            raise ViewError(f"{place} of a view is an object with some of: {', '.join(fields)}")
        for name, each in value.items():
            field = fields.get(name)
            if field is None:
                raise ViewError(f"{place} of a view has a field beside: {', '.join(fields)}")
            field(f"{place}.{name}", each)

    return check


_TEXT = re.compile(rf"[ -~]{{1,{LONGEST_TEXT}}}").fullmatch
_NAME = re.compile(r"[a-z_]{1,40}").fullmatch
_ID = _form(r"[A-Za-z0-9+/]{21}[AQgw]==", "16 bytes in base64")
_DIGEST = _form(r"[0-9a-f]{64}", "a SHA-256 digest in hexadecimal")

FIELDS: Mapping[str, Check] = {
    "v": _version,
    "id": _ID,
    "at": _form(
        r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z",
        "a time as RFC 3339 writes it, in UTC with milliseconds and a Z",
    ),
    "action": _form(r"(?=.{3,40}\Z)[a-z_]+\.[a-z_]+", "what happened as `thing.happened`, in a-z and _"),
    "outcome": _one_of(*OUTCOMES),
    "role": _one_of(*ROLES),
    "member": _null_or(_text),
    "actor": _null_or(_form(r"p_(?:[0-9a-f]{16,32}|[a-z_]{1,22})", "a pseudonym p_…, random in hexadecimal")),
    "agent": _text,
    "via": _one_of(*VIAS),
    "cred": _text,
    "purpose": _text,
    "agreement": _group({"id": _text, "digest": _DIGEST}),
    "subject": _group(
        {
            "type": _text,
            "ref": _text,
            "digest": _DIGEST,
            "stance": _text,
            "evidence": _text,
            "tlp": _text,
            "reason": _text,
        }
    ),
    "counts": _counts,
    "digests": _group({"request": _DIGEST, "result": _DIGEST, "policy": _DIGEST}),
    "req": _DIGEST,
    "fix": _ID,
}
"""The fields a view may have, and what each must be; those of REQUIRED it must have."""
REQUIRED = frozenset({"v", "id", "at", "action", "outcome", "role", "member", "actor", "via"})


def check_view(view: Mapping[str, Any]) -> None:
    """Raise ViewError unless the view has the fields of §5.3, each of its form, and shows no identifier."""
    missing = REQUIRED - view.keys()
    if missing:
        raise ViewError(f"a view lacks {', '.join(sorted(missing))}")
    for name, value in view.items():
        check = FIELDS.get(name)
        if check is None:
            raise ViewError(f"a view has a field beside: {', '.join(FIELDS)}")
        check(name, value)


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


def checked_bytes(view: Mapping[str, Any]) -> bytes:
    """The canonical bytes (RFC 8785) of a view, once `check_view` has passed it. Raises ViewError.

    ASCII keys sort alike by code point and by UTF-16 unit, and a checked view holds no number but safe integers: so
    the standard library's encoder in C writes what RFC 8785 asks for, in a sixth of the time.
    """
    check_view(view)
    return _ENCODER.encode(dict(view)).encode("ascii")


def canonical_bytes(view: Mapping[str, Any]) -> bytes:
    """The canonical bytes (RFC 8785) of any JSON object, checked or not. Raises ViewError for what is not JSON."""
    try:
        if _is_plain(view):
            written = _ENCODER.encode(dict(view))
            if written.isascii():
                return written.encode("ascii")
        return rfc8785.dumps(dict(view))
    except (ValueError, RecursionError) as error:
        raise ViewError("a view is a JSON object of texts, numbers and objects") from error


def _is_plain(value: Mapping[Any, Any]) -> bool:
    """Whether every key is a text, and every value a text, null, a safe integer, or an object of such."""
    for key, each in value.items():
        kind = type(each)
        if type(key) is not str:
            return False
        if kind is int:
            if not -LARGEST <= each <= LARGEST:
                return False
        elif kind is dict:
            if not _is_plain(each):
                return False
        elif kind is not str and each is not None:
            return False
    return True
