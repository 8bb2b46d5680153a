"""What was there before a migration means the same after it."""

import importlib

from sqlalchemy import select, text

from shared.messaging.tables import outbox_delivery, outbox_event
from tests.production.conftest import Production, particulars

ELSEWHERE, HERE = "LPS-CTH", "LPS-AMB"


def test_of_a_facility_that_was_told_without_its_zone_others_are_told_again(production: Production) -> None:
    migration = importlib.import_module("services.production.migrations.production_0041_zones_are_told")
    for code, zone, gln in (
        (ELSEWHERE, "Asia/Jayapura", "9529900009001"),
        (HERE, "Asia/Jakarta", "9529900002101"),
    ):
        kept = production.office.put(f"/facilities/{code}", particulars(time_zone=zone, hub=True, gln=gln))
        assert kept.status_code in (200, 201), kept.text
    facility = outbox_event.c.subject.in_([f"facility/{code}" for code in (ELSEWHERE, HERE)])
    with production.database.transaction() as session:
        session.execute(text("UPDATE outbox_event SET data = data - 'time_zone'"))
        before = session.execute(select(outbox_event).where(facility).order_by(outbox_event.c.id)).all()
        migration.tell_again(session.connection())
        (again,) = session.execute(select(outbox_event).where(outbox_event.c.id > before[-1].id)).all()
        due = select(outbox_delivery.c.subscriber).where(outbox_delivery.c.event_pk == again.id)
        assert sorted(session.execute(due).scalars()) == ["logistics", "orders"]
    (told,) = [each for each in before if each.subject == f"facility/{ELSEWHERE}"]
    assert (again.subject, again.sequence, again.type) == (told.subject, told.sequence + 1, told.type)
    assert again.data == told.data | {"time_zone": "Asia/Jayapura"}
