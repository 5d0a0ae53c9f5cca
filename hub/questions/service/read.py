"""Questions read back by their parties: a list with filters, one in full, and how brands answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, false, func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db, newest
from hub.members import service as members
from hub.questions import policy, rules
from hub.questions.model import Question
from hub.questions.rules import ANSWERED, Party, QuestionState
from hub.questions.service.answer import UnknownQuestionError

MOST_RATES = 200


@dataclass(frozen=True)
class QuestionLine:
    """One question in a list."""

    id: int
    name: str
    brand: str
    platform: str
    """Codes."""
    url: str
    words: str
    state: QuestionState
    asked_at: datetime
    due_at: datetime
    overdue: bool
    """Whether it is open, and its time has run out: it is about to expire."""


@dataclass(frozen=True)
class ShownQuestion:
    """A question as its parties see it."""

    line: QuestionLine
    pictures: Sequence[str]
    day: date
    """At whose end it is due, in `time_zone`."""
    time_zone: str
    asked_by: str
    """A pseudonym, which its own member alone is shown, and no agent another's; so is `ended_by`."""
    asked_entry: str
    right_name: str | None
    right: Mapping[str, Any] | None
    sentence: str
    declaration: int | None
    by_agent: bool | None
    ended_by: str
    ended_at: datetime | None
    ended_entry: str | None


@dataclass(frozen=True)
class AnswerRate:
    """How a brand answered in the last three months: all platforms to the brand, its own questions to a platform."""

    brand: str
    answered: int
    expired: int
    cannot_tell: int
    """Of those that were answered."""
    median: timedelta | None
    """From asking to the answer; None: nothing was answered."""

    @property
    def rate(self) -> float:
        """Answered, of those that were answered or expired."""
        return self.answered / (self.answered + self.expired)

    @property
    def share_cannot_tell(self) -> float:
        """Of the answers those that said so; nothing of none."""
        return self.cannot_tell / self.answered if self.answered else 0.0


@dataclass(frozen=True)
class Wanted:
    """Which questions of a list are asked for; None: whichever."""

    state: QuestionState | None = None
    counterpart: str | None = None
    """The code of the other party."""


def questions(actor: Actor, wanted: Wanted, *, before: int | None, limit: int) -> list[QuestionLine]:
    """The questions that the actor is a party of, newest first, those below the number `before`."""
    actor.must(Permission.QUESTION_READ)
    party = policy.party(actor)
    found = newest(select(Question).where(policy.visible_to(actor)), Question.id, before, limit)
    if wanted.state is not None:
        found = found.where(Question.state == wanted.state.value)
    if wanted.counterpart is not None:
        found = _with(found, party, wanted.counterpart)
    rows = db.session.execute(found).scalars().all()
    codes = members.codes_of({number for row in rows for number in (row.brand_id, row.platform_id)})
    return [_line(row, codes) for row in rows]


def question(actor: Actor, name: str) -> ShownQuestion:
    """One question. Raises UnknownQuestionError."""
    actor.must(Permission.QUESTION_READ)
    party = policy.party(actor)
    found = select(Question).where(policy.visible_to(actor), Question.name == name)
    row = db.session.execute(found).scalar_one_or_none() if rules.NAME.fullmatch(name) else None
    if row is None:
        raise UnknownQuestionError("you have no question of this name")
    ended = Party.PLATFORM if row.state == QuestionState.WITHDRAWN else Party.BRAND
    return ShownQuestion(
        _line(row, members.codes_of({row.brand_id, row.platform_id})),
        row.pictures,
        rules.last_day(row.due_at, row.time_zone),
        row.time_zone,
        row.asked_by if party is Party.PLATFORM else "",
        row.asked_entry,
        row.right_name,
        row.right_facts,
        row.sentence,
        row.declaration,
        row.by_agent,
        actor.told(row.ended_by or "") if party is ended else "",
        row.ended_at,
        row.ended_entry,
    )


def answer_rates(actor: Actor) -> list[AnswerRate]:
    """How the actor's brand answered, or each brand that its platform asked, by code; no row where nothing ended."""
    actor.must(Permission.QUESTION_READ)
    is_answered = Question.state.in_([each.value for each in ANSWERED])
    seconds = func.extract("epoch", Question.ended_at - Question.asked_at)
    counted = (
        *(func.count().filter(is_answered), func.count().filter(Question.state == QuestionState.EXPIRED.value)),
        func.count().filter(Question.state == QuestionState.CANNOT_TELL.value),
        func.percentile_cont(0.5).within_group(seconds).filter(is_answered),
    )
    found = (
        select(Question.brand_id, *counted)
        .where(policy.visible_to(actor), Question.ended_at >= clock.now() - rules.WINDOW)
        .where(Question.state != QuestionState.WITHDRAWN.value)
        .group_by(Question.brand_id)
        .limit(MOST_RATES)
    )
    rows = db.session.execute(found).all()
    codes = members.codes_of({row[0] for row in rows})
    rates = [
        AnswerRate(codes[brand], answered, expired, untold, None if took is None else timedelta(seconds=float(took)))
        for brand, answered, expired, untold, took in rows
    ]
    return sorted(rates, key=lambda each: each.brand)


def _with(found: Select[Question], party: Party, code: str) -> Select[Question]:
    """Those of one counterpart; none for a code of nobody."""
    other, one = Question.platform_id if party is Party.BRAND else Question.brand_id, members.known(code)
    return found.where(false() if one is None else other == one.id)


def _line(row: Question, codes: Mapping[int, str]) -> QuestionLine:
    state = QuestionState(row.state)
    return QuestionLine(
        row.id,
        row.name,
        codes[row.brand_id],
        codes[row.platform_id],
        row.url,
        row.words,
        state,
        row.asked_at,
        row.due_at,
        state is rules.BEGINS and clock.now() >= row.due_at,
    )
