"""Pages of authorised sellers: the brand's own list, the form for one or many, and the end of an entry."""

from functools import partial

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.authorised_sellers import service
from hub.authorised_sellers.forms import FIELDS, SellersForm
from hub.authorised_sellers.rules import MOST_AT_ONCE
from hub.authorised_sellers.service import Added, UnknownSellerError
from hub.db import db
from hub.sheets.table import SheetError
from hub.web.filters import opening
from hub.web.pagination import shown_page

blueprint = Blueprint("authorised_sellers", __name__)


@blueprint.get("/authorised-sellers")
@requires(Permission.SELLER_MANAGE)
def own() -> str:
    """The list of the reader's brand, or what was ended of it; newest first."""
    me, ended = actor(), request.args.get("ended") == "y"
    page = shown_page(partial(service.sellers, me, ended=ended), f"sellers {ended}")
    return render_template("authorised_sellers/list.html", page=page, ended=ended)


@blueprint.get("/authorised-sellers/new")
@requires(Permission.SELLER_MANAGE)
def new() -> Response:
    """The form for one seller, and the one for many."""
    return _new(SellersForm(formdata=None))


@blueprint.post("/authorised-sellers/new")
@requires(Permission.SELLER_MANAGE)
def add() -> Answer:
    """Put them on the list; or say what is to be mended, row by row."""
    form = SellersForm()
    if not form.validate_on_submit():
        return _new(form, status=422)
    try:
        added = service.add(actor(), form.read_rows())
    except SheetError as error:
        form.rows.errors = [opening(error)]
        return _new(form, status=422)
    if added.faults:
        db.session.rollback()
        return _new(form, None if form.refuse(added) else added, status=422)
    db.session.commit()
    count = len(added.names)
    flash("The seller is on your list." if count == 1 else f"{count:,} sellers are on your list.", "success")
    return redirect(url_for("authorised_sellers.own"), 303)


@blueprint.post("/authorised-sellers/<name>/end")
@requires(Permission.SELLER_MANAGE)
def end(name: str) -> Answer:
    """End an entry."""
    try:
        service.end(actor(), name)
    except UnknownSellerError:
        abort(404)
    flash("The entry is ended: nothing is held against it any more.", "success")
    return redirect(url_for("authorised_sellers.own"), 303)


def _new(form: SellersForm, looked: Added | None = None, status: int = 200) -> Response:
    shown = {"form": form, "looked": looked, "fields": FIELDS, "most": MOST_AT_ONCE}
    return make_response(render_template("authorised_sellers/new.html", **shown), status)
