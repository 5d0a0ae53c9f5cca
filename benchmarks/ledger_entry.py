"""An entry of the log as the hub writes one, made up."""

import secrets
from base64 import b64encode

PARTS = 3
"""Parties that an entry concerns: who acted, who is told, and the auditor."""
VIEW = (
    b'{"action":"match.run","actor":"p_0123456789abcdef","at":"2026-11-26T12:00:00.000Z",'
    b'"counts":{"asked":10000,"matched":12},"digests":{"request":"'
    + b"0"
    * 64
    + b'"},"id":"%b","member":"platform-x","outcome":"allowed","role":"actor",'
    b'"subject":{"ref":"example.b1.domain","type":"key"},"v":1,"via":"api"}'
)


def leaf(id: bytes) -> bytes:
    """A leaf of four pairs that nobody can open."""
    pairs = sorted((secrets.token_bytes(16), secrets.token_bytes(32)) for _ in range(4))
    listed = b",".join(b'{"c":"%b","t":"%b"}' % (b64encode(hidden), b64encode(tagged)) for tagged, hidden in pairs)
    return b'{"id":"%b","p":[%b],"v":1}' % (b64encode(id), listed)
