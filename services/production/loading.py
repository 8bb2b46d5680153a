"""Bringing reference data into the production service: facilities and what they make, agreements, material."""

from pathlib import Path
from typing import Any, cast
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.domain.agreement import Agreement, Tariff, stand_alone
from services.production.domain.material import MaterialLot
from services.production.domain.premi import Scheme
from services.production.domain.work_order import short_code
from services.production.handlers.agreements import others_of
from services.production.handlers.facilities import must_stay_as_strict
from services.production.handlers.people import set_words
from services.production.handlers.planning import one_plan_at_a_time
from services.production.handlers.premi import keep_scheme
from services.production.handlers.waiting import lines_barred_by, planned_elsewhere, share_out_what_waits
from services.production.storage import (
    agreement,
    capability,
    consent_text,
    facility,
    item_skill,
    material,
    material_lot,
    minimum_wage,
    premi_scheme,
    recipe,
)
from shared import reference
from shared.clock import business_today
from shared.events.orders import Lane
from shared.events.production import FacilityRegistered, TimeZone
from shared.loading import remove_others, write_changed
from shared.messaging.outbox import record

PARTICULARS = (
    "name",
    "kelas",
    "place",
    "cluster",
    "time_zone",
    "address",
    "gln",
    "hub",
    "kind",
    "lane",
    "verified",
    "producing",
)


def load(session: Session, folder: Path) -> dict[str, int]:
    """Add what is new and change what changed; what people have set since is left alone. What waits is shared out."""
    one_plan_at_a_time(session)
    known = {row["code"]: row for row in session.execute(select(facility)).mappings()}
    rows = sorted(reference.facilities(folder), key=lambda row: row.code)
    changed = [row for row in rows if _differs(known.get(row.code), row)]
    barred = lines_barred_by(session, {row.code: cast(Lane, row.lane) for row in changed})
    for row in changed:
        if row.code in known:
            must_stay_as_strict(session, row.code, known[row.code]["lane"], row.lane)
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
            "skill_level": c.skill_level,
            "zone": c.zone,
        }
        for row in rows
        for c in row.capabilities
    ]
    if capabilities:
        session.execute(upsert(capability).on_conflict_do_nothing(), capabilities)
    record(session, *(_registered(row) for row in changed))
    record(session, *planned_elsewhere(session, barred))
    loaded = {
        "facilities": len(changed),
        "agreements": _load_agreements(session, folder),
        "premi": _load_premi(session, reference.premi(folder)),
        "materials": _load_materials(session, reference.supplies(folder), reference.materials(folder)),
        "skills": len(_load_skills(session, folder)),
    }
    if any(loaded.values()):
        share_out_what_waits(session, "enabled")
    return loaded


def _load_skills(session: Session, folder: Path) -> set[str]:
    """Make the levels and zones that articles need equal to the file; returns the articles that changed."""
    needs = {row.sku: {"level": row.level, "zone": row.zone} for row in reference.skills(folder)}
    changed = write_changed(session, item_skill, needs)
    remove_others(session, item_skill, needs)
    return changed


def _load_agreements(session: Session, folder: Path) -> int:
    """Add the agreements whose numbers are new; what became of the others is for people to say."""
    known = set(session.execute(select(agreement.c.number)).scalars())
    rows = [row for row in reference.agreements(folder) if row.number not in known]
    for row in rows:
        made = Agreement(
            id=uuid7s.uuid7(),
            number=row.number,
            partner=row.partner,
            facility=row.facility,
            lanes=list(row.lanes),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            tolerance_pct=row.tolerance_pct,
            tariffs=[Tariff(sku=tariff.sku, idr=tariff.idr) for tariff in row.tariffs],
        )
        stand_alone(made, others_of(session, row.partner, row.facility))
        session.add(made)
        session.flush()
    return len(rows)


def _load_premi(session: Session, known: reference.Premi) -> int:
    """Bring wages up to date; schemes and words are added to agreements that have none yet."""
    wages = [
        {
            "place": row.place,
            "valid_from": row.valid_from,
            "monthly_idr": row.monthly_idr,
            "source": row.source,
        }
        for row in known.wages
    ]
    new = upsert(minimum_wage)
    kept = new.on_conflict_do_update(
        index_elements=["place", "valid_from"],
        set_={"monthly_idr": new.excluded.monthly_idr, "source": new.excluded.source},
    )
    session.execute(kept, wages)
    ids = {row.number: row.id for row in session.execute(select(agreement.c.number, agreement.c.id))}
    paid = set(session.execute(select(premi_scheme.c.agreement_id)).scalars())
    schemes = [row for row in known.schemes if row.agreement in ids and ids[row.agreement] not in paid]
    for row in schemes:
        keep_scheme(session, _scheme(row, ids[row.agreement]))
    asked = set(session.execute(select(consent_text.c.agreement_id)).scalars())
    for id in set(ids.values()) - asked:
        for text in known.words:
            set_words(
                session, agreement_id=id, purpose=text.purpose, valid_from=text.valid_from, words=text.words
            )
    return len(schemes)


def _scheme(row: reference.PremiScheme, agreement_id: UUID) -> Scheme:
    names = ("basis", "worker_pct", "capital_pct", "state_pct", "hourly_idr", "valid_from", "valid_to")
    return Scheme(
        id=uuid7s.uuid7(),
        agreement_id=agreement_id,
        rates={rate.sku: rate.idr for rate in row.rates},
        legal_ref=row.legal_ref,
        approved_by_role=row.approved_by_role,
        **{name: getattr(row, name) for name in names},
    )


def _load_materials(
    session: Session, known: reference.Materials, named: tuple[reference.Material, ...]
) -> int:
    """Make materials and recipes equal to the files; a facility's first stock is added once."""
    names = {row.code: row for row in named}
    kinds = {
        row.material: {
            "name_id": names[row.material].name_id,
            "name_en": names[row.material].name_en,
            "unit": row.unit,
            "plot_needed": row.plot_needed,
        }
        for row in known.supplies
    }
    changed = write_changed(session, material, kinds)
    session.execute(delete(recipe))
    session.execute(
        upsert(recipe),
        [
            {"sku": row.sku, "material": take.material, "per_piece": take.per_piece}
            for row in known.recipes
            for take in row.takes
        ],
    )
    return len(changed) + sum(_load_stock(session, row) for row in known.stock)


def _load_stock(session: Session, row: reference.OpeningStock) -> int:
    prefix = f"MAT-{short_code(row.facility)}-0"
    there = set(
        session.execute(
            select(material_lot.c.number).where(material_lot.c.facility == row.facility)
        ).scalars()
    )
    lots = [
        MaterialLot(
            id=uuid7s.uuid7(),
            number=f"{prefix}-{held.material.upper().replace('_', '-')}",
            facility=row.facility,
            material=held.material,
            supplier=row.supplier,
            quantity=held.quantity,
            received_on=business_today(session),
            plot=held.plot,
            geolocation=held.geolocation,
        )
        for held in row.lots
    ]
    new = [lot for lot in lots if lot.number not in there]
    session.add_all(new)
    session.flush()
    return len(new)


def _differs(known: Any, row: reference.Facility) -> bool:
    """Whether the file says something new; of what the regional office set it does not."""
    if known is None:
        return True
    return not known["by_office"] and any(known[name] != value for name, value in _values(row).items())


def _values(row: reference.Facility) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PARTICULARS} | {"address": list(row.address)}


def _registered(row: reference.Facility) -> FacilityRegistered:
    return FacilityRegistered(
        code=row.code,
        name=row.name,
        place=row.place,
        address=row.address,
        gln=row.gln,
        hub=row.hub,
        time_zone=cast(TimeZone, row.time_zone),
    )
