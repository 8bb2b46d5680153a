"""Every route of production by every role, and with another facility's work."""

import pytest

from shared.web.access import FACILITY, KANWIL
from tests import matrix
from tests.matrix import Case, Operation, World
from tests.production.conftest import KLATEN, SRAGEN, Production, today

V1 = "/production/v1"
WORK = f"{V1}/work-orders/{{id}}"
CAPACITY = f"{V1}/facilities/{{code}}/capacity"
READERS, WORKING = (FACILITY, KANWIL), (FACILITY,)
PIECES = {"pieces": 10, "kind": "made", "worked_on": today().isoformat()}

AGREEMENT, LOT = f"{V1}/agreements/{{agreement_id}}", f"{V1}/materials/lots/{{lot_id}}"
NEW_AGREEMENT = {
    "number": "PKS-9",
    "partner": "RIVAL",
    "facility": SRAGEN,
    "lanes": ["custodial"],
    "valid_from": "2026-01-01",
    "valid_to": "2036-12-31",
    "tariffs": {},
}
RECEIPT = {
    "facility": SRAGEN,
    "material": "coir",
    "supplier": "A coir mill",
    "quantity": "500",
    "received_on": today().isoformat(),
}
OFFICE = (KANWIL,)

CASES: dict[Operation, Case] = {
    ("get", f"{V1}/work-orders"): Case(READERS),
    ("get", WORK): Case(READERS),
    ("post", f"{WORK}/accept"): Case(WORKING, {}),
    ("post", f"{WORK}/decline"): Case(WORKING, {"reason": "No raw material."}),
    ("post", f"{WORK}/start"): Case(WORKING, {}),
    ("post", f"{WORK}/pause"): Case(WORKING, {"reason": "No raw material."}),
    ("post", f"{WORK}/report"): Case(WORKING, PIECES),
    ("post", f"{WORK}/inspect"): Case(WORKING, {"passed": 10, "rework": 0, "scrap": 0}),
    ("get", f"{WORK}/materials"): Case(READERS),
    ("get", f"{V1}/agreements"): Case(READERS),
    ("post", f"{V1}/agreements"): Case(OFFICE, NEW_AGREEMENT),
    ("get", AGREEMENT): Case(READERS),
    ("patch", AGREEMENT): Case(OFFICE, {"valid_to": "2034-12-31"}, {"If-Match": "*"}),
    ("post", f"{AGREEMENT}/end"): Case(OFFICE, {"on": "2034-01-01", "reason": "Both agree."}),
    ("get", f"{V1}/materials"): Case(READERS),
    ("get", f"{V1}/materials/stock"): Case(READERS),
    ("get", f"{V1}/materials/lots"): Case(READERS),
    ("post", f"{V1}/materials/lots"): Case(WORKING, RECEIPT),
    ("get", LOT): Case(READERS),
    ("post", f"{LOT}/quarantine"): Case(READERS, {"reason": "It is wet."}),
    ("post", f"{LOT}/release"): Case(READERS, {}),
    ("post", f"{LOT}/write-off"): Case(WORKING, {"quantity": "1", "reason": "It is wet."}),
    ("post", f"{LOT}/give-back"): Case(
        WORKING,
        {"work_order_id": "00000000-0000-0000-0000-00000000002a", "quantity": "0.1", "reason": "Too much."},
    ),
    ("get", f"{V1}/facilities"): Case(READERS),
    ("get", CAPACITY): Case(READERS),
    ("put", CAPACITY): Case(READERS, {"open_minutes": 300, "workers": {}}),
}
OF_A_FACILITY = [
    operation
    for operation, case in CASES.items()
    if matrix.named(operation) and FACILITY in case.roles and not operation[1].startswith(f"{LOT}/")
]
OF_A_LOT = [operation for operation in CASES if operation[1].startswith(f"{LOT}/")]
BEFORE = {
    "start": ("accept",),
    "pause": ("accept", "start"),
    "report": ("accept", "start"),
    "inspect": ("accept", "start", "report"),
}
"""What must have been done before something is allowed."""


@pytest.fixture
def world(shared_out: Production) -> World:
    """A work order of Sragen."""
    (mine,) = shared_out.sragen.work_orders()
    (agreed,) = shared_out.sragen.get("/agreements").json
    lot = next(lot for lot in shared_out.sragen.get("/materials/lots").json if lot["material"] == "coir")
    ids = {"id": mine["id"], "code": SRAGEN, "agreement_id": agreed["id"], "lot_id": lot["id"]}
    told = (mine["number"], agreed["number"], lot["number"])
    return World(shared_out.client, shared_out.database, ids, told=told)


def test_each_route_has_its_case(production: Production) -> None:
    assert set(CASES) == set(matrix.operations_of(production.client.application))


def test_a_route_tells_those_it_is_not_for_nothing_else(world: World) -> None:
    matrix.check_roles(world, CASES, SRAGEN)


def test_a_key_without_the_scope_is_refused_on_every_route(world: World) -> None:
    matrix.check_scopes(world, CASES, SRAGEN)


@pytest.mark.parametrize("operation", OF_A_FACILITY, ids=" ".join)
def test_another_facilitys_work_is_as_one_that_is_not(
    shared_out: Production, world: World, operation: Operation
) -> None:
    for action in BEFORE.get(operation[1].rpartition("/")[2], ()):
        before = ("post", f"{WORK}/{action}")
        assert world.send(before, CASES[before], world.ids, shared_out.sragen.key).status_code == 200
    matrix.check_foreign(world, operation, CASES[operation], shared_out.klaten.key, shared_out.sragen.key)


def test_another_facilitys_material_is_as_one_that_is_not(shared_out: Production, world: World) -> None:
    (work,) = shared_out.sragen.work_orders()
    for action in ("accept", "start"):
        shared_out.sragen.do(work, action)
    shared_out.sragen.do(work, "report", **PIECES)
    for operation in OF_A_LOT:
        case = CASES[operation]
        if "work_order_id" in case.body:
            case = Case(case.roles, {**case.body, "work_order_id": work["id"]})
        matrix.check_foreign(world, operation, case, shared_out.klaten.key, shared_out.sragen.key)


def test_no_list_tells_of_another_facilitys_work(shared_out: Production, world: World) -> None:
    lists = {operation: case for operation, case in CASES.items() if operation[1] != f"{V1}/facilities"}
    matrix.check_lists(world, lists, FACILITY, shared_out.klaten.key)


def test_a_filter_by_another_facility_finds_nothing(shared_out: Production, world: World) -> None:
    assert shared_out.klaten.work_orders(facility=SRAGEN) == []
    assert shared_out.sragen.work_orders(facility=SRAGEN) != []


def test_what_a_facility_declines_is_offered_to_the_other_though_neither_sees_the_others(
    shared_out: Production, world: World
) -> None:
    before = sum(order["quantity"] for order in shared_out.klaten.work_orders())
    (mine,) = shared_out.sragen.work_orders()
    assert shared_out.sragen.do(mine, "decline", reason="No raw material.").status_code == 200
    theirs = shared_out.klaten.work_orders()
    assert sum(order["quantity"] for order in theirs) == before + mine["quantity"]
    assert {order["facility"] for order in theirs} == {KLATEN}
    assert [order["state"] for order in shared_out.sragen.work_orders()] == ["declined"]


def test_who_has_not_signed_in_is_sent_to_do_so_by_every_page(production: Production) -> None:
    matrix.check_pages(production.client.application, {})
