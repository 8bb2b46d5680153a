"""The page for tracking of goods that arrived long ago is there no more; the shipment is."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select, text

from services.logistics.handlers.erasing import ERASERS
from services.logistics.storage import purge_step, shipment
from shared import reference
from shared.purging import Done, Plan
from shared.retention import Asked
from shared.web.access import KANWIL
from tests.clock import real_today
from tests.conftest import signed_in
from tests.logistics.conftest import Logistics

(RULE,) = [rule for rule in reference.retention_rules() if rule.kind == "tracking_links"]
LATER = date(2040, 1, 1)


def asked(on: date) -> Asked:
    return Asked(RULE, on, "somebody@here", datetime(2040, 1, 1, tzinfo=UTC))


def planned(logistics: Logistics, on: date = LATER) -> Plan:
    with logistics.database.transaction() as session:
        return ERASERS["tracking_links"].plan(session, asked(on))


def purge(logistics: Logistics) -> list[Done]:
    done = []
    for batch in planned(logistics).batches:
        with logistics.database.transaction() as session:
            done.append(ERASERS["tracking_links"].step(session, asked(LATER), batch))
    return done


DELIVERED = text("""
    INSERT INTO shipment_milestone (shipment_id, code, place, occurred_at, recorded_at)
    SELECT id, 'DELIVERED', 'BEANR', now(), now() FROM shipment""")


def test_a_page_for_tracking_ends_by_rule_after_the_delivery(logistics: Logistics) -> None:
    made = logistics.planned()
    page = logistics.staff.client.get(made["tracking_url"])
    assert page.status_code == 200
    assert (purge(logistics), planned(logistics).kept) == ([], {"under_way": 1})
    with logistics.database.transaction() as session:
        session.execute(DELIVERED)
    last = real_today() + timedelta(days=365)
    assert planned(logistics, last).kept == {"not_old_enough": 1}
    assert planned(logistics, last + timedelta(days=1)).rows == 1
    assert [done.erased for done in purge(logistics)] == [1]
    assert logistics.staff.client.get(made["tracking_url"]).status_code == 404
    assert logistics.staff.client.get("/logistics/track/None").status_code == 404
    answer = logistics.staff.get(f"/shipments/{made['id']}")
    assert (answer.status_code, answer.json["tracking_url"]) == (200, None)
    with logistics.database.transaction() as session:
        assert session.execute(select(shipment.c.number)).scalars().all() == [made["number"]]
        assert session.execute(select(purge_step.c.kind)).scalars().all() == ["tracking_links"]
    assert purge(logistics) == []


def test_a_page_for_tracking_ends_after_goods_came_back_unless_it_was_renewed_meanwhile(
    logistics: Logistics,
) -> None:
    made = logistics.planned()
    with logistics.database.transaction() as session:
        session.execute(text(DELIVERED.text.replace("DELIVERED", "RETURN_RECEIVED")))
    (batch,) = planned(logistics).batches
    later = text("UPDATE shipment SET tracking_renewed_at = '2041-01-01'")
    with logistics.database.transaction() as session:
        session.execute(later)
        assert ERASERS["tracking_links"].step(session, asked(LATER), batch) == Done()
    with logistics.database.transaction() as session:
        session.execute(text("UPDATE shipment SET tracking_renewed_at = NULL"))
    assert [done.erased for done in purge(logistics)] == [1]
    assert logistics.staff.client.get(made["tracking_url"]).status_code == 404


def test_the_page_shows_what_is_under_way(logistics: Logistics) -> None:
    logistics.planned()
    page = signed_in(logistics.client, KANWIL).get("/logistics/retention/")
    assert (page.status_code, "the shipment is under way: 1" in page.text) == (200, True)
