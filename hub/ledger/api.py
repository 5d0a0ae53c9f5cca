"""The log over HTTP: C2SP tiles and checkpoints for everybody, each party's own entries and receipts for itself."""

from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, jsonify, request, stream_with_context, url_for
from marshmallow import INCLUDE

from hub.access.gate import actor, public, requires
from hub.access.permissions import Permission
from hub.ledger import schema, service
from hub.tree.note import NoteError
from hub.tree.promise import in_header
from hub.tree.tiles import parse_tile_path
from hub.web.api import OCTETS, answers
from hub.web.arguments import Blueprint
from hub.web.pagination import shown_stretch
from hub.web.problems import ProblemError
from hub.web.shown import CursorPage

log = Blueprint("log", __name__, url_prefix="/audit/log", description="The public log (C2SP tlog-tiles)")
blueprint = Blueprint("ledger_api", __name__, url_prefix="/audit", description="Your own part of the log")

LARGEST_EVIDENCE = 256 * 1024
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


def _shard(name: str | None) -> service.LogShard:
    """The first shard where no name stands, for ever: what is immutable there stays what it is."""
    return service.shard_called(name) or abort(404)


def _note(head: service.Head | None) -> Response:
    """A checkpoint with all its cosignatures; more of them may come."""
    if head is None:
        abort(404)
    note = service.cosigned(head.size, head.note)
    return Response(note, mimetype="text/plain", headers={"Cache-Control": "max-age=1"})


@log.get("/checkpoint")
@log.get("/<shard>/checkpoint", endpoint="shard_checkpoint")
@public(WHY)
@log.doc(responses=answers("text/plain", "A signed note", _404="Nothing is signed yet"))
def checkpoint(shard: str | None = None) -> Response:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    return _note(service.newest_checkpoint(shard=_shard(shard)))


@log.get("/checkpoint/final")
@log.get("/<shard>/checkpoint/final", endpoint="shard_final_checkpoint")
@public(WHY)
@log.doc(responses=answers("text/plain", "A signed note", _404="No quorum has cosigned yet"))
def final_checkpoint(shard: str | None = None) -> Response:
    """The newest checkpoint that the quorum of the trust policy has cosigned."""
    return _note(service.newest_final(shard=_shard(shard)))


@log.get("/checkpoint/offered")
@log.get("/<shard>/checkpoint/offered", endpoint="shard_offered_checkpoint")
@public(WHY)
@log.doc(responses=answers("text/plain", "A signed note", _404="Nothing is signed yet"))
def offered_checkpoint(shard: str | None = None) -> Response:
    """The checkpoint for witnesses to cosign now: one that some have cosigned and not yet enough, or the newest."""
    return _note(service.offered_checkpoint(_shard(shard)))


@log.get("/checkpoints/<int:size>")
@log.get("/<shard>/checkpoints/<int:size>", endpoint="shard_checkpoint_of")
@public(WHY)
@log.doc(responses=answers("text/plain", "A signed note"))
def checkpoint_of(size: int, shard: str | None = None) -> Response:
    """The signed checkpoint of a size published before, with the cosignatures it has by now."""
    whose = _shard(shard)
    note = service.checkpoint_at(whose, size + whose.first) if size < 1 << 62 else None
    if note is None:
        abort(404)
    return Response(
        service.cosigned(size + whose.first, note), mimetype="text/plain", headers={"Cache-Control": "max-age=1"}
    )


@log.get("/policy")
@log.get("/<shard>/policy", endpoint="shard_policy")
@public(WHY)
@log.doc(responses=answers("text/plain", "A trust policy"))
def policy(shard: str | None = None) -> Response:
    """The trust policy (C2SP tlog-policy): the log's keys, its witnesses, and their quorum. Pin it."""
    return Response(
        service.trust_policy(_shard(shard)).encode(), mimetype="text/plain", headers={"Cache-Control": "max-age=60"}
    )


@log.get("/keys")
@log.get("/<shard>/keys", endpoint="shard_keys")
@public(WHY)
@log.response(200, schema.KeysSchema)
def keys(shard: str | None = None) -> Any:
    """Every key that signed this log, and the note by which the key before it announced it."""
    return _keys(_shard(shard))


def _keys(shard: service.LogShard) -> dict[str, Any]:
    keys = [replace(each, first_size=_within(shard, each.first_size)) for each in service.log_keys(shard)]
    return {"origin": shard.origin, "keys": keys}


def _within(shard: service.LogShard, size: int | None) -> int | None:
    return None if size is None else max(0, size - shard.first)


@log.get("/shards")
@public(WHY)
@log.response(200, schema.ShardsSchema)
def shards() -> Any:
    """The shards of the log, one after the other. The last entry of each names the next one's key: trust that alone."""
    return {"shards": service.shard_lines()}


@log.get("/tile/<path:path>")
@log.get("/<shard>/tile/<path:path>", endpoint="shard_tile")
@public(WHY)
@log.doc(responses=answers(OCTETS, "Hashes, or leaves"))
def tile(path: str, shard: str | None = None) -> Response:
    """A tile of hashes, or a bundle of leaves under `entries/` (C2SP tlog-tiles)."""
    try:
        level, n, width = parse_tile_path(path)
    except ValueError:
        abort(404)
    whose = _shard(shard)
    found = service.entry_bundle(whose, n, width) if level is None else service.tile(whose, level, n, width)
    if found is None:
        abort(404)
    return Response(
        found, mimetype="application/octet-stream", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


@blueprint.post("/disputes")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.arguments(schema.EvidenceSchema(unknown=INCLUDE))
@blueprint.response(200, schema.DisputeSchema)
def dispute(evidence: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Put the evidence of a failed check of the log before the auditor, at most 256 KiB; recorded with its digest."""
    raw = request.get_data(cache=True)
    if len(raw) > LARGEST_EVIDENCE:
        raise ProblemError("too-large", "The evidence is larger than 256 KiB", "Send the first of its entries alone")
    try:
        name, entry = service.dispute(actor(), evidence["code"], raw)
    except service.TooManyDisputesError as error:
        raise ProblemError("too-many-requests", str(error), "Tell the auditor directly", retry_after=3600) from error
    return {"dispute": name, "entry": entry}, {"Audit-Entry": entry}


@blueprint.get("/disputes/<name>")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.doc(responses=answers("application/json", "The evidence as it was sent"))
def evidence(name: str) -> Response:
    """The evidence of a dispute of yours; for the auditor, of anybody's."""
    found = service.evidence_of(actor(), name)
    if found is None:
        raise ProblemError(
            "not-found", "There is no such dispute for you", "Take its name from its entry in the ledger"
        )
    return Response(found, mimetype="application/json")


@blueprint.get("/entries")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.arguments(schema.EntriesQuerySchema, location="query")
@blueprint.doc(responses=answers("application/x-ndjson", "An entry a line; a row with Accept: text/csv"))
def entries(query: dict[str, Any]) -> Response:
    """Your own parts as NDJSON, or as CSV if you accept that alone.

    In the order of the tree from `after` on: what opens the commitments that carry your tag. With a filter, or a
    cursor, newest first instead; the cursor of the next page stands in the Link header.
    """
    me, chosen = actor(), schema.chosen(query)
    if chosen or query["cursor"] is not None:
        page = shown_stretch(partial(service.own_page, me, chosen), "own", query["limit"])
    else:
        page = CursorPage(tuple(service.own_entries(me, after=query["after"], limit=query["limit"])))
    best = request.accept_mimetypes.best_match(("application/x-ndjson", "text/csv"), "application/x-ndjson")
    written = service.sheet(page.rows) if best == "text/csv" else service.ndjson(page.rows)
    answer = Response("".join(written), mimetype=best, headers={"Vary": "Accept"})
    if page.older is not None:
        onward = urlencode(request.args.to_dict() | {"cursor": page.older})
        answer.headers["Link"] = f'<{url_for("ledger_api.entries")}?{onward}>; rel="next"'
    return answer


@blueprint.get("/export")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.arguments(schema.ExportQuerySchema, location="query")
@blueprint.doc(responses=answers("application/zip", "The bundle", _404="Nothing is signed yet"))
def export(query: dict[str, Any]) -> Response:
    """The log and your own part of it as one file for a verifier without the network, 2,000,000 entries at most.

    A zip, nothing in it compressed, whose members have the paths of these endpoints: `audit/log/…` (checkpoints with
    their cosignatures, tiles and leaves, trust policy, keys) and `audit/entries`; `bundle.json` says which span it is.
    """
    me = actor()
    try:
        span = service.exported_span(me, query["first"], query["to"])
    except service.SpanError as error:
        raise ProblemError(
            "not-valid", str(error), "GET /audit/log/checkpoint says how many entries the log has", field="to"
        ) from error
    if span is None:
        raise ProblemError("not-found", "Nothing is signed yet", "Ask again in a few seconds")
    written = service.export(me, span, _told_keys)
    named = {"Content-Disposition": f'attachment; filename="{span.filename}"'}
    return Response(stream_with_context(written), mimetype="application/zip", headers=named)


def _told_keys(shard: service.LogShard) -> str:
    return jsonify(schema.KeysSchema().dump(_keys(shard))).get_data(as_text=True)


@blueprint.get("/receipts/<entry>")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.doc(responses=answers("text/plain", "A proof", _202="It waits for its checkpoint"))
def receipt(entry: str) -> Response:
    """The proof that an entry is in the log (c2sp.org/tlog-proof@v1); 202 while it waits for its checkpoint."""
    found = service.own_entry(actor(), entry, opened=False)
    if found is None:
        raise ProblemError("not-found", "There is no such entry for you", "Take the id from a response's Audit-Entry")
    try:
        proof = service.receipt(found)
    except service.PutAsideError as error:
        raise ProblemError(
            "put-aside", str(error), "Keep its promise: it is evidence that the log owes you it"
        ) from None
    if proof is None:
        return Response("", status=202, headers={"Retry-After": "1"})
    return Response(proof, mimetype="text/plain")


@blueprint.get("/health")
@requires(Permission.LEDGER_HEALTH)
@blueprint.response(200, schema.HealthSchema)
@blueprint.alt_response(503, schema=schema.HealthSchema, content_type="application/json")
def health() -> Any:
    """Whether the log is signed in time, anchored and cosigned; 503 when it is halted or late."""
    found = service.health(actor())
    return found, 200 if found.well else 503


@blueprint.get("/witnesses")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.response(200, schema.WitnessesSchema)
def witnesses() -> Any:
    """The witnesses that count at present, and whose they are."""
    return {"witnesses": service.known_witnesses(actor())}


@blueprint.post("/witnesses")
@requires(Permission.LEDGER_COSIGN)
@blueprint.arguments(schema.EnrolmentSchema)
@blueprint.response(200, schema.WitnessSchema)
def enrol_witness(given: dict[str, str]) -> Any:
    """Enrol the key by which your client cosigns checkpoints; one a member. The same once more changes nothing."""
    try:
        return service.enrol_witness(actor(), given["note"])
    except NoteError as error:
        raise ProblemError(
            "not-valid", str(error), "Sign the three lines with the key that they end with", field="note"
        ) from error
    except service.WitnessError as error:
        raise _conflict(error) from error


@blueprint.post("/witnesses/removal")
@requires(Permission.LEDGER_COSIGN)
@blueprint.response(200, schema.RemovalSchema)
def remove_witness() -> Any:
    """Let your witness cosign no more: its key is lost, or another one takes its place."""
    return {"removed": service.remove_own_witness(actor())}


@blueprint.post("/cosignatures")
@requires(Permission.LEDGER_COSIGN)
@blueprint.arguments(schema.CosignatureSchema)
@blueprint.doc(responses={"404": {"description": "The log has no shard of this origin"}})
@blueprint.response(200, schema.KeptSchema)
def cosign(given: dict[str, Any]) -> Any:
    """Hand in your witness's signature line (C2SP tlog-cosignature) under a published checkpoint."""
    try:
        service.keep_cosignature(actor(), _of_origin(given["origin"]), given["size"], given["lines"])
    except service.UnknownSizeError as error:
        raise ProblemError("not-found", str(error), "Cosign what /audit/log/checkpoint/offered gives") from error
    except service.WitnessError as error:
        raise _conflict(error) from error
    except NoteError as error:
        raise ProblemError(
            "not-valid", str(error), "Compare what you signed with /audit/log/checkpoints/<size>", field="lines"
        ) from error
    return {"size": given["size"]}


def _of_origin(origin: str | None) -> service.LogShard:
    """The shard that a body names; the first where it names none. Raises ProblemError."""
    found = next((each for each in service.shards() if origin is None or each.origin == origin), None)
    if found is None:
        raise ProblemError("not-found", "The log has no shard of this origin", "/audit/log/shards lists them")
    return found


def _conflict(error: service.WitnessError) -> ProblemError:
    return ProblemError("conflict", str(error), "POST /audit/witnesses/removal ends yours; /audit/witnesses lists all")
