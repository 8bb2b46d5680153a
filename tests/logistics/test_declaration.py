"""The export declaration: when it can be filed, what can't be corrected in it, and by when its cancelling is reported."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.logistics.domain.deadlines import Days, due_on, urgency
from services.logistics.domain.declaration import FIXED, Declaration, Particulars
from shared.clock import advance
from shared.refusal import Refused
from shared.web.access import LOGISTICS
from tests.clock import in_days, today
from tests.logistics.conftest import CONTAINER, SEAL, Logistics, a_booking, a_declaration, a_paper
from tests.logistics.test_desk import Visitor
from tests.logistics.test_papers import text_of
from tests.logistics.test_schedule_and_tracking import follow
from tests.logistics.test_withholding import to_liege

ETD = date(2025, 3, 30)


def filed(on: date = ETD - timedelta(days=5)) -> Declaration:
    return Declaration.filed(Particulars(**a_declaration()), etd=ETD, today=on)


@pytest.fixture
def shipment(logistics: Logistics) -> dict[str, Any]:
    """Booked to leave in five days, with what the declaration rests on."""
    planned = logistics.planned()
    logistics.change(planned, "book", a_booking(etd=in_days(5).isoformat()))
    booked: dict[str, Any] = logistics.change(planned, "documents", a_paper("NIB")).json
    return booked


def states(shipment: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["state"] for each in shipment["documents"]}


def test_the_window_opens_seven_days_before_the_departure() -> None:
    with pytest.raises(Refused, match="from 2025-03-23 on"):
        filed(on=date(2025, 3, 22))
    assert filed(on=date(2025, 3, 23)).in_force


@pytest.mark.parametrize("name", FIXED)
def test_what_can_not_be_corrected_is_refused_by_its_name_and_nothing_changes(name: str) -> None:
    declaration = filed()
    with pytest.raises(Refused, match="cancel 060100-000042 and file a new one") as refusal:
        declaration.correct({name: "another", "vessel": "MV Other"}, today=ETD)
    assert refusal.value.field == name
    assert declaration.vessel == "MV Example"
    declaration.correct({name: getattr(declaration, name), "vessel": "MV Other"}, today=ETD)
    assert declaration.vessel == "MV Other"


def test_a_registration_has_its_day_and_a_cancellation_three_to_be_reported() -> None:
    declaration = filed()
    with pytest.raises(Refused, match="with its day"):
        declaration.correct({"registration": "017"}, today=ETD)
    assert declaration.report_by is None
    declaration.cancel("wrong office", today=ETD)
    assert declaration.report_by == date(2025, 4, 2)
    with pytest.raises(Refused, match="from 2025-03-30"):
        declaration.report(date(2025, 3, 29), today=ETD)
    declaration.report(ETD, today=ETD)
    with pytest.raises(Refused, match="no cancellation that waits"):
        declaration.report(ETD, today=ETD)


@pytest.mark.parametrize(
    ("needed_by", "due"),
    [
        ("ETD-7", date(2025, 3, 23)),
        ("CLOSING", date(2025, 3, 29)),
        ("ETD+3", date(2025, 4, 2)),
        ("ETA-1", date(2025, 5, 3)),
        (None, None),
    ],
)
def test_the_last_day_is_counted_from_the_booking(needed_by: str | None, due: date | None) -> None:
    days = Days(etd=ETD, closing=date(2025, 3, 29), eta=date(2025, 5, 4))
    assert due_on(needed_by, days) == due
    assert due_on(needed_by, Days()) is None


def test_the_bl_number_is_called_for_on_the_second_of_three_days() -> None:
    due = due_on("ETD+3", Days(etd=ETD))
    told = [urgency(due, ETD + timedelta(days=passed)) for passed in range(5)]
    assert told == [None, None, "soon", "soon", "overdue"]


def test_a_shipment_counts_from_the_day_on_which_it_left(logistics: Logistics) -> None:
    shipment = logistics.booked()
    assert (
        logistics.change(shipment, "dispatch", {"container": "CSQU3054383", "seal": "1"}).status_code == 200
    )
    for milestone in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED"):
        left = logistics.record(shipment, milestone)
        assert left.status_code == 200, left.text
    due = {each["code"]: each["due_on"] for each in left.json["documents"]}
    assert due["PEB-BL"] == in_days(3).isoformat()


def test_it_is_filed_cancelled_with_its_npe_and_filed_anew(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    there = logistics.change(shipment, "declaration", a_declaration()).json
    assert states(there)["PEB"] == "present"
    assert logistics.change(shipment, "declaration", a_declaration(number="2")).status_code == 422
    by_the_way = logistics.change(shipment, "documents", a_paper("PEB"))
    assert (by_the_way.status_code, by_the_way.json["errors"][0]["field"]) == (422, "code")
    fixed = logistics.change(shipment, "declaration/correct", {"office": "040300"})
    assert (fixed.status_code, fixed.json["errors"][0]["field"]) == (422, "office")
    registered = {"registration": "017", "registered_on": today().isoformat()}
    assert (
        logistics.change(shipment, "declaration/correct", registered).json["declarations"][0]["registration"]
        == "017"
    )
    sheet = logistics.staff.get(f"/shipments/{shipment['id']}/peb-data.pdf").data
    assert "060100-000042" in text_of(sheet)

    logistics.change(shipment, "documents", a_paper("NPE"))
    cancelled = logistics.change(shipment, "declaration/cancel", {"reason": "Wrong office."}).json
    assert states(cancelled)["PEB"] == states(cancelled)["NPE"] == "missing"
    assert cancelled["declarations"][0]["report_by"] == in_days(8).isoformat()
    assert logistics.change(shipment, "declaration", a_declaration()).status_code == 422
    anew = logistics.change(
        shipment, "declaration", a_declaration(number="060100-000043", office="040300")
    ).json
    assert [each["cancelled_on"] is None for each in anew["declarations"]] == [False, True]
    report = {"number": "060100-000042", "reported_on": today().isoformat()}
    assert logistics.change(shipment, "declaration/report", report).status_code == 200


def test_filing_it_is_the_milestone_of_its_submission_and_is_told_once(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    filed = logistics.change(shipment, "declaration", a_declaration()).json
    assert [(each["milestone"], each["place"]) for each in filed["milestones"]] == [
        ("PEB_SUBMITTED", "IDSRG")
    ]
    assert filed["state"] == "peb_submitted"
    again = logistics.change(shipment, "declaration", a_declaration())
    assert again.status_code == 422
    told = [data["milestone"] for name, data in logistics.told() if name == "milestone_recorded"]
    assert told == ["PEB_SUBMITTED"]


def test_its_cancelling_takes_back_what_was_reported_of_it_and_nothing_passes_the_gate_without_another(
    logistics: Logistics,
) -> None:
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    logistics.change(shipment, "documents", a_paper("NIB"))
    logistics.change(shipment, "declaration", a_declaration())
    for document in shipment["documents"]:
        if document["state"] == "missing":
            logistics.change(shipment, "documents", a_paper(document["code"]))
    assert logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}).status_code == 200
    for code in ("CUSTOMS_RED_LANE", "NPE_ISSUED"):
        assert logistics.record(shipment, code).status_code == 200, code
    cancelled = logistics.change(shipment, "declaration/cancel", {"reason": "Wrong office."}).json
    assert [each["milestone"] for each in cancelled["milestones"]] == ["STUFFED_SEALED"]
    assert {each["because"] for each in cancelled["corrections"]} == {"Wrong office."}
    told = [data["milestone"] for name, data in logistics.told() if name == "milestone_corrected"]
    assert told == ["CUSTOMS_RED_LANE", "NPE_ISSUED", "PEB_SUBMITTED"]
    assert logistics.change(shipment, "documents", a_paper("NPE")).status_code == 200
    for code, why in (("GATE_IN", "record NPE_ISSUED first"), ("PEB_SUBMITTED", "note the new one")):
        refused = logistics.record(shipment, code)
        assert (refused.status_code, why in refused.text) == (422, True), refused.text
    assert logistics.change(shipment, "declaration", a_declaration(number="060100-000043")).status_code == 200
    for code in ("NPE_ISSUED", "GATE_IN"):
        assert logistics.record(shipment, code).status_code == 200, code


def test_in_the_customs_area_it_is_cancelled_only_once_the_container_is_out_and_then_nothing_is_loaded(
    logistics: Logistics,
) -> None:
    shipment = logistics.booked()
    follow(logistics, shipment, "GATE_IN")
    given_up = {"reason": "The line gave the vessel up."}
    by_milestone = logistics.change(shipment, "cancel", given_up)
    assert (by_milestone.status_code, "note it with its particulars" in by_milestone.text) == (422, True)
    logistics.record(shipment, "QUARANTINE_HOLD")
    assert logistics.change(shipment, "declaration/cancel", given_up).status_code == 422
    noted = logistics.change(shipment, "declaration", a_declaration())
    assert (noted.status_code, noted.json["declarations"][0]["filed_on"]) == (200, today().isoformat())
    inside = logistics.change(shipment, "declaration/cancel", given_up)
    assert (inside.status_code, "report OUT_OF_PORT before" in inside.text) == (422, True)
    out = logistics.record(shipment, "OUT_OF_PORT")
    assert (out.status_code, "OUT_OF_PORT" in out.json["overlays"]) == (200, True)
    cancelled = logistics.change(shipment, "declaration/cancel", given_up)
    assert cancelled.json["declarations"][0]["report_by"] == in_days(9).isoformat()
    logistics.record(shipment, "QUARANTINE_RELEASED")
    loaded = logistics.record(shipment, "LOADED")
    assert (loaded.status_code, "OUT_OF_PORT" in loaded.text) == (422, True)
    anew = logistics.change(shipment, "declaration", a_declaration(number="060100-000043"))
    assert (anew.status_code, "in the customs area" in anew.text) == (422, True)
    assert logistics.change(shipment, "cancel", given_up).json["state"] == "cancelled"


def test_what_is_declared_by_its_milestone_alone_loses_no_carton_either(logistics: Logistics) -> None:
    shipment = logistics.booked()
    assert logistics.record(shipment, "PEB_SUBMITTED").status_code == 200
    one = logistics.staff.get("/cartons").json[0]["sscc"]
    for action, body in (("take-out", {"ssccs": [one]}), ("cancel", {"reason": "No vessel goes."})):
        refused = logistics.change(shipment, action, body)
        assert (refused.status_code, "note it with its particulars" in refused.text) == (422, True), action
    clerk, path = Visitor(logistics, LOGISTICS), f"/logistics/shipment/{shipment['id']}/declaration"
    assert "Its submission was reported" in clerk.open(f"{path}?lang=en")
    assert clerk.submit(path, **a_declaration()).status_code == 303
    assert logistics.change(shipment, "declaration/cancel", {"reason": "No vessel goes."}).status_code == 200
    assert "Customs must be told" in clerk.open(path)
    assert logistics.change(shipment, "take-out", {"ssccs": [one]}).status_code == 200


def test_its_milestone_is_not_before_the_window_of_any_departure_that_was_told(logistics: Logistics) -> None:
    shipment = logistics.planned()
    logistics.change(shipment, "book", a_booking(etd=in_days(8).isoformat()))
    logistics.change(shipment, "documents", a_paper("NIB"))
    early = logistics.record(shipment, "PEB_SUBMITTED")
    assert (early.status_code, f"from {in_days(1)} on" in early.text) == (422, True)
    logistics.change(shipment, "book", a_booking(etd=in_days(6).isoformat()))
    later = {
        "etd": in_days(20).isoformat(),
        "eta": in_days(60).isoformat(),
        "reason": "carrier",
        "because": "Late.",
    }
    assert logistics.change(shipment, "schedule", later).status_code == 200
    assert logistics.record(shipment, "PEB_SUBMITTED").status_code == 200
    noted = logistics.change(shipment, "declaration", a_declaration())
    assert noted.json["declarations"][0]["export_on"] == in_days(20).isoformat()


def test_filing_it_after_its_submission_was_reported_repeats_nothing(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    assert logistics.record(shipment, "PEB_SUBMITTED").status_code == 200
    filed = logistics.change(shipment, "declaration", a_declaration())
    assert (filed.status_code, len(filed.json["milestones"])) == (200, 1)


def test_it_is_not_filed_early_nor_without_what_it_rests_on_nor_behind_the_gate(logistics: Logistics) -> None:
    planned = logistics.planned()
    unbooked = logistics.change(planned, "declaration", a_declaration())
    logistics.change(planned, "book", a_booking(etd=in_days(8).isoformat()))
    early = logistics.change(planned, "declaration", a_declaration())
    logistics.change(planned, "book", a_booking(etd=in_days(7).isoformat()))
    without = logistics.change(planned, "declaration", a_declaration())
    assert [answer.status_code for answer in (unbooked, early, without)] == [422] * 3
    assert "no booking" in unbooked.text
    assert in_days(1).isoformat() in early.text
    assert "without NIB" in without.text


def test_what_is_loaded_is_not_cancelled_any_more(logistics: Logistics, shipment: dict[str, Any]) -> None:
    there = logistics.change(shipment, "declaration", a_declaration()).json
    for document in there["documents"]:
        if document["state"] == "missing":
            logistics.change(shipment, "documents", a_paper(document["code"]))
    logistics.change(shipment, "dispatch", {"container": "CSQU3054383", "seal": "1"})
    for milestone in ("NPE_ISSUED", "GATE_IN", "LOADED"):
        assert logistics.record(shipment, milestone).status_code == 200
    refused = logistics.change(shipment, "declaration/cancel", {"reason": "Too late."})
    assert refused.status_code == 422
    assert "is loaded on MV Example" in refused.text


def test_the_page_follows_it_and_shows_by_when_customs_must_be_told(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    clerk, path = Visitor(logistics, LOGISTICS), f"/logistics/shipment/{shipment['id']}/declaration"
    assert "It can be filed now" in clerk.open(f"{path}?lang=en")
    wrong = clerk.submit(path, **a_declaration(office="x"))
    assert wrong.status_code == 422
    assert "Give the six digits of the customs office" in wrong.text
    assert clerk.submit(path, **a_declaration()).status_code == 303
    assert "customs has not registered it yet" in clerk.open(path)
    assert clerk.submit(f"{path}/correct", vessel="MV Other").status_code == 303
    assert clerk.submit(f"{path}/cancel", reason="Wrong office.").status_code == 303
    assert "Customs must be told" in clerk.open(path)
    with logistics.database.transaction() as session:
        advance(session, timedelta(days=9))
    assert "overdue" in clerk.open(path)
    for form in ("correct", "cancel", "report"):
        assert clerk.look(f"{path}/{form}") == clerk.look(path)
    reported = clerk.submit(f"{path}/report", number="060100-000042", reported_on=in_days(9).isoformat())
    assert reported.status_code == 303
    assert "overdue" not in clerk.open(path)


def test_goods_for_another_consignee_need_a_peb_corrected_or_filed_anew(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    first = logistics.change(shipment, "declaration", a_declaration()).json
    assert first["declarations"][0]["consignee"] == "Consignee Belgium"
    logistics.change(shipment, "documents", a_paper("NPE"))
    logistics.hears(to_liege())
    moved = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert {code: state for code, state in states(moved).items() if code in ("PEB", "NPE")} == {
        "PEB": "missing",
        "NPE": "missing",
    }
    by_hand = logistics.change(shipment, "documents", a_paper("PEB"))
    assert (by_hand.status_code, "kept with its declaration" in by_hand.text) == (422, True)
    for code in ("EORI", "FUM", "SI-BKG"):
        assert logistics.change(shipment, "documents", a_paper(code)).status_code == 200
    held = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert (held.status_code, "PEB (owed by" in held.text, "NPE (owed by" in held.text) == (422, True, True)

    clerk, path = Visitor(logistics, LOGISTICS), f"/logistics/shipment/{shipment['id']}/declaration"
    assert "The goods go to Consignee Liege now" in clerk.open(f"{path}?lang=en")
    other = clerk.submit(f"{path}/correct", consignee="Consignee Belgium")
    assert (other.status_code, "goes to Consignee Liege" in other.text) == (422, True)
    assert clerk.submit(f"{path}/correct", consignee="Consignee Liege").status_code == 303
    assert "The goods go to" not in clerk.open(path)
    corrected = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert (states(corrected)["PEB"], corrected["declarations"][0]["consignee"]) == (
        "present",
        "Consignee Liege",
    )
    assert logistics.change(shipment, "documents", a_paper("NPE")).status_code == 200
    sealed = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert sealed.status_code == 200, sealed.text


def test_a_peb_that_was_cancelled_for_it_holds_up_only_the_gate(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    logistics.change(shipment, "declaration", a_declaration())
    logistics.hears(to_liege())
    cancelled = logistics.change(shipment, "declaration/cancel", {"reason": "Another consignee."}).json
    assert [each["outdated"] for each in cancelled["documents"] if each["code"] in ("PEB", "NPE")] == [
        False,
        False,
    ]
    for code in ("EORI", "FUM", "SI-BKG"):
        logistics.change(shipment, "documents", a_paper(code))
    sealed = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert sealed.status_code == 200, sealed.text


def test_the_cancelling_is_reported_of_a_shipment_that_was_given_up_too(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    clerk, path = Visitor(logistics, LOGISTICS), f"/logistics/shipment/{shipment['id']}/declaration"
    assert logistics.change(shipment, "declaration", a_declaration()).status_code == 200
    given_up = {"reason": "No vessel goes."}
    for action in ("declaration/cancel", "cancel"):
        assert logistics.change(shipment, action, given_up).status_code == 200, action
    page = clerk.open(path)
    assert "Customs must be told" in page and "Note the PEB" not in page
    told = clerk.submit(f"{path}/report", number="060100-000042", reported_on=today().isoformat())
    assert told.status_code == 303
    assert "Customs must be told" not in clerk.open(path)


def test_it_is_cancelled_also_where_customs_looked_into_the_goods_twice(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    logistics.change(shipment, "declaration", a_declaration())
    for _ in range(2):
        assert logistics.record(shipment, "CUSTOMS_RED_LANE").status_code == 200
    cancelled = logistics.change(shipment, "declaration/cancel", {"reason": "Wrong office."})
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json["milestones"] == []
    told = [data["milestone"] for name, data in logistics.told() if name == "milestone_corrected"]
    assert told == ["CUSTOMS_RED_LANE", "CUSTOMS_RED_LANE", "PEB_SUBMITTED"]
