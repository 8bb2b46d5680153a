"""What was reported wrongly is corrected by another report; nothing that was said is edited."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from services.logistics.domain.correcting import Right
from services.logistics.domain.correcting import correct as correct_report
from services.logistics.domain.milestones import Reached
from services.logistics.domain.order import Line, NotCleared, Standing
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers.hearing import REACTIONS
from shared.events.orders import ClearanceGranted, ClearanceWithdrawn, ClearedLot
from shared.refusal import Refused
from shared.web.access import CARRIER, create_key
from tests.clock import now
from tests.logistics.builders import (
    BOOKING,
    DAY,
    NOW,
    a_clearance,
    a_document,
    a_graph,
    a_line,
    a_shipment,
    cleared,
    standing,
)
from tests.logistics.conftest import CONTAINER, HEARD, ORDER, SEAL, Caller, Logistics, a_booking
from tests.logistics.conftest import a_clearance as a_clearance_told

LATER = NOW + timedelta(days=9)
BECAUSE = "The terminal sent the gate-in of another container."


def at(hours: float) -> str:
    return (now() + timedelta(hours=hours)).isoformat()


@pytest.fixture
def sealed(logistics: Logistics) -> dict[str, Any]:
    """A shipment that has left the hub three hours ago, and has its export note."""
    shipment = logistics.booked()
    logistics.arrived_yesterday()
    left = {"container": CONTAINER, "seal": SEAL, "sealed_at": at(-3)}
    assert logistics.change(shipment, "dispatch", left).status_code == 200
    for code, hours in (("PEB_SUBMITTED", -6), ("NPE_ISSUED", -4)):
        reported(logistics, shipment, milestone=code, occurred_at=at(hours))
    return shipment


def report(logistics: Logistics, shipment: dict[str, Any], **body: Any) -> TestResponse:
    return logistics.change(shipment, "milestones", {"place": "IDSRG", "occurred_at": at(0), **body})


def reported(logistics: Logistics, shipment: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = report(logistics, shipment, **body)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def id_of(shown: dict[str, Any], code: str) -> int:
    return next(int(each["id"]) for each in shown["milestones"] if each["milestone"] == code)


def correct(logistics: Logistics, shipment: dict[str, Any], id: int, **more: Any) -> TestResponse:
    body = {"corrects": id, "because": BECAUSE, **more}
    return logistics.change(shipment, "milestones", body)


def told(logistics: Logistics, name: str) -> list[dict[str, Any]]:
    return [data for told, data in logistics.told() if told == name]


def test_what_did_not_occur_moves_the_state_back_and_may_be_reported_when_it_does(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    wrong = at(-1)
    id = id_of(reported(logistics, sealed, milestone="GATE_IN", occurred_at=wrong), "GATE_IN")
    shown = correct(logistics, sealed, id, reason="did_not_occur").json
    assert shown["state"] == "stuffed_sealed"
    assert "GATE_IN" in shown["next_milestones"]
    (correction,) = shown["corrections"]
    assert (correction["id"], correction["because"], correction["corrective_id"]) == (id, BECAUSE, None)
    (event,) = told(logistics, "milestone_corrected")
    assert (event["milestone"], event["reason"], event["right_at"]) == ("GATE_IN", "did_not_occur", None)
    again = report(logistics, sealed, milestone="GATE_IN", occurred_at=wrong)
    assert again.status_code == 422
    assert "was corrected" in again.json["detail"]
    assert reported(logistics, sealed, milestone="GATE_IN")["state"] == "gate_in"


def test_incorrect_data_is_replaced_and_the_first_report_stays(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    shown = reported(logistics, sealed, milestone="GATE_IN", occurred_at=at(-1))
    right = {"place": "IDSRG", "occurred_at": at(-2)}
    shown = correct(logistics, sealed, id_of(shown, "GATE_IN"), reason="incorrect_data", **right).json
    assert shown["state"] == "gate_in"
    (correction,) = shown["corrections"]
    assert correction["corrective_id"] == id_of(shown, "GATE_IN")
    with logistics.database.transaction() as session:
        kept = session.execute(text("SELECT count(*) FROM shipment_milestone WHERE code = 'GATE_IN'"))
        assert kept.scalar_one() == 2
    twice = correct(logistics, sealed, correction["id"], reason="did_not_occur")
    assert "corrected before" in twice.json["detail"]


def test_a_correction_leaves_no_milestone_before_its_predecessor(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    shown = reported(logistics, sealed, milestone="GATE_IN", occurred_at=at(-2))
    note = id_of(shown, "NPE_ISSUED")
    refused = correct(logistics, sealed, note, reason="did_not_occur")
    assert "GATE_IN can't be before NPE_ISSUED" in refused.json["detail"]
    later = {"place": "IDSRG", "occurred_at": at(-1)}
    assert correct(logistics, sealed, note, reason="incorrect_data", **later).status_code == 422
    assert (
        "others have counted"
        in (correct(logistics, sealed, id_of(shown, "STUFFED_SEALED"), reason="did_not_occur").json["detail"])
    )
    assert told(logistics, "milestone_corrected") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"corrects": 1, "reason": "did_not_occur"}, "because"),
        ({"corrects": 1, "reason": "incorrect_data", "because": BECAUSE}, "place"),
        ({"corrects": 1, "reason": "did_not_occur", "because": BECAUSE, "place": "IDSRG"}, "place"),
        ({"corrects": 10**9, "reason": "did_not_occur", "because": BECAUSE}, "corrects"),
        ({"corrects": 1, "reason": "mistake", "because": BECAUSE}, "reason"),
        ({"place": "IDSRG", "occurred_at": "2025-03-01T00:00:00Z"}, "milestone"),
        ({"milestone": "GATE_IN", "dcsa": "GTIN", "place": "IDSRG", "occurred_at": at(0)}, "dcsa"),
        ({"dcsa": "EQUIPMENT XXXX", "place": "IDSRG", "occurred_at": at(0)}, "dcsa"),
        ({"edifact": "999", "place": "IDSRG", "occurred_at": at(0)}, "edifact"),
        ({"milestone": "GATE_IN", "place": "IDSRG", "occurred_at": at(1)}, "occurred_at"),
    ],
)
def test_a_report_that_says_too_little_or_too_much_is_refused_by_its_field(
    logistics: Logistics, sealed: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    before = len(logistics.told())
    answer = logistics.change(sealed, "milestones", body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
    assert len(logistics.told()) == before


def test_carriers_call_milestones_by_their_own_codes(logistics: Logistics, sealed: dict[str, Any]) -> None:
    """The same code is another milestone elsewhere: a vessel that is met on the way is one of a transshipment."""
    for names, place in (
        ({"dcsa": "EQUIPMENT GTIN"}, "IDSRG"),
        ({"dcsa": "LOAD"}, "IDSRG"),
        ({"edifact": "24"}, "IDSRG"),
        ({"dcsa": "EQUIPMENT LOAD"}, "SGSIN"),
        ({"dcsa": "equipment disc"}, "BEANR"),
    ):
        shown = reported(logistics, sealed, **names, place=place)
    assert [each["milestone"] for each in shown["milestones"]][-5:] == [
        "GATE_IN", "LOADED", "VESSEL_DEPARTED", "TRANSSHIPPED", "DISCHARGED",
    ]  # fmt: skip
    assert shown["milestones"][-1]["edifact"] == ["29", "1"]


def test_a_carriers_key_reports_what_is_booked_with_it_and_sees_no_more(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    theirs, others = (a_key(logistics, name) for name in (a_booking()["carrier"], "Other line"))
    path = f"/shipments/{sealed['id']}/milestones"
    body = {"dcsa": "GTIN", "place": "IDSRG", "occurred_at": at(0)}
    assert others.post(path, body).status_code == others.get(path).status_code == 404
    assert told(logistics, "milestone_recorded")[-1]["milestone"] == "NPE_ISSUED"
    answer = theirs.post(path, body)
    assert answer.status_code == 200, answer.text
    assert answer.json["state"] == "gate_in"
    assert set(answer.json) == set(theirs.get(path).json) == {
        "id", "number", "state", "etd", "eta", "milestones", "corrections", "overlays", "short", "next_milestones",
        "next_exceptions",
    }  # fmt: skip
    (event,) = [each for each in told(logistics, "milestone_recorded") if each["milestone"] == "GATE_IN"]
    assert sum(line["quantity"] for line in event["lines"]) == 1_000
    assert theirs.get(f"/shipments/{sealed['id']}").status_code == 403


def a_key(logistics: Logistics, carrier: str) -> Caller:
    with logistics.database.transaction() as session:
        key = create_key(session, name=carrier, role=CARRIER, account=carrier)
    return Caller(logistics.client, key)


def test_what_is_loaded_at_a_port_of_transshipment_is_never_taken_for_the_loading(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    reported(logistics, sealed, milestone="GATE_IN", occurred_at=at(-2))
    early = report(logistics, sealed, edifact="48", place="SGSIN")
    assert (early.status_code, "TRANSSHIPPED can't be before" in early.text) == (422, True)
    assert reported(logistics, sealed, edifact="48", occurred_at=at(-1))["state"] == "loaded"
    unknown = report(logistics, sealed, milestone="VESSEL_DEPARTED", place="IDSRX")
    assert (unknown.status_code, unknown.json["errors"][0]["field"]) == (422, "place")
    assert "Did you mean one of these: IDSRG" in unknown.text


@pytest.mark.parametrize("names", [{"dcsa": "ARRI"}, {"dcsa": "DEPA"}, {"edifact": "1"}, {"edifact": "24"}])
def test_a_vessel_that_calls_at_a_port_of_transshipment_neither_left_nor_arrived(
    logistics: Logistics, sealed: dict[str, Any], names: dict[str, str]
) -> None:
    for code in ("GATE_IN", "LOADED"):
        reported(logistics, sealed, milestone=code)
    refused = report(logistics, sealed, **names, place="SGSIN")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "place")
    assert "IDSRG" in refused.json["detail"] and "BEANR" in refused.json["detail"]


def test_a_sealing_is_corrected_only_to_a_time_and_place_at_which_it_could_be(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    shown = logistics.staff.get(f"/shipments/{sealed['id']}").json
    for place, hours, field in (("LPS-SRG", -48, "occurred_at"), ("IDSRG", -2, "place")):
        right = {"place": place, "occurred_at": at(hours)}
        wrong = correct(logistics, sealed, id_of(shown, "STUFFED_SEALED"), reason="incorrect_data", **right)
        assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, field), wrong.text
    right = {"place": "LPS-SRG", "occurred_at": at(-2)}
    assert (
        correct(
            logistics, sealed, id_of(shown, "STUFFED_SEALED"), reason="incorrect_data", **right
        ).status_code
        == 200
    )


def corrected_to(when: datetime, code: str, shipment: Shipment, *goods: Standing) -> None:
    wrong = next(each for each in shipment.reports if each.code == code)
    right = Right(place=wrong.place, occurred_at=when)
    correct_report(
        shipment, wrong, right, because=BECAUSE, role="logistics", now=LATER, graph=a_graph(), goods=goods
    )


def reached(shipment: Shipment, *codes: str) -> Shipment:
    shipment.etd = BOOKING.etd
    shipment.reports += [
        Reached(code=code, place=shipment.hub, occurred_at=NOW, recorded_at=NOW) for code in codes
    ]
    return shipment


def test_a_submission_is_corrected_to_no_day_before_its_window() -> None:
    shipment = reached(a_shipment(), "PEB_SUBMITTED")
    with pytest.raises(Refused, match="from 2025-03-21 on") as refusal:
        corrected_to(NOW - timedelta(days=2), "PEB_SUBMITTED", shipment, cleared())
    assert refusal.value.field == "occurred_at"
    corrected_to(NOW + timedelta(days=2), "PEB_SUBMITTED", shipment, cleared())


def test_a_sealing_is_corrected_to_no_day_on_which_a_certificate_was_too_old() -> None:
    fumigated = a_document("FUM", "STUFFED_SEALED")
    fumigated.valid_days = {"gas": 21}
    fumigated.record("FUM-17", DAY - timedelta(days=20), today=DAY)
    shipment = reached(a_shipment(fumigated), "STUFFED_SEALED")
    with pytest.raises(Refused, match="is good for 21 days"):
        corrected_to(NOW + timedelta(days=2), "STUFFED_SEALED", shipment)
    corrected_to(NOW + timedelta(days=1), "STUFFED_SEALED", shipment)


def test_a_gate_is_passed_on_another_day_only_by_what_was_cleared_on_it() -> None:
    codes = ("PEB_SUBMITTED", "NPE_ISSUED", "STUFFED_SEALED", "GATE_IN")
    shipment = reached(a_shipment(), *codes)
    expired = standing(a_line(1, a_clearance(expires_on=DAY)))
    with pytest.raises(NotCleared, match="expired on 2025-03-22"):
        corrected_to(NOW + timedelta(days=1), "GATE_IN", shipment, expired)
    withdrawn = standing(a_line(1))
    corrected_to(NOW + timedelta(hours=1), "GATE_IN", shipment, withdrawn)


@pytest.mark.parametrize("place", ["ID\u017fRG", "\u0131dsrg", "BEÄÖÜ", "IDSR１"])
def test_a_place_is_told_in_the_letters_of_un_locode(
    logistics: Logistics, sealed: dict[str, Any], place: str
) -> None:
    refused = report(logistics, sealed, milestone="GATE_IN", place=place)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "place")
    assert report(logistics, sealed, milestone="GATE_IN", place="idsrg").json["state"] == "gate_in"


LOTS = ("SRG-2503-001", "SRG-2503-002")
WAY = ("PEB_SUBMITTED", "NPE_ISSUED", "STUFFED_SEALED", "GATE_IN")


def released_part_by_part(
    logistics: Logistics, *decisions: tuple[int, ClearanceGranted | ClearanceWithdrawn]
) -> Line:
    """What was decided of the first line, each so many days after the first day."""
    with logistics.database.transaction() as session:
        for day, event in decisions:
            heard = replace(HEARD, occurred_at=NOW + timedelta(days=day))
            REACTIONS[type(event)](session, event, heard)
        session.expire_all()
        line = session.get_one(Line, (ORDER, 1))
        assert line.clearances
        session.expunge_all()
    return line


def the_release(*lots: str, **changes: Any) -> ClearanceGranted:
    named = tuple(ClearedLot(lot=lot, quantity=500, lane="custodial") for lot in lots)
    return a_clearance_told(lots=named, **changes)


def of_lot(line: Line, lot: str) -> Standing:
    return replace(standing(line, pieces=500), lots=frozenset({lot}))


def test_a_gate_was_passed_under_the_release_of_its_part_whatever_was_released_since(
    logistics: Logistics,
) -> None:
    line = released_part_by_part(logistics, (0, the_release(LOTS[0])), (6, the_release(*LOTS)))
    passed = reached(a_shipment(), *WAY)
    corrected_to(NOW + timedelta(days=3), "GATE_IN", passed, of_lot(line, LOTS[0]))
    passed = reached(a_shipment(), *WAY)
    with pytest.raises(NotCleared, match="cleared only on"):
        corrected_to(NOW + timedelta(days=3), "GATE_IN", passed, of_lot(line, LOTS[1]))


def test_what_a_release_of_no_named_lots_covered_stays_covered_by_one_that_names_them(
    logistics: Logistics,
) -> None:
    line = released_part_by_part(logistics, (2, a_clearance_told()), (6, the_release(*LOTS)))
    for lot in LOTS:
        passed = reached(a_shipment(), *WAY)
        corrected_to(NOW + timedelta(days=3), "GATE_IN", passed, of_lot(line, lot))
    passed = reached(a_shipment(), *WAY)
    with pytest.raises(NotCleared, match="cleared only on"):
        corrected_to(NOW + timedelta(days=1), "GATE_IN", passed, of_lot(line, LOTS[0]))


@pytest.mark.parametrize(
    "between",
    [
        (ClearanceWithdrawn(order_id=ORDER, line=1, purpose="export"),),
        (the_release(LOTS[0], destination="NL"),),
    ],
    ids=["withdrawn", "for another destination"],
)
def test_a_release_after_one_that_ended_counts_from_its_own_day(
    logistics: Logistics, between: tuple[ClearanceGranted | ClearanceWithdrawn, ...]
) -> None:
    said = [(1 + day, event) for day, event in enumerate(between)]
    line = released_part_by_part(logistics, (0, the_release(LOTS[0])), *said, (6, the_release(LOTS[0])))
    passed = reached(a_shipment(), *WAY)
    with pytest.raises(NotCleared, match="cleared only on"):
        corrected_to(NOW + timedelta(days=3), "GATE_IN", passed, of_lot(line, LOTS[0]))


def test_a_release_after_one_that_ran_out_counts_from_its_own_day(logistics: Logistics) -> None:
    ran_out = the_release(LOTS[0], expires_on=DAY + timedelta(days=2))
    line = released_part_by_part(logistics, (0, ran_out), (6, the_release(LOTS[0])))
    passed = reached(a_shipment(), *WAY)
    with pytest.raises(NotCleared, match="cleared only on"):
        corrected_to(NOW + timedelta(days=3), "GATE_IN", passed, of_lot(line, LOTS[0]))
