"""What the production service shows: reads only."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, case, false, func, select, true
from sqlalchemy.orm import Session

from services.production import photos
from services.production.capacities import minutes_a_day
from services.production.domain.tools import TOLD
from services.production.domain.work_order import WorkOrder
from services.production.storage import (
    OPEN,
    capability,
    defect,
    facility,
    facility_lock,
    inspection,
    inspection_correction,
    item,
    report,
    shift,
    tool_count,
    tool_kind,
    work_order,
)
from services.production.terms import tolerance_on
from shared.web.access import IN_A_FACILITY, KANWIL, Principal
from shared.web.problems import not_found

NEWEST_SHIFTS = 30

derived_state = case(
    (work_order.c.declined_reason.is_not(None), "declined"),
    (work_order.c.withdrawn_on.is_not(None), "cancelled"),
    (work_order.c.accepted_on.is_(None), "offered"),
    (work_order.c.short_closed > 0, "short_closed"),
    (work_order.c.good == work_order.c.quantity, "completed"),
    (work_order.c.started_on.is_(None), "accepted"),
    (work_order.c.paused_reason.is_not(None), "paused"),
    (work_order.c.made - work_order.c.scrap < work_order.c.quantity, "in_progress"),
    (work_order.c.good + work_order.c.rework + work_order.c.scrap < work_order.c.made, "awaiting_qc"),
    else_="rework",
)
"""The state of a work order for the database to search by: ``WorkOrder.state`` once more, and a test compares."""


def mine(principal: Principal) -> Any:
    """The one place that says whose work orders a principal may see."""
    if principal.role in IN_A_FACILITY:
        return work_order.c.facility == principal.account
    return true() if principal.role == KANWIL else false()


def may_see(principal: Principal, code: str) -> bool:
    """Whether a facility's capacity is the principal's to see and to set."""
    return principal.role == KANWIL or (principal.role in IN_A_FACILITY and principal.account == code)


def facility_named(session: Session, principal: Principal, code: str) -> str:
    """A facility's name, for whom may see it; for others it is not there."""
    found = select(facility.c.name).where(facility.c.code == code)
    name = session.execute(found).scalar() if may_see(principal, code) else None
    if name is None:
        raise not_found("facility")
    return str(name)


def find_work_order(session: Session, principal: Principal, id: UUID) -> WorkOrder | None:
    return session.execute(
        select(WorkOrder).where(work_order.c.id == id, mine(principal))
    ).scalar_one_or_none()


def as_dict(order: WorkOrder) -> dict[str, Any]:
    names = ("id", "number", "order_id", "line", "sku", "facility", "quantity", "due", "why", "state")
    counts = ("made", "good", "rework", "scrap", "awaiting", "remaining", "extra")
    return {
        name: getattr(order, name)
        for name in (
            *names,
            *counts,
            "taken_back",
            "paused_reason",
            "declined_reason",
            "declined_code",
            "short_closed",
            "short_closed_reason",
            "started_on",
            "withdrawn_on",
        )
    }


def list_work_orders(
    session: Session,
    principal: Principal,
    *,
    state: str | None,
    code: str | None,
    limit: int,
    after: UUID | None,
) -> list[dict[str, Any]]:
    """Newest first; one more than the limit tells that there are more."""
    query = select(WorkOrder).where(mine(principal)).order_by(work_order.c.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(derived_state == state)
    if code is not None:
        query = query.where(work_order.c.facility == code)
    if after is not None:
        query = query.where(work_order.c.id < after)
    return [as_dict(order) for order in session.execute(query).scalars()]


def board(session: Session, principal: Principal, limit: int, *, today: date) -> list[dict[str, Any]]:
    """The open work orders in order of need, each with its item's names and a day's pieces by the calendar."""
    reports = (
        select(func.count())
        .where(report.c.work_order_id == work_order.c.id)
        .scalar_subquery()
        .label("reports")
    )
    query = (
        select(WorkOrder, item, facility.c.name, reports, tolerance_on(today).label("tolerance"))
        .join(item, item.c.sku == work_order.c.sku)
        .join(facility, facility.c.code == work_order.c.facility)
        .where(mine(principal), OPEN)
        .order_by(work_order.c.due, work_order.c.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    a_day = minutes_a_day(session, principal, {row.WorkOrder.facility for row in rows})
    return [
        {
            **as_dict(row.WorkOrder),
            "name_id": row.name_id,
            "name_en": row.name_en,
            "facility_name": row.name,
            "a_day": max(1, a_day.get((row.WorkOrder.facility, row.family), 0) // row.labour_minutes),
            "reported": row.reports,
            "room": row.WorkOrder.room(row.tolerance),
        }
        for row in rows
    ]


def taken_back(session: Session, principal: Principal, *, since: date, limit: int) -> Sequence[RowMapping]:
    """Work orders that were withdrawn since then, the newest first."""
    query = (
        select(work_order, item.c.name_id, item.c.name_en)
        .join(item, item.c.sku == work_order.c.sku)
        .where(mine(principal), work_order.c.withdrawn_on >= since)
        .order_by(work_order.c.withdrawn_on.desc(), work_order.c.id.desc())
        .limit(limit)
    )
    return session.execute(query).mappings().all()


def count_open(session: Session, principal: Principal) -> dict[str, int]:
    """How many open work orders there are in each state."""
    state = derived_state.label("state")
    rows = session.execute(select(state, func.count()).where(mine(principal), OPEN).group_by(state))
    return {row[0]: row[1] for row in rows}


def facilities(session: Session) -> Sequence[RowMapping]:
    query = select(
        facility.c.code, facility.c.name, facility.c.place, facility.c.kind, facility.c.lane, facility.c.hub,
        facility.c.producing, facility.c.verified,
    ).order_by(facility.c.code)  # fmt: skip
    return session.execute(query).mappings().all()


def capacity_of(session: Session, code: str) -> dict[str, Any] | None:
    """A facility's minutes a day and its workers for each family; None if there is no such facility."""
    minutes = session.execute(
        select(facility.c.open_minutes).where(facility.c.code == code)
    ).scalar_one_or_none()
    if minutes is None:
        return None
    rows = session.execute(
        select(capability.c.family, capability.c.workers)
        .where(capability.c.facility == code)
        .order_by(capability.c.family)
    )
    return {"facility": code, "open_minutes": minutes, "workers": {row.family: row.workers for row in rows}}


def reports_of(session: Session, id: UUID) -> Sequence[RowMapping]:
    """The daily reports of a work order and their corrections, in the order in which they came."""
    query = select(report).where(report.c.work_order_id == id).order_by(report.c.id)
    return session.execute(query).mappings().all()


def implausible(session: Session, principal: Principal, limit: int) -> Sequence[RowMapping]:
    """Reports of more than a facility makes, or of one hour by two devices, at which nobody has looked yet."""
    query = (
        select(report, work_order.c.number, work_order.c.facility)
        .join(work_order, work_order.c.id == report.c.work_order_id)
        .where(mine(principal), report.c.flagged | report.c.same_hour, report.c.acknowledged_on.is_(None))
        .order_by(report.c.id)
        .limit(limit)
    )
    return session.execute(query).mappings().all()


def corrections_of_inspections(session: Session, id: UUID) -> Sequence[RowMapping]:
    """By how much what a work order's inspections set aside was corrected, in their order."""
    of_work = select(inspection_correction).where(inspection_correction.c.work_order_id == id)
    return session.execute(of_work.order_by(inspection_correction.c.id)).mappings().all()


def inspections_of(session: Session, id: UUID) -> list[dict[str, Any]]:
    """The inspections by sample of a work order with their defects, in their order."""
    query = select(inspection).where(inspection.c.work_order_id == id).order_by(inspection.c.id)
    found = session.execute(query).mappings().all()
    rows = session.execute(
        select(defect)
        .where(defect.c.inspection_id.in_([each["id"] for each in found]))
        .order_by(defect.c.severity, defect.c.code)
    )
    defects = rows.mappings().all()
    photographed = photos.numbers_of(session, [each["id"] for each in found])
    return [
        {
            **each,
            "defects": [row for row in defects if row["inspection_id"] == each["id"]],
            "photos": photos.addresses(id, each["id"], photographed[each["id"]]),
        }
        for each in found
    ]


def tools_of(session: Session, code: str) -> dict[str, Any]:
    """A facility's tools, and since when missing ones have locked it, if they have."""
    kinds = session.execute(
        select(tool_kind)
        .where(tool_kind.c.facility == code, tool_kind.c.quantity > 0)
        .order_by(tool_kind.c.code)
    )
    lock = select(facility_lock.c.locked_on).where(
        facility_lock.c.facility == code, facility_lock.c.unlocked_on.is_(None)
    )
    locked_on = session.execute(lock).scalar_one_or_none()
    return {
        "facility": code,
        "locked_on": locked_on,
        "told": TOLD if locked_on else (),
        "tools": list(kinds.mappings()),
    }


def shifts_of(session: Session, code: str) -> Sequence[RowMapping]:
    """The newest shifts of a facility, the newest first."""
    query = select(shift).where(shift.c.facility == code).order_by(shift.c.id.desc()).limit(NEWEST_SHIFTS)
    return session.execute(query).mappings().all()


def locks(session: Session, principal: Principal) -> Sequence[RowMapping]:
    """The facilities that are locked, of those that a principal may see."""
    query = (
        select(facility_lock, facility.c.name)
        .join(facility, facility.c.code == facility_lock.c.facility)
        .where(facility_lock.c.unlocked_on.is_(None))
        .order_by(facility_lock.c.id)
    )
    if principal.role != KANWIL:
        query = query.where(facility_lock.c.facility == principal.account)
    return session.execute(query).mappings().all()


def handed_out(session: Session, code: str) -> dict[str, int] | None:
    """What is out in the shift that is open; none if no shift is."""
    open_shift = select(shift.c.id).where(shift.c.facility == code, shift.c.closed_on.is_(None))
    id = session.execute(open_shift).scalar_one_or_none()
    if id is None:
        return None
    rows = session.execute(
        select(tool_count.c.code, tool_count.c.count.label("pieces"))
        .where(tool_count.c.shift_id == id, tool_count.c.direction == "out")
        .order_by(tool_count.c.code)
    )
    return {row.code: row.pieces for row in rows}
