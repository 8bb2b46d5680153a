"""What the orders service shows: reads only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from services.orders.domain.order import RELEASE_ROLES, Line, Order
from services.orders.storage import (
    QUANTITIES,
    hold,
    item,
    order_line,
    timeline,
    webhook_delivery,
    webhook_endpoint,
)
from services.orders.storage import order as orders
from shared.web.access import BUYER, Principal


def mine(principal: Principal) -> Any:
    """The one place that says which orders a principal may see."""
    return orders.c.buyer == principal.account if principal.role == BUYER else orders.c.id.is_not(None)


def find_order(session: Session, principal: Principal, order_id: UUID) -> Order | None:
    return session.execute(select(Order).where(orders.c.id == order_id, mine(principal))).scalar_one_or_none()


def order_as_dict(order: Order, language: str = "en") -> dict[str, Any]:
    return {
        "id": order.id,
        "buyer": order.buyer,
        "buyer_name": order.buyer_name,
        "po_number": order.po_number,
        "state": order.state,
        "currency": order.currency,
        "incoterm": order.incoterm,
        "named_place": order.named_place,
        "placed_on": order.placed_on,
        "lines": [line_as_dict(line, language) for line in order.lines],
    }


def line_as_dict(line: Line, language: str = "en") -> dict[str, Any]:
    quantities = {name: getattr(line, name) for name in QUANTITIES}
    return {
        "number": line.number,
        "sku": line.sku,
        "state": line.state,
        **quantities,
        "quantities": quantities,
        "unit_price": line.unit_price,
        "requested_date": line.requested_date,
        "promised_date": line.promised_date,
        "destination": line.destination,
        "consignee": {
            "name": line.consignee_name,
            "address": line.consignee_address,
            "country": line.destination,
        },
        "hold": _hold(line, language),
    }


def _hold(line: Line, language: str) -> dict[str, Any] | None:
    """Why the line waits or may not go; nothing if it is free to go on."""
    waiting = line.open_hold
    if not line.blocked and waiting is None:
        return None
    return {
        "purpose": waiting.purpose if waiting else None,
        "policies": line.policies,
        "law": line.law,
        "explanation": line.explanation_id if language == "id" else line.explanation_en,
        "releasable": not line.blocked,
        "needs": line.needs,
        "released_by": [] if line.blocked else list(RELEASE_ROLES),
        "signatures": [{"role": s.role, "signed_on": s.signed_on} for s in waiting.signatures]
        if waiting
        else [],
    }


def list_orders(
    session: Session, principal: Principal, *, limit: int, after: UUID | None
) -> Sequence[RowMapping]:
    """Newest first; one row more than the limit tells that there are more."""
    totals = (
        select(
            order_line.c.order_id,
            func.sum(order_line.c.ordered).label("ordered"),
            func.sum(order_line.c.delivered).label("delivered"),
        )
        .group_by(order_line.c.order_id)
        .subquery()
    )
    query = (
        select(orders.c.id, orders.c.po_number, orders.c.placed_on, totals.c.ordered, totals.c.delivered)
        .join(totals, totals.c.order_id == orders.c.id)
        .where(mine(principal))
        .order_by(orders.c.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(orders.c.id < after)
    return session.execute(query).mappings().all()


def recent_orders(session: Session, principal: Principal, limit: int = 20) -> Sequence[Order]:
    """The newest orders with their lines, for the portal."""
    query = select(Order).where(mine(principal)).order_by(orders.c.id.desc()).limit(limit)
    return session.execute(query).scalars().all()


def waiting_for_release(session: Session) -> list[tuple[Order, Line]]:
    """Each line that waits for a signature, oldest order first."""
    holding = select(hold.c.order_id).distinct()
    query = select(Order).where(orders.c.id.in_(holding)).order_by(orders.c.id)
    return [(o, line) for o in session.execute(query).scalars() for line in o.lines if line.open_hold]


def timeline_of(session: Session, order_id: UUID) -> Sequence[RowMapping]:
    """Every event of an order from all services, by when it happened."""
    query = (
        select(timeline)
        .where(timeline.c.order_id == order_id)
        .order_by(timeline.c.occurred_at, timeline.c.event_id)
    )
    return session.execute(query).mappings().all()


def catalogue(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(select(item).order_by(item.c.sku))
    return [{**row.published, "unit_price": row.unit_price, "currency": row.currency} for row in rows]


def webhooks_of(session: Session, buyer: str) -> Sequence[RowMapping]:
    query = (
        select(webhook_endpoint.c.id, webhook_endpoint.c.url)
        .where(webhook_endpoint.c.buyer == buyer, webhook_endpoint.c.removed_at.is_(None))
        .order_by(webhook_endpoint.c.id)
    )
    return session.execute(query).mappings().all()


def had_webhook(session: Session, buyer: str, endpoint_id: UUID) -> bool:
    """Whether the endpoint is the buyer's, or was before they removed it."""
    mine = (webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
    return session.execute(select(webhook_endpoint.c.id).where(*mine)).one_or_none() is not None


def deliveries_of(
    session: Session, buyer: str, endpoint_id: UUID, *, limit: int, after: int | None
) -> Sequence[RowMapping]:
    """The deliveries of one of the buyer's endpoints, newest first."""
    query = (
        select(
            webhook_delivery.c.id,
            timeline.c.type,
            webhook_delivery.c.attempts,
            webhook_delivery.c.delivered_at,
            webhook_delivery.c.response_status,
            webhook_delivery.c.last_error,
        )
        .join(timeline, timeline.c.id == webhook_delivery.c.timeline_id)
        .join(webhook_endpoint, webhook_endpoint.c.id == webhook_delivery.c.endpoint_id)
        .where(webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
        .order_by(webhook_delivery.c.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(webhook_delivery.c.id < after)
    return session.execute(query).mappings().all()
