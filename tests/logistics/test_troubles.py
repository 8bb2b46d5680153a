"""What goes wrong on the way: how it is reported, where it is read, who is told, and how it ends."""

import re
from typing import Any

import pytest

from services.orders.sentences import MILESTONES, sentence
from shared import reference
from shared.web.access import LOGISTICS
from tests.clock import in_days, now
from tests.logistics.conftest import SEAL, Logistics, a_booking, a_declaration, a_paper
from tests.logistics.test_correcting import at, correct, id_of, report, reported, sealed
from tests.logistics.test_desk import Visitor
from tests.logistics.test_schedule_and_tracking import BECAUSE, expect, follow

__all__ = ["sealed"]

RED, HELD, SHORT, DETAINED, BACK = (
    "CUSTOMS_RED_LANE", "QUARANTINE_HOLD", "SHORT_LANDED", "DETAINED_AT_DEST", "RETURNED",
)  # fmt: skip


@pytest.fixture
def visitor(logistics: Logistics) -> Visitor:
    return Visitor(logistics, LOGISTICS)


def on_the_way(logistics: Logistics, last: str) -> dict[str, Any]:
    shipment = logistics.booked()
    follow(logistics, shipment, last)
    return shipment


def overlays(logistics: Logistics, shipment: dict[str, Any]) -> list[str]:
    shown: list[str] = logistics.staff.get(f"/shipments/{shipment['id']}").json["overlays"]
    return shown


def badges(page: str) -> list[str]:
    return re.findall(r'<span class="state bad">([^<]+)</span>', page)


def read_everywhere(visitor: Visitor, shipment: dict[str, Any], code: str) -> bool:
    """Whether desk, shipment's page and tracking tell it, in both languages; or none of them does."""
    told = {
        MILESTONES[code][which] in badges(visitor.open(f"{path}?lang={language}"))
        for which, language in enumerate(("en", "id"))
        for path in ("/logistics/", f"/logistics/shipment/{shipment['id']}", shipment["tracking_url"])
    }
    assert len(told) == 1, (code, told)
    return told.pop()


@pytest.mark.parametrize(
    ("code", "after", "ender", "barred"),
    [
        (RED, "PEB_SUBMITTED", "NPE_ISSUED", None),
        (HELD, "GATE_IN", "QUARANTINE_RELEASED", "LOADED"),
        (SHORT, "DISCHARGED", "LANDED_IN_FULL", None),
        (DETAINED, "DISCHARGED", "IMPORT_CLEARED", None),
    ],
)
def test_trouble_is_read_everywhere_until_it_ends_and_the_order_is_told_of_both(
    logistics: Logistics, visitor: Visitor, code: str, after: str, ender: str, barred: str | None
) -> None:
    shipment = on_the_way(logistics, after)
    assert not read_everywhere(visitor, shipment, code)
    before = logistics.staff.get(f"/shipments/{shipment['id']}").json["state"]
    assert logistics.record(shipment, code).json["state"] == before
    assert overlays(logistics, shipment) == [code]
    assert read_everywhere(visitor, shipment, code)
    if barred:
        refused = logistics.record(shipment, barred)
        assert (refused.status_code, code in refused.json["detail"]) == (422, True)
    assert logistics.record(shipment, ender).status_code == 200
    assert overlays(logistics, shipment) == []
    assert not read_everywhere(visitor, shipment, code)
    told = [data for name, data in logistics.told() if name == "milestone_recorded"][-2:]
    assert [each["milestone"] for each in told] == [code, ender]
    type = "kendi.logistics.milestone_recorded.v1"
    for which, language in enumerate(("en", "id")):
        assert sentence(type, told[0], {}, language) == f"{MILESTONES[code][which]}: IDSRG"


def test_what_is_sent_back_is_not_delivered_and_leaves_the_desk_once_received(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = on_the_way(logistics, "DISCHARGED")
    logistics.record(shipment, DETAINED)
    assert logistics.record(shipment, BACK).json["overlays"] == [BACK]
    assert read_everywhere(visitor, shipment, BACK)
    tracking = logistics.client.get(f"{shipment['tracking_url']}?lang=en").text
    assert "Cleared for import" not in tracking
    for code in ("IMPORT_CLEARED", "DELIVERED"):
        assert logistics.record(shipment, code).status_code == 422
    assert 'Under way and delivered <span class="hint">1 under way</span>' in visitor.open(
        "/logistics/?lang=en"
    )
    received = logistics.record(shipment, "RETURN_RECEIVED")
    assert (received.status_code, received.json["overlays"]) == (200, [BACK])
    assert 'Under way and delivered <span class="hint">0 under way</span>' in visitor.open(
        "/logistics/?lang=en"
    )
    id = received.json["milestones"][-1]["id"]
    undone = {"corrects": id, "reason": "did_not_occur", "because": BECAUSE}
    assert logistics.change(shipment, "milestones", undone).status_code == 422
    assert logistics.staff.get("/shipments").json[0]["overlays"] == [BACK]


def test_trouble_that_was_none_is_corrected_and_ends(logistics: Logistics, visitor: Visitor) -> None:
    shipment = on_the_way(logistics, "DISCHARGED")
    id = logistics.record(shipment, DETAINED).json["milestones"][-1]["id"]
    none = {"corrects": id, "reason": "did_not_occur", "because": BECAUSE}
    assert logistics.change(shipment, "milestones", none).json["overlays"] == []
    assert not read_everywhere(visitor, shipment, DETAINED)


def test_trouble_comes_again_but_not_after_what_ended_it_for_good(logistics: Logistics) -> None:
    shipment = on_the_way(logistics, "GATE_IN")
    for code, held in (
        (HELD, [HELD]),
        ("QUARANTINE_RELEASED", []),
        (HELD, [HELD]),
        ("QUARANTINE_RELEASED", []),
    ):
        assert logistics.record(shipment, code).json["overlays"] == held
    refused = logistics.record(shipment, RED)
    assert (refused.status_code, "can't be with NPE_ISSUED" in refused.json["detail"]) == (422, True)
    relieved = logistics.record(shipment, "LANDED_IN_FULL")
    assert "can't be before SHORT_LANDED" in relieved.json["detail"]


def test_the_page_offers_what_may_go_wrong_now_and_how_it_ends(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = on_the_way(logistics, "GATE_IN")
    path = f"/logistics/shipment/{shipment['id']}"
    assert 'value="QUARANTINE_HOLD"' in visitor.open(path) and 'value="CUSTOMS_RED' not in visitor.open(path)
    logistics.record(shipment, HELD)
    page = visitor.open(path)
    assert 'value="QUARANTINE_RELEASED"' in page and 'value="QUARANTINE_HOLD"' not in page
    assert '<option value="LOADED"' not in page


def test_goods_that_were_rolled_are_called_so_until_they_are_loaded(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = logistics.booked()
    later = {"etd": in_days(15).isoformat(), "vessel": "MV Later", "voyage": "026E", "reason": "rolled"}
    assert expect(logistics, shipment, **later).json["overlays"] == ["ROLLED"]
    expect(logistics, shipment, eta=in_days(53).isoformat())
    for path in ("/logistics/", f"/logistics/shipment/{shipment['id']}", shipment["tracking_url"]):
        assert "rolled to a later vessel" in badges(visitor.open(f"{path}?lang=en"))
        assert "dialihkan ke kapal berikutnya" in badges(visitor.open(f"{path}?lang=id"))
    data = next(data for name, data in logistics.told() if name == "shipment_rescheduled")
    said = sentence("kendi.logistics.shipment_rescheduled.v1", data, {}, "en")
    assert "MV Later 026E" in said and "put on a later vessel" in said
    follow(logistics, shipment, "LOADED")
    assert overlays(logistics, shipment) == []


def test_what_is_loaded_goes_with_no_other_vessel(logistics: Logistics) -> None:
    shipment = on_the_way(logistics, "LOADED")
    later = {"etd": in_days(15).isoformat(), "reason": "rolled"}
    for changes in (later, {"vessel": "MV Later"}):
        refused = expect(logistics, shipment, **changes)
        assert (refused.status_code, "is loaded on MV Example" in refused.text) == (422, True)
    assert expect(logistics, shipment, etd=in_days(8).isoformat()).status_code == 200


@pytest.mark.parametrize(
    ("after", "edifact", "code"),
    [
        ("PEB_SUBMITTED", "17", RED),
        ("GATE_IN", "90", HELD),
        ("DISCHARGED", "17", DETAINED),
        ("DISCHARGED", "90", DETAINED),
        ("DISCHARGED", "85", SHORT),
        ("VESSEL_DEPARTED", "82", BACK),
        ("GATE_IN", "57", "NOT_LOADED"),
        ("GATE_IN", "86", "NOT_LOADED"),
        ("DISCHARGED", "73", SHORT),
        ("DISCHARGED", "18", "GOODS_DAMAGED"),
    ],
)
def test_carriers_call_trouble_by_their_codes(
    logistics: Logistics, after: str, edifact: str, code: str
) -> None:
    shipment = on_the_way(logistics, after)
    assert report(logistics, shipment, edifact=edifact).json["overlays"] == [code]


def test_a_booking_that_the_carrier_cancelled_and_a_delay_are_read_until_they_are_over(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = logistics.booked()
    for edifact, code in (("7", "BOOKING_CANCELLED"), ("25", "DEPARTURE_DELAYED")):
        assert code in report(logistics, shipment, edifact=edifact).json["overlays"]
        assert read_everywhere(visitor, shipment, code)
    assert report(logistics, shipment, edifact="6").json["errors"][0]["field"] == "edifact"
    assert overlays(logistics, shipment) == ["DEPARTURE_DELAYED", "BOOKING_CANCELLED"]
    later = logistics.change(shipment, "book", a_booking(vessel="MV Later")).json
    assert later["overlays"] == ["DEPARTURE_DELAYED"]
    assert later["milestones"][-1]["milestone"] == "BOOKED_ANEW"
    follow(logistics, shipment, "VESSEL_DEPARTED")
    assert overlays(logistics, shipment) == []
    assert report(logistics, shipment, edifact="101").json["overlays"] == ["TRANSIT_DELAYED"]
    assert logistics.record(shipment, "DISCHARGED", "BEANR").json["overlays"] == []


def test_a_container_leaves_the_port_and_is_emptied_before_the_goods_are_received(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = on_the_way(logistics, "DISCHARGED")
    page = visitor.open(f"/logistics/shipment/{shipment['id']}")
    assert '<option value="IMPORT_CLEARED" selected' in page
    assert logistics.record(shipment, "IMPORT_CLEARED", "BEANR").status_code == 200
    for names, state in (
        ({"dcsa": "GTOT"}, "gate_out"),
        ({"dcsa": "STRP"}, "stripped"),
        ({"edifact": "72"}, "delivered"),
    ):
        answer = report(logistics, shipment, **names, place="BEANR")
        assert (answer.status_code, answer.json["state"]) == (200, state), answer.text
        page = visitor.open(f"/logistics/shipment/{shipment['id']}")
        assert ('<option value="DELIVERED" selected' in page) is (state != "delivered")
    events = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json["epcisBody"]["eventList"]
    told = [(each["bizStep"], each["type"]) for each in events][-4:]
    assert told == [
        ("other", "ObjectEvent"),
        ("departing", "ObjectEvent"),
        ("unpacking", "AggregationEvent"),
        ("receiving", "ObjectEvent"),
    ]


def test_what_customs_opened_is_sealed_anew_once_its_cartons_were_read_again(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = logistics.booked()
    opened, another, *_ = (each["sscc"] for each in logistics.staff.get("/cartons").json)
    asked = {"seal": "id000124", "reason": "Red lane.", "ssccs": [opened]}
    assert "is not sealed yet" in logistics.change(shipment, "reseal", asked).text
    follow(logistics, shipment, "PEB_SUBMITTED")
    for changes, field in (
        ({"ssccs": ["095299000000009995"]}, "ssccs"),
        ({"ssccs": []}, "ssccs"),
        ({"seal": SEAL}, "seal"),
    ):
        refused = logistics.change(shipment, "reseal", {**asked, **changes})
        assert refused.status_code == 422
        assert refused.json["errors"][0]["field"] == field
    resealed = logistics.change(shipment, "reseal", asked)
    assert (resealed.status_code, resealed.json["seal"]) == (200, "ID000124"), resealed.text
    path = f"/logistics/shipment/{shipment['id']}"
    wrong = visitor.submit(f"{path}/reseal", seal="ID000125", reason="Opened again.", ssccs="1")
    assert (wrong.status_code, "Opened again." in wrong.text) == (422, True)
    both = f"{opened}\r\n(00){another}"
    assert (
        visitor.submit(f"{path}/reseal", seal="ID000125", reason="Opened again.", ssccs=both).status_code
        == 303
    )
    page = visitor.open(f"{path}?lang=en")
    assert all(f"in place of seal {former}" in page for former in (SEAL, "ID000124"))
    kept = logistics.staff.get(f"/shipments/{shipment['id']}").json["reseals"]
    assert [(each["former"], each["seal"], each["ssccs"]) for each in kept] == [
        (SEAL, "ID000124", [opened]),
        ("ID000124", "ID000125", sorted([opened, another])),
    ]


def test_goods_go_with_another_vessel_only_once_their_peb_names_it(logistics: Logistics) -> None:
    shipment = logistics.change(logistics.planned(), "book", a_booking(etd=in_days(6).isoformat())).json
    for document in shipment["documents"]:
        if document["state"] == "missing" and document["code"] not in ("PEB", "NPE"):
            logistics.change(shipment, "documents", a_paper(document["code"]))
    filed = logistics.change(shipment, "declaration", a_declaration())
    assert filed.status_code in (200, 201), filed.text
    later = {"etd": in_days(9).isoformat(), "vessel": "MV Later", "voyage": "026E", "reason": "rolled"}
    refused = expect(logistics, shipment, **later)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "vessel"
    assert "MV Example 025E" in refused.json["detail"]
    assert logistics.change(shipment, "book", a_booking(vessel="MV Later")).status_code == 422
    assert expect(logistics, shipment, etd=in_days(7).isoformat()).status_code == 200
    corrected = logistics.change(shipment, "declaration/correct", {"vessel": "MV Later", "voyage": "026E"})
    assert corrected.status_code == 200, corrected.text
    assert expect(logistics, shipment, **later).json["vessel"] == "MV Later"


def test_orders_tells_milestones_in_the_words_of_the_reference() -> None:
    rows = {row.code: (row.name_en, row.name_id) for row in reference.milestones()}
    codes = list(rows)
    assert {code: rows[code] for code in codes[codes.index("FUMIGATED") :]} == MILESTONES


def test_what_holds_for_good_is_refused_after_what_it_bars_however_late_it_is_told(
    logistics: Logistics,
) -> None:
    shipment = on_the_way(logistics, "VESSEL_DEPARTED")
    earlier = now().isoformat()
    for code in ("DISCHARGED", "IMPORT_CLEARED", "DELIVERED"):
        assert logistics.record(shipment, code).status_code == 200
    late = report(logistics, shipment, milestone=BACK, occurred_at=earlier)
    assert (late.status_code, "RETURNED can't be with IMPORT_CLEARED" in late.json["detail"]) == (422, True)
    assert overlays(logistics, shipment) == []


def test_a_step_is_barred_by_what_held_when_it_was_and_not_by_what_was_told_before(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    reported(logistics, sealed, milestone="GATE_IN", occurred_at=at(-2.5))
    reported(logistics, sealed, milestone=HELD, occurred_at=at(-1))
    during = report(logistics, sealed, milestone="LOADED", occurred_at=at(-0.5))
    assert (during.status_code, HELD in during.json["detail"]) == (422, True)
    assert report(logistics, sealed, milestone="LOADED", occurred_at=at(-2)).status_code == 200
    before = report(logistics, sealed, milestone=HELD, occurred_at=at(-2.2))
    assert (before.status_code, HELD in before.json["detail"]) == (422, True)


def test_trouble_that_was_learnt_late_is_told_once_what_ended_it_is(
    logistics: Logistics, visitor: Visitor, sealed: dict[str, Any]
) -> None:
    for code, hours in (("GATE_IN", -2.5), ("LOADED", -1)):
        reported(logistics, sealed, milestone=code, occurred_at=at(hours))
    held = {"milestone": HELD, "occurred_at": at(-2)}
    alone = report(logistics, sealed, **held)
    assert (alone.status_code, "report first what ended it" in alone.json["detail"]) == (422, True)
    too_late = report(logistics, sealed, milestone="QUARANTINE_RELEASED", occurred_at=at(-0.5))
    assert (too_late.status_code, f"record {HELD} first" in too_late.json["detail"]) == (422, True)
    page = visitor.open(f"/logistics/shipment/{sealed['id']}")
    assert all(f'<option value="{code}"' in page for code in (HELD, "QUARANTINE_RELEASED"))
    reported(logistics, sealed, milestone="QUARANTINE_RELEASED", occurred_at=at(-1.5))
    again = report(logistics, sealed, milestone=HELD, occurred_at=at(-1.2))
    assert (again.status_code, HELD in again.json["detail"]) == (422, True)
    shown = reported(logistics, sealed, **held)
    assert [each["milestone"] for each in shown["milestones"]][-3:] == [
        HELD, "QUARANTINE_RELEASED", "LOADED",
    ]  # fmt: skip
    assert overlays(logistics, sealed) == []


def test_a_short_landing_is_told_after_the_shipment_was_closed(logistics: Logistics) -> None:
    shipment = on_the_way(logistics, "DISCHARGED")
    landed, found = (now().isoformat() for _ in range(2))
    for code in ("IMPORT_CLEARED", "DELIVERED", "CLOSED"):
        assert logistics.record(shipment, code).status_code == 200
    for code, moment in (("LANDED_IN_FULL", found), (SHORT, landed)):
        assert report(logistics, shipment, milestone=code, occurred_at=moment).status_code == 200
    assert overlays(logistics, shipment) == []


def test_what_ended_trouble_is_not_taken_back_while_what_it_barred_stands(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    for code, hours in (("GATE_IN", -2.5), (HELD, -2), ("QUARANTINE_RELEASED", -1.5), ("LOADED", -1)):
        shown = reported(logistics, sealed, milestone=code, occurred_at=at(hours))
    undone = correct(logistics, sealed, id_of(shown, "QUARANTINE_RELEASED"), reason="did_not_occur")
    assert (undone.status_code, HELD in undone.json["detail"]) == (422, True)
    assert overlays(logistics, sealed) == []


def test_goods_are_received_back_once(logistics: Logistics, visitor: Visitor) -> None:
    shipment = on_the_way(logistics, "VESSEL_DEPARTED")
    for code in (BACK, "RETURN_RECEIVED"):
        assert logistics.record(shipment, code).status_code == 200
    again = logistics.record(shipment, "RETURN_RECEIVED")
    assert (again.status_code, "recorded before" in again.json["detail"]) == (422, True)
    page = visitor.open(f"/logistics/shipment/{shipment['id']}")
    assert 'value="RETURN_RECEIVED"' not in page
    assert 'id="schedule"' not in page
    tomorrow = in_days(1).isoformat()
    late = visitor.submit(
        f"/logistics/shipment/{shipment['id']}/schedule", eta=tomorrow, reason="weather", because=BECAUSE
    )
    assert (late.status_code, "its way is over" in late.text) == (422, True)


def test_trouble_that_is_learnt_late_is_called_by_when_it_was(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    for code, hours in (("GATE_IN", -2.5), ("QUARANTINE_HOLD", -2.4), ("QUARANTINE_RELEASED", -1.5)):
        reported(logistics, sealed, milestone=code, occurred_at=at(hours))
    for code, hours in (("LOADED", -1), ("VESSEL_DEPARTED", -0.5)):
        reported(logistics, sealed, milestone=code, occurred_at=at(hours))
    shown = reported(logistics, sealed, edifact="90", occurred_at=at(-2))
    assert [each["milestone"] for each in shown["milestones"]].count(HELD) == 2
