"""A shipment's papers, its way and its quantities; its state follows from them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.domain import reporting
from services.logistics.domain.order import Standing
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.states import next_milestones, state
from shared.events.logistics import (
    DocumentsCompleted,
    MilestoneRecorded,
    ShipmentBooked,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentDispatched,
    ShipmentPlanned,
)
from shared.events.orders import Lane
from shared.refusal import Refused
from tests.logistics.builders import (
    BOOKING,
    CONTAINER,
    DAY,
    NOW,
    SEAL,
    WAY,
    a_clearance,
    a_document,
    a_graph,
    a_line,
    a_lot,
    a_shipment,
    cartons_of,
    cleared,
    standing,
)

GRAPH = a_graph()


def book(shipment: Shipment) -> list[object]:
    return shipment.book(BOOKING, today=DAY, graph=GRAPH)


def add(shipment: Shipment, code: str) -> list[object]:
    return shipment.record_document(code, number=f"{code}-1", issued_on=DAY, today=DAY, graph=GRAPH)


def dispatch(
    shipment: Shipment, *, container: str = CONTAINER, seal: str = SEAL, goods: Standing | None = None
) -> list[object]:
    return shipment.dispatch(
        container,
        seal,
        goods=[goods or cleared()],
        sealed_at=NOW,
        now=NOW,
        today=DAY,
        graph=GRAPH,
    )


def record(shipment: Shipment, code: str, *, hours: int = 0) -> list[object]:
    at = NOW + timedelta(hours=hours)
    return reporting.record(shipment, code, place="IDSRG", occurred_at=at, now=at, graph=GRAPH)


def on_the_way(upto: str) -> Shipment:
    """A shipment for which everything went well as far as this milestone."""
    shipment = a_shipment()
    shipment.plan([cleared()], graph=GRAPH)
    book(shipment)
    for code in ("FUM", "NPE", "EUDR"):
        add(shipment, code)
    for code in WAY:
        dispatch(shipment) if code == "STUFFED_SEALED" else record(shipment, code)
        if code == upto:
            break
    return shipment


def test_what_a_shipment_carries_is_counted_over_its_cartons() -> None:
    shipment = a_shipment(pieces=1_050)
    shipment.cartons += cartons_of(a_lot(good=300, code="SMG-2503-009", line=2), first=7, hub="LPS-SRG")
    (planned,) = shipment.plan([cleared()], graph=GRAPH)
    assert isinstance(planned, ShipmentPlanned)
    assert planned.cartons == 8
    assert [(line.lot, line.line, line.quantity) for line in planned.lines] == [
        ("SRG-2503-001", 1, 1_050),
        ("SMG-2503-009", 2, 300),
    ]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 900)), min_size=1, max_size=8))
def test_the_lines_add_up_to_the_cartons_exactly(lots: list[tuple[int, int]]) -> None:
    shipment = a_shipment()
    shipment.cartons = []
    for at, (line, good) in enumerate(lots):
        lot = a_lot(good=good, line=line, code=f"L-{at}")
        shipment.cartons += cartons_of(lot, first=10 * at, hub="LPS-SRG")
    assert sum(line.quantity for line in shipment.lines) == sum(good for _, good in lots)
    assert {(line.lot, line.line, line.quantity) for line in shipment.lines} == {
        (f"L-{at}", line, good) for at, (line, good) in enumerate(lots)
    }


def test_a_carton_that_stands_elsewhere_or_left_already_is_refused() -> None:
    elsewhere, gone = a_shipment(), a_shipment()
    elsewhere.cartons[0].hub = "LPS-SMG"
    gone.plan([cleared()], graph=GRAPH)
    for shipment in (elsewhere, gone):
        with pytest.raises(Refused, match="does not stand free"):
            shipment.plan([cleared()], graph=GRAPH)


def test_goods_that_are_not_cleared_make_no_shipment() -> None:
    shipment = a_shipment()
    with pytest.raises(Refused, match="no clearance to export"):
        shipment.plan([cleared(), standing(a_line(2))], graph=GRAPH)
    assert {carton.shipment_id for carton in shipment.cartons} == {None}


def test_the_clearance_stands_on_the_checklist_and_is_not_typed_in() -> None:
    shipment = a_shipment(a_document("DEST-POLICY", "STUFFED_SEALED"))
    shipment.plan([cleared()], graph=GRAPH)
    assert (shipment.documents[0].number, shipment.documents[0].issued_on) == ("DP-EU-1.v1", DAY)
    with pytest.raises(Refused, match="decided in the orders service"):
        add(shipment, "DEST-POLICY")


def test_without_document_rules_nothing_leaves() -> None:
    shipment = a_shipment()
    shipment.documents = []
    with pytest.raises(Refused, match="kendi load"):
        shipment.plan([cleared()], graph=GRAPH)


def test_booking_makes_our_own_papers() -> None:
    shipment = a_shipment()
    (booked,) = book(shipment)
    assert isinstance(booked, ShipmentBooked)
    assert {d.code: d.number for d in shipment.documents if d.present} == {
        "CI": "CI-SHP-2025-0001",
        "PL": "PL-SHP-2025-0001",
    }
    assert shipment.closes_on == date(2025, 3, 27)


def test_the_same_booking_again_changes_nothing_and_another_vessel_is_booked_anew() -> None:
    shipment = a_shipment()
    book(shipment)
    assert book(shipment) == []
    rolled = replace(BOOKING, vessel="MV Later", etd=date(2025, 4, 6))
    (booked,) = shipment.book(rolled, today=DAY, graph=GRAPH)
    assert isinstance(booked, ShipmentBooked)
    assert shipment.vessel == "MV Later"


def test_a_loaded_shipment_is_not_booked_anew() -> None:
    shipment = on_the_way("LOADED")
    with pytest.raises(Refused, match="is loaded on MV Example"):
        shipment.book(replace(BOOKING, voyage="026E"), today=DAY, graph=GRAPH)


@pytest.mark.parametrize(
    ("etd", "eta", "field"),
    [(date(2025, 3, 21), date(2025, 5, 1), "etd"), (date(2025, 4, 1), date(2025, 4, 1), "eta")],
)
def test_a_vessel_that_left_or_arrives_before_it_leaves_is_refused(etd: date, eta: date, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        a_shipment().book(replace(BOOKING, etd=etd, eta=eta), today=DAY, graph=GRAPH)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("destination", "changes", "field"),
    [
        ("BE", {"mode": "road"}, "equipment"),
        ("ID", {}, "equipment"),
        ("BE", {"vessel": " "}, "vessel"),
        ("BE", {"mode": "air", "port_of_discharge": None}, "port_of_discharge"),
    ],
)
def test_a_booking_that_is_bound_elsewhere_or_half_told_is_refused(
    destination: str, changes: dict[str, Any], field: str
) -> None:
    shipment = a_shipment()
    shipment.destination = destination
    with pytest.raises(Refused) as refusal:
        shipment.book(replace(BOOKING, **changes), today=DAY, graph=GRAPH)
    assert refusal.value.field == field and not shipment.booked


def test_the_last_paper_before_departure_completes_them_once() -> None:
    shipment = a_shipment()
    book(shipment)
    assert add(shipment, "FUM") == []
    (completed,) = add(shipment, "NPE")
    assert isinstance(completed, DocumentsCompleted)
    assert completed.documents == ("CI", "PL", "FUM", "NPE")
    assert add(shipment, "NPE") == []
    assert add(shipment, "EUDR") == []


def test_booking_completes_the_papers_if_ours_were_the_last() -> None:
    shipment = a_shipment(
        a_document("CI", "PEB_SUBMITTED", made_by_system=True), a_document("FUM", "STUFFED_SEALED")
    )
    assert add(shipment, "FUM") == []
    assert [type(event) for event in book(shipment)] == [ShipmentBooked, DocumentsCompleted]


def test_a_paper_that_we_make_ourselves_is_not_recorded_by_hand() -> None:
    with pytest.raises(Refused, match="made by this system"):
        add(a_shipment(), "CI")


def test_dispatch_needs_a_booking_and_each_paper_that_blocks_it() -> None:
    shipment = a_shipment()
    with pytest.raises(Refused, match="no booking"):
        dispatch(shipment)
    book(shipment)
    with pytest.raises(Refused, match=r"without FUM \(owed by exporter\)"):
        dispatch(shipment)
    add(shipment, "FUM")
    (left,) = dispatch(shipment)
    assert isinstance(left, ShipmentDispatched)
    assert (left.container, left.seal) == (CONTAINER, SEAL)


@pytest.mark.parametrize(
    ("container", "seal", "field"), [("CSQU3054384", SEAL, "container"), (CONTAINER, " ", "seal")]
)
def test_a_wrong_container_number_or_no_seal_is_refused_by_name(
    container: str, seal: str, field: str
) -> None:
    shipment = a_shipment(a_document("NPE", "GATE_IN"))
    book(shipment)
    with pytest.raises(Refused) as refusal:
        dispatch(shipment, container=container, seal=seal)
    assert refusal.value.field == field


def test_the_same_dispatch_again_changes_nothing_and_another_container_is_refused() -> None:
    shipment = on_the_way("STUFFED_SEALED")
    assert dispatch(shipment, container=CONTAINER.lower()) == []
    with pytest.raises(Refused, match="left in CSQU3054383"):
        dispatch(shipment, container="TASU1170000")


def test_goods_whose_clearance_has_expired_do_not_leave() -> None:
    shipment = a_shipment(a_document("NPE", "GATE_IN"))
    book(shipment)
    expired = standing(a_line(1, a_clearance(expires_on=date(2025, 3, 21))))
    with pytest.raises(Refused, match="line 1 of PO-2025-0001 expired"):
        dispatch(shipment, goods=expired)
    assert not shipment.dispatched


def test_a_paper_blocks_its_milestone() -> None:
    shipment = a_shipment(a_document("NPE", "GATE_IN"))
    book(shipment)
    dispatch(shipment)
    record(shipment, "PEB_SUBMITTED")
    record(shipment, "NPE_ISSUED")
    with pytest.raises(Refused, match="GATE_IN can't be without NPE"):
        record(shipment, "GATE_IN")


def test_sealing_is_told_by_dispatching() -> None:
    shipment = a_shipment()
    with pytest.raises(Refused, match="dispatching"):
        record(shipment, "STUFFED_SEALED")


def test_each_milestone_is_told_as_what_it_moves() -> None:
    shipment = on_the_way("LOADED")
    (departed,) = record(shipment, "VESSEL_DEPARTED")
    assert isinstance(departed, ShipmentDeparted)
    assert departed.lines == shipment.lines
    (discharged,) = record(shipment, "DISCHARGED")
    assert isinstance(discharged, MilestoneRecorded)
    record(shipment, "IMPORT_CLEARED")
    (delivered,) = record(shipment, "DELIVERED")
    assert isinstance(delivered, ShipmentDelivered)
    assert sum(line.quantity for line in delivered.lines) == 1_000


def test_the_same_report_again_changes_nothing() -> None:
    shipment = on_the_way("GATE_IN")
    assert record(shipment, "GATE_IN") == []
    assert len(shipment.reached) == 4


def test_the_state_follows_from_booking_papers_and_milestones() -> None:
    shipment = a_shipment()
    states = [state(shipment, GRAPH)]
    book(shipment)
    states.append(state(shipment, GRAPH))
    add(shipment, "FUM")
    add(shipment, "NPE")
    states.append(state(shipment, GRAPH))
    dispatch(shipment)
    states.append(state(shipment, GRAPH))
    assert states == ["planned", "booked", "ready", "stuffed_sealed"]
    assert state(on_the_way("DELIVERED"), GRAPH) == "delivered"


def test_what_may_be_reported_next_is_known() -> None:
    assert next_milestones(a_shipment(), GRAPH) == []
    assert [each.code for each in next_milestones(on_the_way("LOADED"), GRAPH)] == ["VESSEL_DEPARTED"]


@given(st.permutations([*WAY, *WAY]))
def test_in_whatever_order_reports_come_pieces_depart_once_and_are_delivered_after(order: list[str]) -> None:
    shipment = on_the_way("NPE_ISSUED")
    told: list[object] = []
    for code in order:
        try:
            told += record(shipment, code)
        except Refused:
            continue
    moved = [type(event) for event in told if not isinstance(event, MilestoneRecorded)]
    assert moved == [ShipmentDeparted, ShipmentDelivered][: len(moved)]
    assert state(shipment, GRAPH) in {code.lower() for code in WAY}


@pytest.mark.parametrize("lane", ["custodial", "parole_community"])
def test_a_certificate_that_became_false_is_there_no_longer(lane: Lane) -> None:
    shipment = a_shipment(a_document("CERT-12.43"), a_document("COO"))
    for carton in shipment.cartons:
        carton.lot.lane = "free"
    for document in shipment.documents:
        document.record("1", DAY, today=DAY)
    shipment.void_what_is_false()
    assert [document.present for document in shipment.documents] == [True, True]
    shipment.cartons[0].lot.lane = lane
    shipment.void_what_is_false()
    assert [document.present for document in shipment.documents] == [False, True]


def test_goods_that_join_others_leave_no_certificate_that_they_make_false() -> None:
    shipment = a_shipment(a_document("CERT-12.43"), a_document("COO"))
    shipment.documents[0].record("1", DAY, today=DAY)
    shipment.cartons[0].lot.lane = "custodial"
    shipment.reconsider(shipment.documents, graph=GRAPH)
    assert [(document.code, document.present) for document in shipment.documents] == [
        ("CERT-12.43", False),
        ("COO", False),
    ]


def test_a_late_report_of_the_declaration_is_judged_by_the_day_on_which_it_was_filed() -> None:
    shipment = a_shipment(a_document("CI", "PEB_SUBMITTED", made_by_system=True))
    shipment.plan([cleared()], graph=GRAPH)
    shipment.book(BOOKING, today=DAY, graph=GRAPH)
    ended = standing(a_line(1, a_clearance(expires_on=DAY)))

    def report(days: int) -> list[object]:
        at = NOW + timedelta(days=days)
        later = NOW + timedelta(days=3)
        return reporting.record(
            shipment, "PEB_SUBMITTED", place="IDSRG", occurred_at=at, now=later, graph=GRAPH, goods=[ended]
        )

    with pytest.raises(Refused, match="was cleared only on 2025-03-22"):
        report(-1)
    with pytest.raises(Refused, match="expired on 2025-03-22"):
        report(1)
    assert report(0)
