"""Calendars and workers of facilities: ``/production/v1/facilities/{code}/calendar…`` and ``…/pool``."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.production import calendars as shown
from services.production import views
from services.production.domain.calendar import WEEKDAYS
from services.production.domain.pool import Headcount
from services.production.duties import MAY, READERS
from services.production.handlers import calendars
from services.production.schemas.facilities import (
    CalendarQuery,
    CalendarSchema,
    DayRequest,
    HeadcountRequest,
    PoolSchema,
    WeekRequest,
)
from shared.clock import business_today
from shared.refusal import Refused
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.problems import not_found
from shared.web.schemas import NO_DAY

api = Routes(
    "calendars", __name__, url_prefix="/production/v1", description="When facilities work, with whom"
)

AHEAD = timedelta(weeks=shown.WEEKS)
MOST = timedelta(days=400)
SHOWN_FROM, SHOWN_UNTIL = date(2020, 1, 1), date(2100, 1, 1)
"""Where public holidays are known or can be reckoned."""
DAY = {
    "in": "path",
    "name": "day",
    "required": True,
    "description": "a day that is not over",
    "schema": {"type": "string", "format": "date"},
}


@api.get("/facilities/<code>/calendar")
@api.arguments(CalendarQuery, location="query")
@api.response(200, CalendarSchema)
@requires(*READERS)
def read_calendar(asked: dict[str, Any], code: str) -> Any:
    """The ordinary week and each day of eight weeks, or of another time up to 400 days."""
    with transaction() as session:
        return _calendar(session, code, asked["first"], asked["last"])


@api.put("/facilities/<code>/calendar/week")
@api.arguments(WeekRequest)
@api.response(200, CalendarSchema)
@requires(*MAY["capacity"])
def set_week(body: dict[str, int], code: str) -> Any:
    """Set the ordinary minutes of each weekday: seven hours a day and forty a week at most, a day of rest."""
    week = [body[name] for name in WEEKDAYS]
    return _changed(code, lambda session: calendars.set_week(session, code=code, week=week))


@api.put("/facilities/<code>/calendar/<day>")
@api.doc(parameters=[DAY])
@api.arguments(DayRequest)
@api.response(200, CalendarSchema)
@requires(*MAY["capacity"])
def change_day(body: dict[str, Any], code: str, day: str) -> Any:
    """Change one day that is not over, for a reason; or all days ``until`` another one, of which none gets longer."""
    return _changed(code, lambda session: calendars.change_days(session, code=code, day=_day(day), **body))


@api.delete("/facilities/<code>/calendar/<day>")
@api.doc(parameters=[DAY])
@api.response(200, CalendarSchema)
@requires(*MAY["capacity"])
def restore_day(code: str, day: str) -> Any:
    """Make a day an ordinary one again."""
    return _changed(code, lambda session: calendars.restore_days(session, code=code, day=_day(day)))


@api.get("/facilities/<code>/pool")
@api.response(200, PoolSchema)
@requires(*READERS)
def read_pool(code: str) -> Any:
    """Counts of workers: those in force, and those of weeks to come; outside the facility in steps of five."""
    with transaction() as session:
        found = shown.pool_for(session, current(), code) if views.may_see(current(), code) else None
    if found is None:
        raise not_found("facility")
    return found


@api.put("/facilities/<code>/pool")
@api.arguments(HeadcountRequest)
@api.response(200, PoolSchema)
@requires(*MAY["pool"])
def set_pool(body: Headcount, code: str) -> Any:
    """Say how many convicted adults are eligible and consent from a week on; counts only, never names.

    The facility itself says so: others read these counts rounded down.
    """
    with transaction() as session:
        views.facility_named(session, current(), code)
        calendars.set_pool(session, code=code, pool=body)
        return shown.pool_of(session, code)


def _changed(code: str, change: Callable[[Session], None]) -> Any:
    with transaction() as session:
        _calendar(session, code, None, None)
        change(session)
        return _calendar(session, code, None, None)


def _calendar(session: Session, code: str, first: date | None, last: date | None) -> Any:
    """A calendar that the caller may see."""
    begin = first or business_today(session)
    if not SHOWN_FROM <= begin <= SHOWN_UNTIL:
        raise Refused("Give a day from {first} to {last}.", field="from", first=SHOWN_FROM, last=SHOWN_UNTIL)
    end = last or begin + AHEAD
    if not begin <= end <= begin + MOST:
        raise Refused("Give a last day from {first} to 400 days later.", field="until", first=begin)
    found = (
        shown.calendar_of(session, code, first=begin, last=end) if views.may_see(current(), code) else None
    )
    if found is None:
        raise not_found("facility")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(NO_DAY, field="day") from None
