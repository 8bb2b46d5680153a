"""What packers scan counts by itself: what is right is kept, what is wrong is told in words."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.logistics.domain.sscc import epc_urn_of_sscc, place_uri
from services.logistics.storage import carton
from shared.settings import BadSetting, load
from tests.logistics.conftest import (
    CONTAINER,
    SEAL,
    SEMARANG,
    SRAGEN,
    Logistics,
    a_booking,
    a_clearance,
    a_facility,
    a_lot,
    a_paper,
)
from tests.logistics.test_epcis import errors
from tests.logistics.test_papers import barcodes_of, text_of

Outcomes = list[tuple[str, str | None]]


def packed(logistics: Logistics, *, quantity: int = 1_000, lot: str = "SRG-2503-001") -> list[str]:
    """The numbers of a lot's cartons, which have not left their facility."""
    logistics.hears(a_lot(lot, quantity=quantity))
    answer = logistics.staff.post("/cartons", {"lot": lot})
    assert answer.status_code == 201, answer.text
    return [each["sscc"] for each in answer.json]


def scan(logistics: Logistics, what: str, *ssccs: str, **more: Any) -> Outcomes:
    per_scan = {name: more.pop(name) for name in ("grams", "seal") if name in more}
    scans = [{"sscc": sscc, **per_scan} for sscc in ssccs]
    answer = logistics.staff.post("/scans", {"what": what, "scans": scans, **more})
    assert answer.status_code == 200, answer.text
    return [(each["outcome"], each["message"]) for each in answer.json]


def state_of(logistics: Logistics, sscc: str) -> str:
    (found,) = [each for each in logistics.staff.get("/cartons").json if each["sscc"] == sscc]
    return str(found["state"])


def test_each_scan_counts_by_itself_and_what_is_wrong_is_told(logistics: Logistics) -> None:
    one, two, *_ = packed(logistics)
    wrong = one[:-1] + str((int(one[-1]) + 1) % 10)
    link, symbol = f"https://id.gs1.org/00/{two}", f"]C102{'0' * 14}37150"
    outcomes = scan(logistics, "gathered", one, wrong, link, "095299000900000016", one, symbol, hub=SRAGEN)
    assert [outcome for outcome, _ in outcomes] == [
        "accepted", "refused", "accepted", "refused", "repeated", "refused",
    ]  # fmt: skip
    said = [message or "" for _, message in outcomes]
    assert "check digit" in said[1]
    assert said[3] == "There is no carton 095299000900000016."
    assert "printed twice" in said[4]
    assert "at the foot of the label" in said[5]
    (told,) = [data for name, data in logistics.told() if name == "cartons_gathered"]
    assert (told["cartons"], told["quantity"]) == (2, 400)
    assert scan(logistics, "gathered", one, hub=SEMARANG)[0][1] == (
        f"Carton {one} arrived at {SRAGEN} before, not at {SEMARANG}."
    )


def test_the_same_request_again_is_answered_the_same(logistics: Logistics) -> None:
    sscc, *_ = packed(logistics)
    body = {"what": "gathered", "hub": SRAGEN, "scans": [{"sscc": sscc}]}
    answers = [logistics.staff.post("/scans", body, idempotency_key="scanner-1").json for _ in range(2)]
    assert answers[0] == answers[1] == [{"sscc": sscc, "outcome": "accepted", "message": None}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"what": "gathered"}, "hub"),
        ({"what": "loaded"}, "shipment"),
        ({"what": "palletised", "hub": SRAGEN}, "pallet"),
        ({"what": "weighed", "hub": SRAGEN}, "hub"),
        ({"what": "eaten"}, "what"),
    ],
)
def test_a_request_names_what_its_scans_need_and_no_more(
    logistics: Logistics, body: dict[str, Any], field: str
) -> None:
    answer = logistics.staff.post("/scans", {**body, "scans": [{"sscc": "095299000000000015"}]})
    assert answer.status_code == 422
    assert field in {each["field"] for each in answer.json["errors"]}


def test_a_carton_of_a_wrong_weight_goes_no_farther_until_it_was_opened_under_a_new_seal(
    logistics: Logistics,
) -> None:
    sscc, *_ = packed(logistics)
    assert scan(logistics, "weighed", sscc, grams=9_660, seal="A1") == [("accepted", None)]
    ((outcome, message),) = scan(logistics, "weighed", sscc, grams=9_661)
    assert outcome == "to_reopen"
    assert message
    assert "9661 g and should weigh 9200 g" in message
    assert scan(logistics, "gathered", sscc, hub=SRAGEN)[0][0] == "refused"
    assert state_of(logistics, sscc) == "to_reopen"
    for seal in ({}, {"seal": "A1"}):
        assert scan(logistics, "weighed", sscc, grams=9_200, **seal)[0][0] == "refused"
    assert scan(logistics, "weighed", sscc, grams=9_200, seal="A2")[0][0] == "accepted"
    assert scan(logistics, "gathered", sscc, hub=SRAGEN)[0][0] == "accepted"
    history = logistics.staff.get(f"/cartons/{sscc}/history").json
    assert [(each["what"], each["grams"], each["seal"], each["role"]) for each in history] == [
        ("weighed", 9_660, "A1", "logistics"),
        ("weighed", 9_661, None, "logistics"),
        ("weighed", 9_200, "A2", "logistics"),
        ("gathered", None, None, "logistics"),
    ]


def test_a_wrong_weight_may_be_explained_by_who_answers_for_it(logistics: Logistics) -> None:
    sscc, other, *_ = packed(logistics)
    scan(logistics, "weighed", sscc, grams=9_900)
    explained = {
        "what": "explained",
        "reason": "Two layers of paper against the wet season.",
        "ssccs": [sscc],
    }
    assert logistics.staff.post("/cartons/reports", explained).status_code == 200
    assert scan(logistics, "gathered", sscc, hub=SRAGEN)[0][0] == "accepted"
    nothing = logistics.staff.post("/cartons/reports", {**explained, "ssccs": [other]})
    assert "nothing to explain" in nothing.json["detail"]


def test_a_carton_over_25_kg_is_refused(logistics: Logistics) -> None:
    sscc, *_ = packed(logistics)
    ((outcome, message),) = scan(logistics, "weighed", sscc, grams=25_001)
    assert (outcome, state_of(logistics, sscc)) == ("refused", "packed")
    assert message
    assert "too heavy" in message


def test_the_papers_weigh_what_the_scale_said(logistics: Logistics) -> None:
    shipment = logistics.planned(400)
    one, _ = [each["sscc"] for each in logistics.staff.get("/cartons").json]
    scan(logistics, "weighed", one, grams=9_300)
    shown = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert shown["gross_g"] == 9_300 + 9_200


def test_cartons_stand_on_one_pallet_and_move_with_it(logistics: Logistics) -> None:
    one, two, *_ = packed(logistics)
    first, second = (logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"] for _ in range(2))
    assert first.startswith("195299")
    assert "scan its arrival first" in str(scan(logistics, "palletised", one, pallet=first)[0][1])
    scan(logistics, "gathered", one, two, hub=SRAGEN)
    assert scan(logistics, "palletised", one, two, one, pallet=first)[2][0] == "repeated"
    assert f"stands on pallet {first}" in str(scan(logistics, "palletised", one, pallet=second)[0][1])
    assert scan(logistics, "taken_off", one) == [("accepted", None)]
    assert scan(logistics, "palletised", one, pallet=second) == [("accepted", None)]
    shown = logistics.staff.get(f"/pallets/{first}").json
    assert (shown["cartons"], shown["pieces"], shown["ssccs"]) == (1, 200, [two])
    assert barcodes_of(logistics.staff.get(f"/pallets/{first}/label.pdf").data) == {
        "]C100": f"00{first}".encode(),
        "]Q1ht": f"https://id.gs1.org/00/{first}".encode(),
    }
    none = {"what": "palletised", "pallet": one, "scans": [{"sscc": two}]}
    assert logistics.staff.post("/scans", none).json["detail"] == f"There is no pallet {one}."


def test_the_label_of_a_pallet_tells_who_made_what_stands_on_it_and_where_it_was_built(
    logistics: Logistics,
) -> None:
    here = packed(logistics)
    logistics.hears(a_lot("PWD-2503-001", facility="LPS-PWD"))
    elsewhere = [each["sscc"] for each in logistics.staff.post("/cartons", {"lot": "PWD-2503-001"}).json]
    pallet = logistics.staff.post("/pallets", {"hub": SEMARANG}).json["sscc"]

    def label() -> str:
        return text_of(logistics.staff.get(f"/pallets/{pallet}/label.pdf").data)

    assert "Made in" not in label()
    scan(logistics, "gathered", *here, *elsewhere, hub=SEMARANG)
    scan(logistics, "palletised", here[0], here[1], elsewhere[0], pallet=pallet)
    sragen, purwodadi = (a_facility(code).name for code in (SRAGEN, "LPS-PWD"))
    assert f"Made in Indonesia at {purwodadi}, {sragen} Pallet built at {SEMARANG}" in label()
    assert "DEMO" in label()


def test_a_pallet_is_loaded_as_a_whole_into_its_own_shipment_only(logistics: Logistics) -> None:
    shipment = logistics.planned()
    ssccs = [each["sscc"] for each in logistics.staff.get("/cartons").json]
    pallet = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    scan(logistics, "palletised", *ssccs[:2], pallet=pallet)
    logistics.hears(a_clearance(line=2))
    logistics.gathered(a_lot("PWD-2503-001", line=2, sku="CW-BALL-09", facility="LPS-PWD"))
    other = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    assert scan(logistics, "loaded", pallet, shipment=shipment["number"]) == [("accepted", None)]
    assert scan(logistics, "loaded", pallet, shipment=shipment["number"])[0][0] == "repeated"
    ((outcome, message),) = scan(logistics, "loaded", ssccs[2], shipment=other["number"])
    assert outcome == "refused"
    assert message == (
        f"Carton {ssccs[2]} belongs to shipment {shipment['number']}, not to {other['number']}: do not load it."
    )
    free, *_ = packed(logistics, lot="SRG-2503-009", quantity=200)
    assert "is in no shipment" in str(scan(logistics, "loaded", free, shipment=other["number"])[0][1])


def test_a_pallet_is_loaded_as_a_whole_or_not_at_all(logistics: Logistics) -> None:
    shipment = logistics.planned()
    one, two, three, *_ = [each["sscc"] for each in logistics.staff.get("/cartons").json]
    pallet = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    scan(logistics, "palletised", one, two, pallet=pallet)
    aside = {"what": "quarantined", "ssccs": [two], "reason": "A strand comes loose."}
    assert logistics.staff.post("/cartons/reports", aside).status_code == 200
    outcomes = scan(logistics, "loaded", pallet, three, shipment=shipment["number"])
    assert [outcome for outcome, _ in outcomes] == ["refused", "accepted"]
    assert "is in quarantine" in str(outcomes[0][1])
    with logistics.database.transaction() as session:
        loaded = session.execute(select(carton.c.sscc).where(carton.c.loaded_at.is_not(None))).scalars().all()
    assert loaded == [three]
    assert [each["what"] for each in logistics.staff.get(f"/cartons/{one}/history").json].count("loaded") == 0


def test_only_a_single_carton_that_stands_here_is_weighed(logistics: Logistics) -> None:
    shipment = logistics.booked()
    one, two, *_ = [each["sscc"] for each in logistics.staff.get("/cartons").json]
    pallet = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    scan(logistics, "palletised", one, two, pallet=pallet)
    assert scan(logistics, "weighed", pallet, grams=18_400) == [
        ("refused", f"{pallet} is a pallet: weigh its cartons one by one.")
    ]
    lost = {"what": "lost", "ssccs": [two], "reason": "Not found at the count."}
    assert logistics.staff.post("/cartons/reports", lost).status_code == 200
    assert "was reported lost" in str(scan(logistics, "weighed", two, grams=9_200)[0][1])
    left = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert left.status_code == 200, left.text
    assert scan(logistics, "weighed", one, grams=9_900) == [
        ("refused", f"Carton {one} left in shipment {shipment['number']}: its weight stands in the papers.")
    ]
    assert {each["gross_g"] for each in logistics.staff.get("/cartons").json} == {9_200}


def test_a_carton_that_was_opened_is_weighed_again_among_the_same_scans(logistics: Logistics) -> None:
    sscc, *_ = packed(logistics)
    scans = [
        {"sscc": sscc, "grams": 8_000, "seal": "A1"},
        {"sscc": sscc, "grams": 9_200, "seal": "A2"},
        {"sscc": sscc, "grams": 9_200, "seal": "A2"},
    ]
    answer = logistics.staff.post("/scans", {"what": "weighed", "scans": scans})
    assert [each["outcome"] for each in answer.json] == ["to_reopen", "accepted", "repeated"]
    assert state_of(logistics, sscc) == "packed"


def test_pallets_and_the_way_to_the_hub_stand_in_the_papers_and_in_epcis(logistics: Logistics) -> None:
    ssccs = packed(logistics, quantity=450)
    moved = {"what": "moved", "hub": SEMARANG, "seal": "T-7", "ssccs": ssccs}
    assert logistics.staff.post("/cartons/reports", moved).status_code == 200
    note = text_of(logistics.staff.get("/lots/SRG-2503-001/delivery-note.pdf").data)
    assert "T-7" in note and "Hub: ___" not in note
    scan(logistics, "gathered", *ssccs, hub=SEMARANG)
    pallet = logistics.staff.post("/pallets", {"hub": SEMARANG}).json["sscc"]
    scan(logistics, "palletised", *ssccs[1:], pallet=pallet)
    logistics.hears(a_clearance())
    shipment = logistics.staff.post("/shipments", {"hub": SEMARANG, "destination": "BE"}).json
    one = f"/shipments/{shipment['id']}"
    said = text_of(logistics.staff.get(f"{one}/packing-list.pdf").data)
    assert f"{pallet} 2, 3 2 250 11.500" in said
    assert "Quantity 50 (part carton, full: 200)" in text_of(logistics.staff.get(f"{one}/labels.pdf").data)
    document = logistics.staff.get(f"{one}/epcis").json
    assert errors(document) == []
    events = document["epcisBody"]["eventList"]
    (aggregated,) = [each for each in events if each.get("childEPCs")]
    assert aggregated["parentID"] == epc_urn_of_sscc(pallet)
    assert aggregated["childEPCs"] == [epc_urn_of_sscc(sscc) for sscc in ssccs[1:]]
    assert [each["bizStep"] for each in events if each["type"] == "ObjectEvent"] == [
        "commissioning", "shipping", "arriving", "receiving",
    ]  # fmt: skip


def test_what_came_back_or_was_lost_is_off_its_pallet_and_is_told_where_it_stood(
    logistics: Logistics,
) -> None:
    ssccs = packed(logistics, quantity=450)
    scan(logistics, "gathered", *ssccs, hub=SRAGEN)
    first = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    scan(logistics, "palletised", *ssccs, pallet=first)
    for what in ("lost", "found"):
        report = {"what": what, "ssccs": ssccs[:1], "reason": "Behind the rack."}
        assert logistics.staff.post("/cartons/reports", report).status_code == 200
    scan(logistics, "gathered", *ssccs, hub=SRAGEN)
    assert logistics.counted_in() == [(450, 0), (200, 200)]
    logistics.hears(a_clearance())
    given_up = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    assert logistics.change(given_up, "book", a_booking()).status_code == 200
    for document in logistics.staff.get(f"/shipments/{given_up['id']}").json["documents"]:
        if document["state"] == "missing":
            assert logistics.change(given_up, "documents", a_paper(document["code"])).status_code == 200
    left = logistics.change(given_up, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert left.status_code == 200, left.text
    assert logistics.change(given_up, "cancel", {"reason": "no room"}).status_code == 200
    scan(logistics, "gathered", *ssccs, hub=SEMARANG)
    second = logistics.staff.post("/pallets", {"hub": SEMARANG}).json["sscc"]
    scan(logistics, "palletised", *ssccs, pallet=second)
    scan(logistics, "taken_off", ssccs[0])
    shipment = logistics.staff.post("/shipments", {"hub": SEMARANG, "destination": "BE"}).json
    document = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    events = document["epcisBody"]["eventList"]
    where = {name: place_uri(a_facility(name).gln) for name in (SRAGEN, SEMARANG)}
    stacked = [each for each in events if each.get("childEPCs")]
    assert [
        (each["action"], each["parentID"], len(each["childEPCs"]), each["readPoint"]["id"])
        for each in stacked
    ] == [
        ("ADD", epc_urn_of_sscc(first), 3, where[SRAGEN]),
        ("DELETE", epc_urn_of_sscc(first), 1, where[SRAGEN]),
        ("DELETE", epc_urn_of_sscc(first), 2, where[SRAGEN]),
        ("ADD", epc_urn_of_sscc(second), 3, where[SEMARANG]),
        ("DELETE", epc_urn_of_sscc(second), 1, where[SEMARANG]),
    ]
    times = [datetime.fromisoformat(each["eventTime"]) for each in events]
    assert datetime.fromisoformat(document["creationDate"]) >= max(times)


def test_numbers_begin_with_the_company_prefix_of_the_settings(logistics: Logistics) -> None:
    with pytest.raises(BadSetting, match="KENDI_GS1_PREFIX is '12'; it takes your GS1 company prefix"):
        load("logistics", "web", {**SURROUNDINGS, "KENDI_GS1_PREFIX": "12"})
    settings = load("logistics", "web", {**SURROUNDINGS, "KENDI_GS1_PREFIX": "8991234"})
    serving = logistics.client.application.extensions["kendi"]
    own = replace(serving, settings=replace(serving.settings, gs1_prefix=settings.gs1_prefix))
    logistics.client.application.extensions["kendi"] = own
    shipment = logistics.planned(400)
    ssccs = [each["sscc"] for each in logistics.staff.get("/cartons").json]
    assert all(sscc.startswith("08991234") for sscc in ssccs)
    assert logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"].startswith("18991234")
    document = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    assert errors(document) == []
    assert f"https://id.gs1.org/00/{ssccs[0]}" in document["epcisBody"]["eventList"][0]["epcList"]
    assert "DEMO" not in text_of(logistics.staff.get("/lots/SRG-2503-001/labels.pdf").data)


SURROUNDINGS = {
    "KENDI_LOGISTICS_DATABASE_URL": "postgresql+psycopg://",
    "KENDI_BROKER_URL": "redis://",
    "KENDI_SIGNING_KEYS": f"a:{'00' * 32}",
}


def test_the_database_takes_no_carton_that_is_lost_and_shipped(logistics: Logistics) -> None:
    logistics.planned()
    with (
        pytest.raises(IntegrityError, match="carton_sound_check"),
        logistics.database.transaction() as session,
    ):
        row = session.execute(select(carton.c.sscc)).first()
        assert row
        session.execute(carton.update().where(carton.c.sscc == row.sscc).values(lost_at=carton.c.packed_at))
