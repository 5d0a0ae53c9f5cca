"""From whatever stands in a cell to one clean line of text."""

import unicodedata

from hub.canonical.refusal import refused

LONGEST = 2048
"""Most characters that are looked at."""
LONGEST_VALUE = 900
"""Most characters of a canonical value: with type and rule it must fit the 1,023 bytes that are tokenised."""

_JOINERS = frozenset("\u200c\u200d")
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "「": "」", "<": ">"}
_BROKEN = frozenset({"Cc", "Cs", "Co", "Cn"})
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"))


def clean(text: object, *, keep_joiners: bool = False) -> str:
    """One line of text in NFKC, without zero-width and bidirectional control characters, outer blanks and outer quotes.

    With `keep_joiners`, a zero-width joiner or non-joiner after a character beyond ASCII stays, because it spells some
    domain names (RFC 5892 A.1). Raises RefusedError `not_text`, `empty`, `too_long` or `unreadable`. Idempotent.
    """
    if not isinstance(text, str):
        raise refused("not_text")
    if len(text) > LONGEST:
        raise refused("too_long")
    if text.isascii() and text.isprintable():
        line = _unquoted(text.strip())
    else:
        line = _unquoted(_composed(text, keep_joiners))
    if not line:
        raise refused("empty")
    return line


def _composed(text: str, keep_joiners: bool) -> str:
    line = unicodedata.normalize("NFKC", text)
    if len(line) > LONGEST:  # one character may unfold into eighteen
        raise refused("too_long")
    kept: list[str] = []
    for char in line.strip():
        category = unicodedata.category(char)
        if category in _BROKEN and char != "\t":
            raise refused("unreadable")
        if category == "Cf" and not (keep_joiners and char in _JOINERS and kept and not kept[-1].isascii()):
            continue
        kept.append(" " if char == "\t" or category.startswith("Z") else char)
    # Without the invisible characters, what they kept apart may compose: normalise again, so that cleaning twice is
    # once.
    return unicodedata.normalize("NFKC", "".join(kept)).strip()


def _unquoted(line: str) -> str:
    while len(line) > 1 and _QUOTES.get(line[0]) == line[-1]:
        line = line[1:-1].strip()
    return line


def plain_dashes(line: str) -> str:
    """`line` with every kind of dash and minus as the ASCII hyphen."""
    return line.translate(_DASHES)


def without(line: str, separators: str) -> str:
    """`line` without the characters in `separators`."""
    return line.translate(dict.fromkeys(map(ord, separators)))
