"""Days with something to do, as an iCalendar (RFC 5545) that any calendar program takes in."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from icalendar import Calendar, Event


class Entry(NamedTuple):
    """Something that is due on a day; taken in again under the same ``uid`` it takes the place of the earlier one."""

    uid: str
    on: date
    what: str
    url: str


def written(entries: Iterable[Entry], *, now: datetime) -> bytes:
    """All-day events that leave whoever has them free."""
    calendar = Calendar()
    calendar.add("prodid", "-//Kendi//Cut-offs//EN")
    calendar.add("version", "2.0")
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", now)
        event.add("dtstart", entry.on)
        event.add("summary", entry.what)
        event.add("url", entry.url)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
