"""Whether the log works, in figures: for the office, auditors, and what watches over the hub (`ledger.md` §5.6)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app
from sqlalchemy import select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import rules
from hub.ledger.model import Cosignature, Halt, LastCheck, Witness
from hub.ledger.service.check import anchor_of
from hub.ledger.service.log import lag, newest_checkpoint, pending_count
from hub.ledger.service.quarantine import put_aside_count
from hub.ledger.service.witnesses import witnesses


@dataclass(frozen=True)
class WitnessAge:
    """The newest cosignature of a witness; None: we hold none."""

    name: str
    member: str | None
    size: int | None
    seconds: float | None
    contrary_seconds: float | None
    """How long it has said that our log does not extend what it knows."""


@dataclass(frozen=True)
class Stop:
    """Why the log is halted."""

    reason: str
    found_by: str
    since: datetime


@dataclass(frozen=True)
class Checks:
    """The newest check of the whole log."""

    seconds: float
    size: int
    findings: int


@dataclass(frozen=True)
class Health:
    """The figures of one moment. Ages are in seconds; None: there is none."""

    halted: Stop | None
    size: int
    checkpoint_seconds: float | None
    pending: int
    quarantined: int
    lag_seconds: float
    anchor_seconds: float | None
    fsck: Checks | None
    witnesses: list[WitnessAge]

    @property
    def well(self) -> bool:
        """Whether the log takes exchanges, and signs them in time."""
        return self.halted is None and self.lag_seconds <= rules.LATE.total_seconds()


def health(actor: Actor) -> Health:
    """How the log does now. Raises NotPermittedError."""
    actor.must(Permission.LEDGER_HEALTH)
    head, halt = newest_checkpoint(), db.session.execute(select(Halt)).scalar_one_or_none()
    check = db.session.execute(select(LastCheck)).scalar_one_or_none()
    return Health(
        halted=None if halt is None else Stop(halt.reason, halt.found_by, halt.since),
        size=head.size if head else 0,
        checkpoint_seconds=_age(head.at if head else None),
        pending=pending_count(),
        quarantined=put_aside_count(),
        lag_seconds=lag(),
        anchor_seconds=_anchor_age(),
        fsck=None if check is None else Checks(_age(check.ended_at) or 0.0, check.size, check.findings),
        witnesses=_witnesses(),
    )


def _witnesses() -> list[WitnessAge]:
    held = dict(
        db.session.execute(
            select(Witness.name, Cosignature.at).join(
                Cosignature, (Cosignature.witness == Witness.name) & (Cosignature.size == Witness.size)
            )
        ).all()
    )
    return [
        WitnessAge(one.name, one.member, one.size, _age(held.get(one.name)), _age(one.contrary_at))
        for one in witnesses()
    ]


def _anchor_age() -> float | None:
    try:
        written = anchor_of(current_app.extensions["settings"]).stat().st_mtime
    except FileNotFoundError:
        return None
    return _age(datetime.fromtimestamp(written, UTC))


def _age(moment: datetime | None) -> float | None:
    return None if moment is None else max(0.0, (clock.now() - moment).total_seconds())
