"""Many rights at once, from a sheet: each row is looked at, and once nothing is to be mended all are entered."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.rights import policy, rules, sheet_rules
from hub.rights.model import IpRight
from hub.rights.service.enter import must_enter, standing, write
from hub.rights.sheet_rules import Fault, Good, Row

ENTERING_LOCK = 7274
"""Among the hub's advisory locks: who enters a sheet for a brand, so that no sheet is entered twice at once."""


@dataclass(frozen=True)
class Entered:
    """What a sheet came to: rights, unless there is something to mend."""

    faults: Sequence[Fault]
    good: int
    """Rows that can be entered."""
    names: Sequence[str] = ()
    """Of the rights, in the order of the rows."""


def check_sheet(actor: Actor, rows: Sequence[Row]) -> Entered:
    """What would have to be mended. Writes nothing. Raises NotPermittedError."""
    must_enter(actor)
    good, faults = _checked(actor, rows)
    return Entered(faults, len(good))


def enter_sheet(actor: Actor, rows: Sequence[Row]) -> Entered:
    """Enter all of them, or none while anything is to be mended; the caller commits. Raises NotPermittedError."""
    must_enter(actor)
    db.session.execute(select(func.pg_advisory_xact_lock(ENTERING_LOCK, actor.member_id)))
    good, faults = _checked(actor, rows)
    if faults:
        return Entered(faults, len(good))
    return Entered((), len(good), [write(actor, each.facts) for each in good])


def _checked(actor: Actor, rows: Sequence[Row]) -> tuple[list[Good], list[Fault]]:
    good, faults = sheet_rules.check_rows(rows, clock.now())
    there = _there(actor, good)
    for each in good:
        if each.key in there:
            words = f"you have entered this number already: leave it out, or correct the right {there[each.key]}"
            faults.append(Fault(each.number, "number", words))
    good = [each for each in good if each.key not in there]
    if standing(actor) + len(good) > rules.MOST_RIGHTS:
        faults.append(Fault(None, "sheet", f"a member keeps at most {rules.MOST_RIGHTS:,} rights: withdraw some first"))
    return good, sorted(faults, key=lambda fault: (fault.row is not None, fault.row or 0))


def _there(actor: Actor, good: Sequence[Good]) -> dict[tuple[str, str, str] | None, str]:
    """Of the rows those that the member entered before, with the names of the rights; one query for all."""
    numbers = {each.key[2] for each in good if each.key is not None}
    found = select(IpRight.type, IpRight.office, IpRight.plain_number, IpRight.name)
    rows = db.session.execute(found.where(policy.own_by(actor), IpRight.plain_number.in_(numbers)))
    return {(row.type, row.office, row.plain_number): row.name for row in rows}
