"""What a message may hold: facts, and one rule for its text."""

import re
import secrets

LONGEST_TEXT = 4_000
"""Characters of one message."""
MOST_FILES = 10
"""Files shown with one message."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no screen shows, or what makes text read otherwise than it was written (Unicode Standard Annex 9 §2)."""


def is_plain(text: str) -> bool:
    """Whether another member reads the text as it was written; lines and tabs may be in it."""
    return _CONTROL.search(text.replace("\r\n", "\n")) is None


class MessageError(ValueError):
    """A message that is not sent; `field` names what is to be mended, and the text tells the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


def check_text(text: str) -> str:
    """The message with line feeds as line ends and no outer blanks. Raises MessageError."""
    text = re.sub(r"\r\n?", "\n", text).strip()
    if not text:
        raise MessageError("text", "write something")
    if len(text) > LONGEST_TEXT:
        raise MessageError("text", f"say it in {LONGEST_TEXT:,} characters at most")
    if not is_plain(text):
        raise MessageError("text", "leave out control characters: send plain lines of text")
    return text


def new_name() -> str:
    """What a message is called: random."""
    return secrets.token_urlsafe(16)
