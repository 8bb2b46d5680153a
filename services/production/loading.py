"""Bringing reference data into the production service: the facilities and what they are able to make."""

from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.storage import capability, facility
from shared import reference
from shared.events.production import FacilityRegistered
from shared.messaging.outbox import record

PARTICULARS = ("name", "kelas", "place", "cluster", "address", "gln", "hub", "kind", "verified", "producing")


def load(session: Session, folder: Path) -> dict[str, int]:
    """Add what is new and change what changed; what people have set since is left alone."""
    known = {row["code"]: row for row in session.execute(select(facility)).mappings()}
    rows = sorted(reference.facilities(folder), key=lambda row: row.code)
    changed = [row for row in rows if _differs(known.get(row.code), row)]
    for row in changed:
        values = _values(row)
        session.execute(
            upsert(facility)
            .values(code=row.code, open_minutes=row.open_minutes, **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )
    capabilities = [
        {
            "facility": row.code,
            "family": c.family,
            "workers": c.workers,
            "efficiency_pct": c.efficiency_pct,
            "yield_pct": c.yield_pct,
        }
        for row in rows
        for c in row.capabilities
    ]
    if capabilities:
        session.execute(upsert(capability).on_conflict_do_nothing(), capabilities)
    record(session, *(_registered(row) for row in changed))
    return {"facilities": len(changed)}


def _differs(known: Any, row: reference.Facility) -> bool:
    """Whether the file says something new; of what the regional office set it does not."""
    if known is None:
        return True
    return not known["by_office"] and any(known[name] != value for name, value in _values(row).items())


def _values(row: reference.Facility) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PARTICULARS} | {"address": list(row.address)}


def _registered(row: reference.Facility) -> FacilityRegistered:
    return FacilityRegistered(
        code=row.code, name=row.name, place=row.place, address=row.address, gln=row.gln, hub=row.hub
    )
