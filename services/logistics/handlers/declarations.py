"""The export declaration of a shipment: filed, corrected, cancelled, and the cancellation reported."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain import correcting, declaring
from services.logistics.domain.declaration import Particulars
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers.carton_history import role_of
from services.logistics.handlers.shipments import locked, locked_whatever, told
from services.logistics.storage import export_declaration
from shared.clock import business_now, business_today
from shared.refusal import Refused


def file_declaration(session: Session, *, shipment_id: UUID, particulars: Particulars) -> Shipment:
    """Note that the PEB was filed; its number completes the paper on the checklist, and its milestone is reached."""
    shipment = locked(session, shipment_id)
    _need_new_number(session, particulars.number)
    events = declaring.declare(
        shipment,
        particulars,
        goods=standing.in_shipment(session, shipment_id),
        now=business_now(session),
        today=business_today(session),
        graph=rules.milestones(session),
    )
    return told(session, shipment, events)


def correct_declaration(session: Session, *, shipment_id: UUID, changes: Mapping[str, object]) -> Shipment:
    """Note customs' registration, another vessel or consignee; what can't be corrected is refused by its name."""
    shipment = locked(session, shipment_id)
    events = declaring.correct(
        shipment,
        changes,
        goods=standing.in_shipment(session, shipment_id),
        today=business_today(session),
        graph=rules.milestones(session),
    )
    return told(session, shipment, events)


def cancel_declaration(session: Session, *, shipment_id: UUID, reason: str) -> Shipment:
    """Take the PEB back before loading, and with it what was reported of it; customs must be told within three days of the estimated export."""
    shipment = locked(session, shipment_id)
    events = correcting.cancel_declaration(
        shipment,
        reason=reason,
        role=role_of(session),
        now=business_now(session),
        today=business_today(session),
        graph=rules.milestones(session),
    )
    return told(session, shipment, events)


def report_cancellation(session: Session, *, shipment_id: UUID, number: str, reported_on: date) -> Shipment:
    """Note when customs was told of a cancellation, of a shipment that was given up for it, too."""
    shipment = locked_whatever(session, shipment_id)
    found = next((each for each in shipment.declarations if each.number == number), None)
    if found is None:
        raise Refused("This shipment has no PEB {number}.", field="number", number=number)
    found.report(reported_on, today=business_today(session))
    session.flush()
    return shipment


def _need_new_number(session: Session, number: str) -> None:
    if session.execute(select(exists().where(export_declaration.c.number == number))).scalar_one():
        raise Refused(
            "PEB {number} was filed before; each has a number of its own.", field="number", number=number
        )
