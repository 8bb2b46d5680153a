"""What was there before a migration means the same after it."""

import importlib

from sqlalchemy import text

from tests.logistics.conftest import SRAGEN, Logistics, a_clearance, a_lot
from tests.logistics.test_epcis_queries import ask, found


def test_what_arrived_before_history_was_kept_is_still_told_to_have_arrived(logistics: Logistics) -> None:
    migration = importlib.import_module(
        "services.logistics.migrations.logistics_0033_arrivals_before_history_was_kept"
    )
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    assert logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).status_code == 201
    told = found(ask(logistics, EQ_bizStep="arriving,receiving"))
    assert [event["bizStep"] for event in told] == ["arriving", "receiving"]
    with logistics.database.transaction() as session:
        session.execute(text("DELETE FROM carton_history WHERE what = 'gathered'"))
    assert found(ask(logistics, EQ_bizStep="arriving,receiving")) == []
    for _ in range(2):
        with logistics.database.transaction() as session:
            session.execute(text(migration.ARRIVED))
        assert found(ask(logistics, EQ_bizStep="arriving,receiving")) == told
