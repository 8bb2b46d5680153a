"""An auditor asks for events by step, time and EPC, page by page, and gets what the documents say."""

import json
import tracemalloc
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from werkzeug.test import TestResponse

from kendi.cli import main
from kendi.servers import Addresses
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.sscc import place_uri, sscc_uri
from services.logistics.epcis import document_in_pieces
from services.logistics.epcis_facts import facts_of
from services.logistics.schemas.epcis import STEPS
from shared import reference
from shared.clock import real_now
from shared.events import contract_of
from shared.events.orders import WithholdingRequested
from shared.events.production import FacilityRegistered, TimeZone
from shared.web.pagination import cursor_of
from tests.logistics.conftest import (
    ORDER,
    SEMARANG,
    SRAGEN,
    Logistics,
    a_clearance,
    a_facility,
    a_lot,
    a_placed_line,
    an_order,
)
from tests.logistics.test_correcting import at, correct, id_of, reported, sealed
from tests.logistics.test_epcis import errors

__all__ = ["sealed"]

GLNS = {row.code: row.gln for row in reference.facilities()}


def ask(logistics: Logistics, path: str = "", **query: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {logistics.staff.key}"}
    url = path or "/logistics/epcis/v2/events"
    return logistics.client.get(url, query_string=query or None, headers=headers)


def found(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    events: list[dict[str, Any]] = answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return events


def test_pages_of_a_query_are_the_whole_document(logistics: Logistics, sealed: dict[str, Any]) -> None:
    wrong = id_of(reported(logistics, sealed, milestone="GATE_IN", occurred_at=at(-1)), "GATE_IN")
    right = {"reason": "incorrect_data", "place": "IDSRG", "occurred_at": at(-2)}
    assert correct(logistics, sealed, wrong, **right).status_code == 200
    document = logistics.staff.get(f"/shipments/{sealed['id']}/epcis").json
    assert errors(document) == []
    answer = ask(logistics, perPage=4)
    assert errors(answer.json) == []
    pages = [found(answer)]
    while link := answer.headers.get("Link"):
        answer = ask(logistics, link.partition(">")[0].removeprefix("<"))
        pages.append(found(answer))
    assert all(len(page) == 4 for page in pages[:-1])
    assert [event for page in pages for event in page] == document["epcisBody"]["eventList"]
    (declared,) = [event for page in pages for event in page if "errorDeclaration" in event]
    assert declared["errorDeclaration"]["reason"] == "incorrect_data"


def test_a_query_finds_by_step_time_and_epc(logistics: Logistics, sealed: dict[str, Any]) -> None:
    shipping = found(ask(logistics, EQ_bizStep="shipping,loading"))
    assert {event["bizStep"] for event in shipping} == {"shipping", "loading"}
    assert found(ask(logistics, GE_eventTime=at(1))) == []
    assert found(ask(logistics, LT_eventTime=at(-100))) == []
    carton = next(event for event in found(ask(logistics)) if event["bizStep"] == "packing")["parentID"]
    of_carton = found(ask(logistics, MATCH_epc=carton))
    assert {"commissioning", "receiving", "loading"} <= {event["bizStep"] for event in of_carton}
    assert found(ask(logistics, MATCH_epc="urn:epc:id:sscc:9529900.0999999999")) == []
    container = "urn:epc:id:bic:CSQU3054383"
    assert [event["bizStep"] for event in found(ask(logistics, MATCH_epc=container))] == ["shipping"]
    by_container = found(ask(logistics, MATCH_anyEPC=container))
    assert {event["bizStep"] for event in by_container} == {"loading", "shipping"}


def test_the_steps_that_may_be_asked_for_are_those_of_the_vocabulary() -> None:
    published = json.loads((reference.FOLDER / "epcis" / "epcis-json-schema.json").read_text())
    _, words = published["definitions"]["bizStep"]["anyOf"]
    assert sorted(words["enum"]) == sorted(STEPS)


def test_what_stood_on_a_pallet_or_in_a_container_is_found_by_it(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    ssccs = [each["sscc"] for each in logistics.staff.get("/cartons").json]
    pallet = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    for what, scanned in (("palletised", ssccs[:2]), ("taken_off", ssccs[:1])):
        asked = {"what": what, "scans": [{"sscc": sscc} for sscc in scanned]}
        at_pallet = {"pallet": pallet} if what == "palletised" else {}
        assert logistics.staff.post("/scans", {**asked, **at_pallet}).status_code == 200
    shipment = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    by_pallet = found(ask(logistics, MATCH_anyEPC=sscc_uri(pallet)))
    assert [(each["bizStep"], each["action"]) for each in by_pallet] == [
        ("packing", "ADD"),
        ("unpacking", "DELETE"),
    ]
    assert found(ask(logistics, MATCH_epc=sscc_uri(pallet))) == []
    carton = sscc_uri(ssccs[0])
    own = {each["eventID"] for each in found(ask(logistics, MATCH_epc=carton))}
    told = found(ask(logistics, MATCH_anyEPC=carton))
    assert [each["parentID"] for each in told if each["eventID"] not in own] == [carton]
    both = found(ask(logistics, MATCH_anyEPC=sscc_uri(pallet), MATCH_epc=carton, EQ_bizStep="packing"))
    assert both == by_pallet[:1]
    assert logistics.change(shipment, "cancel", {"reason": "no room"}).status_code == 200
    assert found(ask(logistics, MATCH_anyEPC=sscc_uri(pallet))) == []


def test_of_a_cancelled_shipment_nothing_is_found_or_exported(
    logistics: Logistics, addresses: Addresses
) -> None:
    shipment = logistics.planned()
    assert logistics.change(shipment, "cancel", {"reason": "no room"}).status_code == 200
    assert found(ask(logistics)) == []
    env = {"KENDI_LOGISTICS_DATABASE_URL": addresses.app_urls["logistics"]}
    printed = CliRunner().invoke(main, ["export", "epcis", shipment["number"]], env=env)
    assert (printed.exit_code, "was cancelled" in printed.output) == (1, True)


def test_a_query_that_can_not_be_understood_is_refused_by_its_parameter(logistics: Logistics) -> None:
    for name, value in (
        ("GE_eventTime", "yesterday"),
        ("perPage", "0"),
        ("EQ_action", "ADD"),
        ("EQ_bizStep", "shipping,shiping"),
        ("nextPageToken", "x"),
    ):
        answer = ask(logistics, **{name: value})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["field"] == name


def test_a_shipment_is_exported_by_its_number(
    logistics: Logistics, sealed: dict[str, Any], addresses: Addresses
) -> None:
    env = {"KENDI_LOGISTICS_DATABASE_URL": addresses.app_urls["logistics"]}
    printed = CliRunner().invoke(main, ["export", "epcis", sealed["number"]], env=env)
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.output) == logistics.staff.get(f"/shipments/{sealed['id']}/epcis").json
    unknown = CliRunner().invoke(main, ["export", "epcis", "SHP-1999-0001"], env=env)
    assert (unknown.exit_code, "SHP-1999-0001" in unknown.output) == (1, True)


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Makassar", "+08:00"), ("Asia/Jayapura", "+09:00")])
def test_what_happened_at_a_facility_has_the_offset_of_its_clocks(
    logistics: Logistics, addresses: Addresses, zone: TimeZone, offset: str
) -> None:
    before = events_by_id(logistics, (shipment := logistics.planned()))
    assert {each["eventTimeZoneOffset"] for each in before.values()} == {"+07:00"}
    logistics.hears(replace(a_facility(), time_zone=zone))
    told = events_by_id(logistics, shipment)
    assert before.keys() == told.keys(), "an event that was exported before stays the same"
    steps = {each["bizStep"] for each in told.values()}
    assert steps == {"commissioning", "packing", "arriving", "receiving"}
    for id, event in told.items():
        assert event["eventTimeZoneOffset"] == offset == event["eventTime"][-6:]
        assert datetime.fromisoformat(event["eventTime"]) == datetime.fromisoformat(before[id]["eventTime"])
    assert {each["eventID"]: each for each in found(ask(logistics))} == told
    env = {"KENDI_LOGISTICS_DATABASE_URL": addresses.app_urls["logistics"]}
    printed = json.loads(CliRunner().invoke(main, ["export", "epcis", shipment["number"]], env=env).output)
    assert {each["eventID"]: each for each in printed["epcisBody"]["eventList"]} == told


def test_a_facility_of_an_event_from_before_zones_were_told_has_the_offset_of_western_indonesia(
    logistics: Logistics,
) -> None:
    contract = contract_of(FacilityRegistered)
    told = contract.dump(a_facility())
    del told["time_zone"]
    logistics.hears(replace(a_facility(), time_zone="Asia/Jayapura"), contract.load(told))
    events = events_by_id(logistics, logistics.planned()).values()
    assert {each["eventTimeZoneOffset"] for each in events} == {"+07:00"}


def events_by_id(logistics: Logistics, shipment: dict[str, Any]) -> dict[str, dict[str, Any]]:
    document = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    assert errors(document) == []
    return {each["eventID"]: each for each in document["epcisBody"]["eventList"]}


def test_what_was_opened_stays_in_the_document_of_its_shipment_and_in_the_queries(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    logistics.hears(a_lot("SRG-2503-002"))
    assert logistics.staff.post("/cartons", {"lot": "SRG-2503-002"}).status_code == 201
    withheld = WithholdingRequested(
        order_id=ORDER, line=1, cancellation_id=UUID(int=77), quantity=1_200, unpack=True
    )
    logistics.hears(withheld)
    own = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    assert errors(own) == []
    events = own["epcisBody"]["eventList"]
    packed = [each["parentID"] for each in events if each["bizStep"] == "packing"]
    (opened,) = [each for each in events if each["bizStep"] == "unpacking"]
    assert (len(packed), opened["parentID"] in packed, opened["action"]) == (5, True, "DELETE")
    assert opened["childQuantityList"][0]["quantity"] == 200
    answer = ask(logistics, EQ_bizStep="unpacking")
    assert errors(answer.json) == []
    unpacked = found(answer)
    assert len(unpacked) == 6 and opened in unpacked
    answer = ask(logistics, perPage=3)
    whole = found(answer)
    while link := answer.headers.get("Link"):
        answer = ask(logistics, link.partition(">")[0].removeprefix("<"))
        whole += found(answer)
    assert len({each["eventID"] for each in whole}) == len(whole)
    assert [each for each in whole if each["bizStep"] == "unpacking"] == unpacked
    assert [each for each in whole if each in events] == events
    lonely = next(each["parentID"] for each in unpacked if each != opened)
    assert [each["bizStep"] for each in found(ask(logistics, MATCH_epc=lonely))] == ["commissioning"]


def test_what_a_shipment_was_given_up_for_is_found_in_the_queries(logistics: Logistics) -> None:
    shipment = logistics.planned()
    withheld = WithholdingRequested(
        order_id=ORDER, line=1, cancellation_id=UUID(int=77), quantity=1_000, unpack=True
    )
    logistics.hears(withheld)
    assert logistics.staff.get(f"/shipments/{shipment['id']}").json["state"] == "cancelled"
    steps = [each["bizStep"] for each in found(ask(logistics))]
    assert (steps.count("packing"), steps.count("unpacking")) == (5, 5)


def test_the_memory_for_a_document_stays_within_a_bound(logistics: Logistics) -> None:
    """Of a carton less is kept than a kilobyte, and of the events no more than one at a time."""
    peaks = [_peak(logistics, f"SRG-{count}", count) for count in (500, 2_000)]
    assert (peaks[1] - peaks[0]) / 1_500 < 1_000
    assert peaks[1] < 2 * 1024**2


def _peak(logistics: Logistics, lot: str, cartons: int) -> int:
    order = UUID(int=cartons)
    pieces = 200 * cartons
    logistics.hears(an_order(order_id=order, po_number=lot, lines=(a_placed_line(1),)))
    for purpose in ("produce", "export"):
        logistics.hears(a_clearance(order_id=order, purpose=purpose, quantity=pieces))
    logistics.gathered(a_lot(lot, order_id=order, quantity=pieces))
    planned = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    told = "INSERT INTO shipment_milestone (shipment_id, code, place, occurred_at, recorded_at) VALUES "
    told += ", ".join(f"(:id, '{code}', 'LPS-SRG', now(), now())" for code in ("NPE_ISSUED", "DELIVERED"))
    with logistics.database.transaction() as session:
        session.execute(text(told), {"id": planned["id"]})
    tracemalloc.start()
    with logistics.database.transaction() as session:
        facts = facts_of(session, session.get_one(Shipment, UUID(planned["id"])))
    sent = sum(len(piece) for piece in document_in_pieces(facts, created_at=real_now()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent > 500 * cartons
    return peak


def legs_of(logistics: Logistics, shipment: dict[str, Any], sscc: str) -> list[tuple[str, str, str]]:
    """What is told of a carton before it was put into a container: the step, where, and where it went."""
    document = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    assert errors(document) == []
    return [
        (
            event["bizStep"],
            event["readPoint"]["id"],
            event.get("destinationList", [{}])[-1].get("destination", ""),
        )
        for event in document["epcisBody"]["eventList"]
        if sscc_uri(sscc) in event.get("epcList", ()) and event["bizStep"] != "commissioning"
    ]


def test_each_leg_from_hub_to_hub_is_told_with_its_arrival(logistics: Logistics) -> None:
    logistics.hears(a_clearance(), a_lot())
    ssccs = [each["sscc"] for each in logistics.staff.post("/cartons", {"lot": "SRG-2503-001"}).json]
    for hub in (SEMARANG, SRAGEN):
        left = {"what": "moved", "hub": hub, "ssccs": ssccs}
        assert logistics.staff.post("/cartons/reports", left).status_code == 200
        assert logistics.staff.post("/cartons/gather", {"hub": hub, "ssccs": ssccs}).status_code == 200
    shipment = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    sragen, semarang = (place_uri(GLNS[code]) for code in (SRAGEN, SEMARANG))
    assert legs_of(logistics, shipment, ssccs[0]) == [
        ("shipping", sragen, semarang),
        ("arriving", semarang, ""),
        ("receiving", semarang, ""),
        ("shipping", semarang, sragen),
        ("arriving", sragen, ""),
        ("receiving", sragen, ""),
    ]
    assert (
        len(found(ask(logistics, EQ_bizStep="shipping,arriving,receiving", MATCH_epc=sscc_uri(ssccs[0]))))
        == 6
    )


def test_where_a_carton_arrived_before_it_was_lost_stays_told(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    one = logistics.staff.get("/cartons").json[0]["sscc"]
    for what in ("lost", "found"):
        told = {"what": what, "ssccs": [one], "reason": "Seen at the count in the evening."}
        assert logistics.staff.post("/cartons/reports", told).status_code == 200
    assert logistics.staff.post("/cartons/gather", {"hub": SEMARANG, "ssccs": [one]}).status_code == 200
    shipment = logistics.staff.post("/shipments", {"hub": SEMARANG, "destination": "BE"}).json
    sragen, semarang = (place_uri(GLNS[code]) for code in (SRAGEN, SEMARANG))
    assert legs_of(logistics, shipment, one) == [
        (step, place, "") for place in (sragen, semarang) for step in ("arriving", "receiving")
    ]


@pytest.mark.parametrize("key", ["SRG\x00:1", "SRG\u202e:1", "SRG:x"])
def test_a_token_that_we_did_not_make_is_refused_by_its_name(logistics: Logistics, key: str) -> None:
    answer = ask(logistics, nextPageToken=cursor_of(key))
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "nextPageToken")
