"""The figures of a closed month are told once for each facility, so that dossiers can show them."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production import welfare
from services.production.storage import closed_month, worker
from services.production.welfare import Month, closed_months
from shared.clock import business_now
from shared.events.production import MonthClosed
from shared.messaging.outbox import record

TOLD = (
    "eligible",
    "consenting",
    "workers",
    "minutes",
    "premi_idr",
    "hourly_idr",
    "minimum_hourly_idr",
    "refusals",
    "open_grievances",
    "visits",
)


def some_are_untold(session: Session) -> bool:
    return bool(_untold(session))


def tell_closed_months(session: Session) -> None:
    """Tell every month that closed and was not told yet, the oldest first."""
    for month, code in _untold(session):
        new = upsert(closed_month).values(facility=code, month=month.first).on_conflict_do_nothing()
        if session.execute(new.returning(closed_month.c.month)).first():
            (row,) = welfare.figures(session, month, [code])["facilities"]
            figures = {name: row[name] for name in TOLD}
            record(session, MonthClosed(code=code, month=month.first, **figures))


def _untold(session: Session) -> list[tuple[Month, str]]:
    """Of the months that are told at all: those of facilities that had workers then."""
    first = func.min(worker.c.registered_on).label("first")
    began = session.execute(select(worker.c.facility, first).group_by(worker.c.facility)).all()
    told = {(row.facility, row.month) for row in session.execute(select(closed_month))}
    return [
        (month, row.facility)
        for month in reversed(closed_months(business_now(session)))
        for row in sorted(began)
        if row.first <= month.last and (row.facility, month.first) not in told
    ]
