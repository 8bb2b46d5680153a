"""What dossiers are made of: lots, what shipments carry of them, and what is told of work in facilities."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from services.orders import dossiers
from services.orders.domain.dossier import COMPLETE, CONTRADICTS, FIGURES
from services.orders.handlers.releasing import end_over_evidence
from services.orders.handlers.rescreening import raise_at_sea
from services.orders.storage import agreement_end, evidence, lot, month_of_work, shipment_lot
from shared.events.logistics import (
    CartonsPutIn,
    CartonsTakenOut,
    ShipmentCancelled,
    ShipmentDeparted,
    ShipmentLine,
    ShipmentPlanned,
)
from shared.events.production import AgreementEndMoved, EvidenceRecorded, EvidenceWithdrawn, MonthClosed
from shared.messaging.reactions import Heard, NotYet

OfAShipment = ShipmentPlanned | CartonsPutIn | CartonsTakenOut | ShipmentCancelled | ShipmentDeparted


def on_evidence_recorded(session: Session, event: EvidenceRecorded, heard: Heard) -> None:
    names = ("item", "finding", "document", "issuer", "issued_on", "valid_until", "sha256", "agreement_id")
    facts: dict[str, Any] = {name: getattr(event, name) for name in names}
    row = {"id": event.evidence_id, "facility": event.code, "recorded_at": heard.occurred_at}
    session.execute(insert(evidence).values(**row, **facts))
    if event.finding == CONTRADICTS:
        _speaks_against(session, event)


def on_evidence_withdrawn(session: Session, event: EvidenceWithdrawn, heard: Heard) -> None:
    """Without the document an item may be less well shown than with it: that ends what was released over it."""
    before = dossiers.shown_by(session, event.code, event.item, at=heard.occurred_at)
    taken = update(evidence).where(evidence.c.id == event.evidence_id)
    session.execute(taken.values(withdrawn_at=heard.occurred_at, withdrawn_reason=event.reason))
    after = dossiers.shown_by(session, event.code, event.item, at=heard.occurred_at)
    if before == COMPLETE and after != COMPLETE:
        _speaks_against(session, event)


def _speaks_against(session: Session, event: EvidenceRecorded | EvidenceWithdrawn) -> None:
    """What has not departed is asked anew; what has is an alarm."""
    end_over_evidence(session, facility=event.code)
    raise_at_sea(session, facility=event.code, evidence_id=event.evidence_id)


def raise_what_nobody_signed_over(session: Session, gone: Collection[ShipmentLine]) -> None:
    """What departed though no release to export stands: nobody signed in view of what speaks against it."""
    of = {part.lot: (part.order_id, part.line) for part in gone}
    query = select(lot.c.code, lot.c.facility).where(lot.c.code.in_(of)).order_by(lot.c.code)
    for row in session.execute(query).all():
        for id in dossiers.speaking_against(session, row.facility):
            raise_at_sea(session, facility=row.facility, evidence_id=id, lines={of[row.code]})


def on_agreement_end_moved(session: Session, event: AgreementEndMoved, heard: Heard) -> None:
    """What stands in it is over the day after its last: the look of that day ends what was released over it."""
    values = {"agreement_id": event.agreement_id, "told_at": heard.occurred_at, "last_day": event.last_day}
    session.execute(insert(agreement_end).values(**values))


def on_month_closed(session: Session, event: MonthClosed, heard: Heard) -> None:
    about = {"facility": event.code, "month": event.month, "told_at": heard.occurred_at}
    figures = {name: getattr(event, name) for name in FIGURES}
    session.execute(insert(month_of_work).values(**about, **figures))


def keep_put_in(session: Session, event: ShipmentPlanned | CartonsPutIn, heard: Heard) -> None:
    _keep_change(session, event, heard, _pieces(event.lines))


def keep_taken_out(session: Session, event: CartonsTakenOut | ShipmentCancelled, heard: Heard) -> None:
    taken = _pieces(event.lines)
    _keep_change(session, event, heard, {lot: -quantity for lot, quantity in taken.items()})


def keep_what_left(session: Session, event: ShipmentDeparted, heard: Heard) -> None:
    """What a shipment left with is what counts, should we have heard otherwise before."""
    left = _pieces(event.lines)
    left.subtract(_carried(session, event.shipment_id))
    _keep_change(session, event, heard, left)


def _pieces(lines: Iterable[ShipmentLine]) -> Counter[str]:
    """The pieces of each lot."""
    counted: Counter[str] = Counter()
    for part in lines:
        counted[part.lot] += part.quantity
    return counted


def _keep_change(session: Session, event: OfAShipment, heard: Heard, changed: Mapping[str, int]) -> None:
    known = set(session.execute(select(lot.c.code).where(lot.c.code.in_(changed))).scalars())
    for missing in sorted(set(changed) - known):
        raise NotYet("production", f"lot/{missing}")
    about = {"event_id": heard.event_id, "shipment_id": event.shipment_id, "told_at": heard.occurred_at}
    if rows := [{**about, "lot": lot, "quantity": quantity} for lot, quantity in changed.items() if quantity]:
        session.execute(insert(shipment_lot), rows)


def _carried(session: Session, shipment_id: UUID) -> dict[str, int]:
    """What a shipment carries of each lot now."""
    changes = select(shipment_lot.c.lot, func.sum(shipment_lot.c.quantity).label("quantity"))
    query = changes.where(shipment_lot.c.shipment_id == shipment_id).group_by(shipment_lot.c.lot)
    return {row.lot: row.quantity for row in session.execute(query)}
