"""Attempts to sign in: bounded for one address from one network, and for one network, so that nobody locks others out.

Who guesses at a person's password from one network is stopped there; the person signs in from another as before.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address, ip_network

from flask import current_app
from sqlalchemy import delete, func, insert, select

from hub import clock
from hub.db import db
from hub.members.model import SignInAttempt
from hub.members.rules import ATTEMPTS_SPAN, MOST_ATTEMPTS, MOST_NETWORK_ATTEMPTS


def may_try(email: str, address: str) -> bool:
    """Count an attempt, and whether it may go on to the password; committed before anybody looks at one.

    Counted first, so that a hundred at once get no further than one after the other.
    """
    pair, network = _subjects(email, address)
    now = clock.now()
    db.session.execute(insert(SignInAttempt), [{"subject": subject, "at": now} for subject in (pair, network)])
    db.session.commit()
    return _recent(pair) <= MOST_ATTEMPTS and _recent(network) <= MOST_NETWORK_ATTEMPTS


def forgive(email: str, address: str) -> None:
    """Forget the attempts of a person who has signed in; in the transaction under way."""
    pair, _ = _subjects(email, address)
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.subject == pair))


def forget_attempts() -> int:
    """Delete attempts that count no more; returns how many."""
    gone = db.session.execute(
        delete(SignInAttempt).where(SignInAttempt.at < clock.now() - ATTEMPTS_SPAN - timedelta(hours=1))
    )
    db.session.commit()
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _recent(subject: bytes) -> int:
    return db.session.execute(
        select(func.count())
        .select_from(SignInAttempt)
        .where(SignInAttempt.subject == subject, SignInAttempt.at > clock.now() - ATTEMPTS_SPAN)
    ).scalar_one()


def _subjects(email: str, address: str) -> Sequence[bytes]:
    """Digests of address with network, and of network: the table tells nobody who tried."""
    ip = ip_address(address)
    network = str(ip_network((ip, 24 if ip.version == 4 else 64), strict=False))
    key = str(current_app.config["SECRET_KEY"]).encode()
    spoken = (f"pair\n{email.strip().lower()}\n{network}", f"network\n{network}")
    return [hmac.digest(key, each.encode(), hashlib.sha256) for each in spoken]
