"""Bringing a facility in, and saying what it is able to make."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.domain.facility import FIRST_LEVEL, Particulars, Zone, lane_may_become
from services.production.domain.remarks import nobody_named, nobody_numbered
from services.production.handlers.planning import one_plan_at_a_time
from services.production.handlers.waiting import lines_barred_by, planned_elsewhere, share_out_to
from services.production.storage import OPEN, capability, capability_change, facility, item, work_order
from shared.clock import business_today
from shared.events.production import FacilityRegistered
from shared.messaging.outbox import record
from shared.refusal import Refused

TOLD = ("name", "place", "address", "gln", "hub", "time_zone")
"""What other services know of a facility."""
OF_A_CAPABILITY = ("workers", "efficiency_pct", "yield_pct", "skill_level", "zone", "valid_from", "valid_to")


def keep_facility(session: Session, *, code: str, particulars: Particulars) -> None:
    """Bring a facility in or change its particulars; from now on the reference file does not. What waits is offered."""
    particulars.may_be()
    for name in ("name", "place"):
        nobody_named(getattr(particulars, name), field=name)
    for line in particulars.address:  # streets are called after people
        nobody_numbered(line, field="address")
    one_plan_at_a_time(session)
    _need_a_gln_of_its_own(session, code, particulars.gln)
    values = asdict(particulars) | {"address": list(particulars.address), "by_office": True}
    known = session.execute(select(facility).where(facility.c.code == code)).mappings().one_or_none()
    if known is not None:
        must_stay_as_strict(session, code, known["lane"], particulars.lane)
    barred = lines_barred_by(session, {code: particulars.lane})
    session.execute(
        upsert(facility)
        .values(code=code, open_minutes=0, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )
    told = {name: values[name] for name in TOLD}
    if known is None or any(known[name] != value for name, value in told.items()):
        record(session, FacilityRegistered(code=code, **(told | {"address": particulars.address})))
    record(session, *planned_elsewhere(session, barred))
    share_out_to(session, code)


def _need_a_gln_of_its_own(session: Session, code: str, gln: str) -> None:
    """It tells the places apart in EPCIS, as it does in the reference file. The caller holds all planning."""
    others = select(facility.c.code).where(facility.c.gln == gln, facility.c.code != code)
    other = session.execute(others.order_by(facility.c.code).limit(1)).scalar()
    if other is not None:
        raise Refused("{facility} has this GLN: give this facility its own.", field="gln", facility=other)


def must_stay_as_strict(session: Session, code: str, before: str, after: str) -> None:
    """While work is open. The caller holds all planning, so that none is offered meanwhile."""
    counted = select(func.count()).select_from(work_order).where(work_order.c.facility == code, OPEN)
    lane_may_become(after, before=before, open_work=session.execute(counted).scalar_one())


def set_capability(
    session: Session,
    *,
    code: str,
    family: str,
    workers: int,
    efficiency_pct: int,
    yield_pct: int,
    skill_level: int = FIRST_LEVEL,
    zone: Zone = "workshop",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> None:
    """What a facility makes of a family: places for workers, how quickly, how much turns out good, how skilled, and where."""
    one_plan_at_a_time(session)
    families = session.execute(select(item.c.family).distinct().order_by(item.c.family)).scalars().all()
    if family not in families:
        raise Refused(
            "Give a family of the catalogue: {families}.", field="family", families=", ".join(families)
        )
    known = capability_of(session, code, family)
    if valid_from and valid_to and valid_to < valid_from:
        raise Refused("Give a last day that is not before {first}.", field="valid_to", first=valid_from)
    today = business_today(session)
    if valid_to and valid_to < today and (known is None or known.valid_to != valid_to):
        raise Refused("{day} is over: give {today} or later.", field="valid_to", day=valid_to, today=today)
    values = {
        "workers": workers,
        "efficiency_pct": efficiency_pct,
        "yield_pct": yield_pct,
        "skill_level": skill_level,
        "zone": zone,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    if _change(session, code, family, known, values):
        share_out_to(session, code)


def set_places(session: Session, *, code: str, family: str, workers: int) -> None:
    """How many places for workers a facility has for a family that it makes; the caller offers what waits."""
    known = session.execute(_capability(code, family)).one()
    values = {name: known._mapping[name] for name in OF_A_CAPABILITY}
    _change(session, code, family, known, {**values, "workers": workers})


def _change(session: Session, code: str, family: str, known: Row[Any] | None, values: dict[str, Any]) -> bool:
    """Keep what a facility makes as its next version, with an entry of its history; whether it differs."""
    if known is not None and all(known._mapping[name] == value for name, value in values.items()):
        return False
    session.execute(
        upsert(capability)
        .values(facility=code, family=family, **values)
        .on_conflict_do_update(
            index_elements=["facility", "family"], set_={**values, "version": capability.c.version + 1}
        )
    )
    if known is not None and not _was_changed(session, code, family):
        _keep(session, code, family, None, {name: known._mapping[name] for name in values})
    _keep(session, code, family, business_today(session), values)
    return True


def amend_capability(session: Session, *, code: str, family: str, **changes: Any) -> None:
    """Change some of what a facility makes of a family, and leave the rest as it is."""
    one_plan_at_a_time(session)
    known = capability_of(session, code, family)
    if known is None:
        raise Refused("This facility does not make {family} yet.", field="family", family=family)
    kept = {name: known._mapping[name] for name in OF_A_CAPABILITY}
    set_capability(session, code=code, family=family, **{**kept, **changes})


def capability_of(session: Session, code: str, family: str) -> Row[Any] | None:
    """What a facility makes of a family."""
    return session.execute(_capability(code, family)).one_or_none()


def _capability(code: str, family: str) -> Select[Any]:
    return select(capability).where(capability.c.facility == code, capability.c.family == family)


def _was_changed(session: Session, code: str, family: str) -> bool:
    changes = select(capability_change.c.id).where(
        capability_change.c.facility == code, capability_change.c.family == family
    )
    return session.execute(changes.limit(1)).first() is not None


def _keep(session: Session, code: str, family: str, day: date | None, values: dict[str, Any]) -> None:
    """What the facility makes from this day on, as an entry of its own; without a day since it is known."""
    session.execute(insert(capability_change).values(facility=code, family=family, changed_on=day, **values))
