"""Endpoints of evidence: a file goes in and out as raw octets, piece by piece."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NoReturn

from flask import Response, request

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.evidence import rules, schema, service
from hub.evidence.chunks import DamagedFileError
from hub.evidence.media import PIECE
from hub.evidence.service import Sought, Upload
from hub.web.api import OCTETS, answers, octets
from hub.web.arguments import Blueprint
from hub.web.attachment import attachment
from hub.web.pagination import list_page
from hub.web.problems import ProblemError

blueprint = Blueprint("evidence_api", __name__, url_prefix="/api/v1/evidence", description="The vault of evidence")


@blueprint.post("")
@requires(Permission.EVIDENCE_STORE)
@blueprint.arguments(schema.UploadQuerySchema, location="query")
@blueprint.doc(requestBody=octets("The file, of at most 200,000,000 bytes"))
@blueprint.response(201, schema.EvidenceLineSchema)
def store(query: dict[str, Any]) -> Any:
    """Store a file. It is checked while it comes in; the same again is answered with the file that is there."""
    me, size = actor(), _announced()
    try:
        service.must_have_room(me, size)
        request.max_content_length = rules.LARGEST_FILE
        return service.store(me, Upload(query["name"], query["type"], size, _pieces(size), query["strip"]))
    except rules.FileError as error:
        raise ProblemError("not-valid", str(error), "Send a file that the vault takes", field="body") from error
    except service.NoRoomError as error:
        raise ProblemError("quota-spent", str(error), "Erase what is no longer needed, and send it again") from error
    except service.VaultFullError as error:
        raise ProblemError(
            "unavailable", "The vault has no room; nothing was kept", "Send it again later", retry_after=600
        ) from error


@blueprint.get("")
@requires(Permission.EVIDENCE_READ)
@blueprint.arguments(schema.EvidenceQuerySchema, location="query")
@blueprint.response(200, schema.EvidencePageSchema)
def listed(query: dict[str, Any]) -> Any:
    """The files that your member may see, newest first."""
    asked = {name: query.pop(name) for name in ("cursor", "limit")}
    return list_page("evidence", partial(service.evidence, actor(), Sought(**query)), asked)


@blueprint.get("/<name>")
@requires(Permission.EVIDENCE_READ)
@blueprint.response(200, schema.OneEvidenceSchema)
def one(name: str) -> Any:
    """A file without its content, and who may read it."""
    try:
        return schema.flat(service.one_evidence(actor(), name))
    except service.UnknownEvidenceError as error:
        _unknown(error)


@blueprint.get("/<name>/content")
@requires(Permission.EVIDENCE_READ)
@blueprint.doc(responses=answers(OCTETS, "The file, under its own media type"))
def content(name: str) -> Response:
    """The file itself. Its owner is told when another party reads it."""
    try:
        found = service.content(actor(), name)
    except service.UnknownEvidenceError as error:
        _unknown(error)
    except DamagedFileError as error:
        raise ProblemError(
            "internal",
            "What lies in the vault is not what was stored there; none of it is given out",
            "Tell the operator the request_id: a backup may hold the file",
        ) from error
    return attachment(found.pieces, found.file_name, found.media.value, found.size)


@blueprint.post("/<name>/erasure")
@requires(Permission.EVIDENCE_ERASE)
@blueprint.arguments(schema.ErasureSchema)
@blueprint.response(204)
def erase(given: dict[str, Any], name: str) -> None:
    """Erase a file of your own for good: its key is deleted. Those who could read it are told."""
    try:
        service.erase(actor(), name, given["reason"])
    except service.UnknownEvidenceError as error:
        _unknown(error)
    except service.HeldEvidenceError as error:
        raise ProblemError("conflict", str(error), "Have it closed or withdrawn first, then erase the file") from error
    except ValueError as error:
        raise ProblemError("not-valid", str(error), "Say why in plain words", field="reason") from error


def _announced() -> int:
    """How many bytes are to come, known before any is read. Raises ProblemError 400, 413 and 415."""
    if request.mimetype != OCTETS:
        raise ProblemError(
            "media-type", "The body is not application/octet-stream", "Send Content-Type: application/octet-stream"
        )
    size = request.content_length
    if size is None:
        raise ProblemError("bad-request", "Content-Length is missing", "Send the file's length")
    if size > rules.LARGEST_FILE:
        raise ProblemError(
            "too-large", "The file is larger than the vault takes", f"Send at most {rules.LARGEST_FILE:,} bytes"
        )
    return size


def _pieces(left: int) -> Iterator[bytes]:
    """The body as it comes in. Raises ProblemError when it ends before so many bytes."""
    while left and (piece := request.stream.read(min(PIECE, left))):
        left -= len(piece)
        yield piece
    if left:
        raise ProblemError("bad-request", "The body ended before its Content-Length", "Send the file again")


def _unknown(error: Exception) -> NoReturn:
    raise ProblemError("not-found", "There is no such file for you", "Look for it with GET /api/v1/evidence") from error
