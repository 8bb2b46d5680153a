"""Claims as they are shown: reads only. A carton that isn't the buyer's is none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from services.orders.domain.claim import Claim
from services.orders.domain.order import Order
from services.orders.domain.payment import smallest_unit
from services.orders.storage import carton, claim, claim_photo, timeline
from services.orders.storage import order as orders
from services.orders.views import mine
from shared.events import contract_of
from shared.events.logistics import MilestoneCorrected, MilestoneRecorded
from shared.web.access import Principal

RECORDED, CORRECTED = (contract_of(event).type for event in (MilestoneRecorded, MilestoneCorrected))
SHORT_LANDED, LANDED_IN_FULL = "SHORT_LANDED", "LANDED_IN_FULL"


def find_carton(session: Session, principal: Principal, sscc: str) -> Row[Any] | None:
    """The carton with the order line that it was packed for."""
    query = select(carton).join(orders, orders.c.id == carton.c.order_id)
    return session.execute(query.where(carton.c.sscc == sscc, mine(principal))).one_or_none()


def cartons_of(session: Session, order_id: UUID, line: int, *, limit: int) -> Sequence[str]:
    """The SSCCs of cartons that were packed for a line."""
    query = select(carton.c.sscc).where(carton.c.order_id == order_id, carton.c.line_number == line)
    return session.execute(query.order_by(carton.c.sscc).limit(limit)).scalars().all()


def find_claim(session: Session, principal: Principal, claim_id: UUID) -> dict[str, Any] | None:
    query = select(Claim, orders.c.id, orders.c.currency).join(orders, orders.c.id == claim.c.order_id)
    row = session.execute(query.where(claim.c.id == claim_id, mine(principal))).one_or_none()
    return claim_as_dict(session, *row) if row else None


def claims_of(session: Session, order: Order, *, limit: int | None = None) -> list[dict[str, Any]]:
    """All claims about an order, or so many of them, the newest first."""
    return [claim_as_dict(session, each, order.id, order.currency) for each in order.claims[::-1][:limit]]


def claim_as_dict(session: Session, found: Claim, order_id: UUID, currency: str) -> dict[str, Any]:
    count = select(func.count()).select_from(claim_photo).where(claim_photo.c.claim_id == found.id)
    photos = session.execute(count).scalar_one()
    path = f"/orders/v1/claims/{found.id}/photos"
    return {
        **{name: getattr(found, name) for name in SHOWN},
        "order_id": order_id,
        "line": found.line_number,
        "credit": found.credit and found.credit.quantize(smallest_unit(currency)),
        "photos": [f"{path}/{number}" for number in range(1, photos + 1)],
        "short_landed": short_landing_of(session, order_id, found.sscc),
    }


def short_landing_of(session: Session, order_id: UUID, sscc: str) -> dict[str, Any] | None:
    """The newest report that holds of the carton not being there, and whether it turned up since."""
    told = select(timeline.c.type, timeline.c.data).where(
        timeline.c.order_id == order_id,
        timeline.c.type.in_((RECORDED, CORRECTED)),
        timeline.c.data["milestone"].astext.in_((SHORT_LANDED, LANDED_IN_FULL)),
    )
    found: dict[str, Any] | None = None
    for type, data in session.execute(told.order_by(timeline.c.id)):
        if type == RECORDED and any(each["sscc"] == sscc for each in data.get("short", ())):
            found = _short_landing(data, data["place"], data["occurred_at"])
        elif found and data["shipment_id"] == found["shipment_id"]:
            found = _since(found, type, data)
    return found


def _short_landing(data: dict[str, Any], place: str, at: str, *, found: bool = False) -> dict[str, Any]:
    occurred_at = datetime.fromisoformat(at)
    return {"shipment_id": data["shipment_id"], "place": place, "occurred_at": occurred_at, "found": found}


def _since(short: dict[str, Any], type: str, data: dict[str, Any]) -> dict[str, Any] | None:
    """What holds of a short landing once this was told of its shipment, too."""
    if type == RECORDED:
        return {**short, "found": short["found"] or data["milestone"] == LANDED_IN_FULL}
    if data["milestone"] == LANDED_IN_FULL:
        return {**short, "found": data["right_at"] is not None}
    if datetime.fromisoformat(data["occurred_at"]) != short["occurred_at"]:
        return short
    if data["right_at"] is None:
        return None
    return _short_landing(data, data["right_place"], data["right_at"], found=short["found"])


SHOWN = (
    "id", "state", "sscc", "quantity", "reason", "made_on", "decision", "accepted", "decision_reason",
    "decided_on", "settlement", "replacement_order_id", "settled_on",
)  # fmt: skip


def find_photo(session: Session, claim_id: UUID, number: int) -> Row[Any] | None:
    which = (claim_photo.c.claim_id == claim_id, claim_photo.c.number == number)
    return session.execute(select(claim_photo).where(*which)).one_or_none()
