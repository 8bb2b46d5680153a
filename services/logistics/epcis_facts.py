"""What the rows say happened to cartons, in the form in which EPCIS is made of it. Reads only.

Rows are read as columns and what many of them say alike is kept once: a shipment may have thousands of cartons.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, exists, select
from sqlalchemy.orm import Session

from services.logistics import rules
from services.logistics.domain.milestones import (
    DELIVERED,
    INCORRECT_DATA,
    SHORT_LANDED,
    STRIPPED,
    STUFFED_SEALED,
    Correction,
    Graph,
    Reached,
)
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.short_landing import arrived_after, known_at, missing_at
from services.logistics.epcis import (
    CartonFact,
    ErrorFact,
    GatheredFact,
    LeftFact,
    MilestoneFact,
    PalletFact,
    ShipmentFacts,
)
from services.logistics.storage import (
    carton,
    carton_history,
    exporter,
    facility,
    item,
    lot,
    pallet,
    port,
)
from services.logistics.storage import order as orders
from services.logistics.storage import shipment as shipments
from shared.refusal import Refused

AT_ONCE = 500
"""Rows of cartons that are in memory while they are read."""

_last = carton_history.alias()
OPENED_OUT_OF = (
    select(case((_last.c.what == "put_in", _last.c.shipment_id)))
    .where(_last.c.sscc == carton.c.sscc, _last.c.what.in_(("put_in", "taken_out")))
    .order_by(_last.c.id.desc())
    .limit(1)
    .correlate(carton)
    .scalar_subquery()
)
"""The shipment that a carton was in when it was opened, if it was in one."""

OPENED = carton.c.unpacked_at.is_not(None)


def facts_of(session: Session, shipment: Shipment) -> ShipmentFacts:
    """All that happened to the shipment and its cartons, and to those that were opened before they could leave."""
    once_inside = select(carton_history.c.sscc).where(
        carton_history.c.shipment_id == shipment.id, carton_history.c.what == "put_in"
    )
    opened = OPENED & carton.c.sscc.in_(once_inside) & (shipment.id == OPENED_OUT_OF)
    return ShipmentFacts(
        number=shipment.number,
        hub_gln=_gln(session, shipment.hub),
        consignee_gln=None,
        milestones=tuple(_milestone_facts(session, shipment)),
        container=shipment.container if shipment.by.unit == "container" else None,
        zones=_zones(session),
        **_of_cartons(session, (carton.c.shipment_id == shipment.id) | opened),
    )


def facts_of_opened(session: Session, code: str) -> ShipmentFacts:
    """What happened to cartons of a lot that were opened, and are told of with no shipment."""
    made_by = select(facility.c.gln).join(lot, lot.c.facility == facility.c.code).where(lot.c.code == code)
    told = exists().where(shipments.c.id == OPENED_OUT_OF, shipments.c.cancelled_at.is_(None))
    return ShipmentFacts(
        number=code,
        hub_gln=session.execute(made_by).scalar_one(),
        consignee_gln=None,
        zones=_zones(session),
        **_of_cartons(session, OPENED & (carton.c.lot == code) & ~told.correlate(carton)),
    )


def newest_of(shipment: Shipment, facts: ShipmentFacts) -> datetime:
    """When the last of the facts was recorded: the same facts give the same document."""
    packed = [each.unpacked_at or each.packed_at for each in facts.cartons]
    moved = [*(each.left_at for each in facts.left), *(each.gathered_at for each in facts.gathered)]
    stacked = [each.palletised_at for each in facts.pallets]
    reported = [report.recorded_at for report in shipment.reports]
    corrected = [report.correction.declared_at for report in shipment.reports if report.correction]
    return max([*packed, *moved, *stacked, *reported, *corrected])


def _of_cartons(session: Session, which: ColumnElement[bool]) -> dict[str, Any]:
    """The facts of some cartons, by their names in ``ShipmentFacts``."""
    lots = _lots(session, which)
    buyers = {row.buyer: _buyer_gln(session, row.buyer) for row in lots.values()}
    places, moments = _Glns(session), _Once()
    closed: list[CartonFact] = []
    columns = (carton.c[name] for name in CLOSED)
    found = session.execute(
        select(*columns).where(which).order_by(carton.c.sscc).execution_options(yield_per=AT_ONCE)
    )
    for row in found:
        of = lots[row.lot]
        closed.append(
            CartonFact(
                sscc=row.sscc,
                gtin=of.gtin,
                lot=of.code,
                quantity=row.pieces,
                packed_at=moments[row.packed_at],
                facility=of.facility,
                facility_gln=of.gln,
                po=of.po_number,
                buyer_gln=buyers[of.buyer],
                unpacked_at=row.unpacked_at,
                opened_at_gln=places[row.hub] if row.unpacked_at and row.hub else None,
            )
        )
    return {
        "cartons": tuple(closed),
        **_of_moves(session, which, {code: of.gln for code, of in lots.items()}, places),
        "pallets": tuple(_pallet_facts(session, which)),
    }


CLOSED = ("sscc", "lot", "pieces", "packed_at", "hub", "unpacked_at")


def _of_moves(
    session: Session, which: ColumnElement[bool], made_at: Mapping[str, str], places: Mapping[str, str]
) -> dict[str, Any]:
    """Each leg from a facility or a hub to a hub, and each arrival, as they were noted when they happened.

    What was found again stands nowhere until it is counted in; if it leaves before, it does from its facility.
    """
    told = carton_history.c
    query = (
        select(told.sscc, told.what, told.at, told.place, carton.c.lot)
        .join(carton, carton.c.sscc == told.sscc)
        .where(which, told.what.in_(("moved", "gathered", "found")))
        .order_by(told.sscc, told.id)
    )
    left: dict[tuple[datetime, str, str], list[str]] = defaultdict(list)
    gathered: dict[tuple[datetime, str], list[str]] = defaultdict(list)
    rows = session.execute(query.execution_options(yield_per=AT_ONCE))
    for (sscc, of_lot), noted in groupby(rows, key=lambda row: (row.sscc, row.lot)):
        stands = made_at[of_lot]
        for row in noted:
            if row.what == "moved":
                left[row.at, stands, places[row.place]].append(sscc)
            elif row.what == "gathered":
                stands = places[row.place]
                gathered[row.at, stands].append(sscc)
            else:
                stands = made_at[of_lot]
    return {
        "left": tuple(
            LeftFact(ssccs=tuple(ssccs), from_gln=gln, hub_gln=hub, left_at=at)
            for (at, gln, hub), ssccs in sorted(left.items())
        ),
        "gathered": tuple(
            GatheredFact(ssccs=tuple(ssccs), hub_gln=hub, gathered_at=at)
            for (at, hub), ssccs in sorted(gathered.items())
        ),
    }


class _Glns(dict[str, str]):
    """The GLN of a facility by its code, asked for once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def __missing__(self, code: str) -> str:
        self[code] = _gln(self._session, code)
        return self[code]


class _Once(dict[datetime, datetime]):
    """A value that many rows share, kept once."""

    def __missing__(self, value: datetime) -> datetime:
        self[value] = value
        return value


def _lots(session: Session, which: ColumnElement[bool]) -> dict[str, Any]:
    """The lots that the cartons are of, with what is the same for all of a lot."""
    query = (
        select(lot.c.code, lot.c.facility, item.c.gtin, facility.c.gln, orders.c.po_number, orders.c.buyer)
        .join(item, item.c.sku == lot.c.sku)
        .join(facility, facility.c.code == lot.c.facility)
        .join(orders, orders.c.id == lot.c.order_id)
        .where(lot.c.code.in_(select(carton.c.lot).where(which)))
    )
    return {row.code: row for row in session.execute(query)}


def _buyer_gln(session: Session, buyer: str) -> str:
    gln = session.execute(select(exporter.c.gln).where(exporter.c.buyer == buyer)).scalar_one_or_none()
    if gln is None:
        raise Refused(
            "The GLN of {buyer} is not known; add it to parties.yaml and run kendi load.", buyer=buyer
        )
    return str(gln)


def _pallet_facts(session: Session, which: ColumnElement[bool]) -> Iterable[PalletFact]:
    """Each time that cartons were put on a pallet at its hub, or were taken off it again."""
    inside = select(carton.c.sscc).where(which)
    told = carton_history.c
    query = (
        select(told.what, told.at, told.pallet, facility.c.gln, told.sscc)
        .join(pallet, pallet.c.sscc == told.pallet)
        .join(facility, facility.c.code == pallet.c.hub)
        .where(told.sscc.in_(inside), told.what.in_(("palletised", "taken_off")))
        .order_by(told.id)
    )
    together: dict[tuple[str, datetime, str, str], list[str]] = defaultdict(list)
    for *key, sscc in session.execute(query):
        together[tuple(key)].append(sscc)
    for (what, at, number, gln), ssccs in together.items():
        yield PalletFact(
            pallet=number, ssccs=tuple(ssccs), hub_gln=gln, palletised_at=at, off=what == "taken_off"
        )


def _milestone_facts(session: Session, shipment: Shipment) -> Iterable[MilestoneFact]:
    """Sealing is told twice: the cartons are in the container, and the container has left the hub.

    Of what goes wrong, and its relief, an event would say that all cartons were observed: nobody told which were.
    But with what was short-landed it is told which cartons arrive with the others, and which are found later.
    """
    graph = rules.milestones(session)
    beside = {code for code, milestone in graph.items() if milestone.beside}
    arrivals = {DELIVERED, STRIPPED, *graph[SHORT_LANDED].ended_by}
    for report in shipment.reports:
        if report.code in arrivals:
            yield from _arrivals(session, shipment, report, graph)
        if report.code in beside | arrivals:
            continue
        fact = _milestone_fact(session, report)
        yield fact
        if report.code == STUFFED_SEALED:
            yield _dispatched(fact)


def _milestone_fact(session: Session, report: Reached) -> MilestoneFact:
    error = _error(report.correction, lambda right: _milestone_fact(session, right))
    return replace(_told(session, report), error=error)


def _error(wrong: Correction | None, fact: Callable[[Reached], MilestoneFact]) -> ErrorFact | None:
    """Why a report holds no more, and the fact of what was told in its place."""
    if wrong is None:
        return None
    right = fact(wrong.corrective) if wrong.corrective else None
    return ErrorFact(reason=wrong.reason, declared_at=wrong.declared_at, right=right)


def _told(session: Session, report: Reached) -> MilestoneFact:
    place = _gln_or_port(session, report.place)
    return MilestoneFact(code=report.code, occurred_at=report.occurred_at, place=place)


def _arrivals(session: Session, shipment: Shipment, report: Reached, graph: Graph) -> Sequence[MilestoneFact]:
    """What was told of an arrival: once, and again in its place each time that other cartons were known to be missing."""
    error = _error(report.correction, lambda right: _arrivals(session, shipment, right, graph)[0])
    told, facts = _told(session, report), list[MilestoneFact]()
    for since, received in reversed(_known(shipment, report, graph)):
        facts.insert(0, replace(told, received=received, error=error))
        error = ErrorFact(reason=INCORRECT_DATA, declared_at=since, right=facts[0])
    return facts


def _known(
    shipment: Shipment, report: Reached, graph: Graph
) -> Sequence[tuple[datetime, tuple[str, ...] | None]]:
    """Which cartons arrived by a report, as it was known when it was recorded, and each time that it changed since."""
    until = report.correction.declared_at if report.correction else None
    learnt = {each.recorded_at for each in shipment.reports}
    learnt |= {each.correction.declared_at for each in shipment.reports if each.correction}
    known: list[tuple[datetime, tuple[str, ...] | None]] = []
    later = {at for at in learnt if at > report.recorded_at and (until is None or at < until)}
    for moment in sorted({report.recorded_at, *later}):
        received = _received(shipment, report, known_at(moment, shipment.reports), graph)
        if not known or known[-1][1] != received:
            known.append((moment, received))
    return known


def _received(
    shipment: Shipment, report: Reached, reached: Sequence[Reached], graph: Graph
) -> tuple[str, ...] | None:
    """The cartons that arrived; nothing for all of them."""
    if report.code not in (DELIVERED, STRIPPED):
        return tuple(arrived_after(report, reached, graph))
    missing = set(missing_at(report.occurred_at, reached, graph))
    return tuple(each.sscc for each in shipment.cartons if each.sscc not in missing) if missing else None


def _dispatched(sealed: MilestoneFact) -> MilestoneFact:
    """The same of the container leaving the hub; what is wrong of one is wrong of both."""
    error = sealed.error
    if error and error.right:
        error = replace(error, right=_dispatched(error.right))
    return replace(sealed, code="DISPATCHED", error=error)


def _gln_or_port(session: Session, place: str) -> str:
    """A facility by its GLN; another place by its UN/LOCODE."""
    gln = session.execute(select(facility.c.gln).where(facility.c.code == place)).scalar_one_or_none()
    return str(gln) if gln else place


def _zones(session: Session) -> dict[str, ZoneInfo]:
    """The time zones of facilities by their GLN, and of the ports that we know."""
    of_facilities = select(facility.c.gln, facility.c.time_zone)
    known = session.execute(of_facilities.union_all(select(port.c.code, port.c.timezone)))
    return {place: ZoneInfo(zone) for place, zone in known}


def _gln(session: Session, code: str) -> str:
    return str(session.execute(select(facility.c.gln).where(facility.c.code == code)).scalar_one())
