"""Pages of questions: the inbox of both sides with answers on many at once, one question, and the form to ask."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.dialogue import section as dialogue
from hub.dialogue.forms import MessageForm
from hub.listing_reports import service as reports
from hub.members import service as members
from hub.questions import policy, rules, service
from hub.questions.forms import AnswerForm, AskForm, ticked
from hub.questions.rules import Party, QuestionState, RefusedStepError, WordsError
from hub.questions.service import UnknownQuestionError, Wanted
from hub.rights import service as rights
from hub.sheets.table import SheetError
from hub.web.filters import opening
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("questions", __name__)
PLACE = ("state", "brand", "platform", "right", "cursor")
"""What says in the address which part of the list is shown, and the right that is chosen: its forms lead back to it."""
STATES = tuple((each.value, opening(each.value)) for each in QuestionState)


@blueprint.get("/questions")
@requires(Permission.QUESTION_READ)
def inbox() -> Response:
    """The questions that the reader's platform asked, or that its brand was asked; newest first."""
    return _inbox(_answer_form(bound=False))


@blueprint.get("/questions/new")
@requires(Permission.QUESTION_ASK)
def new() -> Response:
    """The form to ask."""
    return _new(AskForm(formdata=None, time_zone="UTC"))


@blueprint.post("/questions/new")
@requires(Permission.QUESTION_ASK)
def ask() -> Answer:
    """Say what is to be mended, row by row; or ask, once nothing is."""
    form, wanted = AskForm(), "ask" in request.form
    if not form.validate_on_submit():
        return _new(form, status=422)
    try:
        asked = service.ask(actor(), form.draft) if wanted else service.check(actor(), form.draft)
    except SheetError as error:
        form.rows.errors = [opening(error)]
        return _new(form, status=422)
    except WordsError as error:
        db.session.rollback()
        form[error.field].errors = [opening(error)]
        return _new(form, status=422)
    if not asked.names:
        db.session.rollback()
        return _new(form, asked, 422 if wanted else 200)
    db.session.commit()
    flash(f"{len(asked.names):,} asked, and on record; the brand reads it.", "success")
    return redirect(url_for("questions.inbox"), 303)


@blueprint.get("/questions/<name>")
@requires(Permission.QUESTION_READ)
def one(name: str) -> Response:
    """A question, its answer, what was written about it, and what the reader may do with it."""
    return _one(name, _answer_form(bound=False))


@blueprint.post("/questions/<name>/messages")
@requires(Permission.QUESTION_READ)
def say(name: str) -> Answer:
    """Write to the other party; who asks or answers questions may."""
    me, form = actor(), MessageForm()
    me.must(policy.needed(me))
    try:
        done = dialogue.said(service.say, name, form)
    except UnknownQuestionError:
        abort(404)
    if not done:
        return _one(name, _answer_form(bound=False), 422, form)
    return redirect(url_for("questions.one", name=name, _anchor=dialogue.ANCHOR), 303)


@blueprint.post("/questions/answers")
@requires(Permission.QUESTION_ANSWER)
def answer() -> Answer:
    """Answer the questions that are ticked, alike."""
    form, names = _answer_form(), ticked()
    try:
        if form.validate_on_submit():
            service.answer(actor(), names, form.said)
            return _done(names, "Answered, and on record; the platform reads it.")
    except UnknownQuestionError:
        abort(404)
    except WordsError as error:
        db.session.rollback()
        form[error.field if error.field in form else "answer"].errors = [opening(error)]
    except RefusedStepError as error:
        db.session.rollback()
        form.form_errors.append(opening(error))
    return _again(names, form)


@blueprint.post("/questions/withdrawals")
@requires(Permission.QUESTION_ASK)
def withdraw() -> Answer:
    """Take back the questions that are ticked."""
    names = ticked()
    try:
        service.withdraw(actor(), names)
    except UnknownQuestionError:
        abort(404)
    except (WordsError, RefusedStepError) as error:
        db.session.rollback()
        flash(f"{opening(error)}.", "error")
        return _again(names, _answer_form(bound=False))
    return _done(names, "Withdrawn, and on record.")


def _inbox(form: AnswerForm, status: int = 200) -> Response:
    me, state = actor(), Filter.of(request.args, "state", "State", STATES)
    party = "brand" if policy.party(me) is Party.PLATFORM else "platform"
    other = Filter.of(request.args, party, opening(party), tuple(reports.counterparts(me).items()))
    wanted = Wanted(QuestionState(state.value) if state.value else None, other.value or None)
    shown = {
        "page": shown_page(partial(service.questions, me, wanted), "questions"),
        "filters": Filters((state, other)),
        "rates": [] if request.args.get("cursor") else service.answer_rates(me),
        "ticked": ticked(),
        "place": _place(),
    }
    return make_response(render_template("questions/list.html", **shown, **_reader(form)), status)


def _one(name: str, form: AnswerForm, status: int = 200, message: MessageForm | None = None) -> Response:
    me = actor()
    try:
        shown = service.question(me, name)
    except UnknownQuestionError:
        abort(404)
    told = rules.DECLARATIONS.get(shown.declaration or 0)
    thread = dialogue.section(service.thread, name, message, may_write=me.may(policy.needed(me)))
    page = render_template("questions/one.html", shown=shown, told=told, **thread, **_reader(form))
    return make_response(page, status)


def _new(form: AskForm, looked: service.Asked | None = None, status: int = 200) -> Response:
    form.brand.choices = {"": "Choose a brand"} | members.in_standing(MemberKind.BRAND)
    return make_response(render_template("questions/new.html", form=form, looked=looked), status)


def _reader(form: AnswerForm) -> dict[str, object]:
    """What the pages of both sides are told of their reader."""
    me = actor()
    return {
        "form": form,
        "platform": policy.party(me) is Party.PLATFORM,
        "may_ask": me.may(Permission.QUESTION_ASK),
        "may_answer": me.may(Permission.QUESTION_ANSWER),
        "declaration": rules.DECLARATIONS[rules.DECLARATION],
        "spoken": rules.spoken,
    }


def _answer_form(*, bound: bool = True) -> AnswerForm:
    """With the rights that a fake may infringe."""
    me, chosen = actor(), request.args.get("right", "")
    form = AnswerForm() if bound else AnswerForm(formdata=None, right=chosen)
    own = rights.choices(me, form.right.data or "") if me.may(Permission.QUESTION_ANSWER) else {}
    form.right.choices = {"": "None", **own}
    return form


def _alone(names: list[str]) -> bool:
    """Whether they were sent from the page of one question, and not from the list."""
    return len(names) == 1 and "listed" not in request.form


def _place() -> dict[str, Any]:
    """Which part of the list the address names."""
    return {each: request.args[each] for each in PLACE if request.args.get(each)}


def _again(names: list[str], form: AnswerForm) -> Response:
    """The page that they were sent from, as it was, with what is to be mended."""
    return _one(names[0], form, 422) if _alone(names) else _inbox(form, 422)


def _done(names: list[str], words: str) -> Answer:
    """Back to the page that they were sent from."""
    flash(words, "success")
    page = url_for("questions.one", name=names[0]) if _alone(names) else url_for("questions.inbox", **_place())
    return redirect(page, 303)
