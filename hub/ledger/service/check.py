"""The check of the whole log, for the operator and every night: what it found is kept, and a finding halts the log."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from cryptography.exceptions import InvalidTag
from flask import current_app
from sqlalchemy import func, make_url, select
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.config import Settings
from hub.db import db
from hub.ledger.fsck import Checked, Connection, fsck, revived
from hub.ledger.journal import Erased, journal_of, read
from hub.ledger.model import LastCheck
from hub.ledger.rules import Finder
from hub.ledger.service.keys import log_keys, signers
from hub.ledger.service.shards import shards
from hub.ledger.service.tag_keys import open_key
from hub.log import log
from hub.tree.note import Verifier
from hub.tree.succession import SuccessionError, follow

NO_REASON_TO_STOP = frozenset({"cosignature", "dispute", "quarantine", "revived"})
"""Kinds of findings that are told, and with which the log goes on."""


def check_log(anchor: Path | None = None, advance: Callable[[int, int], None] = lambda _done, _of: None) -> Checked:
    """Look at the whole log as it is at one moment; `anchor`: another file than the hub's own. Changes nothing."""
    settings: Settings = current_app.extensions["settings"]
    known, strange = _keys()
    with _connected(settings) as connection:
        checked = fsck(connection, known, settings.origin, anchor or anchor_of(settings), _opens, advance)
    for vkey in strange:
        checked.found("key", f"ledger_key: {vkey}")
    return checked


def _keys() -> tuple[list[Verifier], list[str]]:
    """The keys that signed the log, and those of them that none announced; so is a newest that is not in our home."""
    known, strange = list[Verifier](), list[Verifier]()
    for shard in shards():
        held, keys = signers().of_shard(shard.origin).verifiers(), log_keys(shard)
        signed = [Verifier.parse(each.vkey) for each in keys]
        if not signed:
            known += held
            continue
        try:
            after = follow(signed[0], [each.statement for each in keys if each.statement is not None])
        except SuccessionError:
            after = ()
        known += signed
        rightful = {signed[0], *(one.verifier for one in after)}
        missed = {signed[-1]} - {*held} if shard.closed_at is None else set()
        strange += [each for each in signed if each not in rightful or each in missed]
    return known, [each.vkey for each in strange]


def brought_back() -> list[Erased]:
    """What was erased, and has been brought back by a backup that was put back."""
    settings: Settings = current_app.extensions["settings"]
    with _connected(settings) as connection:
        return [*revived(connection, read(journal_of(anchor_of(settings))))]


def _connected(settings: Settings) -> Connection:
    url = make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, options="-c timezone=UTC -c jit=off")


def check_and_halt(
    anchor: Path | None = None, advance: Callable[[int, int], None] = lambda _done, _of: None
) -> Checked:
    """The same; keeps how many findings there were, says each in the log, and halts the log upon one. Commits."""
    began = clock.now()
    checked = check_log(anchor, advance)
    values = {"began_at": began, "ended_at": clock.now(), "size": checked.size, "findings": checked.count}
    statement = insert(LastCheck).values(one=True, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["one"], set_=values))
    grave = [each for each in checked.findings if each.kind not in NO_REASON_TO_STOP]
    for each in checked.findings:
        log.critical("the check of the log found something", where=each.place, error=each.remedy)
    if grave:
        reason = f"{checked.count:,} findings, the first: {grave[0].place}"
        db.session.execute(select(func.ledger_stop(Finder.FSCK.value, reason, clock.now())))
    db.session.commit()
    return checked


def anchor_of(settings: Settings) -> Path:
    """Where the sequencer keeps the newest checkpoint outside of the database."""
    return settings.anchor or settings.home / "ledger" / "anchor.note"


def _opens(party: int, sealed: bytes) -> bool:
    try:
        open_key(party, sealed)
    except InvalidTag:
        return False
    return True
