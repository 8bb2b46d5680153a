"""Quotes long expired and files that nobody began are forgotten, nothing else."""

from datetime import timedelta
from threading import Event

from sqlalchemy import text

from services.orders import tasks
from services.orders.handlers import forgetting, importing
from services.orders.rows import read_csv
from shared.clock import advance
from tests.orders.conftest import Orders, an_order
from tests.orders.test_imports import a_row, as_csv, send
from tests.orders.test_quotes import QUOTES


def is_due(orders: Orders) -> bool:
    with orders.database.transaction() as session:
        return forgetting.is_due(session)


def forget(orders: Orders) -> None:
    tasks.forget_old(orders.database, None, Event())


def test_a_quote_is_forgotten_a_month_after_its_last_day(orders: Orders) -> None:
    address = orders.buyer.post(QUOTES, an_order()).headers["Location"]
    for days, due, status in ((37, False, 200), (1, True, 404)):
        with orders.database.transaction() as session:
            advance(session, timedelta(days=days))
        assert is_due(orders) == due
        forget(orders)
        assert orders.buyer.get(address).status_code == status
    assert not is_due(orders)


def test_a_file_that_nobody_began_is_forgotten_after_a_week_and_one_that_began_stays(orders: Orders) -> None:
    begun = send(orders.buyer, as_csv(a_row("A"))).headers["Location"]
    with orders.database.transaction() as session:
        rows = read_csv(as_csv(a_row("B")).splitlines(keepends=True))
        seen = importing.take_import(session, buyer="CHEWY-LOUIS", made_by="person:1", rows=rows)
    for hours, due, status in ((167, False, 200), (2, True, 404)):
        with orders.database.transaction() as session:
            older = text("UPDATE order_import SET made_at = made_at - make_interval(hours => :hours)")
            session.execute(older, {"hours": hours})
        assert is_due(orders) == due
        forget(orders)
        assert orders.buyer.get(f"/orders/v1/imports/{seen}").status_code == status
    assert not is_due(orders)
    assert orders.buyer.get(begun).json["rows"] == 1
