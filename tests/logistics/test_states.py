"""How far shipments and cartons have come is a function of what was noted of them, and says no more than that."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.domain import reporting
from services.logistics.domain.milestones import of_shipments, up_to
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.states import state, states_inside
from shared.events.logistics import MilestoneRecorded, ShipmentDelivered
from shared.refusal import Refused
from shared.web.access import LOGISTICS
from tests.logistics.builders import (
    BOOKING,
    CONTAINER,
    DAY,
    NOW,
    SEAL,
    a_document,
    a_shipment,
    cleared,
    the_graph,
)
from tests.logistics.conftest import Logistics, a_booking, a_paper
from tests.logistics.test_choosing import discharged, held
from tests.logistics.test_correcting import at, reported
from tests.logistics.test_desk import Visitor
from tests.logistics.test_schedule_and_tracking import follow

GRAPH = of_shipments(the_graph())
BEFORE = up_to("VESSEL_DEPARTED", GRAPH)
SENT = ("NIB", "FUM", "PEB", "NPE")
"""Papers that somebody sends before the departure; here the rules ask for PEB and NPE too late."""


def papers() -> list[Any]:
    return [
        a_document("CI", "PEB_SUBMITTED", made_by_system=True),
        a_document("NIB", "PEB_SUBMITTED"),
        a_document("FUM", "STUFFED_SEALED"),
        a_document("PEB", "CLOSED"),
        a_document("NPE", "CLOSED"),
        a_document("COO", "IMPORT_CLEARED"),
    ]


def add(shipment: Shipment, code: str) -> None:
    shipment.record_document(
        code, number=f"{code}-1", issued_on=DAY, today=DAY, graph=GRAPH, goods=[cleared()]
    )


@given(st.permutations([*SENT, "COO"]))
def test_papers_are_open_from_the_first_that_comes_until_none_lacks_for_the_departure(
    order: list[str],
) -> None:
    shipment = a_shipment(*papers())
    shipment.plan([cleared()], graph=GRAPH)
    assert state(shipment, GRAPH) == "planned"
    shipment.book(BOOKING, goods=[cleared()], today=DAY, graph=GRAPH)
    assert state(shipment, GRAPH) == "booked"
    there: set[str] = set()
    for code in order:
        add(shipment, code)
        there.add(code)
        ready = there.issuperset(SENT)
        assert state(shipment, GRAPH) == ("ready" if ready else "docs_open")
        lacking = [each for step in BEFORE for each in shipment.missing_for(step, GRAPH)]
        assert ready == (lacking == [])


def test_what_came_before_there_was_a_vessel_opens_the_papers_with_the_booking() -> None:
    shipment = a_shipment(*papers())
    shipment.plan([cleared()], graph=GRAPH)
    add(shipment, "NIB")
    assert state(shipment, GRAPH) == "planned"
    shipment.book(BOOKING, goods=[cleared()], today=DAY, graph=GRAPH)
    assert state(shipment, GRAPH) == "docs_open"


WAY = (
    "PEB_SUBMITTED", "NPE_ISSUED", "STUFFED_SEALED", "GATE_IN", "LOADED", "VESSEL_DEPARTED", "DISCHARGED",
    "IMPORT_CLEARED", "DELIVERED", "CLOSED",
)  # fmt: skip
RANKS = ("in_shipment", "stuffed", "departed", "delivered")


def tell(shipment: Shipment, code: str, hour: int, ssccs: list[str]) -> list[object]:
    when = NOW + timedelta(hours=hour)
    if code == "STUFFED_SEALED":
        return shipment.dispatch(
            CONTAINER, SEAL, goods=[cleared()], sealed_at=when, now=when, today=DAY, graph=GRAPH
        )
    return reporting.record(
        shipment, code, place="IDSRG", occurred_at=when, now=when, graph=GRAPH, goods=[cleared()], ssccs=ssccs
    )


@given(
    st.permutations(WAY).map(lambda shuffled: [*shuffled[:2], *WAY]),
    st.lists(st.tuples(st.integers(0, 12), st.sets(st.integers(0, 4))), max_size=6),
    st.sets(st.integers(0, 4)),
)
def test_cartons_come_as_far_as_their_shipment_and_arrive_as_the_events_tell(
    way: list[str], troubles: list[tuple[int, set[int]]], scanned: set[int]
) -> None:
    """``troubles`` are short landings that name some cartons, or without any that all were found."""
    shipment = a_shipment(a_document("CI", "PEB_SUBMITTED", made_by_system=True))
    shipment.plan([cleared()], graph=GRAPH)
    shipment.book(BOOKING, goods=[cleared()], today=DAY, graph=GRAPH)
    ssccs = [carton.sscc for carton in shipment.cartons]
    cartons = [(sscc, at in scanned) for at, sscc in enumerate(ssccs)]
    steps: list[tuple[str, list[str]]] = [(code, []) for code in way]
    for place, short in troubles:
        code = "SHORT_LANDED" if short else "LANDED_IN_FULL"
        steps.insert(place, (code, [ssccs[index] for index in sorted(short)]))
    arrived: set[str] = set()
    missing: set[str] = set()
    before = states_inside(shipment, cartons, GRAPH)
    for hour, (code, named) in enumerate(steps):
        try:
            told = tell(shipment, code, hour, named)
        except Refused:
            continue
        for event in told:
            if isinstance(event, ShipmentDelivered):
                arrived = {each.sscc for each in event.arrived}
            if isinstance(event, MilestoneRecorded) and event.milestone == "SHORT_LANDED":
                missing |= {each.sscc for each in event.short}
                arrived -= missing
            if isinstance(event, MilestoneRecorded) and event.milestone == "LANDED_IN_FULL":
                arrived |= missing if "DELIVERED" in shipment.codes else set()
                missing.clear()
        now = states_inside(shipment, cartons, GRAPH)
        assert {sscc for sscc, each in now.items() if each == "delivered"} == arrived
        assert set(now.values()) <= set(RANKS)
        back = {sscc for sscc in ssccs if RANKS.index(now[sscc]) < RANKS.index(before[sscc])}
        assert back <= missing
        before = now
    assert set(before.values()) <= {"departed", "delivered"}


def states_of(logistics: Logistics, shipment: dict[str, Any]) -> dict[str, str]:
    return {
        each["sscc"]: each["state"] for each in logistics.staff.get("/cartons", shipment=shipment["id"]).json
    }


def test_cartons_are_shown_as_far_as_they_came_with_their_shipment(logistics: Logistics) -> None:
    shipment = logistics.booked()
    first, *others = held(logistics, shipment["id"])
    assert set(states_of(logistics, shipment).values()) == {"in_shipment"}
    scans = {"what": "loaded", "shipment": shipment["number"], "scans": [{"sscc": first}]}
    assert logistics.staff.post("/scans", scans).status_code == 200
    assert states_of(logistics, shipment) == {first: "stuffed", **dict.fromkeys(others, "in_shipment")}
    follow(logistics, shipment, "NPE_ISSUED")
    assert set(states_of(logistics, shipment).values()) == {"stuffed"}


def test_what_departed_is_delivered_but_for_what_is_short(logistics: Logistics) -> None:
    shipment, (short, *others) = discharged(logistics)
    assert set(states_of(logistics, shipment).values()) == {"departed"}
    abroad: dict[str, Any] = {"place": "BEANR"}
    reported(logistics, shipment, milestone="SHORT_LANDED", occurred_at=at(-1.9), ssccs=[short], **abroad)
    for code, hours in (("IMPORT_CLEARED", -1.8), ("DELIVERED", -1.7)):
        reported(logistics, shipment, milestone=code, occurred_at=at(hours), **abroad)
    assert states_of(logistics, shipment) == {short: "departed", **dict.fromkeys(others, "delivered")}
    reported(logistics, shipment, milestone="LANDED_IN_FULL", occurred_at=at(-1), **abroad)
    assert set(states_of(logistics, shipment).values()) == {"delivered"}
    visitor = Visitor(logistics, LOGISTICS)
    for path in (f"/logistics/carton/{short}", f"/logistics/shipment/{shipment['id']}/cartons"):
        assert re.search(r'class="state ok">delivered<', visitor.open(f"{path}?lang=en"))
        assert re.search(r'class="state ok">terkirim<', visitor.open(f"{path}?lang=id"))


@pytest.mark.parametrize(
    ("language", "words"), [("en", "papers come in"), ("id", "dokumen sedang dilengkapi")]
)
def test_open_papers_are_told_on_the_desk_the_shipments_page_and_to_whom_it_goes(
    logistics: Logistics, language: str, words: str
) -> None:
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    visitor = Visitor(logistics, LOGISTICS)
    pages = ("/logistics/", f"/logistics/shipment/{shipment['id']}", shipment["tracking_url"])
    said = [words in visitor.open(f"{path}?lang={language}") for path in pages]
    assert (shipment["state"], said) == ("booked", [False] * 3)
    answer = logistics.change(shipment, "documents", a_paper("NIB")).json
    said = [words in visitor.open(f"{path}?lang={language}") for path in pages]
    assert (answer["state"], said) == ("docs_open", [True] * 3)
