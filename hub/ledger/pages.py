"""Pages of the log as the reader's member sees it."""

import base64

from flask import Blueprint, Response, abort, current_app, render_template, request

from hub import clock
from hub.access.actor import Actor
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.ledger import service
from hub.ledger.events import Event
from hub.ledger.service import OwnEntry
from hub.tree.leaf import parse_leaf
from hub.tree.merkle import leaf_hash
from hub.web.pagination import open_cursor, seal_cursor
from hub.web.shown import CursorPage, EntryLine, EntryPage, Filter, Filters, LogLine

blueprint = Blueprint("ledger", __name__)
PAGE = 50
NEWEST = 1 << 62
LATE_SECONDS = 10


@blueprint.get("/ledger")
@requires(Permission.LEDGER_READ_OWN)
def entries() -> str:
    """The entries that concern the reader, newest first."""
    me, chosen = actor(), request.args.get("action", "")
    options = tuple((event.value, event.value.replace(".", " ").replace("_", " ")) for event in Event)
    known = chosen if chosen in dict(options) else ""
    filters = Filters((Filter("action", "What happened", known, options),))
    return render_template(
        "ledger/list.html", page=_page(me, known), filters=filters, log=log_line(me), as_of=clock.now()
    )


def _page(me: Actor, action: str) -> CursorPage[EntryLine]:
    bound, cursor = f"entries {me.member_id}", request.args.get("cursor")
    before = int(open_cursor(cursor, bound)) if cursor else NEWEST
    found = service.own_entries(me, before=before, limit=PAGE + 1, action=action or None)
    older = seal_cursor(found[PAGE - 1].index, bound) if len(found) > PAGE else None
    return CursorPage(tuple(entry_line(each) for each in found[:PAGE]), older=older)


def entry_line(entry: OwnEntry) -> EntryLine:
    """An entry as a sentence."""
    outcome = (entry.fields or {}).get("outcome", "allowed")
    return EntryLine(entry.name, entry.at, entry.sentence, entry.action, outcome, entry.index)


def log_line(me: Actor) -> LogLine:
    """The state of the log as a member is told it."""
    head, pending = service.newest_checkpoint(), service.pending_count()
    return LogLine(
        origin=current_app.extensions["settings"].origin,
        size=head.size if head else 0,
        root=base64.b64encode(head.root).decode() if head else "",
        checkpoint_at=head.at if head else None,
        pending=pending,
        own_entries=service.own_count(me),
        stale=service.oldest_pending_seconds() > LATE_SECONDS,
    )


@blueprint.get("/ledger/<id>")
@requires(Permission.LEDGER_READ_OWN)
def entry(id: str) -> str:
    """One entry in full."""
    found = service.own_entry(actor(), id) or abort(404)
    head = service.newest_checkpoint()
    fields = found.fields
    shown = EntryPage(
        line=entry_line(found),
        view=None if fields is None else tuple(_flat(fields)),
        erased_by=None
        if found.erased_by is None
        else base64.urlsafe_b64encode(found.erased_by.bytes).decode().rstrip("="),
        commitment=base64.b64encode(parse_leaf(found.leaf).pairs[found.n][0]).decode(),
        leaf_hash=base64.b64encode(leaf_hash(found.leaf)).decode(),
        checkpoint_size=head.size if head else None,
        checkpoint_at=head.at if head else None,
    )
    return render_template("ledger/entry.html", entry=shown)


def _flat(fields: dict[str, object]) -> list[tuple[str, str]]:
    """(field, value) pairs, those of nested fields under `outer.inner`."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        if isinstance(value, dict):
            pairs += [(f"{name}.{inner}", str(each)) for inner, each in value.items()]
        else:
            pairs.append((name, "hidden" if value is None else str(value)))
    return pairs


@blueprint.get("/ledger/<id>/receipt")
@requires(Permission.LEDGER_READ_OWN)
def receipt(id: str) -> Response:
    """The receipt of an entry, once a checkpoint covers it."""
    found = service.own_entry(actor(), id) or abort(404)
    proof = service.receipt(found) or abort(409)
    named = {"Content-Disposition": f'attachment; filename="{found.name}.tlog-proof"'}
    return Response(proof, mimetype="text/plain", headers=named)
