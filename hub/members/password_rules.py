"""What a password must be (NIST SP 800-63B §3.1.1.2)."""

import hashlib
import re
import unicodedata
from bisect import bisect_left
from functools import cache
from pathlib import Path

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
FEWEST_CHARACTERS = 5
"""Different ones, in a password."""
SHORTEST_TELLING = 4
"""A name shorter than this may stand in a password: too many words hold it by chance."""
COMMON_PASSWORDS = frozenset(
    {
        *("0123456789012", "987654321098", "abcdefghijklm", "abcd12345678", "qwertz123456", "password123456"),
        *("passw0rd1234", "mypassword123", "administrator1", "admin1234567", "letmein12345", "changeme1234"),
        *("changemeplease", "correcthorsebatterystaple"),
    }
)
"""Such as are guessed first, folded, and have not leaked often enough to be on the list of those."""
LEAKED = Path(__file__).parents[1] / "leaked" / "passwords.bin"
"""Digests of the commonest passwords that leaked; `SOURCE.txt` beside it says whence, and how it is made."""
DIGEST_BYTES = 5


def check_password(password: str, *own: str) -> str:
    """A password as it is hashed, in its normal form (NFKD); `own`: names of its person and its member.

    Raises ValueError with the rule, never with the password (NIST SP 800-63B §3.1.1.2).
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    plain = _folded(password)
    if plain in COMMON_PASSWORDS or _leaked(plain) or len(set(plain)) < FEWEST_CHARACTERS:
        raise ValueError("this password is among the first that are guessed: choose another")
    told = [_folded(each) for each in own]
    if any(len(each) >= SHORTEST_TELLING and each in plain for each in told):
        raise ValueError("a password does not hold the name of its e-mail address or of its member")
    return unicodedata.normalize("NFKD", password)


def _folded(text: str) -> str:
    """Without case, spaces and signs; of signs alone, as it is."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", text).casefold()) or text


def _leaked(plain: str) -> bool:
    digest, all_of_them = hashlib.sha256(plain.encode()).digest()[:DIGEST_BYTES], leaked_digests()
    at = bisect_left(all_of_them, digest)
    return all_of_them[at : at + 1] == [digest]


@cache
def leaked_digests() -> list[bytes]:
    """The digests of passwords that leaked, sorted; read once."""
    content = LEAKED.read_bytes()
    return [content[at : at + DIGEST_BYTES] for at in range(0, len(content), DIGEST_BYTES)]
