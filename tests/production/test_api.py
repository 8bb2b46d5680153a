"""The production API as the systems of facilities and of the regional office meet it."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.clock import in_days, today
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    ORDER,
    SRAGEN,
    Production,
    a_clearance,
    an_item,
    an_order,
)

NOBODYS = {"id": "00000000-0000-0000-0000-000000000000"}
REASON = "The workshop is closed for repairs."


def a_report(**changes: Any) -> dict[str, Any]:
    return {"pieces": 100, "worked_on": today().isoformat(), **changes}


def an_inspection(**changes: Any) -> dict[str, Any]:
    return {"passed": 0, "rework": 0, "scrap": 0, **changes}


def live(production: Production) -> list[dict[str, Any]]:
    return [row for row in production.office.work_orders() if row["state"] != "declined"]


# Allocation


def test_a_plan_is_told_before_its_offers_and_no_piece_is_lost(shared_out: Production) -> None:
    (first, plan), *offers = shared_out.told()
    assert [first, *(kind for kind, _ in offers)] == ["production_planned"] + ["work_order_offered"] * 2
    assert plan["allocated"] + plan["unallocated"] == 1_000
    offered = {offer["facility"]: offer["quantity"] for _, offer in offers}
    assert {part["facility"]: part["quantity"] for part in plan["allocations"]} == offered
    assert set(offered) == {SRAGEN, KLATEN}
    assert sum(offered.values()) == plan["allocated"] == 1_000
    assert plan["promised_date"] > max(offer["due"] for _, offer in offers)


@pytest.mark.parametrize(
    "change", [{"expires_on": in_days(-1)}, {"purpose": "export"}], ids=["expired", "export"]
)
def test_a_clearance_that_has_run_out_or_is_to_export_lets_nothing_be_made(
    production: Production, change: dict[str, Any]
) -> None:
    production.hears(an_order(), a_clearance(**change))
    assert production.told() == []
    assert live(production) == []


def test_a_clearance_counts_on_its_last_day(production: Production) -> None:
    production.hears(an_order(), a_clearance(expires_on=today()))
    assert sum(row["quantity"] for row in live(production)) == 1_000


def test_the_same_clearance_again_lets_no_more_be_made(shared_out: Production) -> None:
    before = shared_out.told()
    shared_out.hears(a_clearance())
    assert shared_out.told() == before


def test_a_larger_clearance_lets_only_the_rest_of_the_line_be_made(production: Production) -> None:
    production.hears(an_order(), a_clearance(quantity=400), a_clearance())
    assert sum(row["quantity"] for row in live(production)) == 1_000
    assert [plan["allocated"] for _, plan in production.told("production_planned")] == [400, 1_000]


def test_an_order_that_comes_before_its_item_waits_for_it(production: Production) -> None:
    production.hears(an_order(sku="CR-RING-15"), a_clearance())
    assert production.hearing.waits_for()[0] == "orders item/CR-RING-15"
    assert production.told() == []
    production.hears(an_item("CR-RING-15"))
    assert production.hearing.waits_for() == []
    assert sum(row["quantity"] for row in live(production)) == 1_000


def test_what_is_declined_is_shared_out_again_and_nothing_else(shared_out: Production) -> None:
    (kept,), (declined,) = shared_out.klaten.work_orders(), shared_out.sragen.work_orders()
    shared_out.klaten.do(kept, "accept")
    answer = shared_out.sragen.do(declined, "decline", reason=REASON)
    assert (answer.status_code, answer.json["state"]) == (200, "declined")
    again, before = shared_out.klaten.work_orders()
    assert (before["id"], before["quantity"], before["state"]) == (kept["id"], kept["quantity"], "accepted")
    assert (again["quantity"], again["state"]) == (declined["quantity"], "offered")
    assert [row["id"] for row in shared_out.sragen.work_orders()] == [declined["id"]]
    kinds = [kind for kind, _ in shared_out.told()][-3:]
    assert kinds == ["work_order_declined", "production_planned", "work_order_offered"]


def test_what_everybody_declined_stays_without_a_facility(shared_out: Production) -> None:
    (kept,), (declined,) = shared_out.klaten.work_orders(), shared_out.sragen.work_orders()
    shared_out.sragen.do(declined, "decline", reason=REASON)
    shared_out.klaten.do(shared_out.klaten.work_orders()[0], "decline", reason=REASON)
    _, plan = shared_out.told("production_planned")[-1]
    assert (plan["allocated"], plan["unallocated"]) == (kept["quantity"], declined["quantity"])
    assert plan["promised_date"] is None
    assert [row["id"] for row in live(shared_out)] == [kept["id"]]


# Work


def test_from_offer_to_lots_every_piece_is_accounted_for(shared_out: Production) -> None:
    officer, work_order = shared_out.sragen, shared_out.sragen.started()
    whole = work_order["quantity"]
    made = officer.do(work_order, "report", **a_report(pieces=whole)).json
    assert (made["awaiting"], made["remaining"]) == (whole, 0)
    checked = officer.do(work_order, "inspect", **an_inspection(passed=whole - 30, rework=20, scrap=10)).json
    assert checked["made"] == checked["good"] + checked["rework"] + checked["scrap"] + checked["awaiting"]
    assert checked["remaining"] == 10
    officer.do(work_order, "report", **a_report(pieces=10))
    officer.do(work_order, "report", **a_report(pieces=20, kind="reworked"))
    done = officer.do(work_order, "inspect", **an_inspection(passed=30)).json
    assert (done["state"], done["good"], done["scrap"], done["made"]) == ("completed", whole, 10, whole + 10)
    lots = [lot for _, lot in shared_out.told("lot_released")]
    assert [lot["quantity"] for lot in lots] == [whole - 30, 30]
    assert len({lot["lot"] for lot in lots}) == 2
    assert shared_out.told()[-1] == (
        "work_order_completed",
        {
            "work_order_id": work_order["id"],
            "order_id": str(ORDER),
            "line": 1,
            "facility": SRAGEN,
            "good": whole,
        },
    )


def test_pieces_that_did_not_pass_make_no_lot(shared_out: Production) -> None:
    work_order = shared_out.sragen.started()
    shared_out.sragen.do(work_order, "report", **a_report())
    assert shared_out.sragen.do(work_order, "inspect", **an_inspection(scrap=100)).status_code == 200
    assert shared_out.told("lot_released") == []


def test_a_pause_has_a_reason_and_ends_with_the_next_start(shared_out: Production) -> None:
    work_order = shared_out.sragen.started()
    assert shared_out.sragen.do(work_order, "pause", reason=REASON).json["state"] == "paused"
    assert shared_out.sragen.do(work_order, "report", **a_report()).status_code == 422
    assert shared_out.sragen.do(work_order, "start").json["state"] == "in_progress"
    assert len(shared_out.told("work_order_started")) == 1


def test_a_repeated_report_gives_the_first_answer_and_counts_once(shared_out: Production) -> None:
    path = f"/work-orders/{shared_out.sragen.started()['id']}/report"
    first = shared_out.sragen.post(path, a_report(), idempotency_key="k")
    again = shared_out.sragen.post(path, a_report(), idempotency_key="k")
    assert (first.status_code, again.status_code, again.data) == (200, 200, first.data)
    assert shared_out.reports() == [("made", 100)]
    assert len(shared_out.told("pieces_reported")) == 1
    assert shared_out.sragen.post(path, a_report(pieces=5), idempotency_key="k").status_code == 422
    assert shared_out.reports() == [("made", 100)]


def test_a_key_that_is_older_than_two_days_may_be_used_anew(shared_out: Production) -> None:
    path = f"/work-orders/{shared_out.sragen.started()['id']}/report"
    shared_out.sragen.post(path, a_report(), idempotency_key="k")
    with shared_out.database.transaction() as session:
        session.execute(text("UPDATE idempotency_key SET created_at = created_at - interval '3 days'"))
    anew = shared_out.sragen.post(path, a_report(pieces=7), idempotency_key="k")
    assert anew.status_code == 200, anew.text
    assert shared_out.sragen.post(path, a_report(pieces=7), idempotency_key="k").data == anew.data
    assert shared_out.reports() == [("made", 100), ("made", 7)]


@pytest.mark.parametrize("action", ["accept", "start", "report", "inspect"])
def test_without_an_idempotency_key_nothing_happens(shared_out: Production, action: str) -> None:
    before = shared_out.told()
    (work_order,) = shared_out.sragen.work_orders()
    body = {"report": a_report(), "inspect": an_inspection(passed=1)}.get(action, {})
    answer = shared_out.client.post(
        f"/production/v1/work-orders/{work_order['id']}/{action}",
        json=body,
        headers={"Authorization": f"Bearer {shared_out.sragen.key}"},
    )
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json["title"]
    assert shared_out.told() == before


# Bad input


@pytest.mark.parametrize(
    ("field", "action", "body"),
    [
        ("pieces", "report", a_report(pieces=0)),
        ("pieces", "report", a_report(pieces=-1)),
        ("pieces", "report", a_report(pieces=1_001)),
        ("pieces", "report", a_report(pieces=2**63)),
        ("pieces", "report", a_report(pieces="1")),
        ("pieces", "report", a_report(pieces=1.0)),
        ("pieces", "report", a_report(pieces=True)),
        ("pieces", "report", a_report(pieces=1, kind="reworked")),
        ("worked_on", "report", a_report(worked_on=in_days(1).isoformat())),
        ("worked_on", "report", a_report(worked_on=in_days(-1).isoformat())),
        ("worked_on", "report", a_report(worked_on="31/01/2026")),
        ("kind", "report", a_report(kind="stolen")),
        ("good", "report", a_report(good=5)),
        ("passed", "inspect", an_inspection(passed=-1, scrap=2)),
        ("rework", "inspect", an_inspection(passed=2, rework=-1)),
        ("scrap", "inspect", an_inspection(passed=2, scrap=-1)),
        ("passed", "inspect", an_inspection()),
        ("passed", "inspect", an_inspection(passed=51)),
        ("scrap", "inspect", {"passed": 1, "rework": 0}),
        ("reason", "pause", {"reason": "no"}),
        ("reason", "pause", {"reason": "  x  "}),
        ("reason", "pause", {"reason": "x" * 501}),
        ("reason", "pause", {"reason": "closed\0"}),
        ("reason", "pause", {"reason": "closed\ud800"}),
        ("reason", "pause", {}),
        ("reason", "start", {"reason": REASON}),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_wrong_is_refused_by_its_field_and_changes_nothing(
    shared_out: Production, field: str, action: str, body: dict[str, Any]
) -> None:
    work_order = shared_out.sragen.started()
    shared_out.sragen.do(work_order, "report", **a_report(pieces=50))
    before = shared_out.told()
    answer = shared_out.sragen.do(work_order, action, **body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.text
    assert field in [error["field"] for error in answer.json["errors"]]
    assert shared_out.told() == before
    assert shared_out.reports() == [("made", 50)]


def test_a_reason_to_decline_is_needed_too(shared_out: Production) -> None:
    (work_order,) = shared_out.sragen.work_orders()
    answer = shared_out.sragen.do(work_order, "decline", reason="no")
    assert answer.json["errors"][0]["field"] == "reason"
    assert "3" in answer.json["errors"][0]["message"]
    assert shared_out.sragen.work_orders()[0]["state"] == "offered"


def test_what_the_state_does_not_allow_is_refused(shared_out: Production) -> None:
    (work_order,) = shared_out.sragen.work_orders()
    assert shared_out.sragen.do(work_order, "start").status_code == 422
    assert shared_out.sragen.do(work_order, "report", **a_report()).status_code == 422
    shared_out.sragen.do(work_order, "accept")
    assert shared_out.sragen.do(work_order, "accept").status_code == 422
    assert shared_out.sragen.do(work_order, "decline", reason=REASON).status_code == 422
    assert len(shared_out.told("work_order_accepted")) == 1


@pytest.mark.parametrize(
    ("path", "status"), [("/facilities/%00/capacity", 404), ("/work-orders?after=%00", 400)]
)
def test_an_address_that_no_database_can_look_for_is_refused(
    production: Production, path: str, status: int
) -> None:
    assert production.sragen.get(path).status_code == status


@pytest.mark.parametrize("cursor", ["%%%", "aGVsbG8", "_w"])
def test_a_cursor_of_somebody_elses_making_is_refused_by_name(production: Production, cursor: str) -> None:
    answer = production.sragen.get("/work-orders", after=cursor)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "after")


# Who may see what

ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("accept", {}),
    ("decline", {"reason": REASON}),
    ("start", {}),
    ("pause", {"reason": REASON}),
    ("report", a_report()),
    ("inspect", an_inspection(passed=1)),
]


def test_another_facilitys_work_order_can_not_be_told_from_none(shared_out: Production) -> None:
    (theirs,), before = shared_out.sragen.work_orders(), shared_out.told()
    read, unknown = (shared_out.klaten.get(f"/work-orders/{one['id']}") for one in (theirs, NOBODYS))
    assert (read.status_code, unknown.status_code, read.data) == (404, 404, unknown.data)
    for action, body in ACTIONS:
        tried, none = (shared_out.klaten.do(one, action, **body) for one in (theirs, NOBODYS))
        assert (tried.status_code, none.status_code, tried.data) == (404, 404, none.data)
        assert tried.data == read.data
    assert shared_out.told() == before


def test_a_facility_lists_its_own_work_orders_whatever_it_asks_for(shared_out: Production) -> None:
    assert {row["facility"] for row in shared_out.klaten.work_orders()} == {KLATEN}
    assert shared_out.klaten.work_orders(facility=SRAGEN) == []
    assert {row["facility"] for row in shared_out.office.work_orders()} == {SRAGEN, KLATEN}
    assert {row["facility"] for row in shared_out.office.work_orders(facility=SRAGEN)} == {SRAGEN}


def test_the_regional_office_sees_work_and_does_none(shared_out: Production) -> None:
    work_order = shared_out.office.work_orders()[0]
    read = shared_out.office.get(f"/work-orders/{work_order['id']}").json
    assert {name: read[name] for name in work_order} == work_order
    for action, body in ACTIONS:
        assert shared_out.office.do(work_order, action, **body).status_code == 403


def test_work_orders_are_read_page_by_page(shared_out: Production) -> None:
    first = shared_out.office.get("/work-orders", limit=1)
    path = first.headers["Link"][1:].split(">")[0]
    second = shared_out.office.get(path.removeprefix("/production/v1"))
    assert first.json + second.json == shared_out.office.work_orders()
    assert "Link" not in second.headers


# Capacity


def capacity(**changes: Any) -> dict[str, Any]:
    return {"open_minutes": 300, "workers": {FAMILY: 50}, **changes}


def test_a_facility_sets_its_own_capacity(production: Production) -> None:
    path = f"/facilities/{SRAGEN}/capacity"
    answer = production.sragen.put(path, capacity())
    assert answer.status_code == 200, answer.text
    assert answer.json["open_minutes"] == 300
    assert answer.json["workers"][FAMILY] == 50
    assert production.office.get(path).json == answer.json


def test_without_workers_a_facility_is_asked_for_nothing(production: Production) -> None:
    production.sragen.put(f"/facilities/{SRAGEN}/capacity", capacity(workers={FAMILY: 0}))
    production.hears(an_order(), a_clearance())
    assert {row["facility"] for row in live(production)} == {KLATEN}


def test_another_facilitys_capacity_can_not_be_told_from_none(production: Production) -> None:
    theirs, none = f"/facilities/{SRAGEN}/capacity", "/facilities/LPS-XXX/capacity"
    before = production.office.get(theirs).json
    read, unknown = production.klaten.get(theirs), production.klaten.get(none)
    assert (read.status_code, unknown.status_code, read.data) == (404, 404, unknown.data)
    written, unwritten = production.klaten.put(theirs, capacity()), production.klaten.put(none, capacity())
    assert (written.status_code, unwritten.status_code, written.data) == (404, 404, unwritten.data)
    assert production.office.get(theirs).json == before


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("open_minutes", {"open_minutes": 421}),
        ("open_minutes", {"open_minutes": -1}),
        ("open_minutes", {"open_minutes": "360"}),
        ("workers.gold", {"workers": {"gold": 1}}),
        ("workers.batik", {"workers": {FAMILY: 1, "batik": 1}}),
        (f"workers.{FAMILY}", {"workers": {FAMILY: -1}}),
        (f"workers.{FAMILY}", {"workers": {FAMILY: 2_001}}),
        ("workers", {"workers": 5}),
        ("facility", {"facility": KLATEN}),
    ],
    ids=str,
)
def test_a_capacity_that_can_not_be_is_refused_by_its_field(
    production: Production, field: str, change: dict[str, Any]
) -> None:
    path = f"/facilities/{SRAGEN}/capacity"
    before = production.sragen.get(path).json
    answer = production.sragen.put(path, capacity(**change))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert production.sragen.get(path).json == before
