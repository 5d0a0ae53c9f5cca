"""flask-smorest with RFC 9457 problems for every error; what JSON endpoints read of a request, and answer to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, NamedTuple, Protocol

from apispec import BasePlugin
from flask import Blueprint, Flask, current_app, g, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException, NotFound

from hub.web.problems import BY_STATUS, TYPES, ProblemError, ProblemSchema, problem

PROBLEM = "application/problem+json"
REMEDIES = {
    400: "Send a well-formed request; the OpenAPI document at /api/openapi.json says what is expected",
    401: "Send `Authorization: Bearer <API key>`; an administrator issues keys with `hub member credential`",
    403: "Ask an administrator of the alliance which role permits it",
    404: "Check the address; what you may not see is not found either",
    405: "Use a method that the Allow header names",
    413: "Send less at once; GET /api/v1/me names the limits",
    415: "Send the media type that the OpenAPI document names",
    422: "Mend the fields that `errors` names and send the request again",
    500: "Repeat the request later under the same Idempotency-Key; if it fails again, tell the operator the request_id",
    503: "Repeat the request after the time in Retry-After, under the same Idempotency-Key",
}


OCTETS = "application/octet-stream"
BEARER = "key"
"""What the OpenAPI document calls an API key."""


def answers(media: str, description: str, **other: str) -> dict[str, Any]:
    """What the OpenAPI document says of an endpoint whose answer no schema states; `other`: `_<status>` → words."""
    found: dict[str, Any] = {"200": {"description": description, "content": {media: {"schema": {"type": "string"}}}}}
    return found | {status.strip("_"): {"description": words} for status, words in other.items()}


def octets(description: str) -> dict[str, Any]:
    """What the OpenAPI document says of a body of raw octets."""
    schema = {"type": "string", "format": "binary"}
    return {"description": description, "required": True, "content": {OCTETS: {"schema": schema}}}


class ProblemPlugin(BasePlugin):
    """Says of every operation which problems it may answer with, and whether it wants a key."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def operation_helper(self, path: str | None = None, operations: Any = None, **given: Any) -> None:
        """Completes the operations of one address."""
        del path
        rule = given["rule"]
        mark = getattr(self.app.view_functions[rule.endpoint], "access", "")
        open_to_all = str(mark).startswith("public")
        for method, operation in (operations or {}).items():
            statuses = {429, 500, 503} | ({404} if rule.arguments else set())
            statuses |= set() if open_to_all else {401, 403}
            statuses |= {400, 409, 413, 415, 422} if method == "post" else set()
            said = operation["responses"]
            said.pop("default", None)
            statuses |= {int(status) for status in said if int(status) >= 400}
            said |= {str(status): _described(status, said.pop(status, {})) for status in sorted(statuses)}
            if not open_to_all:
                operation["security"] = [{BEARER: []}]


def _described(status: int, said: Mapping[str, Any] | str) -> dict[str, Any]:
    """A problem; or what the operation itself says in plain JSON."""
    content = said.get("content", {}) if isinstance(said, Mapping) else {}
    own = {media: each for media, each in content.items() if media == "application/json"}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": BY_STATUS[status].title, "content": {PROBLEM: {"schema": schema}, **own}}


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest's Api, whose errors are problem documents; in the OpenAPI document too."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask | None = None) -> None:
        super().__init__(app, spec_kwargs=None if app is None else {"extra_plugins": [ProblemPlugin(app)]})
        if app is not None:
            self.spec.components.security_scheme(BEARER, {"type": "http", "scheme": "bearer"})

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM  # of errors, which flask-smorest describes at this point
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def handle_http_exception(self, error: HTTPException) -> Any:
        """Turn any HTTP error into a problem document; a form of words that says nothing of the value sent."""
        kind = BY_STATUS.get(error.code or 500, TYPES["internal"])
        raised = getattr(error, "data", None) or {}
        errors = by_field(raised.get("messages") or raised.get("errors") or {})
        detail = "Some fields are not valid" if errors else (error.description or kind.title)
        if kind.status in {401, 404, 500}:
            detail = kind.title  # the same words whatever the cause
        return problem(kind, detail, REMEDIES.get(kind.status, REMEDIES[400]), request_id(), errors)


def by_field(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field → what is wrong with it, from what webargs says by location (`json`, `query`) and marshmallow by field.

    What concerns no single field stands under `body`; what concerns one of a list begins with its place from 0.
    """
    errors: dict[str, list[str]] = {}
    for said in messages.values():
        fields = said if isinstance(said, dict) else {"_schema": said}
        for field, words in fields.items():
            errors.setdefault("body" if field == "_schema" else str(field), []).extend(_sentences(words))
    return errors


def _sentences(words: Any, place: str = "") -> Iterator[str]:
    if isinstance(words, dict):
        for key, deeper in words.items():
            yield from _sentences(deeper, f"{place}{key}: ")
    elif isinstance(words, list):
        for deeper in words:
            yield from _sentences(deeper, place)
    else:
        yield f"{place}{words}"


def request_id() -> str:
    """The id of this request: in the log, in every problem document."""
    return str(g.get("request_id", "-"))


class Refusal(NamedTuple):
    """How an error of a service is answered: a kind of problem, and what mends it; the words are the error's own."""

    slug: str
    remedy: str
    field: str | None = None
    """The one at fault, where the error names none."""


LISTED_BY_DRY_RUN = "Mend what `errors` names; dry_run lists it"
MEND = Refusal("not-valid", "Mend the field that `errors` names and send it again")


def refuses(blueprint: Blueprint, table: Mapping[type[Exception], Refusal | None]) -> None:
    """Have what a blueprint's endpoints let through answered as a problem; None: as whatever is unknown."""

    def refused(error: Exception) -> Any:
        refusal = next(table[each] for each in type(error).__mro__ if each in table)
        if refusal is None:
            return current_app.handle_user_exception(NotFound())
        field = getattr(error, "field", refusal.field)
        return current_app.handle_user_exception(ProblemError(refusal.slug, str(error), refusal.remedy, field=field))

    for each in table:
        blueprint.register_error_handler(each, refused)


class Fault(Protocol):
    """One thing to mend, in a row or (None) in all of them; nothing here repeats a value."""

    @property
    def row(self) -> int | None:
        """Counts from 1."""

    @property
    def field(self) -> str:
        """By the name that the request gives it."""

    @property
    def words(self) -> str:
        """What mends it."""


class Outcome(Protocol):
    """What a command on many rows came to: all of it was done, unless there is something to mend."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def faults(self) -> Sequence[Fault]:
        """All of them."""


def to_mend(faults: Sequence[Fault], undone: str, remedy: str = LISTED_BY_DRY_RUN) -> ProblemError:
    """What is to be mended, by row: `row 3` → field and words. `undone` tells of that many things."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        place = fault.field if fault.row is None else f"row {fault.row}"
        errors.setdefault(place, []).append(fault.words if fault.row is None else f"{fault.field}: {fault.words}")
    return ProblemError("not-valid", f"{len(faults):,} {undone}", remedy, errors=errors)


def whole(outcome: Outcome, undone: str, remedy: str = LISTED_BY_DRY_RUN) -> dict[str, Any]:
    """The outcome of what was done. Raises ProblemError, as `to_mend` makes it, while there are faults."""
    if outcome.faults:
        raise to_mend(outcome.faults, undone, remedy)
    return asdict(outcome)


def blob(most: int, what: str) -> bytes:
    """The request's body of raw octets, at most `most` bytes.

    Raises ProblemError 415 for another media type, 413 for more, 422 when it is no non-empty multiple of 32.
    """
    if request.mimetype != OCTETS:
        raise ProblemError(
            "media-type", "The body is not application/octet-stream", "Send Content-Type: application/octet-stream"
        )
    size = request.content_length
    if size is None and "Transfer-Encoding" in request.headers:
        raise ProblemError("bad-request", "Content-Length is missing", "Send the body's length")
    if (size or 0) > most * 32:
        raise ProblemError(
            "too-large", f"The body holds more than {most:,} {what}", f"Send at most {most:,} {what} a request"
        )
    body = request.get_data(cache=True)
    if not body or len(body) % 32:
        raise ProblemError(
            "not-valid",
            f"The body has {len(body):,} bytes; {what} have 32 bytes each and there is at least one",
            f"Send the {what} as one run of 32-byte values",
            field="body",
        )
    return body
