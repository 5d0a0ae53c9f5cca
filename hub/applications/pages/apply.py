"""The public pages: an organisation applies, and proves its contact's address.

What is read of a request is bounded before any of it is parsed. The forms check their token against forged requests
themselves, after that; nobody is signed in here.
"""

from collections.abc import Iterator
from typing import TypeVar

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from hub.access.gate import public
from hub.applications import rules, service
from hub.applications.forms import ApplicationForm, ConfirmationForm
from hub.web.filters import opening

Form = TypeVar("Form", bound=FlaskForm)

blueprint = Blueprint("apply", __name__)
TOO_MUCH = "What was sent is too large: nothing of it was read"
SENT_AGAIN = 24 * 3600
"""Seconds until who applied or confirmed too often may again."""


@blueprint.get("/apply")
@public("an organisation that is no member yet applies")
def ask() -> Response:
    """The form."""
    return _ask(ApplicationForm(formdata=None))


@blueprint.post("/apply")
@public("an organisation that is no member yet applies")
def send() -> Answer:
    """Take it; the answer is the same whatever is known of the organisation or the address."""
    form = _bounded(ApplicationForm, rules.LONGEST_FORM)
    if form is None:
        return _ask(_refused(ApplicationForm(formdata=None), TOO_MUCH), 413)
    if not form.validate():
        return _ask(form, 422)
    try:
        service.apply(form.facts, request.remote_addr or "::")
    except service.TooManyApplicationsError:
        return _tomorrow(_ask(_refused(form, "No more applications are taken from here today: send it again tomorrow")))
    return redirect(url_for("apply.sent"), 303)


@blueprint.get("/apply/sent")
@public("tells who applied what comes next")
def sent() -> str:
    """What comes next."""
    return render_template("applications/sent.html", days=rules.KEPT_UNCONFIRMED.days)


@blueprint.get("/apply/confirmation/<key>")
@public("who has the key from the letter proves the address")
def offer(key: str) -> Response:
    """Where documents are added and the application is confirmed: by a press of a button, since letters are scanned."""
    if not service.awaits_confirmation(key):
        return _gone()
    return _offer(key, ConfirmationForm(formdata=None))


@blueprint.post("/apply/confirmation/<key>")
@public("who has the key from the letter proves the address")
def confirm(key: str) -> Answer:
    """Take the proof and the documents; nothing is read of a request whose key is not good."""
    if not service.awaits_confirmation(key):
        return _gone()
    form = _bounded(ConfirmationForm, service.LARGEST_UPLOAD)
    if form is None:
        return _offer(key, _refused(ConfirmationForm(formdata=None), TOO_MUCH), 413)
    if not form.validate():
        return _offer(key, form, 422)
    try:
        service.confirm(key, _uploads())
    except service.DocumentError as error:
        return _offer(key, _refused(form, opening(error)), 422)
    except service.UnknownApplicationError:
        return _gone()
    except service.TooManyApplicationsError:
        return _tomorrow(_offer(key, _refused(form, "No more applications are taken today: confirm it again tomorrow")))
    return redirect(url_for("apply.confirmed"), 303)


@blueprint.get("/apply/confirmed")
@public("tells who applied what comes next")
def confirmed() -> str:
    """What comes next."""
    return render_template("applications/confirmed.html")


def _bounded(form: type[Form], most: int) -> Form | None:
    """What was sent, of so many bytes at most; None for more."""
    request.max_content_length = most
    try:
        filled: Form = form()
    except RequestEntityTooLarge:
        return None
    return filled


def _uploads() -> Iterator[service.Upload]:
    """One after the other, so that one is in memory at a time; a field left empty is no file."""
    for each in request.files.getlist("documents"):
        if each.filename:
            yield service.Upload(each.filename, each.stream.read(service.LARGEST_DOCUMENT + 1))


def _refused(form: Form, words: str) -> Form:
    form.form_errors.append(words)
    return form


def _ask(form: ApplicationForm, status: int = 200) -> Response:
    return make_response(render_template("applications/apply.html", form=form), status)


def _offer(key: str, form: ConfirmationForm, status: int = 200) -> Response:
    page = render_template(
        "applications/confirm.html",
        form=form,
        key=key,
        most=service.MOST_DOCUMENTS,
        megabytes=service.LARGEST_DOCUMENT // 2**20,
    )
    return make_response(page, status)


def _tomorrow(response: Response) -> Response:
    response.status_code = 429
    response.headers["Retry-After"] = str(SENT_AGAIN)
    return response


def _gone() -> Response:
    return make_response(render_template("applications/gone.html"), 404)
