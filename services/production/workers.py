"""What is read of workers, for their own facility alone. Who calls these notes it: ``handlers.reading``."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from services.production.agreements import state_on
from services.production.domain.consent import PURPOSES
from services.production.ledger import standing_entries
from services.production.storage import (
    OPEN,
    agreement,
    consent,
    consent_text,
    grievance,
    hours_entry,
    independent_visit,
    item,
    premi_entry,
    premi_line,
    premi_lot,
    refusal,
    work_order,
    worker,
    worker_read,
)

NEWEST = 30


def workers_of(
    session: Session, facility: str, today: date, *, since: date | None = None
) -> list[dict[str, Any]]:
    """Who is here, or was on a day or later, by code, with consents, the hours of this week and what is owed to each."""
    here = worker.c.left_on.is_(None)
    return _told(session, facility, today, here if since is None else or_(here, worker.c.left_on >= since))


def left(session: Session, facility: str, today: date) -> list[dict[str, Any]]:
    """Likewise who left and is kept still: a consent may be withdrawn, and pay be asked after, for so long."""
    return _told(session, facility, today, worker.c.left_on.is_not(None))


def _told(session: Session, facility: str, today: date, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(worker).where(worker.c.facility == facility, which).order_by(worker.c.code)
    ).all()
    ids = [row.id for row in rows]
    consents, week, owed = _consents(session, ids, today), _week(session, ids, today), balances(session, ids)
    return [
        {
            **row._mapping,
            "consents": consents[row.id],
            "week": week.get(row.id, 0),
            "owed": owed.get(row.id, 0),
        }
        for row in rows
    ]


def find_worker(session: Session, facility: str, id: UUID) -> dict[str, Any] | None:
    row = session.execute(
        select(worker).where(worker.c.id == id, worker.c.facility == facility)
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def agreements_of(session: Session, facility: str, today: date) -> list[dict[str, Any]]:
    """The agreements that are in force, and those to which somebody consents still, with the words that count now."""
    given = exists().where(consent.c.agreement_id == agreement.c.id, consent.c.withdrawn_at.is_(None))
    rows = session.execute(
        select(agreement.c.id, agreement.c.number, agreement.c.partner)
        .where(agreement.c.facility == facility, or_(state_on(today) == "in_force", given))
        .order_by(agreement.c.number)
    ).all()
    return [{**row._mapping, "words": words_on(session, row.id, today)} for row in rows]


def words_on(session: Session, agreement_id: UUID, day: date) -> dict[str, Any]:
    """The words of each purpose that count on a day."""
    rows = session.execute(
        select(consent_text)
        .where(consent_text.c.agreement_id == agreement_id, consent_text.c.valid_from <= day)
        .order_by(consent_text.c.version)
    )
    return {row.purpose: dict(row._mapping) for row in rows}


def orders_with_work(session: Session, facility: str) -> list[dict[str, Any]]:
    """Work orders that were begun: those to be made, and the newest that are done."""
    rows = session.execute(
        select(work_order.c.id, work_order.c.number, item.c.name_id, item.c.name_en)
        .join(item, item.c.sku == work_order.c.sku)
        .where(work_order.c.facility == facility, work_order.c.started_on.is_not(None))
        .order_by(OPEN.desc(), work_order.c.started_on.desc(), work_order.c.id)
        .limit(NEWEST)
    )
    return [dict(row._mapping) for row in rows]


def hours_on(session: Session, facility: str, day: date) -> dict[UUID, int]:
    """Minutes of each worker on a day, whatever they were for."""
    rows = session.execute(
        select(hours_entry.c.worker_id, func.sum(hours_entry.c.minutes).label("minutes"))
        .where(hours_entry.c.facility == facility, hours_entry.c.worked_on == day)
        .group_by(hours_entry.c.worker_id)
    )
    return {row.worker_id: row.minutes for row in rows}


def entries_on(session: Session, facility: str, day: date) -> list[dict[str, Any]]:
    """What was entered for a day, corrections beside what they correct."""
    rows = session.execute(
        select(hours_entry, worker.c.code, work_order.c.number)
        .join(worker, worker.c.id == hours_entry.c.worker_id)
        .outerjoin(work_order, work_order.c.id == hours_entry.c.work_order_id)
        .where(hours_entry.c.facility == facility, hours_entry.c.worked_on == day)
        .order_by(worker.c.code, func.coalesce(hours_entry.c.corrects, hours_entry.c.id), hours_entry.c.id)
    )
    return [dict(row._mapping) for row in rows]


def balances(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """What each worker is owed."""
    rows = session.execute(
        select(premi_line.c.worker_id, (-func.sum(premi_line.c.idr)).label("owed"))
        .where(premi_line.c.worker_id.in_(ids))
        .group_by(premi_line.c.worker_id)
    )
    return {row.worker_id: int(row.owed) for row in rows}


def statement_of(session: Session, worker_id: UUID) -> list[dict[str, Any]]:
    """A worker's account: each entry with what it adds or takes, and what was owed after it."""
    rows = session.execute(
        select(
            premi_entry.c.id,
            premi_entry.c.kind,
            premi_entry.c.booked_on,
            premi_entry.c.lot,
            premi_entry.c.reason,
        )
        .add_columns((-premi_line.c.idr).label("idr"))
        .join(premi_line, premi_line.c.entry_id == premi_entry.c.id)
        .where(premi_line.c.worker_id == worker_id)
        .order_by(premi_entry.c.id)
    )
    owed, told = 0, []
    for row in rows:
        owed += row.idr
        told.append({**row._mapping, "owed": owed})
    return told


def months_of(session: Session, worker_id: UUID) -> list[dict[str, Any]]:
    """Minutes for partners and premi of each month, the newest first: premi of the lots that were accepted in it.

    What was paid, or taken back of it, earns nobody anything.
    """
    found: defaultdict[date, dict[str, int]] = defaultdict(lambda: {"minutes": 0, "idr": 0})
    worked_in = func.date_trunc("month", hours_entry.c.worked_on)
    for row in session.execute(
        select(worked_in.label("month"), func.sum(hours_entry.c.minutes).label("minutes"))
        .where(hours_entry.c.worker_id == worker_id, hours_entry.c.work_order_id.is_not(None))
        .group_by(worked_in)
    ):
        found[row.month.date()]["minutes"] = row.minutes
    accepted_in = func.date_trunc("month", premi_lot.c.accepted_on)
    for row in session.execute(
        select(accepted_in.label("month"), (-func.sum(premi_line.c.idr)).label("idr"))
        .join(premi_entry, premi_entry.c.id == premi_line.c.entry_id)
        .join(premi_lot, premi_lot.c.lot == premi_entry.c.lot)
        .where(premi_line.c.worker_id == worker_id, premi_entry.c.id.in_(standing_entries("shared")))
        .group_by(accepted_in)
    ):
        found[row.month.date()]["idr"] = int(row.idr)
    return [{"month": month, **found[month]} for month in sorted(found, reverse=True)]


def concerns_of(session: Session, facility: str) -> dict[str, list[dict[str, Any]]]:
    """Refusals, grievances, visits and who read of workers: the newest of each, nothing of who."""
    newest = {
        "refusals": (refusal, refusal.c.day),
        "grievances": (grievance, grievance.c.received_on),
        "visits": (independent_visit, independent_visit.c.visited_on),
        "reads": (worker_read, worker_read.c.read_at),
    }
    return {
        name: [
            dict(row._mapping)
            for row in session.execute(
                select(table)
                .where(table.c.facility == facility)
                .order_by(by.desc(), table.c.id.desc())
                .limit(NEWEST)
            )
        ]
        for name, (table, by) in newest.items()
    }


def _week(session: Session, ids: Sequence[UUID], today: date) -> dict[UUID, int]:
    monday = today - timedelta(days=today.weekday())
    rows = session.execute(
        select(hours_entry.c.worker_id, func.sum(hours_entry.c.minutes).label("minutes"))
        .where(hours_entry.c.worker_id.in_(ids), hours_entry.c.worked_on.between(monday, today))
        .group_by(hours_entry.c.worker_id)
    )
    return {row.worker_id: row.minutes for row in rows}


def _consents(session: Session, ids: Sequence[UUID], today: date) -> Mapping[UUID, list[dict[str, Any]]]:
    """The newest consent of each worker, agreement and purpose, and whether it stands for the words of today."""
    query = select(consent, agreement.c.number).join(agreement, agreement.c.id == consent.c.agreement_id)
    newest = {
        (row.worker_id, row.number, row.purpose): row
        for row in session.execute(query.where(consent.c.worker_id.in_(ids)).order_by(consent.c.id))
    }
    words = {id: words_on(session, id, today) for id in {row.agreement_id for row in newest.values()}}
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(newest.values(), key=lambda row: (row.number, PURPOSES.index(row.purpose))):
        asked = words[row.agreement_id][row.purpose]["version"]
        state = "withdrawn" if row.withdrawn_at else "given" if row.text_version == asked else "ask_anew"
        found[row.worker_id].append({**row._mapping, "state": state})
    return found
