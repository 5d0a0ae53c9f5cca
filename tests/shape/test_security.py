"""SECURITY.md answers each item of the standard, by a test that there is or by a reason."""

import ast
import re

from tests.conftest import ROOT

ITEMS = {
    **{f"4.{item}": level for item, level in (("1.1", 1), ("1.2", 2), ("1.3", 2), ("2.1", 2), ("3.1", 2), ("3.2", 2))},
    **{f"4.4.{item}": 1 if item == 1 else 2 for item in range(1, 5)},
    **{f"6.1.{item}": 1 if item == 1 else 2 for item in range(1, 4)},
    **{f"6.2.{item}": 1 if item <= 8 else 2 for item in range(1, 13)},
    **{f"6.3.{item}": 1 if item <= 2 else 2 for item in range(1, 5)},
    **{f"6.4.{item}": 1 if item <= 2 else 2 for item in range(1, 5)},
    **{f"6.5.{item}": 2 for item in range(1, 6)},
    **{f"6.6.{item}": 2 for item in range(1, 4)},
    **{f"6.8.{item}": 2 for item in range(1, 5)},
    **{f"7.1.{item}": 2 for item in range(1, 4)},
    **{f"7.2.{item}": 1 for item in range(1, 5)},
    **{f"7.3.{item}": 2 for item in range(1, 3)},
    **{f"7.4.{item}": 1 if item <= 2 else 2 for item in range(1, 6)},
    **{f"7.5.{item}": 2 for item in range(1, 3)},
    **{f"7.6.{item}": 2 for item in range(1, 3)},
    **{f"8.{item}": level for item, level in (("1.1", 1), ("1.2", 2), ("2.1", 1), ("2.2", 1), ("2.3", 2))},
    **{f"8.{item}": level for item, level in (("3.1", 1), ("4.1", 2))},
}
"""Items of OWASP ASVS 5.0.0 in its chapters V4, V6, V7 and V8 → level, but for those of level 3."""

ROW = re.compile(r"\| (\d\.\d+\.\d+) \| ([12]) \| ([^|]+) \|([^|]*)\|([^|]*)\|")


def rows() -> list[tuple[str, int, str, list[str]]]:
    """Item, level, how it is met, and the tests named."""
    found = ROW.findall((ROOT / "SECURITY.md").read_text())
    return [(item, int(level), how.strip(), re.findall(r"`([^`]+)`", tests)) for item, level, _, how, tests in found]


def is_there(test: str) -> bool:
    """Whether a test of that path and name is there."""
    path, _, name = test.partition("::")
    file = ROOT / "tests" / path
    return file.is_file() and name in {
        each.name for each in ast.parse(file.read_text()).body if isinstance(each, ast.FunctionDef)
    }


def test_every_item_of_the_standard_is_answered_once() -> None:
    assert [(item, level) for item, level, _, _ in rows()] == list(ITEMS.items())


def test_every_test_that_is_named_is_there() -> None:
    named = [test for _, _, _, tests in rows() for test in tests]
    named += re.findall(r"`([\w/]+\.py::\w+)`", (ROOT / "SECURITY.md").read_text())
    assert [test for test in named if not is_there(test)] == []


def test_an_item_without_a_test_says_why() -> None:
    assert [item for item, _, how, tests in rows() if not tests and not how] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert not is_there("shape/test_security.py::test_that_is_not_there")
    assert not is_there("shape/test_nothing.py::test_an_item_without_a_test_says_why")
    assert is_there("shape/test_security.py::test_an_item_without_a_test_says_why")
