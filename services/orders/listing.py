"""Lists of orders: newest first, by key, filtered; each filter has an index that keeps the list's order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    RowMapping,
    Uuid,
    case,
    exists,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from services.orders.domain.order import Order
from services.orders.storage import order as orders
from services.orders.storage import order_line
from services.orders.views import mine
from shared.database import Database
from shared.web.access import Principal

OPEN_STATES = ("in_progress", "on_hold", "blocked")
STATES = (*OPEN_STATES, "closed")
OPEN = order_line.c.stage != "closed"

STATE = case(
    (func.coalesce(func.bool_and(~OPEN), True), "closed"),
    (func.bool_and(order_line.c.stage == "blocked").filter(OPEN), "blocked"),
    (func.bool_and(order_line.c.stage.in_(("blocked", "on_hold"))).filter(OPEN), "on_hold"),
    else_="in_progress",
)
"""``Order.state`` in SQL, over the lines of one order."""

Key = tuple[date, UUID]
"""The place of an order in a list: its day, and its id among those of the day."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which orders; what is not given filters nothing out. Both days belong to the range."""

    state: str | None = None
    placed_from: date | None = None
    placed_to: date | None = None
    sku: str | None = None
    po_number: str | None = None
    po_prefix: str | None = None


ALL = Filters()
COLUMNS = ("id", "buyer", "po_number", "state", "currency", "placed_on", "ordered", "delivered")
"""What a table of orders tells."""


def order_key(text: str) -> Key:
    """The key inside a cursor of this list."""
    day, _, id = text.partition(" ")
    return date.fromisoformat(day), UUID(id)


def list_orders(
    session: Session, principal: Principal, filters: Filters = ALL, *, limit: int, after: Key | None = None
) -> Sequence[RowMapping]:
    """Newest first; one row more than the limit tells that there are more.

    The limit is a parameter, so that PostgreSQL plans each for its own buyer, who may have few orders among a million:
    one plan for all took 40 times as long for such a buyer.
    """
    of_lines = _of_lines(filters)
    found = order_line.alias("found")
    which = _line_to_find_by(filters, found)
    if which is None:
        tables: FromClause = orders
        day, id, one_line = orders.c.placed_on, orders.c.id, []
    else:
        tables = found.join(orders, orders.c.id == found.c.order_id)
        day, id = found.c.placed_on, found.c.order_id
        one_line = [which, found.c.number == of_lines.c.first]
        if principal.account is not None:
            one_line.append(found.c.buyer == principal.account)
    query = (
        select(
            orders.c.id,
            orders.c.buyer,
            orders.c.po_number,
            orders.c.currency,
            orders.c.placed_on,
            *(of_lines.c[name] for name in ("lines", "ordered", "delivered", "state")),
            func.concat(orders.c.placed_on, " ", orders.c.id).label("key"),
        )
        .select_from(tables.join(of_lines, true()))
        .where(mine(principal), *one_line, *_reached(day, id, filters, after))
        .where(*_of_the_order(filters, of_lines))
        .order_by(day.desc(), id.desc())
        .limit(limit + 1)
    )
    return session.execute(query).mappings().all()


def _line_to_find_by(filters: Filters, line: FromClause) -> ColumnElement[bool] | None:
    """What a line must be for its order to be found by it, from an index that has the order of the list.

    Were an item or a state only a condition on the orders, a rare one would be looked for in all there ever
    were. An order in a state has a line at that stage; the orders under way are fewer than those of an item.
    """
    if filters.state in OPEN_STATES or (filters.state and filters.sku is None):
        return line.c.stage == filters.state
    return None if filters.sku is None else line.c.sku == filters.sku


def _of_lines(filters: Filters) -> FromClause:
    """What the lines of an order are together, and the ``first`` of those that it is found by."""
    which = _line_to_find_by(filters, order_line)
    return (
        select(
            func.count().label("lines"),
            func.sum(order_line.c.ordered).label("ordered"),
            func.sum(order_line.c.delivered).label("delivered"),
            STATE.label("state"),
            func.min(order_line.c.number).filter(true() if which is None else which).label("first"),
        )
        .where(order_line.c.order_id == orders.c.id)
        .lateral("of_lines")
    )


def _reached(day: Any, id: Any, filters: Filters, after: Key | None) -> list[Any]:
    """What the order's place in the list must be."""
    conditions = []
    if filters.placed_from is not None:
        conditions.append(day >= filters.placed_from)
    if filters.placed_to is not None:
        conditions.append(day <= filters.placed_to)
    if after is not None:
        conditions.append(tuple_(day, id) < tuple_(literal(after[0], Date), literal(after[1], Uuid)))
    return conditions


def _of_the_order(filters: Filters, of_lines: FromClause) -> list[Any]:
    conditions = []
    if filters.state is not None:
        conditions.append(of_lines.c.state == filters.state)
    if filters.sku is not None and filters.state in OPEN_STATES:  # else it is found by that
        of_item = order_line.alias("of_item")
        of_order = (of_item.c.order_id == orders.c.id) & (of_item.c.buyer == orders.c.buyer)
        conditions.append(exists().where(of_order, of_item.c.sku == filters.sku))
    if filters.po_number is not None:
        conditions.append(orders.c.po_number == filters.po_number)
    if filters.po_prefix is not None:
        # LIKE would be asked only after row security, of every row.
        conditions.append(func.starts_with(orders.c.po_number, filters.po_prefix))
    return conditions


def all_orders(
    database: Database, principal: Principal, filters: Filters, *, at_once: int = 500
) -> Iterator[RowMapping]:
    """The whole list, some at a time, so that no transaction lasts as long as a slow reader."""
    after: Key | None = None
    while True:
        with database.transaction(sees=principal.sees) as session:
            rows = list_orders(session, principal, filters, limit=at_once, after=after)
        yield from rows[:at_once]
        if len(rows) <= at_once:
            return
        after = order_key(rows[at_once - 1]["key"])


MOST_ORDERS, MOST_LINES = 20, 30
"""What the portal shows on one page: so many orders, and of these so many lines, for it to stay under 150 kB."""


def page_of_orders(
    session: Session, principal: Principal, filters: Filters = ALL, *, after: Key | None = None
) -> tuple[list[Order], str | None]:
    """The newest orders after that key, as many as fit on a page, and the key of the last if more follow."""
    found = list_orders(session, principal, filters, limit=MOST_ORDERS, after=after)
    sums = accumulate(row["lines"] for row in found)
    fitting = [
        row for i, (row, sum) in enumerate(zip(found, sums, strict=True)) if not i or sum <= MOST_LINES
    ]
    fitting = fitting[:MOST_ORDERS]
    ids = [row["id"] for row in fitting]
    by_id = {
        order.id: order for order in session.execute(select(Order).where(orders.c.id.in_(ids))).scalars()
    }
    return [by_id[id] for id in ids], fitting[-1]["key"] if len(fitting) < len(found) else None
