"""What is reported of cartons: set aside, damaged, lost, found, unpacked, explained, or on the way to a hub."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.logistics.domain import incidents
from services.logistics.domain.carton import Carton, leave
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.sscc import check
from services.logistics.handlers.carton_history import note, note_off_pallets, role_of
from services.logistics.handlers.cartons import locked, need_hub
from services.logistics.handlers.regrouping import take_out_of
from services.logistics.storage import carton as cartons
from services.logistics.storage import carton_history
from services.logistics.storage import shipment as shipments
from shared.clock import business_now
from shared.messaging.outbox import record
from shared.refusal import Refused


def quarantine(session: Session, *, reason: str, ssccs: Sequence[str]) -> list[Carton]:
    """Set cartons aside for what they hold; those in a shipment that has not left are taken out of it."""
    found, at = _taken_out(session, ssccs), business_now(session)
    news = [each for each in found if each.quarantined_at is None]
    return _noted(
        session, news, "quarantined", incidents.quarantine(news, reason=reason, at=at), at=at, reason=reason
    )


def quarantine_lot(session: Session, *, reason: str, lot: str) -> list[Carton]:
    """Set aside all of a lot that has not left: a facility's lot holds what this facility made, and no more."""
    query = (
        select(cartons.c.sscc)
        .outerjoin(shipments, shipments.c.id == cartons.c.shipment_id)
        .where(
            cartons.c.lot == lot,
            func.num_nulls(cartons.c.unpacked_at, cartons.c.lost_at, shipments.c.container) == 3,
        )
    )
    ssccs = session.execute(query).scalars().all()
    if not ssccs:
        raise Refused("Of lot {lot} no carton is here.", field="lot", lot=lot)
    return quarantine(session, reason=reason, ssccs=ssccs)


def lift_quarantine(session: Session, *, reason: str, ssccs: Sequence[str]) -> list[Carton]:
    found, at = locked(session, ssccs), business_now(session)
    news = [each for each in found if each.quarantined_at is not None]
    return _noted(session, news, "quarantine_lifted", incidents.lift_quarantine(news), at=at, reason=reason)


def report_damaged(session: Session, *, reason: str, ssccs: Sequence[str]) -> list[Carton]:
    found, at = _taken_out(session, ssccs), business_now(session)
    news = [each for each in found if each.damaged_at is None]
    return _noted(session, news, "damaged", incidents.damage(news, at=at), at=at, reason=reason)


def report_lost(session: Session, *, reason: str, ssccs: Sequence[str]) -> list[Carton]:
    found, at = _taken_out(session, ssccs), business_now(session)
    news = [each for each in found if each.lost_at is None]
    note_off_pallets(session, news, at=at)
    return _noted(session, news, "lost", incidents.lose(news, at=at), at=at, reason=reason)


def report_found(session: Session, *, reason: str, ssccs: Sequence[str]) -> list[Carton]:
    found, at = locked(session, ssccs), business_now(session)
    news = [each for each in found if each.lost_at is not None]
    return _noted(session, news, "found", incidents.find(news), at=at, reason=reason)


def unpack(session: Session, *, reason: str, ssccs: Sequence[str]) -> list[Carton]:
    """Open cartons for good; their pieces wait for packing again."""
    found, at = locked(session, ssccs), business_now(session)
    news = [each for each in found if each.unpacked_at is None]
    return _noted(session, news, "unpacked", incidents.unpack(news, at=at), at=at, reason=reason)


def explain_weight(session: Session, *, reason: str, ssccs: Sequence[str]) -> list[Carton]:
    """The role that signs answers for what these cartons weigh."""
    found, at = locked(session, ssccs), business_now(session)
    for carton in found:
        incidents.explain(carton, role=role_of(session))
    return _noted(session, list(found), "explained", [], at=at, reason=reason)


def leave_for_hub(
    session: Session,
    *,
    hub: str,
    ssccs: Sequence[str],
    seal: str | None = None,
    searched_from: datetime | None = None,
    searched_until: datetime | None = None,
) -> list[Carton]:
    """Cartons, or all on a pallet, left their facility or a hub; a truck was searched at the gate at these times.

    What stood on a pallet is taken off it: it is put on another one where it arrives.
    """
    need_hub(session, hub)
    at = business_now(session)
    if searched_until and (searched_from is None or not searched_from < searched_until <= at):
        raise Refused(
            "Give both times of the search: it ends after it begins, and not in the future.",
            field="searched_until",
        )
    found = locked(session, _unstacked(session, ssccs))
    under_way = _under_way(session, found)
    news = [each for each in found if each.sscc not in under_way and each.may_leave_for(hub)]
    note_off_pallets(session, news, at=at)
    events = leave(news, hub, seal=seal, at=at)
    search = {"searched_from": searched_from, "searched_until": searched_until} if searched_until else {}
    return _noted(session, news, "moved", events, at=at, place=hub, seal=seal, **search)


def _unstacked(session: Session, ssccs: Iterable[str]) -> set[str]:
    """These cartons, and in place of a pallet those that stand on it."""
    wanted = {check(sscc) for sscc in ssccs}
    on_them = session.execute(select(cartons.c.pallet, cartons.c.sscc).where(cartons.c.pallet.in_(wanted)))
    stacked = [(row.pallet, row.sscc) for row in on_them]
    return (wanted - {pallet for pallet, _ in stacked}) | {sscc for _, sscc in stacked}


def _under_way(session: Session, found: Iterable[Carton]) -> set[str]:
    """Those that stand nowhere since they left a hub, or the shipment that they were in was given up."""
    nowhere = {carton.sscc for carton in found if carton.hub is None}
    query = select(carton_history.c.sscc).where(
        carton_history.c.sscc.in_(nowhere), carton_history.c.what.in_(("moved", "sent_back"))
    )
    return set(session.execute(query).scalars())


def _noted(
    session: Session,
    news: list[Carton],
    what: str,
    events: Iterable[object],
    *,
    at: datetime,
    **details: object,
) -> list[Carton]:
    note(session, news, what, at=at, **details)
    session.flush()
    record(session, *events)
    return news


def _taken_out(session: Session, ssccs: Iterable[str]) -> Sequence[Carton]:
    """The cartons, held, after each was taken out of the shipment that it stood in.

    A shipment that left is a matter of a claim; one that would be empty is to be cancelled first, and
    what a PEB declares waits until that is cancelled.
    """
    wanted = {check(sscc) for sscc in ssccs}
    of = select(cartons.c.shipment_id).where(cartons.c.sscc.in_(wanted), cartons.c.shipment_id.is_not(None))
    holding = select(Shipment).where(shipments.c.id.in_(of)).order_by(shipments.c.id).with_for_update()
    held = session.execute(holding.execution_options(populate_existing=True)).scalars().all()
    found = locked(session, wanted)
    _need_held(found, held)
    for shipment in held:
        inside = [carton.sscc for carton in found if carton.shipment_id == shipment.id]
        if inside:
            shipment.need_without(inside)
            take_out_of(session, shipment, inside)
    return found


def _need_held(found: Iterable[Carton], held: Iterable[Shipment]) -> None:
    """Refuse what was put into another shipment while we waited for the cartons."""
    known = {None, *(shipment.id for shipment in held)}
    moved = next((carton for carton in found if carton.shipment_id not in known), None)
    if moved:
        raise Refused(
            "Carton {sscc} was put into a shipment just now: report it again.",
            field="ssccs",
            sscc=moved.sscc,
        )
