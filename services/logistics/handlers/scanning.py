"""Scans at a hub: each one counts by itself, so that a bad label among many holds up no other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from services.logistics.domain import scanning
from services.logistics.domain.carton import Carton, gather, need_arriving
from services.logistics.domain.pallet import EXTENSION, Pallet, need_liftable, put_on, take_off
from services.logistics.domain.scanning import Outcome, Scan
from services.logistics.domain.sscc import check
from services.logistics.domain.weighing import need_weighable, weigh
from services.logistics.handlers.carton_history import note
from services.logistics.handlers.cartons import gathered_before, need_hub, received_back
from services.logistics.storage import carton as cartons
from services.logistics.storage import shipment as shipments
from shared.clock import business_now
from shared.messaging.outbox import record
from shared.refusal import Refused

Details = dict[str, Any] | None
"""What to note of a carton; nothing if it was no news."""

Take = Callable[[Carton, Scan], Details]
"""Changes one carton by what was scanned."""

Need = Callable[[Carton, Scan], None]
"""Refuses what can't be true of one carton, before any is changed."""

News = tuple[Carton, dict[str, Any]]
"""A carton of which a scan told something new, and what to note of it."""


@dataclass
class Scanned:
    """The cartons that the scans of one request read, by number, and those on the pallets they read."""

    cartons: dict[str, Carton]
    on_pallets: dict[str, list[Carton]]
    at: datetime
    news: list[News] = field(default_factory=list)

    def read(self, sscc: str) -> list[Carton]:
        """The carton with this number, or all that stand on the pallet with it."""
        found = self.on_pallets.get(sscc) or ([self.cartons[sscc]] if sscc in self.cartons else [])
        if not found:
            raise Refused("There is no carton {unknown}.", field="sscc", unknown=sscc)
        return found


def scan_arrivals(session: Session, *, hub: str, scans: Sequence[Scan]) -> list[Outcome]:
    """Cartons arrived at the hub."""
    need_hub(session, hub)
    seen, counted = _seen(session, scans), set[str]()
    back = received_back(session, seen.cartons.values())

    def count_in(carton: Carton, _: Scan) -> Details:
        news = carton.arrives(back) and carton.sscc not in counted
        counted.add(carton.sscc)
        return {"place": hub} if news else None

    outcomes = _each(seen, scans, count_in, need=lambda carton, _: need_arriving(carton, hub, back))
    arrived = [carton for carton, _ in seen.news]
    events = gather(arrived, hub, at=seen.at, back=back, before=gathered_before(session, arrived))
    _noted(session, seen, "gathered", events)
    return outcomes


def scan_onto_pallet(session: Session, *, pallet: str, scans: Sequence[Scan]) -> list[Outcome]:
    """Cartons were put on a pallet."""
    onto = _pallet(session, pallet)

    def place(carton: Carton, _: Scan) -> Details:
        if carton.pallet == onto.sscc:
            return None
        put_on(onto, carton, at=seen.at)
        return {"pallet": onto.sscc, "place": onto.hub}

    seen = _seen(session, scans)
    outcomes = _each(seen, scans, place)
    session.flush()
    need_liftable(onto, session.execute(select(Carton).where(cartons.c.pallet == onto.sscc)).scalars())
    _noted(session, seen, "palletised", ())
    return outcomes


def scan_off_pallet(session: Session, *, scans: Sequence[Scan]) -> list[Outcome]:
    """Cartons were taken off the pallet that they stood on."""

    def lift(carton: Carton, _: Scan) -> Details:
        left = {"pallet": carton.pallet} if carton.pallet else None
        take_off(carton)
        return left

    seen = _seen(session, scans)
    outcomes = _each(seen, scans, lift)
    _noted(session, seen, "taken_off", ())
    return outcomes


def scan_loading(session: Session, *, shipment: str, scans: Sequence[Scan]) -> list[Outcome]:
    """Cartons, or whole pallets, were put into the container of the shipment with this number."""
    query = select(shipments).where(shipments.c.number == shipment).with_for_update()
    row = session.execute(query).one_or_none()
    if row is None:
        raise Refused("There is no shipment {number}.", field="shipment", number=shipment)
    if row.container is not None:
        raise Refused("Shipment {number} has left already.", field="shipment", number=shipment)
    seen = _seen(session, scans)
    numbers = _numbers(session, seen)

    def need(carton: Carton, _: Scan) -> None:
        scanning.need_loadable(carton, shipment_id=row.id, number=row.number, numbers=numbers)

    def stow(carton: Carton, _: Scan) -> Details:
        if carton.loaded_at is not None:
            return None
        carton.loaded_at = seen.at
        return {"shipment_id": row.id}

    outcomes = _each(seen, scans, stow, need=need)
    _noted(session, seen, "loaded", ())
    return outcomes


def scan_weights(session: Session, *, scans: Sequence[Scan]) -> list[Outcome]:
    """Cartons were put on the scale; one that does not fit its weight is told so, and must be opened."""
    left = _sealed_with(session, scans)
    seen = _seen(session, scans)

    def need(carton: Carton, scan: Scan) -> None:
        if check(scan.sscc) != carton.sscc:
            raise Refused(
                "{pallet} is a pallet: weigh its cartons one by one.", field="sscc", pallet=scan.sscc
            )
        if scan.grams is None:
            raise Refused("Give the weight in grams.", field="grams")
        need_weighable(carton, left=left)

    def measure(carton: Carton, scan: Scan) -> Details:
        assert scan.grams is not None  # asked for before
        if (carton.measured_g, carton.seal) == (scan.grams, scan.seal or carton.seal):
            return None
        weigh(carton, scan.grams, seal=scan.seal, at=seen.at)
        return {"grams": scan.grams, "seal": scan.seal}

    outcomes = [_reopen(seen, _outcome(seen, scan, measure, need)) for scan in scans]
    _noted(session, seen, "weighed", ())
    return outcomes


def _reopen(seen: Scanned, outcome: Outcome) -> Outcome:
    """What was weighed and does not fit is told as refused: it goes no farther, though the weight is kept."""
    carton = seen.cartons.get(outcome.sscc)
    if carton is None or not carton.must_be_reopened or outcome.outcome == "refused":
        return outcome
    return Outcome(sscc=outcome.sscc, outcome="to_reopen", message=carton.reason_to_stay)


def _nothing(carton: Carton, scan: Scan) -> None:
    """Whatever is refused of one carton is refused of all that stand on its pallet."""


def _each(seen: Scanned, scans: Sequence[Scan], take: Take, need: Need = _nothing) -> list[Outcome]:
    return [_outcome(seen, scan, take, need) for scan in scans]


def _outcome(seen: Scanned, scan: Scan, take: Take, need: Need) -> Outcome:
    """Take one scan; what it says of a pallet it says of each carton on it, or of none."""
    try:
        sscc = check(scan.sscc)
        found = seen.read(sscc)
        for carton in found:
            need(carton, scan)
        told = [(carton, take(carton, scan)) for carton in found]
    except Refused as refusal:
        return Outcome(sscc=scan.sscc, outcome="refused", message=refusal.sentence)
    news = [(carton, details) for carton, details in told if details is not None]
    seen.news += news
    if news:
        return Outcome(sscc=sscc, outcome="accepted")
    return Outcome(sscc=sscc, outcome="repeated", message=scanning.repeated(found[0]))


def _seen(session: Session, scans: Iterable[Scan]) -> Scanned:
    """Hold all that was read, in the order of the numbers."""
    read = _read(scans)
    pallets = {number for number in read if number.startswith(str(EXTENSION))}
    which: ColumnElement[bool] = cartons.c.sscc.in_(read - pallets)
    if pallets:
        which |= cartons.c.pallet.in_(pallets)
    locking = select(Carton).where(which).order_by(cartons.c.sscc).with_for_update(of=cartons)
    found = session.execute(locking.execution_options(populate_existing=True)).scalars().all()
    return Scanned(
        {carton.sscc: carton for carton in found},
        {number: [carton for carton in found if carton.pallet == number] for number in pallets},
        business_now(session),
    )


def _sealed_with(session: Session, scans: Iterable[Scan]) -> dict[UUID, str]:
    """The shipments that have left with a carton that was read, by number; none leaves while it is weighed."""
    inside = select(cartons.c.shipment_id).where(cartons.c.sscc.in_(_read(scans)))
    query = select(shipments).where(shipments.c.id.in_(inside)).order_by(shipments.c.id)
    rows = session.execute(query.with_for_update(read=True)).all()
    return {row.id: row.number for row in rows if row.container is not None}


def _read(scans: Iterable[Scan]) -> set[str]:
    return {number for scan in scans if (number := _readable(scan.sscc))}


def _readable(text: str) -> str | None:
    try:
        return check(text)
    except Refused:
        return None


def _numbers(session: Session, seen: Scanned) -> dict[UUID, str]:
    ids = {carton.shipment_id for carton in seen.cartons.values()} - {None}
    query = select(shipments.c.id, shipments.c.number).where(shipments.c.id.in_(ids))
    return {row.id: row.number for row in session.execute(query)}


def _pallet(session: Session, number: str) -> Pallet:
    found = session.get(Pallet, check(number), with_for_update=True)
    if found is None:
        raise Refused("There is no pallet {number}.", field="pallet", number=number)
    return found


def _noted(session: Session, seen: Scanned, what: str, events: Iterable[object]) -> None:
    for carton, details in seen.news:
        note(session, [carton], what, at=seen.at, **details)
    session.flush()
    record(session, *events)
