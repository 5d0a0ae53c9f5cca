"""`make verifier`: write the verifier to dist/, where nothing of it is committed."""

import hashlib
import sys
from pathlib import Path

from hub.ledger.service.program import PROGRAM, verifier_program


def main() -> None:
    """Write the file, and its digest to stdout."""
    program = verifier_program()
    path = Path("dist") / PROGRAM
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(program)
    path.chmod(0o755)
    sys.stdout.write(f"{path}  SHA-256 {hashlib.sha256(program).hexdigest()}\n")


if __name__ == "__main__":
    main()
