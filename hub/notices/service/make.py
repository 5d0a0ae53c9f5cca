"""Notices made of the record: read in its own order, each place once, by whichever worker is first."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Boolean, Text, cast, func, select
from sqlalchemy.types import TypeEngine

from hub import clock
from hub.db import db
from hub.notices.rules import KEPT, NOTICED
from hub.notices.webhook_rules import KEPT as DELIVERIES_KEPT

_TYPES: Sequence[type[TypeEngine[Any]]] = (Text, Text, Boolean, Boolean)
BATCH = 500
"""Entries of the log read in one transaction."""


def make_notices() -> int:
    """Make the notices of all that has come into the log since; returns of how many entries. Commits each batch.

    A place of the log is given once, and in order, so no entry is passed by; how far it was read commits with what was
    made of it. If we crash, the next one begins with the same batch; a second worker finds the row held and goes.
    """
    read, batch = 0, BATCH
    while batch == BATCH:
        rows = [(event.value, row.topic.value, row.acts, row.own) for event, row in NOTICED.items()]
        told = (cast(list(column), ARRAY(type)) for type, column in zip(_TYPES, zip(*rows, strict=True), strict=True))
        batch = db.session.execute(select(func.make_notices(*told, clock.now(), BATCH))).scalar_one()
        db.session.commit()
        read += batch
    return read


def forget_notices() -> int:
    """Delete notices, and deliveries to webhooks, that were kept long enough; returns how many notices. Commits."""
    now = clock.now()
    gone = db.session.execute(select(func.forget_notices(now - KEPT))).scalar_one()
    db.session.execute(select(func.forget_deliveries(now - DELIVERIES_KEPT)))
    db.session.commit()
    return int(gone)
