"""What is read of premi: the lots that wait, the ledger's newest entries, what each account holds."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session, aliased

from services.production.domain import premi as rules
from services.production.domain.premi import ACCOUNTS, Scheme
from services.production.storage import (
    facility,
    minimum_wage,
    premi_entry,
    premi_line,
    premi_lot,
    premi_of_former,
    work_order,
    worker,
)

NEWEST = 60


def standing_entries(kind: str) -> Select[int]:
    """The entries of a kind that were not reversed."""
    later = aliased(premi_entry)
    return select(premi_entry.c.id).where(
        premi_entry.c.kind == kind, ~select(later.c.id).where(later.c.reverses == premi_entry.c.id).exists()
    )


def waiting_lots(session: Session, code: str) -> list[dict[str, Any]]:
    """Accepted lots that nobody shared out yet, the oldest first, with what is owed for each."""
    shared = standing_entries("shared").where(premi_entry.c.lot == premi_lot.c.lot)
    accrued = standing_entries("accrued").where(premi_entry.c.lot == premi_lot.c.lot)
    theirs = select(-func.sum(premi_line.c.idr)).where(
        premi_line.c.entry_id.in_(accrued.correlate(premi_lot)), premi_line.c.account == rules.WORKERS
    )
    rows = session.execute(
        select(premi_lot, work_order.c.number, theirs.scalar_subquery().label("idr"))
        .join(work_order, work_order.c.id == premi_lot.c.work_order_id)
        .where(premi_lot.c.facility == code, ~shared.exists())
        .order_by(premi_lot.c.accepted_on, premi_lot.c.lot)
        .limit(NEWEST)
    )
    return [dict(row._mapping) for row in rows]


def entries_of(session: Session, code: str) -> list[dict[str, Any]]:
    """The newest entries with their lines, and whether each was reversed."""
    later = aliased(premi_entry)
    reversed_by = select(later.c.id).where(later.c.reverses == premi_entry.c.id).scalar_subquery()
    rows = session.execute(
        select(premi_entry, reversed_by.label("reversed_by"))
        .where(premi_entry.c.facility == code)
        .order_by(premi_entry.c.id.desc())
        .limit(NEWEST)
    ).all()
    lines = _lines(session, [row.id for row in rows])
    return [{**row._mapping, "lines": [line for line in lines if line["entry_id"] == row.id]} for row in rows]


def accounts_of(session: Session, code: str) -> dict[str, int]:
    """What each account holds: what partners owe, what is owed to whom, what was paid; also of lines that were erased."""
    lines = (
        select(premi_line.c.account, premi_line.c.idr)
        .join(premi_entry, premi_entry.c.id == premi_line.c.entry_id)
        .where(premi_entry.c.facility == code, premi_line.c.account != rules.FORMER)
    )
    erased = select(premi_of_former.c.account, premi_of_former.c.idr)
    both = union_all(lines, erased.where(premi_of_former.c.facility == code)).subquery()
    rows = session.execute(
        select(both.c.account, func.abs(func.sum(both.c.idr)).label("idr")).group_by(both.c.account)
    )
    return dict.fromkeys(ACCOUNTS, 0) | {row.account: int(row.idr) for row in rows}


def owed_at(session: Session, code: str) -> list[dict[str, Any]]:
    """Whose account is open, by code; also of those who left, to whom a later lot may owe something."""
    rows = session.execute(
        select(worker.c.id, worker.c.code, (-func.sum(premi_line.c.idr)).label("owed"))
        .join(premi_line, premi_line.c.worker_id == worker.c.id)
        .where(worker.c.facility == code)
        .group_by(worker.c.id)
        .having(func.sum(premi_line.c.idr) != 0)
        .order_by(worker.c.code)
    )
    return [{**row._mapping, "owed": int(row.owed)} for row in rows]


def scheme_dict(one: Scheme) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Scheme.__dataclass_fields__}


def minimum_wage_at(session: Session, code: str, day: date) -> dict[str, Any] | None:
    """The minimum wage where a facility is, as of a day."""
    return wage_of(minimum_wages_at(session, code), day)


def minimum_wages_at(session: Session, code: str) -> list[dict[str, Any]]:
    """All minimum wages where a facility is: those of its own place before the province's, the newest first."""
    place = select(facility.c.place).where(facility.c.code == code).scalar_subquery()
    rows = session.execute(
        select(minimum_wage)
        .where(minimum_wage.c.place.in_([place, "*"]))
        .order_by((minimum_wage.c.place == "*"), minimum_wage.c.valid_from.desc())
    )
    return [{**row._mapping, "hourly": rules.minimum_hourly(Decimal(row.monthly_idr))} for row in rows]


def wage_of(wages: Sequence[dict[str, Any]], day: date) -> dict[str, Any] | None:
    return next((each for each in wages if each["valid_from"] <= day), None)


def _lines(session: Session, entries: Sequence[int]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(premi_line, worker.c.code)
        .outerjoin(worker, worker.c.id == premi_line.c.worker_id)
        .where(premi_line.c.entry_id.in_(entries))
        .order_by(premi_line.c.entry_id, premi_line.c.number)
    )
    return [dict(row._mapping) for row in rows]


def workers_in(entries: Sequence[dict[str, Any]]) -> list[UUID]:
    """Which workers stand in these entries."""
    return sorted({line["worker_id"] for entry in entries for line in entry["lines"] if line["worker_id"]})
