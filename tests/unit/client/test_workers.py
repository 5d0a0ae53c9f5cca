"""Work in several processes ends at once when it must, whatever its processes were doing."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
from hub.client.workers import Assignment, Workers
from tests.unit.client.test_workers import large

if __name__ == "__main__":
    with Workers(Assignment("domain", None, bytes(32)), print, 2) as workers:
        for n, _ in workers.map(large, range(40), lambda n: n):
            if n == 4:
                raise SystemExit(7)
"""


def large(_worker: object, _n: int) -> bytes:
    """A result that takes a while to hand over."""
    return bytes(30_000_000)


def test_work_that_fails_while_a_result_is_handed_over_ends(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (7, "")
