"""The portal: what becomes of what I ordered, and what do you need from me?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from marshmallow import ValidationError

from services.orders import cancellations, claims, decisions, images, lateness, listing, samples, views
from services.orders.asked_for import the_order
from services.orders.listing import COLUMNS, Filters, order_key
from services.orders.schemas.orders import OrderFilters
from services.orders.sentences import tell_expected, tell_held_up, tell_timeline
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import serving, transaction
from shared.web.pagination import cursor_of, key_of
from shared.web.problems import Problem
from shared.web.spreadsheets import download

desk = Blueprint("portal", __name__, url_prefix="/orders", template_folder="../templates")


FILTERS = OrderFilters()
DECISIONS = 10
"""Of each kind on one page; deciding about one makes room for the next."""


@desk.get("/")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def home() -> str:
    """What we need from you, then the orders, newest first, a page at a time, all or those looked for."""
    asked, errors = _filters()
    after = key_of(request.args.get("after"), order_key)
    with transaction() as session:
        found, last = listing.page_of_orders(session, current(), Filters(**asked), after=after)
        orders = [views.order_as_dict(order, pages.language()) for order in found]
        blocked = views.blocked_lines(session, current(), limit=DECISIONS + 1)
        asked_of_you = decisions.open_decisions(session, current(), limit=DECISIONS + 1)
        unsaid = views.to_acknowledge(session, current(), limit=DECISIONS + 1) if _is_buyer() else ()
        waited_for = [each for each in samples.list_samples(session, current()) if each["waiting"]]
    return render_template(
        "portal.html",
        samples=waited_for[:DECISIONS],
        orders=orders,
        blocked=blocked[:DECISIONS],
        decisions=asked_of_you[:DECISIONS],
        unsaid=unsaid[:DECISIONS],
        more_decisions=max(map(len, (blocked, asked_of_you, unsaid, waited_for))) > DECISIONS,
        most=listing.MOST_LINES,
        next=last and {**_typed(), "after": cursor_of(last)},
        states=listing.STATES,
        typed=_typed(),
        errors=errors,
    )


@desk.get("/list.csv")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def table() -> Response:
    """The list for a spreadsheet."""
    asked, wrong = _filters()
    if wrong:
        errors = [{"field": field, "message": pages.said(told)} for field, told in wrong.items()]
        raise Problem(422, "Not valid", errors=errors)
    found = listing.all_orders(serving().database, current(), Filters(**asked))
    return download("orders.csv", COLUMNS, ([row[name] for name in COLUMNS] for row in found))


def _typed() -> dict[str, str]:
    """The filters as they were typed; an empty field filters nothing."""
    return {name: request.args[name] for name in FILTERS.fields if request.args.get(name)}


def _filters() -> tuple[dict[str, Any], dict[str, Any]]:
    """The filters that hold, and what is wrong with the others."""
    try:
        return FILTERS.load(_typed()), {}
    except ValidationError as error:
        return {}, {name: messages[0] for name, messages in error.messages_dict.items()}


def _is_buyer() -> bool:
    return current().role == BUYER


REQUESTS = 20
"""Cancellations, decisions and claims on one page, the newest of each first."""
STEPS = 150
"""Steps of a timeline on one page, so that it stays under 150 kB."""


@desk.get("/order/<uuid:order_id>")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def one_order(order_id: UUID) -> str:
    """Some lines of an order, the newest part of its timeline, and what it waits for."""
    before, from_line = key_of(request.args.get("before"), UUID), request.args.get("from", 1, int)
    with transaction() as session:
        order = the_order(session, order_id)
        found = views.newest_of_timeline(session, order_id, limit=STEPS + 1, before=before)
        entries = tell_timeline(session, found[-STEPS:], pages.language())
        shown = views.order_in_full(session, order, pages.language())
        held_up = tell_held_up(session, order_id, pages.language())
        expected = held_up + tell_expected(session, shown["lines"], pages.language())
        requests = cancellations.of_order(session, order_id)
        asked = decisions.decisions_of(session, order_id)
        pictured = images.items_with_image(session, {line["sku"] for line in shown["lines"]})
        claimed = claims.claims_of(session, order, limit=REQUESTS)
        warned = lateness.standing_warnings(session, order_id, pages.language())
    return render_template(
        "order.html",
        order=shown,
        lines=shown["lines"][max(from_line, 1) - 1 :][: listing.MOST_LINES],
        entries=entries,
        requests=requests[:REQUESTS],
        decisions=asked[:REQUESTS],
        claims=claimed,
        warnings=warned[:REQUESTS],
        pictured=pictured,
        may_change=_is_buyer(),
        may_choose=current().role == COMPLIANCE,
        earlier=cursor_of(str(found[1]["event_id"])) if len(found) > STEPS else None,
        expected=[] if before else expected,
    )
