"""What the pages of shipments show and take: load, route, cut-offs, what is wanted before the send-off."""

import re
from datetime import date
from html import unescape
from io import BytesIO
from uuid import UUID

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from services.logistics.domain.load import in_m3
from services.logistics.pages import calendar
from services.logistics.pages.pictures import blocks, stops
from services.logistics.views_of_loads import cut_offs_between, filled
from shared.events.orders import ClearanceWithdrawn, WithholdingRequested
from shared.web.access import KANWIL, LOGISTICS
from tests.clock import in_days, today
from tests.logistics.conftest import ORDER, SRAGEN, Logistics, a_booking, a_clearance, a_lot, a_paper
from tests.logistics.test_desk import Visitor

FIRST, SECOND = "SRG-2503-001", "SRG-2503-002"


def test_a_shipment_is_booked_divided_joined_and_given_up_by_the_forms_of_its_page(
    logistics: Logistics,
) -> None:
    logistics.hears(*(a_clearance(line, transit=("SG",)) for line in (1, 2)))
    logistics.gathered(a_lot(FIRST), a_lot(SECOND, line=2, sku="CW-BALL-09"))
    visitor = Visitor(logistics, LOGISTICS)
    shipment = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    path = f"/logistics/shipment/{shipment['id']}"
    wrong = visitor.submit(f"{path}/book", **a_booking(via="sgsin, xxxxx", equipment="40HC"))
    assert (wrong.status_code, 'value="sgsin, xxxxx"' in wrong.text) == (422, True)
    unknown = visitor.submit(f"{path}/book", **a_booking(port_of_discharge="BEANT", equipment="40HC"))
    assert "Did you mean one of these: BEANR (Antwerp)" in unknown.text
    booked = visitor.submit(f"{path}/book", **a_booking(via="sgsin", equipment="40HC"))
    assert booked.status_code == 303
    page = visitor.open(path)
    assert "IDSRG</text>" in page and "SGSIN</text>" in page and 'class="here"' in page
    assert "of 68 m³" in page and page.count('class="block ') == 2
    assert "Terminal closes" in page
    none = visitor.submit(f"{path}/split")
    assert (none.status_code, "Choose at least one lot." in none.text) == (422, True)
    assert visitor.submit(f"{path}/split", lots=SECOND).status_code == 303
    (other,) = re.findall(r'<option value="([0-9a-f-]{36})">SHP-', visitor.open(path))
    assert visitor.submit(f"{path}/merge", other=other).status_code == 303
    assert "2,000 pieces" in visitor.open(path)
    assert visitor.submit(f"{path}/notes", text="The jug was broken at ten.").status_code == 303
    assert visitor.submit(f"{path}/cancel", reason="No room before May.").status_code == 303
    page = visitor.open(path)
    assert "This shipment was cancelled: No room before May." in page
    assert "The jug was broken at ten." in page and 'action="' + path + '/book"' not in page
    desk = visitor.open("/logistics/")
    assert shipment["number"] not in desk


def test_the_dispatch_checklist_tells_what_is_done_and_what_is_open(logistics: Logistics) -> None:
    visitor, shipment = Visitor(logistics, LOGISTICS), logistics.planned()
    papers, weights, mass = (
        "The papers for sealing are there.",
        "Each carton was weighed.",
        "The verified gross mass (VGM) is there.",
    )

    def states() -> dict[str, str]:
        page = visitor.open(f"/logistics/shipment/{shipment['id']}?lang=en")
        _, _, after = page.partition("Before it may be dispatched")
        rows = re.findall(r'<li><span class="state (ok|wait)">(\w+)</span> ([^<]+?)(?:<br>|</li>)', after)
        assert {(shape, word) for shape, word, _ in rows} <= {("ok", "done"), ("wait", "open")}
        return {what: word for _, word, what in rows}

    assert states()["Room is booked."] == "open"
    shipment = logistics.change(shipment, "book", a_booking()).json
    assert states() == {
        "Room is booked.": "done",
        "The goods are cleared to leave.": "done",
        papers: "open",
        weights: "open",
        mass: "open",
        "It is noted in what the goods leave: by dispatching it.": "open",
    }
    for document in shipment["documents"]:
        if document["state"] == "missing" and document["code"] != "VGM":
            logistics.change(shipment, "documents", a_paper(document["code"]))
    assert (states()[papers], states()[mass]) == ("done", "open")
    assert logistics.change(shipment, "documents", a_paper("VGM")).status_code == 200
    assert states()[mass] == "done"
    scans = [{"sscc": row["sscc"], "grams": row["gross_g"]} for row in logistics.staff.get("/cartons").json]
    assert logistics.staff.post("/scans", {"what": "weighed", "scans": scans[1:]}).status_code == 200
    assert states()[weights] == "open"
    assert logistics.staff.post("/scans", {"what": "weighed", "scans": scans}).status_code == 200
    assert states()[weights] == "done"
    logistics.hears(ClearanceWithdrawn(order_id=ORDER, line=1, purpose="export"))
    assert states()["The goods are cleared to leave."] == "open"
    assert list(states().values()).count("open") == 2


def test_the_calendar_tells_what_is_due_for_which_shipment_until_it_has_left(logistics: Logistics) -> None:
    visitor = Visitor(logistics, LOGISTICS)
    assert "Nothing is due in these weeks." in visitor.open("/logistics/calendar")
    shipment = logistics.planned()
    logistics.change(shipment, "book", a_booking())
    page = visitor.open("/logistics/calendar")
    assert page.count(shipment["number"]) >= 5
    assert "Stuffing" in page and "Departure" in page
    later = visitor.open(f"/logistics/calendar?from={in_days(200)}")
    assert shipment["number"] not in later
    assert shipment["number"] in visitor.open("/logistics/calendar?from=yesterday")


def test_the_calendar_is_taken_along_with_what_is_still_due(logistics: Logistics) -> None:
    shipment = logistics.planned()
    logistics.change(shipment, "book", a_booking())
    assert logistics.client.get("/logistics/calendar.ics").status_code == 302
    visitor = Visitor(logistics, LOGISTICS)
    assert "/logistics/calendar.ics" in visitor.open("/logistics/calendar")
    taken = visitor.client.get("/logistics/calendar.ics?lang=en")
    assert taken.mimetype == "text/calendar"
    events = Calendar.from_ical(taken.data).walk("VEVENT")
    days = {str(each["SUMMARY"]): each.decoded("DTSTART") for each in events}
    assert days[f"{shipment['number']}: Departure"] == in_days(6)
    assert days[f"{shipment['number']}: Terminal closes"] < in_days(6)
    assert len({str(each["UID"]) for each in events}) == len(events)
    again = Calendar.from_ical(visitor.client.get("/logistics/calendar.ics").data).walk("VEVENT")
    assert {str(each["UID"]) for each in again} == {str(each["UID"]) for each in events}
    assert all(shipment["id"] in str(each["URL"]) for each in events)


def test_the_calendar_says_if_it_leaves_shipments_out(logistics: Logistics) -> None:
    logistics.change(logistics.planned(), "book", a_booking())
    with logistics.database.transaction() as session:
        whole = cut_offs_between(session, today(), in_days(35), limit=1)
        none_of_it = cut_offs_between(session, today(), in_days(35), limit=0)
    assert (len(whole[0]) > 3, whole[1]) == (True, False)
    assert none_of_it == ({}, True)


def test_what_is_taken_along_says_if_it_leaves_shipments_out(
    logistics: Logistics, monkeypatch: pytest.MonkeyPatch
) -> None:
    logistics.change(logistics.planned(), "book", a_booking())
    visitor = Visitor(logistics, LOGISTICS)

    def taken_along() -> dict[str, date]:
        taken = Calendar.from_ical(visitor.client.get("/logistics/calendar.ics?lang=en").data)
        return {str(each["SUMMARY"]): each.decoded("DTSTART") for each in taken.walk("VEVENT")}

    assert not any("left out" in each for each in taken_along())
    monkeypatch.setattr(calendar, "MOST_TAKEN_ALONG", 0)
    ((told, day),) = taken_along().items()
    assert ("those that leave last are left out" in told, day) == (True, today())


def test_the_parts_of_a_load_fill_no_more_than_it_is() -> None:
    parts = [{"mm3": 1_000_000, "volume_m3": in_m3(1_000_000)}] * 3
    drawn = blocks({"usable_m3": None, "mm3": 3_000_000, "volume_m3": in_m3(3_000_000), "parts": parts})
    assert [each["x"] for each in drawn] == ["0.000", "33.333", "66.667"]
    assert filled({"usable_m3": 28, "mm3": 28_000_000_000}) == 100


def test_why_a_shipment_was_given_up_is_said_in_the_readers_language(logistics: Logistics) -> None:
    visitor = Visitor(logistics, LOGISTICS)
    logistics.hears(a_clearance())
    logistics.gathered(a_lot(FIRST))
    shipment = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    ssccs = [row["sscc"] for row in logistics.staff.get("/cartons").json]
    other = logistics.change(shipment, "split", {"ssccs": ssccs[:2]}).json
    assert logistics.change(shipment, "merge", {"other": other["id"]}).status_code == 200
    page = visitor.open(f"/logistics/shipment/{other['id']}?lang=id")
    assert f"digabung dengan {shipment['number']}" in page
    read = logistics.staff.get(f"/shipments/{other['id']}").json
    assert read["cancelled_because"] == f"joined with {shipment['number']}"
    assert (read["volume_m3"], logistics.staff.get(f"/shipments/{shipment['id']}").json["volume_m3"]) == (
        "0",
        "0.48",
    )
    wanted = WithholdingRequested(
        order_id=ORDER, line=1, cancellation_id=UUID(int=77), quantity=1_000, unpack=True
    )
    logistics.hears(wanted)
    assert "semua barangnya dibatalkan" in visitor.open(f"/logistics/shipment/{shipment['id']}?lang=id")


def test_the_route_shows_the_farthest_stop_at_which_something_was_reported() -> None:
    shipment = {
        "etd": "2025-03-30",
        "hub": SRAGEN,
        "destination": "BE",
        "port_of_loading": "IDSRG",
        "port_of_discharge": "BEANR",
        "via": ["SGSIN"],
        "milestones": [],
    }

    def here(*milestones: tuple[str, str]) -> str:
        reached = [{"milestone": code, "place": place} for code, place in milestones]
        (stop,) = (each for each in stops({**shipment, "milestones": reached}) if each["here"])
        return str(stop["code"])

    assert here() == SRAGEN
    assert here(("GATE_IN", "IDSRG")) == "IDSRG"
    assert here(("VESSEL_DEPARTED", "IDTPP")) == "IDSRG"
    assert here(("TRANSSHIPPED", "SGSIN"), ("GATE_IN", "IDSRG")) == "SGSIN"
    assert here(("DISCHARGED", "NLRTM")) == "BEANR"
    assert here(("DELIVERED", "BEANR")) == "BE"
    assert stops({**shipment, "etd": None}) == []


def test_forty_one_cubic_metres_do_not_go_into_twenty_feet_by_booking_or_by_joining(
    logistics: Logistics,
) -> None:
    """Coir toys cube out: 0.096 m³ a carton."""
    logistics.hears(a_clearance(quantity=200_000), a_clearance(2, quantity=200_000))
    logistics.gathered(a_lot(FIRST, quantity=280 * 200))
    small = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    assert small["volume_m3"] == "26.88"
    logistics.gathered(a_lot(SECOND, quantity=428 * 200))
    large = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    refused = logistics.change(large, "book", a_booking(equipment="20GP"))
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "equipment")
    assert "41.09 m³ don't go into 20GP, which takes 28 m³. Split the shipment" in refused.json["detail"]
    assert logistics.staff.get(f"/shipments/{large['id']}").json["state"] == "planned"
    assert logistics.change(small, "book", a_booking(equipment="20GP")).status_code == 200
    joined = logistics.change(small, "merge", {"other": large["id"]})
    assert (joined.status_code, "67.97 m³ don't go into 20GP" in joined.json["detail"]) == (422, True)
    assert logistics.staff.get(f"/shipments/{large['id']}").json["state"] == "planned"
    assert logistics.change(small, "book", a_booking(equipment="LCL")).status_code == 200
    page = Visitor(logistics, LOGISTICS).open(f"/logistics/shipment/{small['id']}?lang=en")
    path = f"/logistics/shipment/{small['id']}/labels.pdf"
    assert f'href="{path}?part=2">251–280</a>' in page and "?part=3" not in page
    client = Visitor(logistics, KANWIL).client
    first, second = (PdfReader(BytesIO(client.get(f"{path}?part={n}").data)) for n in (1, 2))
    assert (len(first.pages), len(second.pages)) == (250, 30)
    assert "Carton 251 of 280" in second.pages[0].extract_text()
    assert [client.get(f"{path}?part={wrong}").status_code for wrong in (0, 3, "x")] == [404] * 3
    for name in ("labels", "packing-list"):
        making = path.replace("labels.pdf", f"{name}/making")
        assert f'data-making="{making}"' in page
        told, _, paper = client.get(making).data.partition(b"\n\n")
        lines = [tuple(map(int, line.split())) for line in told.splitlines()]
        assert (lines[0], lines[-1]) == ((0, 280), (280, 280)) and lines == sorted(lines)
        assert len(lines) > 20
        assert paper == client.get(path.replace("labels", name)).data
    assert client.get(path.replace("labels.pdf", "invoice/making")).status_code == 404
    (warning,) = logistics.staff.get(f"/shipments/{small['id']}").json["fill"]["warnings"]
    assert "a whole container costs less" in warning and warning in unescape(page)
