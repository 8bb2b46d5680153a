"""What is read of workers who left, by purges alone: they see no code, and print none."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from services.production import welfare
from services.production.domain.anonymity import LEAST
from services.production.domain.erasure import Former
from services.production.domain.premi import WORKER
from services.production.ledger import standing_entries
from services.production.storage import (
    closed_month,
    grievance,
    hours_entry,
    legal_hold,
    premi_entry,
    premi_line,
    premi_lot,
    premi_of_former,
    work_order,
    worker,
)
from shared.clock import business_now
from shared.messaging.tables import inbox

CLAIM = "kendi.orders.claim_"
SHARED = "shared"


@dataclass(frozen=True)
class Cell:
    """What people of a facility earned or were paid in a month; ``scheme_id`` is None of payments."""

    facility: str
    month: date
    scheme_id: UUID | None
    kind: str
    account: str
    idr: int
    people: int


def formers(session: Session, now: datetime, ids: Collection[UUID] | None = None) -> list[Former]:
    """All workers who left, or these of them, with what is open, in the order of their facilities."""
    booked = (
        select(premi_line.c.worker_id, func.max(premi_entry.c.booked_on).label("last"))
        .add_columns(func.sum(premi_line.c.idr).label("idr"))
        .join(premi_entry, premi_entry.c.id == premi_line.c.entry_id)
        .where(premi_line.c.worker_id.is_not(None))
        .group_by(premi_line.c.worker_id)
        .subquery()
    )
    complaint = select(grievance.c.id).where(
        grievance.c.facility == worker.c.facility, grievance.c.closed_on.is_(None)
    )
    query = (
        select(worker.c.id, worker.c.facility, worker.c.left_on)
        .add_columns(
            func.greatest(worker.c.left_on, cast(booked.c.last, Date)).label("settled_on"),
            (func.coalesce(booked.c.idr, 0) != 0).label("owed"),
            _worked_on(_not_shared_out()).label("not_shared_out"),
            _worked_on(claimed_work(session)).label("claim"),
            complaint.exists().label("grievance"),
            held(worker.c.facility, worker.c.id).label("legal_hold"),
        )
        .outerjoin(booked, booked.c.worker_id == worker.c.id)
        .where(worker.c.left_on.is_not(None))
        .order_by(worker.c.facility, worker.c.left_on, worker.c.id)
    )
    rows = session.execute(query if ids is None else query.where(worker.c.id.in_(ids))).all()
    told = _told_months(session, rows, now)
    return [
        Former(**row._mapping, month_not_told=(row.facility, row.left_on.replace(day=1)) not in told)
        for row in rows
    ]


def _told_months(session: Session, rows: Iterable[Any], now: datetime) -> set[tuple[str, date]]:
    """The months of leaving whose figures are told, and with them those of all months before; or will be by ``now``."""
    today = business_now(session)
    told = session.execute(select(closed_month.c.facility, closed_month.c.month))
    months = {(row.facility, row.left_on.replace(day=1)) for row in rows}
    to_come = {(code, first) for code, first in months if today < welfare.Month(first).closed_at <= now}
    return to_come | {(row.facility, row.month) for row in told}


def claimed_work(session: Session) -> Select[UUID]:
    """The work orders of lines about which a claim is open, as far as orders has told."""
    rows = session.execute(select(inbox.c.type, inbox.c.data).where(inbox.c.type.startswith(CLAIM)))
    told = [(row.type.split(".")[2], row.data) for row in rows]
    closed = {
        data["claim_id"]
        for kind, data in told
        if kind == "claim_settled" or (kind == "claim_decided" and data["decision"] == "refused")
    }
    lines = {
        (UUID(data["order_id"]), data["line"])
        for kind, data in told
        if kind == "claim_made" and data["claim_id"] not in closed
    }
    return select(work_order.c.id).where(tuple_(work_order.c.order_id, work_order.c.line).in_(sorted(lines)))


def held(facility: ColumnElement[str], worker_id: ColumnElement[UUID] | None = None) -> ColumnElement[bool]:
    """Whether a legal hold stands over all of the facility, or over this worker."""
    whom: ColumnElement[bool] = legal_hold.c.worker_id.is_(None)
    if worker_id is not None:
        whom = or_(whom, legal_hold.c.worker_id == worker_id)
    return (
        select(legal_hold.c.id)
        .where(legal_hold.c.facility == facility, legal_hold.c.lifted_at.is_(None), whom)
        .exists()
    )


def sums_of(session: Session, steps: Collection[int]) -> list[Cell]:
    """What these steps of purges left of premi, of all of them together."""
    key = (
        premi_of_former.c.facility,
        premi_of_former.c.month,
        premi_of_former.c.scheme_id,
        premi_of_former.c.kind,
        premi_of_former.c.account,
    )
    rows = session.execute(
        select(*key, func.sum(premi_of_former.c.idr).label("idr"))
        .add_columns(func.sum(premi_of_former.c.people).label("people"))
        .where(premi_of_former.c.step_id.in_(steps))
        .group_by(*key)
        .order_by(*key)
    )
    return [Cell(**{**row._mapping, "idr": int(row.idr)}) for row in rows]


def told_sums(cells: Iterable[Cell]) -> tuple[list[dict[str, Any]], int]:
    """What five people or more earned by a scheme in a month, and how many cells are about fewer.

    What was paid is not told: with whoever is erased nothing is open, so that payments beside earnings would give
    back a cell that is not told; nor is a sum of several cells. Each was erased once, so that no two purges differ
    by a person.
    """
    earned = [cell for cell in cells if cell.account == WORKER and cell.kind == SHARED]
    told = [vars(cell) for cell in earned if cell.people >= LEAST]
    return told, len(earned) - len(told)


def _not_shared_out() -> Select[UUID]:
    """Work orders with a lot that nobody shared out, or whose sharing was reversed."""
    standing = standing_entries("shared").where(premi_entry.c.lot == premi_lot.c.lot)
    return select(premi_lot.c.work_order_id).where(~standing.exists())


def _worked_on(work_orders: Select[UUID]) -> ColumnElement[bool]:
    """Whether the worker has hours, or a share of a lot, of any of these."""
    by_hours = select(hours_entry.c.id).where(
        hours_entry.c.worker_id == worker.c.id, hours_entry.c.work_order_id.in_(work_orders)
    )
    by_shares = (
        select(premi_line.c.entry_id)
        .join(premi_entry, premi_entry.c.id == premi_line.c.entry_id)
        .join(premi_lot, premi_lot.c.lot == premi_entry.c.lot)
        .where(premi_line.c.worker_id == worker.c.id, premi_lot.c.work_order_id.in_(work_orders))
    )
    return or_(by_hours.exists(), by_shares.exists())
