"""The log over HTTP: C2SP tiles and checkpoints for everybody, each party's own entries and receipts for itself."""

from typing import Any

from flask import Flask, Response, abort
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from hub.access.gate import actor, public, requires
from hub.access.permissions import Permission
from hub.ledger import service
from hub.tree.promise import in_header
from hub.tree.tiles import parse_tile_path
from hub.web.api import OCTETS, answers
from hub.web.problems import ProblemError

log = Blueprint("log", __name__, url_prefix="/audit/log", description="The public log (C2SP tlog-tiles)")
blueprint = Blueprint("ledger_api", __name__, url_prefix="/audit", description="Your own part of the log")

WHY = "leaves hold only salted commitments and blinded tags: anybody may verify the log"


def attach_promises(app: Flask) -> None:
    """Every answer that names its entry in `Audit-Entry` bears the signed promise for it in `Audit-Promise`."""

    @app.after_request
    def promise(response: Response) -> Response:
        entry = response.headers.get("Audit-Entry")
        promised = None if entry is None else service.promise(entry)
        if promised is not None:
            response.headers["Audit-Promise"] = in_header(promised)
        return response


@log.get("/checkpoint")
@public(WHY)
@log.doc(responses=answers("text/plain", "A signed note", _404="Nothing is signed yet"))
def checkpoint() -> Response:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    head = service.newest_checkpoint()
    if head is None:
        abort(404)
    return Response(head.note, mimetype="text/plain", headers={"Cache-Control": "max-age=1"})


@log.get("/checkpoints/<int:size>")
@public(WHY)
@log.doc(responses=answers("text/plain", "A signed note"))
def checkpoint_of(size: int) -> Response:
    """The signed checkpoint of a size published before."""
    note = service.checkpoint_at(size) if size < 1 << 62 else None
    if note is None:
        abort(404)
    return Response(note, mimetype="text/plain", headers={"Cache-Control": "max-age=31536000, immutable"})


@log.get("/tile/<path:path>")
@public(WHY)
@log.doc(responses=answers(OCTETS, "Hashes, or leaves"))
def tile(path: str) -> Response:
    """A tile of hashes, or a bundle of leaves under `entries/` (C2SP tlog-tiles)."""
    try:
        level, n, width = parse_tile_path(path)
    except ValueError:
        abort(404)
    found = service.entry_bundle(n, width) if level is None else service.tile(level, n, width)
    if found is None:
        abort(404)
    return Response(
        found, mimetype="application/octet-stream", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


class EntriesQuerySchema(Schema):
    """Which of the own entries."""

    after = fields.Integer(load_default=-1, validate=validate.Range(min=-1, max=1 << 62))
    limit = fields.Integer(load_default=1000, validate=validate.Range(1, 10_000))


@blueprint.get("/entries")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.arguments(EntriesQuerySchema, location="query")
@blueprint.doc(responses=answers("application/x-ndjson", "An entry a line"))
def entries(query: dict[str, Any]) -> Response:
    """Your own parts in the order of the tree, as NDJSON: what opens the commitments that carry your tag."""
    found = service.own_entries(actor(), after=query["after"], limit=query["limit"])
    return Response("".join(service.ndjson(found)), mimetype="application/x-ndjson")


@blueprint.get("/receipts/<entry>")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.doc(responses=answers("text/plain", "A proof", _202="It waits for its checkpoint"))
def receipt(entry: str) -> Response:
    """The proof that an entry is in the log (c2sp.org/tlog-proof@v1); 202 while it waits for its checkpoint."""
    found = service.own_entry(actor(), entry)
    if found is None:
        raise ProblemError("not-found", "There is no such entry for you", "Take the id from a response's Audit-Entry")
    proof = service.receipt(found)
    if proof is None:
        return Response("", status=202, headers={"Retry-After": "1"})
    return Response(proof, mimetype="text/plain")
