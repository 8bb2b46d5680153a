"""Something happened to a shipment on its way, or did not happen as it was reported."""

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain import reporting
from services.logistics.domain.correcting import Right, correct
from services.logistics.domain.milestones import AT_PORTS, INCORRECT_DATA, Graph, Reached, Reason
from services.logistics.domain.shipment import GATES, Shipment
from services.logistics.domain.sscc import check, check_locode, is_locode
from services.logistics.handlers.carton_history import role_of
from services.logistics.handlers.routes import need_port
from services.logistics.handlers.shipments import locked, told
from services.logistics.storage import facility
from shared.clock import business_now
from shared.refusal import Refused


class Reported(TypedDict):
    """What happened: named as we do, or by the code of DCSA or UN/EDIFACT."""

    milestone: NotRequired[str | None]
    dcsa: NotRequired[str | None]
    edifact: NotRequired[str | None]
    place: str
    occurred_at: datetime
    ssccs: NotRequired[Sequence[str]]


def record_milestone(session: Session, *, shipment_id: UUID, **reported: Unpack[Reported]) -> Shipment:
    """Something happened on the way."""
    shipment = locked(session, shipment_id)
    report(session, shipment, rules.milestones(session), **reported)
    return shipment


def report(
    session: Session,
    shipment: Shipment,
    graph: Graph,
    *,
    milestone: str | None = None,
    dcsa: str | None = None,
    edifact: str | None = None,
    place: str,
    occurred_at: datetime,
    ssccs: Sequence[str] = (),
) -> bool:
    """The same of a shipment that is held already; whether it was news."""
    where = _place(session, place)
    code = milestone or reporting.milestone_called(
        shipment, dcsa=dcsa, edifact=edifact, place=where, occurred_at=occurred_at, graph=graph
    )
    _need_known(session, shipment, code, where)
    now = business_now(session)
    goods = standing.in_shipment(session, shipment.id) if code in GATES else ()
    events = reporting.record(
        shipment,
        code,
        place=where,
        occurred_at=occurred_at,
        now=now,
        graph=graph,
        goods=goods,
        ssccs=[check(sscc) for sscc in ssccs],
    )
    told(session, shipment, events)
    return bool(events)


def correct_milestone(
    session: Session,
    *,
    shipment_id: UUID,
    corrects: int,
    reason: Reason,
    because: str,
    place: str | None = None,
    occurred_at: datetime | None = None,
) -> Shipment:
    """A report was wrong: what it told did not occur, or was at another place or time."""
    shipment = locked(session, shipment_id)
    wrong, right = _report(session, shipment, corrects), None
    if reason == INCORRECT_DATA and place and occurred_at:
        right = Right(place=_place(session, place), occurred_at=occurred_at)
        _need_known(session, shipment, wrong.code, right.place)
    events = correct(
        shipment,
        wrong,
        right,
        goods=standing.in_shipment(session, shipment.id) if wrong.code in GATES else (),
        because=because,
        role=role_of(session),
        now=business_now(session),
        graph=rules.milestones(session),
    )
    return told(session, shipment, events)


def _report(session: Session, shipment: Shipment, id: int) -> Reached:
    found = session.get(Reached, id)
    if found is None or found not in shipment.reports:
        raise Refused(
            "{number} has no report {id}; take the id from its milestones.",
            field="corrects",
            number=shipment.number,
            id=str(id),
        )
    return found


def _place(session: Session, place: str) -> str:
    """A place is one of our facilities or a UN/LOCODE."""
    known = session.execute(select(facility.c.code).where(facility.c.code == place)).scalar_one_or_none()
    return known or check_locode(place)


def _need_known(session: Session, shipment: Shipment, code: str, place: str) -> None:
    """Refuse a place that is neither ours nor a port that we know; goods are delivered inland, too."""
    if place in (shipment.port_of_loading, *shipment.via, shipment.port_of_discharge):
        return  # as it was booked, whatever ports were known then
    at_port = code in AT_PORTS and shipment.by.places is not None
    if not is_locode(place) or (not at_port and place.startswith(shipment.destination)):
        return
    need_port(session, place, "place", shipment.by.places if at_port else None)
