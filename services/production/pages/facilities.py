"""Facilities: what can each make in the coming weeks, and what does a new one still lack?"""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from services.production import calendars, province, views
from services.production.domain.agreement import LANES
from services.production.domain.calendar import REASONS, WEEKDAYS
from services.production.domain.facility import CLASSES, KINDS
from services.production.duties import MAY, READERS
from services.production.handlers import calendars as keeping
from services.production.handlers import facilities
from services.production.local_time import today_at
from services.production.pages.board import DECLINE_WORDS, WHOLE
from services.production.schemas.facilities import (
    FACILITY_CODE,
    CapabilityAmendment,
    CapabilityRequest,
    DayRequest,
    HeadcountRequest,
    ParticularsRequest,
    WeekRequest,
)
from shared.clock import TIME_ZONES
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import KANWIL, current
from shared.web.context import transaction
from shared.web.problems import field_errors, not_found
from shared.web.schemas import day

desk = Blueprint("facility_pages", __name__, url_prefix="/production", template_folder="../templates")

OFFICE_FORM = "/facilities/<code>/<any(particulars, capability):form>"
FORM = "/facilities/<code>/<any(week, day, ordinary):form>"
POOL_FORM = "/facilities/<code>/pool"
PARTICULARS, WEEK = ParticularsRequest(), WeekRequest()
CAPABILITY, AMENDMENT = CapabilityRequest(), CapabilityAmendment()
DAY, POOL = DayRequest(), HeadcountRequest()
ON_THE_PAGE = ("workers", "efficiency_pct", "yield_pct", "skill_level")
"""Numbers of a capability."""
WHICH_DAY = Schema.from_dict({"day": day()})()
WHICH_DAYS = Schema.from_dict({"day": day(), "until": day(required=False)})()


@desk.get("/facilities/")
@pages.desk(KANWIL)
def every() -> str:
    """The province: load, lateness, quality, declined offers and silence."""
    with transaction() as session:
        rows = province.by_load(session, current())
        declined, others = province.declined_codes(session), province.declined_for_others(session)
    return render_template(
        "facilities.html",
        rows=rows,
        regions=province.by_region(rows),
        weeks=province.weeks_of_all(rows),
        declined=declined,
        others=others,
        decline_words=DECLINE_WORDS,
    )


@desk.get("/facilities/new")
@pages.desk(KANWIL)
def new() -> str:
    return _page(None)


@desk.post("/facilities/new")
@pages.desk(KANWIL)
def bring_in() -> Any:
    return act(request.form.get("code", "").strip().upper() or "?", "particulars", new=True)


@desk.get("/facilities/<code>")
@desk.get(FORM)
@pages.desk(*READERS)
def one(code: str, **_: Any) -> str:
    """One facility; also at a form's address, where it stands when the form was refused."""
    return _page(code)


@desk.get(OFFICE_FORM)
@pages.desk(KANWIL)
def office_one(code: str, **_: Any) -> str:
    return _page(code)


@desk.post(FORM)
@pages.desk(*MAY["capacity"])
def keep(code: str, form: str) -> Any:
    return act(code, form)


@desk.get(POOL_FORM)
@pages.desk(*READERS)
def counted(code: str) -> str:
    return _page(code)


@desk.post(POOL_FORM)
@pages.desk(*MAY["pool"])
def count(code: str) -> Any:
    return act(code, "pool")


@desk.post(OFFICE_FORM)
@pages.desk(KANWIL)
def office_keeps(code: str, form: str) -> Any:
    return act(code, form)


def act(code: str, form: str, *, new: bool = False) -> Any:
    """Do what a form asks for; refused, it stands again with what was typed."""
    try:
        with transaction() as session:
            if not new:
                _known(session, code)
            elif not re.match(FACILITY_CODE, code):
                raise Refused("Give a code such as LPS-SRG.", field="code")
            FORMS[form](session, code)
    except Refused as refusal:
        return _page(None if new else code, refusal=refusal, form=form), 422
    return pages.back_to("facility_pages.one", code=code, _anchor=form)


def _page(code: str | None, refusal: Refused | None = None, form: str = "") -> str:
    with transaction() as session:
        found = None if code is None else _known(session, code)
        today = today_at(session, code)
        weeks = calendars.load_by_week(session, current(), code).get(code, []) if code else []
        days = calendars.changes_ahead(session, code) if code else []
        pool = calendars.pool_for(session, current(), code) if code else None
        families = calendars.families(session)
        changes = calendars.changes_of(session, code) if code else []
    return render_template(
        "facility.html",
        facility=found,
        weeks=weeks,
        days=days,
        pool=pool["weeks"] if pool else [],
        families=families,
        changes=changes,
        today=today,
        refusal=refusal,
        at=form,
        typed=request.form,
        kinds=KINDS,
        lanes=LANES,
        classes=CLASSES,
        zones=TIME_ZONES,
        reasons=REASONS,
        weekdays=WEEKDAYS,
    )


def _known(session: Session, code: str) -> dict[str, Any]:
    found = calendars.facility_in_full(session, code) if views.may_see(current(), code) else None
    if found is None:
        raise not_found("facility")
    return found


def _particulars(session: Session, code: str) -> None:
    typed = _texts("name", "kind", "lane", "class", "place", "cluster", "time_zone", "gln")
    ticked = {name: name in request.form for name in ("hub", "verified", "producing")}
    lines = [line.strip() for line in request.form.get("address", "").splitlines() if line.strip()]
    particulars = _loaded(PARTICULARS, typed | ticked | {"address": lines})
    facilities.keep_facility(session, code=code, particulars=particulars)


def _capability(session: Session, code: str) -> None:
    family = request.form.get("family", "")
    if facilities.capability_of(session, code, family) is None:
        values = _loaded(CAPABILITY, _wholes(*ON_THE_PAGE) | _texts("zone"))
        facilities.set_capability(session, code=code, family=family, **values)
    else:  # what was left empty, and what is not on the page, stays as it is
        changes = _loaded(AMENDMENT, _wholes(*_texts(*ON_THE_PAGE)) | _texts("zone"))
        facilities.amend_capability(session, code=code, family=family, **changes)


def _week(session: Session, code: str) -> None:
    minutes = _loaded(WEEK, _wholes(*WEEKDAYS))
    keeping.set_week(session, code=code, week=[minutes[name] for name in WEEKDAYS])


def _change(session: Session, code: str) -> None:
    day = _loaded(WHICH_DAY, _texts("day"))["day"]
    change = _loaded(DAY, _wholes("open_minutes") | _texts("until", "reason"))
    keeping.change_days(session, code=code, day=day, **change)


def _ordinary(session: Session, code: str) -> None:
    keeping.restore_days(session, code=code, **_loaded(WHICH_DAYS, _texts("day", "until")))


def _pool(session: Session, code: str) -> None:
    counts = _wholes("eligible", "consenting", "expected_releases", "expected_transfers", "trainees")
    keeping.set_pool(session, code=code, pool=_loaded(POOL, counts | _texts("week")))


def _texts(*names: str) -> dict[str, str]:
    """What was typed; what was left empty is not there."""
    typed = {name: request.form.get(name, "").strip() for name in names}
    return {name: text for name, text in typed.items() if text}


def _wholes(*names: str) -> dict[str, int]:
    numbers = {}
    for name in names:
        text = request.form.get(name, "").strip()
        if not WHOLE.fullmatch(text):
            raise Refused("Give a whole number.", field=name)
        numbers[name] = int(re.sub("[., ]", "", text))
    return numbers


def _loaded(schema: Schema, typed: dict[str, Any]) -> Any:
    """What was typed, checked as the API checks it."""
    try:
        return schema.load(typed)
    except ValidationError as error:
        first = next(iter(field_errors(error.messages)))
        field, message = first["field"].partition(".")[0], first["message"]
        raise Refused(message, field=field) from None


FORMS: dict[str, Callable[[Session, str], None]] = {
    "particulars": _particulars,
    "capability": _capability,
    "week": _week,
    "day": _change,
    "ordinary": _ordinary,
    "pool": _pool,
}
