"""Cartons are chosen one by one on pages: for a shipment, out of one, and where something is wrong with them."""

import re
from typing import Any
from uuid import UUID

import pytest

from services.logistics.domain.sscc import sscc_uri
from services.logistics.pages import choosing
from services.orders.sentences import sentence
from shared.web.access import KANWIL, LOGISTICS
from shared.web.pagination import cursor_of
from tests.logistics.conftest import (
    CONTAINER,
    SEAL,
    SEMARANG,
    SRAGEN,
    Logistics,
    a_clearance,
    a_lot,
    an_order,
)
from tests.logistics.test_correcting import at, correct, id_of, report, reported
from tests.logistics.test_desk import Visitor
from tests.logistics.test_epcis import errors

HERE = f"/logistics/standing/{SRAGEN}/BE"
STEPS = ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED", "DISCHARGED")
OTHER = UUID(int=43)
REASON = "Torn at a corner, seen at the gate."


@pytest.fixture
def visitor(logistics: Logistics) -> Visitor:
    return Visitor(logistics, LOGISTICS)


def standing(logistics: Logistics) -> list[str]:
    """The cartons of a lot that stand at the hub."""
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    return [each["sscc"] for each in logistics.staff.get("/cartons").json]


def held(logistics: Logistics, shipment: str) -> list[str]:
    return [each["sscc"] for each in logistics.staff.get("/cartons", shipment=shipment).json]


def built(logistics: Logistics, visitor: Visitor, *ssccs: str) -> str:
    """The id of a shipment that was built of these."""
    answer = visitor.submit(HERE, what="build", ssccs=list(ssccs))
    assert answer.status_code == 303, answer.text
    found = re.search(r"/logistics/shipment/([0-9a-f-]{36})", answer.headers["Location"])
    assert found
    return found[1]


def test_a_shipment_is_built_of_the_cartons_that_were_ticked_or_typed(
    logistics: Logistics, visitor: Visitor
) -> None:
    first, second, third, *_ = standing(logistics)
    assert HERE in visitor.open("/logistics/")
    page = visitor.open(HERE)
    assert page.count('type="checkbox"') == len(logistics.staff.get("/cartons").json)
    answer = visitor.submit(HERE, what="build", ssccs=[first], more=f"(00){second}\r\n{third}")
    assert answer.status_code == 303
    (shipment,) = logistics.staff.get("/shipments").json
    assert held(logistics, shipment["id"]) == [first, second, third]
    assert first not in visitor.open(HERE)


def test_a_wrong_number_is_told_and_the_choice_stays(logistics: Logistics, visitor: Visitor) -> None:
    first, second, *_ = standing(logistics)
    wrong = f"{second[:-1]}{(int(second[-1]) + 1) % 10}"
    refused = visitor.submit(HERE, what="build", ssccs=[first], more=wrong)
    assert refused.status_code == 422
    assert f'value="{first}" checked' in refused.text and wrong in refused.text
    assert 'id="field-more-error"' in refused.text
    assert logistics.staff.get("/shipments").json == []
    none = visitor.submit(HERE, what="build")
    assert (none.status_code, "Choose at least one carton." in none.text) == (422, True)


def test_a_choice_is_kept_from_page_to_page(
    logistics: Logistics, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "MOST", 2)
    ssccs = standing(logistics)
    path = f"/logistics/shipment/{built(logistics, visitor, *ssccs)}/cartons"
    first = visitor.open(path)
    assert (ssccs[1] in first, ssccs[2] in first) == (True, False)
    turned = visitor.submit(f"{path}?after={cursor_of(ssccs[1])}", what="look", ssccs=[ssccs[0]])
    assert turned.status_code == 200
    assert re.search(rf"<textarea[^>]*>{ssccs[0]}</textarea>", turned.text)
    assert ssccs[2] in turned.text
    assert visitor.submit(path, what="split", more=ssccs[0], ssccs=[ssccs[2]]).status_code == 303
    new, _ = logistics.staff.get("/shipments").json
    assert held(logistics, new["id"]) == [ssccs[0], ssccs[2]]


def test_cartons_are_left_at_the_hub_or_reported_with_the_reason(
    logistics: Logistics, visitor: Visitor
) -> None:
    ssccs = standing(logistics)
    id = built(logistics, visitor, *ssccs)
    path = f"/logistics/shipment/{id}/cartons"
    assert visitor.submit(path, what="take_out", ssccs=ssccs[:1]).status_code == 303
    without = visitor.submit(path, what="damaged", ssccs=ssccs[1:2])
    assert (without.status_code, 'id="field-reason-error"' in without.text) == (422, True)
    assert f'value="{ssccs[1]}" checked' in without.text
    assert visitor.submit(path, what="damaged", ssccs=ssccs[1:2], reason=REASON).status_code == 303
    assert held(logistics, id) == ssccs[2:]
    states = {each["sscc"]: each["state"] for each in logistics.staff.get("/cartons").json}
    assert (states[ssccs[0]], states[ssccs[1]]) == ("at_hub", "damaged")


def test_what_is_chosen_stays_while_another_lot_is_shown(logistics: Logistics, visitor: Visitor) -> None:
    first, *_ = standing(logistics)
    logistics.gathered(a_lot("SRG-2503-002", quantity=200))
    other = logistics.staff.get("/cartons", lot="SRG-2503-002").json[0]["sscc"]
    path = f"/logistics/shipment/{built(logistics, visitor, first, other)}/cartons"
    form = re.search(r'<form method="post" action="[^"]*/cartons".*?</form>', visitor.open(path), re.DOTALL)
    assert form is not None
    assert '<select id="lot" name="lot">' in form[0] and form[0].count('name="lot"') == 1
    shown = visitor.submit(path, what="look", lot="SRG-2503-002", ssccs=[first]).text
    assert f'value="{other}"' in shown and f'value="{first}"' not in shown
    assert re.search(rf"<textarea[^>]*>\s*{first}\s*</textarea>", shown)


def test_what_stands_elsewhere_is_not_touched_from_here(logistics: Logistics, visitor: Visitor) -> None:
    ssccs = standing(logistics)
    path = f"/logistics/shipment/{built(logistics, visitor, *ssccs[1:])}/cartons"
    refused = visitor.submit(path, what="lost", more=ssccs[0], reason=REASON)
    assert (refused.status_code, f"Carton {ssccs[0]} is not in shipment" in refused.text) == (422, True)
    states = {each["sscc"]: each["state"] for each in logistics.staff.get("/cartons").json}
    assert states[ssccs[0]] == "at_hub"


def test_cartons_and_whole_pallets_are_moved_to_another_hub(logistics: Logistics, visitor: Visitor) -> None:
    ssccs = standing(logistics)
    pallet = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    scans = {"what": "palletised", "pallet": pallet, "scans": [{"sscc": each} for each in ssccs[:2]]}
    assert logistics.staff.post("/scans", scans).status_code == 200
    path = f"/logistics/hub/{SRAGEN}"
    assert path in visitor.open("/logistics/")
    page = visitor.open(f"{path}?lang=en")
    assert page.count('type="checkbox"') == 1 + len(ssccs)
    assert "2 cartons · 400 pieces" in page and f'<option value="{SRAGEN}"' not in page
    to = {"what": "move", "hub": SEMARANG, "seal": "T-7"}
    assert visitor.submit(path, **to, ssccs=[pallet], more=ssccs[2]).status_code == 303
    left = {each["sscc"]: (each["state"], each["seal"]) for each in logistics.staff.get("/cartons").json}
    assert [left[each] for each in ssccs] == [("moved", "T-7")] * 3 + [("at_hub", None)] * (len(ssccs) - 3)
    (told,) = [data for name, data in logistics.told() if name == "cartons_left"]
    assert (told["facility"], told["hub"], told["quantity"]) == (SRAGEN, SEMARANG, 600)
    again = visitor.submit(f"{path}?lang=en", **to, more=ssccs[0], ssccs=[ssccs[3]])
    assert (again.status_code, f"{ssccs[0]} does not stand at {SRAGEN}" in again.text) == (422, True)
    assert f'value="{ssccs[3]}" checked' in again.text and 'value="T-7"' in again.text


def test_nothing_is_moved_from_a_hub_without_a_choice_or_to_where_it_stands(
    logistics: Logistics, visitor: Visitor
) -> None:
    one, *others = standing(logistics)
    path = f"/logistics/hub/{SRAGEN}"
    for told, field in (
        ({"hub": SEMARANG}, "more"),
        ({"hub": SRAGEN, "ssccs": [one]}, "to-hub"),
        ({"hub": "LPS-PWD", "ssccs": [one]}, "to-hub"),
        ({"hub": SEMARANG, "ssccs": [one], "seal": "7" * 41}, "seal"),
    ):
        refused = visitor.submit(path, what="move", **told)
        assert (refused.status_code, f"{field}-error" in refused.text) == (422, True), told
    built(logistics, visitor, one)
    assert f'value="{one}"' not in visitor.open(path)
    taken = visitor.submit(path, what="move", hub=SEMARANG, more=one)
    assert (taken.status_code, "take it out of that" in taken.text) == (422, True)
    assert {each["state"] for each in logistics.staff.get("/cartons").json} == {"in_shipment", "at_hub"}
    visitor.open("/logistics/hub/LPS-XXX", status=404)
    looked = visitor.submit(path, what="look", ssccs=others[:1], hub=SEMARANG)
    assert (looked.status_code, f'value="{others[0]}" checked' in looked.text) == (200, True)


def test_the_regional_office_sees_the_cartons_and_chooses_none(logistics: Logistics) -> None:
    shipment = logistics.planned()
    office, path = Visitor(logistics, KANWIL), f"/logistics/shipment/{shipment['id']}/cartons"
    assert held(logistics, shipment["id"])[0] in office.open(path)
    assert 'type="checkbox"' not in office.open(path)
    there = office.open(f"/logistics/hub/{SRAGEN}")
    assert ("No carton stands here." in there, 'type="checkbox"' in there) == (True, False)
    assert office.submit(path, what="take_out", ssccs=held(logistics, shipment["id"])[:1]).status_code == 403


def discharged(logistics: Logistics) -> tuple[dict[str, Any], list[str]]:
    shipment = logistics.booked()
    ssccs = held(logistics, shipment["id"])
    logistics.arrived_yesterday()
    left = {"container": CONTAINER, "seal": SEAL, "sealed_at": at(-9)}
    assert logistics.change(shipment, "dispatch", left).status_code == 200
    for hours, code in enumerate(STEPS, start=-8):
        reported(logistics, shipment, milestone=code, occurred_at=at(hours))
    return shipment, ssccs


def test_a_short_landing_names_its_cartons_to_staff_and_buyer_until_they_are_there(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment, ssccs = discharged(logistics)
    path = f"/logistics/shipment/{shipment['id']}"
    told = {"place": "BEANR", "occurred_at": "2099-01-01T10:00"}
    early = visitor.submit(f"{path}/cartons", what="short_landed", ssccs=ssccs[:2], **told)
    assert (early.status_code, 'id="field-occurred_at-error"' in early.text) == (422, True)
    now = re.search(r'value="([^"]+)"[^>]*name="occurred_at"', visitor.open(f"{path}/cartons"))
    assert now is not None
    there = {"place": "BEANR", "occurred_at": now[1]}
    assert visitor.submit(f"{path}/cartons", what="short_landed", ssccs=ssccs[:2], **there).status_code == 303
    assert logistics.staff.get(f"/shipments/{shipment['id']}").json["short"] == ssccs[:2]
    for each in (path, f"{path}/cartons"):
        assert f"{ssccs[0]}, {ssccs[1]}" in visitor.open(each)
    event = next(data for name, data in logistics.told() if name == "milestone_recorded" and data["short"])
    assert [each["sscc"] for each in event["short"]] == ssccs[:2]
    pieces = {each["sscc"]: each["pieces"] for each in logistics.staff.get("/cartons").json}
    assert sum(part["quantity"] for part in event["lines"]) == sum(pieces[each] for each in ssccs[:2])
    said = sentence("kendi.logistics.milestone_recorded.v1", event, {}, "en")
    assert f"pieces are short, in cartons {ssccs[0]}, {ssccs[1]}" in said
    found = logistics.record(shipment, "LANDED_IN_FULL")
    assert found.json["short"] == []
    assert "Short-landed and not there yet" not in visitor.open(path)


def test_only_orders_that_lack_something_hear_of_a_short_landing_and_of_its_end(logistics: Logistics) -> None:
    logistics.hears(
        an_order(order_id=OTHER, po_number="PO-2025-0002"),
        a_clearance(order_id=OTHER, purpose="produce"),
        a_clearance(order_id=OTHER),
    )
    logistics.gathered(a_lot("SRG-2503-002", order_id=OTHER))
    shipment, ssccs = discharged(logistics)
    assert len(ssccs) == 10
    theirs = [each["sscc"] for each in logistics.staff.get("/cartons", lot="SRG-2503-002").json]
    for code, more in (("SHORT_LANDED", {"ssccs": theirs[:1]}), ("LANDED_IN_FULL", {})):
        shown = reported(logistics, shipment, milestone=code, occurred_at=at(-1), **more)
        report_id = id_of(shown, code)
    undone = correct(logistics, shipment, report_id, reason="did_not_occur")
    assert undone.json["short"] == theirs[:1]
    wrong = correct(logistics, shipment, id_of(undone.json, "SHORT_LANDED"), reason="did_not_occur")
    assert wrong.json["overlays"] == []
    told = [data for name, data in logistics.told() if name in ("milestone_recorded", "milestone_corrected")]
    assert [each["milestone"] for each in told[-4:]] == [
        "SHORT_LANDED",
        "LANDED_IN_FULL",
        "LANDED_IN_FULL",
        "SHORT_LANDED",
    ]
    for event in told[-4:]:
        assert [(part["order_id"], part["quantity"]) for part in event["lines"]] == [(str(OTHER), 200)]


def test_only_a_short_landing_names_cartons_and_only_those_of_the_shipment(logistics: Logistics) -> None:
    shipment, ssccs = discharged(logistics)
    other = report(logistics, shipment, milestone="IMPORT_CLEARED", occurred_at=at(0), ssccs=ssccs[:1])
    unknown = report(
        logistics, shipment, milestone="SHORT_LANDED", occurred_at=at(0), ssccs=["095299000000099996"]
    )
    for refused in (other, unknown):
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "ssccs")
    when = at(0)
    named = report(logistics, shipment, milestone="SHORT_LANDED", occurred_at=when, ssccs=ssccs[:1])
    again = report(logistics, shipment, milestone="SHORT_LANDED", occurred_at=when, ssccs=ssccs[:1])
    more = report(logistics, shipment, milestone="SHORT_LANDED", occurred_at=when, ssccs=ssccs[1:2])
    assert [named.status_code, again.status_code, more.status_code] == [200, 200, 422]
    assert again.json["short"] == ssccs[:1]


def received(logistics: Logistics, shipment: dict[str, Any]) -> dict[str, list[list[str]]]:
    """The cartons of each event by which some were received or taken out of the container, but for those in error."""
    document = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    assert errors(document) == []
    events = document["epcisBody"]["eventList"]
    wrong = {event["eventID"] for event in events if "errorDeclaration" in event}
    ids = {event["eventID"] for event in events}
    for event in events:
        assert ids.issuperset(event.get("errorDeclaration", {}).get("correctiveEventIDs", []))
    found: dict[str, list[list[str]]] = {"receiving": [], "unpacking": []}
    for event in events:
        abroad = event["readPoint"]["id"].endswith("BEANR")
        if event["bizStep"] in found and abroad and event["eventID"] not in wrong:
            found[event["bizStep"]].append(event.get("epcList") or event["childEPCs"])
    return found


def both(*cartons: list[str]) -> dict[str, list[list[str]]]:
    uris = [[sscc_uri(each) for each in together] for together in cartons]
    return {"receiving": uris, "unpacking": uris}


def arrived(logistics: Logistics) -> list[str]:
    data = next(data for name, data in logistics.told() if name == "shipment_delivered")
    return [each["sscc"] for each in data["arrived"]]


def told_of(logistics: Logistics, shipment: dict[str, Any], **milestones: float) -> dict[str, Any]:
    """What a port abroad tells, so many hours from now; the shipment after the last of it."""
    for code, hours in milestones.items():
        shown = reported(logistics, shipment, milestone=code, occurred_at=at(hours), place="BEANR")
    return shown


def missed(
    logistics: Logistics, shipment: dict[str, Any], ssccs: list[str], hours: float = -1.9
) -> dict[str, Any]:
    """The port abroad misses these cartons."""
    short = {"milestone": "SHORT_LANDED", "occurred_at": at(hours), "ssccs": ssccs, "place": "BEANR"}
    return reported(logistics, shipment, **short)


def test_what_was_short_landed_is_not_received_with_the_others_but_when_it_is_there(
    logistics: Logistics,
) -> None:
    shipment, ssccs = discharged(logistics)
    missed(logistics, shipment, ssccs[:2])
    told_of(logistics, shipment, IMPORT_CLEARED=-1.8, DELIVERED=-1.7)
    assert arrived(logistics) == ssccs[2:]
    assert received(logistics, shipment) == both(ssccs[2:])
    shown = told_of(logistics, shipment, LANDED_IN_FULL=-1)
    assert received(logistics, shipment) == both(ssccs[2:], ssccs[:2])
    undone = correct(logistics, shipment, id_of(shown, "LANDED_IN_FULL"), reason="did_not_occur")
    assert undone.status_code == 200
    assert received(logistics, shipment) == both(ssccs[2:])


def test_what_was_found_before_the_delivery_is_received_with_it(logistics: Logistics) -> None:
    shipment, ssccs = discharged(logistics)
    missed(logistics, shipment, ssccs[:2])
    told_of(logistics, shipment, LANDED_IN_FULL=-1.85, IMPORT_CLEARED=-1.8, DELIVERED=-1.7)
    assert arrived(logistics) == ssccs
    assert received(logistics, shipment) == both(ssccs)


def test_what_was_found_between_the_stripping_and_the_delivery_is_out_of_the_container_with_it(
    logistics: Logistics,
) -> None:
    shipment, ssccs = discharged(logistics)
    missed(logistics, shipment, ssccs[:2])
    way = {"IMPORT_CLEARED": -1.8, "STRIPPED": -1.75, "LANDED_IN_FULL": -1.72, "DELIVERED": -1.7}
    shown = told_of(logistics, shipment, **way)
    others, found = both(ssccs[2:])["unpacking"], both(ssccs[:2])["unpacking"]
    assert received(logistics, shipment) == {**both(ssccs), "unpacking": others + found}
    undone = correct(logistics, shipment, id_of(shown, "STRIPPED"), reason="did_not_occur")
    assert undone.status_code == 200, undone.text
    assert received(logistics, shipment) == both(ssccs)


def test_what_was_stripped_is_taken_out_once_and_what_is_found_later_when_it_is_there(
    logistics: Logistics,
) -> None:
    shipment, ssccs = discharged(logistics)
    missed(logistics, shipment, ssccs[:2])
    told_of(logistics, shipment, IMPORT_CLEARED=-1.8, STRIPPED=-1.75, DELIVERED=-1.7)
    assert received(logistics, shipment) == both(ssccs[2:])
    told_of(logistics, shipment, LANDED_IN_FULL=-1)
    assert received(logistics, shipment) == both(ssccs[2:], ssccs[:2])


def test_what_is_learnt_after_the_delivery_to_be_missing_is_declared_in_its_events(
    logistics: Logistics,
) -> None:
    shipment, ssccs = discharged(logistics)
    shown = told_of(logistics, shipment, IMPORT_CLEARED=-1.8, DELIVERED=-1.7)
    before = [event["eventID"] for event in epcis(logistics, shipment)]
    missing = id_of(missed(logistics, shipment, ssccs[:1], hours=-1), "SHORT_LANDED")
    assert received(logistics, shipment) == both(ssccs[1:])
    assert set(before) < {event["eventID"] for event in epcis(logistics, shipment)}
    right = {"reason": "incorrect_data", "occurred_at": at(-1.5), "place": "BEANR"}
    assert correct(logistics, shipment, id_of(shown, "DELIVERED"), **right).status_code == 200
    assert received(logistics, shipment) == both(ssccs[1:])
    assert correct(logistics, shipment, missing, reason="did_not_occur").status_code == 200
    assert received(logistics, shipment) == both(ssccs)


def test_of_a_shipment_that_lacks_all_of_its_cartons_none_is_received(logistics: Logistics) -> None:
    shipment, ssccs = discharged(logistics)
    told_of(logistics, shipment, IMPORT_CLEARED=-1.8, DELIVERED=-1.7)
    missed(logistics, shipment, ssccs)
    assert received(logistics, shipment) == both()


def epcis(logistics: Logistics, shipment: dict[str, Any]) -> list[dict[str, Any]]:
    found = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json["epcisBody"]["eventList"]
    assert isinstance(found, list)
    return found
