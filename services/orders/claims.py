"""Claims as they are shown: reads only. A carton that isn't the buyer's is none."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from services.orders.domain.claim import Claim
from services.orders.domain.order import Order
from services.orders.domain.payment import smallest_unit
from services.orders.domain.short_landing import LANDED_IN_FULL, SHORT_LANDED, Told, said, short_landings
from services.orders.storage import carton, claim, claim_photo, timeline
from services.orders.storage import order as orders
from services.orders.views import mine
from shared.events import contract_of
from shared.events.logistics import MilestoneCorrected, MilestoneRecorded
from shared.web.access import Principal

RECORDED, CORRECTED = (contract_of(event).type for event in (MilestoneRecorded, MilestoneCorrected))


def find_carton(session: Session, principal: Principal, sscc: str) -> Row[Any] | None:
    """The carton with the order line that it was packed for."""
    query = select(carton).join(orders, orders.c.id == carton.c.order_id)
    return session.execute(query.where(carton.c.sscc == sscc, mine(principal))).one_or_none()


def cartons_of(session: Session, order_id: UUID, line: int, *, limit: int) -> Sequence[str]:
    """The SSCCs of delivered cartons of a line."""
    query = select(carton.c.sscc).where(
        carton.c.order_id == order_id, carton.c.line_number == line, carton.c.delivered
    )
    return session.execute(query.order_by(carton.c.sscc).limit(limit)).scalars().all()


def find_claim(session: Session, principal: Principal, claim_id: UUID) -> dict[str, Any] | None:
    query = select(Claim, orders.c.id, orders.c.currency).join(orders, orders.c.id == claim.c.order_id)
    row = session.execute(query.where(claim.c.id == claim_id, mine(principal))).one_or_none()
    return _shown(session, row.id, row.currency, [row[0]])[0] if row else None


def claims_of(session: Session, order: Order, *, limit: int | None = None) -> list[dict[str, Any]]:
    """All claims about an order, or so many of them, the newest first."""
    return _shown(session, order.id, order.currency, order.claims[::-1][:limit])


def _shown(session: Session, order_id: UUID, currency: str, found: Sequence[Claim]) -> list[dict[str, Any]]:
    """Claims about one order: what is known beside them is read once for all."""
    if not found:
        return []
    count = select(claim_photo.c.claim_id, func.count().label("photos")).group_by(claim_photo.c.claim_id)
    counted = session.execute(count.where(claim_photo.c.claim_id.in_([each.id for each in found])))
    photos = {row.claim_id: row.photos for row in counted}
    short = short_landings_of(session, order_id)
    return [
        {
            **{name: getattr(each, name) for name in SHOWN},
            "order_id": order_id,
            "line": each.line_number,
            "credit": each.credit and each.credit.quantize(smallest_unit(currency)),
            "photos": [
                f"/orders/v1/claims/{each.id}/photos/{number}"
                for number in range(1, photos.get(each.id, 0) + 1)
            ],
            "short_landed": short.get(each.sscc),
        }
        for each in found
    ]


def short_landings_of(session: Session, order_id: UUID) -> dict[str, dict[str, Any]]:
    return short_landings(told_of_short(session, order_id))


def told_of_short(session: Session, order_id: UUID) -> list[Told]:
    """All that was told of missing cartons, in its order."""
    told = select(timeline.c.type, timeline.c.data).where(
        timeline.c.order_id == order_id,
        timeline.c.type.in_((RECORDED, CORRECTED)),
        timeline.c.data["milestone"].astext.in_((SHORT_LANDED, LANDED_IN_FULL)),
    )
    rows = session.execute(told.order_by(timeline.c.id))
    return [said(data, corrects=type == CORRECTED) for type, data in rows]


SHOWN = (
    "id", "state", "sscc", "quantity", "reason", "made_on", "decision", "accepted", "decision_reason",
    "decided_on", "settlement", "replacement_order_id", "settled_on",
)  # fmt: skip


def find_photo(session: Session, claim_id: UUID, number: int) -> Row[Any] | None:
    which = (claim_photo.c.claim_id == claim_id, claim_photo.c.number == number)
    return session.execute(select(claim_photo).where(*which)).one_or_none()
