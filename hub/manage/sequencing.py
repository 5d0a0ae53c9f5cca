"""What the sequencer's process is told, and its first look at the log."""

from collections.abc import Mapping
from pathlib import Path

from hub.ledger.jobs import look
from hub.ledger.journal import journal_of
from hub.ledger.sequencer import ClockBehindError
from hub.ledger.signing import Signers
from hub.log import log, set_up_logs

Settings = tuple[str, Signers, Path]
"""The database's URL as the sequencer, the log's keys, and where the anchor lies."""


def sequencer_settings(environment: Mapping[str, str]) -> Settings:
    """From HUB_HOME, HUB_ALLIANCE, HUB_LEDGER_ORIGIN and HUB_DATABASE_SEQUENCER_URL."""
    home = Path(environment["HUB_HOME"])
    origin = environment.get("HUB_LEDGER_ORIGIN") or f"{environment.get('HUB_ALLIANCE', 'example')}.alliance-hub/audit"
    url = environment["HUB_DATABASE_SEQUENCER_URL"].replace("+psycopg", "", 1)
    return url, Signers(home / "ledger", origin), home / "ledger" / "anchor.note"


def erase_again(environment: Mapping[str, str]) -> None:
    """Erase what a backup that was put back has brought back; without a journal of erasures there is nothing to do."""
    if not journal_of(sequencer_settings(environment)[-1]).exists():
        return
    from hub.manage.operating import operating
    from hub.members import service as members

    set_up_logs()
    with operating(dict(environment)) as actor:
        parts, people = members.replay_erasures(actor)
    if parts or people:
        log.warning("what a backup had brought back was erased anew", count=parts + people)


def first_look(environment: Mapping[str, str]) -> None:
    """Halt the log if it is not what was signed, before the hub takes anything; if the clock is behind, end with 1."""
    set_up_logs()
    try:
        look(*sequencer_settings(environment))
    except ClockBehindError as error:
        raise SystemExit(f"hub: {error}") from None
