"""Claims: made by the buyer, decided and settled by the regional office."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from services.orders import claims, timeline
from services.orders.domain import claiming
from services.orders.domain.claim import Claim
from services.orders.domain.order import Line, Order
from services.orders.handlers.locking import locked
from services.orders.handlers.paying import owing
from services.orders.handlers.placing import keep, new_order
from services.orders.storage import carton, claim_photo
from services.orders.storage import claim as claim_rows
from shared import photos
from shared.clock import business_today
from shared.events.orders import Settlement
from shared.refusal import Refused

MOST_PHOTOS = 10


def make_claim(
    session: Session, *, order_id: UUID, sscc: str, quantity: int, reason: str, made_by: str
) -> Claim:
    """Claim pieces of a carton that was packed for the order."""
    order = locked(session, order_id)
    row = session.execute(select(carton).where(carton.c.sscc == sscc)).one()
    short = claims.short_landings_of(session, order_id).get(sscc)
    made = Claim(
        id=uuid7s.uuid7(),
        line_number=row.line_number,
        sscc=sscc,
        quantity=quantity,
        reason=reason,
        made_by=made_by,
        made_on=business_today(session),
    )
    missing = short is not None and not short["found"]
    events = claiming.make(order, made, holds=row.pieces, arrived=row.delivered or missing)
    session.flush()
    timeline.tell(session, *events)
    return made


def add_photo(session: Session, *, claim_id: UUID, sent: bytes) -> int:
    """Keep a photo with a claim that is not decided yet; returns its number."""
    found = session.get_one(Claim, claim_id, with_for_update=True, populate_existing=True)
    if found.decision:
        raise Refused("This claim was decided already: {decision}.", decision=found.decision)
    count = select(func.count()).select_from(claim_photo).where(claim_photo.c.claim_id == claim_id)
    number = session.execute(count).scalar_one() + 1
    if number > MOST_PHOTOS:
        raise Refused("A claim has up to {most} photos.", field="photo", most=MOST_PHOTOS)
    media_type, content = photos.cleaned(sent)
    row = {"claim_id": claim_id, "number": number, "media_type": media_type, "content": content}
    session.execute(insert(claim_photo).values(row))
    return number


def decide_claim(session: Session, *, order_id: UUID, claim_id: UUID, accepted: int, reason: str) -> Claim:
    """Accept all, a part, or nothing of a claim."""
    order, found = _locked_claim(session, order_id, claim_id)
    events = claiming.decide(order, found, accepted=accepted, reason=reason, on=business_today(session))
    session.flush()
    timeline.tell(session, *events)
    return found


def settle_claim(
    session: Session,
    *,
    order_id: UUID,
    claim_id: UUID,
    settlement: Settlement,
    credit: Decimal | None,
    requested_date: date | None,
    by: str,
) -> Claim:
    """Credit, replace or take back what was accepted of a claim."""
    order, found = _locked_claim(session, order_id, claim_id)
    line = order.line(found.line_number)
    replaced = None
    if settlement == "replacement" and found.state == "decided":
        replaced = _replacement(session, order, line, found, requested_date, by)
    with owing(session, order):
        events = claiming.settle(
            order,
            line,
            found,
            settlement=settlement,
            credit=credit,
            replacement_order_id=replaced,
            on=business_today(session),
        )
        session.flush()
        timeline.tell(session, *events)
    return found


def _replacement(
    session: Session, order: Order, line: Line, claim: Claim, requested_date: date | None, by: str
) -> UUID:
    """A new order for the accepted pieces, at no price."""
    if requested_date is None:
        raise Refused("Give the day by which the replacement is wanted.", field="requested_date")
    party = line.consignee()
    asked = {
        "sku": line.sku,
        "quantity": claim.claimed,
        "requested_date": requested_date,
        "consignee": {"name": party.name, "address": list(party.address), "country": party.country},
    }
    replaced = new_order(
        session,
        buyer=order.buyer,
        placed_by=by,
        po_number=f"{order.po_number}/{claim.id.hex[-8:]}",
        currency=order.currency,
        incoterm=order.incoterm,
        named_place=order.named_place,
        lines=[asked],
    )
    for each in replaced.lines:
        each.unit_price = Decimal(0)
    return keep(session, replaced).id


def _locked_claim(session: Session, order_id: UUID, claim_id: UUID) -> tuple[Order, Claim]:
    order = locked(session, order_id)
    query = select(Claim).where(claim_rows.c.id == claim_id, claim_rows.c.order_id == order_id)
    return order, session.execute(query.execution_options(populate_existing=True)).scalar_one()
