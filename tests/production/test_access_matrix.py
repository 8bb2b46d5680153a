"""Every route of production by every role, and with another facility's work."""

import pytest

from shared.web.access import FACILITY, KANWIL
from tests import matrix
from tests.matrix import Case, Operation, World
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Production,
    a_pool,
    a_week,
    in_days,
    particulars,
    today,
)

V1 = "/production/v1"
WORK = f"{V1}/work-orders/{{id}}"
FACILITY_OF = f"{V1}/facilities/{{code}}"
CAPACITY = f"{FACILITY_OF}/capacity"
DAY = f"{FACILITY_OF}/calendar/{{day}}"
READERS, WORKING = (FACILITY, KANWIL), (FACILITY,)
PIECES = {"pieces": 10, "kind": "made", "worked_on": today().isoformat()}

CASES: dict[Operation, Case] = {
    ("get", f"{V1}/work-orders"): Case(READERS),
    ("get", WORK): Case(READERS),
    ("post", f"{WORK}/accept"): Case(WORKING, {}),
    ("post", f"{WORK}/decline"): Case(WORKING, {"reason": "No raw material."}),
    ("post", f"{WORK}/start"): Case(WORKING, {}),
    ("post", f"{WORK}/pause"): Case(WORKING, {"reason": "No raw material."}),
    ("post", f"{WORK}/report"): Case(WORKING, PIECES),
    ("post", f"{WORK}/inspect"): Case(WORKING, {"passed": 10, "rework": 0, "scrap": 0}),
    ("get", f"{V1}/facilities"): Case(READERS),
    ("get", CAPACITY): Case(READERS),
    ("put", CAPACITY): Case(READERS, {"open_minutes": 300, "workers": {}}),
    ("get", FACILITY_OF): Case(READERS),
    ("put", FACILITY_OF): Case((KANWIL,), particulars()),
    ("put", f"{FACILITY_OF}/capabilities/{{family}}"): Case((KANWIL,), {"workers": 9}),
    ("get", f"{FACILITY_OF}/calendar"): Case(READERS),
    ("put", f"{FACILITY_OF}/calendar/week"): Case(READERS, a_week()),
    ("put", DAY): Case(READERS, {"open_minutes": 0, "reason": "search"}),
    ("delete", DAY): Case(READERS),
    ("get", f"{FACILITY_OF}/pool"): Case(READERS),
    ("put", f"{FACILITY_OF}/pool"): Case(READERS, a_pool()),
}
OF_A_FACILITY = [
    operation for operation, case in CASES.items() if matrix.named(operation) and FACILITY in case.roles
]
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
    ids = {"id": mine["id"], "code": SRAGEN, "day": in_days(3).isoformat(), "family": FAMILY}
    return World(shared_out.client, shared_out.database, ids, told=(mine["number"],))


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
