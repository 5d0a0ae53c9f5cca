"""The verifier as one file (a zipapp), out of the very modules of the members' client that are installed here."""

import io
import zipfile
from functools import cache
from pathlib import Path

import hub

PROGRAM = "alliance-verify.pyz"
_MODULES = (
    *("__init__", "clock", "tree/*"),
    *(f"client/{name}" for name in ("__init__", "errors", "profile", "recorded", "spool", "vault", "verifier")),
    *(f"client/ledger/{name}" for name in ("__init__", "alarm", "bundle", "checking", "finality", "keys")),
    *(f"client/ledger/{name}" for name in ("log", "parts", "shards", "state", "tree_check", "verify")),
)
_MIDNIGHT = (1980, 1, 1, 0, 0, 0)
_MAIN = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("alliance-verify needs Python 3.11 or newer")
try:
    import cryptography, rfc8785
except ImportError as error:
    sys.stderr.write(f"alliance-verify needs the package {error.name}: pip install cryptography rfc8785\\n")
    sys.exit(2)

from hub.client.verifier import main

main()
"""


@cache
def verifier_program() -> bytes:
    """The file. The same modules give the same bytes: nothing in it is compressed, or bears a date."""
    root = Path(hub.__file__).parent
    found = {"__main__.py": _MAIN.encode()}
    for each in _MODULES:
        for path in root.glob(f"{each}.py"):
            found[f"hub/{path.relative_to(root).as_posix()}"] = path.read_bytes()
    packed = io.BytesIO()
    packed.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(packed, "a") as written:
        for name in sorted(found):
            info = zipfile.ZipInfo(name, _MIDNIGHT)
            info.create_system, info.external_attr = 3, 0o644 << 16
            written.writestr(info, found[name])
    return packed.getvalue()
