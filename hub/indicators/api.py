"""JSON and binary endpoints of sharing, withdrawing and the token list."""

import base64
import hashlib
from dataclasses import asdict
from typing import Any

from flask import Response, current_app

from hub import clock
from hub.access.actor import Actor
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.epochs.api import key_named
from hub.indicators import rules, schema, service
from hub.indicators.service import ListPlace, Terms
from hub.members import service as members
from hub.web.api import MEND, OCTETS, answers, refuses
from hub.web.arguments import Blueprint
from hub.web.idempotency import once
from hub.web.pagination import open_cursor, seal_cursor

blueprint = Blueprint("indicators_api", __name__, url_prefix="/api/v1", description="Sharing indicators")
refuses(
    blueprint,
    {
        members.UnknownGroupError: MEND._replace(field="sharing_groups"),
        members.UnknownMemberError: MEND._replace(field="members"),
        rules.TermsError: MEND,
    },
)


@blueprint.post("/contributions")
@requires(Permission.CONTRIBUTION_SHARE)
@blueprint.arguments(schema.ShareSchema)
@blueprint.response(200, schema.SharedSchema)
def share(given: dict[str, Any]) -> Any:
    """Share up to 10,000 tokens under the same terms. Sharing the same again changes nothing."""
    me = actor()

    def shared() -> dict[str, Any]:
        key = key_named(given.pop("key"), for_sharing=True)
        tokens, sellers = given.pop("tokens"), given.pop("sellers", None)
        audience = _audience(me, given)
        return asdict(service.share(me, key, tokens, sellers, Terms(audience=audience, **given)))

    return once(shared)


@blueprint.post("/contributions/withdrawals")
@requires(Permission.CONTRIBUTION_WITHDRAW)
@blueprint.arguments(schema.WithdrawSchema)
@blueprint.response(200, schema.WithdrawnSchema)
def withdraw(given: dict[str, Any]) -> Any:
    """Take back up to 10,000 of your own contributions. They have no effect from the next request on."""
    me = actor()
    return once(lambda: asdict(service.withdraw(me, key_named(given["key"]), given["tokens"], given["reason"])))


@blueprint.get("/keys/<key_id>/list")
@requires(Permission.LIST_FETCH)
@blueprint.arguments(schema.ListQuerySchema, location="query")
@blueprint.doc(responses=answers(OCTETS, "A signed note, and rows of 40 bytes"))
def token_list(query: dict[str, Any], key_id: str) -> Response:
    """A page of the token list for you: a signed note, then rows of 40 bytes; all, or the changes since the cursor.

    The body is the note's length (4 bytes, big-endian), the note, and the rows: token, 1 present or 0 gone, evidence
    level, members not named (0: fewer than three), a zero byte, expiry as days since 1970-01-01 (4 bytes, big-endian).
    """
    me, key, cursor = actor(), key_named(key_id), query.get("cursor")
    # by hand: clients keep these cursors, one of an older hub begins anew, and the note that is signed holds both
    bound = f"list {me.member_id} {key.id}"
    page = service.list_page(me, key, _place(open_cursor(cursor, bound)) if cursor else None, query["limit"])
    db.session.commit()
    following = seal_cursor(_written(page.place), bound)
    text = "\n".join(
        [
            f"{current_app.extensions['settings'].origin}/list",
            f"{me.member} {key.name}",
            f"{cursor or '-'}",
            following,
            f"{'full' if page.full else 'changes'} {len(page.rows) // rules.ROW.size}"
            f" {'more' if page.more else 'last'}",
            base64.b64encode(hashlib.sha256(page.rows).digest()).decode(),
            clock.stamp(clock.now()),
        ]
    )
    note = current_app.extensions["service_signer"](text + "\n").encode()
    body = len(note).to_bytes(4, "big") + note + page.rows
    return Response(body, mimetype="application/octet-stream", headers={"Audit-Entry": page.entry})


def _audience(me: Actor, given: dict[str, Any]) -> rules.Audience:
    """What the request says of the audience, taken out of it."""
    groups, named, widening = given.pop("sharing_groups", []), given.pop("members", []), given.pop("widening", {})
    addressees = [*members.addressed_to_groups(me, groups), *members.addressed_to_members(named)]
    return rules.Audience(
        tlp=given.pop("tlp"),
        addressees=addressees or None,
        platforms_only=given.pop("platforms_only"),
        widening=widening.get("reason"),
        widening_note=widening.get("note"),
        shows_contributor=given.pop("show_contributor"),
    )


def _written(place: ListPlace) -> list[Any]:
    return [place.full, place.since, place.until, place.next_since, place.scope, place.after.hex()]


def _place(written: list[Any]) -> ListPlace | None:
    """The place; None for one of an older hub, which did not say as much: that list starts over."""
    if len(written) != 6:
        return None
    full, since, until, next_since, scope, after = written
    return ListPlace(full, since, until, next_since, scope, bytes.fromhex(after))
