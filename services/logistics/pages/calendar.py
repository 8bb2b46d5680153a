"""The calendar of cut-offs: what must be done on which day, and for which shipment."""

from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request, url_for

from services.logistics import icalendar, views_of_loads
from shared.clock import business_now, business_today
from shared.web import pages
from shared.web.access import KANWIL, LOGISTICS
from shared.web.context import transaction

desk = Blueprint("calendar", __name__, url_prefix="/logistics", template_folder="../templates")

WEEKS = 5
WEEKS_AHEAD = 13
"""In what is taken along: a quarter of a year."""
MOST_TAKEN_ALONG = 2_000
"""Shipments in those weeks."""


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


@desk.get("/calendar.ics")
@pages.desk(LOGISTICS, KANWIL)
def to_take_along() -> Response:
    """What is due from today on, for the calendar of whoever is signed in: it names shipments, and no goods."""
    with transaction() as session:
        today, now = business_today(session), business_now(session)
        last = today + timedelta(days=7 * WEEKS_AHEAD)
        found, more = views_of_loads.cut_offs_between(
            session, today, last, pages.language(), limit=MOST_TAKEN_ALONG
        )
    due = [(day, each) for day, entries in sorted(found.items()) for each in entries if not each["met"]]
    entries = [
        icalendar.Entry(
            uid=f"{each['shipment_id']}-{each['code']}@kendi",
            on=day,
            what=f"{each['number']}: {each['name'] or _leaves()}",
            url=url_for("shipment.one_shipment", shipment_id=each["shipment_id"], _external=True),
        )
        for day, each in due
    ]
    made = icalendar.written([*entries, *([_left_out(today)] if more else [])], now=now)
    headers = {"Content-Disposition": 'attachment; filename="kendi-cut-offs.ics"'}
    return Response(made, mimetype="text/calendar", headers=headers)


def _left_out(today: date) -> icalendar.Entry:
    return icalendar.Entry(
        uid="more@kendi",
        on=today,
        what=pages.said("There are more shipments; those that leave last are left out. Look at later weeks."),
        url=url_for("calendar.weeks", _external=True),
    )


def _leaves() -> str:
    return pages.said("Departure")


def _asked(text: str, today: date) -> date:
    """A day that can't be read, or is years away, is today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs(day - today) < timedelta(days=2000) else today


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
