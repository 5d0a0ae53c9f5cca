"""The published vectors of canonical forms: the implementation agrees with them, and they cover what they must."""

import json
from importlib.resources import files
from typing import Any

import pytest

from hub.canonical import CODES, TYPES, RefusedError, canonicalise

VECTORS: dict[str, Any] = json.loads(files("hub.canonical").joinpath("vectors.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = VECTORS["cases"]


def _order(case: dict[str, Any]) -> tuple[str, str, str]:
    return case["type"], json.dumps(case["input"]), case.get("country", "")


def _answer(case: dict[str, Any]) -> dict[str, str]:
    try:
        return {"value": canonicalise(case["type"], case["input"], country=case.get("country")).value}
    except RefusedError as error:
        return {"refused": error.code}


@pytest.mark.parametrize("type", [*TYPES, "colour"])
def test_every_vector_of_the_type_agrees(type: str) -> None:
    cases = [case for case in CASES if case["type"] == type]
    wrong = [case for case in cases if _answer(case).items() - case.items()]
    assert cases
    assert not wrong


def test_each_value_is_canonical_itself() -> None:
    values = {(case["type"], case["value"]) for case in CASES if "value" in case}
    assert [pair for pair in sorted(values) if canonicalise(*pair).value != pair[1]] == []


def test_there_are_at_least_three_hundred_cases() -> None:
    assert len(CASES) >= 300


def test_each_case_has_either_a_value_or_a_known_code() -> None:
    assert [case for case in CASES if ("value" in case) == (case.get("refused") in CODES)] == []


@pytest.mark.parametrize("outcome", ["value", "refused"])
def test_every_type_has_at_least_ten_cases_of_each_outcome(outcome: str) -> None:
    counts = {type: sum(case["type"] == type and outcome in case for case in CASES) for type in TYPES}
    assert {type: count for type, count in counts.items() if count < 10} == {}


def test_every_refusal_code_is_covered() -> None:
    assert {case["refused"] for case in CASES if "refused" in case} == CODES


def test_the_cases_are_sorted_and_none_stands_twice() -> None:
    keys = [_order(case) for case in CASES]
    assert keys == sorted(set(keys))


def test_the_header_names_the_rule_version_of_every_type() -> None:
    assert VECTORS["rules"] == {type.name: type.rule for type in TYPES.values()}
