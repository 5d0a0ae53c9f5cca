"""Sign-in: whom a request comes from. The only module that knows Flask-Security, Flask-Login and bearer keys.

Flask-Security asks for the password. What it hands over is a person; from there on the session is the hub's own
(members.service.sessions): the signed cookie holds its key, and nothing that would outlive the session's end.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from flask import Flask, Request, current_app, flash, g, redirect, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_security import FSQLALiteUserDatastore, RoleMixin, Security, user_authenticated
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import NotAuthorisedError, read_as
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.members import service
from hub.members.model import Person
from hub.members.rules import ACTIVE, ATTEMPTS_SPAN, CHALLENGE_LASTS
from hub.web.own_path import own_path
from hub.web.problems import ProblemError

SETTINGS = {
    "SECURITY_URL_PREFIX": None,
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_METHODS": None,  # the hub ends its own sessions
    "SECURITY_FRESHNESS": timedelta(-1),  # and asks itself whether the person is still there
    "SECURITY_STATIC_FOLDER": None,
    "SECURITY_POST_LOGIN_VIEW": "/",
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
}
"""Why each endpoint that Flask-Security registers is public."""


ACTING_FOR = "Acting-For"
"""The header field in which an agent's key names the brand that it acts for."""
KEY = "key"
"""Where the signed cookie holds the session's key."""
CHALLENGE = "challenge"
PROVIDER = "provider"
"""Where the signed cookie holds what the browser was led to its provider with."""


class NoRoles(RoleMixin):
    """Flask-Security wants a class of roles; what a person may do comes from access.grants alone."""


class People(FSQLALiteUserDatastore):
    """Where Flask-Security looks people up."""

    def find_user(self, case_insensitive: bool = False, **named: str) -> Person | None:
        """Who signs in by an address, whatever its case; nobody is looked up by anything else."""
        del case_insensitive
        return service.person_named(named.get("email", ""))


class Sessions(SecureCookieSessionInterface):
    """Sessions of browsers: what comes with a key in its header brings none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """That of the cookie, an empty one if there is a header beside it."""
        return self.session_class() if "Authorization" in request.headers else super().open_session(app, request)


def attach_sign_in(app: Flask) -> None:
    """Register Flask-Security with our people."""
    app.config.update(SETTINGS)
    Security(app, People(db, Person, NoRoles))
    app.jinja_env.globals.update(passkey_options=passkey_options, takes_passkeys=lambda: party().takes_passkeys)
    app.login_manager.request_loader(lambda _: None)  # type: ignore[attr-defined]  # no tokens beside our keys
    app.session_interface = Sessions()
    # nobody asks Flask-Principal who is there, and it would look at each request
    asked_before = app.before_request_funcs[None]
    asked_before[:] = [each for each in asked_before if each.__module__ != "flask_principal"]

    @app.before_request
    def _ask_for_the_password() -> Response | None:
        if request.endpoint != "security.login":
            return None
        if own_path(asked := request.args.get("next", "/"), "") != asked:
            return redirect("/sign-in", 303)  # a link of somebody else's making
        if session.get(KEY) and service.holder_of_session(session[KEY]) is not None:
            return redirect(own_path(request.args.get("next")))
        if request.method == "POST":
            bound_guessing(_named())
        return None

    @user_authenticated.connect_via(app)
    def _password_was_right(_app: Flask, user: Person, **_: object) -> None:
        _begin(user)

    @app.after_request
    def _lead_to_own_paths(response: Response) -> Response:
        if request.endpoint == "security.login" and response.location:
            response.location = own_path(response.location)
        return response


def _begin(person: Person) -> None:
    """Begin a session of a person who gave the password."""
    with db.session.no_autoflush:  # a password hashed anew is written once the database knows whose it is
        actor = service.actor_of_person(person)
        if actor is not None:
            read_as(db.session, actor)
    session.clear()  # whatever the browser brought along: nobody else knows what is in it from here on
    g.pop("csrf_token", None)
    if actor is None:
        db.session.rollback()
    elif not service.passwords_serve(person):
        db.session.rollback()
        flash("Your member has its people sign in by its provider", "error")
    else:
        service.forgive(person.email, address())
        keep(service.begin_session(actor, person, _browser()))


def keep(key: str) -> None:
    """Have the browser's cookie hold the session's key from now on."""
    session[KEY] = key


def void_forms() -> None:
    """Have no form serve that the browser was given before: it was for whom the session acted for then."""
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)


def forget() -> None:
    """Have the browser's cookie hold nothing."""
    session.clear()


def passkey_options() -> str:
    """What a page has the browser ask a passkey for, as JSON; empty where the hub's address can have none."""
    if not party().takes_passkeys:
        return ""
    asked = service.ask(party())
    keep_challenge(asked)
    return asked.options


def keep_challenge(asked: service.Asked) -> None:
    """Keep what the browser's answer must hold, for some minutes, in the signed cookie."""
    session[CHALLENGE] = [asked.challenge.hex(), int(clock.now().timestamp())]


def answer_of(credential: str) -> service.Answer:
    """The browser's answer with the challenge it was given, out of the cookie. Raises WrongCodeError.

    A copy of the cookie holds it still: the service has no challenge count twice.
    """
    kept = session.pop(CHALLENGE, None)
    if not kept or clock.now().timestamp() - kept[1] > CHALLENGE_LASTS.total_seconds():
        raise service.WrongCodeError("the page lay open for too long: try again")
    return service.Answer(credential, bytes.fromhex(kept[0]), party())


def party() -> service.Party:
    """Whom passkeys are made for."""
    return service.Party(current_app.extensions["settings"].url)


def return_address(code: str = "{code}") -> str:
    """Where a member's provider sends a browser back to: one address each, so that none answers for another."""
    return f"{party().url.rstrip('/')}/sign-in/{code}/return"


def lead_away(email: str, onward: str) -> str:
    """Where a person with that address signs in, and what it must come back with, kept. Raises as the service does."""
    return _kept_for(service.lead_to_provider(email, onward, return_address()))


def lead_away_again(actor: Actor, onward: str) -> str:
    """Where the actor's person shows anew who it is. Raises as the service does."""
    return _kept_for(service.lead_again(actor, onward, return_address()))


def _kept_for(led: tuple[str, service.Pending]) -> str:
    where, pending = led
    session[PROVIDER] = asdict(pending)
    return where


def pending_of(code: str) -> service.Pending:
    """What the browser was led to that member's provider with; it serves no second time. Raises NotBelievedError."""
    kept = session.pop(PROVIDER, None)
    if not kept or kept["member"] != code:
        raise service.NotBelievedError("this browser was not led there")
    return service.Pending(**kept)


def show_again(pending: service.Pending, brought: Mapping[str, str]) -> None:
    """Prove the session under way by what the provider says. Raises as the service does."""
    someone = identify()
    if someone is None:
        raise service.NotBelievedError("nobody is signed in in this browser")
    keep(service.give_word(someone, pending, brought, return_address()).key)


def enter_by_word(pending: service.Pending, brought: Mapping[str, str]) -> None:
    """Sign in by what the provider says. Raises as the service does."""
    key = service.enter_by_provider(pending, brought, return_address(), _browser())
    session.clear()
    g.pop("csrf_token", None)
    keep(key)


def enter(credential: str) -> None:
    """Sign in by a passkey alone. Raises WrongCodeError."""
    key = service.enter_by_passkey(answer_of(credential), _browser())
    session.clear()
    g.pop("csrf_token", None)
    keep(key)


def _browser() -> service.Browser:
    return service.Browser(address(), request.headers.get("User-Agent", "")[:400])


def bound_guessing(who: str, what: str = "pair") -> None:
    """Count an attempt at somebody's password or code. Raises ProblemError for one too many."""
    if not service.may_try(who, address(), what):
        raise ProblemError(
            "too-many-tries",
            "There were too many attempts to sign in from your network",
            "Wait for a quarter of an hour, or sign in from another network",
            retry_after=int(ATTEMPTS_SPAN.total_seconds()),
        )


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "::"


def _named() -> str:
    """Whose password is tried, read as Flask-Security reads it: of a list the first."""
    given = request.get_json(silent=True) if request.is_json else request.form
    return str(MultiDict(given).get("email", "")) if isinstance(given, Mapping) else ""


def identify() -> Actor | None:
    """The actor of this request, by bearer key or by session; None for neither. Sets the database's reader.

    Raises ProblemError for a key that has expired and for a member that may not act at present; NotAuthorisedError for
    an act for a brand whose authorisation has ended, while a page is then the agent's own and says so.
    """
    header = request.headers.get("Authorization", "")
    if header:
        actor = _by_key(header)
    else:
        key = session.get(KEY) if _session_counts() else None
        actor = service.holder_of_session(key, acting=_of_a_member()) if isinstance(key, str) else None
    if actor is not None:
        actor = _acting(actor)
        read_as(db.session, actor, told=True)
        g.member = actor.member
        if actor.session is not None and actor.session.lapsed:
            _tell_lapse(actor.session.lapsed)
    return actor


def _of_a_member() -> bool:
    """Whether what is asked for is a member's; else it is open to all, or about who is signed in, whoever acts."""
    mark = getattr(current_app.view_functions[request.endpoint or ""], "access", None)
    return isinstance(mark, Permission) and mark is not Permission.SESSION_OWN


def _tell_lapse(brand: str) -> None:
    void_forms()
    if request.method not in {"GET", "HEAD"}:
        raise NotAuthorisedError("what the person acted under has ended")
    flash(f"You act for {brand} no more: what it authorised your member to has ended. This is your own view.", "error")


def _acting(someone: Actor) -> Actor:
    """Whom somebody acts for: the brand that the header names, or itself. Raises ProblemError, and is never silent."""
    brand = request.headers.get(ACTING_FOR)
    if brand is None:
        return someone
    if someone.kind is not MemberKind.AGENT or someone.via != "api":
        raise ProblemError(
            "not-an-agent",
            f"{ACTING_FOR} is for the API keys of agents; this is none",
            f"Leave {ACTING_FOR} out: you act for your own member",
        )
    return service.act_for(someone, brand.strip())


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
        service.record_denial(holder.actor, "address")
        raise ProblemError(
            "address-not-allowed",
            "This API key may not be used from this address; its owner is told in the record",
            "Use it from one of its networks, or have an owner issue one without",
        )
    return holder.actor
