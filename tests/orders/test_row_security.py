"""A query of orders that forgets whose rows it may show finds nothing of another buyer."""

import pytest
from sqlalchemy import text

from services.orders.storage import purge_step, tables
from shared.database import Database
from shared.sight import ALL, NOTHING, SERVICE, only
from shared.web.tables import api_key
from tests.matrix import World
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_needs import a_note
from tests.orders.test_policies import HELD, WORDS, publish, screen_again, versions
from tests.orders.test_webhooks import Endpoint, endpoint
from tests.orders.world import a_world
from tests.shared.test_row_security import SEEN_BY_ALL

__all__ = ["endpoint"]

OF_ALL = "feed_waiting"
"""The numbers of new steps of every buyer: seen by the service only."""
OF_THE_OFFICES = ("release_attempt", "counsel_note")
"""Attempts to release that were refused, and what counsel advised: seen by whoever sees every order, and by no buyer."""
OF_NO_BUYER = (OF_ALL, *OF_THE_OFFICES, purge_step.name)
GUARDED = [
    *(name for name in tables.tables if f"orders.{name}" not in SEEN_BY_ALL and name not in OF_NO_BUYER),
    api_key.name,
]


@pytest.fixture
def world(orders: Orders, endpoint: Endpoint) -> World:
    made = a_world(orders, endpoint)
    publish(orders, *versions(DP_ID_1=HELD | WORDS))
    screen_again(orders)
    return made


def count(database: Database, table: str, sees: str) -> int:
    with database.transaction(sees=sees) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_forgotten_condition_shows_nothing_of_another_buyer(world: World) -> None:
    web: Database = world.client.application.extensions["kendi"].database
    own = {"buyer": 1, "api_key": 1}
    for table in GUARDED:
        everything = count(web, table, SERVICE)
        mine = count(web, table, only("buyer", "CHEWY-LOUIS"))
        assert mine > 0, f"let the world have a row of {table}"
        assert count(web, table, only("buyer", "RIVAL")) == own.get(table, 0), table
        assert count(web, table, NOTHING) == 0, table
        if table != "api_key":
            assert count(web, table, ALL) == everything, table


def test_a_forgotten_condition_changes_nothing_of_another_buyer(world: World) -> None:
    web: Database = world.client.application.extensions["kendi"].database
    before = world.rows()
    for table in GUARDED:
        if table not in ("buyer", "api_key"):
            with web.transaction(sees=only("buyer", "RIVAL")) as session:
                assert session.execute(text(f"DELETE FROM {table} RETURNING 1")).all() == [], table
    assert world.rows() == before


def test_what_waits_for_a_place_in_the_feed_is_taken_by_the_service_only(orders: Orders) -> None:
    web: Database = orders.client.application.extensions["kendi"].database
    assert orders.buyer.post("/orders/v1/orders", an_order()).status_code == 201
    for sees in (only("buyer", "CHEWY-LOUIS"), only("buyer", "RIVAL"), ALL, NOTHING):
        assert count(web, OF_ALL, sees) == 0
        with web.transaction(sees=sees) as session:
            assert session.execute(text("DELETE FROM feed_waiting RETURNING 1")).all() == []
    assert count(web, OF_ALL, SERVICE) > 0


def test_refused_attempts_to_release_and_notes_of_counsel_are_seen_by_no_buyer(orders: Orders) -> None:
    web: Database = orders.client.application.extensions["kendi"].database
    held = orders.buyer.post(
        "/orders/v1/orders", an_order(lines=[a_line(consignee=CONSIGNEE | {"country": "BE"})])
    ).json
    release = f"/orders/v1/orders/{held['id']}/lines/1/release"
    assert orders.officer.post(release, {"reason": "Too short."}).status_code == 422
    assert orders.officer.post("/orders/v1/counsel-notes", a_note(policies=[])).status_code == 201
    for table in OF_THE_OFFICES:
        for sees in (only("buyer", "CHEWY-LOUIS"), only("buyer", "RIVAL"), NOTHING):
            assert count(web, table, sees) == 0
            with web.transaction(sees=sees) as session:
                assert session.execute(text(f"DELETE FROM {table} RETURNING 1")).all() == []
        assert count(web, table, ALL) == count(web, table, SERVICE) == 1
