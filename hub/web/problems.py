"""Every error the API answers with: one registry of RFC 9457 problem types, one exception that raises them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, json
from marshmallow import Schema, fields


@dataclass(frozen=True)
class ProblemType:
    """A kind of error: its slug (the last part of `type`), HTTP status, and title."""

    slug: str
    status: int
    title: str


TYPES = {
    t.slug: t
    for t in (
        ProblemType("bad-request", 400, "The request could not be read"),
        ProblemType("not-signed-in", 401, "No valid credential was given"),
        ProblemType("credential-expired", 401, "The credential has expired"),
        ProblemType("not-permitted", 403, "This is not permitted"),
        ProblemType("address-not-allowed", 403, "The credential may not be used from this address"),
        ProblemType("agreement-not-signed", 403, "The member has yet to sign the agreement"),
        ProblemType("member-not-active", 403, "The member may not use the hub at present"),
        ProblemType("not-an-agent", 403, "Only an agent acts for a brand"),
        ProblemType("not-found", 404, "There is nothing here for you"),
        ProblemType("not-authorised", 404, "There is no authorisation to act for this brand"),
        ProblemType("method-not-allowed", 405, "The method is not allowed here"),
        ProblemType("conflict", 409, "The request conflicts with what is recorded"),
        ProblemType("put-aside", 409, "The entry could not be taken into the log"),
        ProblemType("too-large", 413, "The request is too large"),
        ProblemType("media-type", 415, "The body is of the wrong media type"),
        ProblemType("not-valid", 422, "A value is not valid"),
        ProblemType("idempotency-key-reused", 422, "The idempotency key was used for another request"),
        ProblemType("epoch-not-open", 422, "The epoch does not take this"),
        ProblemType("quota-spent", 429, "The quota of the period is spent"),
        ProblemType("too-many-requests", 429, "There were too many requests in a short time"),
        ProblemType("too-many-tries", 429, "This was tried too often in a short time"),
        ProblemType("internal", 500, "The hub made an error"),
        ProblemType("ledger-halted", 503, "The record is halted, and so is every exchange"),
        ProblemType("unavailable", 503, "A part of the hub is not available"),
    )
}
BY_STATUS = {t.status: t for t in reversed(TYPES.values())}
"""What a plain HTTP error of a status is: the first type of that status."""


class ProblemSchema(Schema):
    """A problem document, as the OpenAPI document describes it."""

    type = fields.String(metadata={"description": "Kind of error: /problems/<slug>"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    remedy = fields.String(metadata={"description": "What mends it"})
    errors = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), metadata={"description": "By field"}
    )
    request_id = fields.String(metadata={"description": "For the operator, who finds it in the log"})


class ProblemError(Exception):
    """Ends the request with a problem document. `detail` and `remedy` never contain a value somebody sent."""

    def __init__(
        self,
        slug: str,
        detail: str,
        remedy: str,
        *,
        field: str | None = None,
        errors: Mapping[str, list[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.type, self.detail, self.remedy = TYPES[slug], detail, remedy
        self.errors = {field: [detail]} if field else errors
        self.retry_after = retry_after

    def response(self, request_id: str) -> Response:
        """The problem document (RFC 9457 §3)."""
        return problem(self.type, self.detail, self.remedy, request_id, self.errors, self.retry_after)


def problem(
    kind: ProblemType,
    detail: str,
    remedy: str,
    request_id: str,
    errors: Any = None,
    retry_after: int | None = None,
) -> Response:
    """A response of media type application/problem+json, with Retry-After where waiting helps."""
    body = {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "remedy": remedy,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = errors
    response = Response(json.dumps(body), status=kind.status, mimetype="application/problem+json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if kind.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
