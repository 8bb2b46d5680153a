"""When a facility is open, and how many people are there to work. What waits is offered to it at once."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.capacities import CHANGED, days_of, week_of
from services.production.domain.calendar import (
    Calendar,
    change_that_may_be,
    days_that_may_be,
    must_be_to_come,
    ordinary_week,
    shortened,
    week_that_may_be,
)
from services.production.domain.pool import Headcount
from services.production.handlers.waiting import offering_new_hours
from services.production.local_time import today_at
from services.production.storage import calendar_day, facility, worker_pool


def set_week(session: Session, *, code: str, week: Sequence[int]) -> None:
    """The ordinary minutes of each weekday, from Monday."""
    minutes = week_that_may_be(week)
    longest = max(minutes)
    own = None if minutes == ordinary_week(longest) else list(minutes)
    with offering_new_hours(session, code):
        session.execute(
            update(facility).where(facility.c.code == code).values(open_minutes=longest, week=own)
        )


def change_days(
    session: Session, *, code: str, day: date, until: date | None = None, open_minutes: int, reason: str
) -> None:
    """One day differs from the ordinary week, for a reason; or all days until another one, of which none gets longer."""
    change_that_may_be(day, open_minutes=open_minutes, today=today_at(session, code))
    days = days_that_may_be(day, until or day)
    with offering_new_hours(session, code):
        minutes = {day: open_minutes} if len(days) == 1 else _shortened(session, code, days, open_minutes)
        if not minutes:
            return
        told = upsert(calendar_day).values(
            [
                {"facility": code, "day": each, "open_minutes": there, "reason": reason}
                for each, there in minutes.items()
            ]
        )
        new = {name: told.excluded[name] for name in ("open_minutes", "reason")}
        session.execute(told.on_conflict_do_update(index_elements=["facility", "day"], set_=new))


def _shortened(session: Session, code: str, days: Sequence[date], open_minutes: int) -> dict[date, int]:
    its_own = select(facility, CHANGED.c.days.label("changed")).outerjoin(CHANGED, CHANGED.c.facility == code)
    row = session.execute(its_own.where(facility.c.code == code), {"since": days[0]}).one()
    usual = Calendar(week=week_of(row)).minutes_after(days[0] - timedelta(days=1), len(days))
    return shortened(dict(zip(days, usual, strict=True)), dict(days_of(row.changed)), open_minutes)


def restore_days(session: Session, *, code: str, day: date, until: date | None = None) -> None:
    """The day is an ordinary one again; or all days until another one."""
    must_be_to_come(day, today=today_at(session, code))
    those_days = (
        calendar_day.c.facility == code,
        calendar_day.c.day.in_(days_that_may_be(day, until or day)),
    )
    with offering_new_hours(session, code):
        session.execute(delete(calendar_day).where(*those_days))


def set_pool(session: Session, *, code: str, pool: Headcount) -> None:
    """The people of a week, and of those after it until another is told."""
    pool.must_add_up()
    today = today_at(session, code)
    must_be_to_come(pool.week, today=today - timedelta(days=today.weekday()), field="week")
    values = asdict(pool)
    with offering_new_hours(session, code):
        session.execute(
            upsert(worker_pool)
            .values(facility=code, **values)
            .on_conflict_do_update(index_elements=["facility", "week"], set_=values)
        )
