"""Attempts to sign in: bounded for one address from one network, and for one network, so that nobody locks others out.

Who guesses at a person's password from one network is stopped there; the person signs in from another as before. Who
has the password and guesses at codes from many networks is stopped everywhere but where the person is known to be.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, insert, select

from hub import clock
from hub.access.actor import Session, Step
from hub.db import changed, db
from hub.limits import service as limits
from hub.limits.rules import Limit, network_of
from hub.members.model import SignInAttempt
from hub.members.rules import (
    ATTEMPTS_SPAN,
    CODES_SPAN,
    MOST_ATTEMPTS,
    MOST_CODES,
    MOST_NETWORK_ATTEMPTS,
    SESSION_LASTS,
    Notice,
)
from hub.members.service.membership import counted_name
from hub.members.service.notices import tell


def may_try(email: str, address: str, what: str = "pair") -> bool:
    """Count an attempt, and whether it may go on to the password; committed before anybody looks at one.

    Codes are counted apart (`what`), or the right password would forgive the codes guessed before it.

    Counted first, so that a hundred at once get no further than one after the other.
    """
    pair, network = _subjects(email, address, what)
    now = clock.now()
    db.session.execute(insert(SignInAttempt), [{"subject": subject, "at": now} for subject in (pair, network)])
    db.session.commit()
    return _recent(pair) <= MOST_ATTEMPTS and _recent(network) <= MOST_NETWORK_ATTEMPTS


def count_code(session: Session) -> bool:
    """Count a code tried for a person, from whatever network; whether there was one left of today's; commits.

    With the last one the person is told: only who gave the password comes so far.
    """
    counted = limits.lease(_limit(f"codes of person {session.person_id}", MOST_CODES, CODES_SPAN), 1)
    if counted.left and not counted.beyond:
        tell(session.email, Notice.CODES_TRIED)
        db.session.commit()
    return counted.left > 0


def count_code_in(session: Session) -> tuple[bool, bool]:
    """Count a code tried in a session; whether it may be looked at, and whether another may follow if it is wrong.

    A session that is proven goes on however often.
    """
    if session.step is not Step.SECOND_FACTOR:
        return True, True
    counted = limits.lease(_limit(f"codes of session {session.id}", MOST_ATTEMPTS, SESSION_LASTS), 1)
    return counted.left > 0, counted.beyond > 0


def forgive(email: str, address: str, what: str = "pair") -> None:
    """Forget the attempts of a person who gave the right one; in the transaction under way."""
    pair, _ = _subjects(email, address, what)
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.subject == pair))


def forget_attempts() -> int:
    """Delete attempts that count no more; returns how many."""
    gone = changed(delete(SignInAttempt).where(SignInAttempt.at < clock.now() - ATTEMPTS_SPAN - timedelta(hours=1)))
    db.session.commit()
    return gone


def _limit(subject: str, most: int, span: timedelta) -> Limit:
    """Each lease is of one, so that the last one is known for the last."""
    return Limit("network", subject, most, span, pieces=most)


def _recent(subject: bytes) -> int:
    return db.session.execute(
        select(func.count())
        .select_from(SignInAttempt)
        .where(SignInAttempt.subject == subject, SignInAttempt.at > clock.now() - ATTEMPTS_SPAN)
    ).scalar_one()


def _subjects(email: str, address: str, what: str) -> Sequence[bytes]:
    """Digests of address with network, and of network: the table tells nobody who tried."""
    network = network_of(address)
    key = str(current_app.config["SECRET_KEY"]).encode()
    spoken = (f"{what}\n{counted_name(email)}\n{network}", f"network\n{network}")
    return [hmac.digest(key, each.encode(errors="surrogatepass"), hashlib.sha256) for each in spoken]
