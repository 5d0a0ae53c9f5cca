"""Commands and queries on questions: one file each, all of them named here."""

from hub.questions.service.answer import Answer, UnknownQuestionError, answer, withdraw
from hub.questions.service.ask import Asked, Draft, ask, check
from hub.questions.service.expire import expire_due
from hub.questions.service.messages import say, thread
from hub.questions.service.read import (
    AnswerRate,
    QuestionLine,
    ShownQuestion,
    Wanted,
    answer_rates,
    question,
    questions,
)

__all__ = [
    "Answer",
    "AnswerRate",
    "Asked",
    "Draft",
    "QuestionLine",
    "ShownQuestion",
    "UnknownQuestionError",
    "Wanted",
    "answer",
    "answer_rates",
    "ask",
    "check",
    "expire_due",
    "question",
    "questions",
    "say",
    "thread",
    "withdraw",
]
