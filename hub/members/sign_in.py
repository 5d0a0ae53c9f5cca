"""Sign-in: whom a request comes from. The only module that knows Flask-Security, Flask-Login and bearer keys."""

from collections.abc import Mapping

from flask import Flask, current_app, g, request
from flask_login import current_user
from flask_security import FSQLALiteUserDatastore, RoleMixin, Security, user_authenticated

from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.db import db
from hub.members import service
from hub.members.model import Person
from hub.members.rules import ACTIVE, ATTEMPTS_SPAN
from hub.web.problems import ProblemError

SETTINGS = {
    "SECURITY_URL_PREFIX": None,
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_URL": "/sign-out",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/",
    "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_PASSWORD_SINGLE_HASH": True,  # argon2 takes the whole password; no HMAC before it
    "SECURITY_RETURN_GENERIC_RESPONSES": True,  # one answer for an unknown address and a wrong password
    "SECURITY_JOIN_USER_ROLES": False,  # roles are in access.grants
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": ("This e-mail address and password do not belong together", "error"),
    "SECURITY_REGISTERABLE": False,
    "SECURITY_SEND_REGISTER_EMAIL": False,
    "SECURITY_DEFAULT_REMEMBER_ME": False,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
    "SECURITY_REDIRECT_ALLOW_SUBDOMAINS": False,
    "REMEMBER_COOKIE_DURATION": 0,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_NAME": "alliance_hub",
    "PERMANENT_SESSION_LIFETIME": 8 * 3600,
    "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
}

FOREIGN = {
    "security.login": "signing in",
    "security.logout": "signing out; acts on the caller's own session only, and only by a form with its CSRF token",
    "security.static": "Flask-Security's own static files",
    "security.verify": "asks a signed-in person for the password once more",
}
"""Why each endpoint that Flask-Security registers is public."""


PASSWORD_ENDPOINTS = frozenset({"security.login", "security.verify"})
"""Where a password can be guessed at."""


class NoRoles(RoleMixin):
    """Flask-Security wants a class of roles; what a person may do comes from access.grants alone."""


def attach_sign_in(app: Flask) -> None:
    """Register Flask-Security with our people."""
    app.config.update(SETTINGS)
    Security(app, FSQLALiteUserDatastore(db, Person, NoRoles))

    @app.before_request
    def _bound_guessing() -> None:
        guessed = request.method == "POST" and request.endpoint in PASSWORD_ENDPOINTS
        if guessed and not service.may_try(_named(), _address()):
            raise ProblemError(
                "too-many-tries",
                "There were too many attempts to sign in from your network",
                "Wait for a quarter of an hour, or sign in from another network",
                retry_after=int(ATTEMPTS_SPAN.total_seconds()),
            )

    @user_authenticated.connect_via(app)
    def _signed_in(_app: Flask, user: Person, **_: object) -> None:
        service.forgive(user.email, _address())
        actor = service.actor_of_person(user)
        if actor is not None:
            read_as(db.session, actor)
            service.record_sign_in(actor)


def _address() -> str:
    return request.remote_addr or "::"


def _named() -> str:
    """Whose password is tried: the form's address, or the person signed in who is asked once more."""
    if current_user.is_authenticated:
        return str(current_user.email)
    given = request.get_json(silent=True) if request.is_json else request.form
    return str(given.get("email", ""))[:255] if isinstance(given, Mapping) else ""


def identify() -> Actor | None:
    """The actor of this request, by bearer key or by session; None for neither. Sets the database's reader.

    Raises ProblemError for a key that has expired and for a member that may not act at present.
    """
    header = request.headers.get("Authorization", "")
    if header:
        actor = _by_key(header)
    elif _session_counts() and current_user.is_authenticated:
        actor = service.actor_of_person(current_user)
    else:
        actor = None
    if actor is not None:
        read_as(db.session, actor, told=bool(header))
        g.member = actor.member
    return actor


def _session_counts() -> bool:
    """A session acts through pages, whose forms carry a CSRF token; of the API it may only read."""
    return request.blueprint in current_app.extensions["page_blueprints"] or request.method in {"GET", "HEAD"}


def _by_key(header: str) -> Actor | None:
    scheme, _, key = header.partition(" ")
    holder = service.holder_of_key(key.strip(), request.remote_addr) if scheme.lower() == "bearer" else None
    if holder is None:
        return None
    if holder.state not in ACTIVE:
        raise ProblemError(
            "member-not-active",
            f"Your member is {holder.state.value}; its keys are refused until it is reinstated",
            "Ask the alliance's office",
        )
    if holder.expired:
        raise ProblemError(
            "credential-expired",
            "This API key has expired",
            "Ask an administrator for a new one (`hub member credential`)",
        )
    if holder.outside:
        service.record_denial(holder.actor)
        raise ProblemError(
            "address-not-allowed",
            "This API key may not be used from this address; its owner is told in the record",
            "Use it from one of its networks, or have an owner issue one without",
        )
    return holder.actor
