"""Every route of logistics by every role; papers are for who may see the shipment, not for who has the link."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, text

from services.logistics.storage import gate_attempt, purge_step, shipment_reseal, tables
from shared.database import Database
from shared.sight import ALL, NOTHING, SERVICE, only
from shared.web.access import CARRIER, KANWIL, LOGISTICS
from tests import matrix
from tests.clock import in_days
from tests.logistics.conftest import SRAGEN, Logistics, a_booking, a_declaration, a_lot, a_paper
from tests.logistics.test_files import a_pdf, send
from tests.logistics.test_returns import a_settlement
from tests.matrix import Case, Operation, World
from tests.shared.test_row_security import SEEN_BY_ALL

V1 = "/logistics/v1"
ONE = f"{V1}/shipments/{{shipment_id}}"
READERS, STAFF = Case((LOGISTICS, KANWIL)), (LOGISTICS,)

CASES: dict[Operation, Case] = {
    ("get", f"{V1}/lots"): READERS,
    ("get", f"{V1}/lots/{{lot}}/labels.pdf"): READERS,
    ("get", f"{V1}/cartons"): READERS,
    ("post", f"{V1}/cartons"): Case(STAFF, {"lot": "SRG-2503-001"}),
    ("post", f"{V1}/cartons/gather"): Case(STAFF, {"hub": SRAGEN, "lot": "SRG-2503-001"}),
    ("post", f"{V1}/scans"): Case(
        STAFF, {"what": "gathered", "hub": SRAGEN, "scans": [{"sscc": "095299000000000015"}]}
    ),
    ("post", f"{V1}/cartons/reports"): Case(
        STAFF, {"what": "quarantined", "reason": "Torn at a corner.", "lot": "SRG-2503-001"}
    ),
    ("get", f"{V1}/cartons/{{sscc}}/history"): READERS,
    ("post", f"{V1}/pallets"): Case(STAFF, {"hub": SRAGEN}),
    ("get", f"{V1}/pallets/{{pallet}}"): READERS,
    ("get", f"{V1}/pallets/{{pallet}}/label.pdf"): READERS,
    ("get", f"{V1}/shipments"): READERS,
    ("post", f"{V1}/shipments"): Case(STAFF, {"hub": SRAGEN, "destination": "BE"}),
    ("get", ONE): READERS,
    ("post", f"{ONE}/book"): Case(STAFF, a_booking()),
    ("post", f"{ONE}/documents"): Case(STAFF, a_paper("PEB")),
    ("post", f"{ONE}/take-out"): Case(STAFF, {"ssccs": ["095299000000000015"]}),
    ("post", f"{ONE}/split"): Case(STAFF, {"ssccs": ["095299000000000015"]}),
    ("post", f"{ONE}/merge"): Case(STAFF, {"other": "0195c1a2-7b3c-7def-8abc-0123456789ab"}),
    ("post", f"{ONE}/cancel"): Case(STAFF, {"reason": "no room"}),
    ("post", f"{ONE}/notes"): Case(STAFF, {"text": "a note"}),
    ("post", f"{ONE}/dispatch"): Case(STAFF, {"container": "CSQU3054383", "seal": "ID000123"}),
    ("post", f"{ONE}/reseal"): Case(
        STAFF, {"seal": "ID000124", "reason": "opened", "ssccs": ["095299000000000015"]}
    ),
    ("get", f"{ONE}/milestones"): Case((LOGISTICS, KANWIL, CARRIER)),
    ("post", f"{ONE}/milestones"): Case(
        (LOGISTICS, CARRIER),
        {"milestone": "gate_in", "place": "IDSRG", "occurred_at": "2025-03-01T00:00:00Z"},
    ),
    ("post", f"{ONE}/schedule"): Case(
        STAFF, {"eta": "2099-01-31", "reason": "weather", "because": "A storm in the strait."}
    ),
    ("post", f"{ONE}/tracking/renew"): Case(STAFF),
    ("post", f"{ONE}/tracking/revoke"): Case(STAFF),
    ("post", f"{V1}/milestones/import"): Case((LOGISTICS, CARRIER), "shipment,milestone,place,occurred_at"),
    ("get", f"{ONE}/epcis"): READERS,
    ("get", "/logistics/epcis/v2/events"): READERS,
    ("get", f"{ONE}/{{name}}.pdf"): READERS,
    ("get", f"{ONE}/documents/{{code}}/files/{{version}}"): READERS,
    ("get", f"{ONE}/documents.zip"): READERS,
    ("get", f"{V1}/lots/{{lot}}/delivery-note.pdf"): READERS,
    ("post", f"{ONE}/declaration"): Case(STAFF, a_declaration()),
    ("post", f"{ONE}/declaration/correct"): Case(STAFF, {"vessel": "MV Other"}),
    ("post", f"{ONE}/declaration/cancel"): Case(STAFF, {"reason": "wrong office"}),
    ("post", f"{ONE}/declaration/report"): Case(STAFF, {"number": "1", "reported_on": "2025-03-01"}),
}


@pytest.fixture
def world(logistics: Logistics) -> World:
    shipment = logistics.planned()
    ids = {
        "shipment_id": shipment["id"],
        "lot": a_lot().lot,
        "name": "invoice",
        "code": "NIB",
        "version": "1",
        "sscc": logistics.staff.get("/cartons").json[0]["sscc"],
        "pallet": logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"],
    }
    return World(logistics.client, logistics.database, ids, told=(shipment["tracking_url"],))


def test_each_route_has_its_case(logistics: Logistics) -> None:
    assert set(CASES) == set(matrix.operations_of(logistics.client.application))


def test_a_route_tells_those_it_is_not_for_nothing_else(world: World) -> None:
    """Buyers and facilities among them: the link to a paper opens nothing for them, as no link does."""
    matrix.check_roles(world, CASES, "CHEWY-LOUIS")


def test_a_key_without_the_scope_is_refused_on_every_route(world: World) -> None:
    matrix.check_scopes(world, CASES, "CHEWY-LOUIS")


def test_who_has_not_signed_in_is_sent_to_do_so_by_every_page(world: World) -> None:
    tracking = "for whoever was given the address, which can't be guessed"
    matrix.check_pages(world.client.application, world.ids, **{"tracking.track": tracking})


def a_correction(report: int) -> dict[str, object]:
    return {"corrects": report, "reason": "did_not_occur", "because": "Customs have no such declaration."}


A_STEP = {
    "as_of": date(2031, 1, 1),
    "kind": "tracking_links",
    "version": 1,
    "kept_for": "1 years",
    "erased": 1,
    "aggregated": 0,
    "actor": "operator",
}
"""What a purge notes, which only the service sees."""

A_RESEAL = {
    "former": "ID000123",
    "seal": "ID000124",
    "at": datetime(2031, 1, 1, tzinfo=UTC),
    "role": LOGISTICS,
    "because": "Customs opened it.",
    "ssccs": ["095299000000000015"],
}
AN_ATTEMPT = {
    "asked": "dispatch",
    "who": "1",
    "name": "staff",
    "role": LOGISTICS,
    "message": "No.",
    "values": {},
}


def rows(database: Database, table: str, sees: str) -> int:
    with database.transaction(sees=sees) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_forgotten_condition_shows_goods_and_shipments_to_staff_only(
    logistics: Logistics, world: World
) -> None:
    web: Database = world.client.application.extensions["kendi"].database
    shipment = {"id": world.ids["shipment_id"]}
    done = (
        logistics.change(shipment, "book", a_booking(etd=in_days(5).isoformat())),
        send(logistics, shipment, a_paper("NIB"), a_pdf()),
        filed := logistics.change(shipment, "declaration", a_declaration()),
        logistics.change(shipment, "milestones", a_correction(filed.json["milestones"][-1]["id"])),
        logistics.change(shipment, "notes", {"text": "a note"}),
    )
    assert [answer.status_code for answer in done] == [200] * 5, [answer.text for answer in done]
    logistics.hears(a_settlement())
    with logistics.database.transaction() as session:
        session.execute(insert(purge_step).values(**A_STEP))
        session.execute(insert(shipment_reseal).values(shipment_id=shipment["id"], **A_RESEAL))
        session.execute(insert(gate_attempt).values(**AN_ATTEMPT))
    token = world.told[0].rpartition("/")[2]
    tracked = {"shipment": 1, "milestone_correction": 1}
    for table in (name for name in tables.tables if f"logistics.{name}" not in SEEN_BY_ALL):
        everything = rows(web, table, SERVICE)
        assert everything > 0, f"let the world have a row of {table}"
        assert rows(web, table, ALL) == (0 if table == purge_step.name else everything), table
        for sees in (NOTHING, only("buyer", "CHEWY-LOUIS"), only("facility_officer", SRAGEN)):
            assert rows(web, table, sees) == 0, (table, sees)
        assert rows(web, table, only("tracking", token + "x")) == 0, table
        if not table.startswith("shipment_"):
            assert rows(web, table, only("tracking", token)) == tracked.get(table, 0), table
        assert rows(web, table, only("carrier", "Other line")) == 0, table
