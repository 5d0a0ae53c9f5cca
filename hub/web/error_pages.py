"""The page a person sees when a request fails; the API's problem documents are in hub/web/problems.py."""

from dataclasses import dataclass

from flask import render_template


@dataclass(frozen=True)
class ErrorPage:
    """What happened and what to do about it, in the reader's words."""

    title: str
    what: str
    remedy: str
    icon: str


PAGES = {
    400: ErrorPage(
        "That request could not be read",
        "The form may have been open for too long, or was sent from another page.",
        "Go back, reload the page and send it again. Nothing was changed.",
        "alert-triangle",
    ),
    403: ErrorPage(
        "Your role does not allow this",
        "You are signed in, but people of your kind of member do not do this here.",
        "If you think they should, ask the office of your alliance.",
        "ban",
    ),
    404: ErrorPage(
        "There is nothing here for you",
        "Either this page does not exist, or what it shows is not yours to see. The hub gives the same answer to both.",
        "Check the address, or start again from the overview.",
        "inbox",
    ),
    409: ErrorPage(
        "Somebody was quicker",
        "What you were about to change was changed since you opened the page. Your change was not made.",
        "Reload the page, look at what it says now, and decide again.",
        "arrows-join",
    ),
    429: ErrorPage(
        "Too many tries",
        "This was tried too often in a short time, so the hub waits before it listens again.",
        "Try again in a few minutes.",
        "hourglass-low",
    ),
    500: ErrorPage(
        "The hub made an error",
        "This is our fault, not yours. What you asked for was not done, and nothing is half done: an exchange that is "
        "not on record did not happen.",
        "Try again. If it happens again, give the operator the reference below.",
        "alert-triangle",
    ),
    503: ErrorPage(
        "A part of the hub is not available",
        "It is being started, updated or repaired. Nothing that is on record is lost.",
        "Try again in a minute.",
        "hourglass-low",
    ),
}
OF_A_PROBLEM = {
    "not-authorised": ErrorPage(
        "You act for this brand no more",
        "What it authorised your member to has ended, or one of the two may not exchange at present. Nothing was done.",
        "Start again from the overview: it is your own. An owner of the brand can authorise your member anew.",
        "ban",
    )
}
"""Problems of the API that a page tells more about than their status does."""
NEAREST = {401: 403, 405: 404, 410: 404, 413: 400, 415: 400, 422: 400, 502: 503, 504: 503}
"""Statuses without a page of their own, and the page that says it well enough."""


def error_page(status: int, request_id: str = "", problem: str = "") -> tuple[str, int]:
    """HTML and status for a failed request. Needs no session, no database and no actor, so that it never fails itself.

    The request id is shown only where the hub is at fault, so that all 404s have one and the same body.
    """
    page = PAGES.get(NEAREST.get(status, status), PAGES[500 if status >= 500 else 400])
    page = OF_A_PROBLEM.get(problem, page)
    reference = request_id if status >= 500 else ""
    return render_template("errors/error.html", page=page, status=status, reference=reference), status
