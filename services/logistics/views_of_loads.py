"""How full a shipment's container is, by which day what must be done, its seals and what staff noted. Reads only."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from services.logistics import progress, rules
from services.logistics.contents import OfLot, load_of
from services.logistics.domain.cut_offs import CutOff, Due, nobody_waits_for, plan_backwards
from services.logistics.domain.load import MM3_IN_M3, Equipment, Load, bound_for, smallest_for
from services.logistics.domain.modes import MODES
from services.logistics.domain.shipment import Shipment
from services.logistics.storage import order, shipment_note, shipment_reseal
from services.logistics.storage import shipment as shipments

MOST_SHIPMENTS = 500
"""On the five weeks of the calendar."""


def load_of_shipment(
    session: Session, shipment: Shipment, inside: Sequence[OfLot], language: str = "en"
) -> dict[str, Any] | None:
    """The load against what was booked, or against the smallest container or truck that takes it."""
    known, load, booked = rules.equipments(session), load_of(inside), shipment.equipment
    equipment = _equipment(bound_for(shipment.destination, known), booked, load)
    if equipment is None or not inside:
        return None
    charged = MODES[equipment.mode].cm3_per_kg
    advice = load.advice(equipment)
    return {
        "equipment": equipment.code,
        "booked": booked is not None,
        "name": _named(equipment, language),
        "mode": equipment.mode,
        "mm3": load.mm3,
        "volume_m3": load.m3,
        "usable_m3": equipment.usable_m3,
        "gross_kg": load.kg,
        "payload_kg": equipment.payload_kg,
        "chargeable_kg": charged and load.chargeable_kg(charged),
        "warnings": [*load.reasons_not_to_fit(equipment), *([advice] if advice else [])],
        "parts": _parts(session, inside),
    }


def _equipment(known: Sequence[Equipment], code: str | None, load: Load) -> Equipment | None:
    if code:
        return next((each for each in known if each.code == code), None)
    return smallest_for(load, known)


def _parts(session: Session, inside: Sequence[OfLot]) -> list[dict[str, Any]]:
    """The volume of each order and facility, which is what a picture of the load can honestly show."""
    grouped: dict[tuple[UUID, str], list[OfLot]] = {}
    for each in inside:
        grouped.setdefault((each.order_id, each.facility), []).append(each)
    ids = {order_id for order_id, _ in grouped}
    rows = session.execute(select(order.c.id, order.c.po_number).where(order.c.id.in_(ids)))
    numbers = {row.id: row.po_number for row in rows}
    return [
        {
            "po_number": numbers[order_id],
            "facility": facility,
            "cartons": sum(each.cartons for each in part),
            "mm3": load_of(part).mm3,
            "volume_m3": load_of(part).m3,
            "gross_kg": load_of(part).kg,
        }
        for (order_id, facility), part in sorted(grouped.items())
    ]


def cut_offs_of(
    etd: date | None,
    cut_offs: Sequence[CutOff],
    *,
    lacking: Collection[str],
    reached: Collection[str],
    language: str = "en",
) -> list[dict[str, Any]]:
    """The days of a booked shipment, planned backwards from its departure."""
    if etd is None:
        return []
    planned = plan_backwards(cut_offs, etd, reached=reached, without=nobody_waits_for(lacking))
    return [_due(each, language) for each in planned]


def _due(due: Due, language: str) -> dict[str, Any]:
    return {
        "code": due.cut_off.code,
        "name": _named(due.cut_off, language),
        "on": due.on,
        "hours": due.cut_off.hours,
        "met": due.met,
    }


def _named(named: CutOff | Equipment, language: str) -> str:
    return named.name_id if language == "id" else named.name_en


def notes_of(session: Session, shipment_id: UUID) -> Sequence[RowMapping]:
    query = select(shipment_note.c.at, shipment_note.c.role, shipment_note.c.text)
    query = query.where(shipment_note.c.shipment_id == shipment_id).order_by(shipment_note.c.id)
    return session.execute(query).mappings().all()


def reseals_of(session: Session, shipment_id: UUID) -> Sequence[RowMapping]:
    query = select(shipment_reseal).where(shipment_reseal.c.shipment_id == shipment_id)
    return session.execute(query.order_by(shipment_reseal.c.id)).mappings().all()


def shipments_like(session: Session, shipment: Shipment) -> Sequence[RowMapping]:
    """Open shipments that may be joined with this one: from the same hub to the same country."""
    query = (
        select(shipments.c.id, shipments.c.number)
        .where(
            shipments.c.hub == shipment.hub,
            shipments.c.destination == shipment.destination,
            shipments.c.id != shipment.id,
            shipments.c.container.is_(None),
            ~shipments.c.departed,
            shipments.c.cancelled_at.is_(None),
        )
        .order_by(shipments.c.id.desc())
        .limit(50)
    )
    return session.execute(query).mappings().all()


def cut_offs_between(
    session: Session, first: date, last: date, language: str = "en", *, limit: int = MOST_SHIPMENTS
) -> tuple[dict[date, list[dict[str, Any]]], bool]:
    """What falls on each day for the shipments that have not departed, and the departures themselves.

    With it whether there are more shipments than the limit, of which the last to leave are left out.
    """
    cut_offs = rules.cut_offs(session)
    longest = date.resolution * max(sum(each.days for each in of_mode) for of_mode in cut_offs.values())
    query = (
        select(shipments.c.id, shipments.c.number, shipments.c.etd, shipments.c.mode)
        .where(
            shipments.c.etd.between(first, last + longest),
            shipments.c.cancelled_at.is_(None),
            ~shipments.c.departed,
        )
        .order_by(shipments.c.etd, shipments.c.id)
        .limit(limit + 1)
    )
    found: dict[date, list[dict[str, Any]]] = {}
    booked = session.execute(query).all()
    ids = [row.id for row in booked[:limit]]
    reached, lacking = progress.reached(session, ids), progress.lacking(session, ids)
    for id, number, etd, mode in booked[:limit]:
        leaves = {"code": "ETD", "name": None, "on": etd, "met": False}
        codes = {each.code for each in lacking[id]}
        planned = cut_offs_of(etd, cut_offs[mode], lacking=codes, reached=reached[id], language=language)
        for due in [*planned, leaves]:
            if first <= due["on"] <= last:
                found.setdefault(due["on"], []).append({**due, "shipment_id": id, "number": number})
    return found, len(booked) > limit


def filled(load: dict[str, Any]) -> Decimal | None:
    """How many hundredths of the usable volume are taken, to a tenth."""
    if load["usable_m3"] is None:
        return None
    taken = 100 * load["mm3"] / (load["usable_m3"] * MM3_IN_M3)
    return Decimal(taken).quantize(Decimal("0.1"), ROUND_UP)
