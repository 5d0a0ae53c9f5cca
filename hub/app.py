"""The application: settings in, guards on, domains registered from one list, unmarked routes refused."""

import secrets
import time
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, Response, g, make_response, request
from flask_wtf import CSRFProtect
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from hub.access.actor import AgreementOwedError, NotPermittedError
from hub.access.gate import attach_gate
from hub.access.guard import NotAuthorisedError, NotInStandingError
from hub.applications.pages import PAGES as APPLICATIONS_PAGES
from hub.applications.pages.apply import blueprint as apply
from hub.authorised_sellers.api import blueprint as authorised_sellers_api
from hub.authorised_sellers.pages import blueprint as authorised_sellers_pages
from hub.config import Settings
from hub.db import db
from hub.epochs.api import blueprint as epochs_api
from hub.epochs.evaluator import Evaluator
from hub.evidence.api import blueprint as evidence_api
from hub.evidence.pages import blueprint as evidence_pages
from hub.indicators.api import blueprint as indicators_api
from hub.indicators.pages import blueprint as indicators_pages
from hub.insights.api import blueprint as insights_api
from hub.insights.pages import blueprint as insights_pages
from hub.ledger.api import attach_promises
from hub.ledger.api import blueprint as ledger_api
from hub.ledger.api import log as ledger_log
from hub.ledger.pages import blueprint as ledger_pages
from hub.ledger.service import LedgerHaltedError, alarm_of
from hub.listing_reports.api import blueprint as reports_api
from hub.listing_reports.pages import PAGES as REPORTS_PAGES
from hub.log import describe, log, set_up_logs
from hub.matches.api import blueprint as matches_api
from hub.matches.pages import blueprint as matches_pages
from hub.members import service as members
from hub.members import sign_in
from hub.members.api import blueprint as members_api
from hub.members.pages import BY_LINK
from hub.members.pages import PAGES as MEMBERS_PAGES
from hub.members.pages.letters import blueprint as letters
from hub.notices import service as notices
from hub.notices.api import blueprint as notices_api
from hub.notices.pages import PAGES as NOTICES_PAGES
from hub.questions.api import blueprint as questions_api
from hub.questions.pages import blueprint as questions_pages
from hub.rights.api import blueprint as rights_api
from hub.rights.pages import blueprint as rights_pages
from hub.test_buys.api import blueprint as test_buys_api
from hub.test_buys.pages import blueprint as test_buys_pages
from hub.tree.note import Signer
from hub.web.api import REMEDIES, ProblemApi, request_id
from hub.web.error_pages import error_page
from hub.web.filters import attach_filters
from hub.web.frame import attach_frame
from hub.web.headers import attach_headers
from hub.web.problems import TYPES, ProblemError, problem
from hub.web.proxies import behind
from hub.web.rate_limits import attach_rate_limits, charge
from hub.web.streamed import attach_streamed

APIS = (
    *(insights_api, members_api, epochs_api, indicators_api, matches_api, notices_api),
    authorised_sellers_api,
    *(rights_api, reports_api, questions_api, test_buys_api, ledger_api, ledger_log, evidence_api),
)
PAGES = (
    *NOTICES_PAGES,
    *(insights_pages, indicators_pages, matches_pages, rights_pages),
    *REPORTS_PAGES,
    authorised_sellers_pages,
    *(questions_pages, test_buys_pages, ledger_pages),
    evidence_pages,
    *MEMBERS_PAGES,
    *APPLICATIONS_PAGES,
)
FOREIGN = {
    **sign_in.FOREIGN,
    "static": "style, script and fonts of the pages",
    "api-docs.openapi_json": "the description of the API holds nothing of anybody",
}
NOT_AT_PRESENT: dict[type[Exception], tuple[str, str, str, int | None]] = {
    AgreementOwedError: (
        "agreement-not-signed",
        "Your member has yet to sign the agreement in force, and cannot share or match before",
        "Have an owner of your member read and sign it on the page Agreement",
        None,
    ),
    NotAuthorisedError: (
        "not-authorised",
        "There is no authorisation under which you act for this brand now, or one of you may not exchange at present",
        "Ask an owner of the brand to authorise your member on its page Agents",
        None,
    ),
    NotInStandingError: ("member-not-active", "Your member may not act at present", "Ask the alliance's office", None),
    LedgerHaltedError: (
        "ledger-halted",
        "The record is not what was signed before, and nothing is exchanged until two people of the office settled it",
        "Wait for the office; nothing was done. Reading, and verifying the record, go on",
        60,
    ),
}
"""What keeps a whole member, or everybody, from acting: problem, what happened, what mends it, when to ask again."""
LONGEST_BODY = 2 * 2**20


class Hub(Flask):
    """Flask, but an error's text never reaches the log: it may hold what somebody sent."""

    def log_exception(self, exc_info: Any) -> None:
        """The error's class and place."""
        log.error("failed", request_id=request_id(), where=describe(exc_info[1]))


def create_app(settings: Settings | None = None) -> Flask:
    """The hub as a WSGI application. Raises SettingError, UnmarkedRouteError; no database is needed to start."""
    settings = settings or Settings.from_env()
    set_up_logs()
    app = Hub(__name__, static_folder="../static")
    key = settings.secret("secrets/app.key")
    app.config.update(
        SECRET_KEY=_derived(key, b"session"),
        SECURITY_PASSWORD_SALT="-",  # noqa: S106 - argon2 salts by itself; Flask-Security wants a value
        SQLALCHEMY_ENGINES={"default": settings.database_url},
        MAX_CONTENT_LENGTH=LONGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LONGEST_BODY,  # a thousand addresses that were pasted are one field
        API_TITLE="Alliance Hub",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        SESSION_COOKIE_SECURE=settings.url.startswith("https:"),
    )
    app.wsgi_app = behind(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign, assignment]  # as Flask wants it
    app.extensions["settings"] = settings
    app.extensions["sealing"] = AESGCM(bytes.fromhex(_derived(key, b"sealing")))
    app.extensions["naming"] = bytes.fromhex(_derived(key, b"naming"))
    evidence_key = _derived(settings.secret("secrets/evidence.key"), b"evidence")
    app.extensions["evidence"] = AESGCM(bytes.fromhex(evidence_key))
    app.extensions["evaluator"] = Evaluator(settings.evaluator_url, settings.secret("evaluator/bearer").decode())
    app.extensions["service_signer"] = service_signer(settings).sign
    app.extensions["page_blueprints"] = frozenset(page.name for page in PAGES)
    db.init_app(app)
    # the hub opens no asynchronous session, and looking for one to close costs an event loop a request
    app.teardown_appcontext_funcs = [each for each in app.teardown_appcontext_funcs if "async" not in each.__name__]
    _attach_request_log(app)  # before anything that may refuse a request
    _end_readings(app)  # first, and so after all else that is read for an answer
    attach_streamed(app, {"evidence.store"})
    csrf = CSRFProtect(app)
    sign_in.attach_sign_in(app)
    attach_headers(app)
    attach_filters(app)
    attach_frame(app, settings.alliance, alarm_of, notices.unread_count)
    attach_rate_limits(app)
    attach_promises(app)
    api = ProblemApi(app)
    _attach_database_errors(app)
    _attach_errors(app)  # after flask-smorest, which registers a handler of its own
    for blueprint in APIS:
        api.register_blueprint(blueprint)
        csrf.exempt(blueprint)  # answers only to a bearer key or to safe methods
    csrf.exempt(apply)  # its forms ask for the token themselves, once they have bounded what is read
    for page in PAGES:
        # who reads a letter reads its link: a hub that others reach shows none, nor does one that sends its letters
        if page is not letters or (settings.is_local and settings.mail_server is None):
            app.register_blueprint(page)
    for page in BY_LINK:
        csrf.exempt(page)
    attach_gate(app, sign_in.identify, charge, members.record_denial, FOREIGN)
    return app


def service_signer(settings: Settings) -> Signer:
    """Signs key directories and token lists, as `<origin>/service`."""
    return Signer.from_seed(f"{settings.origin}/service", settings.secret("secrets/service.key"))


def _derived(key: bytes, purpose: bytes) -> str:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"alliance-hub/" + purpose).derive(key).hex()


def _attach_errors(app: Flask) -> None:
    @app.errorhandler(ProblemError)
    def refused(error: ProblemError) -> Any:
        db.session.rollback()
        return _page(error.type.status, error.retry_after) if _wants_page() else error.response(request_id())

    @app.errorhandler(NotPermittedError)
    def not_permitted(error: NotPermittedError) -> Any:
        db.session.rollback()
        log.warning("the gate let past what a command refused", request_id=request_id(), where=describe(error))
        with suppress(AttributeError, NotInStandingError):  # no actor yet; suspended meanwhile
            members.record_denial(g.actor, error.lacks)
        return _answer("not-permitted", "Your role does not permit this", REMEDIES[403])

    @app.errorhandler(AgreementOwedError)
    @app.errorhandler(NotAuthorisedError)
    @app.errorhandler(NotInStandingError)
    @app.errorhandler(LedgerHaltedError)
    def not_at_present(error: Exception) -> Any:
        db.session.rollback()
        return _answer(*NOT_AT_PRESENT[type(error)])

    @app.errorhandler(RecursionError)
    def too_deep(error: RecursionError) -> Any:
        db.session.rollback()
        log.warning("nested too deeply", request_id=request_id(), where=describe(error))
        return _answer(
            "bad-request", "The body is nested too deeply to be read", "Send the body that the API describes"
        )

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Any:
        if error.response is not None:
            return error.response
        status = error.code or 500
        response = _page(status) if _wants_page() else ProblemApi.handle_http_exception(ProblemApi(), error)
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))  # RFC 9110 §15.5.6
        return response


def _attach_database_errors(app: Flask) -> None:
    @app.errorhandler(IntegrityError)
    def conflicted(error: IntegrityError) -> Any:
        db.session.rollback()
        log.warning("conflict", request_id=request_id(), where=describe(error))
        return _answer(
            "conflict", "The same thing was done at the same moment by another request", "Repeat the request"
        )

    @app.errorhandler(DataError)
    def not_taken(error: DataError) -> Any:
        db.session.rollback()
        log.warning("the database takes no such value", request_id=request_id(), where=describe(error))
        return _answer("not-valid", "One of the values is none that the hub can keep; nothing was done", REMEDIES[422])

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    def out_of_reach(error: OperationalError) -> Any:
        log.error("database out of reach", request_id=request_id(), where=describe(error))
        return _answer(
            "unavailable",
            "The hub's database does not take the request; nothing was done",
            "Repeat the request in a few seconds, under the same Idempotency-Key",
            retry_after=3,
        )


def _answer(slug: str, detail: str, remedy: str, retry_after: int | None = None) -> Any:
    if _wants_page():
        return _page(TYPES[slug].status, retry_after, slug)
    return problem(TYPES[slug], detail, remedy, request_id(), retry_after=retry_after)


def _page(status: int, retry_after: int | None = None, slug: str = "") -> Response:
    response = make_response(error_page(status, request_id(), slug))
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _wants_page() -> bool:
    accepted = request.accept_mimetypes
    return accepted.best_match(["application/problem+json", "text/html"]) == "text/html"


def _end_readings(app: Flask) -> None:
    """End what was only read by a commit: upon a rollback the driver forgets every statement that it has prepared.

    An agent's commit asks once more for its authorisation, so its readings end as they always did.
    """

    @app.after_request
    def end_reading(response: Response) -> Response:
        session = db.session
        if request.method == "GET" and response.status_code < 400 and session.in_transaction() and session.is_active:
            reader = session.info.get("reader")
            if reader is None or reader.agent is None:
                session.commit()
        return response


def _attach_request_log(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.request_id, g.began = secrets.token_hex(8), time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        log.info(
            "request",
            request_id=request_id(),
            method=request.method,
            endpoint=request.endpoint,
            status=response.status_code,
            milliseconds=round((time.perf_counter() - g.get("began", 0.0)) * 1000, 1),
            member=g.get("member"),
        )
        response.headers["Request-Id"] = request_id()
        return response
