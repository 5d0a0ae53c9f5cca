"""What a password must be (NIST SP 800-63B §3.1.1.2)."""

import re
import unicodedata

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
FEWEST_CHARACTERS = 5
"""Different ones, in a password."""
SHORTEST_TELLING = 4
"""A name shorter than this may stand in a password: too many words hold it by chance."""
COMMON_PASSWORDS = frozenset(
    {
        *("123456789012", "1234567890123", "12345678901234567890", "123456789123", "0123456789012", "987654321098"),
        *("abcdefghijkl", "abcdefghijklm", "abcd12345678", "qwertyuiop12", "qwertyuiop123", "qwertyuiopasdf"),
        *("qwertyuiopasdfghjkl", "qwerty123456", "qwertz123456", "asdfghjkl123", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u"),
        *("1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "q1w2e3r4t5y6", "zaq12wsxcde3", "passwordpassword", "password1234"),
        *("password12345", "password123456", "passw0rd1234", "p@ssw0rd1234", "mypassword123", "iloveyou1234"),
        *("iloveyouforever", "administrator", "administrator1", "admin1234567", "welcome12345", "welcome123456"),
        *("letmein12345", "changeme1234", "changemeplease", "unbelievable", "correcthorsebatterystaple"),
    }
)
"""The commonest of those that are long enough, without their spaces and in lower case."""


def check_password(password: str, *own: str) -> str:
    """A password as it is hashed, in its normal form (NFKD); `own`: names of its person and its member.

    Raises ValueError with the rule, never with the password (NIST SP 800-63B §3.1.1.2).
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    plain = _folded(password)
    if plain in COMMON_PASSWORDS or len(set(plain)) < FEWEST_CHARACTERS:
        raise ValueError("this password is among the first that are guessed: choose another")
    told = [_folded(each) for each in own]
    if any(len(each) >= SHORTEST_TELLING and each in plain for each in told):
        raise ValueError("a password does not hold the name of its e-mail address or of its member")
    return unicodedata.normalize("NFKD", password)


def _folded(text: str) -> str:
    """Without case, spaces and signs; of signs alone, as it is."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", text).casefold()) or text
