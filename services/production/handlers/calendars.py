"""When a facility is open, and how many people are there to work. What waits is offered to it at once."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.domain.calendar import (
    change_that_may_be,
    must_be_to_come,
    ordinary_week,
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


def change_day(session: Session, *, code: str, day: date, open_minutes: int, reason: str) -> None:
    """One day differs from the ordinary week, for a reason."""
    change_that_may_be(day, open_minutes=open_minutes, today=today_at(session, code))
    values = {"open_minutes": open_minutes, "reason": reason}
    with offering_new_hours(session, code):
        session.execute(
            upsert(calendar_day)
            .values(facility=code, day=day, **values)
            .on_conflict_do_update(index_elements=["facility", "day"], set_=values)
        )


def restore_day(session: Session, *, code: str, day: date) -> None:
    """The day is an ordinary one again."""
    must_be_to_come(day, today=today_at(session, code))
    that_day = (calendar_day.c.facility == code, calendar_day.c.day == day)
    with offering_new_hours(session, code):
        session.execute(delete(calendar_day).where(*that_day))


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
