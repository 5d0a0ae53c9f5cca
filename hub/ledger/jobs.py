"""The sequencer as a running process."""

import threading
from pathlib import Path

import psycopg

from hub import clock
from hub.ledger.sequencer import BATCH, ForkError, Sequencer
from hub.log import describe, log
from hub.tree.note import Signer

PAUSE = 0.25
"""Seconds between two batches unless the outbox is fuller than one: an event is under a signed checkpoint in half a
second, and a trickle of events does not cost a signature and two commits each."""


def sequence(database_url: str, signer: Signer, origin: str, anchor: Path, stop: threading.Event) -> None:
    """Integrate and publish until `stop` is set; a lost database is waited for, a fork is said and nothing signed."""
    while not stop.is_set():
        try:
            with psycopg.connect(database_url, options="-c timezone=UTC -c jit=off") as connection:
                sequencer = Sequencer(connection, signer, origin, anchor, clock.now)
                while not stop.is_set():
                    if sequencer.step() < BATCH:
                        stop.wait(PAUSE)
        except ForkError as error:
            log.error("the log was not signed", error=str(error))
            stop.wait(10)
        except psycopg.OperationalError as error:
            log.warning("database out of reach", where=describe(error))
            stop.wait(1)
