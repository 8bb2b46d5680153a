"""A dossier says what is known and what is open, the same for the same facts, and shows any change under it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from services.orders.domain.dossier import (
    COUNTED,
    FIGURES,
    ITEMS,
    NOTICE,
    Contents,
    Counted,
    Document,
    Facts,
    Lot,
    Month,
    hash_of,
    versions,
)
from services.orders.pages import dossiers as pages
from services.orders.storage import evidence, lot, shipment_lot
from shared.clock import advance
from shared.events.logistics import CartonsPutIn, CartonsTakenOut, ShipmentCancelled, ShipmentPlanned
from shared.events.production import EvidenceRecorded, EvidenceWithdrawn, MonthClosed, PiecesReported
from shared.web.access import BUYER, COMPLIANCE
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_handlers import LOT, SHIPMENT, SRAGEN, WORK_ORDER, Followed, follow
from tests.orders.test_pages import Visitor
from tests.orders.test_proforma import text_of

API = "/orders/v1/dossiers"
THEN = datetime(2026, 1, 5, 3, tzinfo=UTC)
ONE = Lot(
    lot=LOT, facility=SRAGEN, work_order_id=WORK_ORDER, sku="CR-BALL-07", quantity=900, lane="custodial"
)
BEGUN = (Contents(at=THEN, lots=(ONE,)),)
REPORTED = Counted(
    at=THEN - timedelta(hours=3),
    work_order_id=WORK_ORDER,
    made=1_000,
    released=0,
    made_on=THEN.date(),
)
RELEASED = Counted(at=THEN, work_order_id=WORK_ORDER, made=0, released=900, lot=LOT)
YEARS = timedelta(days=2_000)


def a_document(item: str, n: int = 1, **changes: Any) -> Document:
    values: dict[str, Any] = {
        "id": UUID(int=n),
        "facility": SRAGEN,
        "item": item,
        "finding": "supports",
        "document": f"DOC-{n}",
        "issuer": "ombudsman",
        "issued_on": date(2026, 1, 1),
        "valid_until": date(2026, 6, 30),
        "sha256": None,
        "recorded_at": THEN + timedelta(days=n),
        "withdrawn_at": None,
        **changes,
    }
    return Document(**values)


def built(*documents: Document, counts: tuple[Counted, ...] = (REPORTED, RELEASED)) -> list[dict[str, Any]]:
    return versions("lot", LOT, Facts(contents=BEGUN, documents=documents, counts=counts), until=THEN + YEARS)


def states(version: dict[str, Any]) -> dict[str, str]:
    """What is not simply open."""
    return {item["item"]: item["state"] for item in version["items"] if item["state"] != "open"}


def test_there_are_eleven_items_and_all_documents_together_complete_them() -> None:
    wanted = [part for parts in ITEMS.values() for part in parts]
    facts = Facts(
        contents=BEGUN,
        documents=[a_document(part, n) for n, part in enumerate(wanted, 1)],
        counts=(REPORTED, RELEASED),
    )
    *_, last = versions("lot", LOT, facts, until=THEN + timedelta(days=20))
    assert (len(ITEMS), last["complete"], last["completeness"]) == (11, 11, "11 of 11")


def test_each_fact_that_changes_what_is_said_makes_a_version_and_a_documents_end_is_one() -> None:
    visit, channel = a_document("independent_visit"), a_document("grievance_channel", 2)
    against = a_document("pay", 3, finding="contradicts", valid_until=None)
    told = built(visit, channel, against)
    traced = {"traceability": "complete"}
    both = "grievances_and_visits"
    assert [states(version) for version in told] == [
        traced,
        traced,  # one of two documents
        traced | {both: "complete"},
        traced | {both: "complete", "pay": "contradicted"},
        traced | {both: "expired", "pay": "contradicted"},
    ]
    assert told[-1]["completeness"].startswith("1 of 11, open: consent, ")
    assert "pay (contradicted)" in told[-1]["completeness"]
    assert told[-1]["as_of"] == "2026-06-30T17:00:00Z", "midnight in Central Java"


def test_a_document_ends_with_its_agreement_and_what_was_said_before_stays_as_it_was_said() -> None:
    about = "not_at_private_disposal"
    whole = a_document(about)
    moved = replace(whole, moved=((THEN + timedelta(days=9), date(2026, 2, 1)),))
    again = replace(moved, moved=(*moved.moved, (THEN + timedelta(days=12), date(2026, 12, 31))))

    def told(document: Document) -> list[tuple[str, str, str]]:
        shown = [(version["as_of"], item) for version in built(document) for item in version["items"]]
        return [
            (as_of, item["state"], item["evidence"][0]["valid_until"])
            for as_of, item in shown
            if item["item"] == about and item["evidence"]
        ]

    assert told(moved) == [
        ("2026-01-06T03:00:00Z", "complete", "2026-06-30"),
        ("2026-01-14T03:00:00Z", "complete", "2026-02-01"),
        ("2026-02-01T17:00:00Z", "expired", "2026-02-01"),
    ]
    assert told(again)[2:] == [
        ("2026-01-17T03:00:00Z", "complete", "2026-06-30"),
        ("2026-06-30T17:00:00Z", "expired", "2026-06-30"),
    ], "never later than its own last day"
    assert [version["hash"] for version in built(moved)][:2] == [version["hash"] for version in built(whole)][
        :2
    ]


def test_what_is_withdrawn_opens_the_item_again_and_what_contradicts_outweighs() -> None:
    shown = a_document("pay")
    taken = replace(shown, withdrawn_at=THEN + timedelta(days=9))
    assert [states(version).get("pay") for version in built(taken)] == [None, "complete", None]
    against = a_document("pay", 2, finding="contradicts", valid_until=None)
    assert states(built(shown, against)[2])["pay"] == "contradicted"


def test_a_lot_of_more_pieces_than_were_reported_is_contradicted_and_one_without_reports_open() -> None:
    few = replace(REPORTED, made=899)
    assert states(built(counts=(few, RELEASED))[-1]) == {"traceability": "contradicted"}
    assert states(built(counts=(RELEASED,))[-1]) == {}


def test_each_item_that_is_shown_has_a_state_source_date_validity_and_hash() -> None:
    parts = [part for parts in ITEMS.values() for part in parts]
    *_, last = built(*(a_document(part, n, sha256="ab" * 32) for n, part in enumerate(parts, 1)))
    for item in last["items"]:
        assert item["evidence"], item["item"]
        for one in item["evidence"]:
            assert one["state"] and one["source"] and one["issued_on"] and len(one["sha256"]) == 64, one
            assert (one["valid_until"] is None) == (one["source"] == "own_counts"), one
    (traced,) = last["items"][-1]["evidence"]
    assert (traced["about"], traced["id"]) == ("traceability", str(WORK_ORDER))
    assert (traced["issued_on"], traced["facility"]) == ("2026-01-05", SRAGEN)


def test_the_hash_of_our_own_counts_changes_with_what_was_counted_and_not_with_reports_for_lots_to_come() -> (
    None
):
    def traced(*counts: Counted) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = built(counts=counts)[-1]["items"][-1]["evidence"]
        return shown

    (known,) = traced(REPORTED, RELEASED)
    later = replace(REPORTED, at=THEN + timedelta(days=1), made=100)
    assert traced(REPORTED, RELEASED, later) == [known]
    assert traced(RELEASED, REPORTED) == [known], "the order in which they are read is none of it"
    (other,) = traced(replace(REPORTED, made=999), RELEASED)
    assert other["sha256"] != known["sha256"]
    (corrected,) = traced(REPORTED, RELEASED, replace(later, made=-200))
    assert (corrected["state"], corrected["issued_on"]) == ("contradicted", "2026-01-06")
    assert traced(RELEASED) == []


def counted(hours: int, made: int = 0, lot: str | None = None) -> Counted:
    """So many pieces reported, or nine hundred of a lot, hours after the first lot."""
    at = THEN + timedelta(hours=hours)
    if lot is None:
        return replace(REPORTED, at=at, made=made)
    return replace(RELEASED, at=at, lot=lot)


def test_a_correction_of_what_was_reported_for_lots_to_come_says_nothing_of_this_one() -> None:
    for_others = [counted(1, 500), counted(2, -200), counted(3, 600), counted(4, lot="NEXT")]
    assert built(counts=(REPORTED, RELEASED, *for_others)) == built(counts=(REPORTED, RELEASED))


def test_what_is_said_of_our_own_counts_rests_on_those_that_are_hashed() -> None:
    def told(*counts: Counted) -> list[tuple[str, str]]:
        shown = [version["items"][-1]["evidence"] for version in built(counts=counts)]
        return [(one["state"], one["recorded_at"]) for (one,) in shown]

    few, then = replace(REPORTED, made=900), "2026-01-05T03:00:00Z"
    corrected = told(few, RELEASED, counted(1, -200), counted(2, 200))
    assert corrected == [
        ("complete", then),
        ("contradicted", "2026-01-05T04:00:00Z"),
        ("complete", then),
    ], "what was counted up to the lot covers it again"
    assert told(few, RELEASED, counted(1, lot="NEXT"), counted(2, 900), counted(3, 900)) == [
        ("complete", then),
        ("contradicted", "2026-01-05T04:00:00Z"),
        ("complete", then),
    ], "a lot to come that is not covered speaks against all"
    short = replace(REPORTED, made=700)
    assert told(short, RELEASED, counted(1, 300), counted(2, 300)) == [
        ("contradicted", then),
        ("complete", "2026-01-05T04:00:00Z"),
    ], "and then nothing more"
    assert told(few, RELEASED, counted(1, 500), counted(2, -600))[-1] == (
        "contradicted",
        "2026-01-05T05:00:00Z",
    )
    every = built(counts=(few, RELEASED, counted(1, 500), counted(2, -600), counted(3, 100)))
    said = {(one["sha256"], one["state"]) for version in every for one in version["items"][-1]["evidence"]}
    assert len({sha256 for sha256, _ in said}) == len(said) == 2, "one hash never says both"


def test_a_change_under_an_earlier_version_shows_in_the_hash_of_every_later_one() -> None:
    first, second = a_document("pay"), a_document("hours", 2)
    told = built(first, second)
    assert all(version["hash"] == hash_of(version) for version in told)
    assert all(after["previous_hash"] == before["hash"] for before, after in pairwise(told))
    assert built(first, second) == told
    changed = built(replace(first, document="DOC-9"), second)
    assert [now["hash"] == then["hash"] for now, then in zip(changed, told, strict=True)] == [
        True,
        *[False] * (len(told) - 1),
    ]


def a_month(month: date, **changes: Any) -> Month:
    """Figures of Sragen, told six weeks after the month began."""
    figures = {**dict.fromkeys(FIGURES, 100), "refusals": None}
    told_at = datetime(month.year, month.month, 1, tzinfo=UTC) + timedelta(days=42)
    return Month(**{"facility": SRAGEN, "month": month, "told_at": told_at, "figures": figures, **changes})


def test_the_months_in_which_pieces_were_made_are_told_beside_the_documents_and_complete_nothing() -> None:
    january = date(2026, 1, 1)
    others = [a_month(date(2025, 12, 1)), a_month(january, facility="LPS-KLT")]
    facts = Facts(contents=BEGUN, counts=(REPORTED, RELEASED), months=[*others, a_month(january)])
    before, after = versions("lot", LOT, facts, until=THEN + YEARS)
    assert (before["complete"], after["complete"]) == (1, 1)
    counted = {item["item"]: item["counted"] for item in after["items"] if item["counted"]}
    assert counted.keys() == COUNTED.keys()
    told = {"facility": SRAGEN, "month": "2026-01"}
    assert counted["refusal_is_free"] == [{**told, "figures": {"refusals": None}}]
    assert counted["hours"] == [{**told, "figures": {"workers": 100, "minutes": 100}}]
    assert [item["counted"] for item in before["items"]] == [[]] * 11


def a_recording(item: str, n: int, **changes: Any) -> EvidenceRecorded:
    values: dict[str, Any] = {
        "code": SRAGEN,
        "evidence_id": UUID(int=n),
        "item": item,
        "finding": "supports",
        "document": f"DOC-{n}",
        "issuer": "ombudsman",
        "issued_on": in_days(0),
        "valid_until": in_days(30),
        "sha256": "ab" * 32,
        **changes,
    }
    return EvidenceRecorded(**values)


def a_report(order: Followed, pieces: int) -> PiecesReported:
    return PiecesReported(
        work_order_id=WORK_ORDER,
        **order.about(1),
        facility=SRAGEN,
        pieces=pieces,
        worked_on=in_days(0),
        kind="made",
    )


@pytest.fixture
def order(orders: Orders) -> Followed:
    """A lot of 1,000 pieces that were reported, with one document, in a shipment."""
    order = follow(orders)
    report = a_report(order, 1_000)
    order.hears(order.plan(), order.work(), report, a_recording("pay", 1), order.lot(), order.cartons())
    planned = ShipmentPlanned(
        shipment_id=SHIPMENT, number="S-1", hub=SRAGEN, destination="ID", cartons=5, lines=(order.part(),)
    )
    order.hears(planned)
    return order


def test_the_dossier_follows_the_facts_and_its_paper_is_the_same_byte_for_byte(
    orders: Orders, order: Followed
) -> None:
    first = orders.officer.get(f"{API}/lots/{LOT}")
    assert first.json["completeness"].startswith("2 of 11, open: consent, ")
    paper = orders.officer.get(f"{API}/lots/{LOT}.pdf")
    assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
    counted = first.json["items"][-1]["evidence"][0]["sha256"]
    for said in (NOTICE, "2 of 11", LOT, "DOC-1", "ab" * 32, counted, "does not run out", first.json["hash"]):
        assert said in text_of(paper.data), said
    order.hears(a_recording("hours", 2))
    withdrawn = EvidenceWithdrawn(code=SRAGEN, evidence_id=UUID(int=1), item="pay", reason="Wrong number.")
    order.hears(withdrawn)
    newest = orders.officer.get(f"{API}/lots/{LOT}").json
    assert (newest["version"], newest["versions"], newest["complete"]) == (3, 3, 2)
    assert orders.officer.get(f"{API}/lots/{LOT}.pdf?version=1").data == paper.data
    assert orders.officer.get(f"{API}/lots/{LOT}?version=1").json["hash"] == first.json["hash"]
    with orders.database.transaction() as session:
        advance(session, timedelta(days=31))
    expired = orders.officer.get(f"{API}/lots/{LOT}").json
    assert (expired["version"], states(expired)["hours"]) == (4, "expired")
    assert orders.officer.get(f"{API}/lots/{LOT}?version=5").status_code == 404
    assert orders.officer.get(f"{API}/lots/{LOT}?version=0").status_code == 422


def test_the_next_lot_of_a_work_order_says_nothing_of_this_one_until_it_has_more_than_was_reported(
    orders: Orders,
) -> None:
    order = follow(orders)
    order.hears(order.plan(), order.work(), a_report(order, 500), order.lot(LOT, 500))
    first = orders.officer.get(f"{API}/lots/{LOT}").json
    assert states(first)["traceability"] == "complete"
    order.hears(a_report(order, 400), order.lot("NEXT", 400))
    assert orders.officer.get(f"{API}/lots/{LOT}").json == first
    order.hears(order.lot("OVER", 100))
    assert states(orders.officer.get(f"{API}/lots/{LOT}").json)["traceability"] == "contradicted"


def test_a_closed_month_is_shown_with_what_is_about_fewer_than_five_left_out(
    orders: Orders, order: Followed
) -> None:
    figures = {**dict.fromkeys(FIGURES, 1_234), "refusals": None}
    order.hears(MonthClosed(code=SRAGEN, month=in_days(0).replace(day=1), **figures))
    newest = orders.officer.get(f"{API}/lots/{LOT}").json
    counted = {item["item"]: item["counted"] for item in newest["items"]}
    assert (newest["version"], counted["pay"][0]["figures"]["hourly_idr"]) == (2, 1_234)
    assert counted["refusal_is_free"][0]["figures"] == {"refusals": None}
    assert "premi for an hour, Rp" in text_of(orders.officer.get(f"{API}/lots/{LOT}.pdf").data)
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS", language="id").open(f"/orders/dossiers/lots/{LOT}")
    assert "premi per jam (Rp) 1.234" in page
    assert "penolakan –" in page


def test_a_row_that_somebody_changed_shows_in_the_chain(orders: Orders, order: Followed) -> None:
    order.hears(a_recording("hours", 2))
    before = orders.officer.get(f"{API}/lots/{LOT}").json
    with orders.database.transaction() as session:
        session.execute(
            update(evidence).where(evidence.c.id == UUID(int=1)).values(issued_on=date(2020, 1, 1))
        )
    after = orders.officer.get(f"{API}/lots/{LOT}").json
    assert (after["version"], after["complete"]) == (before["version"], before["complete"])
    assert after["hash"] != before["hash"]
    assert after["previous_hash"] != before["previous_hash"]


def test_a_shipment_has_a_dossier_over_its_lots_and_waits_for_a_lot_not_heard_of(
    orders: Orders, order: Followed
) -> None:
    read = orders.office.get(f"{API}/shipments/{SHIPMENT}").json
    assert (read["kind"], [each["lot"] for each in read["lots"]]) == ("shipment", [LOT])
    assert orders.office.get(f"{API}/shipments/{SHIPMENT}.pdf").data.startswith(b"%PDF")
    assert orders.buyer.get(f"{API}/shipments/{SHIPMENT}").status_code == 403
    assert orders.office.get(f"{API}/shipments/{UUID(int=9)}").status_code == 404
    other = ShipmentPlanned(
        shipment_id=UUID(int=8),
        number="S-2",
        hub=SRAGEN,
        destination="ID",
        cartons=1,
        lines=(order.part("LOT-NOT-HEARD"),),
    )
    order.hears(other)
    assert order.hearing.waits_for() == ["production lot/LOT-NOT-HEARD"]
    with orders.database.transaction() as session:
        assert session.execute(lot.select()).one().released_at.tzinfo is not None


def carried(orders: Orders, shipment: UUID, version: int | None = None) -> dict[str, int]:
    """The pieces of each lot that a version of a shipment's dossier is about, the newest one without a number."""
    asked = f"?version={version}" if version else ""
    read = orders.office.get(f"{API}/shipments/{shipment}{asked}")
    assert read.status_code == 200, read.text
    return {lot["lot"]: lot["quantity"] for lot in read.json["lots"]}


def test_the_dossier_of_a_shipment_follows_what_is_put_in_taken_out_and_given_up(orders: Orders) -> None:
    order, other = follow(orders), UUID(int=8)
    order.hears(order.plan(), order.lot("A", 600), order.lot("B", 400))
    order.hears(order.cartons("A", 600), order.cartons("B", 400))
    first, second = order.part("A", 600), order.part("B", 400)
    about: dict[str, Any] = {"shipment_id": SHIPMENT, "number": "S-1", "cartons": 1}
    place: dict[str, Any] = {"hub": SRAGEN, "destination": "ID"}
    order.hears(ShipmentPlanned(**about, **place, lines=(first, second)))
    assert carried(orders, SHIPMENT) == {"A": 600, "B": 400}
    order.hears(CartonsTakenOut(**about, lines=(order.part("A", 100), second)))
    split: dict[str, Any] = {"shipment_id": other, "number": "S-2", "cartons": 1}
    order.hears(ShipmentPlanned(**split, **place, lines=(order.part("A", 100), second)))
    assert (carried(orders, SHIPMENT), carried(orders, other)) == ({"A": 500}, {"A": 100, "B": 400})
    order.hears(ShipmentCancelled(**split, lines=(order.part("A", 100), second)))
    order.hears(CartonsPutIn(**about, lines=(order.part("A", 100), second)))
    assert (carried(orders, SHIPMENT), carried(orders, other)) == ({"A": 600, "B": 400}, {})
    given_up = orders.office.get(f"{API}/shipments/{other}").json
    assert (given_up["version"], given_up["complete"]) == (2, 0)
    assert carried(orders, other, version=1) == {"A": 100, "B": 400}, "what was shown once can be shown again"
    assert orders.office.get(f"{API}/shipments/{other}.pdf").data.startswith(b"%PDF")
    listed = Visitor(orders, COMPLIANCE).open("/orders/dossiers/")
    assert str(other) in listed
    with pytest.raises(DBAPIError, match="append only"), orders.database.transaction() as session:
        session.execute(update(shipment_lot).values(quantity=1))
    before = orders.office.get(f"{API}/shipments/{SHIPMENT}").json["hash"]
    order.hears(order.departure(first, second))
    assert orders.office.get(f"{API}/shipments/{SHIPMENT}").json["hash"] == before, "nothing else left"


def test_a_shipment_that_left_with_less_than_was_told_has_a_dossier_of_what_left(
    orders: Orders, order: Followed
) -> None:
    order.hears(order.departure(order.part(quantity=900)))
    assert (carried(orders, SHIPMENT, version=1), carried(orders, SHIPMENT)) == ({LOT: 1_000}, {LOT: 900})


def test_each_list_of_dossiers_turns_to_what_is_older(
    orders: Orders, order: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS", 1)
    about: dict[str, Any] = {"number": "S-2", "hub": SRAGEN, "destination": "ID", "cartons": 1}
    newer = ShipmentPlanned(shipment_id=UUID(int=8), **about, lines=(order.part(quantity=100),))
    another = follow(orders, po_number="PO-2")
    another.hears(another.plan(), another.lot("SRG-OTHER"))
    order.hears(newer)
    officer = Visitor(orders, COMPLIANCE)

    def listed(page: str) -> tuple[list[str], list[str]]:
        lots = re.findall(r'dossiers/lots/([^"]+)"', page)
        return lots, [str(UUID(id).int) for id in re.findall(r'dossiers/shipments/([^"]+)"', page)]

    first = officer.open("/orders/dossiers/")
    shipments, lots = re.findall(r'rel="next" href="([^"]+)"', first)
    (one,), (eight,) = listed(first)
    (other,), _ = listed(officer.open(f"/orders/dossiers/{lots}"))
    _, (ten,) = listed(officer.open(f"/orders/dossiers/{shipments}"))
    assert ({one, other}, [eight, ten]) == ({LOT, "SRG-OTHER"}, ["8", "10"])
    assert officer.client.get("/orders/dossiers/?lots=!").status_code == 422


def test_the_pages_say_what_is_open_and_that_nothing_is_decided(orders: Orders, order: Followed) -> None:
    officer = Visitor(orders, COMPLIANCE)
    listed = officer.open("/orders/dossiers/")
    assert (f"/orders/dossiers/lots/{LOT}" in listed, f'{SHIPMENT}">S-1<' in listed) == (True, True)
    page = officer.open(f"/orders/dossiers/lots/{LOT}")
    assert "2 of 11 items are complete" in page
    assert NOTICE in page
    assert "forced-labour-free" not in page
    assert "11 hal lengkap" in Visitor(orders, "kanwil", language="id").open(
        f"/orders/dossiers/shipments/{SHIPMENT}"
    )
    assert officer.client.get(f"/orders/dossiers/lots/{LOT}.pdf").mimetype == "application/pdf"
    buyer, rival = (Visitor(orders, BUYER, account=code) for code in ("CHEWY-LOUIS", "RIVAL"))
    assert str(SHIPMENT) not in buyer.open("/orders/dossiers/")
    assert LOT in buyer.open(f"/orders/dossiers/lots/{LOT}")
    assert LOT not in rival.open("/orders/dossiers/")
    assert rival.client.get(f"/orders/dossiers/lots/{LOT}").status_code == 404
