"""Placing an order by hand: a form, what would become of it, and then the order."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import ValidationError
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.orders.catalogue import catalogue
from services.orders.domain import routing
from services.orders.domain.payment import TERMS
from services.orders.drafts import list_drafts
from services.orders.handlers import drafting, placing, quoting
from services.orders.quotes import find_quote, quote_as_dict, request_as_quoted
from services.orders.schemas.drafts import DraftRequest
from services.orders.schemas.orders import INCOTERMS, OrderRequest
from shared.clock import business_today
from shared.refusal import Refused, Sentence
from shared.web import pages
from shared.web.access import BUYER, current
from shared.web.context import transaction
from shared.web.problems import Problem, field_errors, not_found

desk = Blueprint("ordering", __name__, url_prefix="/orders", template_folder="../templates")

REQUEST, DRAFT = OrderRequest(), DraftRequest()
DRAFTS = 10
"""Drafts on one page, the newest first; the API lists all."""
MOST_LINES = 25
"""Lines in one form, for it to stay small; more are sent as a file."""
OF_A_LINE = re.compile(r"lines\[(\d{1,4})\]\.")
IN_A_LIST = re.compile(r"(?<=\.(?:address|transit))\[\d+\]\Z")
"""What is wrong with one of several texts is said at the field in which all of them are typed."""
OF_THE_ORDER = ("po_number", "currency", "incoterm", "named_place", "payment_terms")
OF_A_CONSIGNEE = ("name", "address", "country")

Typed = dict[str, Any]
"""The order as it was typed: texts, in the shape of a request."""


@desk.get("/new")
@pages.desk(BUYER)
def new() -> str:
    """An empty form, a draft to go on with, or the order of a quote to be changed."""
    with transaction() as session:
        draft = _draft(session, request.args)
        if "quote" in request.args:
            typed = _mine(session, _id_in(request.args, "quote")).request
        elif "draft" in request.args and draft is None:
            raise not_found("draft")
        else:
            typed = _blank() | (draft.content if draft else {})
    return _form(typed, draft=draft)


@desk.post("/new")
@pages.desk(BUYER)
def ask() -> Any:
    """Another line, one less, or the question what would become of the order."""
    typed, wanted = _typed(request.form), request.form.get("do", "ask")
    if wanted == "add":
        lines = [*typed["lines"], _like(typed["lines"][-1])][:MOST_LINES]
        return _form({**typed, "lines": lines}, draft=_kept_draft())
    if wanted.startswith("remove-"):
        kept = [line for n, line in enumerate(typed["lines"]) if wanted != f"remove-{n}"]
        return _form({**typed, "lines": kept or [{}]}, draft=_kept_draft())
    try:
        return _keep(typed) if wanted == "keep" else _ask(typed)
    except ValidationError as error:
        wrong = {IN_A_LIST.sub("", each["field"]): each["message"] for each in field_errors(error.messages)}
        return _form(typed, wrong, draft=_kept_draft()), 422
    except Refused as refusal:
        return _form(typed, {refusal.field or "": pages.said(refusal)}, draft=_kept_draft()), 422


def _ask(typed: Typed) -> Any:
    order, principal = REQUEST.load(typed), current()
    with transaction() as session:
        id = quoting.ask_quote(session, buyer=principal.account or "", asked_by=principal.id, **order)
        draft = _draft(session, request.form)
    return pages.back_to("ordering.quote", quote_id=id, draft=draft.id if draft else None)


def _keep(typed: Typed) -> Any:
    """Keep the order as far as it is known, in the draft that it came from or in a new one."""
    DRAFT.load(typed)
    principal = current()
    with transaction() as session:
        draft = _draft(session, request.form)
        if draft is None:
            id = drafting.make_draft(
                session, buyer=principal.account or "", made_by=principal.id, content=typed
            )
        elif str(draft.version) != request.form.get("version"):
            raise Refused(
                "Somebody changed this draft meanwhile; what you typed stands here and is not kept yet."
            )
        else:
            id = draft.id
            drafting.amend_draft(session, draft_id=id, content=typed)
    return pages.back_to("ordering.new", draft=id)


@desk.get("/drafts/<uuid:draft_id>/forget")
@pages.desk(BUYER)
def read_draft(draft_id: UUID) -> Any:
    """The draft that could be forgotten, in its form."""
    return pages.back_to("ordering.new", draft=draft_id)


@desk.post("/drafts/<uuid:draft_id>/forget")
@pages.desk(BUYER)
def forget_draft(draft_id: UUID) -> Any:
    """Forget a draft; one that is gone already is no trouble."""
    with transaction() as session:
        draft = drafting.lock_draft(session, buyer=current().account or "", draft_id=draft_id)
        if draft:
            drafting.drop_draft(session, draft_id=draft_id)
    return pages.back_to("ordering.new")


@desk.get("/quotes/<uuid:quote_id>")
@pages.desk(BUYER)
def quote(quote_id: UUID) -> str:
    """What would become of the order; the dates come when production has answered."""
    return _quote(quote_id)


@desk.post("/quotes/<uuid:quote_id>")
@pages.desk(BUYER)
def place(quote_id: UUID) -> Any:
    """Place the order of the quote, as it was shown; the draft that it came from is done with."""
    principal = current()
    try:
        with transaction() as session:
            order = placing.place_order(
                session,
                buyer=principal.account or "",
                placed_by=principal.id,
                **REQUEST.load(request_as_quoted(_mine(session, quote_id))),
            )
            draft = _draft(session, request.form)
            if draft:
                drafting.drop_draft(session, draft_id=draft.id)
    except Refused as refusal:
        return _quote(quote_id, refusal), 422
    return pages.back_to("portal.one_order", order_id=order.id)


def _blank() -> Typed:
    return {"lines": [{}]}


def _id_in(sent: Mapping[str, str], name: str) -> UUID:
    try:
        return UUID(sent[name])
    except ValueError:
        raise not_found(name) from None


def _draft(session: Session, sent: Mapping[str, str]) -> Row[Any] | None:
    """The draft that an address or a form names, locked until the commit; none where it names none or is gone."""
    if not sent.get("draft"):
        return None
    return drafting.lock_draft(session, buyer=current().account or "", draft_id=_id_in(sent, "draft"))


def _kept_draft() -> Row[Any] | None:
    with transaction() as session:
        return _draft(session, request.form)


def _mine(session: Session, quote_id: UUID) -> Row[Any]:
    row = find_quote(session, current().account or "", quote_id)
    if row is None:
        raise not_found("quote")
    return row


def _quote(quote_id: UUID, refusal: Refused | None = None) -> str:
    with transaction() as session:
        shown = quote_as_dict(_mine(session, quote_id), business_today(session), pages.language())
        draft = _draft(session, request.values)
    return render_template("quote.html", quote=shown, refusal=refusal, draft=draft)


def _form(typed: Typed, wrong: dict[str, str] | None = None, *, draft: Row[Any] | None = None) -> str:
    with transaction() as session:
        drafts = list_drafts(session, current().account or "", limit=DRAFTS, after=None)
        items = catalogue(session, business_today(session))
    return render_template(
        "new_order.html",
        typed=typed,
        wrong=wrong or {},
        items=items,
        currencies=sorted({price["currency"] for item in items for price in item["prices"]}),
        incoterms=INCOTERMS,
        terms=TERMS,
        as_typed=routing.as_typed,
        most=MOST_LINES,
        draft=draft,
        drafts=drafts[:DRAFTS],
    )


def _like(line: Typed) -> Typed:
    """A further line goes, as a rule, to the same consignee by the same day and way."""
    return {name: line[name] for name in ("requested_date", "consignee", "transit") if name in line}


def _typed(form: MultiDict[str, str]) -> Typed:
    """The form in the shape of a request; what was left empty is not there."""
    header = {name: form[name] for name in OF_THE_ORDER if form.get(name)}
    numbers = sorted({int(found[1]) for found in map(OF_A_LINE.match, form) if found})
    if len(numbers) > MOST_LINES:
        raise Problem(
            422,
            "Too many lines",
            Sentence("Send up to {most} lines by this form, more as a file.", most=MOST_LINES),
        )
    return {**header, "lines": [_line(form, f"lines[{n}].") for n in numbers] or [{}]}


def _line(form: MultiDict[str, str], prefix: str) -> Typed:
    plain = ("sku", "requested_date", "unit_price")
    line: Typed = {name: form[prefix + name] for name in plain if form.get(prefix + name)}
    route = routing.typed(form.get(f"{prefix}transit", ""))
    if route is not None:
        line["transit"] = route
    pieces = form.get(f"{prefix}quantity", "").strip()
    if pieces:
        line["quantity"] = (
            int(pieces) if pieces.isascii() and pieces.isdigit() and len(pieces) < 10 else pieces
        )
    consignee: Typed = {
        name: form[f"{prefix}consignee.{name}"]
        for name in OF_A_CONSIGNEE
        if form.get(f"{prefix}consignee.{name}")
    }
    if "address" in consignee:
        consignee["address"] = [each for each in consignee["address"].splitlines() if each.strip()]
    return {**line, "consignee": consignee}
