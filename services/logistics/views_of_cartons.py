"""One carton's history, what must be explained, and pallets: reads only."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from services.logistics.contents import WEIGHT
from services.logistics.domain.carton import Carton, reasons_to_stay
from services.logistics.standing import FREE
from services.logistics.storage import carton, carton_history, facility, lot, order_line, pallet
from services.logistics.views import CARTON_STATE, NOT_SHIPPED, with_their_shipments
from shared.refusal import Sentence

MOST_TO_EXPLAIN = 100


def find_carton(session: Session, sscc: str) -> Mapping[str, Any] | None:
    """One carton with what it is and who made it."""
    query = (
        select(
            carton,
            lot.c.order_id,
            lot.c.line,
            lot.c.sku,
            lot.c.facility,
            lot.c.lane,
            facility.c.name.label("facility_name"),
            CARTON_STATE,
        )
        .join_from(carton, lot)
        .join(facility, facility.c.code == lot.c.facility)
        .where(carton.c.sscc == sscc)
    )
    return next(iter(with_their_shipments(session, session.execute(query).mappings().all())), None)


def history(session: Session, sscc: str) -> Sequence[RowMapping]:
    query = select(carton_history).where(carton_history.c.sscc == sscc).order_by(carton_history.c.id)
    return session.execute(query).mappings().all()


def told_there(
    session: Session, found: Mapping[str, Any]
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """A carton and its history in the times of where it stood: at its facility, then at the hubs that it came to."""
    zones = {
        row.code: ZoneInfo(row.time_zone)
        for row in session.execute(select(facility.c.code, facility.c.time_zone))
    }
    stands, told = found["facility"], list[Mapping[str, Any]]()
    for each in history(session, found["sscc"]):
        if each["place"] and each["what"] != "moved":  # which names where it went
            stands = each["place"]
        told.append({**each, "at": each["at"].astimezone(zones[stands])})
    return {**found, "packed_at": found["packed_at"].astimezone(zones[found["facility"]])}, told


def to_explain(session: Session) -> Sequence[RowMapping]:
    """Cartons that may not leave and are not opened for good: lost, damaged, set aside, to be opened."""
    query = (
        select(carton, lot.c.sku, lot.c.facility, CARTON_STATE)
        .join_from(carton, lot)
        .where(carton.c.unpacked_at.is_(None), ~carton.c.may_leave)
        .order_by(carton.c.sscc)
        .limit(MOST_TO_EXPLAIN)
    )
    return session.execute(query).mappings().all()


def free_at(
    session: Session, hub: str, destination: str, *, limit: int, after: str | None = None
) -> Sequence[RowMapping]:
    """Cartons that stand free at a hub for one country; one row more than the limit tells that there are more."""
    goes_there = (order_line.c.order_id == lot.c.order_id) & (order_line.c.number == lot.c.line)
    query = (
        select(carton, lot.c.order_id, lot.c.line, lot.c.sku, CARTON_STATE)
        .join_from(carton, lot)
        .join(order_line, goes_there)
        .where(carton.c.hub == hub, *FREE, order_line.c.destination == destination)
        .order_by(carton.c.sscc)
        .limit(limit + 1)
    )
    return session.execute(query.where(carton.c.sscc > after) if after else query).mappings().all()


def movable_at(session: Session, hub: str, *, limit: int, after: str | None = None) -> Sequence[RowMapping]:
    """Cartons that may leave a hub for another one, one row more than the limit if there are more."""
    query = (
        select(carton, lot.c.order_id, lot.c.line, lot.c.sku, CARTON_STATE)
        .join_from(carton, lot)
        .where(carton.c.hub == hub, *NOT_SHIPPED, carton.c.lost_at.is_(None), ~carton.c.must_be_reopened)
        .order_by(carton.c.sscc)
        .limit(limit + 1)
    )
    return session.execute(query.where(carton.c.sscc > after) if after else query).mappings().all()


def pallets_at(session: Session, hub: str, *, limit: int) -> Sequence[RowMapping]:
    """Pallets at a hub of which no carton stands in a shipment, the newest first."""
    query = (
        select(
            carton.c.pallet.label("sscc"),
            func.count().label("cartons"),
            func.sum(carton.c.pieces).label("pieces"),
        )
        .where(carton.c.hub == hub, carton.c.pallet.is_not(None))
        .group_by(carton.c.pallet)
        .having(func.bool_and(carton.c.shipment_id.is_(None)))
        .order_by(carton.c.pallet.desc())
        .limit(limit)
    )
    return session.execute(query).mappings().all()


def those_at(session: Session, hub: str, ssccs: Collection[str]) -> set[str]:
    """Those of some cartons and pallets that stand at a hub."""
    cartons = select(carton.c.sscc).where(carton.c.hub == hub, carton.c.sscc.in_(ssccs))
    pallets = select(pallet.c.sscc).where(pallet.c.hub == hub, pallet.c.sscc.in_(ssccs))
    return set(session.execute(cartons.union_all(pallets)).scalars())


def those_inside(session: Session, shipment: UUID, ssccs: Collection[str]) -> set[str]:
    """Those of some cartons that stand in a shipment."""
    query = select(carton.c.sscc).where(carton.c.shipment_id == shipment, carton.c.sscc.in_(ssccs))
    return set(session.execute(query).scalars())


def that_may_not_leave(session: Session, shipments: Sequence[UUID]) -> dict[UUID | None, list[Carton]]:
    """The cartons of these shipments that keep them here, shipment by shipment."""
    query = select(Carton).where(carton.c.shipment_id.in_(shipments), ~carton.c.may_leave)
    found: dict[UUID | None, list[Carton]] = defaultdict(list)
    for each in session.execute(query.order_by(carton.c.sscc)).scalars():
        found[each.shipment_id].append(each)
    return found


def reasons_by_shipment(session: Session, shipments: Sequence[UUID]) -> dict[UUID, list[Sentence]]:
    """What the cartons of these shipments lack."""
    staying = that_may_not_leave(session, shipments)
    return {id: reasons_to_stay(staying.get(id, [])) for id in shipments}


def find_pallet(session: Session, sscc: str) -> dict[str, Any] | None:
    """A pallet with the cartons that stand on it."""
    found = session.execute(select(pallet).where(pallet.c.sscc == sscc)).mappings().one_or_none()
    if found is None:
        return None
    counted = session.execute(
        select(
            func.count().label("cartons"),
            func.coalesce(func.sum(carton.c.pieces), 0).label("pieces"),
            func.coalesce(func.sum(WEIGHT), 0).label("gross_g"),
            func.coalesce(func.array_agg(carton.c.sscc.distinct()), []).label("ssccs"),
        ).where(carton.c.pallet == sscc)
    ).mappings()
    return {**found, **counted.one()}


def makers_on(session: Session, sscc: str) -> tuple[str, ...]:
    """Who made what stands on a pallet."""
    query = select(facility.c.name).distinct().join(lot, lot.c.facility == facility.c.code)
    query = query.join(carton, carton.c.lot == lot.c.code).where(carton.c.pallet == sscc)
    return tuple(session.execute(query.order_by(facility.c.name)).scalars())
