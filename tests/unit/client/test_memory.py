"""Reading takes the same memory however long the list is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.client.test_reading_workbooks import sheet

PROBE = """
import resource, sys
from hub.client.cli import main
try:
    main(sys.argv[1:])
finally:
    # Not RUSAGE_SELF: a process begins there with the peak of the one that started it, here the whole test run.
    own = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))
    parts = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(own, parts, file=sys.stderr)
"""
TERMS = ("--type", "domain", "--evidence", "E2", "--tlp", "green", "--dry-run", "--json")


def peaks(file: Path) -> tuple[int, int]:
    """Kilobytes that reading a list took at most: of the command's own process, and of the largest it started."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "share", str(file), *TERMS],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TMPDIR": str(file.parent)},
    )
    assert done.returncode in {0, 1}, done.stderr
    own, parts = done.stderr.splitlines()[-1].split()
    return int(own), int(parts)


def bad_text(file: Path, rows: int) -> Path:
    file.write_text("no domain\n" * rows)
    return file


def repeated_text(file: Path, rows: int) -> Path:
    file.write_text("brand.shop\n" * rows)
    return file


def workbook(file: Path, rows: int) -> Path:
    cell = '<c t="inlineStr"><is><t>brand.shop</t></is></c>'
    file.write_bytes(sheet("".join(f'<row r="{n}" ht="12.8" hidden="false">{cell}</row>' for n in range(1, rows // 3))))
    return file


@pytest.mark.parametrize("write", [bad_text, repeated_text, workbook])
def test_ten_times_the_lines_take_no_more_memory(tmp_path: Path, write: object) -> None:
    assert callable(write)
    short = peaks(write(tmp_path / "short.txt", 10_000))
    long = peaks(write(tmp_path / "long.txt", 100_000))
    assert long[0] - short[0] < 8_000
    assert long[1] - short[1] < 8_000
