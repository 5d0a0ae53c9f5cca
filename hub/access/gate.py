"""The first net: every route carries a mark, the app does not start otherwise, and no mark is met without an actor."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from hub.access.actor import Actor, AgreementOwedError, Step
from hub.access.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])
Mark = Permission | str
Identify = Callable[[], Actor | None]
Charge = Callable[[Actor | None], None]
Record = Callable[[Actor, str], None]


class UnmarkedRouteError(Exception):
    """A route says neither who may use it nor why it is public."""


@dataclass(frozen=True)
class Terms:
    """What a view asks of the session that a person acts in, beside the permission."""

    fresh: bool = False
    """A factor given within the last minutes; else the person is asked for one first."""
    steps: frozenset[Step] = frozenset()
    """What the session may still owe."""


STEP_PAGES = {Step.ENROLMENT: "factors.enrol", Step.SECOND_FACTOR: "factors.ask"}
"""Where a session is led that still owes something."""


def requires(permission: Permission, *, fresh: bool = False, steps: Collection[Step] = ()) -> Callable[[View], View]:
    """Mark a view: only an actor with the permission gets in.

    `fresh`: for dangerous acts; a person who gave no factor lately is led to give one, and back. `steps`: the view is
    also open to a session that still owes these.
    """

    def mark(view: View) -> View:
        view.access = permission  # type: ignore[attr-defined]
        view.terms = Terms(fresh, frozenset(steps))  # type: ignore[attr-defined]  # a function bears its marks
        return view

    return mark


def public(why: str) -> Callable[[View], View]:
    """Mark a view as open to anybody, with the reason."""

    def mark(view: View) -> View:
        view.access = f"public: {why}"  # type: ignore[attr-defined]
        return view

    return mark


def actor() -> Actor:
    """The actor of this request; only inside a view that `requires` a permission."""
    present: Actor | None = g.get("actor")
    if present is None:
        abort(401)
    return present


def marks(app: Flask) -> dict[str, Mark]:
    """Endpoint → mark, for every endpoint of the app.

    Raises UnmarkedRouteError naming each endpoint that has none. A method view is marked method by method
    or as a whole; flask-smorest keeps the class on the view function.
    """
    found: dict[str, Mark] = {}
    unmarked = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        mark = getattr(view, "access", None) or app.extensions["public"].get(rule.endpoint)
        if mark is None:
            unmarked.append(f"{rule.endpoint} ({rule.rule})")
        else:
            found[rule.endpoint] = mark
    if unmarked:
        raise UnmarkedRouteError(f"no requires() or public() on: {', '.join(sorted(set(unmarked)))}")
    return found


def attach_gate(app: Flask, identify: Identify, charge: Charge, record: Record, foreign: dict[str, str]) -> None:
    """Guard every request of the app; `foreign` gives the reason for each public endpoint that a library registers.

    `charge` counts each request against its limits, also one whose actor is not let in; it raises when one is reached.
    `record` is told of each actor that is refused, and of the permission that it lacks.

    Call it last: it raises UnmarkedRouteError when a route registered so far is unmarked.
    """
    app.extensions["public"] = {endpoint: f"public: {why}" for endpoint, why in foreign.items()}
    table = marks(app)

    @app.before_request
    def guard() -> Response | None:
        if request.endpoint is None:
            return None  # no such route: the 404 that everybody gets
        if "\0" in request.path:
            abort(404)  # no name holds one, and the database takes none
        mark = table.get(request.endpoint)
        if mark is not None and not isinstance(mark, Permission):
            charge(None)
            return None
        someone = None
        try:
            someone = identify()
        finally:
            charge(someone)
        if someone is None:
            if request.blueprint in app.extensions["page_blueprints"]:
                return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
            abort(401)
        g.actor = someone
        owed = _owed(someone, getattr(app.view_functions[request.endpoint], "terms", Terms()))
        if owed is not None:
            if request.blueprint not in app.extensions["page_blueprints"]:
                abort(401)
            return redirect(url_for(owed, next=_way_back()), 303)
        if mark is None or mark not in someone.permissions:
            record(someone, mark or "-")
            abort(403)
        return _signed(someone, mark, app.extensions["page_blueprints"])


def _signed(someone: Actor, mark: Permission, pages: Collection[str]) -> Response | None:
    """None for who may; a person whose member has yet to sign the agreement is led to it, a key is refused."""
    if someone.may(mark):
        return None
    if request.blueprint not in pages:
        raise AgreementOwedError
    return redirect(url_for("agreement.present"), 303)


def _owed(someone: Actor, terms: Terms) -> str | None:
    """The endpoint where a person gives what the view asks of the session and it has not; None if it has all."""
    session = someone.session
    if session is None:
        return None
    if session.step is not None:
        return None if session.step in terms.steps else STEP_PAGES[session.step]
    return "factors.ask" if terms.fresh and not session.fresh else None


def _way_back() -> str:
    """The page asked for, or the one that a form was on: what was sent is not sent again."""
    if request.method in {"GET", "HEAD"}:
        return request.full_path.rstrip("?")
    parts = urlsplit(request.referrer or "")
    return f"{parts.path}?{parts.query}".rstrip("?") if parts.netloc == request.host else "/"
