"""The hub's signed word, in the answer to an exchange, that its entry is in the log by a deadline."""

from datetime import datetime

from flask import current_app, g
from sqlalchemy import select

from hub.db import db
from hub.ledger.model import Entry
from hub.ledger.service.own import parse_entry_id
from hub.tree.merkle import leaf_hash
from hub.tree.promise import TERM_SECONDS, Promise


def promise(name: str) -> str | None:
    """The promise for the entry that an answer names, as a signed note; None where nothing was recorded under it.

    An answer repeated under its Idempotency-Key bears the same promise, with the same deadline.
    """
    leaf, at = g.get("recorded", {}).get(name) or _kept(name)
    if leaf is None or at is None:
        return None
    origin = current_app.extensions["settings"].origin
    stated = Promise(origin, name, leaf_hash(leaf), int(at.timestamp()) + TERM_SECONDS)
    note: str = current_app.extensions["service_signer"](stated.encode())
    return note


def _kept(name: str) -> tuple[bytes, datetime] | tuple[None, None]:
    row = db.session.execute(select(Entry.leaf, Entry.at).where(Entry.id == parse_entry_id(name))).one_or_none()
    return (None, None) if row is None else (row.leaf, row.at)
