"""Cartons are packed from lots and arrive at hubs."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics import standing
from services.logistics.domain.carton import Carton, Lot, Packaging, gather
from services.logistics.domain.milestones import RETURN_RECEIVED
from services.logistics.domain.order import Line, need_cleared_to_pack
from services.logistics.domain.sscc import DEMONSTRATION_PREFIX, check
from services.logistics.handlers.carton_history import note
from services.logistics.handlers.numbering import serials_of_cartons
from services.logistics.storage import carton as cartons
from services.logistics.storage import carton_history, facility, item, shipment_milestone
from services.logistics.storage import lot as lots
from shared.clock import business_now, business_today
from shared.events.logistics import CartonsGathered
from shared.messaging.outbox import record
from shared.refusal import Refused


def pack_lot(
    session: Session, *, lot: str, quantity: int | None = None, prefix: str = DEMONSTRATION_PREFIX
) -> list[Carton]:
    """Close cartons over free pieces of a lot: those asked for, or all."""
    line = _line_of(session, lot)
    found = session.get_one(Lot, lot, with_for_update=True, populate_existing=True)
    wanted, packaging = found.need_free(quantity), _packaging(session, found.sku)
    need_cleared_to_pack(
        line,
        lane=found.lane,
        pieces=wanted,
        packed=standing.packed_of(session, found.order_id, found.line),
        on=business_today(session),
    )
    serials = serials_of_cartons(session, len(packaging.share_out(wanted)))
    packed, event = found.pack(wanted, packaging, serials, at=business_now(session), prefix=prefix)
    session.add_all(packed)
    session.flush()
    record(session, event)
    return packed


def _line_of(session: Session, lot: str) -> Line:
    """The line that a lot was made for: held before the lot is, as by whoever withholds goods of it."""
    made_for = select(lots.c.order_id, lots.c.line).where(lots.c.code == lot)
    found = session.execute(made_for).one_or_none()
    if found is None:
        raise Refused("There is no lot {lot}; see /logistics/v1/lots.", field="lot", lot=lot)
    return standing.line_of(session, found.order_id, found.line)


def _packaging(session: Session, sku: str) -> Packaging:
    row = session.execute(select(item).where(item.c.sku == sku)).one()
    return Packaging(
        pieces_per_carton=row.pieces_per_carton,
        length_mm=row.carton_length_mm,
        width_mm=row.carton_width_mm,
        height_mm=row.carton_height_mm,
        gross_g=row.carton_gross_g,
    )


def gather_lot(session: Session, *, hub: str, lot: str) -> list[CartonsGathered]:
    """All cartons of a lot that are on the way arrived at the hub."""
    if session.get(Lot, lot) is None:
        raise Refused("There is no lot {lot}.", field="lot", lot=lot)
    return _gather(
        session,
        hub,
        cartons.c.lot == lot,
        cartons.c.hub.is_(None),
        cartons.c.unpacked_at.is_(None),
        cartons.c.lost_at.is_(None),
        ~cartons.c.must_be_reopened,
    )


def gather_cartons(session: Session, *, hub: str, ssccs: Sequence[str]) -> list[CartonsGathered]:
    """Cartons were scanned at the hub; scanning one again changes nothing."""
    wanted = {check(sscc) for sscc in ssccs}
    known = set(session.execute(select(cartons.c.sscc).where(cartons.c.sscc.in_(wanted))).scalars())
    if wanted - known:
        unknown = ", ".join(sorted(wanted - known))
        raise Refused("There is no carton {unknown}.", field="ssccs", unknown=unknown)
    return _gather(session, hub, cartons.c.sscc.in_(wanted))


def _gather(session: Session, hub: str, *which: Any) -> list[CartonsGathered]:
    need_hub(session, hub)
    query = select(Carton).where(*which).order_by(cartons.c.sscc)
    locking = query.with_for_update(of=cartons).execution_options(populate_existing=True)
    found, at = session.execute(locking).scalars().all(), business_now(session)
    back = received_back(session, found)
    arrived = [carton for carton in found if carton.arrives(back)]
    events = gather(found, hub, at=at, back=back, before=gathered_before(session, arrived))
    note(session, arrived, "gathered", at=at, place=hub)
    session.flush()
    record(session, *events)
    return events


def gathered_before(session: Session, found: Iterable[Carton]) -> set[str]:
    """The numbers of those of these cartons that were counted in at a hub before."""
    ssccs = [carton.sscc for carton in found]
    query = select(carton_history.c.sscc).where(
        carton_history.c.sscc.in_(ssccs), carton_history.c.what == "gathered"
    )
    return set(session.execute(query).scalars()) if ssccs else set()


def received_back(session: Session, found: Iterable[Carton]) -> set[UUID]:
    """The shipments of these cartons that were sent back and received again."""
    ids = {carton.shipment_id for carton in found} - {None}
    reported = select(shipment_milestone.c.shipment_id).where(
        shipment_milestone.c.shipment_id.in_(ids), shipment_milestone.c.code == RETURN_RECEIVED
    )
    return set(session.execute(reported).scalars()) if ids else set()


def locked(session: Session, ssccs: Iterable[str]) -> Sequence[Carton]:
    """The cartons with these numbers and their lots, held; refused if there is one that is none of ours."""
    wanted = {check(sscc) for sscc in ssccs}
    of_lots = select(cartons.c.lot).where(cartons.c.sscc.in_(wanted))
    _hold_lots(session, session.execute(of_lots).scalars().all())
    query = select(Carton).where(cartons.c.sscc.in_(wanted)).order_by(cartons.c.sscc)
    locking = query.with_for_update(of=cartons).execution_options(populate_existing=True)
    found = session.execute(locking).scalars().all()
    missing = wanted - {each.sscc for each in found}
    if missing:
        unknown = ", ".join(sorted(missing))
        raise Refused("There is no carton {unknown}.", field="ssccs", unknown=unknown)
    return found


def _hold_lots(session: Session, codes: Sequence[str]) -> None:
    query = select(Lot).where(lots.c.code.in_(codes)).order_by(lots.c.code).with_for_update()
    session.execute(query.execution_options(populate_existing=True)).scalars().all()


def need_hub(session: Session, code: str) -> None:
    hubs = (
        session.execute(select(facility.c.code).where(facility.c.hub).order_by(facility.c.code))
        .scalars()
        .all()
    )
    if code not in hubs:
        known = ", ".join(hubs) or "–"
        raise Refused("{code} is no hub; the hubs are {hubs}.", field="hub", code=code, hubs=known)
