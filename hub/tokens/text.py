"""Tokens as text, for columns and files that cannot hold bytes."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from hub.tokens.key_id import KeyId

TOKEN_BYTES = 32
_VERSION = "t1"


def format_token(key_id: KeyId, token: bytes) -> str:
    """Return `t1.<key id>.<base64url of the 32 bytes, no padding>`. Raises ValueError for another length."""
    if len(token) != TOKEN_BYTES:
        raise ValueError(f"a token has {TOKEN_BYTES} bytes, not {len(token)}")
    return f"{_VERSION}.{key_id}.{_encode(token)}"


def parse_token(text: str) -> tuple[KeyId, bytes]:
    """Return the key id and the 32 bytes that `text` writes, in the form of `format_token` and no other.

    Raises ValueError, which never holds the token.
    """
    version, _, rest = text.partition(".")
    name, _, encoded = rest.rpartition(".")
    if version != _VERSION:
        raise ValueError(f"a token written as text starts with {_VERSION}.")
    key_id = KeyId.parse(name)
    try:
        token = urlsafe_b64decode(encoded + "=")
    except ValueError:
        token = b""
    # Encoding again refuses what a lenient decoder lets pass: foreign characters, padding, spare bits that are set.
    if len(token) != TOKEN_BYTES or _encode(token) != encoded:
        raise ValueError(f"a token written as text ends in the base64url form of {TOKEN_BYTES} bytes, without padding")
    return key_id, token


def _encode(token: bytes) -> str:
    return urlsafe_b64encode(token).rstrip(b"=").decode("ascii")
