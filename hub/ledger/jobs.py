"""The sequencer as a running process, and what is looked at before the first exchange and every night."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psycopg

from hub import clock
from hub.ledger import service
from hub.ledger.rules import CLOCK_BEHIND, never, year_is_over
from hub.ledger.sequencer import BATCH, HaltedError, Sequencer
from hub.ledger.signed import ForkError
from hub.ledger.signing import Signers
from hub.log import describe, log

PAUSE = 0.5
"""Seconds between two batches unless the outbox is fuller than one: an event is under a signed checkpoint in less
than a second, and a trickle of events does not cost a signature and two commits each."""
LOOK_AGAIN = 10.0
"""Seconds between one look at a halted log and the next."""
HOLD = 10.0
"""Seconds after which the database ends the transaction of a sequencer that stopped in it, so that another may work."""


def sequence(database_url: str, signers: Signers, anchor: Path, stop: threading.Event) -> None:
    """Integrate and publish until `stop` is set, whatever happens meanwhile.

    A lost database or a full disk is waited for; a fork halts the log, is said again and again, and nothing is signed.
    """
    for left in anchor.parent.glob(f"{anchor.stem}.*.new"):  # by a sequencer that was killed
        left.unlink(missing_ok=True)
    due = year_end()
    while not stop.is_set():
        try:
            with _sequencer(database_url, signers, anchor, due) as sequencer:
                while not stop.is_set():
                    if sequencer.step() < BATCH:
                        stop.wait(PAUSE)
        except (ForkError, HaltedError) as error:
            log.critical("the log is halted", error=str(error))
            stop.wait(LOOK_AGAIN)
        except psycopg.OperationalError as error:
            log.warning("database out of reach", where=describe(error))
            stop.wait(1)
        except (psycopg.Error, OSError) as error:
            log.error("the log was not signed", where=describe(error))
            stop.wait(1)


def look(database_url: str, signers: Signers, anchor: Path) -> None:
    """Compare the log with what was signed, once, and halt it where they differ: the hub starts, and only reads.

    Raises ClockBehindError: then the hub does not start.
    """
    with _sequencer(database_url, signers, anchor, never) as sequencer, suppress(ForkError, HaltedError):
        sequencer.look()


def year_end() -> Callable[[datetime, datetime], bool]:
    """`year_is_over`, unless the clock was set ahead since this was called: no closed shard is opened again.

    Nobody is held up who sets the clock right, starts the hub anew, or asks for the end of the shard.
    """
    began, had_run = clock.now(), clock.running()

    def due(shard_began: datetime, now: datetime) -> bool:
        return year_is_over(shard_began, now) and (now - began) - (clock.running() - had_run) < CLOCK_BEHIND

    return due


@contextmanager
def _sequencer(
    database_url: str, signers: Signers, anchor: Path, due: Callable[[datetime, datetime], bool]
) -> Iterator[Sequencer]:
    options = f"-c timezone=UTC -c jit=off -c idle_in_transaction_session_timeout={HOLD * 1000:.0f}"
    with psycopg.connect(database_url, options=options) as connection:
        yield Sequencer(connection, signers, anchor, clock.now, due=due)


def check_log() -> int:
    """Hold the whole log against itself, and halt it upon a finding; returns how many there are. Safe to repeat."""
    from hub.ledger import service  # here: the sequencer's process needs nothing of the application

    return service.check_and_halt().count


def ask_witnesses() -> None:
    """Ask each witness at an address, once at the start, whether it has seen more of the log than there is."""
    service.ask_witnesses()


def push_checkpoints() -> int:
    """Have the witnesses at an address cosign what is offered. Safe to repeat."""
    return service.push_checkpoints()
