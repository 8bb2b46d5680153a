"""Scans at a hub: each one counts by itself, so that a bad label among many holds up no other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from services.logistics.domain import scanning
from services.logistics.domain.carton import Carton, gather
from services.logistics.domain.pallet import EXTENSION, Pallet, need_liftable, put_on, take_off
from services.logistics.domain.scanning import Outcome, Scan
from services.logistics.domain.sscc import check
from services.logistics.domain.weighing import weigh
from services.logistics.handlers.carton_history import note
from services.logistics.handlers.cartons import need_hub
from services.logistics.storage import carton as cartons
from services.logistics.storage import shipment as shipments
from shared.clock import business_now
from shared.messaging.outbox import record
from shared.refusal import Refused

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
    seen = _seen(session, scans)
    outcomes = _each(seen, scans, lambda carton, _: scanning.arrives(carton, hub) and {"place": hub})
    events = gather([carton for carton, _ in seen.news], hub, at=seen.at)
    _noted(session, seen, "gathered", events)
    return outcomes


def scan_onto_pallet(session: Session, *, pallet: str, scans: Sequence[Scan]) -> list[Outcome]:
    """Cartons were put on a pallet."""
    onto = _pallet(session, pallet)

    def place(carton: Carton, _: Scan) -> dict[str, Any] | None:
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

    def lift(carton: Carton, _: Scan) -> dict[str, Any] | None:
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

    def stow(carton: Carton, _: Scan) -> dict[str, Any] | None:
        news = scanning.load(carton, shipment_id=row.id, number=row.number, numbers=numbers, at=seen.at)
        return {"shipment_id": row.id} if news else None

    outcomes = _each(seen, scans, stow)
    _noted(session, seen, "loaded", ())
    return outcomes


def scan_weights(session: Session, *, scans: Sequence[Scan]) -> list[Outcome]:
    """Cartons were put on the scale; one that does not fit its weight is told so, and must be opened."""

    def measure(carton: Carton, scan: Scan) -> dict[str, Any] | None:
        if scan.grams is None:
            raise Refused("Give the weight in grams.", field="grams")
        if (carton.measured_g, carton.seal) == (scan.grams, scan.seal or carton.seal):
            return None
        weigh(carton, scan.grams, seal=scan.seal, at=seen.at)
        return {"grams": scan.grams, "seal": scan.seal}

    seen = _seen(session, scans)
    outcomes = _each(seen, scans, measure)
    _noted(session, seen, "weighed", ())
    return [_reopen(seen, each) for each in outcomes]


def _reopen(seen: Scanned, outcome: Outcome) -> Outcome:
    """What was weighed and does not fit is told as refused: it goes no farther, though the weight is kept."""
    carton = seen.cartons.get(outcome.sscc)
    if carton is None or not carton.must_be_reopened or outcome.outcome == "refused":
        return outcome
    return Outcome(sscc=outcome.sscc, outcome="to_reopen", message=carton.reason_to_stay)


def _each(
    seen: Scanned, scans: Sequence[Scan], take: Callable[[Carton, Scan], dict[str, Any] | bool | None]
) -> list[Outcome]:
    return [_outcome(seen, scan, take) for scan in scans]


def _outcome(
    seen: Scanned, scan: Scan, take: Callable[[Carton, Scan], dict[str, Any] | bool | None]
) -> Outcome:
    """Take one scan; what it says of a pallet it says of each carton on it, or of none."""
    known = {carton.sscc for carton, _ in seen.news}
    try:
        sscc = check(scan.sscc)
        found = seen.read(sscc)
        told = [(carton, carton.sscc not in known and take(carton, scan)) for carton in found]
    except Refused as refusal:
        return Outcome(sscc=scan.sscc, outcome="refused", message=refusal.sentence)
    news = [(carton, details) for carton, details in told if isinstance(details, dict)]
    seen.news += news
    if news:
        return Outcome(sscc=sscc, outcome="accepted")
    return Outcome(sscc=sscc, outcome="repeated", message=scanning.repeated(found[0]))


def _seen(session: Session, scans: Iterable[Scan]) -> Scanned:
    """Hold all that was read, in the order of the numbers."""
    read = {number for scan in scans if (number := _readable(scan.sscc))}
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
