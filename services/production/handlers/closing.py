"""The figures of a closed month are told once for each facility, and kept as they were told."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.storage import closed_month, worker
from services.production.welfare import Month, closed_since, counted
from shared.clock import business_now
from shared.events.production import MonthClosed
from shared.messaging.outbox import record


def some_are_untold(session: Session) -> bool:
    return bool(_untold(session))


def tell_closed_months(session: Session) -> None:
    """Tell every month that closed and was not told yet, the oldest first."""
    for month, code in _untold(session):
        tell(session, month, code)


def tell(session: Session, month: Month, code: str) -> None:
    """The figures as they are now, whatever is recorded, settled or erased later; nothing if they were told."""
    figures = counted(session, month, code)
    new = upsert(closed_month).values(facility=code, month=month.first, **figures).on_conflict_do_nothing()
    if session.execute(new.returning(closed_month.c.month)).first():
        del figures["minimum_source"]
        record(session, MonthClosed(code=code, month=month.first, **figures))


def _untold(session: Session) -> list[tuple[Month, str]]:
    """Of each facility the closed months since its first worker came."""
    now = business_now(session)
    first = func.min(worker.c.registered_on).label("first")
    began = session.execute(select(worker.c.facility, first).group_by(worker.c.facility)).all()
    told = {
        (row.facility, row.month)
        for row in session.execute(select(closed_month.c.facility, closed_month.c.month))
    }
    untold = [
        (month, row.facility)
        for row in began
        for month in closed_since(row.first, now)
        if (row.facility, month.first) not in told
    ]
    return sorted(untold, key=lambda each: (each[0].first, each[1]))
