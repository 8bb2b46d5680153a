"""What happened to cartons is told so that any EPCIS 2.0 system can read it, and always the same."""

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft7Validator, FormatChecker
from ruamel.yaml import YAML

from services.logistics.domain.sscc import NotALocode, sscc
from services.logistics.epcis import (
    ON_PAPER_ONLY,
    TOLD_BY_CARTONS,
    CartonFact,
    ErrorFact,
    GatheredFact,
    Json,
    LeftFact,
    MilestoneFact,
    PalletFact,
    ShipmentFacts,
    document_in_pieces,
    epcis_document,
)

REFERENCE = Path(__file__).parents[2] / "reference"
SCHEMA = REFERENCE / "epcis" / "epcis-json-schema.json"
SRAGEN, PORT, BUYER = "9529900000107", "9529900000206", "9529900000305"
FOREIGN = "4012345000009"
CONTAINER = "CSQU3054383"
PACKED = datetime(2026, 3, 16, 1, 55, tzinfo=UTC)
MADE = datetime(2026, 3, 20, 2, 30, tzinfo=UTC)
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9:/?#\[\]@!$&'()*+,;=._~%-]+")


@cache
def validator() -> Any:
    """The published schema with its formats checked by our own two rules.

    jsonschema checks ``uri`` only where an optional package is there, and then a wrong bizStep, which
    the schema lets pass as any URI, would go unnoticed.
    """
    formats = FormatChecker(formats=())
    formats.checks("uri")(lambda text: not isinstance(text, str) or bool(URI.fullmatch(text)))
    formats.checks("date-time", raises=ValueError)(_is_a_moment)
    return Draft7Validator(json.loads(SCHEMA.read_text()), format_checker=formats)


def _is_a_moment(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def errors(document: Json) -> list[str]:
    return [error.message for error in validator().iter_errors(document)]


def cartons(count: int = 3, lot: str = "SRG-2603-017") -> tuple[CartonFact, ...]:
    return tuple(a_carton(serial, lot=lot) for serial in range(1, count + 1))


def a_carton(serial: int, lot: str = "SRG-2603-017") -> CartonFact:
    return CartonFact(
        sscc=sscc(serial),
        gtin="9529900001012",
        lot=lot,
        quantity=150,
        packed_at=PACKED,
        facility="LPS-SRG",
        facility_gln=SRAGEN,
        po="PO-2026-0042",
        buyer_gln=BUYER,
    )


MILESTONES = (
    "FUMIGATED",
    "PEB_SUBMITTED",
    "NPE_ISSUED",
    "STUFFED_SEALED",
    "DISPATCHED",
    "GATE_IN",
    "LOADED",
    "VESSEL_DEPARTED",
    "TRANSSHIPPED",
    "ARRIVED",
    "DISCHARGED",
    "IMPORT_CLEARED",
    "GATE_OUT",
    "STRIPPED",
    "DELIVERED",
)


def a_journey(**changes: Any) -> ShipmentFacts:
    """Three cartons from Sragen to the buyer, with every milestone, a day apart."""
    boxes = cartons()
    numbers = tuple(box.sscc for box in boxes)
    facts = ShipmentFacts(
        number="SHP-2026-0009",
        hub_gln=SRAGEN,
        consignee_gln=BUYER,
        cartons=boxes,
        left=(LeftFact(ssccs=numbers, from_gln=SRAGEN, hub_gln=SRAGEN, left_at=PACKED + timedelta(hours=1)),),
        gathered=(GatheredFact(ssccs=numbers, hub_gln=SRAGEN, gathered_at=PACKED + timedelta(hours=5)),),
        milestones=tuple(
            MilestoneFact(
                code=code, occurred_at=PACKED + timedelta(days=day), place="IDSRG" if day < 9 else "BEANR"
            )
            for day, code in enumerate(MILESTONES, 1)
        ),
        container=CONTAINER,
    )
    return replace(facts, **changes)


def events_of(facts: ShipmentFacts) -> list[Json]:
    events: list[Json] = epcis_document(facts, created_at=MADE)["epcisBody"]["eventList"]
    return events


def steps_of(facts: ShipmentFacts) -> list[tuple[str, str, str]]:
    return [(event["type"], event["action"], event["bizStep"]) for event in events_of(facts)]


def test_a_whole_journey_follows_the_published_schema() -> None:
    assert errors(epcis_document(a_journey(), created_at=MADE)) == []


def test_a_shipment_without_container_or_consignee_follows_the_schema_too() -> None:
    facts = a_journey(container=None, consignee_gln=None)
    assert errors(epcis_document(facts, created_at=MADE)) == []
    assert all(event["type"] == "ObjectEvent" for event in events_of(facts) if event["bizStep"] != "packing")


def test_the_steps_come_in_the_order_of_the_map() -> None:
    assert steps_of(a_journey()) == [
        ("ObjectEvent", "ADD", "commissioning"),
        *[("AggregationEvent", "ADD", "packing")] * 3,
        ("ObjectEvent", "OBSERVE", "shipping"),
        ("ObjectEvent", "OBSERVE", "arriving"),
        ("ObjectEvent", "OBSERVE", "receiving"),
        ("ObjectEvent", "OBSERVE", "other"),
        ("ObjectEvent", "OBSERVE", "entering_exiting"),
        ("AggregationEvent", "ADD", "loading"),
        ("ObjectEvent", "OBSERVE", "shipping"),
        ("ObjectEvent", "OBSERVE", "arriving"),
        ("ObjectEvent", "OBSERVE", "loading"),
        ("ObjectEvent", "OBSERVE", "departing"),
        ("ObjectEvent", "OBSERVE", "transporting"),
        ("ObjectEvent", "OBSERVE", "arriving"),
        ("ObjectEvent", "OBSERVE", "unloading"),
        ("ObjectEvent", "OBSERVE", "other"),
        ("ObjectEvent", "OBSERVE", "departing"),
        ("AggregationEvent", "DELETE", "unpacking"),
        ("ObjectEvent", "OBSERVE", "receiving"),
    ]


def test_an_error_is_declared_beside_the_event_which_stays() -> None:
    right = MilestoneFact(code="GATE_IN", occurred_at=MADE, place="IDSRG")
    wrong = replace(
        right,
        occurred_at=MADE - timedelta(hours=1),
        error=ErrorFact(reason="incorrect_data", declared_at=MADE, right=right),
    )
    never = replace(
        wrong, code="LOADED", error=ErrorFact(reason="did_not_occur", declared_at=MADE, right=None)
    )
    facts = a_journey(milestones=(wrong, right, never))
    document = epcis_document(facts, created_at=MADE)
    assert errors(document) == []
    told, declared, *rest = [e for e in events_of(facts) if e.get("kendi:milestone") == "GATE_IN"]
    error = declared.pop("errorDeclaration")
    assert declared == told
    assert error["correctiveEventIDs"] == [event["eventID"] for event in rest]
    (error,) = [e["errorDeclaration"] for e in events_of(facts) if "errorDeclaration" in e][1:]
    assert (error["reason"], "correctiveEventIDs" in error) == ("did_not_occur", False)


def test_of_a_wrong_delivery_unpacking_and_receiving_are_each_corrected_by_their_like() -> None:
    right = MilestoneFact(code="DELIVERED", occurred_at=MADE, place="BEANR")
    error = ErrorFact(reason="incorrect_data", declared_at=MADE, right=right)
    wrong = replace(right, occurred_at=MADE - timedelta(hours=1), error=error)
    facts = a_journey(milestones=(wrong, right))
    declared = [event for event in events_of(facts) if "errorDeclaration" in event]
    corrective = [event["errorDeclaration"]["correctiveEventIDs"] for event in declared]
    holding = [event for event in events_of(facts) if event["eventTime"].startswith("2026-03-20T02:30")]
    assert [event["bizStep"] for event in declared] == ["unpacking", "receiving"]
    assert corrective == [[event["eventID"]] for event in holding]


def test_what_was_taken_off_a_pallet_is_told() -> None:
    on = PalletFact(pallet=sscc(900), ssccs=(sscc(1),), hub_gln=SRAGEN, palletised_at=MADE)
    off = replace(on, palletised_at=MADE + timedelta(hours=1), off=True)
    facts = a_journey(pallets=(off, on), milestones=())
    assert errors(epcis_document(facts, created_at=MADE)) == []
    assert steps_of(facts)[-2:] == [
        ("AggregationEvent", "ADD", "packing"),
        ("AggregationEvent", "DELETE", "unpacking"),
    ]


def test_what_was_opened_is_told_and_goes_no_farther() -> None:
    """It was packed and gathered with the others; the milestones name those that are left."""
    opened = replace(a_carton(3), unpacked_at=PACKED + timedelta(hours=7), opened_at_gln=PORT)
    facts = a_journey(cartons=(*cartons(2), opened))
    assert errors(epcis_document(facts, created_at=MADE)) == []
    (event,) = [
        each for each in events_of(facts) if each["action"] == "DELETE" and "childQuantityList" in each
    ]
    assert (event["bizStep"], event["parentID"]) == ("unpacking", "urn:epc:id:sscc:9529900.0000000003")
    assert event["childQuantityList"][0]["quantity"] == 150
    assert event["readPoint"] == {"id": "urn:epc:id:sgln:9529900.00020.0"}
    later = [event for event in events_of(facts) if "kendi:milestone" in event]
    assert later and not any(event["parentID"] in json.dumps(each) for each in later)
    before = a_journey(cartons=cartons(3), milestones=())
    assert [each["eventID"] for each in events_of(before)] == [
        each["eventID"] for each in events_of(replace(facts, milestones=())) if each != event
    ]


def test_the_document_in_pieces_is_the_same_document() -> None:
    text = "".join(document_in_pieces(a_journey(), created_at=MADE))
    assert json.loads(text) == epcis_document(a_journey(), created_at=MADE)


def test_every_piece_is_in_the_packing_events() -> None:
    packing = [event for event in events_of(a_journey()) if event["bizStep"] == "packing"]
    assert [event["parentID"] for event in packing] == [
        f"urn:epc:id:sscc:9529900.000000000{serial}" for serial in (1, 2, 3)
    ]
    assert sum(part["quantity"] for event in packing for part in event["childQuantityList"]) == 450
    assert {part["epcClass"] for event in packing for part in event["childQuantityList"]} == {
        "urn:epc:class:lgtin:9529900.000101.SRG-2603-017"
    }


def test_one_event_commissions_the_cartons_of_a_lot_and_time() -> None:
    boxes = (*cartons(2), replace(a_carton(7), lot="SRG-2603-018"), replace(a_carton(8), packed_at=MADE))
    commissioned = [e for e in events_of(a_journey(cartons=boxes)) if e["bizStep"] == "commissioning"]
    assert [len(event["epcList"]) for event in commissioned] == [2, 1, 1]
    assert sorted(epc for event in commissioned for epc in event["epcList"]) == [
        f"urn:epc:id:sscc:9529900.000000000{serial}" for serial in (1, 2, 7, 8)
    ]


def test_after_stuffing_it_is_the_container_that_is_seen_until_cartons_are_received() -> None:
    events = {event.get("kendi:milestone"): event for event in events_of(a_journey())}
    assert events["STUFFED_SEALED"]["parentID"] == f"urn:epc:id:bic:{CONTAINER}"
    assert len(events["STUFFED_SEALED"]["childEPCs"]) == 3
    assert events["GATE_IN"]["epcList"] == [f"urn:epc:id:bic:{CONTAINER}"]
    assert len(events["DELIVERED"]["epcList"]) == 3


def test_milestones_are_told_as_the_reference_data_say() -> None:
    """The data also serve people who ask how a milestone is called elsewhere: both must say the same."""
    data = YAML(typ="safe").load(REFERENCE / "milestones.yaml")["milestones"]
    told = {event.get("kendi:milestone"): event for event in events_of(a_journey())}
    for milestone in data:
        if milestone.get("kind", "usual") != "usual":
            assert "epcis" not in milestone
        elif milestone["code"] in told and "epcis" in milestone:
            event = told[milestone["code"]]
            said = {"type": event["type"], "action": event["action"], "biz_step": event["bizStep"]}
            assert milestone["epcis"] == [{**said, "disposition": event["disposition"]}]
        else:
            assert milestone["code"] in ON_PAPER_ONLY | TOLD_BY_CARTONS | {"FUMIGATED"}


def test_what_cartons_tell_is_not_told_twice() -> None:
    arrived = MilestoneFact(code="ARRIVED_HUB", occurred_at=MADE, place=SRAGEN)
    assert events_of(a_journey(milestones=(arrived,))) == events_of(a_journey(milestones=()))


def test_what_happens_on_paper_only_is_no_event() -> None:
    assert "PEB_SUBMITTED" not in {event.get("kendi:milestone") for event in events_of(a_journey())}


def test_a_milestone_the_vocabulary_does_not_know_is_told_as_other() -> None:
    facts = a_journey(milestones=(MilestoneFact(code="BLESSED", occurred_at=MADE, place="IDSRG"),))
    assert errors(epcis_document(facts, created_at=MADE)) == []
    assert (events_of(facts)[-1]["bizStep"], events_of(facts)[-1]["kendi:milestone"]) == ("other", "BLESSED")


def test_the_same_facts_give_the_same_document() -> None:
    assert epcis_document(a_journey(), created_at=MADE) == epcis_document(a_journey(), created_at=MADE)


def test_a_later_export_keeps_the_ids_of_what_was_exported_before() -> None:
    before = a_journey(milestones=a_journey().milestones[:3])
    early = [event["eventID"] for event in events_of(before)]
    late = epcis_document(a_journey(), created_at=MADE + timedelta(days=40))["epcisBody"]["eventList"]
    assert [event["eventID"] for event in late][: len(early)] == early


def test_the_order_in_which_facts_are_given_makes_no_difference() -> None:
    facts = a_journey()
    turned = replace(facts, cartons=facts.cartons[::-1], milestones=facts.milestones[::-1])
    assert {event["eventID"] for event in events_of(turned)} == {
        event["eventID"] for event in events_of(facts)
    }


def test_no_two_events_share_an_id() -> None:
    ids = [event["eventID"] for event in events_of(a_journey(cartons=cartons(60)))]
    assert len(set(ids)) == len(ids)


def test_times_carry_the_offset_of_their_place() -> None:
    events = {event.get("kendi:milestone", event["bizStep"]): event for event in events_of(a_journey())}
    assert events["commissioning"]["eventTime"] == "2026-03-16T08:55:00.000+07:00"
    assert events["commissioning"]["eventTimeZoneOffset"] == "+07:00"
    assert events["LOADED"]["eventTimeZoneOffset"] == "+07:00"
    assert events["DISCHARGED"]["eventTimeZoneOffset"] == "+00:00"


def test_a_place_abroad_can_say_its_time_zone() -> None:
    delivered = MilestoneFact(
        code="DELIVERED",
        occurred_at=datetime(2026, 5, 1, 9, tzinfo=UTC),
        place="BEANR",
    )
    zones = {"BEANR": ZoneInfo("Europe/Brussels")}
    event = events_of(a_journey(milestones=(delivered,), zones=zones))[-1]
    assert (event["eventTime"], event["eventTimeZoneOffset"]) == ("2026-05-01T11:00:00.000+02:00", "+02:00")


def test_what_the_clocks_of_a_facility_show_makes_no_other_event() -> None:
    """It may be learnt when the event was exported already."""
    before = {event["eventID"]: event for event in events_of(a_journey())}
    for event in events_of(a_journey(zones={SRAGEN: ZoneInfo("Asia/Jayapura")})):
        same = before.pop(event["eventID"])
        assert datetime.fromisoformat(event["eventTime"]) == datetime.fromisoformat(same["eventTime"])
        at_sragen = event["readPoint"] == {"id": "urn:epc:id:sgln:9529900.00010.0"}
        assert event["eventTimeZoneOffset"] == ("+09:00" if at_sragen else same["eventTimeZoneOffset"])
    assert before == {}


def test_places_of_others_are_named_without_knowing_their_prefix() -> None:
    dispatched = MilestoneFact(code="DISPATCHED", occurred_at=MADE, place=SRAGEN)
    facts = a_journey(consignee_gln=FOREIGN, milestones=(dispatched,))
    assert errors(epcis_document(facts, created_at=MADE)) == []
    event = events_of(facts)[-1]
    assert event["readPoint"] == {"id": "urn:epc:id:sgln:9529900.00010.0"}
    assert event["sourceList"][0]["source"] == "urn:epc:id:pgln:9529900.00010"
    assert [end["destination"] for end in event["destinationList"]] == [
        f"https://id.gs1.org/417/{FOREIGN}",
        f"https://id.gs1.org/414/{FOREIGN}",
    ]


def test_two_buyers_with_the_same_purchase_order_are_kept_apart() -> None:
    boxes = (a_carton(1), replace(a_carton(2), buyer_gln=FOREIGN, po="PO 2026/0042"))
    events = events_of(a_journey(cartons=boxes))
    papers = [paper["bizTransaction"] for paper in events[-1]["bizTransactionList"]]
    assert papers == [
        f"urn:epcglobal:cbv:bt:{BUYER}:PO-2026-0042",
        f"urn:epcglobal:cbv:bt:{FOREIGN}:PO%202026%2F0042",
        f"urn:epcglobal:cbv:bt:{SRAGEN}:SHP-2026-0009",
    ]


def test_a_place_that_is_neither_gln_nor_locode_is_refused() -> None:
    with pytest.raises(NotALocode, match="UN/LOCODE"):
        events_of(a_journey(milestones=(MilestoneFact(code="GATE_IN", occurred_at=MADE, place="Semarang"),)))


def test_a_time_without_a_zone_is_refused() -> None:
    naive = MADE.replace(tzinfo=None)
    with pytest.raises(ValueError, match="no time zone"):
        epcis_document(a_journey(), created_at=naive)


# What follows checks the yardstick itself: the example whose validity is known, and damaged copies of it.

PLACE = {"id": "urn:epc:id:sgln:9529900.00010.0"}
CARTON = "urn:epc:id:sscc:9529900.0000000001"
ORDER = {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9529900000305:PO-2026-0042"}
EXAMPLE: Json = {
    "@context": [
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        {"kendi": "https://example.org/ns/kendi/"},
    ],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-03-16T09:30:00.000+07:00",
    "epcisBody": {
        "eventList": [
            {
                "type": "ObjectEvent",
                "eventID": "urn:uuid:6b1f6d2e-3f0a-4c55-8a54-0d1f3a7a9b01",
                "eventTime": "2026-03-16T08:55:00.000+07:00",
                "eventTimeZoneOffset": "+07:00",
                "epcList": [CARTON],
                "action": "ADD",
                "bizStep": "commissioning",
                "disposition": "active",
                "readPoint": PLACE,
                "bizLocation": PLACE,
            },
            {
                "type": "AggregationEvent",
                "eventID": "urn:uuid:6b1f6d2e-3f0a-4c55-8a54-0d1f3a7a9b02",
                "eventTime": "2026-03-16T09:05:00.000+07:00",
                "eventTimeZoneOffset": "+07:00",
                "parentID": CARTON,
                "childQuantityList": [
                    {"epcClass": "urn:epc:class:lgtin:9529900.000101.SRG-2603-017", "quantity": 150}
                ],
                "action": "ADD",
                "bizStep": "packing",
                "disposition": "container_closed",
                "readPoint": PLACE,
                "bizLocation": PLACE,
                "bizTransactionList": [
                    ORDER,
                    {
                        "type": "prodorder",
                        "bizTransaction": "urn:epcglobal:cbv:bt:9529900000107:WO-SRG-2026-0117",
                    },
                ],
                "kendi:facilityCode": "LPS-SRG",
            },
            {
                "type": "ObjectEvent",
                "eventID": "urn:uuid:6b1f6d2e-3f0a-4c55-8a54-0d1f3a7a9b03",
                "eventTime": "2026-03-18T10:00:00.000+07:00",
                "eventTimeZoneOffset": "+07:00",
                "epcList": [CARTON],
                "action": "OBSERVE",
                "bizStep": "shipping",
                "disposition": "in_transit",
                "readPoint": PLACE,
                "bizTransactionList": [
                    ORDER,
                    {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9529900000107:SHP-2026-0009"},
                ],
                "sourceList": [
                    {"type": "possessing_party", "source": "urn:epc:id:pgln:9529900.00010"},
                    {"type": "location", "source": "urn:epc:id:sgln:9529900.00010.0"},
                ],
                "destinationList": [
                    {"type": "possessing_party", "destination": "urn:epc:id:pgln:9529900.00030"},
                    {"type": "location", "destination": "urn:epc:id:sgln:9529900.00020.0"},
                ],
            },
        ]
    },
}


def test_the_example_is_valid() -> None:
    assert errors(EXAMPLE) == []


def _with_an_unknown_step(events: list[Json]) -> None:
    events[0]["bizStep"] = "blessing"


def _without_children(events: list[Json]) -> None:
    del events[1]["childQuantityList"]


def _without_an_offset(events: list[Json]) -> None:
    del events[2]["eventTimeZoneOffset"]


@pytest.mark.parametrize("damage", [_with_an_unknown_step, _without_children, _without_an_offset])
@pytest.mark.parametrize("ours", [False, True], ids=["example", "ours"])
def test_a_damaged_document_is_not_valid(damage: Callable[[list[Json]], None], ours: bool) -> None:
    document = epcis_document(a_journey(), created_at=MADE) if ours else copy.deepcopy(EXAMPLE)
    damage(document["epcisBody"]["eventList"])
    assert errors(document) != []
