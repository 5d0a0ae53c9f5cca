"""The four raw lists of domains: every line has a canonical form or a refusal with a known code."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from hub.canonical import CODES, RefusedError, canonicalise

FOLDER = Path(__file__).resolve().parents[4] / "shared/data/stores"
LISTS = ["brand_a", "brand_b", "brand_c", "platform"]

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the lists of stores are not beside the project")


@cache
def _outcomes(name: str) -> Counter[str]:
    """How many lines had a form, and how many were refused with each code."""
    outcomes: Counter[str] = Counter()
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        try:
            canonicalise("domain", line)
            outcomes["canonical"] += 1
        except RefusedError as error:
            outcomes[error.code] += 1
    return outcomes


@pytest.mark.parametrize("name", LISTS)
def test_every_line_has_a_form_or_a_known_refusal(name: str) -> None:
    assert set(_outcomes(name)) <= {"canonical", *CODES}


@pytest.mark.parametrize("name", LISTS)
def test_hardly_a_line_with_a_name_is_refused(name: str) -> None:
    outcomes = _outcomes(name)
    refused = sum(count for code, count in outcomes.items() if code not in {"canonical", "empty"})
    assert refused <= outcomes["canonical"] / 100
