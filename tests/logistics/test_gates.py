"""At each gate goods stop without an unexpired clearance for that line, quantity, lane, lots and route."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.events.orders import ClearanceWithdrawn, ClearedLot, LotLaneCorrected
from shared.web.access import COMPLIANCE, LOGISTICS
from tests.clock import in_days
from tests.logistics.conftest import (
    CONTAINER,
    ORDER,
    SEAL,
    SRAGEN,
    Logistics,
    a_booking,
    a_clearance,
    a_lot,
    a_paper,
    a_placed_line,
    an_order,
)
from tests.logistics.test_desk import Visitor
from tests.logistics.test_schedule_and_tracking import follow
from tests.logistics.test_troubles import badges

LOT = "SRG-2503-001"

Spoil = Callable[[Logistics], None]


def expired(logistics: Logistics) -> None:
    """Its last day was yesterday: it ended at midnight in Central Java."""
    for purpose in ("produce", "export"):
        logistics.hears(a_clearance(purpose=purpose, expires_on=in_days(-1)))


def withdrawn(logistics: Logistics) -> None:
    for purpose in ("produce", "export"):
        logistics.hears(ClearanceWithdrawn(order_id=ORDER, line=1, purpose=purpose))


def for_another_lane(logistics: Logistics) -> None:
    for purpose in ("produce", "export"):
        logistics.hears(a_clearance(purpose=purpose, lane="free"))


def for_fewer_pieces(logistics: Logistics) -> None:
    for purpose in ("produce", "export"):
        logistics.hears(a_clearance(purpose=purpose, quantity=999))


def for_other_lots(logistics: Logistics) -> None:
    other = ClearedLot(lot="SRG-2502-009", quantity=1_000, lane="custodial")
    logistics.hears(a_clearance(lots=(other,)))


SPOILT = [
    (expired, "expired"),
    (withdrawn, "no clearance"),
    (for_another_lane, "free lane"),
    (for_fewer_pieces, "999"),
    (for_other_lots, LOT),
]


Attempt = Callable[[], Any]


def packing(logistics: Logistics) -> Attempt:
    logistics.hears(a_lot())
    return lambda: logistics.staff.post("/cartons", {"lot": LOT})


def building(logistics: Logistics) -> Attempt:
    logistics.gathered(a_lot())
    return lambda: logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})


def booking(logistics: Logistics) -> Attempt:
    shipment = logistics.planned()
    return lambda: logistics.change(shipment, "book", a_booking())


def recording_the_declaration(logistics: Logistics) -> Attempt:
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    return lambda: logistics.change(shipment, "documents", a_paper("PEB"))


def dispatching(logistics: Logistics) -> Attempt:
    shipment = logistics.booked()
    return lambda: logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})


def submitting_the_declaration(logistics: Logistics) -> Attempt:
    shipment = logistics.booked()
    logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    return lambda: logistics.record(shipment, "PEB_SUBMITTED")


def at_the_port(last: str, code: str) -> Callable[[Logistics], Attempt]:
    def arriving(logistics: Logistics) -> Attempt:
        shipment = logistics.booked()
        follow(logistics, shipment, last)
        return lambda: logistics.record(shipment, code)

    arriving.__name__ = code
    return arriving


GATES = [
    packing,
    building,
    booking,
    recording_the_declaration,
    dispatching,
    submitting_the_declaration,
    at_the_port("NPE_ISSUED", "GATE_IN"),
    at_the_port("GATE_IN", "LOADED"),
]


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
def test_each_gate_stops_what_is_not_cleared_says_why_and_lets_pass_what_is(
    logistics: Logistics, gate: Callable[[Logistics], Attempt]
) -> None:
    attempt = gate(logistics)
    for spoil, reason in SPOILT:
        if gate is packing and spoil is for_other_lots:
            continue  # a decision to export names lots, and they are packed before it
        for purpose in ("produce", "export"):
            logistics.hears(a_clearance(purpose=purpose))
        spoil(logistics)
        refused = attempt()
        assert refused.status_code == 422, (spoil.__name__, refused.text)
        assert reason in refused.text, spoil.__name__
    named = ClearedLot(lot=LOT, quantity=1_000, lane="custodial")
    logistics.hears(a_clearance(purpose="export", lots=(named,), expires_on=in_days(0)))
    passed = attempt()
    assert passed.status_code in (200, 201), passed.text


def test_what_is_sealed_when_its_clearance_is_withdrawn_is_shown_as_held_until_it_has_departed(
    logistics: Logistics,
) -> None:
    shipment = logistics.booked()
    follow(logistics, shipment, "LOADED")
    withdrawn(logistics)
    for shown in (
        logistics.staff.get(f"/shipments/{shipment['id']}").json,
        logistics.staff.get("/shipments").json[0],
    ):
        assert shown["overlays"] == ["POLICY_HOLD"]
        assert "no clearance to export" in shown["held"][0]
    clerk = Visitor(logistics, LOGISTICS)
    for path in ("/logistics/", f"/logistics/shipment/{shipment['id']}"):
        assert "not cleared to leave" in badges(clerk.open(f"{path}?lang=en"))
        assert "belum mendapat izin ekspor" in clerk.open(f"{path}?lang=id")
    assert "not cleared" not in logistics.client.get(f"{shipment['tracking_url']}?lang=en").text
    assert logistics.record(shipment, "VESSEL_DEPARTED").json["overlays"] == []


def test_who_would_have_let_goods_pass_that_are_not_cleared_is_kept_for_ever(logistics: Logistics) -> None:
    shipment = logistics.booked()
    withdrawn(logistics)
    clerk = Visitor(logistics, LOGISTICS)
    container = {"container": CONTAINER, "seal": SEAL}
    assert (
        logistics.change(shipment, "dispatch", {**container, "container": "CSQU3054384"}).status_code == 422
    )
    assert "Nothing was refused" in clerk.open("/logistics/attempts?lang=en"), (
        "what was mistyped is no attempt"
    )
    assert logistics.change(shipment, "dispatch", container).status_code == 422
    assert clerk.submit(f"/logistics/shipment/{shipment['id']}/dispatch", **container).status_code == 422
    logistics.hears(a_lot("SRG-2503-002"))
    assert logistics.staff.post("/cartons", {"lot": "SRG-2503-002"}).status_code == 422
    assert logistics.record(shipment, "PEB_SUBMITTED").status_code == 422
    page = Visitor(logistics, COMPLIANCE).open("/logistics/attempts?lang=en")
    told = re.findall(r"(to (?:dispatch|pack|report)[^<]*)</td>\s*<td[^>]*>(\w+)", page)
    assert told == [
        ("to report a step", "staff"),
        ("to pack it", "staff"),
        ("to dispatch it", "Logistics"),
        ("to dispatch it", "staff"),
    ]
    assert shipment["number"] in page and "has no clearance to export yet" in page
    for statement in ("DELETE FROM gate_attempt", "UPDATE gate_attempt SET who = ''"):
        with pytest.raises(DBAPIError, match="append only"), logistics.database.transaction() as session:
            session.execute(text(statement))


def test_a_booking_through_a_country_that_was_not_cleared_is_refused(logistics: Logistics) -> None:
    shipment = logistics.planned()
    through = logistics.change(shipment, "book", a_booking(via=["SGSIN"]))
    assert (through.status_code, "SG" in through.text) == (422, True)
    elsewhere = logistics.change(shipment, "book", a_booking(port_of_discharge="NLRTM"))
    assert (elsewhere.status_code, "NL" in elsewhere.text) == (422, True)
    logistics.hears(a_clearance(transit=("SG", "NL")))
    assert logistics.change(shipment, "book", a_booking(via=["SGSIN"])).json["via"] == ["SGSIN"]
    logistics.hears(a_clearance(transit=()))
    stopped = logistics.change(shipment, "documents", a_paper("PEB"))
    assert (stopped.status_code, "SG" in stopped.text) == (422, True)


def test_a_shipment_takes_in_no_other_whose_goods_were_not_cleared_for_its_route(
    logistics: Logistics,
) -> None:
    first = logistics.planned()
    logistics.hears(a_clearance(transit=("SG",)), a_clearance(2))
    logistics.gathered(a_lot("SRG-2503-002", line=2, sku="CW-BALL-09"))
    second = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    assert logistics.change(first, "book", a_booking(via=["SGSIN"])).status_code == 200
    stays = logistics.change(first, "merge", {"other": second["id"]})
    assert (stays.status_code, "a route through SG" in stays.text) == (422, True)
    logistics.hears(a_clearance(2, transit=("SG",)))
    assert logistics.change(first, "merge", {"other": second["id"]}).status_code == 200


def test_a_lot_whose_lane_was_corrected_stays(logistics: Logistics) -> None:
    logistics.hears(a_clearance(lane="free"), a_clearance(purpose="produce"))
    logistics.gathered(a_lot(lane="free"))
    reason = "It was braided in the prison."
    logistics.hears(
        LotLaneCorrected(order_id=ORDER, line=1, lot=LOT, former_lane="free", lane="custodial", reason=reason)
    )
    stays = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})
    assert (stays.status_code, "free lane" in stays.text) == (422, True)


def test_papers_follow_the_lane_of_a_lot_that_was_corrected(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot(lane="free"))
    shipment = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    papers = {each["code"] for each in shipment["documents"]}
    assert "DEST-POLICY" not in papers
    with logistics.database.transaction() as session:
        session.execute(text("UPDATE shipment_document SET code = 'CERT-12.43' WHERE code = 'COO'"))
    assert logistics.change(shipment, "documents", a_paper("CERT-12.43")).status_code == 200
    reason = "It was braided in the prison."
    logistics.hears(
        LotLaneCorrected(order_id=ORDER, line=1, lot=LOT, former_lane="free", lane="custodial", reason=reason)
    )
    now = logistics.staff.get(f"/shipments/{shipment['id']}").json["documents"]
    assert "CERT-12.43" not in {each["code"] for each in now}
    (decision,) = [each for each in now if each["code"] not in papers]
    assert (decision["code"], decision["state"]) == ("DEST-POLICY", "present")


def test_no_certificate_that_prisoners_did_not_make_it_is_taken_for_what_they_made(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    false = logistics.change(shipment, "documents", a_paper("CERT-12.43"))
    assert (false.status_code, "19 U.S.C. 1307" in false.text) == (422, True)


def test_two_releases_of_a_line_send_its_lots_in_two_shipments_and_never_more(logistics: Logistics) -> None:
    first, second = (ClearedLot(lot=f"SRG-{n}", quantity=500, lane="custodial") for n in (1, 2))
    logistics.hears(a_clearance(purpose="produce"), a_clearance(quantity=500, lots=(first,)))
    logistics.gathered(a_lot("SRG-1", quantity=500), a_lot("SRG-2", quantity=500))
    wanted = {"hub": SRAGEN, "destination": "BE"}
    whole = logistics.staff.post("/shipments", wanted)
    assert (whole.status_code, "choose the cartons of the lots that it names" in whole.text) == (422, True)
    of_first, of_second = (_cartons_of(logistics, lot) for lot in ("SRG-1", "SRG-2"))
    assert logistics.staff.post("/shipments", {**wanted, "ssccs": of_second}).status_code == 422
    assert logistics.staff.post("/shipments", {**wanted, "ssccs": of_first}).status_code == 201
    logistics.hears(a_clearance(quantity=1_000, lots=(first, second)))
    assert logistics.staff.post("/shipments", wanted).status_code == 201
    assert _cartons_of(logistics, "SRG-1") == of_first
    assert logistics.staff.post("/shipments", {**wanted, "ssccs": of_first}).status_code == 422


def _cartons_of(logistics: Logistics, lot: str) -> list[str]:
    found = logistics.staff.get(f"/cartons?lot={lot}")
    assert found.status_code == 200, found.text
    return [each["sscc"] for each in found.json]


def test_to_australia_nothing_is_stuffed_more_than_21_days_after_gas_or_90_after_heat(
    logistics: Logistics,
) -> None:
    order = UUID(int=61)
    line = a_placed_line(1, country="AU", consignee="Consignee Australia")
    logistics.hears(an_order(order_id=order, po_number="PO-AU", lines=(line,)))
    logistics.hears(
        *(
            a_clearance(order_id=order, purpose=purpose, destination="AU", policies=("DP-AU-1.v1",))
            for purpose in ("produce", "export")
        )
    )
    logistics.gathered(a_lot(order_id=order))
    shipment = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "AU"}).json
    shipment = logistics.change(shipment, "book", a_booking(port_of_discharge="AUMEL")).json
    for document in shipment["documents"]:
        if document["state"] == "missing":
            logistics.change(shipment, "documents", a_paper(document["code"]))
    old = {**a_paper("FUM"), "issued_on": in_days(-22).isoformat()}
    noted = logistics.change(shipment, "documents", old)
    (paper,) = [each for each in noted.json["documents"] if each["code"] == "FUM"]
    assert (paper["treatment"], paper["valid_until"]) == (None, in_days(-1).isoformat())
    page = Visitor(logistics, LOGISTICS).open(f"/logistics/shipment/{shipment['id']}")
    assert "have the goods treated again" in page and 'name="treatment"' in page
    sealing = {"container": CONTAINER, "seal": SEAL}
    refused = logistics.change(shipment, "dispatch", sealing)
    assert (refused.status_code, "FUM of" in refused.text, "21 days" in refused.text) == (422, True, True)
    fresh = {**old, "issued_on": in_days(-21).isoformat()}
    (paper,) = [
        each
        for each in logistics.change(shipment, "documents", fresh).json["documents"]
        if each["code"] == "FUM"
    ]
    assert paper["valid_until"] == in_days(0).isoformat()
    unknown = logistics.change(shipment, "documents", {**old, "treatment": "water"})
    assert (unknown.status_code, unknown.json["errors"][0]["field"]) == (422, "treatment")
    elsewhere = logistics.change(shipment, "documents", {**a_paper("PC"), "treatment": "heat"})
    assert (elsewhere.status_code, "makes no difference" in elsewhere.text) == (422, True)
    assert logistics.change(shipment, "documents", {**old, "treatment": "heat"}).status_code == 200
    sealed = logistics.change(shipment, "dispatch", sealing)
    assert sealed.status_code == 200, sealed.text
    assert logistics.change(shipment, "dispatch", sealing).status_code == 200


def test_attempts_by_choosing_cartons_are_kept_and_told_as_what_they_were(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    one, two, *others = _cartons_of(logistics, LOT)
    shipment = logistics.staff.post(
        "/shipments", {"hub": SRAGEN, "destination": "BE", "ssccs": [one, *others]}
    ).json
    withdrawn(logistics)
    clerk = Visitor(logistics, LOGISTICS)
    built = clerk.submit(f"/logistics/standing/{SRAGEN}/BE", what="build", ssccs=[two])
    chosen = clerk.submit(f"/logistics/shipment/{shipment['id']}/cartons", what="split", ssccs=[one])
    divided = logistics.change(shipment, "split", {"ssccs": [one]})
    assert [answer.status_code for answer in (built, chosen, divided)] == [422] * 3
    page = clerk.open("/logistics/attempts?lang=en")
    told = re.findall(r">([^<]+)</th>\s*<td[^>]*>([^<]+)</td>\s*<td[^>]*>(\w+)", page)
    assert told == [
        (shipment["number"], "to divide it", "staff"),
        (shipment["number"], "to divide it", "Logistics"),
        ("–", "to plan a shipment", "Logistics"),
    ]


def test_what_stays_for_its_cartons_or_its_consignee_is_no_attempt_at_a_gate(logistics: Logistics) -> None:
    lines = (a_placed_line(1), a_placed_line(2, sku="CW-BALL-09", consignee="Another one"))
    other = an_order(order_id=UUID(int=43), po_number="PO-2025-0002", lines=lines)
    logistics.hears(other)
    for line in (1, 2):
        for purpose in ("produce", "export"):
            logistics.hears(a_clearance(line, order_id=other.order_id, purpose=purpose))
    logistics.gathered(
        a_lot("SRG-2503-002", order_id=other.order_id),
        a_lot("SRG-2503-003", order_id=other.order_id, line=2, sku="CW-BALL-09"),
    )
    both = [{"order_id": str(other.order_id), "line": line} for line in (1, 2)]
    wanted = {"hub": SRAGEN, "destination": "BE"}
    apart = logistics.staff.post("/shipments", {**wanted, "lines": both})
    assert (apart.status_code, "leaves in a shipment of its own" in apart.text) == (422, True)
    shipment = logistics.booked()
    (heavy, *_) = _cartons_of(logistics, LOT)
    scans = {"what": "weighed", "scans": [{"sscc": heavy, "grams": 8_000}]}
    assert logistics.staff.post("/scans", scans).json[0]["outcome"] == "to_reopen"
    stays = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert (stays.status_code, "weighs 8000 g" in stays.text) == (422, True)
    assert "Nothing was refused" in Visitor(logistics, COMPLIANCE).open("/logistics/attempts?lang=en")
