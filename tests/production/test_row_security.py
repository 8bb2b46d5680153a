"""A query of production that forgets whose rows it may show finds nothing of another facility."""

from datetime import date
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from services.production.domain.work_order import WorkOrder
from services.production.handlers import holding, people, premi, replanning
from services.production.open_work import open_work
from services.production.solving import propose
from services.production.storage import (
    closed_month,
    premi_of_former,
    purge_step,
    tables,
    work_order,
)
from shared.database import Database
from shared.sight import ALL, NOTHING, SERVICE, only
from shared.web.access import FACILITY
from tests.clock import in_days, today
from tests.pictures import a_photo
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Production,
    a_clearance,
    a_pool,
    an_order,
    warned,
)
from tests.production.test_access_matrix import tools_are_missing
from tests.production.test_board import Visitor
from tests.production.test_evidence import a_document
from tests.production.test_inspection_photos import send
from tests.production.workforce import agreement_of, some_workers, worked
from tests.shared.test_row_security import SEEN_BY_ALL

GUARDED = [name for name in tables.tables if f"production.{name}" not in SEEN_BY_ALL]
OFFICES = {"proposal", "purge_step", "legal_hold"}
"""Tables of which a facility sees nothing at all."""

OF_PERSONS = {
    "worker",
    "worker_read",
    "consent",
    "hours_entry",
    "refusal",
    "grievance",
    "premi_entry",
    "premi_line",
    "premi_of_former",
    "purge_step",
    "legal_hold",
}
"""What staff elsewhere never see."""


def people_work(production: Production, code: str) -> None:
    """Somebody works there, on a page that notes who reads; somebody complains, refuses, and visits."""
    with production.database.transaction() as session:
        (one,) = some_workers(session, 1, code).values()
        worked(session, {one: 60}, facility=code)
        order = session.execute(select(WorkOrder).where(work_order.c.facility == code)).scalars().first()
        assert order is not None
        premi.accept_lot(session, order, lot=f"{code}-LOT", pieces=5)
        of = agreement_of(session, code)
        people.count_refusals(session, facility=code, agreement_id=of, day=today(), people=1)
        people.receive_grievance(session, facility=code, received_on=today(), kind="pay")
        erased(session, code)
        people.note_visit(session, facility=code, visited_on=today(), kind="ombudsman", outcome="no_findings")
        session.execute(insert(closed_month).values(facility=code, month=date(2025, 1, 1), visits=0))
    assert Visitor(production, FACILITY, code).client.get("/production/people").status_code == 200


def erased(session: Session, code: str) -> None:
    """What a purge leaves there, and a hold."""
    holding.place(session, facility=code, code=None, reason="An inquiry.", by="somebody@here")
    step = {"as_of": today(), "kind": "premi_by_worker", "version": 1, "kept_for": "5 years", "actor": "x@y"}
    made = insert(purge_step).values(**step, erased=1, aggregated=1).returning(purge_step.c.id)
    left = {"facility": code, "month": today(), "kind": "paid", "account": "worker", "idr": 5, "people": 1}
    session.execute(insert(premi_of_former).values(**left, step_id=session.execute(made).scalar_one()))


def rows(database: Database, table: str, sees: str) -> set[str]:
    with database.transaction(sees=sees) as session:
        return set(session.execute(text(f"SELECT t::text FROM {table} t")).scalars())


def test_a_forgotten_condition_shows_nothing_of_another_facility(shared_out: Production) -> None:
    web: Database = shared_out.client.application.extensions["kendi"].database
    work = shared_out.sragen.started()
    body = {"pieces": 10, "kind": "made", "worked_on": today().isoformat()}
    reported = shared_out.sragen.do(work, "report", **body)
    assert reported.status_code == 200, reported.text
    for caller, code in ((shared_out.sragen, SRAGEN), (shared_out.klaten, KLATEN)):
        changed = {"open_minutes": 0, "reason": "search"}
        assert caller.put(f"/facilities/{code}/calendar/{in_days(3)}", changed).status_code == 200
        assert caller.put(f"/facilities/{code}/pool", a_pool()).status_code == 200
    stained = {"code": "stain", "rework": 1, "scrap": 0}
    inspected = shared_out.sragen.post(f"/work-orders/{work['id']}/inspections", {"defects": [stained]})
    assert inspected.status_code == 200, inspected.text
    aside = shared_out.sragen.do(work, "inspect", passed=0, rework=1, scrap=0)
    assert aside.status_code == 200, aside.text
    wrong = {"rework": 0, "scrap": 0, "rework_seen": 1, "scrap_seen": 0, "reason": "It was no stain."}
    assert shared_out.sragen.do(work, "inspection-corrections", **wrong).status_code == 200
    photos = f"/work-orders/{work['id']}/inspections/{inspected.json['id']}/photos"
    assert send(shared_out.sragen, photos, a_photo()).status_code == 201
    tools_are_missing(shared_out)
    small = UUID(int=43)
    shared_out.hears(an_order(order_id=small, quantity=150), a_clearance(order_id=small, quantity=150))
    assert (
        shared_out.sragen.do(shared_out.sragen.work_orders()[0], "decline", reason="No room.").status_code
        == 200
    )
    shared_out.hears(
        an_order(order_id=UUID(int=44), quantity=150), a_clearance(order_id=UUID(int=44), quantity=150)
    )
    with shared_out.database.transaction() as session:
        waiting = open_work(session)
        replanning.keep(session, work=waiting, proposed=propose(waiting, seconds=1))
    warned(shared_out)
    assert shared_out.head.post(f"/facilities/{SRAGEN}/evidence", a_document()).status_code == 201
    for code in (SRAGEN, KLATEN):
        skilled = {"workers": 20, "efficiency_pct": 80, "yield_pct": 96, "skill_level": 2}
        made = f"/facilities/{code}/capabilities/{FAMILY}"
        assert shared_out.office.put(made, skilled).status_code == 200
    for code in (SRAGEN, KLATEN):
        people_work(shared_out, code)
    for table in GUARDED:
        everything = rows(web, table, SERVICE)
        mine, theirs = (rows(web, table, only("facility_officer", code)) for code in (SRAGEN, KLATEN))
        assert everything if table in OFFICES else mine, f"let there be a row of {table}"
        assert rows(web, table, NOTHING) == set(), table
        assert rows(web, table, only("buyer", SRAGEN)) == set(), table
        assert rows(web, table, ALL) == (set() if table in OF_PERSONS else everything), table
        if table == "facility":
            assert mine == theirs == everything
        elif table in OFFICES:
            assert not mine | theirs, table
        elif table == "demand":
            assert mine & theirs  # both make parts of one line
        else:
            assert not mine & theirs, table


def test_a_forgotten_condition_changes_nothing_of_another_facility(shared_out: Production) -> None:
    web: Database = shared_out.client.application.extensions["kendi"].database
    with web.transaction(sees=only("facility_officer", KLATEN)) as session:
        changed = [
            session.execute(text(statement)).scalars().all()
            for statement in (
                "UPDATE facility SET open_minutes = 1 RETURNING code",
                "UPDATE capability SET workers = 0 RETURNING facility",
                "UPDATE work_order SET accepted_on = offered_on RETURNING facility",
                "DELETE FROM facility RETURNING code",
            )
        ]
    assert [set(codes) for codes in changed] == [{KLATEN}, {KLATEN}, {KLATEN}, set()]
