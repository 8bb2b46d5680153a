"""Every route of production by every role, and with another facility's work."""

import pytest
from sqlalchemy import text

from shared.web.access import FACILITY, HEAD, IN_A_FACILITY, INSPECTOR, KANWIL, TOOL_KEEPER
from tests import matrix
from tests.clock import in_days, today
from tests.matrix import Case, Operation, World
from tests.pictures import a_photo
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, a_pool, a_week, particulars, warned

V1 = "/production/v1"
WORK = f"{V1}/work-orders/{{id}}"
PHOTOS = f"{WORK}/inspections/{{inspection}}/photos"
FACILITY_OF = f"{V1}/facilities/{{code}}"
CAPACITY = f"{FACILITY_OF}/capacity"
DAY = f"{FACILITY_OF}/calendar/{{day}}"
READERS, WORKING = (*IN_A_FACILITY, KANWIL), (FACILITY, HEAD)
PLANNING = (*WORKING, KANWIL)
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
NEW_SCHEME = {
    "basis": "hour",
    "worker_pct": "85.00",
    "capital_pct": "14.00",
    "state_pct": "1.00",
    "hourly_idr": 12_614,
    "valid_from": "2036-01-01",
    "valid_to": "2036-12-31",
    "legal_ref": "SE Dirjen PAS1.PK.01.04-87 (2010)",
    "approved_by_role": "kanwil",
}
NEW_WORDS = {
    "purpose": "work",
    "valid_from": "2036-01-01",
    "words": "You may say no at any time, and nothing follows from it.",
}
A_DOCUMENT = {
    "item": "skills",
    "document": "DOC-2",
    "issuer": "kanwil",
    "issued_on": today().isoformat(),
    "valid_until": in_days(30).isoformat(),
}
EVIDENCE = f"{FACILITY_OF}/evidence"

CASES: dict[Operation, Case] = {
    ("get", f"{V1}/work-orders"): Case(READERS),
    ("get", WORK): Case(READERS),
    ("post", f"{WORK}/accept"): Case(WORKING, {}),
    ("post", f"{WORK}/decline"): Case(WORKING, {"reason": "No raw material."}),
    ("post", f"{WORK}/start"): Case(WORKING, {}),
    ("post", f"{WORK}/pause"): Case(WORKING, {"reason": "No raw material."}),
    ("post", f"{WORK}/report"): Case(WORKING, PIECES),
    ("get", f"{WORK}/reports"): Case(READERS),
    ("post", f"{WORK}/reports/{{report}}/correct"): Case(WORKING, {"pieces": 7, "reason": "Counted twice."}),
    ("post", f"{WORK}/reports/{{report}}/acknowledge"): Case((HEAD, KANWIL), {}),
    ("post", f"{WORK}/short-close"): Case((HEAD,), {"reason": "No raw material."}),
    ("get", f"{WORK}/sampling"): Case(READERS),
    ("get", f"{WORK}/inspections"): Case(READERS),
    ("post", f"{WORK}/inspections"): Case((*WORKING, INSPECTOR), {"defects": []}),
    ("post", f"{WORK}/inspect"): Case((*WORKING, INSPECTOR), {"passed": 9, "rework": 1, "scrap": 0}),
    ("get", f"{WORK}/inspection-corrections"): Case(READERS),
    ("post", f"{WORK}/inspection-corrections"): Case(
        (*WORKING, INSPECTOR),
        {"rework": 0, "scrap": 0, "rework_seen": 1, "scrap_seen": 0, "reason": "Counted wrong."},
    ),
    ("post", PHOTOS): Case((*WORKING, INSPECTOR), a_photo(), {"Content-Type": "image/jpeg"}),
    ("get", f"{PHOTOS}/{{number}}"): Case(READERS),
    ("delete", f"{PHOTOS}/{{number}}"): Case((*WORKING, INSPECTOR)),
    ("get", f"{WORK}/ticket.pdf"): Case(READERS),
    ("get", f"{WORK}/tally-sheet.pdf"): Case(READERS),
    ("get", f"{WORK}/materials"): Case(READERS),
    ("get", f"{V1}/agreements"): Case(READERS),
    ("post", f"{V1}/agreements"): Case(OFFICE, NEW_AGREEMENT),
    ("get", AGREEMENT): Case(READERS),
    ("patch", AGREEMENT): Case(OFFICE, {"valid_to": "2034-12-31"}, {"If-Match": "*"}),
    ("post", f"{AGREEMENT}/end"): Case(OFFICE, {"on": "2034-01-01", "reason": "Both agree."}),
    ("get", f"{AGREEMENT}/premi-schemes"): Case(READERS),
    ("post", f"{AGREEMENT}/premi-schemes"): Case(OFFICE, NEW_SCHEME),
    ("post", f"{AGREEMENT}/premi-schemes/{{scheme_id}}/end"): Case(OFFICE, {"on": "2034-12-31"}),
    ("get", f"{AGREEMENT}/consent-words"): Case(READERS),
    ("post", f"{AGREEMENT}/consent-words"): Case(OFFICE, NEW_WORDS),
    ("get", f"{V1}/welfare"): Case(PLANNING),
    ("get", f"{V1}/materials"): Case(READERS),
    ("get", f"{V1}/materials/stock"): Case(READERS),
    ("get", f"{V1}/materials/lots"): Case(READERS),
    ("post", f"{V1}/materials/lots"): Case(WORKING, RECEIPT),
    ("get", LOT): Case(READERS),
    ("post", f"{LOT}/quarantine"): Case(PLANNING, {"reason": "It is wet."}),
    ("post", f"{LOT}/release"): Case(PLANNING, {}),
    ("post", f"{LOT}/write-off"): Case(WORKING, {"quantity": "1", "reason": "It is wet."}),
    ("post", f"{LOT}/give-back"): Case(
        WORKING,
        {"work_order_id": "00000000-0000-0000-0000-00000000002a", "quantity": "0.1", "reason": "Too much."},
    ),
    ("get", f"{V1}/warnings"): Case(READERS),
    ("post", f"{V1}/warnings/{{warning_id}}/acknowledge"): Case(PLANNING, {}),
    ("get", f"{V1}/facilities"): Case(READERS),
    ("get", f"{FACILITY_OF}/tools"): Case(READERS),
    ("put", f"{FACILITY_OF}/tools"): Case((*WORKING, TOOL_KEEPER), {"tools": []}),
    ("get", EVIDENCE): Case(READERS),
    ("post", EVIDENCE): Case((HEAD, KANWIL), A_DOCUMENT),
    ("post", f"{EVIDENCE}/{{evidence_id}}/withdraw"): Case((HEAD, KANWIL), {"reason": "Wrong number."}),
    ("get", f"{FACILITY_OF}/shifts"): Case(READERS),
    ("post", f"{FACILITY_OF}/shifts"): Case((*WORKING, TOOL_KEEPER), {"out": {}}),
    ("post", f"{FACILITY_OF}/shifts/close"): Case((*WORKING, TOOL_KEEPER), {"returned": {}}),
    ("post", f"{FACILITY_OF}/unlock"): Case((HEAD,), {"reason": "It lay under the bench."}),
    ("get", CAPACITY): Case(READERS),
    ("put", CAPACITY): Case(PLANNING, {"open_minutes": 300, "workers": {}}),
    ("get", FACILITY_OF): Case(READERS),
    ("put", FACILITY_OF): Case((KANWIL,), particulars()),
    ("get", f"{FACILITY_OF}/capabilities/{{family}}"): Case(READERS),
    ("put", f"{FACILITY_OF}/capabilities/{{family}}"): Case((KANWIL,), {"workers": 9}),
    ("patch", f"{FACILITY_OF}/capabilities/{{family}}"): Case((KANWIL,), {"workers": 9}, {"If-Match": "*"}),
    ("get", f"{FACILITY_OF}/calendar"): Case(READERS),
    ("put", f"{FACILITY_OF}/calendar/week"): Case(PLANNING, a_week()),
    ("put", DAY): Case(PLANNING, {"open_minutes": 0, "reason": "search"}),
    ("delete", DAY): Case(PLANNING),
    ("get", f"{FACILITY_OF}/pool"): Case(READERS),
    ("put", f"{FACILITY_OF}/pool"): Case(WORKING, a_pool()),
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
    "sampling": ("accept", "start", "report"),
    "inspections": ("accept", "start", "report"),
    "photos": ("accept", "start", "report", "inspections"),
    "inspect": ("accept", "start", "report"),
    "inspection-corrections": ("accept", "start", "report", "inspect"),
    "correct": ("accept", "start", "report"),
    "acknowledge": ("accept", "start", "report"),
    "short-close": ("accept", "start"),
}
"""What must have been done before something is allowed."""


def before_it(operation: Operation) -> list[Operation]:
    """What must have been done before an operation is allowed."""
    if operation[1].startswith(PHOTOS):
        taken = [] if operation[0] == "post" else [("post", PHOTOS)]
        return [*(("post", f"{WORK}/{action}") for action in BEFORE["photos"]), *taken]
    return [("post", f"{WORK}/{action}") for action in BEFORE.get(operation[1].rpartition("/")[2], ())]


READING = [operation for operation in OF_A_FACILITY if operation[0] == "get" and not before_it(operation)]
"""Neither they nor anything before them changes anything: one world is enough for all of them."""


@pytest.fixture
def world(shared_out: Production) -> World:
    """A work order of Sragen."""
    (mine,) = shared_out.sragen.work_orders()
    (agreed,) = shared_out.sragen.get("/agreements").json
    (scheme,) = shared_out.sragen.get(f"/agreements/{agreed['id']}/premi-schemes").json
    lot = next(lot for lot in shared_out.sragen.get("/materials/lots").json if lot["material"] == "coir")
    document = shared_out.head.post(
        f"/facilities/{SRAGEN}/evidence", {**A_DOCUMENT, "document": "DOC-1"}
    ).json
    ids = {
        "id": mine["id"],
        "evidence_id": document["id"],
        "code": SRAGEN,
        "day": in_days(3).isoformat(),
        "family": FAMILY,
        "report": "1",
        "inspection": "1",
        "number": "1",
        "agreement_id": agreed["id"],
        "lot_id": lot["id"],
        "warning_id": warned(shared_out),
        "scheme_id": scheme["id"],
    }
    told = (mine["number"], agreed["number"], lot["number"])
    return World(shared_out.client, shared_out.database, ids, told=told)


def test_each_route_has_its_case(production: Production) -> None:
    assert set(CASES) == set(matrix.operations_of(production.client.application))


def test_a_route_tells_those_it_is_not_for_nothing_else(world: World) -> None:
    matrix.check_roles(world, CASES, SRAGEN)


def test_a_key_without_the_scope_is_refused_on_every_route(world: World) -> None:
    matrix.check_scopes(world, CASES, SRAGEN)


def test_another_facilitys_work_reads_as_one_that_is_not(shared_out: Production, world: World) -> None:
    for operation in READING:
        check_foreign(shared_out, world, operation)


@pytest.mark.parametrize("operation", sorted(set(OF_A_FACILITY) - set(READING)), ids=" ".join)
def test_another_facilitys_work_is_as_one_that_is_not(
    shared_out: Production, world: World, operation: Operation
) -> None:
    check_foreign(shared_out, world, operation)


def check_foreign(shared_out: Production, world: World, operation: Operation) -> None:
    """For another facility it is as one that is not, once everything is done that must be done before it."""
    for before in before_it(operation):
        assert world.send(before, CASES[before], world.ids, shared_out.sragen.key).status_code in (200, 201)
    if operation[1] in (f"{FACILITY_OF}/shifts/close", f"{FACILITY_OF}/unlock"):
        tools_are_missing(shared_out)
    rival, owner = (
        world.key(next(role for role in CASES[operation].roles if role != KANWIL), code)
        for code in (KLATEN, SRAGEN)
    )
    with world.database.transaction() as session:  # as if more had been made than is plausible
        world.ids["report"] = str(
            session.execute(text("UPDATE report SET flagged = true RETURNING id")).scalar() or 1
        )
    matrix.check_foreign(world, operation, CASES[operation], rival, owner)


def tools_are_missing(production: Production) -> None:
    """A shift is open, and its difference has locked the facility."""
    saw = {"code": "saw", "name": "Saw", "class": "A", "quantity": 4}
    at = f"/facilities/{SRAGEN}"
    assert production.sragen.put(f"{at}/tools", {"tools": [saw]}).status_code == 200
    assert production.sragen.post(f"{at}/shifts", {"out": {"saw": 1}}).status_code == 201
    assert production.sragen.post(f"{at}/shifts/close", {"returned": {}}).status_code == 200


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
    matrix.check_pages(
        production.client.application,
        {},
        **{
            "kept.static": "scripts",
            "kept.service_worker": "a script",
            "kept.offline": "says that there is no network",
        },
    )
