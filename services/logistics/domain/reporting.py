"""Reports of what happened to a shipment on its way: which are taken, and what is told of them."""

from collections.abc import Sequence
from datetime import datetime

from services.logistics.domain.carton import Carton
from services.logistics.domain.milestones import (
    DELIVERED,
    DISCHARGED,
    PEB_SUBMITTED,
    SHORT_LANDED,
    STUFFED_SEALED,
    TRANSSHIPPED,
    VESSEL_DEPARTED,
    Graph,
    Reached,
    called,
    need_possible,
)
from services.logistics.domain.order import Standing
from services.logistics.domain.shipment import Shipment, lines_of
from services.logistics.domain.short_landing import missing_at, no_longer_short
from shared.events.logistics import (
    ArrivedCarton,
    MilestoneRecorded,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentLine,
    ShortCarton,
)
from shared.refusal import Refused


def milestone_called(
    shipment: Shipment,
    *,
    dcsa: str | None,
    edifact: str | None,
    place: str,
    occurred_at: datetime,
    graph: Graph,
) -> str:
    """The milestone that a carrier calls so: a vessel that is met elsewhere is one of a transshipment.

    Of troubles that are called alike, the first is one before the departure, and the last one after it.
    """
    codes = called(graph, dcsa=dcsa, edifact=edifact)
    beside = [code for code in codes if graph[code].beside]
    if beside:
        left = shipment.departed_at
        return beside[-1] if left and occurred_at >= left else beside[0]
    if shipment.port_of_loading is None or place in (shipment.port_of_loading, shipment.port_of_discharge):
        return next((code for code in codes if code != TRANSSHIPPED), TRANSSHIPPED)
    if TRANSSHIPPED in codes:
        return TRANSSHIPPED
    if codes[0] in (VESSEL_DEPARTED, DISCHARGED):
        raise Refused(
            "{code} of {number} is at {loading} or {discharge}; report elsewhere what was loaded or discharged.",
            field="place",
            code=codes[0],
            number=shipment.number,
            loading=shipment.port_of_loading,
            discharge=shipment.port_of_discharge,
        )
    return codes[0]


def record(
    shipment: Shipment,
    code: str,
    *,
    place: str,
    occurred_at: datetime,
    now: datetime,
    graph: Graph,
    goods: Sequence[Standing] = (),
    ssccs: Sequence[str] = (),
) -> list[object]:
    """Note what happened on the way. The same report again changes nothing; a late one is welcome.

    ``ssccs`` are the cartons that are short, where they are known.
    """
    before = next((each for each in shipment.reports if each.says(code, place, occurred_at)), None)
    if before:
        _need_holding(before)
        _need_same_cartons(before, ssccs)
        return []
    missing = _short(shipment, code, ssccs)
    if code == STUFFED_SEALED:
        raise Refused(
            "{code} is told by dispatching the shipment with its container and seal.",
            field="milestone",
            code=STUFFED_SEALED,
        )
    way = shipment.by.way(graph)
    need_possible(code, occurred_at=occurred_at, now=now, reached=shipment.reached, graph=way)
    shipment.need_ready_for(code, graph)
    if code == PEB_SUBMITTED:
        _need_first_submission(shipment)
    shipment.need_day(code, occurred_at, goods)
    report = shipment.reach(code, place, occurred_at, now, ssccs=[carton.sscc for carton in missing])
    return [happened(shipment, report, graph)]


def _need_first_submission(shipment: Shipment) -> None:
    """Refuse it in place of a PEB that was cancelled."""
    if shipment.declarations and not shipment.declaration:
        raise Refused(
            "The PEB of {number} was cancelled: note the new one with its particulars.",
            field="milestone",
            number=shipment.number,
        )


def _short(shipment: Shipment, code: str, ssccs: Sequence[str]) -> list[Carton]:
    """The cartons that a short landing names."""
    if ssccs and code != SHORT_LANDED:
        raise Refused(
            "Only {code} names cartons: what else happens is about all of them.",
            field="ssccs",
            code=SHORT_LANDED,
        )
    return shipment.cartons_named(ssccs) if ssccs else []


def happened(shipment: Shipment, report: Reached, graph: Graph) -> object:
    place, occurred_at = report.place, report.occurred_at
    if report.code == VESSEL_DEPARTED:
        return ShipmentDeparted(
            shipment_id=shipment.id, place=place, occurred_at=occurred_at, lines=shipment.lines
        )
    if report.code == DELIVERED:
        missing = set(missing_at(occurred_at, shipment.reached, graph))
        return ShipmentDelivered(
            shipment_id=shipment.id,
            place=place,
            occurred_at=occurred_at,
            lines=shipment.lines,
            arrived=tuple(
                ArrivedCarton(order_id=each.lot.order_id, sscc=each.sscc)
                for each in shipment.cartons
                if each.sscc not in missing
            ),
        )
    short = shipment.cartons_named(report.ssccs)
    return MilestoneRecorded(
        shipment_id=shipment.id,
        milestone=report.code,
        place=place,
        occurred_at=occurred_at,
        lines=lines_about(shipment, report, graph),
        short=tuple(ShortCarton(order_id=each.lot.order_id, sscc=each.sscc) for each in short),
    )


def lines_about(shipment: Shipment, report: Reached, graph: Graph) -> tuple[ShipmentLine, ...]:
    """Those of the cartons that are short, or no longer so, where they were named; else all."""
    named = report.ssccs or no_longer_short(report, shipment.reached, graph)
    return lines_of(shipment.cartons_named(named)) if named else shipment.lines


def _need_holding(report: Reached) -> None:
    """Refuse a report again that was corrected since: whoever sends it has not heard of it."""
    if report.correction:
        raise Refused(
            "This report of {code} was corrected: “{because}”",
            field="milestone",
            code=report.code,
            because=report.correction.because,
        )


def _need_same_cartons(report: Reached, ssccs: Sequence[str]) -> None:
    if set(ssccs) - set(report.ssccs):
        raise Refused(
            "This report of {code} named other cartons: correct it, or report at another time which are short, too.",
            field="ssccs",
            code=report.code,
        )
