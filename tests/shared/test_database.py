"""What a process may rely on of its database."""

from collections.abc import Callable

from sqlalchemy import text

from shared.database import Database, connect

OWN = text("SELECT pg_backend_pid()")


def test_a_connection_that_was_closed_while_nobody_used_it_is_replaced(
    database_of: Callable[[str], Database],
) -> None:
    database = database_of("orders")
    with database.transaction() as session:
        before = session.execute(OWN).scalar_one()
    with connect(database.engine.url.render_as_string(hide_password=False)) as beside:
        assert beside.execute("SELECT pg_terminate_backend(%s, 5000)", (before,)).fetchone() == (True,)
    with database.transaction() as session:
        assert session.execute(OWN).scalar_one() != before


def test_a_look_leaves_no_transaction_open_and_none_behind_it(
    database_of: Callable[[str], Database],
) -> None:
    database = database_of("orders")
    running = text("SELECT now() = statement_timestamp(), pg_backend_pid()")
    with database.one_by_one() as session:
        session.execute(OWN)
        own, by_look = session.execute(running).one()
    assert own, "each statement began a transaction"
    with database.transaction() as session:
        session.execute(OWN)
        own, by_transaction = session.execute(running).one()
    assert by_transaction == by_look, "on the same connection"
    assert not own, "both stand in one transaction"


def test_what_was_used_last_is_used_next(database_of: Callable[[str], Database]) -> None:
    database = database_of("orders")
    with database.transaction() as first, database.transaction() as second:
        used_next, used_before = (each.execute(OWN).scalar_one() for each in (first, second))
    with database.transaction() as session:
        assert session.execute(OWN).scalar_one() == used_next, "given back after the other"
    assert used_next != used_before
