"""Material comes, is used, given back, written off, quarantined and released.

Who locks work orders and lots locks the work orders first.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from services.production.domain.material import MaterialLot, must_be_traced, stopped, use
from services.production.domain.remarks import nobody_named, said
from services.production.domain.work_order import UNDER_WAY, WorkOrder, short_code
from services.production.handlers.planning import next_number, one_plan_at_a_time
from services.production.handlers.waiting import share_out_what_waits
from services.production.local_time import today_at
from services.production.materials import LEFT, NET
from services.production.storage import (
    OPEN,
    demand,
    material,
    material_entry,
    material_lot,
    recipe,
    work_order,
)
from services.production.terms import recipe_of
from shared.clock import business_now
from shared.messaging.outbox import record
from shared.refusal import Refused


def receive(
    session: Session,
    *,
    facility: str,
    material: str,
    supplier: str,
    quantity: Decimal,
    received_on: date,
    plot: str | None = None,
    geolocation: str | None = None,
) -> MaterialLot:
    """A new lot; what was used before its receipt was entered is taken of it, and waiting lines are shared out."""
    one_plan_at_a_time(session)
    today = today_at(session, facility)
    must_be_traced(plot_needed=_plot_needed(session, material), plot=plot, geolocation=geolocation)
    if received_on > today:
        raise Refused("Give a day up to {last}.", field="received_on", last=today)
    for field, text in (("supplier", supplier), ("plot", plot or "")):
        nobody_named(text, field=field)
    number = next_number(session, facility, "material_lots")
    lot = MaterialLot(
        id=uuid7s.uuid7(),
        number=f"MAT-{short_code(facility)}-{today:%y%m}-{number:03d}",
        facility=facility,
        material=material,
        supplier=supplier,
        quantity=quantity,
        received_on=received_on,
        plot=plot,
        geolocation=geolocation,
    )
    session.add(lot)
    session.flush()
    _cover_what_was_used(session, lot)
    made_of_it = select(recipe.c.sku).where(recipe.c.material == material)
    share_out_what_waits(session, "supplied", demand.c.sku.in_(made_of_it))
    return lot


def account_for(session: Session, order: WorkOrder, pieces: int) -> None:
    """So many more pieces were made, or fewer: take or give back what they are made of."""
    if pieces:
        for code, per_piece in sorted(recipe_of(session, order.sku).items()):
            count = _use if pieces > 0 else _use_less
            count(session, order, code, per_piece * abs(pieces))


def _use(session: Session, order: WorkOrder, code: str, quantity: Decimal) -> None:
    """Take it of the oldest lots that may be used."""
    for used in use(quantity, _usable(session, order.facility, code)):
        lot_id = used.lot.id if used.lot else None
        _enter(session, order.facility, code, lot_id, order.id, "used", used.quantity)


def _use_less(session: Session, order: WorkOrder, code: str, quantity: Decimal) -> None:
    """Give it back to the lots that it was taken of, the newest use first."""
    used = session.execute(
        select(material_entry.c.lot_id, NET.label("net"))
        .where(material_entry.c.work_order_id == order.id, material_entry.c.material == code)
        .group_by(material_entry.c.lot_id)
        .having(NET > 0)
        .order_by(func.max(material_entry.c.id).desc())
    ).all()
    for row in used:
        back = min(quantity, row.net)
        if back and row.lot_id is not None:
            _locked(session, row.lot_id).give_back(back, used_by_it=row.net)
        if back:
            _enter(session, order.facility, code, row.lot_id, order.id, "given_back", back)
        quantity -= back


def give_back(
    session: Session, *, lot_id: UUID, work_order_id: UUID, quantity: Decimal, reason: str
) -> MaterialLot:
    """A work order used less of the lot than was counted."""
    lot = _locked(session, lot_id)
    used = session.execute(
        select(NET).where(material_entry.c.lot_id == lot_id, material_entry.c.work_order_id == work_order_id)
    ).scalar()
    lot.give_back(quantity, used_by_it=used or Decimal(0))
    _enter(session, lot.facility, lot.material, lot.id, work_order_id, "given_back", quantity, said(reason))
    return lot


def write_off(session: Session, *, lot_id: UUID, quantity: Decimal, reason: str) -> MaterialLot:
    """Some of a lot is spoilt or lost."""
    lot = _locked(session, lot_id)
    lot.write_off(quantity)
    _enter(session, lot.facility, lot.material, lot.id, None, "written_off", quantity, said(reason))
    return lot


def quarantine(session: Session, *, lot_id: UUID, reason: str) -> MaterialLot:
    """Nobody uses the lot any more; work that used it, or would have to, stands still."""
    lot = session.get_one(MaterialLot, lot_id)
    orders = _under_way(session, lot)
    lot = _locked(session, lot_id)
    lot.quarantine(reason=reason)
    session.flush()
    needs, stock = _needs(session, lot, orders), _stock(session, lot)
    standing_still = stopped(needs, used_by=_used_by(session, lot), stock=stock)
    for order in orders:
        if order.id in standing_still:
            reason = f"{lot.number}: {lot.quarantined_reason}"
            record(session, *order.pause(reason=reason, at=business_now(session)))
    return lot


def release(session: Session, *, lot_id: UUID) -> MaterialLot:
    """It may be used again; each facility says itself when work goes on."""
    lot = _locked(session, lot_id)
    lot.release()
    return lot


def must_be_usable(session: Session, order: WorkOrder) -> None:
    """Refuse to work with material in quarantine: what the order used already, or would have to."""
    takes = recipe_of(session, order.sku)
    quarantined = session.execute(
        select(MaterialLot)
        .where(material_lot.c.facility == order.facility, material_lot.c.material.in_(takes))
        .where(material_lot.c.quarantined_reason.is_not(None))
        .order_by(material_lot.c.number)
    ).scalars()
    for lot in quarantined:
        needs, stock = _needs(session, lot, [order]), _stock(session, lot)
        if stopped(needs, used_by=_used_by(session, lot), stock=stock):
            raise Refused(
                "The material {number} is quarantined: {reason}",
                number=lot.number,
                reason=lot.quarantined_reason,
            )


def _plot_needed(session: Session, code: str) -> bool:
    found = session.execute(select(material.c.plot_needed).where(material.c.code == code)).scalar()
    if found is None:
        known = session.execute(select(material.c.code).order_by(material.c.code)).scalars()
        raise Refused("Give one of {known}.", field="material", known=", ".join(known))
    return bool(found)


def _cover_what_was_used(session: Session, lot: MaterialLot) -> None:
    """Take of the lot what work orders used of its material before any receipt covered it."""
    open_entries = session.execute(
        select(material_entry.c.work_order_id, NET)
        .where(material_entry.c.facility == lot.facility, material_entry.c.material == lot.material)
        .where(material_entry.c.lot_id.is_(None))
        .group_by(material_entry.c.work_order_id)
        .having(NET > 0)
        .order_by(func.min(material_entry.c.id))
    ).all()
    for work_order_id, quantity in open_entries:
        if taken := lot.take(quantity):
            _enter(session, lot.facility, lot.material, None, work_order_id, "given_back", taken)
            _enter(session, lot.facility, lot.material, lot.id, work_order_id, "used", taken)
    session.flush()


def _usable(session: Session, facility: str, code: str) -> Sequence[MaterialLot]:
    """The lots with stock that may be used, the oldest first, locked."""
    query = (
        select(MaterialLot)
        .where(material_lot.c.facility == facility, material_lot.c.material == code)
        .where(material_lot.c.quarantined_reason.is_(None))
        .where(material_lot.c.used + material_lot.c.written_off < material_lot.c.quantity)
        .order_by(material_lot.c.received_on, material_lot.c.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.execute(query).scalars().all()


def _under_way(session: Session, lot: MaterialLot) -> Sequence[WorkOrder]:
    """Work of the facility that takes the lot's material, locked; the most urgent first."""
    query = (
        select(WorkOrder)
        .where(work_order.c.facility == lot.facility, OPEN)
        .where(work_order.c.started_on.is_not(None), work_order.c.paused_reason.is_(None))
        .where(work_order.c.sku.in_(select(recipe.c.sku).where(recipe.c.material == lot.material)))
        .order_by(work_order.c.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = [each for each in session.execute(query).scalars() if each.state in UNDER_WAY]
    return sorted(found, key=lambda each: (each.due, each.id))


def _used_by(session: Session, lot: MaterialLot) -> set[UUID]:
    query = select(material_entry.c.work_order_id).where(material_entry.c.lot_id == lot.id)
    query = query.where(material_entry.c.work_order_id.is_not(None))
    return set(session.execute(query.group_by(material_entry.c.work_order_id).having(NET > 0)).scalars())


def _stock(session: Session, lot: MaterialLot) -> Decimal:
    """What there is of the lot's material but for what is quarantined."""
    stock = session.execute(
        select(func.sum(LEFT))
        .where(material_lot.c.facility == lot.facility, material_lot.c.material == lot.material)
        .where(material_lot.c.quarantined_reason.is_(None))
    ).scalar()
    return stock or Decimal(0)


def _needs(session: Session, lot: MaterialLot, orders: Sequence[WorkOrder]) -> list[tuple[UUID, Decimal]]:
    """What each of the work orders still takes of the lot's material."""
    rows = session.execute(select(recipe.c.sku, recipe.c.per_piece).where(recipe.c.material == lot.material))
    takes = {row.sku: row.per_piece for row in rows}
    return [(each.id, each.remaining * takes[each.sku]) for each in orders]


def _enter(
    session: Session,
    facility: str,
    material: str,
    lot_id: UUID | None,
    work_order_id: UUID | None,
    kind: str,
    quantity: Decimal,
    reason: str | None = None,
) -> None:
    values: dict[str, Any] = {
        "facility": facility,
        "material": material,
        "lot_id": lot_id,
        "work_order_id": work_order_id,
        "kind": kind,
        "quantity": quantity,
        "reason": reason,
    }
    session.execute(insert(material_entry).values(**values))


def _locked(session: Session, lot_id: UUID) -> MaterialLot:
    return session.get_one(MaterialLot, lot_id, with_for_update=True, populate_existing=True)
