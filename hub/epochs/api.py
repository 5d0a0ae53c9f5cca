"""JSON and binary endpoints of keys and evaluation."""

import base64

from flask import Response, current_app

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.epochs import service
from hub.epochs.evaluator import EvaluatorDownError
from hub.epochs.rules import MOST_ELEMENTS
from hub.tokens import ElementError
from hub.web import idempotency
from hub.web.api import OCTETS, answers, blob, octets
from hub.web.arguments import Blueprint
from hub.web.problems import ProblemError

blueprint = Blueprint("epochs_api", __name__, url_prefix="/api/v1/keys", description="Token keys and evaluation")


@blueprint.get("")
@requires(Permission.KEY_READ)
@blueprint.doc(responses=answers("text/plain", "A signed note"))
def keys() -> Response:
    """The directory of public keys: a signed note. Pin the keys; one that changes under the same id is an attack."""
    listed = service.keys()
    lines = [f"{key.name} {base64.b64encode(key.public_key).decode()} {key.state}" for key in listed]
    signer = current_app.extensions["service_signer"]
    settings = current_app.extensions["settings"]
    note = signer("\n".join([f"{settings.origin}/keys", *lines]) + "\n")
    return Response(note, mimetype="text/plain")


@blueprint.post("/<key_id>/evaluations")
@requires(Permission.TOKEN_EVALUATE)
@blueprint.doc(
    requestBody=octets("Blinded elements, 32 bytes each"), responses=answers(OCTETS, "The proof, then the elements")
)
def evaluate(key_id: str) -> Response:
    """Evaluate up to 4,096 blinded elements (RFC 9497 VOPRF, ristretto255-SHA512): 64-byte proof, then the elements."""
    me, key = actor(), key_named(key_id)
    body = blob(MOST_ELEMENTS, "elements")
    claim = idempotency.claim(me.member_id)
    headers = {}
    if not claim.done:
        try:
            headers["Audit-Entry"] = service.record_evaluation(me, key, len(body) // 32, claim.digest)
        except service.QuotaSpentError as error:
            raise ProblemError(
                "quota-spent",
                str(error),
                "Wait for the next month, or ask an administrator to raise the quota (`hub member quota`)",
                retry_after=3600,
            ) from error
        claim.keep(me.member_id, {"entry": headers["Audit-Entry"]})
        db.session.commit()  # debited and on record before a single element is evaluated
    elif claim.answer:
        headers["Audit-Entry"] = claim.answer["entry"]
    return Response(_evaluated(key, body), mimetype=OCTETS, headers=headers)


def _evaluated(key: service.Key, body: bytes) -> bytes:
    try:
        return service.evaluate(key, body)
    except ElementError as error:
        raise ProblemError(
            "not-valid", str(error), "Blind the input again; nothing was evaluated", field="body"
        ) from error
    except EvaluatorDownError as error:
        raise ProblemError(
            "unavailable",
            str(error),
            "Repeat the request under the same Idempotency-Key: it is not debited twice",
            retry_after=2,
        ) from error


def key_named(name: str, *, for_sharing: bool = False) -> service.Key:
    """The key of that id. Raises ProblemError 404, or 422 when its epoch takes this no more."""
    try:
        return service.key(name, for_sharing=for_sharing)
    except service.UnknownKeyError as error:
        raise ProblemError("not-found", "There is no key of this id", "GET /api/v1/keys lists the keys") from error
    except service.EpochStateError as error:
        raise ProblemError(
            "epoch-not-open", str(error), "Make tokens anew under a key of the open epoch", field="key"
        ) from error
