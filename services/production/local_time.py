"""The day and the moment where a facility is: Western, Central or Eastern Indonesian Time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import Session

from services.production.storage import facility
from shared.clock import WIB, business_now


def zone_of(session: Session, code: str | None) -> ZoneInfo:
    """The zone of a facility; the regional office, which is none, is in Central Java."""
    name = session.execute(select(facility.c.time_zone).where(facility.c.code == code)).scalar()
    return ZoneInfo(name) if name else WIB


def now_at(session: Session, code: str | None) -> datetime:
    """This moment by the business clock, so that its date is the day there."""
    return business_now(session).astimezone(zone_of(session, code))


def today_at(session: Session, code: str | None) -> date:
    return now_at(session, code).date()


def day_there(now: datetime, code: ColumnElement[str]) -> ColumnElement[date]:
    """The day of a moment at the facility of each row: ``today_at`` in SQL."""
    day = cast(func.timezone(facility.c.time_zone, now), Date)
    return select(day).where(facility.c.code == code).correlate_except(facility).scalar_subquery()
