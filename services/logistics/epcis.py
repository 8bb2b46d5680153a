"""What happened to the cartons of a shipment, as an EPCIS 2.0 document that partners' systems can read.

The document is made from facts alone: each event's id is computed from what the event says, so that
an event exported twice is the same event twice, and whoever captures it twice keeps it once. It
names facilities and lots, never the people who made the goods.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5

from services.logistics.domain.milestones import DELIVERED, STRIPPED, STUFFED_SEALED, WIB
from services.logistics.domain.sscc import (
    DEMONSTRATION_PREFIX,
    check_gln,
    check_locode,
    epc_urn_of_container,
    epc_urn_of_lot,
    party_uri,
    place_uri,
    sscc_uri,
)

Json = dict[str, Any]

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
KENDI_NAMESPACE = "https://example.org/ns/kendi/"
EVENT_NAMESPACE = UUID("3f0b7c52-6d0e-5a57-9a0b-1c7f2f8e4d11")
"""Never change it: the ids of all events ever exported hang on it."""


@dataclass(frozen=True)
class Step:
    """How the Core Business Vocabulary names a milestone; ``inside`` says the goods are in the container."""

    biz_step: str
    disposition: str
    inside: bool = True


MILESTONES: Final = {
    "NPE_ISSUED": Step("entering_exiting", "in_progress", inside=False),
    "STUFFED_SEALED": Step("loading", "in_transit"),
    "DISPATCHED": Step("shipping", "in_transit"),
    "GATE_IN": Step("arriving", "in_transit"),
    "LOADED": Step("loading", "in_transit"),
    "VESSEL_DEPARTED": Step("departing", "in_transit"),
    "TRANSSHIPPED": Step("transporting", "in_transit"),
    "ARRIVED": Step("arriving", "in_transit"),
    "DISCHARGED": Step("unloading", "in_transit"),
    "IMPORT_CLEARED": Step("other", "in_progress"),
    "GATE_OUT": Step("departing", "in_transit"),
    "STRIPPED": Step("unpacking", "in_progress"),
    "DELIVERED": Step("receiving", "in_progress", inside=False),
    "LANDED_IN_FULL": Step("receiving", "in_progress", inside=False),
}
"""The milestones that something physical happens at, in their usual order; after them what arrives late."""

OTHER = Step("other", "in_progress", inside=False)
"""A milestone the vocabulary has no word for; ``kendi:milestone`` says which one."""

ON_PAPER_ONLY: Final = frozenset(
    {
        "ORDER_ACCEPTED",
        "PLANNED",
        "BOOKED",
        "DOCUMENTS_COMPLETED",
        "PEB_SUBMITTED",
        "CLOSED",
    }
)
"""Milestones at which no goods move and nobody sees them: EPCIS has no event for these."""

TOLD_BY_CARTONS: Final = frozenset(
    {
        "MATERIAL_READY",
        "WO_STARTED",
        "WO_COMPLETED",
        "QC_PASSED",
        "CARTON_PACKED",
        "LEFT_FACILITY",
        "ARRIVED_HUB",
        "CONSOLIDATED",
    }
)
"""What comes before the shipment is told carton by carton, and not a second time as a milestone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CartonFact:
    """A carton was closed. ``buyer_gln`` is who numbered the purchase order.

    One that was ``unpacked_at`` went no farther; without ``opened_at_gln`` that was where it was packed.
    """

    sscc: str
    gtin: str
    lot: str
    quantity: int
    packed_at: datetime
    facility: str
    facility_gln: str
    po: str
    buyer_gln: str
    unpacked_at: datetime | None = None
    opened_at_gln: str | None = None


@dataclass(frozen=True, kw_only=True)
class LeftFact:
    """Cartons left the facility that made them, or a hub, for a hub."""

    ssccs: tuple[str, ...]
    from_gln: str
    hub_gln: str
    left_at: datetime


@dataclass(frozen=True, kw_only=True)
class GatheredFact:
    """Cartons arrived at a hub and were counted in."""

    ssccs: tuple[str, ...]
    hub_gln: str
    gathered_at: datetime


@dataclass(frozen=True, kw_only=True)
class PalletFact:
    """Cartons were put on a pallet at a hub, or taken ``off`` it."""

    pallet: str
    ssccs: tuple[str, ...]
    hub_gln: str
    palletised_at: datetime
    off: bool = False


@dataclass(frozen=True, kw_only=True)
class MilestoneFact:
    """Something happened to the whole shipment at a place: a GLN or a UN/LOCODE.

    ``received`` are the cartons that arrived, where these are not all: without any, nothing is told.
    """

    code: str
    occurred_at: datetime
    place: str
    error: "ErrorFact | None" = None
    received: tuple[str, ...] | None = None

    @property
    def untold(self) -> bool:
        return self.received == ()


@dataclass(frozen=True, kw_only=True)
class ErrorFact:
    """A milestone was told wrongly; ``right`` is what was told in its place, if it happened at all."""

    reason: str
    declared_at: datetime
    right: MilestoneFact | None


@dataclass(frozen=True, kw_only=True)
class ShipmentFacts:
    """All that is known of one shipment, and of cartons that were opened before they could leave with it.

    ``zones`` are the time zones of places, by GLN or UN/LOCODE; of others, Indonesian ones get WIB and those
    abroad UTC. ``prefix`` is the GS1 company prefix of our own numbers.
    """

    number: str
    hub_gln: str
    consignee_gln: str | None
    cartons: tuple[CartonFact, ...]
    left: tuple[LeftFact, ...] = ()
    gathered: tuple[GatheredFact, ...] = ()
    pallets: tuple[PalletFact, ...] = ()
    milestones: tuple[MilestoneFact, ...] = ()
    container: str | None = None
    zones: Mapping[str, tzinfo] = field(default_factory=dict)
    prefix: str = DEMONSTRATION_PREFIX

    @property
    def going(self) -> Iterator[CartonFact]:
        """The cartons that go with the shipment."""
        return (carton for carton in self.cartons if carton.unpacked_at is None)

    @property
    def ssccs(self) -> Iterator[str]:
        return (carton.sscc for carton in self.going)


def epcis_document(facts: ShipmentFacts, *, created_at: datetime) -> Json:
    """The shipment's events in the order in which they happened."""
    return {**_head(created_at), "epcisBody": {"eventList": list(events_of(facts))}}


def _head(created_at: datetime) -> Json:
    return {
        "@context": [EPCIS_CONTEXT, {"kendi": KENDI_NAMESPACE}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _time(created_at, WIB),
    }


def events_of(facts: ShipmentFacts) -> Iterator[Json]:
    """The events in the order in which they happened; of a wrong one its error right after it.

    Each is made when its turn comes: those that name all cartons are large, and never two of them are in memory.
    """
    kinds = (_commissioned, _packed, _left, _gathered, _palletised, _unpacked, _milestones)
    in_order = heapq.merge(*(kind(facts) for kind in kinds), key=itemgetter(0))
    return (make() for _, make in in_order)


def document_in_pieces(facts: ShipmentFacts, *, created_at: datetime) -> Iterator[str]:
    """The text of the document, event by event: no more than one of them is in memory, beside the facts."""
    head = json.dumps(_head(created_at))
    yield head[:-1] + ', "epcisBody": {"eventList": ['
    for number, event in enumerate(events_of(facts)):
        yield (",\n" if number else "\n") + json.dumps(event)
    yield "\n]}}\n"


def query_document(events: list[Json], *, created_at: datetime) -> Json:
    """The answer to a simple query, as the REST form of EPCIS 2.0 has it."""
    return {
        **_head(created_at),
        "type": "EPCISQueryDocument",
        "epcisBody": {
            "queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events}}
        },
    }


Timed = tuple[datetime, Callable[[], Json]]
"""When something happened, to sort by, and what makes the event of it."""


def _commissioned(facts: ShipmentFacts) -> Iterator[Timed]:
    for cartons in _closed_together(facts.cartons):
        yield cartons[0].packed_at, partial(_commissioning, facts, cartons)


def _commissioning(facts: ShipmentFacts, cartons: Sequence[CartonFact]) -> Json:
    """The SSCCs came into being: one event for the cartons of a lot that were closed at one time."""
    first = cartons[0]
    return _event(
        facts,
        "ObjectEvent",
        {"epcList": _epcs(facts, [carton.sscc for carton in cartons]), "action": "ADD"},
        step=Step("commissioning", "active"),
        at=first.packed_at,
        place=first.facility_gln,
        stays=True,
        more={"kendi:facilityCode": first.facility},
    )


def _closed_together(cartons: Iterable[CartonFact]) -> Iterator[list[CartonFact]]:
    def together(carton: CartonFact) -> tuple[datetime, str, str, str]:
        return carton.packed_at, carton.facility_gln, carton.facility, carton.lot

    ordered = sorted(cartons, key=lambda carton: (*together(carton), carton.sscc))
    return (list(group) for _, group in groupby(ordered, key=together))


def _packed(facts: ShipmentFacts) -> Iterator[Timed]:
    for carton in sorted(facts.cartons, key=lambda each: (each.packed_at, each.sscc)):
        yield carton.packed_at, partial(_packing, facts, carton)


def _packing(facts: ShipmentFacts, carton: CartonFact) -> Json:
    return _event(
        facts,
        "AggregationEvent",
        {**_with_its_pieces(carton, facts.prefix), "action": "ADD"},
        step=Step("packing", "container_closed"),
        at=carton.packed_at,
        place=carton.facility_gln,
        stays=True,
        more={"bizTransactionList": [_purchase_order(carton)], "kendi:facilityCode": carton.facility},
    )


def _unpacked(facts: ShipmentFacts) -> Iterator[Timed]:
    opened = [(each.unpacked_at, each.sscc, each) for each in facts.cartons if each.unpacked_at]
    for at, _, carton in sorted(opened):
        yield at, partial(_unpacking, facts, carton, at)


def _unpacking(facts: ShipmentFacts, carton: CartonFact, at: datetime) -> Json:
    """It was opened for good: its pieces are in no carton any more, and its number is retired."""
    return _event(
        facts,
        "AggregationEvent",
        {**_with_its_pieces(carton, facts.prefix), "action": "DELETE"},
        step=Step("unpacking", "in_progress"),
        at=at,
        place=carton.opened_at_gln or carton.facility_gln,
        stays=True,
        more={"bizTransactionList": [_purchase_order(carton)]},
    )


def _with_its_pieces(carton: CartonFact, prefix: str) -> Json:
    pieces = {
        "epcClass": epc_urn_of_lot(carton.gtin, carton.lot, prefix=prefix),
        "quantity": carton.quantity,
    }
    return {"parentID": sscc_uri(carton.sscc, prefix), "childQuantityList": [pieces]}


def _left(facts: ShipmentFacts) -> Iterator[Timed]:
    for left in sorted(facts.left, key=lambda each: each.left_at):
        yield left.left_at, partial(_leaving, facts, left)


def _leaving(facts: ShipmentFacts, left: LeftFact) -> Json:
    return _event(
        facts,
        "ObjectEvent",
        {"epcList": _epcs(facts, left.ssccs), "action": "OBSERVE"},
        step=Step("shipping", "in_transit"),
        at=left.left_at,
        place=left.from_gln,
        more=_from_to(left.from_gln, left.hub_gln, facts.prefix),
    )


def _gathered(facts: ShipmentFacts) -> Iterator[Timed]:
    """Cartons are unloaded and counted in one go at a hub, so that both steps carry one time."""
    for gathered in sorted(facts.gathered, key=lambda each: each.gathered_at):
        for biz_step in ("arriving", "receiving"):
            yield gathered.gathered_at, partial(_gathering, facts, gathered, biz_step)


def _gathering(facts: ShipmentFacts, gathered: GatheredFact, biz_step: str) -> Json:
    return _event(
        facts,
        "ObjectEvent",
        {"epcList": _epcs(facts, gathered.ssccs), "action": "OBSERVE"},
        step=Step(biz_step, "in_progress"),
        at=gathered.gathered_at,
        place=gathered.hub_gln,
        stays=True,
    )


def _palletised(facts: ShipmentFacts) -> Iterator[Timed]:
    for put in sorted(facts.pallets, key=lambda each: each.palletised_at):
        yield put.palletised_at, partial(_palletising, facts, put)


def _palletising(facts: ShipmentFacts, put: PalletFact) -> Json:
    return _event(
        facts,
        "AggregationEvent",
        {
            "parentID": sscc_uri(put.pallet, facts.prefix),
            "childEPCs": _epcs(facts, put.ssccs),
            "action": "DELETE" if put.off else "ADD",
        },
        step=Step("unpacking", "in_progress") if put.off else Step("packing", "container_closed"),
        at=put.palletised_at,
        place=put.hub_gln,
        stays=True,
    )


def _milestones(facts: ShipmentFacts) -> Iterator[Timed]:
    """What nobody saw taken out of its container was by the time it was received."""
    strips = [each for each in facts.milestones if each.code == STRIPPED and not each.error]
    stripped = frozenset(sscc for strip in strips for sscc in _received(facts, strip))
    for milestone in sorted(facts.milestones, key=lambda each: each.occurred_at):
        if milestone.code in ON_PAPER_ONLY | TOLD_BY_CARTONS or milestone.untold:
            continue
        if facts.container and _takes_out(milestone):
            inside = _inside_until(facts, milestone, stripped)
            if not inside.untold:
                yield from _told(facts, inside, _out_of_the_container)
        yield from _told(facts, milestone, _milestone)


def _told(
    facts: ShipmentFacts, milestone: MilestoneFact, tell: Callable[[ShipmentFacts, MilestoneFact], Json]
) -> Iterator[Timed]:
    """An event; of a wrong one a second time, with the same id and the declaration that it is in error."""
    yield milestone.occurred_at, partial(tell, facts, milestone)
    if milestone.error:
        yield milestone.occurred_at, partial(_in_error, facts, milestone, milestone.error, tell)


def _in_error(
    facts: ShipmentFacts,
    milestone: MilestoneFact,
    error: ErrorFact,
    tell: Callable[[ShipmentFacts, MilestoneFact], Json],
) -> Json:
    declared: Json = {"declarationTime": _time(error.declared_at, WIB), "reason": error.reason}
    if error.right and not error.right.untold:
        declared["correctiveEventIDs"] = [tell(facts, error.right)["eventID"]]
    return {**tell(facts, milestone), "errorDeclaration": declared}


def _milestone(facts: ShipmentFacts, milestone: MilestoneFact) -> Json:
    kind, what = _what_moved(facts, milestone)
    return _event(
        facts,
        kind,
        what,
        step=MILESTONES.get(milestone.code, OTHER),
        at=milestone.occurred_at,
        place=milestone.place,
        more={**_papers_of(facts, milestone.code), "kendi:milestone": milestone.code},
    )


def _out_of_the_container(facts: ShipmentFacts, milestone: MilestoneFact) -> Json:
    """What is received carton by carton was taken out of the container before."""
    return _event(
        facts,
        "AggregationEvent",
        _put(facts, STRIPPED, _received(facts, milestone)),
        step=MILESTONES[STRIPPED],
        at=milestone.occurred_at,
        place=milestone.place,
    )


def _received(facts: ShipmentFacts, milestone: MilestoneFact) -> Iterable[str]:
    return facts.ssccs if milestone.received is None else milestone.received


def _takes_out(milestone: MilestoneFact) -> bool:
    """Whether what is received is out of the container by then, though nobody need have seen it taken out."""
    return milestone.code == DELIVERED or (milestone.code != STRIPPED and bool(milestone.received))


def _inside_until(facts: ShipmentFacts, milestone: MilestoneFact, stripped: frozenset[str]) -> MilestoneFact:
    """The same of those cartons alone that no stripping had taken out; what was short then was found since."""
    if not stripped:
        return milestone
    error = milestone.error
    if error and error.right:
        error = replace(error, right=_inside_until(facts, error.right, stripped))
    inside = tuple(sscc for sscc in _received(facts, milestone) if sscc not in stripped)
    return replace(milestone, received=inside, error=error)


PUT_IN_OR_OUT: Final = {STUFFED_SEALED: "ADD", STRIPPED: "DELETE"}


def _put(facts: ShipmentFacts, code: str, ssccs: Iterable[str]) -> Json:
    """These cartons into the container, or out of it."""
    assert facts.container is not None  # asked before
    container = epc_urn_of_container(facts.container)
    return {"parentID": container, "childEPCs": _epcs(facts, ssccs), "action": PUT_IN_OR_OUT[code]}


def _what_moved(facts: ShipmentFacts, milestone: MilestoneFact) -> tuple[str, Json]:
    """Stuffing puts the cartons into the container; it is the container that is seen then, until they are out of it."""
    code = milestone.code
    if facts.container is None or not MILESTONES.get(code, OTHER).inside:
        return "ObjectEvent", {"epcList": _epcs(facts, _received(facts, milestone)), "action": "OBSERVE"}
    if code in PUT_IN_OR_OUT:
        return "AggregationEvent", _put(facts, code, _received(facts, milestone))
    return "ObjectEvent", {"epcList": [epc_urn_of_container(facts.container)], "action": "OBSERVE"}


def _papers_of(facts: ShipmentFacts, code: str) -> Json:
    orders = {(order["type"], order["bizTransaction"]): order for order in map(_purchase_order, facts.going)}
    papers = {"bizTransactionList": [*orders.values(), _transaction("desadv", facts.hub_gln, facts.number)]}
    if code == "DISPATCHED" and facts.consignee_gln is not None:
        papers |= _from_to(facts.hub_gln, facts.consignee_gln, facts.prefix)
    return papers


def _purchase_order(carton: CartonFact) -> Json:
    return _transaction("po", carton.buyer_gln, carton.po)


def _transaction(kind: str, issuer_gln: str, number: str) -> Json:
    """A paper by who numbered it and its number, since two buyers may use the same number."""
    name = f"urn:epcglobal:cbv:bt:{check_gln(issuer_gln)}:{quote(number, safe='')}"
    return {"type": kind, "bizTransaction": name}


def _from_to(source_gln: str, destination_gln: str, prefix: str) -> Json:
    return {
        "sourceList": _ends("source", source_gln, prefix),
        "destinationList": _ends("destination", destination_gln, prefix),
    }


def _ends(name: str, gln: str, prefix: str) -> list[Json]:
    return [
        {"type": "possessing_party", name: party_uri(gln, prefix)},
        {"type": "location", name: place_uri(gln, prefix)},
    ]


def _event(
    facts: ShipmentFacts,
    kind: str,
    what: Json,
    *,
    step: Step,
    at: datetime,
    place: str,
    stays: bool = False,
    more: Json | None = None,
) -> Json:
    """What, when, where and why, with the id that follows from them; ``stays``: the goods are kept there.

    The id of what happened at a facility follows from its time in WIB, wherever it is: should it be learnt late
    what its clocks show, an event that was exported before stays the same event.
    """
    where = {"id": place_uri(place, facts.prefix)}
    zone = facts.zones.get(place) or _zone_of(place)
    said = {
        "type": kind,
        **_when(at, zone),
        **what,
        "bizStep": step.biz_step,
        "disposition": step.disposition,
        "readPoint": where,
        **({"bizLocation": where} if stays else {}),
        **(more or {}),
    }
    known_by = said | _when(at, WIB) if _is_gln(place) else said
    return {"type": kind, "eventID": _id_of(known_by), **said}


def _id_of(said: Json) -> str:
    return f"urn:uuid:{uuid5(EVENT_NAMESPACE, json.dumps(said, sort_keys=True, separators=(',', ':')))}"


def _epcs(facts: ShipmentFacts, ssccs: Iterable[str]) -> list[str]:
    """In the order of the numbers, so that the order of reading makes no other event of it."""
    return sorted(sscc_uri(sscc, facts.prefix) for sscc in ssccs)


def _zone_of(place: str) -> tzinfo:
    indonesian = _is_gln(place) or check_locode(place).startswith("ID")
    return WIB if indonesian else UTC


def _is_gln(place: str) -> bool:
    return place.isdigit()


def _when(at: datetime, zone: tzinfo) -> Json:
    return {"eventTime": _time(at, zone), "eventTimeZoneOffset": _offset(at, zone)}


def _time(at: datetime, zone: tzinfo) -> str:
    return _aware(at).astimezone(zone).isoformat(timespec="milliseconds")


def _offset(at: datetime, zone: tzinfo) -> str:
    return _aware(at).astimezone(zone).isoformat()[-6:]


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; without it the time means nothing to others.")
    return at
