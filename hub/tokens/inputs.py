"""What is tokenised: the canonical form of an identifier, laid out so that no two different ones share their bytes."""

from typing import Protocol

FORMAT = b"\x01"
MAX_INPUT_BYTES = 1_023


class CanonicalForm(Protocol):
    """What `encode_input` reads of an identifier; `hub.canonical.Canonical` is one."""

    @property
    def type(self) -> str:
        """Name of the identifier type."""

    @property
    def rule(self) -> int:
        """Version of the rule that made the value canonical, from 1."""

    @property
    def value(self) -> str:
        """The canonical value."""


def encode_input(canonical: CanonicalForm) -> bytes:
    """Return `0x01 ‖ lp(type) ‖ lp(rule version) ‖ lp(value)`, at most 1,023 bytes.

    lp(x) is the length of x in bytes as 2 bytes, big end first, then x; texts are UTF-8 and the rule version is written
    in decimal. Raises ValueError for an empty type or value, a rule version below 1, text that UTF-8 cannot write, or a
    longer result; the error never holds the value.
    """
    if not canonical.type or not canonical.value:
        raise ValueError("type and value of an identifier must not be empty: canonicalise it first")
    if canonical.rule < 1:
        raise ValueError("the rule version of an identifier must be 1 or more: canonicalise it first")
    try:
        fields = [text.encode() for text in (canonical.type, str(canonical.rule), canonical.value)]
    except UnicodeEncodeError:
        # UnicodeEncodeError carries the whole text, so it must not travel on as the cause.
        raise ValueError("the identifier holds a lone surrogate, which UTF-8 cannot write") from None
    size = len(FORMAT) + sum(2 + len(field) for field in fields)
    if size > MAX_INPUT_BYTES:
        raise ValueError(f"the identifier takes {size} bytes, the most is {MAX_INPUT_BYTES}: check its type")
    return FORMAT + b"".join(len(field).to_bytes(2, "big") + field for field in fields)
