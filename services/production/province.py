"""The province as the regional office sees it: load, lateness, quality, declined offers and silence. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from services.production.calendars import load_by_week
from services.production.domain.capacity import ready_on
from services.production.storage import OPEN, STANDING, demand, facility, report, warning, work_order
from shared.clock import business_today
from shared.web.access import Principal

DECLINED_DAYS, INSPECTED_DAYS = 90, 182
"""As far back as declined offers, and work whose inspections tell how well it is done, are counted."""
FULL_PCT, BUSY_PCT = 85, 50
"""From which load on a facility is drawn as full, or as half full. Planning values."""
REGIONS = {
    "PKL": "Pekalongan",
    "SMG": "Semarang",
    "PTI": "Pati",
    "BMS": "Banyumas",
    "KDU": "Kedu",
    "SKA": "Surakarta",
}
"""The former residencies as on a map: the coast from west to east, then the south."""


def by_load(session: Session, principal: Principal) -> list[dict[str, Any]]:
    """Facilities that take part, the fullest first, then those that do not yet; with lateness, quality and silence."""
    weeks, late = load_by_week(session, principal), late_lines(session)
    silent, first_pass = silent_facilities(session), passed_at_once(session)
    rows = session.execute(select(facility).order_by(facility.c.code)).mappings()
    found = [
        {
            **_loaded(row, weeks.get(row["code"], [])),
            "late": late.get(row["code"], 0),
            "silent": row["code"] in silent,
            "first_pass": first_pass.get(row["code"]),
        }
        for row in rows
    ]
    return sorted(found, key=lambda row: (not row["asked"], -row["share"], row["code"]))


def _loaded(row: RowMapping, weeks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    capacity, load = (sum(week[name] for week in weeks) for name in ("capacity", "load"))
    asked = row["producing"] and row["verified"] and capacity > 0
    share = 100 * load // capacity if capacity else 0
    return {
        **{name: row[name] for name in ("code", "name", "place", "kind", "cluster", "hub")},
        "asked": asked,
        "weeks": weeks,
        "capacity": capacity,
        "load": load,
        "share": share,
        "level": ("full" if share >= FULL_PCT else "busy" if share >= BUSY_PCT else "free") if asked else "",
    }


def by_region(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The facilities of each region in the order of the map; a region that is not on it comes last."""
    found = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["code"])):
        found[row["cluster"]].append(row)
    order = [*REGIONS, *sorted(found.keys() - REGIONS)]
    return [
        {"code": code, "name": REGIONS.get(code, code), "facilities": found[code]}
        for code in order
        if code in REGIONS or found[code]
    ]


def weeks_of_all(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The coming weeks of all facilities that take part, added up."""
    weeks: dict[date, dict[str, Any]] = {}
    for row in rows:
        for week in row["weeks"] if row["asked"] else ():
            whole = weeks.setdefault(week["week"], {"week": week["week"], "capacity": 0, "load": 0})
            for name in ("capacity", "load"):
                whole[name] += week[name]
    return list(weeks.values())


def late_lines(session: Session) -> dict[str, int]:
    """Of each facility, the order lines whose goods leave the hub after the day that the buyer asked for."""
    today = business_today(session)
    rows = session.execute(
        select(work_order.c.facility, demand.c.requested_date, func.max(work_order.c.due).label("due"))
        .join(demand, (demand.c.order_id == work_order.c.order_id) & (demand.c.line == work_order.c.line))
        .where(OPEN)
        .group_by(work_order.c.facility, demand.c.order_id, demand.c.line)
    )
    late: dict[str, int] = defaultdict(int)
    for row in rows:
        late[row.facility] += ready_on(max(row.due, today)) > row.requested_date
    return dict(late)


def silent_facilities(session: Session) -> set[str]:
    """Facilities that are warned of work under way of which nobody reported for days."""
    silent = select(warning.c.facility).where(STANDING, warning.c.kind == "silent")
    return set(session.execute(silent).scalars())


def passed_at_once(session: Session) -> dict[str, int]:
    """Of a hundred pieces that each facility's inspections judged, those that were good without being mended.

    A mended piece that still awaits its second inspection counts as a good one less until then.
    """
    since = business_today(session) - timedelta(days=INSPECTED_DAYS)
    mended = (
        select(func.coalesce(func.sum(report.c.pieces), 0))
        .where(report.c.work_order_id == work_order.c.id, report.c.kind == "reworked")
        .correlate(work_order)
        .scalar_subquery()
    )
    each = (
        select(
            work_order.c.facility,
            func.greatest(work_order.c.good - mended, 0).label("at_once"),
            (work_order.c.good + work_order.c.rework + work_order.c.scrap).label("judged"),
        )
        .where(work_order.c.started_on >= since)
        .subquery()
    )
    rows = session.execute(
        select(each.c.facility, (100 * func.sum(each.c.at_once) / func.sum(each.c.judged)).label("pct"))
        .where(each.c.judged > 0)
        .group_by(each.c.facility)
    )
    return {row.facility: int(row.pct) for row in rows}


def declined_codes(session: Session) -> Sequence[RowMapping]:
    """How often offers of the last three months were declined for each reason of the list, the most frequent first."""
    code = func.coalesce(work_order.c.declined_code, "other").label("code")
    times = func.count().label("times")
    query = _declined(session, code, times).group_by(code).order_by(times.desc(), code)
    return session.execute(query).mappings().all()


def declined_for_others(session: Session) -> Sequence[RowMapping]:
    """The words of those that are on no list, the most frequent first."""
    reason, times = work_order.c.declined_reason.label("reason"), func.count().label("times")
    unlisted = func.coalesce(work_order.c.declined_code, "other") == "other"
    query = _declined(session, reason, times).where(unlisted).group_by(reason)
    return session.execute(query.order_by(times.desc(), reason).limit(10)).mappings().all()


def _declined(session: Session, *columns: Any) -> Any:
    since = business_today(session) - timedelta(days=DECLINED_DAYS)
    return select(*columns).where(work_order.c.declined_reason.is_not(None), work_order.c.offered_on >= since)
