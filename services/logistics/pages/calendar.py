"""The calendar of cut-offs: what must be done on which day, and for which shipment."""

from datetime import date, timedelta

from flask import Blueprint, render_template, request

from services.logistics import views_of_loads
from shared.clock import business_today
from shared.web import pages
from shared.web.access import KANWIL, LOGISTICS
from shared.web.context import transaction

desk = Blueprint("calendar", __name__, url_prefix="/logistics", template_folder="../templates")

WEEKS = 5


@desk.get("/calendar")
@pages.desk(LOGISTICS, KANWIL)
def weeks() -> str:
    """Five weeks from the Monday of the day asked for, or of today."""
    with transaction() as session:
        today = business_today(session)
        first = _monday(_asked(request.args.get("from", ""), today))
        last = first + timedelta(days=7 * WEEKS - 1)
        found, more = views_of_loads.cut_offs_between(session, first, last, pages.language())
    days = [first + timedelta(days=n) for n in range(7 * WEEKS)]
    return render_template(
        "calendar.html",
        days=[{"on": day, "entries": found.get(day, [])} for day in days],
        more=more,
        today=today,
        earlier=first - timedelta(days=7 * WEEKS),
        later=last + timedelta(days=1),
    )


def _asked(text: str, today: date) -> date:
    """A day that can't be read, or is years away, is today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs(day - today) < timedelta(days=2000) else today


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
