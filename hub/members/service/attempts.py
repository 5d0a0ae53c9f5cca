"""Attempts to sign in: bounded for one address from one network, and for one network, so that nobody locks others out.

Who guesses at a person's password from one network is stopped there; the person signs in from another as before.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, insert, select

from hub import clock
from hub.db import changed, db
from hub.limits.rules import network_of
from hub.members.model import SignInAttempt
from hub.members.rules import ATTEMPTS_SPAN, MOST_ATTEMPTS, MOST_NETWORK_ATTEMPTS


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


def forgive(email: str, address: str, what: str = "pair") -> None:
    """Forget the attempts of a person who gave the right one; in the transaction under way."""
    pair, _ = _subjects(email, address, what)
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.subject == pair))


def forget_attempts() -> int:
    """Delete attempts that count no more; returns how many."""
    gone = changed(delete(SignInAttempt).where(SignInAttempt.at < clock.now() - ATTEMPTS_SPAN - timedelta(hours=1)))
    db.session.commit()
    return gone


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
    spoken = (f"{what}\n{email.strip().lower()}\n{network}", f"network\n{network}")
    return [hmac.digest(key, each.encode(), hashlib.sha256) for each in spoken]
