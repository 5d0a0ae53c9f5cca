"""What a refusal says, and what it must not say."""

import copy
import pickle
from importlib.resources import files

import pytest

from hub.canonical import REFUSALS, TYPES, RefusedError, canonicalise

SOURCES = [path.read_text(encoding="utf-8") for path in files("hub.canonical").iterdir() if path.name.endswith(".py")]


def _refusal(type: str, text: object) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        canonicalise(type, text)  # type: ignore[arg-type]
    return caught.value


def test_it_reads_as_reason_and_remedy() -> None:
    error = _refusal("phone", "139 1758 2046")
    assert str(error) == f"{error.reason}: {error.remedy}"


def test_neither_it_nor_what_caused_it_holds_the_value() -> None:
    error: BaseException | None = _refusal("company_number", "CN:91110000600037341M")
    while error is not None:
        assert "600037341" not in repr(error)
        error = error.__cause__ or error.__context__


def test_it_survives_the_way_to_another_process() -> None:
    error = _refusal("phone", "139 1758 2046")
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.reason, again.remedy) == (error.code, error.reason, error.remedy)


def test_it_can_be_copied() -> None:
    assert str(copy.copy(_refusal("email", ""))) == str(_refusal("email", ""))


@pytest.mark.parametrize("word", ["", "N/A", "none", "-", "0", "无", "unknown"])
@pytest.mark.parametrize("type", sorted(TYPES))
def test_every_type_refuses_what_stands_for_nothing(type: str, word: str) -> None:
    assert _refusal(type, word).code in {"empty", "junk"} or word == "0"


@pytest.mark.parametrize("text", [None, 12345, b"shop.top", 1.5, ["shop.top"]])
def test_a_cell_that_is_no_text(text: object) -> None:
    assert _refusal("domain", text).code == "not_text"


def test_an_unknown_type() -> None:
    assert _refusal("colour", "red").code == "unknown_type"


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_every_row_of_the_table_is_used(name: str) -> None:
    assert any(f'"{name}"' in source for source in SOURCES)


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_every_row_says_why_and_what_to_mend(name: str) -> None:
    assert all(len(text) > 15 and not text.endswith(".") for text in REFUSALS[name][1:])
