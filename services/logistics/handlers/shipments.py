"""Shipments are planned, booked and sent off."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain.carton import Carton
from services.logistics.domain.order import Left, Standing, sort_out
from services.logistics.domain.schedule import BOOKED, Estimate
from services.logistics.domain.shipment import Booking, Shipment
from services.logistics.handlers import checklists
from services.logistics.handlers.carton_history import role_of
from services.logistics.handlers.cartons import need_hub
from services.logistics.storage import carton as cartons
from services.logistics.storage import lot, port, shipment_number
from shared.clock import business_now, business_today
from shared.messaging.outbox import record
from shared.refusal import Refused, Sentence, one_after_another


@dataclass(frozen=True)
class Planned:
    """A new shipment, and what stays at the hub though it goes to the same country."""

    shipment: Shipment
    left: list[Left]


def plan_shipment(session: Session, *, hub: str, destination: str) -> Planned:
    """Put together what stands at the hub for one country and may be exported, for one consignee."""
    need_hub(session, hub)
    today, graph = business_today(session), rules.milestones(session)
    standing.lock_lines(session, destination)
    going, left = sort_out(standing.at_hub(session, hub, destination), today)
    if not going:
        nothing = Sentence("Nothing for {destination} stands at {hub}.", destination=destination, hub=hub)
        raise Refused(one_after_another([each.reason for each in left] or [nothing]), field="destination")
    shipment = Shipment(
        id=uuid7s.uuid7(),
        number=_next_number(session, today.year),
        hub=hub,
        destination=destination,
        planned_on=today,
        tracking_token=secrets.token_urlsafe(24),
        cartons=_cartons_of(session, hub, going),
        documents=checklists.papers_for(session, going),
    )
    events = shipment.plan(going, graph=graph)
    session.add(shipment)
    session.flush()
    record(session, *events)
    return Planned(shipment, left)


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


def _next_number(session: Session, year: int) -> str:
    last = session.execute(
        upsert(shipment_number)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=["year"], set_={"last": shipment_number.c.last + 1})
        .returning(shipment_number.c.last)
    ).scalar_one()
    return f"SHP-{year}-{last:04d}"


def book_shipment(session: Session, *, shipment_id: UUID, booking: Booking) -> Shipment:
    """Take room on a vessel; the checklist is made anew by the rules as they are now."""
    shipment = locked(session, shipment_id)
    _need_port(session, booking.port_of_loading, "port_of_loading", at_home=True)
    _need_port(session, booking.port_of_discharge, "port_of_discharge", at_home=False)
    graph = rules.milestones(session)
    events = checklists.reconsider(session, shipment)
    events += shipment.book(booking, today=business_today(session), graph=graph)
    note_estimate(session, shipment, reason=BOOKED, because=None)
    return told(session, shipment, events)


def note_estimate(session: Session, shipment: Shipment, *, reason: str, because: str | None) -> None:
    """Keep what is expected from now on, if that is news."""
    if shipment.etd and shipment.eta:
        estimate = Estimate(
            etd=shipment.etd,
            eta=shipment.eta,
            reason=reason,
            because=because,
            told_at=business_now(session),
            role=role_of(session),
        )
        shipment.expect(estimate)


def _need_port(session: Session, code: str, field: str, *, at_home: bool) -> None:
    known = session.execute(select(port.c.country).where(port.c.code == code)).scalar_one_or_none()
    if known is None:
        raise Refused("{code} is no port we know; give a UN/LOCODE such as IDSRG.", field=field, code=code)
    if (known == "ID") != at_home:
        at_home_only = Sentence(
            "Goods are loaded in Indonesia; {code} is in {country}.", code=code, country=known
        )
        abroad_only = Sentence(
            "Goods are discharged abroad; {code} is in {country}.", code=code, country=known
        )
        raise Refused(at_home_only if at_home else abroad_only, field=field)


def dispatch_shipment(
    session: Session, *, shipment_id: UUID, container: str, seal: str, sealed_at: datetime | None = None
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
    )
    return told(session, shipment, events)


def locked(session: Session, shipment_id: UUID) -> Shipment:
    return session.get_one(Shipment, shipment_id, with_for_update=True, populate_existing=True)


def told(session: Session, shipment: Shipment, events: Sequence[object]) -> Shipment:
    session.flush()
    record(session, *events)
    return shipment
