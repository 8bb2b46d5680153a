"""Shipments are planned, booked and sent off."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain import reporting
from services.logistics.domain.carton import Carton
from services.logistics.domain.load import choose, load_of
from services.logistics.domain.milestones import BOOKED_ANEW, BOOKING_CANCELLED
from services.logistics.domain.modes import MODES, usual_to
from services.logistics.domain.order import Left, Standing, need_all, sort_out
from services.logistics.domain.schedule import BOOKED, Estimate
from services.logistics.domain.shipment import Booking, Shipment
from services.logistics.domain.sscc import check, looks_like_container
from services.logistics.handlers import checklists, routes
from services.logistics.handlers.carton_history import note, role_of
from services.logistics.handlers.cartons import locked as locked_cartons
from services.logistics.handlers.cartons import need_hub
from services.logistics.handlers.numbering import number_of_shipment
from services.logistics.storage import carton as cartons
from services.logistics.storage import lot
from services.logistics.storage import shipment as shipments
from shared.clock import business_now, business_today
from shared.messaging.outbox import record
from shared.refusal import Refused


@dataclass(frozen=True)
class Planned:
    """A new shipment, and what stays at the hub though it goes to the same country."""

    shipment: Shipment
    left: list[Left]


def plan_shipment(
    session: Session,
    *,
    hub: str,
    destination: str,
    ssccs: Sequence[str] | None = None,
    lines: Sequence[Mapping[str, Any]] | None = None,
) -> Planned:
    """Put together what stands at the hub for one country and may be exported, for one consignee.

    Only the cartons or the order lines that were chosen, if some were; all of them must be free to go then.
    """
    need_hub(session, hub)
    standing.lock_lines(session, destination)
    if ssccs is not None:
        chosen = [check(sscc) for sscc in ssccs]
        return Planned(with_cartons(session, hub=hub, destination=destination, ssccs=chosen), [])
    going, left = sort_out(
        _wanted(standing.at_hub(session, hub, destination), lines), business_today(session)
    )
    if lines or not going:
        need_all(left, field="destination")
    if not going:
        raise Refused(
            "Nothing for {destination} stands at {hub}.",
            field="destination",
            destination=destination,
            hub=hub,
        )
    return Planned(_planned(session, hub, destination, going, _cartons_of(session, hub, going)), left)


def _wanted(goods: Sequence[Standing], lines: Sequence[Mapping[str, Any]] | None) -> Sequence[Standing]:
    if lines is None:
        return goods
    wanted = {(line["order_id"], line["line"]) for line in lines}
    found = [each for each in goods if (each.line.order.id, each.line.number) in wanted]
    if len(found) < len(wanted):
        raise Refused("Of a line that was chosen nothing stands free at the hub.", field="lines")
    return found


def with_cartons(session: Session, *, hub: str, destination: str, ssccs: Sequence[str]) -> Shipment:
    """A new shipment of just these cartons; one that is not free, or may not be exported, is named."""
    cartons = locked_cartons(session, ssccs)
    for carton in cartons:
        if carton.shipment_id is not None:
            other = session.get_one(Shipment, carton.shipment_id)
            raise Refused(
                "Carton {sscc} is in shipment {number}.",
                field="ssccs",
                sscc=carton.sscc,
                number=other.number,
            )
    goods = standing.of_cartons(session, ssccs)
    elsewhere = next((each for each in goods if each.line.destination != destination), None)
    if elsewhere:
        raise Refused(
            elsewhere.line.sentence("{line} goes to {other}.", other=elsewhere.line.destination),
            field="ssccs",
        )
    going, left = sort_out(goods, business_today(session))
    need_all(left, field="ssccs")
    return _planned(session, hub, destination, going, list(cartons))


def _planned(
    session: Session, hub: str, destination: str, going: Sequence[Standing], cartons: list[Carton]
) -> Shipment:
    today = business_today(session)
    by = usual_to(destination)
    shipment = Shipment(
        id=uuid7s.uuid7(),
        number=number_of_shipment(session, today.year),
        hub=hub,
        destination=destination,
        planned_on=today,
        tracking_token=new_token(),
        cartons=cartons,
        documents=checklists.papers_for(session, going, by),
        mode=by.code,
    )
    events = shipment.plan(going, graph=rules.milestones(session))
    session.add(shipment)
    note(session, cartons, "put_in", at=business_now(session), shipment_id=shipment.id)
    return told(session, shipment, events)


def _cartons_of(session: Session, hub: str, going: Iterable[Standing]) -> list[Carton]:
    keys = [(each.line.order.id, each.line.number) for each in going]
    query = (
        select(Carton)
        .join(lot, lot.c.code == cartons.c.lot)
        .where(
            cartons.c.hub == hub,
            *standing.FREE,
            func.row(lot.c.order_id, lot.c.line).in_(keys),
        )
        .order_by(cartons.c.sscc)
        .with_for_update(of=cartons)
    )
    return list(session.execute(query).scalars())


def book_shipment(session: Session, *, shipment_id: UUID, booking: Booking) -> Shipment:
    """Take room with a carrier; the checklist is made anew by the rules as they are now.

    Without equipment the first container, or truck for goods that stay at home, is taken that the cartons go into.
    """
    shipment = locked(session, shipment_id)
    wanted = booking.equipment or (shipment.equipment if shipment.dispatched else None)
    equipment = choose(load_of(shipment.cartons), rules.equipments(session), wanted, to=shipment.destination)
    taken = replace(booking, equipment=equipment.code, mode=equipment.mode)
    shipment.need_bound_for(taken)
    routes.need_route(session, taken)
    events = checklists.reconsider(session, shipment, equipment.mode)
    goods = standing.in_shipment(session, shipment_id)
    booked = shipment.book(taken, goods=goods, today=business_today(session), graph=rules.milestones(session))
    if booked:
        note_estimate(session, shipment, reason=BOOKED, because=None)
        booked += _booked_anew(session, shipment)
    return told(session, shipment, [*events, *booked])


def _booked_anew(session: Session, shipment: Shipment) -> list[object]:
    """With another booking it is over that the carrier cancelled the one before."""
    graph, now = rules.milestones(session), business_now(session)
    if BOOKING_CANCELLED not in {each.code for each in shipment.troubles(graph)}:
        return []
    place = shipment.port_of_loading or shipment.hub
    return reporting.record(shipment, BOOKED_ANEW, place=place, occurred_at=now, now=now, graph=graph)


def note_estimate(session: Session, shipment: Shipment, *, reason: str, because: str | None) -> None:
    """Keep what is expected from now on."""
    assert shipment.etd and shipment.eta  # it was booked
    shipment.estimates.append(
        Estimate(
            etd=shipment.etd,
            eta=shipment.eta,
            reason=reason,
            because=because,
            told_at=business_now(session),
            role=role_of(session),
        )
    )


def dispatch_shipment(
    session: Session,
    *,
    shipment_id: UUID,
    container: str,
    seal: str | None = None,
    sealed_at: datetime | None = None,
) -> Shipment:
    """The sealed container leaves the hub; now, or when ``sealed_at`` says."""
    shipment, now = locked(session, shipment_id), business_now(session)
    events = shipment.dispatch(
        container,
        seal,
        goods=standing.in_shipment(session, shipment_id),
        sealed_at=sealed_at or now,
        now=now,
        today=business_today(session),
        graph=rules.milestones(session),
        unpaid=standing.unpaid_orders(session, shipment_id),
    )
    if events:
        _need_unit_free(session, shipment)
    return told(session, shipment, events)


def _need_unit_free(session: Session, shipment: Shipment) -> None:
    """Refuse what another shipment is still on its way in, if they can't share it; one asks at a time."""
    unit = shipment.container
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"in {unit}", 0))))
    in_use = select(shipments).where(
        shipments.c.container == unit,
        shipments.c.id != shipment.id,
        shipments.c.cancelled_at.is_(None),
        ~shipments.c.ended,
    )
    for other in session.execute(in_use):
        if not _may_share(shipment, other):
            raise Refused(
                "{unit} is on its way with {number}: it takes other goods once those are delivered.",
                field="container",
                unit=unit,
                number=other.number,
            )


def _may_share(shipment: Shipment, other: Row[Any, Any]) -> bool:
    """Shares of a container or of an air waybill do that travel together; a truck comes back for more."""
    units = {shipment.by.unit, MODES[other.mode].unit}
    if "container" in units:
        return False
    together = (shipment.vessel, shipment.voyage) == (other.vessel, other.voyage)
    return together or (units == {"truck"} and not looks_like_container(shipment.container or ""))


def new_token() -> str:
    """What makes a tracking address: nobody guesses it."""
    return secrets.token_urlsafe(24)


def locked(session: Session, shipment_id: UUID) -> Shipment:
    """The shipment, held; refused if it was cancelled."""
    shipment = locked_whatever(session, shipment_id)
    shipment.need_live()
    return shipment


def locked_whatever(session: Session, shipment_id: UUID) -> Shipment:
    return session.get_one(Shipment, shipment_id, with_for_update=True, populate_existing=True)


def told(session: Session, shipment: Shipment, events: Sequence[object]) -> Shipment:
    session.flush()
    record(session, *events)
    return shipment
