"""Every match and every token list, of every member: what has effect for it, and nothing else."""

import pytest

from tests.web.access.everybody import (
    Everybody,
    Word,
    readers_of_lists,
)
from tests.web.access.restated import differing, effects, effects_then
from tests.web.indicators.test_share_and_match_over_http import token


def test_match_gives_a_member_what_has_effect_for_it(all_there_is: Everybody) -> None:
    found = {
        code: {
            (number, int(hit["evidence_level"][1]), hit["members"], tuple(hit["contributors"]))
            for number, hit in all_there_is.hits[code].items()
        }
        for code in readers_of_lists()
    }
    expected = {
        code: {
            (n, level, hidden, tuple(names)) for n, (level, hidden, names) in effects_then(all_there_is, code).items()
        }
        for code in readers_of_lists()
    }
    assert differing(found, expected) == {}
    assert all(expected.values())


@pytest.mark.parametrize("which", [0, 1], ids=["whole", "the changes of one that began empty"])
def test_list_gives_a_member_what_has_effect_for_it(all_there_is: Everybody, which: int) -> None:
    found, expected = {}, {}
    for code in readers_of_lists():
        rows = all_there_is.lists[code][which]
        found[code] = {(each, *row[:3]) for each, row in rows.items()}
        now = effects_then(all_there_is, code)
        expected[code] = {(token(n), 1, level, hidden or 0) for n, (level, hidden, _) in now.items()}
    assert differing(found, expected) == {}


def test_changes_of_a_list_tell_of_what_had_or_has_effect_and_of_nothing_else(all_there_is: Everybody) -> None:
    was, said = _by_place(all_there_is.before), _by_place(all_there_is.words)
    touched = {number for number, owner in said if said[number, owner] != was.get((number, owner))}
    found, expected = {}, {}
    for code in readers_of_lists():
        before, after = effects_then(all_there_is, code), effects(all_there_is, code, all_there_is.words)
        found[code] = {(each, row[0]) for each, row in all_there_is.lists[code][2].items()}
        expected[code] = {(token(n), int(n in after)) for n in touched if n in before or n in after}
    assert differing(found, expected) == {}
    assert {present for each in expected.values() for _, present in each} == {0, 1}


def _by_place(words: list[Word]) -> dict[tuple[int, str], Word]:
    return {(word.number, word.owner): word for word in words}
