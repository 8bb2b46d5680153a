"""What dossiers are made of: lots, what shipments carry of them, and the evidence of facilities."""

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from services.orders.storage import evidence, lot, shipment_lot
from shared.events.logistics import ShipmentDeparted, ShipmentPlanned
from shared.events.production import EvidenceRecorded, EvidenceWithdrawn, LotReleased
from shared.messaging.reactions import Heard, NotYet


def on_evidence_recorded(session: Session, event: EvidenceRecorded, heard: Heard) -> None:
    names = ("item", "finding", "document", "issuer", "issued_on", "valid_until", "sha256")
    facts: dict[str, Any] = {name: getattr(event, name) for name in names}
    row = {"id": event.evidence_id, "facility": event.code, "recorded_at": heard.occurred_at}
    session.execute(insert(evidence).values(**row, **facts))


def on_evidence_withdrawn(session: Session, event: EvidenceWithdrawn, heard: Heard) -> None:
    taken = update(evidence).where(evidence.c.id == event.evidence_id)
    session.execute(taken.values(withdrawn_at=heard.occurred_at, withdrawn_reason=event.reason))


def keep_lot(session: Session, event: LotReleased, heard: Heard) -> None:
    """Where pieces of a line were made, and in which lane."""
    session.execute(
        insert(lot).values(
            lot=event.lot,
            order_id=event.order_id,
            line_number=event.line,
            sku=event.sku,
            facility=event.facility,
            work_order_id=event.work_order_id,
            quantity=event.quantity,
            lane=event.lane,
            released_at=heard.occurred_at,
        )
    )


def keep_contents(session: Session, event: ShipmentPlanned | ShipmentDeparted, heard: Heard) -> None:
    """What a shipment carries of each lot, as it was planned and as it left."""
    lots = {part.lot for part in event.lines}
    known = set(session.execute(select(lot.c.lot).where(lot.c.lot.in_(lots))).scalars())
    for missing in sorted(lots - known):
        raise NotYet("production", f"lot/{missing}")
    about = {"shipment_id": event.shipment_id, "told_at": heard.occurred_at}
    rows = [{**about, "lot": part.lot, "quantity": part.quantity} for part in event.lines]
    session.execute(insert(shipment_lot), rows)
