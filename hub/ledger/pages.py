"""Pages of the log as the reader's member sees it."""

import base64
import hashlib
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from flask import Blueprint, Response, abort, current_app, render_template, request, stream_with_context

from hub import clock
from hub.access.actor import Actor
from hub.access.gate import actor, public, requires
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.ledger import rules, service
from hub.ledger.events import Event
from hub.ledger.rules import LATE
from hub.ledger.service import Chosen, OwnEntry
from hub.tree.leaf import parse_leaf
from hub.tree.merkle import leaf_hash
from hub.web.chart import curve
from hub.web.pagination import shown_stretch
from hub.web.shown import EntryLine, EntryPage, Filter, Filters, LogLine

blueprint = Blueprint("ledger", __name__)

ROLES = (
    ("actor", "You acted"),
    ("owner", "What you shared was concerned"),
    ("counterparty", "You were told of it"),
    ("agent", "You acted as an agent"),
)
OUTCOMES = (("allowed", "Allowed"), ("denied", "Denied"), ("error", "Failed"))
SPANS = (("Last hour", timedelta(hours=1)), ("Last day", timedelta(days=1)))
MEDIA = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


@blueprint.get("/ledger")
@requires(Permission.LEDGER_READ_OWN)
def entries() -> str:
    """The entries that concern the reader, newest first."""
    me = actor()
    filters = _filters(me)
    return render_template(
        "ledger/list.html",
        page=shown_stretch(partial(service.own_page, me, _chosen(filters)), "own").mapped(entry_line),
        filters=filters,
        log=log_line(me),
        as_of=clock.now(),
        most=service.MOST_AT_ONCE,
    )


@blueprint.get("/ledger/download")
@requires(Permission.LEDGER_READ_OWN)
def download() -> Response:
    """The entries that the filter chooses as a file, newest first, written as they are read."""
    me, form = actor(), request.args.get("as", "csv")
    filters = _filters(me)
    if filters.errors or form not in MEDIA:
        abort(400)
    found = service.own_download(me, _chosen(filters))
    written = service.sheet(found) if form == "csv" else service.ndjson(found)
    named = {"Content-Disposition": f'attachment; filename="ledger-{clock.today()}.{form}"'}
    return Response(stream_with_context(written), mimetype=MEDIA[form], headers=named)


def _filters(me: Actor) -> Filters:
    actions = tuple((event.value, event.value.replace(".", " ").replace("_", " ")) for event in Event)
    since, until = _day("from", "From"), _day("to", "To")
    if since.value > until.value != "" and not since.error and not until.error:
        until = replace(until, error="This day comes before the first one")
    if me.kind is MemberKind.AUDITOR:
        about = Filter.of(request.args, "member", "Whom it concerns", service.members_to_read(me))
    else:
        about = Filter.of(request.args, "role", "Your part in it", ROLES)
    outcome = Filter.of(request.args, "outcome", "Outcome", OUTCOMES)
    return Filters((Filter.of(request.args, "action", "What happened", actions), about, outcome, since, until))


def _day(name: str, label: str) -> Filter:
    given = request.args.get(name, "")
    try:
        return Filter(name, label, given and date.fromisoformat(given).isoformat())
    except ValueError:
        return Filter(name, label, given, error="Write the day as 2026-11-30")


def _chosen(filters: Filters) -> Chosen:
    given = filters.chosen
    days = [date.fromisoformat(given[name]) if name in given else None for name in ("from", "to")]
    known = {name: given.get(name) for name in ("action", "outcome", "role", "member")}
    return Chosen(**known, since=service.day_begins(days[0]), until=service.day_begins(days[1], 1))


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
        stale=service.lag() > LATE.total_seconds(),
    )


@blueprint.get("/ledger/verify")
@requires(Permission.LEDGER_READ_OWN)
def verify() -> str:
    """How to check the log without trusting the hub, and what there is to see of it for everybody alike."""
    me, now, settings = actor(), clock.now(), current_app.extensions["settings"]
    witnesses, final = service.cosigners(me), service.newest_final()
    return render_template(
        "ledger/verify.html",
        address=settings.url,
        origin=settings.origin,
        vkeys=[key.vkey for key in service.log_keys(service.shards()[0]) if key.until is None or key.until > now],
        program=service.PROGRAM,
        digest=hashlib.sha256(service.verifier_program()).hexdigest(),
        grown=curve(service.growth(me), now),
        delays=[(words, service.delay(me, span)) for words, span in SPANS],
        witnesses=witnesses,
        quorum=rules.quorum(sum(each.member for each in witnesses)),
        final_size=0 if final is None else final.size,
        shards=service.shard_lines(),
        as_of=now,
    )


@blueprint.get("/ledger/verify/alliance-verify.pyz")
@public("whoever holds an exported log may check it, and see what it is checked with")
def program() -> Response:
    """The verifier as one file, as `make verifier` builds it."""
    named = {"Content-Disposition": f'attachment; filename="{service.PROGRAM}"'}
    return Response(service.verifier_program(), mimetype="application/octet-stream", headers=named)


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
        shard=_place(found.index),
    )
    return render_template("ledger/entry.html", entry=shown)


def _place(index: int | None) -> tuple[str, int] | None:
    """Shard and place in it of an entry that is in a later shard than the first."""
    shard = None if index is None else service.shard_at(index)
    return None if shard is None or index is None or shard.n == 1 else (shard.origin, index - shard.first)


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
    found = service.own_entry(actor(), id, opened=False) or abort(404)
    proof = service.receipt(found) or abort(409)
    named = {"Content-Disposition": f'attachment; filename="{found.name}.tlog-proof"'}
    return Response(proof, mimetype="text/plain", headers=named)
