"""Consignees of orders that are long finished, and the files that orders came from, are erased; nothing else is."""

import json
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select, text

from services.orders import tasks
from services.orders.handlers.erasing import ERASED, ERASERS
from services.orders.storage import acknowledgement, order_import_row, order_line, purge_step, timeline
from shared import reference
from shared.clock import advance
from shared.database import Database
from shared.purging import Done, Plan
from shared.retention import Asked
from shared.web.access import BUYER, COMPLIANCE, KANWIL, OPERATOR
from tests.clock import in_days, real_today
from tests.orders.conftest import Orders
from tests.orders.test_claims import act, claim, decided, delivered
from tests.orders.test_handlers import Followed, follow
from tests.orders.test_imports import a_row, as_csv, send
from tests.orders.test_needs import acknowledge, let_belgium_need
from tests.orders.test_pages import Visitor

RULES = {rule.kind: rule for rule in reference.retention_rules()}
LATER = date(2040, 1, 1)


def asked(kind: str, on: date) -> Asked:
    return Asked(RULES[kind], on, "somebody@here", datetime(2040, 1, 1, tzinfo=UTC))


def planned(database: Database, kind: str, on: date = LATER) -> Plan:
    with database.transaction() as session:
        return ERASERS[kind].plan(session, asked(kind, on))


def purge(database: Database, kind: str, on: date = LATER) -> list[Done]:
    done = []
    for batch in planned(database, kind, on).batches:
        with database.transaction() as session:
            done.append(ERASERS[kind].step(session, asked(kind, on), batch))
    return done


def pay(order: Followed, amount: str = "550.00") -> None:
    said = {"amount": amount, "currency": "USD", "paid_on": in_days(0).isoformat(), "reference": "BCA-1"}
    answer = order.orders.buyer.post(f"/orders/v1/orders/{order.id}/payments", said)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def order(orders: Orders) -> Followed:
    """Delivered and paid."""
    made = delivered(orders)
    pay(made)
    return made


def consignees(order: Followed) -> list[Any]:
    with order.orders.database.transaction() as session:
        return [
            (row.consignee_name, row.consignee_address)
            for row in session.execute(select(order_line.c.consignee_name, order_line.c.consignee_address))
        ]


def test_the_consignee_of_a_finished_order_goes_from_it_and_all_that_was_said_of_it(orders: Orders) -> None:
    let_belgium_need(orders, "BUYER_ACK")
    order = follow(orders, country="BE")
    assert acknowledge(order).status_code == 200
    order.hears(*order.story())
    pay(order)
    database, quantities = orders.database, order.quantities()
    ((name, address),) = consignees(order)
    assert planned(database, "consignees").rows == 1
    assert [done.erased for done in purge(database, "consignees")] == [1]
    assert consignees(order) == [(ERASED, [])]
    with database.transaction() as session:
        told = json.dumps(list(session.execute(select(timeline.c.data)).scalars()))
        said = json.dumps(list(session.execute(select(acknowledgement.c.about)).scalars()))
        (step,) = session.execute(select(purge_step)).all()
    assert (name in said, address[0] in said) == (False, False)
    assert (name in told, address[0] in told, ERASED in told) == (False, False, True)
    assert (step.kind, step.erased, step.aggregated, step.kept_for) == ("consignees", 1, 0, "2 years")
    assert order.quantities() == quantities
    assert order.read()["lines"][0]["consignee"]["name"] == ERASED
    assert ERASED in Visitor(orders, KANWIL).open(f"/orders/order/{order.id}")
    assert (purge(database, "consignees"), planned(database, "consignees").rows) == ([], 0)


def test_nothing_goes_before_its_time(order: Followed) -> None:
    last = in_days(0).replace(year=in_days(0).year + 2)
    assert planned(order.orders.database, "consignees", last).kept == {"not_old_enough": 1}
    assert planned(order.orders.database, "consignees", last + timedelta(days=1)).rows == 1


def test_of_orders_that_are_open_or_young_none_is_looked_at_one_by_one(
    orders: Orders, caplog: pytest.LogCaptureFixture
) -> None:
    follow(orders, po_number="PO-9")
    delivered(orders)
    with caplog.at_level("INFO", "sqlalchemy.engine"):
        kept = planned(orders.database, "consignees", in_days(1)).kept
        assert kept == {"order_open": 1, "not_old_enough": 1}
        assert "FROM buyer_order" not in caplog.text
        planned(orders.database, "consignees")
        assert "FROM buyer_order" in caplog.text


def test_an_order_that_is_open_or_not_paid_keeps_its_consignee(orders: Orders) -> None:
    follow(orders, po_number="PO-9", lines=2)
    order = delivered(orders)
    assert planned(orders.database, "consignees").kept == {"order_open": 2, "unpaid": 1}
    assert purge(orders.database, "consignees") == []
    pay(order)
    assert planned(orders.database, "consignees").rows == 1


def test_an_open_claim_keeps_the_consignee(order: Followed) -> None:
    database = order.orders.database
    plan = planned(database, "consignees")
    claim(order)
    assert planned(database, "consignees").kept == {"claim": 1}
    with database.transaction() as session:
        made_since = ERASERS["consignees"].step(session, asked("consignees", LATER), plan.batches[0])
    assert made_since == Done()


def test_a_claim_that_is_settled_keeps_it_no_longer(order: Followed) -> None:
    found = decided(order)
    assert planned(order.orders.database, "consignees").kept == {"claim": 1}
    act(order, found, "settle", settlement="return")
    assert planned(order.orders.database, "consignees").rows == 1


def test_a_file_that_was_worked_off_keeps_its_outcome_and_no_content(orders: Orders) -> None:
    address = send(orders.buyer, as_csv(a_row("A"), a_row("B"))).headers["Location"]
    database = orders.database
    assert planned(database, "order_files").kept == {"not_old_enough": 1}
    tasks.work_off_imports(database, None, Event())
    before = orders.buyer.get(address).json
    assert planned(database, "order_files").rows == 2
    assert planned(database, "order_files", real_today() + timedelta(days=365)).rows == 0
    assert sum(done.erased for done in purge(database, "order_files")) == 2
    with database.transaction() as session:
        assert set(session.execute(select(order_import_row.c.content)).scalars()) == {"{}"}
    assert orders.buyer.get(address).json == before
    assert purge(database, "order_files") == []


def test_what_was_noted_of_a_purge_is_never_changed(order: Followed) -> None:
    purge(order.orders.database, "consignees")
    for statement in ("DELETE FROM purge_step", "UPDATE purge_step SET erased = 0"):
        with pytest.raises(Exception, match="append only"), order.orders.database.transaction() as session:
            session.execute(text(statement))


def test_the_page_shows_what_is_due_what_is_not_yet_and_what_was_erased(order: Followed) -> None:
    database = order.orders.database
    officer, office = Visitor(order.orders, COMPLIANCE), Visitor(order.orders, KANWIL, language="id")
    assert "not old enough: 1" in officer.open("/orders/retention/")
    with database.transaction() as session:
        advance(session, timedelta(days=3 * 365))
    assert "1 entry" in officer.open("/orders/retention/")
    page = office.open("/orders/retention/")
    for said in ("penerima barang dari pesanan yang selesai", "1 catatan", "2 tahun setelah pesanan selesai"):
        assert said in page, said
    assert "Belum ada yang dihapus" in page
    purge(database, "consignees")
    after = officer.open("/orders/retention/")
    assert ("1 entry" in after, "Nothing was erased yet" in after, "somebody@here" in after) == (
        False,
        False,
        True,
    )


def test_the_page_is_for_who_answers_for_what_is_kept(order: Followed) -> None:
    operator = Visitor(order.orders, OPERATOR)
    assert "/orders/retention/" in operator.open("/orders/operations/")
    assert operator.client.get("/orders/retention/").status_code == 200
    buyer = Visitor(order.orders, BUYER, account="CHEWY-LOUIS")
    assert buyer.client.get("/orders/retention/").status_code == 403
