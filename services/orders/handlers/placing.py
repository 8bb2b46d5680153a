"""Placing an order."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import Row, Text, bindparam, func, select
from sqlalchemy.orm import Session

from services.orders import policies, timeline
from services.orders.catalogue import price_list
from services.orders.domain.destination_policy import Rule, screen
from services.orders.domain.order import Line, Order, must_be_a_day
from services.orders.samples import newest_verdict
from services.orders.storage import buyer as buyers
from services.orders.storage import item as items
from services.orders.storage import order as orders
from shared.clock import business_today
from shared.database import among_those
from shared.events.orders import PaymentTerms
from shared.refusal import Refused

# What each order asks is put together once, for that takes longer than to run it.
ALONE = select(func.pg_advisory_xact_lock(func.hashtext(bindparam("named", type_=Text))))
ORDER_OF = select(orders.c.id).where(
    orders.c.buyer == bindparam("of_buyer"), orders.c.po_number == bindparam("number")
)
BUYER = select(buyers, ORDER_OF.scalar_subquery().label("earlier")).where(
    buyers.c.code == bindparam("of_buyer")
)
ITEMS = select(items).where(among_those(items.c.sku, "skus"))


class Particulars(TypedDict):
    """What an order says; ``lines`` are of the shape that the API takes."""

    buyer: str
    placed_by: str
    po_number: str
    currency: str
    incoterm: str
    named_place: str
    lines: Sequence[dict[str, Any]]
    payment_terms: NotRequired[PaymentTerms]
    drafted_by: NotRequired[str]


def place_order(session: Session, **asked: Unpack[Particulars]) -> Order:
    """Take an order, screen each line by its destination, and hold or clear it."""
    return keep(session, new_order(session, **asked))


def keep(session: Session, order: Order) -> Order:
    """Keep a new order as placed."""
    placed = order.place()
    session.add(order)
    session.flush()
    timeline.tell(session, *placed)
    return order


def new_order(session: Session, **asked: Unpack[Particulars]) -> Order:
    """The order as it would be placed today, each line screened; nothing is written."""
    today = business_today(session)
    # before the item and its seller, which no screening to come misses then
    rules = policies.in_force(session, today)
    buyer = _buyer_of_first(session, asked["buyer"], asked["po_number"])
    return Order(
        id=uuid7s.uuid7(),
        buyer=buyer.code,
        buyer_name=buyer.name,
        po_number=asked["po_number"],
        currency=asked["currency"],
        incoterm=asked["incoterm"],
        named_place=asked["named_place"],
        placed_by=asked["placed_by"],
        placed_on=today,
        lines=_new_lines(session, buyer, asked["currency"], asked["lines"], today, rules),
        payment_terms=asked.get("payment_terms", "open_account"),
        drafted_by=asked.get("drafted_by"),
    )


def order_of(session: Session, buyer: str, po_number: str) -> UUID | None:
    """The order that the buyer placed under a number; nobody else places one under it until the commit."""
    return session.execute(ORDER_OF, _alone_under(session, buyer, po_number)).scalar_one_or_none()


def _buyer_of_first(session: Session, code: str, po_number: str) -> Row[Any]:
    """The buyer, who placed no order under the number."""
    buyer = session.execute(BUYER, _alone_under(session, code, po_number)).one()
    if buyer.earlier:
        raise Refused(
            "You already placed {po_number} as order {earlier}; give a new number.",
            field="po_number",
            po_number=po_number,
            earlier=buyer.earlier,
        )
    return buyer


def _alone_under(session: Session, buyer: str, po_number: str) -> dict[str, str]:
    """Keep others from the buyer's number until the commit; what a look for its order asks."""
    session.execute(ALONE, {"named": f"{buyer}\n{po_number}"})
    return {"of_buyer": buyer, "number": po_number}


def _new_lines(
    session: Session,
    buyer: Row[Any],
    currency: str,
    lines: Sequence[dict[str, Any]],
    today: date,
    rules: Sequence[Rule],
) -> list[Line]:
    skus = {line["sku"] for line in lines}
    known = _known(session, skus)
    prices = price_list(session, skus, today)
    families = policies.families_in(buyer.particulars)
    made = []
    for index, asked in enumerate(lines):
        item, price = _offered(known, prices, currency, index, asked)
        must_be_a_day(asked["requested_date"], today, f"lines[{index}]")
        consignee = asked["consignee"]
        transit = asked.get("transit")
        goods = policies.goods(
            item.published,
            destination=consignee["country"],
            transit=transit,
            delivery=asked["requested_date"],
            prison_families=families,
        )
        screening = screen(goods, rules)
        sample = item.published.get("golden_sample")
        if sample and newest_verdict(session, buyer.code, item.sku, sample) == "approved":
            sample = None
        made.append(
            Line(
                number=index + 1,
                sku=asked["sku"],
                item_version=item.version,
                unit_price=price,
                requested_date=asked["requested_date"],
                consignee_name=consignee["name"],
                consignee_address=list(consignee["address"]),
                destination=consignee["country"],
                transit=transit,
                ordered=asked["quantity"],
                action=screening.action,
                policies=list(screening.policies),
                needs=list(screening.needs),
                law=list(screening.law),
                explanation_en=screening.explanation_en,
                explanation_id=screening.explanation_id,
                if_free=screening.if_free,
                awaited_sample=sample,
            )
        )
    return made


def _offered(
    known: Mapping[str, Row[Any]],
    prices: Mapping[tuple[str, str], Decimal],
    currency: str,
    index: int,
    asked: Mapping[str, Any],
) -> tuple[Row[Any], Decimal]:
    """The item that a line asks for, and what a piece of it costs."""
    item = known.get(asked["sku"])
    if item is None:
        raise Refused(
            "The catalogue has no {sku}; see /orders/v1/catalogue.",
            field=f"lines[{index}].sku",
            sku=asked["sku"],
        )
    price = _price(prices, asked["sku"], currency)
    if asked.get("unit_price") not in (None, price):
        raise Refused(
            "The catalogue's price is {price} {currency}.",
            field=f"lines[{index}].unit_price",
            price=price,
            currency=currency,
        )
    return item, price


def _known(session: Session, skus: Collection[str]) -> dict[str, Row[Any]]:
    """The items. One that asks for a sample stays as it is until the commit, so that no verdict is missed."""
    known = {row.sku: row for row in session.execute(ITEMS, {"skus": list(skus)})}
    asking = [sku for sku, row in known.items() if row.published.get("golden_sample")]
    if asking:
        again = ITEMS.order_by(items.c.sku).with_for_update(read=True)
        known |= {row.sku: row for row in session.execute(again, {"skus": asking})}
    return known


def _price(prices: Mapping[tuple[str, str], Decimal], sku: str, currency: str) -> Decimal:
    price = prices.get((sku, currency))
    if price is None:
        known = ", ".join(sorted(other for priced, other in prices if priced == sku)) or "no currency yet"
        raise Refused(
            "{sku} has no price in {currency}; it has one in {known}.",
            field="currency",
            sku=sku,
            currency=currency,
            known=known,
        )
    return price
