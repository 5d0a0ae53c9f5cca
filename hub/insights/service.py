"""What each kind of member finds first, gathered from the domains below; every query is under that domain's policy."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from hub import clock, mail
from hub.access.actor import Actor
from hub.access.grants import AGENT_SCOPES
from hub.access.permissions import WORDS
from hub.canonical import TYPES
from hub.epochs import service as epochs
from hub.indicators import service as indicators
from hub.insights.rules import (
    ActingOverview,
    AdministratorOverview,
    AuditorOverview,
    BrandOverview,
    CheckpointLine,
    Credential,
    EpochLine,
    ListedOfType,
    MemberLine,
    PlatformOverview,
    Quota,
    SharedOfType,
    in_order,
    needs_from_contributions,
    needs_from_credentials,
    needs_from_epoch,
    needs_from_log,
    needs_from_mail,
    needs_from_matches,
    needs_from_quotas,
)
from hub.ledger import service as ledger
from hub.matches import service as matches
from hub.members import service as members
from hub.web.shown import EntryLine, LogLine

RECENT = 8


def recent(actor: Actor) -> tuple[EntryLine, ...]:
    """The newest entries that concern the actor."""
    found = ledger.own_page(actor, limit=RECENT).entries
    return tuple(
        EntryLine(
            each.name, each.at, each.sentence, each.action, (each.fields or {}).get("outcome", "allowed"), each.index
        )
        for each in found
    )


def brand(actor: Actor, log: LogLine) -> BrandOverview:
    """What a brand finds."""
    now = clock.now()
    shared, by_tlp = _shared(actor)
    expiring = sum(row.expiring for row in shared)
    quotas = _quotas(actor)
    needs = in_order(
        needs_from_contributions(expiring),
        needs_from_quotas(quotas),
        needs_from_credentials(_credentials(actor), now),
        needs_from_log(log),
    )
    return BrandOverview(
        as_of=now,
        shared=shared,
        by_tlp=by_tlp,
        withdrawn=indicators.withdrawn_count(actor),
        needs=needs,
        quotas=quotas,
        log=log,
        recent=recent(actor),
    )


def platform(actor: Actor, log: LogLine) -> PlatformOverview:
    """What a platform finds."""
    now = clock.now()
    standing = matches.standing(actor)
    quotas = _quotas(actor)
    new, recalled = sum(row.new for row in standing.values()), matches.recalled_count(actor)
    needs = in_order(
        needs_from_matches(new, recalled),
        needs_from_quotas(quotas),
        needs_from_credentials(_credentials(actor), now),
        needs_from_log(log),
    )
    listed = tuple(
        ListedOfType(TYPES[type].title, row.by_evidence, row.matched, row.new) for type, row in standing.items()
    )
    contributed = sum(row.total for row in _shared(actor)[0])
    return PlatformOverview(now, listed, recalled, contributed, needs, quotas, log, recent(actor))


def auditor(actor: Actor, log: LogLine) -> AuditorOverview:
    """What an auditor, an authority and an agent find."""
    now = clock.now()
    heads = tuple(CheckpointLine(head.size, head.root.hex(), head.at) for head in ledger.checkpoints(RECENT))
    return AuditorOverview(
        as_of=now,
        log=log,
        checkpoints=heads,
        needs=in_order(needs_from_credentials(_credentials(actor), now), needs_from_log(log)),
        recent=recent(actor),
    )


def acting(actor: Actor) -> ActingOverview:
    """What a person finds that acts for a brand: nothing of the brand's record, people and keys."""
    return ActingOverview(tuple(WORDS[scope] for scope in AGENT_SCOPES if actor.may(scope)), _quotas(actor))


def administrator(actor: Actor, log: LogLine) -> AdministratorOverview:
    """What the alliance's office finds: nothing of what members share."""
    now = clock.now()
    epoch = epochs.open_now()
    line = EpochLine(epoch.name, epoch.opened_at.date(), None) if epoch else None
    return AdministratorOverview(
        as_of=now,
        members=tuple(
            MemberLine(one.code, one.name, one.kind, one.state, one.admitted_at.date()) for one in members.everybody()
        ),
        epoch=line,
        needs=in_order(needs_from_epoch(line, now), needs_from_mail(mail.given_up()), needs_from_log(log)),
        log=log,
        recent=recent(actor),
    )


def _shared(actor: Actor) -> tuple[tuple[SharedOfType, ...], dict[str, int]]:
    levels: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    matched: Counter[str] = Counter()
    expiring: Counter[str] = Counter()
    by_tlp: Counter[str] = Counter()
    for row in indicators.own_counts(actor):
        levels[row.type][row.evidence_level - 1] += row.count
        matched[row.type] += row.matched
        expiring[row.type] += row.expiring
        by_tlp[row.tlp.label] += row.count
    shared = tuple(
        SharedOfType(TYPES[type].title, (*counts,), matched[type], expiring[type])  # type: ignore[arg-type]
        for type, counts in sorted(levels.items())
    )
    return shared, dict(by_tlp)


def _quotas(actor: Actor) -> tuple[Quota, ...]:
    return tuple(
        Quota(TYPES[each.type].title, each.allowed, each.used, epochs.renewal(each.period_on))
        for each in epochs.quotas(actor)
        if each.used
    )


def _credentials(actor: Actor) -> Iterable[Credential]:
    return [Credential(each.pseudonym, each.expires_at, each.last_used_on) for each in members.live_credentials(actor)]
