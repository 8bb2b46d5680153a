"""The hours of a shift: one page, a row for each code, sent at once."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from services.production import workers
from services.production.domain.hours import hours as as_hours
from services.production.duties import MAY
from services.production.handlers import hours
from services.production.handlers.reading import noted
from services.production.local_time import today_at, zone_of
from services.production.pages.board import day, whole
from services.production.pages.typed import entry_id, minutes
from shared.clock import TIME_ZONES
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction

desk = Blueprint("hours_page", __name__, url_prefix="/production", template_folder="../templates")

OWN_WORK = "own"


@desk.get("/hours")
@desk.get("/hours/correct")
@pages.desk(*MAY["people"])
def home() -> str:
    return _page()


@desk.post("/hours")
@pages.desk(*MAY["people"])
def enter() -> Any:
    """All rows with hours, or none of them."""
    try:
        on = day("day")
        with transaction() as session:
            hours.enter_shift(
                session,
                facility=current().account or "",
                day=on,
                work_order_id=_work_order(),
                entries=_entries(),
                ended_at=_ended_at(on, zone_of(session, current().account)),
            )
    except Refused as refusal:
        return _page(refusal), 422
    return pages.back_to("hours_page.home", day=on.isoformat(), _anchor="entered")


@desk.post("/hours/correct")
@pages.desk(*MAY["people"])
def correct() -> Any:
    try:
        with transaction() as session:
            hours.correct(
                session,
                facility=current().account or "",
                entry_id=entry_id(),
                minutes=minutes("minutes") or 0,
                pieces=_pieces("pieces"),
                reason=request.form.get("reason", ""),
            )
    except Refused as refusal:
        return _page(refusal), 422
    return pages.back_to("hours_page.home", day=request.form.get("day", ""), _anchor="entered")


def _page(refusal: Refused | None = None) -> str:
    code = current().account or ""
    with transaction() as session:
        today = today_at(session, code)
        shown = _shown(today)
        found = workers.workers_of(session, code, today, since=shown)
        entries = workers.entries_on(session, code, shown)
        noted(
            session, current(), "hours", {one["id"] for one in found} | {one["worker_id"] for one in entries}
        )
        return render_template(
            "hours.html",
            workers=[one for one in found if one["eligible"]],
            orders=workers.orders_with_work(session, code),
            there={one: as_hours(count) for one, count in workers.hours_on(session, code, shown).items()},
            entries=entries,
            as_hours=as_hours,
            day=shown,
            today=today,
            zone=TIME_ZONES[zone_of(session, code).key],
            own_work=OWN_WORK,
            refusal=refusal,
            typed=request.form,
        )


def _entries() -> list[dict[str, Any]]:
    """The rows in which hours were written."""
    entries = []
    for name in request.form:
        kind, _, worker = name.partition(".")
        written = minutes(name) if kind == "hours" else None
        if written is not None:
            pieces = _pieces(f"pieces.{worker}")
            entries.append({"worker_id": _uuid(worker, name), "minutes": written, "pieces": pieces})
    return entries


def _pieces(name: str) -> int:
    """A whole number; nothing written is none."""
    return whole(name) if request.form.get(name, "").strip() else 0


def _work_order() -> UUID | None:
    chosen = request.form.get("work_order_id", "")
    if not chosen:
        raise Refused("Choose what the work was for.", field="work_order_id")
    return None if chosen == OWN_WORK else _uuid(chosen, "work_order_id")


def _uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("Choose from the list.", field=field) from None


def _ended_at(on: date, zone: ZoneInfo) -> datetime | None:
    """When the shift ended, in the facility's time; needed on the day of a withdrawal alone."""
    text = request.form.get("ended_at", "").strip()
    try:
        return datetime.combine(on, time.fromisoformat(text), zone) if text else None
    except ValueError:
        raise Refused("Give a time such as 13:30.", field="ended_at") from None


def _shown(today: date) -> date:
    """The day that is asked for, or was typed; else today."""
    try:
        return date.fromisoformat(request.form.get("day") or request.args.get("day", ""))
    except ValueError:
        return today
