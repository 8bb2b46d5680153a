"""Bringing a facility in, and saying what it is able to make."""

from dataclasses import asdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.domain.facility import Particulars
from services.production.storage import capability, facility, item
from shared.events.production import FacilityRegistered
from shared.messaging.outbox import record
from shared.refusal import Refused

TOLD = ("name", "place", "address", "gln", "hub")
"""What other services know of a facility."""


def keep_facility(session: Session, *, code: str, particulars: Particulars) -> None:
    """Bring a facility in or change its particulars; from now on the reference file does not."""
    particulars.may_be()
    values = asdict(particulars) | {"address": list(particulars.address), "by_office": True}
    known = session.execute(select(facility).where(facility.c.code == code)).mappings().one_or_none()
    session.execute(
        upsert(facility)
        .values(code=code, open_minutes=0, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )
    told = {name: values[name] for name in TOLD}
    if known is None or any(known[name] != value for name, value in told.items()):
        record(session, FacilityRegistered(code=code, **(told | {"address": particulars.address})))


def set_capability(
    session: Session,
    *,
    code: str,
    family: str,
    workers: int,
    efficiency_pct: int,
    yield_pct: int,
    skill_level: int = 1,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> None:
    """What a facility makes of a family: places for workers, how quickly, and how much of it turns out good."""
    families = session.execute(select(item.c.family).distinct().order_by(item.c.family)).scalars().all()
    if family not in families:
        raise Refused(
            "Give a family of the catalogue: {families}.", field="family", families=", ".join(families)
        )
    if valid_from and valid_to and valid_to < valid_from:
        raise Refused("Give a last day that is not before {first}.", field="valid_to", first=valid_from)
    values = {
        "workers": workers,
        "efficiency_pct": efficiency_pct,
        "yield_pct": yield_pct,
        "skill_level": skill_level,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    session.execute(
        upsert(capability)
        .values(facility=code, family=family, **values)
        .on_conflict_do_update(index_elements=["facility", "family"], set_=values)
    )
