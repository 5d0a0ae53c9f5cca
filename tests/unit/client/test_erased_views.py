"""A view that is missing is an alarm unless a record of ours says that it was erased."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.client.errors import ExitCode
from hub.client.ledger.alarm import LedgerAlarm
from hub.client.ledger.parts import Opened, OwnEntry, OwnLeaf, entry_name, open_views
from hub.client.ledger.state import Due, Erased, Memory, read_memory, write_memory
from hub.client.ledger.verify import accounted
from hub.tree.leaf import parse_leaf, seal_leaf
from hub.tree.promise import TERM_SECONDS
from tests.unit.tree.views import view as a_view

KEY = bytes(32)


def recorded(index: int, **fields: Any) -> tuple[OwnLeaf, OwnEntry]:
    """A leaf of ours at a place in the log, and what the hub gives us to it."""
    id = bytes([index]) * 16
    view = a_view(id=base64.b64encode(id).decode(), **fields)
    sealed = seal_leaf(id, [(KEY, view)])
    (part,) = sealed.parts
    leaf = OwnLeaf(index, entry_name(id), part.n, parse_leaf(sealed.leaf), sealed.leaf)
    return leaf, OwnEntry(index, part.n, sealed.leaf, view, part.salt, None)


def erased(index: int, by: int) -> tuple[OwnLeaf, OwnEntry]:
    """The same, erased under the record at another place."""
    leaf, _ = recorded(index)
    return leaf, OwnEntry(index, leaf.n, leaf.raw, None, None, entry_name(bytes([by]) * 16))


def opened(*pairs: tuple[OwnLeaf, OwnEntry]) -> Opened:
    return open_views({leaf.index: leaf for leaf, _ in pairs}, iter([entry for _, entry in pairs]))


def pending(
    *pairs: tuple[OwnLeaf, OwnEntry], due: Mapping[str, Due] | None = None, signed: float = 0, now: float = 0
) -> dict[str, Due]:
    """What is still to be accounted for, after these entries of a log signed at a time, and what was due."""
    return accounted(opened(*pairs), {leaf.id for leaf, _ in pairs}, due or {}, signed, now)


def entry_record(index: int, of: int) -> tuple[OwnLeaf, OwnEntry]:
    return recorded(index, action="audit.erase", subject={"type": "entry", "ref": entry_name(bytes([of]) * 16)})


def span_record(index: int, first: int, last: int) -> tuple[OwnLeaf, OwnEntry]:
    return recorded(index, action="audit.retire", counts={"first": first, "last": last})


def test_entry_erased_with_its_record_holds() -> None:
    entries = (erased(1, by=3), recorded(2), entry_record(3, of=1))
    found = opened(*entries)
    assert (found.views, found.erased, pending(*entries)) == (2, 1, {})


def test_span_erased_with_its_record_holds() -> None:
    entries = (erased(1, by=9), erased(2, by=9), erased(4, by=9), span_record(9, 0, 5))
    assert (opened(*entries).erased, pending(*entries)) == (3, {})


@pytest.mark.parametrize(
    "record",
    [
        entry_record(9, of=2),
        span_record(9, 2, 5),
        span_record(9, 0, 0),
        recorded(9),
        recorded(9, action="audit.erase"),
        recorded(9, action="audit.retire"),
    ],
)
def test_record_of_something_else_is_an_alarm(record: tuple[OwnLeaf, OwnEntry]) -> None:
    with pytest.raises(LedgerAlarm) as alarm:
        pending(erased(1, by=9), record)
    assert alarm.value.code is ExitCode.WITHHELD


def test_record_that_does_not_cover_all_that_name_it_is_an_alarm() -> None:
    for record in (entry_record(9, of=1), span_record(9, 0, 3)):
        with pytest.raises(LedgerAlarm):
            pending(erased(1, by=9), erased(4, by=9), record)


def test_record_still_to_come_is_due_within_the_term_of_a_promise(tmp_path: Any) -> None:
    due = pending(erased(1, by=9), erased(2, by=9), now=1_000)
    write_memory(tmp_path / "ledger.json", Memory("o", "n", 3, bytes(32), "", due))
    kept = read_memory(tmp_path / "ledger.json")
    assert kept is not None
    assert kept.erasures == due
    assert pending(span_record(9, 0, 5), due=due) == {}
    with pytest.raises(LedgerAlarm):
        pending(recorded(3), due=due, signed=1_000 + TERM_SECONDS, now=2_000)


def test_record_that_is_due_may_stand_behind_a_log_that_ends_early() -> None:
    due = pending(erased(1, by=9), now=1_000)
    assert pending(recorded(3), due=due, signed=1_000 + TERM_SECONDS - 1, now=5_000) == due
    assert pending(erased(1, by=9), due=due, signed=0, now=5_000) == due


def test_what_was_due_under_a_record_is_kept_beside_what_names_it_now() -> None:
    due = pending(erased(1, by=9), now=1_000)
    both = pending(erased(4, by=9), due=due, now=5_000)
    assert both == {entry_name(bytes([9]) * 16): Due(Erased(1, 4, ""), 1_000 + TERM_SECONDS)}
    with pytest.raises(LedgerAlarm):
        pending(entry_record(9, of=4), due=both)
    with pytest.raises(LedgerAlarm):
        pending(erased(4, by=9), entry_record(9, of=4), due=due)


def test_state_of_an_earlier_version_gives_its_records_their_term_anew(tmp_path: Any) -> None:
    path = tmp_path / "ledger.json"
    write_memory(path, Memory("o", "n", 3, bytes(32), "", pending(erased(1, by=9), now=1_000)))
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"erasures": {record: said[:3] for record, said in kept["erasures"].items()}}))
    memory = read_memory(path)
    assert memory is not None
    (due,) = memory.erasures.values()
    assert due.erased == Erased(1, 1, entry_name(bytes([1]) * 16))
    assert abs(due.by - time.time() - TERM_SECONDS) < 30


SPANS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted)


@given(SPANS, SPANS)
def test_span_covers_what_lies_within_it(record: list[int], missing: list[int]) -> None:
    within = set(range(missing[0], missing[1] + 1)) <= set(range(record[0], record[1] + 1))
    assert Erased(record[0], record[1], "").covers(Erased(missing[0], missing[1], "")) == within
