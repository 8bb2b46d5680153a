"""How people fare at work, for those who must see the truth and no person: figures of closed months alone.

A month is closed a week after its end. Its figures count what was recorded until then and are kept as they are told
(``handlers.closing``), so they never change, and nothing can be learned from a difference between two readings. What
somebody did under an agreement without consent to the use of data is in no figure of hours or pay. ``domain.anonymity`` says what is told.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from services.production import ledger
from services.production.agreements import state_on
from services.production.domain import premi as rules
from services.production.domain.anonymity import in_fives, summed, told
from services.production.domain.consent import DATA, WORK
from services.production.storage import (
    agreement,
    consent,
    consent_text,
    facility,
    grievance,
    hours_entry,
    independent_visit,
    premi_entry,
    premi_line,
    premi_lot,
    refusal,
    work_order,
    worker,
)
from services.production.storage import (
    closed_month as told_month,
)
from services.production.terms import falls_under
from shared.clock import WIB
from shared.refusal import Refused

GRACE = timedelta(days=7)
MONTHS_SHOWN = 12
A_YEAR = timedelta(days=365)
Under = tuple[UUID, UUID | None]
"""A worker, and the agreement under which something was done or consented to."""


@dataclass(frozen=True)
class Month:
    first: date

    @property
    def last(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def next(self) -> "Month":
        return Month(self.last + timedelta(days=1))

    @property
    def closed_at(self) -> datetime:
        """What was recorded from then on is in no figure of the month."""
        return datetime.combine(self.last + timedelta(days=1) + GRACE, time.min, WIB)


def closed_months(now: datetime) -> list[Month]:
    """The months whose figures are told, the newest first."""
    month = Month(now.astimezone(WIB).date().replace(day=1))
    found: list[Month] = []
    while len(found) < MONTHS_SHOWN:
        month = Month((month.first - timedelta(days=1)).replace(day=1))
        if month.closed_at <= now:
            found.append(month)
    return found


def closed_since(day: date, now: datetime) -> Iterator[Month]:
    """The closed months from that of a day on, the oldest first."""
    month = Month(day.replace(day=1))
    while month.closed_at <= now:
        yield month
        month = month.next


def closed_month(first: date, now: datetime) -> Month:
    """This month, if its figures are told already."""
    month = Month(first.replace(day=1))
    if month.closed_at > now:
        raise Refused(
            "The figures of a month are told a week after its end: the newest month is {month}.",
            field="month",
            month=f"{closed_months(now)[0].first:%Y-%m}",
        )
    return month


def figures(session: Session, month: Month, codes: Sequence[str] | None = None) -> dict[str, Any]:
    """What was told of a month: a row for each facility that had workers, and the sums over what is told."""
    query = (
        select(told_month, facility.c.name)
        .join(facility, facility.c.code == told_month.c.facility)
        .where(told_month.c.month == month.first)
        .order_by(facility.c.code)
    )
    found = session.execute(query if codes is None else query.where(facility.c.code.in_(codes)))
    rows = [dict(row._mapping) for row in found]
    return {
        "month": month.first,
        "facilities": rows,
        "participation": summed(rows, "consenting", "eligible"),
        "work": summed(rows, "workers", "minutes", "premi_idr"),
        "refusals": summed(rows, "refusals"),
    }


def counted(session: Session, month: Month, code: str) -> dict[str, Any]:
    """What is to be told of a facility's month, from all that is kept now."""
    eligible, consenting = _participation(session, month, code)
    of_data = _consents(session, month, code, DATA)
    minutes = _minutes(session, month, code, of_data)
    worked = told(sum(minutes.values()), len(minutes))
    premi = _premi_told(_shares(session, month, code), minutes, of_data)
    wage = ledger.minimum_wage_at(session, code, month.last)
    return {
        "eligible": in_fives(eligible),
        "consenting": in_fives(consenting),
        "workers": in_fives(len(minutes)),
        "minutes": worked,
        "premi_idr": premi,
        "hourly_idr": None if premi is None or not worked else rules.hourly(premi, worked),
        "minimum_hourly_idr": wage["hourly"] if wage else None,
        "minimum_source": wage["source"] if wage else None,
        "refusals": in_fives(_refusals(session, month, code)),
        "open_grievances": in_fives(_open_grievances(session, month, code)),
        "visits": _visits(session, month, code),
    }


def _participation(session: Session, month: Month, code: str) -> tuple[int, int]:
    """How many were eligible at the end of the month, and how many of them consented to work."""
    here = select(worker.c.id).where(
        worker.c.facility == code,
        worker.c.eligible,
        worker.c.registered_on <= month.last,
        or_(worker.c.left_on.is_(None), worker.c.left_on > month.last),
    )
    eligible = set(session.execute(here).scalars())
    in_force = select(agreement.c.id).where(agreement.c.facility == code, state_on(month.last) == "in_force")
    now = set(session.execute(in_force).scalars())
    return len(eligible), len(
        eligible & {one for one, under in _consents(session, month, code, WORK) if under in now}
    )


def _consents(session: Session, month: Month, code: str, purpose: str) -> set[Under]:
    """Who consented under which agreement, to the words that counted at the end of the month."""
    later = aliased(consent_text)
    newer = (
        later.c.agreement_id == consent.c.agreement_id,
        later.c.purpose == consent.c.purpose,
        later.c.version > consent.c.text_version,
        later.c.valid_from <= month.last,
    )
    standing = (
        consent.c.purpose == purpose,
        consent.c.given_on <= month.last,
        consent.c.recorded_at < month.closed_at,
        or_(consent.c.withdrawn_at.is_(None), consent.c.withdrawn_at >= month.closed_at),
        ~select(later.c.version).where(*newer).exists(),
    )
    query = select(consent.c.worker_id, consent.c.agreement_id)
    query = query.join(worker, worker.c.id == consent.c.worker_id)
    return {
        (row.worker_id, row.agreement_id)
        for row in session.execute(query.where(worker.c.facility == code, *standing))
    }


def _minutes(session: Session, month: Month, code: str, of_data: Collection[Under]) -> dict[UUID, int]:
    """Minutes of work for partners, of each who consented to the use of data under the agreement that it falls under."""
    under = falls_under(agreement.c.id, hours_entry.c.worked_on)
    each = (
        select(hours_entry.c.worker_id, under.label("agreement_id"), hours_entry.c.minutes)
        .join(work_order, work_order.c.id == hours_entry.c.work_order_id)
        .where(
            hours_entry.c.facility == code,
            hours_entry.c.worked_on.between(month.first, month.last),
            hours_entry.c.recorded_at < month.closed_at,
        )
        .subquery()
    )
    rows = session.execute(
        select(each.c.worker_id, each.c.agreement_id, func.sum(each.c.minutes).label("minutes")).group_by(
            each.c.worker_id, each.c.agreement_id
        )
    )
    minutes: Counter[UUID] = Counter()
    for row in rows:
        if (row.worker_id, row.agreement_id) in of_data:
            minutes[row.worker_id] += row.minutes
    return {one: count for one, count in minutes.items() if count > 0}


def _premi_told(
    shares: Mapping[Under, int], minutes: Mapping[UUID, int], of_data: Collection[Under]
) -> int | None:
    """What those at work earned; the pieces of lots and what is due for one tell what all earned together."""
    theirs = {each: idr for each, idr in shares.items() if each in of_data and each[0] in minutes}
    people = {one for one, _ in theirs} or minutes.keys()
    others = {one for one, _ in shares.keys() - theirs.keys()}
    return told(sum(theirs.values()), len(people), others=len(others))


def _shares(session: Session, month: Month, code: str) -> dict[Under, int]:
    """What each worker with a share earned with the lots that were accepted in the month, by their agreement."""
    later = aliased(premi_entry)
    back = select(later.c.id).where(
        later.c.reverses == premi_entry.c.id, later.c.recorded_at < month.closed_at
    )
    earned = -func.sum(premi_line.c.idr)
    rows = session.execute(
        select(premi_line.c.worker_id, premi_lot.c.agreement_id, earned.label("idr"))
        .join(premi_entry, premi_entry.c.id == premi_line.c.entry_id)
        .join(premi_lot, premi_lot.c.lot == premi_entry.c.lot)
        .where(
            premi_line.c.worker_id.is_not(None),
            premi_lot.c.facility == code,
            premi_entry.c.kind == "shared",
            premi_entry.c.recorded_at < month.closed_at,
            premi_lot.c.accepted_on.between(month.first, month.last),
            ~back.exists(),
        )
        .group_by(premi_line.c.worker_id, premi_lot.c.agreement_id)
    )
    return {(row.worker_id, row.agreement_id): int(row.idr) for row in rows}


def _refusals(session: Session, month: Month, code: str) -> int:
    of_month = refusal.c.day.between(month.first, month.last), refusal.c.recorded_at < month.closed_at
    total = select(func.coalesce(func.sum(refusal.c.people), 0)).where(refusal.c.facility == code, *of_month)
    return int(session.execute(total).scalar_one())


def _open_grievances(session: Session, month: Month, code: str) -> int:
    still: ColumnElement[bool] = or_(grievance.c.closed_on.is_(None), grievance.c.closed_on > month.last)
    count = select(func.count()).where(
        grievance.c.facility == code, grievance.c.received_on <= month.last, still
    )
    return int(session.execute(count).scalar_one())


def _visits(session: Session, month: Month, code: str) -> int:
    """Independent visits in the year up to the end of the month; they are about nobody."""
    year = independent_visit.c.visited_on.between(month.last - A_YEAR, month.last)
    return int(
        session.execute(select(func.count()).where(independent_visit.c.facility == code, year)).scalar_one()
    )
