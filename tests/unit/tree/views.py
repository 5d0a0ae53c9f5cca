"""Views to test with."""

import base64
from typing import Any

ID = bytes(range(16))
ID_TEXT = base64.b64encode(ID).decode()
DIGEST = "0123456789abcdef" * 4


def view(**fields: Any) -> dict[str, Any]:
    """A view of the event `ID` as the acting member gets it, with other fields put in its place."""
    return {
        "v": 1,
        "id": ID_TEXT,
        "at": "2026-11-24T04:05:06.789Z",
        "action": "match.run",
        "outcome": "allowed",
        "role": "actor",
        "member": "brand-a",
        "actor": "p_0123456789abcdef",
        "via": "api",
        **fields,
    }


FULL = view(
    agent="agency",
    cred="c_17",
    purpose="anti-counterfeiting",
    agreement={"id": "agreement-3", "digest": DIGEST},
    subject={"type": "key", "ref": "example.2026-q4.phone", "digest": DIGEST, "stance": "infringing", "tlp": "amber"},
    counts={"asked": 1000, "matched": 3, "returned": 0},
    digests={"request": DIGEST, "result": DIGEST, "policy": DIGEST},
    req=DIGEST,
    fix=ID_TEXT,
)
"""A view with every field there is."""
