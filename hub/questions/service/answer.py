"""Answering and withdrawing: one question or many, all or none, under the rows' locks and on both parties' record."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import service as reports
from hub.listing_reports.preflight_rules import site_of
from hub.questions import policy, rules
from hub.questions.model import Question
from hub.questions.rules import ANSWERS, Command, QuestionState, RefusedStepError, WordsError
from hub.questions.service.ask import subject_of
from hub.rights import service as rights
from hub.rights.rules import Facts


class UnknownQuestionError(Exception):
    """The actor's member is no party of such a question."""


@dataclass(frozen=True)
class Answer:
    """What a brand says of one or more listings."""

    answer: Command
    sentence: str = ""
    right: str = ""
    """Of a fake: the name of the right that it infringes."""
    declared: int = 0
    """Of a fake: the version of the good-faith declaration that whoever answers has made."""


def answer(actor: Actor, names: Sequence[str], given: Answer) -> list[str]:
    """Answer questions alike; returns the ledger entries, one for each platform. Commits.

    Raises NotPermittedError, UnknownQuestionError, WordsError, and RefusedStepError, also after the deadline: then none
    of them is answered.
    """
    actor.must(Permission.QUESTION_ANSWER)
    if given.answer not in ANSWERS:
        raise RefusedStepError(f"answer {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}")
    values: dict[str, Any] = {"sentence": rules.sentence_of(given.answer, given.sentence)}
    values |= {"by_agent": actor.agent is not None}
    held = _held(actor, names)
    if given.answer is Command.FAKE:
        facts = _declared(actor, held, given)
        _must_be_in_force(held, facts)
        values |= {"right_name": given.right, "right_facts": json.loads(json.dumps(asdict(facts), default=str))}
        values |= {"declaration": given.declared, "declared_digest": rules.declared_digest(given.declared)}
    elif given.right or given.declared:
        raise WordsError("right", "a right and a declaration go with the answer fake, and with no other")
    event = Event.QUESTION_ANSWERED
    entries = _end(actor, held, given.answer, event, lambda row: row.platform_id, values)
    db.session.commit()
    return entries


def withdraw(actor: Actor, names: Sequence[str]) -> list[str]:
    """Take open questions back; returns the ledger entries, one for each brand. Commits. Raises what `answer` does."""
    actor.must(Permission.QUESTION_ASK)
    held, event = _held(actor, names), Event.QUESTION_WITHDRAWN
    entries = _end(actor, held, Command.WITHDRAW, event, lambda row: row.brand_id, {})
    db.session.commit()
    return entries


def _held(actor: Actor, names: Sequence[str]) -> list[Question]:
    """The questions, locked until the transaction ends, always in one order, so that two never wait for each other."""
    if not 0 < len(names) <= rules.MOST_AT_ONCE:
        raise WordsError("questions", f"name 1 to {rules.MOST_AT_ONCE} questions")
    found = select(Question).where(policy.visible_to(actor), Question.name.in_(set(names))).order_by(Question.id)
    locked = found.with_for_update().execution_options(populate_existing=True)
    rows = list(db.session.execute(locked).scalars())
    if len(rows) < len(set(names)):
        raise UnknownQuestionError("one of these is no question of yours; nothing was done")
    return rows


def _end(
    actor: Actor,
    held: Sequence[Question],
    command: Command,
    event: Event,
    other: Callable[[Question], int],
    values: Mapping[str, Any],
) -> list[str]:
    """Lead all of them on, or none, and record it once for each other party."""
    party, now = policy.party(actor), clock.now()
    for row in held:
        try:
            rules.moved(QuestionState(row.state), command, party, overdue=now >= row.due_at)
        except RefusedStepError as error:
            raise error if len(held) == 1 else RefusedStepError(f"{error} (question {row.name})") from error
    to = rules.MOVES[rules.BEGINS, command]
    entries = []
    for member_id, group in groupby(sorted(held, key=other), key=other):
        some = [row.name for row in group]
        counts = {"questions": len(some)}
        told = {member_id: ledger.Concern("counterparty", counts)}
        subject = subject_of(some) | {"reason": command.value}
        entry = ledger.append(actor, event, subject=subject, counts=counts, concerned=told)
        ended = {"state": to.value, "ended_by": actor.pseudonym, "ended_at": now, "ended_entry": entry}
        db.session.execute(update(Question).where(Question.name.in_(some)).values({**values, **ended}))
        entries.append(entry)
    return entries


def _declared(actor: Actor, held: Sequence[Question], given: Answer) -> Facts:
    """What the register says of the right named. Raises WordsError for one that cannot be relied on, and undeclared.

    As with a report, each platform that is answered relies on the office's word or on its own.
    """
    if given.declared != rules.DECLARATION:
        raise WordsError("declaration", f"declare version {rules.DECLARATION} of the good-faith declaration")
    try:
        asking = sorted({row.platform_id for row in held})
        first, *_ = [rights.usable(actor, given.right, platform=platform).facts for platform in asking]
    except (rights.UnknownRightError, rights.RightNotUsableError) as error:
        raise WordsError("right", f"{error}: choose another right") from error
    return first


def _must_be_in_force(held: Sequence[Question], facts: Facts) -> None:
    """Raises WordsError for a listing on a marketplace that sells into no country in which the right is in force."""
    sites = {each: reports.sites_of(each) for each in {row.platform_id for row in held}}
    for row in held:
        site = site_of(urlsplit(row.url).hostname or "", sites[row.platform_id])
        if site is not None and not site.jurisdictions & frozenset(facts.jurisdictions):
            words = "the right is in force in no country into which the marketplace sells: choose another right"
            raise WordsError("right", words if len(held) == 1 else f"{words} (question {row.name})")
