"""Hours of a shift, for many workers at once, all or nothing; and their corrections."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from services.production import terms
from services.production.domain.agreement import Agreement
from services.production.domain.consent import Consent, must_consent
from services.production.domain.hours import STEP, hours, must_fit
from services.production.domain.remarks import said
from services.production.domain.work_order import WorkOrder
from services.production.handlers import people
from services.production.storage import consent, hours_entry
from shared.clock import WIB, business_now, business_today
from shared.refusal import Refused

KEPT_OPEN = timedelta(days=92)
"""How long after a day its hours may still be entered."""
AROUND = timedelta(days=8)
"""What the limits of a day look at on either side of it."""


def enter_shift(
    session: Session,
    *,
    facility: str,
    day: date,
    work_order_id: UUID | None,
    entries: Sequence[dict[str, Any]],
    ended_at: datetime | None = None,
) -> int:
    """Hours of each worker on one day, for a work order or for the facility's own work; how many there were."""
    if not entries:
        raise Refused("Enter somebody's hours.", field="hours")
    today = business_today(session)
    if not today - KEPT_OPEN <= day <= today:
        raise Refused("Give a day from {first} to {last}.", field="day", first=today - KEPT_OPEN, last=today)
    if ended_at is not None and ended_at.astimezone(WIB).date() != day:
        raise Refused("Give when the shift of that day ended.", field="ended_at")
    at_work = {
        one.id: one for one in people.locked(session, facility, [each["worker_id"] for each in entries])
    }
    order = None if work_order_id is None else _order(session, facility, work_order_id, day)
    for each in entries:
        one = at_work[each["worker_id"]]
        _may_work(session, one, order, day, ended_at)
        _enter(session, one, order, day, ended_at, each)
    return len(entries)


def correct(
    session: Session, *, facility: str, entry_id: int, minutes: int, pieces: int, reason: str
) -> None:
    """An entry should have said other hours; it stays, and so does what was wrong."""
    entry = session.execute(
        select(hours_entry).where(
            hours_entry.c.id == entry_id, hours_entry.c.facility == facility, hours_entry.c.corrects.is_(None)
        )
    ).one_or_none()
    if entry is None:
        raise Refused("Give an entry that is no correction itself.", field="entry_id")
    if minutes < 0 or minutes % STEP:
        raise Refused("Give hours in quarters above 0, such as 6.5.", field="minutes")
    if pieces and entry.work_order_id is None:
        raise Refused("Pieces are counted for a work order only.", field="pieces")
    (one,) = people.locked(session, facility, [entry.worker_id])
    standing = session.execute(
        select(
            func.sum(hours_entry.c.minutes).label("minutes"), func.sum(hours_entry.c.pieces).label("pieces")
        ).where((hours_entry.c.id == entry.id) | (hours_entry.c.corrects == entry.id))
    ).one()
    more = minutes - standing.minutes
    if not more and pieces == standing.pieces:
        raise Refused("The entry says that already.", field="minutes")
    if more > 0:
        must_fit(one.code, _worked(session, one.id, entry.worked_on), entry.worked_on, more, field="minutes")
    values = {name: getattr(entry, name) for name in ("facility", "worker_id", "work_order_id", "worked_on")}
    _keep(
        session,
        **values,
        minutes=more,
        pieces=pieces - standing.pieces,
        corrects=entry.id,
        reason=said(reason),
    )


def _enter(
    session: Session,
    one: Row[Any],
    order: WorkOrder | None,
    day: date,
    ended_at: datetime | None,
    each: dict[str, Any],
) -> None:
    field = f"hours.{one.id}"
    if order is None and each.get("pieces"):
        raise Refused("Pieces are counted for a work order only.", field=f"pieces.{one.id}")
    order_id = order.id if order else None
    there = session.execute(
        select(func.sum(hours_entry.c.minutes)).where(
            hours_entry.c.worker_id == one.id,
            hours_entry.c.worked_on == day,
            hours_entry.c.work_order_id.is_not_distinct_from(order_id),
        )
    ).scalar()
    if there:
        raise Refused(
            "{code} has {there} hours for this work on {day} already: correct that entry.",
            field=field,
            code=one.code,
            there=hours(there),
            day=day,
        )
    must_fit(one.code, _worked(session, one.id, day), day, each["minutes"], field=field)
    _keep(
        session,
        facility=one.facility,
        worker_id=one.id,
        work_order_id=order_id,
        worked_on=day,
        minutes=each["minutes"],
        pieces=each.get("pieces", 0),
        ended_at=ended_at,
    )


def _keep(session: Session, **values: Any) -> None:
    session.execute(insert(hours_entry).values(**values, recorded_at=business_now(session)))


def _worked(session: Session, worker_id: UUID, day: date) -> dict[date, int]:
    """Minutes by day, around this one, whatever they were for."""
    rows: defaultdict[date, int] = defaultdict(int)
    for row in session.execute(
        select(hours_entry.c.worked_on, hours_entry.c.minutes).where(
            hours_entry.c.worker_id == worker_id, hours_entry.c.worked_on.between(day - AROUND, day + AROUND)
        )
    ):
        rows[row.worked_on] += row.minutes
    return rows


def _order(session: Session, facility: str, work_order_id: UUID, day: date) -> WorkOrder:
    order = session.get(WorkOrder, work_order_id)
    if order is None or order.facility != facility or order.started_on is None:
        raise Refused("Choose a work order of this facility that was begun.", field="work_order_id")
    if day < order.started_on:
        raise Refused("{number} was begun on {day}.", field="day", number=order.number, day=order.started_on)
    return order


def _may_work(
    session: Session, one: Row[Any], order: WorkOrder | None, day: date, ended_at: datetime | None
) -> None:
    """Whoever is here and eligible; for a partner only with consent to that partner's work."""
    if one.left_on is not None and day > one.left_on:
        people.must_be_here(one)
    if not one.eligible:
        raise Refused("{code} is not eligible to work.", field="worker", code=one.code)
    if order is None:
        return
    under = terms.agreement_on(session, order, day)
    if under is None:
        raise Refused("No agreement (PKS) covers this work.", field="work_order_id")
    _must_consent(session, one, under, day, ended_at)


def _must_consent(
    session: Session, one: Row[Any], under: Agreement, day: date, ended_at: datetime | None
) -> None:
    given = session.execute(
        select(consent).where(consent.c.worker_id == one.id, consent.c.agreement_id == under.id)
    ).all()
    consents = [
        Consent(
            agreement_id=row.agreement_id,
            purpose=row.purpose,
            text_version=row.text_version,
            given_on=row.given_on,
            withdrawn_at=row.withdrawn_at and row.withdrawn_at.astimezone(WIB),
        )
        for row in given
    ]
    must_consent(
        one.code,
        consents,
        people.words_of(session, [under.id]),
        agreement_id=under.id,
        number=under.number,
        day=day,
        ended_at=ended_at,
    )
