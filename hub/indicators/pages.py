"""Pages of what a member shared."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from flask import Blueprint, render_template, request

from hub.access.actor import Actor
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.canonical import TYPES
from hub.indicators import service
from hub.indicators.rules import WIDENINGS, Audience, ContributionState, Widening
from hub.indicators.service.own import EXPIRING, OwnContribution
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.ledger.service import OwnEntry
from hub.members import service as members
from hub.tokens import KeyId
from hub.web.pagination import shown_page, shown_stretch
from hub.web.shown import ContributionRow, CursorPage, Filter, Filters, ShareAct

blueprint = Blueprint("indicators", __name__)
_OWN_STATES = [
    state for state in ContributionState if state is not ContributionState.ORPHANED
]  # nobody is left to see it
VERBS = {Event.CONTRIBUTION_SHARED: "shared", Event.CONTRIBUTION_WITHDRAWN: "withdrew"}


@blueprint.get("/contributions")
@requires(Permission.CONTRIBUTION_READ_OWN)
def contributions() -> str:
    """The reader's own contributions, newest first."""
    me = actor()
    options = tuple((state, state.capitalize()) for state in (*_OWN_STATES, EXPIRING))
    state = Filter.of(request.args, "state", "State", options)
    found = shown_page(partial(service.own_contributions, me, state=state.value), "contributions", attrgetter("place"))
    page = CursorPage(_rows(me, found.rows), older=found.older)
    return render_template("indicators/contributions.html", page=page, filters=Filters((state,)))


def _rows(me: Actor, found: Sequence[OwnContribution]) -> tuple[ContributionRow, ...]:
    addressees = {each for one in found for each in one.audience.addressees or ()}
    codes = members.addressee_words(me, addressees)
    return tuple(
        ContributionRow(
            seller=one.seller,
            type_title=TYPES[one.type].title,
            stance=one.stance.value,
            evidence_level=one.evidence_level.name,
            tlp=one.audience.tlp.label,
            passes_to=_passes_to(one.audience, codes),
            shared_at=one.shared_at,
            expires_on=one.expires_on,
            is_matched=one.is_matched,
            state=one.standing,
        )
        for one in found
    )


def _passes_to(audience: Audience, codes: Mapping[int, str]) -> tuple[str, ...]:
    """What narrows or widens the audience beside its TLP, in words."""
    words = []
    if audience.addressees is not None:
        words.append(", ".join(codes.get(each, "a group you left") for each in audience.addressees) + " only")
    if audience.platforms_only:
        words.append("platforms only")
    if audience.widening is not None:
        words.append(f"all sectors: {WIDENINGS[audience.widening]}")
    if audience.shows_contributor:
        words.append("under your name")
    return tuple(words)


@blueprint.get("/history")
@requires(Permission.CONTRIBUTION_READ_OWN)
def history() -> str:
    """The reader's own acts of sharing and withdrawing, newest first, as the log holds them."""
    options = tuple((event.value, verb.capitalize()) for event, verb in VERBS.items())
    chosen = request.args.get("act") if request.args.get("act") in dict(options) else Event.CONTRIBUTION_SHARED.value
    found = shown_stretch(partial(ledger.own_page, actor(), ledger.Chosen(action=chosen)), "acts")
    page = CursorPage(tuple(_act(entry) for entry in found.rows if entry.fields), older=found.older)
    filters = Filters((Filter("act", "Act", chosen or "", options),))
    return render_template("indicators/history.html", page=page, filters=filters)


def _act(entry: OwnEntry) -> ShareAct:
    view: dict[str, Any] = entry.fields or {}
    subject, counts = view["subject"], dict(view["counts"])
    counts.pop("asked", None)
    is_share, reason = entry.action == Event.CONTRIBUTION_SHARED, subject.get("reason")
    return ShareAct(
        at=entry.at,
        by=view["actor"],
        verb=VERBS[Event(entry.action)],
        type_title=TYPES[KeyId.parse(subject["ref"]).type].title,
        counts=counts,
        entry_id=entry.name,
        evidence_level=subject.get("evidence"),
        tlp=subject.get("tlp"),
        stance=subject.get("stance"),
        reason=None if is_share else reason,
        widened=WIDENINGS[Widening(reason)] if is_share and reason else None,
    )
