"""What is searched for is what the rules say: the state in a query and in the domain are one."""

from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.production import views
from services.production.domain.work_order import STATES, WorkOrder
from services.production.storage import work_order
from shared.web.access import BUYER, COMPLIANCE, FACILITY, KANWIL, LOGISTICS, Principal
from tests.clock import today
from tests.production.conftest import KLATEN, SRAGEN, Production

DAY = date(2026, 3, 2)


@st.composite
def work_orders(draw: st.DrawFn) -> WorkOrder:
    """Any that the database takes, whether or not the rules would lead there."""
    quantity = draw(st.integers(1, 6))
    good = draw(st.integers(0, quantity))
    rework, scrap = draw(st.integers(0, quantity - good)), draw(st.integers(0, 3))
    made = draw(st.integers(good + rework + scrap, quantity + scrap))
    accepted = draw(st.booleans())
    started = accepted and draw(st.booleans())
    return WorkOrder(
        id=UUID(int=1),
        number="",
        order_id=UUID(int=2),
        line=1,
        sku="CR-BALL-07",
        facility=SRAGEN,
        quantity=quantity,
        due=DAY + timedelta(days=9),
        why="",
        offered_on=DAY,
        accepted_on=DAY if accepted else None,
        started_on=DAY if started else None,
        declined_reason=draw(st.none() | st.just("no")),
        paused_reason=draw(st.none() | st.just("razia")),
        made=made,
        good=good,
        rework=rework,
        scrap=scrap,
    )


def test_a_query_finds_the_state_that_the_rules_derive(production: Production) -> None:
    @given(orders=st.lists(work_orders(), min_size=1, max_size=20))
    def same(orders: list[WorkOrder]) -> None:
        with Session(production.database.engine) as session:  # rolled back, so that each example begins empty
            for number, order in enumerate(orders):
                order.id, order.number = uuid5(UUID(int=0), str(number)), str(number)
            session.add_all(orders)
            session.flush()
            rows = session.execute(select(work_order.c.id, views.derived_state)).all()
            found = {row[0]: row[1] for row in rows}
            assert found == {order.id: order.state for order in orders}
            assert set(found.values()) <= set(STATES)

    same()


def test_work_orders_are_found_by_their_state(shared_out: Production) -> None:
    shared_out.sragen.started()
    office = shared_out.office
    assert [row["facility"] for row in office.work_orders(state="in_progress")] == [SRAGEN]
    assert [row["facility"] for row in office.work_orders(state="offered")] == [KLATEN]
    assert office.work_orders(state="offered", facility=SRAGEN) == []
    answer = office.get("/work-orders", state="done")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "state")
    assert "completed" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize("code", ["", "lps-srg", "LPS-SRG\0", "%00", "LPS-SRG' OR 1=1"])
def test_what_is_no_code_of_a_facility_is_refused_or_not_found(production: Production, code: str) -> None:
    assert production.office.get("/work-orders", facility=code).status_code in (400, 422)
    path = f"/facilities/{code.replace('%', '%25')}/capacity"
    assert production.office.get(path).status_code in (308, 400, 404)  # no code at all is another address


@pytest.mark.parametrize("role", [BUYER, LOGISTICS, COMPLIANCE])
def test_a_role_that_makes_nothing_sees_nothing(shared_out: Production, role: str) -> None:
    for account in (None, SRAGEN):
        nobody = Principal("key:1", "", role, account)
        with shared_out.database.transaction() as session:
            assert views.board(session, nobody, 10, today=today()) == []
            assert views.count_open(session, nobody) == {}
            every = views.list_work_orders(session, nobody, state=None, code=None, limit=9, after=None)
            assert every == []
        assert not views.may_see(nobody, SRAGEN)


def test_an_officer_without_a_facility_sees_nothing(shared_out: Production) -> None:
    nobody = Principal("key:1", "", FACILITY, None)
    with shared_out.database.transaction() as session:
        assert views.board(session, nobody, 10, today=today()) == []
    assert not views.may_see(nobody, SRAGEN)


def test_the_most_urgent_work_stands_first(shared_out: Production) -> None:
    office = Principal("key:1", "", KANWIL, None)
    with shared_out.database.transaction() as session:
        board = views.board(session, office, 10, today=today())
        assert [row["due"] for row in board] == sorted(row["due"] for row in board)
        assert sum(views.count_open(session, office).values()) == len(board) == 2
        assert len(views.board(session, office, 1, today=today())) == 1


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("counts", "good = -1"),
        ("counts", "rework = -1, good = 1"),
        ("counts", "scrap = -1"),
        ("made", "good = 11"),
        ("remaining", "made = quantity + 1"),
        ("remaining", "made = quantity + 2, scrap = 1"),
        ("quantity", "quantity = 0, made = 0"),
        ("extra", "extra = -1"),
        ("short_closed", "short_closed = 1"),
        ("withdrawn", "withdrawn_on = started_on"),
    ],
)
def test_the_database_keeps_no_counts_of_pieces_that_do_not_add_up(
    shared_out: Production, rule: str, wrong: str
) -> None:
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", pieces=10, worked_on=today().isoformat()).status_code == 200
    with (
        pytest.raises(IntegrityError, match=rf'constraint "work_order_{rule}'),
        shared_out.database.transaction() as session,
    ):
        session.execute(text(f"UPDATE work_order SET {wrong} WHERE started_on IS NOT NULL"))
