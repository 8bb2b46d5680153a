"""Material: received, used by work orders oldest first, written off, quarantined; never more than there is."""

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from services.production.domain.allocation import Share
from services.production.domain.calendar import working_day_after
from services.production.domain.material import stopped
from services.production.domain.terms import MATERIAL_DAYS, Terms, share_out_on_terms
from services.production.handlers import working
from services.production.pages.materials import MOST
from services.production.storage import agreement, material_lot
from shared.web.access import FACILITY, HEAD, KANWIL, TOOL_KEEPER
from tests.clock import in_days, today
from tests.production.conftest import KLATEN, SRAGEN, Production, a_clearance, an_order
from tests.production.test_allocation import TODAY, able
from tests.production.test_board import CSRF_TOKEN, Visitor

PLOT = {"plot": "Block 7", "geolocation": "-7.430012, 111.020034"}


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "facility": SRAGEN,
        "material": "coir",
        "supplier": "A coir mill",
        "quantity": "100",
        "received_on": today().isoformat(),
        **changes,
    }


def received(production: Production, **changes: Any) -> dict[str, Any]:
    answer = production.sragen.post("/materials/lots", receipt(**changes))
    assert answer.status_code == 201, answer.text
    lot: dict[str, Any] = answer.json
    return lot


def report(production: Production, work: dict[str, Any], pieces: int) -> Any:
    return production.sragen.do(work, "report", pieces=pieces, worked_on=today().isoformat(), kind="made")


def stock_of(production: Production, material: str = "coir") -> dict[str, Any]:
    rows = production.sragen.get("/materials/stock").json
    return next(row for row in rows if row["material"] == material)


@pytest.fixture
def bare(shared_out: Production) -> Production:
    """An offered order, and no material anywhere."""
    with shared_out.database.transaction() as session:
        session.execute(delete(material_lot))
    return shared_out


def test_pieces_take_their_recipe_of_the_oldest_lots_first(bare: Production) -> None:
    newer = received(bare, quantity="100")
    older = received(bare, quantity="1.5", received_on=in_days(-3).isoformat())
    work = bare.sragen.started()
    assert report(bare, work, 50).status_code == 200  # 2.3 kg
    lots = bare.sragen.get(f"/work-orders/{work['id']}/materials").json
    assert {row["lot"]: row["quantity"] for row in lots} == {
        older["number"]: "1.500",
        newer["number"]: "0.800",
    }
    full = bare.sragen.get(f"/materials/lots/{older['id']}").json
    assert (full["stock"], [row["number"] for row in full["used_by"]]) == ("0.000", [work["number"]])


def test_pieces_made_before_the_receipt_was_entered_are_counted_and_covered_by_it(bare: Production) -> None:
    received(bare, quantity="1")
    work = bare.sragen.started()
    assert report(bare, work, 100).status_code == 200  # 4.6 kg
    assert (stock_of(bare)["stock"], stock_of(bare)["unreceived"]) == ("0.000", "3.600")
    late = received(bare, quantity="10")
    assert late["stock"] == "6.400"
    assert Decimal(stock_of(bare)["unreceived"]) == 0
    lots = bare.sragen.get(f"/work-orders/{work['id']}/materials").json
    assert sum(Decimal(row["quantity"]) for row in lots) == Decimal("4.6")
    assert None not in {row["lot"] for row in lots}


def test_stock_is_received_less_used_less_written_off_and_a_correction_is_an_entry(bare: Production) -> None:
    lot = received(bare, quantity="10")
    work = bare.sragen.started()
    report(bare, work, 100)
    path = f"/materials/lots/{lot['id']}"
    too_much = {"work_order_id": work["id"], "quantity": "0.6", "reason": "Less was used."}
    assert bare.sragen.post(f"{path}/give-back", too_much).json["used"] == "4.000"
    spoilt = {"quantity": "5", "reason": "The roof leaked."}
    assert bare.sragen.post(f"{path}/write-off", spoilt).json["stock"] == "1.000"
    refused = bare.sragen.post(f"{path}/write-off", spoilt)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "quantity")
    refused = bare.sragen.post(f"{path}/give-back", {**too_much, "quantity": "4.001"})
    assert refused.status_code == 422


def test_a_corrected_report_takes_and_gives_back_what_the_pieces_take(bare: Production) -> None:
    received(bare, quantity="2", received_on=in_days(-1).isoformat())
    received(bare, quantity="1")
    work = bare.sragen.started()
    report(bare, work, 100)  # 4.6 kg, 1.6 of it without a receipt
    (entry,) = bare.sragen.get(f"/work-orders/{work['id']}/reports").json

    def correct(pieces: int) -> tuple[str, str]:
        body = {"pieces": pieces, "reason": "Counted wrongly."}
        answer = bare.sragen.post(f"/work-orders/{work['id']}/reports/{entry['id']}/correct", body)
        assert answer.status_code == 200, answer.text
        return stock_of(bare)["used"], stock_of(bare)["unreceived"]

    assert correct(50) == ("2.300", "0.000")
    assert correct(60) == ("2.760", "0.000")
    assert correct(80) == ("3.000", "0.680")
    assert correct(0) == ("0.000", "0.000")


def test_the_database_keeps_no_more_used_than_there_was(bare: Production) -> None:
    received(bare, quantity="10")
    with pytest.raises(IntegrityError), bare.database.transaction() as session:
        session.execute(update(material_lot).values(used=11))


def test_reports_at_once_take_no_lot_beyond_what_it_has(bare: Production) -> None:
    received(bare, quantity="1")
    received(bare, quantity="1")
    work = bare.sragen.started()

    def make(_: int) -> None:
        with bare.database.transaction() as session:
            working.report(session, work_order_id=work["id"], pieces=10, kind="made", worked_on=today())

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make, range(6)))
    assert (stock_of(bare)["used"], stock_of(bare)["unreceived"]) == ("2.000", "0.760")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"material": "coffee_wood"}, "plot"),
        ({"material": "coffee_wood", "plot": "Block 7"}, "geolocation"),
        ({"material": "coffee_wood", **PLOT, "geolocation": "behind the river"}, "geolocation"),
        ({"material": "gold"}, "material"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1.0005"}, "quantity"),
        ({"received_on": in_days(1).isoformat()}, "received_on"),
        ({"supplier": "Pak 3314 0112 3456 7890"}, "supplier"),
        ({"facility": KLATEN}, "facility"),
    ],
    ids=str,
)
def test_what_can_not_be_received_is_refused_by_its_field(
    production: Production, changes: dict[str, Any], field: str
) -> None:
    before = production.sragen.get("/materials/lots").json
    refused = production.sragen.post("/materials/lots", receipt(**changes))
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert production.sragen.get("/materials/lots").json == before


def test_wood_keeps_the_plot_that_it_grew_on(production: Production) -> None:
    lot = received(production, material="coffee_wood", **PLOT)
    assert {name: lot[name] for name in PLOT} == PLOT


def test_a_quarantined_lot_pauses_what_used_it_and_says_so_on_the_board(bare: Production) -> None:
    lot = received(bare, quantity="100")
    work = bare.sragen.started()
    report(bare, work, 10)
    path = f"/materials/lots/{lot['id']}"
    assert bare.office.post(f"{path}/quarantine", {"reason": "Wet and mouldy."}).status_code == 200
    (paused,) = bare.sragen.work_orders()
    assert (paused["state"], paused["paused_reason"]) == ("paused", f"{lot['number']}: Wet and mouldy.")
    assert "Wet and mouldy." in Visitor(bare, FACILITY, SRAGEN).open()
    assert "Wet and mouldy." not in Visitor(bare, FACILITY, KLATEN).open()
    refused = bare.sragen.do(work, "start")
    assert (refused.status_code, lot["number"] in refused.json["detail"]) == (422, True)
    assert bare.sragen.post(f"{path}/release", {}).status_code == 200
    assert bare.sragen.do(work, "start").json["state"] == "in_progress"


def test_work_that_has_other_material_goes_on_and_does_not_use_what_is_quarantined(bare: Production) -> None:
    bad = received(bare, quantity="100", received_on=in_days(-3).isoformat())
    received(bare, quantity="100")
    work = bare.sragen.started()
    bare.sragen.post(f"/materials/lots/{bad['id']}/quarantine", {"reason": "Wet and mouldy."})
    assert report(bare, work, 10).json["state"] == "in_progress"
    assert bare.sragen.get(f"/materials/lots/{bad['id']}").json["used"] == "0.000"


def test_work_that_would_have_to_use_what_is_quarantined_stands_still(bare: Production) -> None:
    lot = received(bare, quantity="100")
    bare.sragen.started()
    bare.sragen.post(f"/materials/lots/{lot['id']}/quarantine", {"reason": "Wet and mouldy."})
    assert [work["state"] for work in bare.sragen.work_orders()] == ["paused"]


def test_who_lacks_material_begins_when_it_has_come_and_the_reason_says_so(production: Production) -> None:
    with production.database.transaction() as session:
        session.execute(delete(material_lot).where(material_lot.c.facility == SRAGEN))
        session.execute(update(material_lot).values(quantity=1))
    production.hears(an_order(quantity=400), a_clearance(quantity=400))
    rows = production.office.work_orders()
    assert sum(row["quantity"] for row in rows) == 400
    for row in rows:
        assert "after 5 working days until material comes" in row["why"]
        assert row["due"] > working_day_after(today(), MATERIAL_DAYS).isoformat()


def test_material_that_open_work_orders_take_is_spoken_for(production: Production) -> None:
    with production.database.transaction() as session:
        session.execute(update(material_lot).values(quantity=60))  # of coir for 1,304 pieces
    for number in range(1, 6):
        order = UUID(int=number)
        production.hears(an_order(order_id=order, quantity=300), a_clearance(order_id=order, quantity=300))
    waited = ["until material comes" in row["why"] for row in reversed(production.sragen.work_orders())]
    assert waited == [False, False, False, False, True]


@given(
    st.integers(1, 20_000),
    st.lists(st.tuples(st.booleans(), st.none() | st.integers(0, 20_000)), min_size=1, max_size=4),
)
def test_on_any_terms_every_piece_is_accounted_for_and_nobody_is_asked_without_an_agreement(
    quantity: int, each: list[tuple[bool, int | None]]
) -> None:
    latest = working_day_after(TODAY, 30)
    facilities = [able(code) for code, _ in zip("ABCD", each, strict=False)]
    terms = {
        one.facility: Terms(until=working_day_after(TODAY, 60) if has else None, pieces=pieces)
        for one, (has, pieces) in zip(facilities, each, strict=True)
    }
    facts: dict[str, Any] = {
        "labour_minutes": 14,
        "latest": latest,
        "today": TODAY,
        "able": facilities,
        "terms": terms,
    }
    planned = share_out_on_terms(quantity, **facts)
    shares: tuple[Share, ...] = planned.plan.shares
    assert sum(share.quantity for share in shares) + planned.plan.unallocated == quantity
    for share in shares:
        until, pieces = terms[share.facility].until, terms[share.facility].pieces
        assert until is not None
        assert share.due <= until
        if pieces is not None and share.quantity > pieces:
            assert "until material comes" in share.why
            assert share.due > working_day_after(TODAY, MATERIAL_DAYS)
    assert {share.facility for share in shares} | planned.passed_over.keys() == set(terms)
    assert planned == share_out_on_terms(quantity, **facts)


def test_a_facility_receives_quarantines_and_writes_off_on_its_page(bare: Production) -> None:
    visitor = Visitor(bare, FACILITY, SRAGEN)

    def send(path: str, **typed: Any) -> Any:
        token = CSRF_TOKEN.search(visitor.client.get("/production/materials").text)
        assert token is not None
        return visitor.client.post(f"/production/materials{path}", data={"csrf_token": token[1], **typed})

    wrong = send("", **receipt(quantity="many"))
    assert (wrong.status_code, 'value="many"' in wrong.text) == (422, True)
    assert send("", **receipt(quantity="12,5")).status_code == 303
    (lot,) = bare.sragen.get("/materials/lots").json
    assert lot["quantity"] == "12.500"
    path = f"/lots/{lot['id']}"
    assert send(f"{path}/write_off", quantity="13", reason="The roof leaked.").status_code == 422
    assert send(f"{path}/write_off", quantity="2.5", reason="The roof leaked.").status_code == 303
    too_much = send(f"{path}/write_off", quantity="10.5", reason="The roof leaked.")
    assert (too_much.status_code, "di atas 0 sampai 10." in too_much.text) == (422, True)
    assert send(f"{path}/quarantine", reason="Wet and mouldy.").status_code == 303
    page = visitor.client.get("/production/materials").text
    assert "Wet and mouldy." in page
    assert lot["number"] not in Visitor(bare, FACILITY, KLATEN).client.get("/production/materials").text
    assert send(f"{path}/release").status_code == 303


def test_an_officer_reads_what_each_work_order_used_and_puts_back_what_it_did_not(bare: Production) -> None:
    lot = received(bare, quantity="50")
    work = bare.sragen.started()
    report(bare, work, 100)
    visitor = Visitor(bare, FACILITY, SRAGEN)
    page = visitor.client.get("/production/materials").text
    assert re.search(rf'Dipakai oleh <a href="[^"]+{work["id"]}/reports">{work["number"]}</a>: 4,6 kg', page)
    token = CSRF_TOKEN.search(page)
    assert token is not None
    form = {"csrf_token": token[1], "work_order_id": work["id"], "quantity": "5", "reason": "Lebih hemat."}
    address = f"/production/materials/lots/{lot['id']}/give_back"
    refused = visitor.client.post(address, data=form)
    assert (refused.status_code, "di atas 0 sampai 4,6." in refused.text) == (422, True)
    assert visitor.client.post(address, data={**form, "quantity": "0,6"}).status_code == 303
    page = visitor.client.get(f"/production/work-orders/{work['id']}/reports").text
    assert f": 4 kg · {lot['number']}, {lot['supplier']}</li>" in page


def test_material_that_comes_lets_waiting_lines_be_shared_out(production: Production) -> None:
    with production.database.transaction() as session:
        session.execute(update(agreement).values(valid_to=in_days(-1)))
    production.hears(an_order(), a_clearance())
    with production.database.transaction() as session:
        session.execute(update(agreement).values(valid_to=in_days(3_000)))
    received(production, material="rattan")
    assert production.office.work_orders() == [], "nothing of it is made of rattan"
    received(production)
    plan = production.told("production_planned")[-1][1]
    assert (plan["unallocated"], plan["because"]) == (0, "supplied")
    received(production)
    assert len(production.told("production_planned")) == 2, "what nobody waits for is not told again"


def test_who_may_quarantine_reads_before_which_work_would_stand_still(bare: Production) -> None:
    """The facility's people that work with it, and the regional office; the tool keeper only reads."""
    enough, used = (
        received(bare, quantity="500"),
        received(bare, quantity="1", received_on=in_days(-3).isoformat()),
    )
    work = bare.sragen.started()
    assert report(bare, work, 10).status_code == 200
    would_stop = f"kini berhenti: {work['number']}."
    for role, account in ((FACILITY, SRAGEN), (HEAD, SRAGEN), (KANWIL, None)):
        cards = lots_on_page(Visitor(bare, role, account))
        assert would_stop in cards[used["number"]], f"{role}: it used of it"
        assert would_stop in cards[enough["number"]], f"{role}: the other one is not enough"
    received(bare, quantity="500")
    cards = lots_on_page(Visitor(bare, KANWIL, None))
    assert "tidak ada pekerjaan yang berhenti" in cards[enough["number"]]
    write_off = "Hapus dari persediaan"
    assert write_off not in cards[enough["number"]]
    assert write_off in lots_on_page(Visitor(bare, FACILITY, SRAGEN))[enough["number"]]
    keeper, office = Visitor(bare, TOOL_KEEPER, SRAGEN), Visitor(bare, KANWIL, None)
    assert "Karantina" not in lots_on_page(keeper)[used["number"]]
    assert changed(keeper, used, "quarantine", reason="Basah dan berjamur.").status_code == 403
    assert changed(office, used, "write_off", quantity="1", reason="Basah dan berjamur.").status_code == 403
    assert changed(office, used, "quarantine", reason="Basah dan berjamur.").status_code == 303
    assert bare.sragen.get(f"/work-orders/{work['id']}").json["state"] == "paused"
    assert "setelah lapas" in lots_on_page(office)[used["number"]]
    assert changed(keeper, used, "release").status_code == 403
    assert changed(office, used, "release").status_code == 303
    assert bare.sragen.get(f"/work-orders/{work['id']}").json["state"] == "paused", "the facility goes on"
    assert bare.sragen.do(work, "start").status_code == 200


def test_the_office_finds_every_lot_a_facility_and_a_page_at_a_time_and_all_that_are_in_quarantine(
    bare: Production,
) -> None:
    sent = bare.klaten.post("/materials/lots", receipt(facility=KLATEN))
    assert sent.status_code == 201, sent.text
    klaten, bad, old = sent.json, received(bare), received(bare)
    reason = {"reason": "Wet and mouldy."}
    assert bare.office.post(f"/materials/lots/{bad['id']}/quarantine", reason).status_code == 200
    newer = {received(bare)["number"] for _ in range(MOST)}
    office, officer = Visitor(bare, KANWIL, None), Visitor(bare, FACILITY, SRAGEN)
    for visitor in (office, officer):
        assert lots_on_page(visitor).keys() == newer | {bad["number"]}
        further = re.search(
            r'<a rel="next" href="([^"]+)">', visitor.client.get("/production/materials").text
        )
        assert further is not None
        assert old["number"] in lots_on_page(visitor, further[1].removeprefix("/production/materials"))
    only = f"?facility={KLATEN}"
    assert lots_on_page(office, only).keys() == {klaten["number"]}
    assert lots_on_page(officer, only).keys() == newer | {bad["number"]}, "a facility has its own"
    assert f">{SRAGEN}</td>" not in office.client.get(f"/production/materials{only}").text
    assert office.client.get("/production/materials?facility=LPS-XYZ").status_code == 404
    assert changed(office, klaten, f"quarantine{only}", reason=" ").status_code == 422
    done = changed(office, klaten, f"quarantine{only}", **reason)
    assert (done.status_code, done.location.split("materials")[1]) == (303, f"{only}#lot-{klaten['id']}")
    assert {klaten["number"], bad["number"]} < lots_on_page(office).keys()
    assert changed(office, klaten, "release").status_code == 303
    assert klaten["number"] not in lots_on_page(office)
    late = changed(office, klaten, "release")
    assert (late.status_code, late.text.count('role="alert"')) == (422, 1), (
        "also where its lot stands no more"
    )


def lots_on_page(visitor: Visitor, query: str = "") -> dict[str, str]:
    """What stands on the page of each lot."""
    page = visitor.client.get(f"/production/materials{query.replace('&amp;', '&')}").text
    cards = page.split('<section class="card stack" id="lot-')[1:]
    return {card.split("<h3>")[1].split(" ·")[0]: card for card in cards}


def changed(visitor: Visitor, lot: dict[str, Any], action: str, **typed: str) -> Any:
    token = CSRF_TOKEN.search(visitor.client.get("/production/materials").text)
    assert token is not None
    path = f"/production/materials/lots/{lot['id']}/{action}"
    return visitor.client.post(path, data={"csrf_token": token[1], **typed})


@given(
    needs=st.lists(
        st.tuples(st.uuids(), st.decimals(0, 9, places=1)), max_size=5, unique_by=lambda one: one[0]
    ),
    stock=st.decimals(0, 20, places=1),
    data=st.data(),
)
def test_work_stands_still_that_used_a_lot_or_that_the_rest_is_not_enough_for(
    needs: list[tuple[UUID, Decimal]], stock: Decimal, data: st.DataObject
) -> None:
    used_by = data.draw(st.sets(st.sampled_from([id for id, _ in needs]))) if needs else set[UUID]()
    still = stopped(needs, used_by=used_by, stock=stock)
    assert used_by <= set(still)
    assert still == [id for id, _ in needs if id in still], "in their order, each once"
    assert sum(need for id, need in needs if id not in still) <= stock
