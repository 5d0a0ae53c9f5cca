"""`make bench`: every figure that the hub is held to, as a ratio beside its absolute; one table and one JSON file."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import desk, evaluation, evidence, ledger, matching, nets, sharing
from benchmarks.figure import Figure

OUT = Path("benchmarks/results.json")
SUITES: Mapping[str, Callable[[], Sequence[Figure]]] = {
    "ledger": ledger.figures,
    "evaluation": evaluation.figures,
    "sharing": sharing.figures,
    "matching": matching.figures,
    "access": nets.figures,
    "evidence": evidence.figures,
    "desk": desk.figures,
}
EXAMPLES = f"""examples:
  python -m benchmarks               all of them; takes some ten minutes, and writes {OUT}
  python -m benchmarks ledger desk   two suites; writes nothing

Let the machine do nothing else meanwhile."""


def main(arguments: Sequence[str]) -> int:
    """Run the suites named (all if none), print the table, write the JSON; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description="Measure a hub of its own against its goals; it ends with 1 if one is missed.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suite", nargs="*", help=f"one of {', '.join(SUITES)}; all if none is named")
    names: Sequence[str] = parser.parse_args(arguments).suite
    if unknown := [name for name in names if name not in SUITES]:
        parser.error(f"there is no suite {unknown[0]!r}: name one of {', '.join(SUITES)}")
    figures: list[Figure] = []
    for name in names or SUITES:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += SUITES[name]()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    for figure in figures:
        print(
            f"{'ok ' if figure.reached else 'NOT'} {figure.name:50} {figure.value:>10,.3f}  {figure.goal:8} {figure.behind}"
        )
    print(machine)
    if not names:
        OUT.write_text(json.dumps({"machine": machine, "figures": [asdict(each) for each in figures]}, indent=1) + "\n")
    return 0 if all(figure.reached for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
