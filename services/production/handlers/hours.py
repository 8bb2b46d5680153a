"""Hours of a shift, for many workers at once, all or nothing; and their corrections."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from services.production import terms
from services.production.domain.consent import Consent, must_consent
from services.production.domain.hours import STEP, hours, must_fit
from services.production.domain.remarks import said
from services.production.domain.work_order import WorkOrder
from services.production.handlers import people
from services.production.local_time import now_at, zone_of
from services.production.storage import consent, hours_entry
from shared.clock import business_now
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
    here = now_at(session, facility)
    today, zone = here.date(), here.tzinfo
    if not today - KEPT_OPEN <= day <= today:
        raise Refused("Give a day from {first} to {last}.", field="day", first=today - KEPT_OPEN, last=today)
    if ended_at is not None and ended_at.astimezone(zone).date() != day:
        raise Refused("Give when the shift of that day ended.", field="ended_at")
    at_work = {
        one.id: one for one in people.locked(session, facility, [each["worker_id"] for each in entries])
    }
    for one in at_work.values():
        _must_be_able(one, day)
    if work_order_id is not None:
        order = _order(session, facility, work_order_id, day)
        _must_consent(session, list(at_work.values()), order, day, ended_at)
    worked, there = _worked(session, at_work, day), _there(session, at_work, day, work_order_id)
    for each in entries:
        one, more = at_work[each["worker_id"]], each["minutes"]
        _must_fit(one, each, day, work_order_id, worked[one.id], there[one.id])
        worked[one.id][day] += more
        there[one.id] += more
    about = {"facility": facility, "work_order_id": work_order_id, "worked_on": day, "ended_at": ended_at}
    _keep(session, [{"pieces": 0, **each, **about} for each in entries])
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
    if more > 0 and entry.work_order_id is not None:
        order = session.get_one(WorkOrder, entry.work_order_id)
        _must_consent(session, [one], order, entry.worked_on, entry.ended_at)
    if more > 0:
        worked = _worked(session, [one.id], entry.worked_on)[one.id]
        must_fit(one.code, worked, entry.worked_on, more, field="minutes")
    values = {name: getattr(entry, name) for name in ("facility", "worker_id", "work_order_id", "worked_on")}
    change = {"minutes": more, "pieces": pieces - standing.pieces}
    _keep(session, [{**values, **change, "corrects": entry.id, "reason": said(reason)}])


def _must_fit(
    one: Row[Any],
    each: dict[str, Any],
    day: date,
    work_order_id: UUID | None,
    worked: Mapping[date, int],
    there: int,
) -> None:
    """Refuse what was entered already, and more than the limits leave; ``there`` are minutes of the same work and day."""
    field = f"hours.{one.id}"
    if work_order_id is None and each.get("pieces"):
        raise Refused("Pieces are counted for a work order only.", field=f"pieces.{one.id}")
    if there:
        raise Refused(
            "{code} has {there} hours for this work on {day} already: correct that entry.",
            field=field,
            code=one.code,
            there=hours(there),
            day=day,
        )
    must_fit(one.code, worked, day, each["minutes"], field=field)


def _keep(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    recorded_at = business_now(session)
    session.execute(insert(hours_entry), [{**row, "recorded_at": recorded_at} for row in rows])


def _worked(session: Session, ids: Iterable[UUID], day: date) -> dict[UUID, defaultdict[date, int]]:
    """Minutes of each worker by day, around this one, whatever they were for."""
    worked: dict[UUID, defaultdict[date, int]] = {id: defaultdict(int) for id in ids}
    around = hours_entry.c.worked_on.between(day - AROUND, day + AROUND)
    for row in session.execute(
        select(hours_entry.c.worker_id, hours_entry.c.worked_on, hours_entry.c.minutes).where(
            hours_entry.c.worker_id.in_(worked), around
        )
    ):
        worked[row.worker_id][row.worked_on] += row.minutes
    return worked


def _there(
    session: Session, ids: Iterable[UUID], day: date, work_order_id: UUID | None
) -> defaultdict[UUID, int]:
    """Minutes of each worker on this day for this work."""
    rows = session.execute(
        select(hours_entry.c.worker_id, func.sum(hours_entry.c.minutes).label("minutes"))
        .where(
            hours_entry.c.worker_id.in_(list(ids)),
            hours_entry.c.worked_on == day,
            hours_entry.c.work_order_id.is_not_distinct_from(work_order_id),
        )
        .group_by(hours_entry.c.worker_id)
    )
    return defaultdict(int, {row.worker_id: row.minutes for row in rows})


def _order(session: Session, facility: str, work_order_id: UUID, day: date) -> WorkOrder:
    order = session.get(WorkOrder, work_order_id)
    if order is None or order.facility != facility or order.started_on is None:
        raise Refused("Choose a work order of this facility that was begun.", field="work_order_id")
    if day < order.started_on:
        raise Refused("{number} was begun on {day}.", field="day", number=order.number, day=order.started_on)
    return order


def _must_be_able(one: Row[Any], day: date) -> None:
    """Whoever was here on that day and is eligible."""
    if one.left_on is not None and day > one.left_on:
        people.must_be_here(one)
    if day < one.registered_on:
        raise Refused(
            "{code} came on {day}: give a day from then on.",
            field="day",
            code=one.code,
            day=one.registered_on,
        )
    if not one.eligible:
        raise Refused("{code} is not eligible to work.", field="worker", code=one.code)


def _must_consent(
    session: Session, workers: Sequence[Row[Any]], order: WorkOrder, day: date, ended_at: datetime | None
) -> None:
    """For a partner only with consent to that partner's work."""
    under = terms.agreement_on(session, order, day)
    if under is None:
        raise Refused("No agreement (PKS) covers this work.", field="work_order_id")
    words = people.words_of(session, [under.id])
    zone = zone_of(session, order.facility)
    theirs = consent.c.worker_id.in_([one.id for one in workers])
    given: defaultdict[UUID, list[Consent]] = defaultdict(list)
    for row in session.execute(select(consent).where(theirs, consent.c.agreement_id == under.id)):
        given[row.worker_id].append(
            Consent(
                agreement_id=row.agreement_id,
                purpose=row.purpose,
                text_version=row.text_version,
                given_on=row.given_on,
                withdrawn_at=row.withdrawn_at and row.withdrawn_at.astimezone(zone),
            )
        )
    for one in workers:
        must_consent(
            one.code,
            given[one.id],
            words,
            agreement_id=under.id,
            number=under.number,
            day=day,
            ended_at=ended_at,
        )
