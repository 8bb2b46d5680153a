"""The audit finds what does not agree, and says what is only on its way."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kendi.doctor import Difference, summary
from kendi.servers import Addresses
from shared.database import Database
from tests.carrying import Services


@pytest.fixture
def services(addresses: Addresses, database_of: Callable[[str], Database]) -> Services:
    return Services.empty(addresses, database_of)


@pytest.fixture
def packed(services: Services) -> UUID:
    """An order whose goods are all packed, and everybody knows it."""
    order = services.place()
    services.carry()
    services.make()
    services.carry()
    services.pack()
    services.carry()
    return order


def change(services: Services, service: str, statement: str, **values: object) -> None:
    with services.databases[service].transaction() as session:
        assert session.execute(text(statement), values).rowcount  # type: ignore[attr-defined]


def found(services: Services) -> list[str]:
    """What of the events, in words."""
    looked_at = summary(services.addresses.app_urls)
    kinds = (looked_at.on_their_way, looked_at.lost, looked_at.stuck, looked_at.out_of_order)
    return [str(finding) for kind in kinds for finding in kind]


def differences(services: Services) -> list[Difference]:
    looked_at = summary(services.addresses.app_urls)
    return [*looked_at.not_conserved, *looked_at.passing]


def test_where_all_is_told_nothing_is_found(services: Services, packed: UUID) -> None:
    looked_at = summary(services.addresses.app_urls)
    assert (looked_at.orders, looked_at.good, looked_at.on_their_way) == (1, True, ())
    assert looked_at.effects == looked_at.deliveries > looked_at.events > 0
    assert differences(services) == []


def content(services: Services) -> dict[tuple[str, str], Any]:
    """What stands in every table of every service: how many rows, and a sum of them."""
    found = {}
    for service, database in services.databases.items():
        with database.transaction() as session:
            tables = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            for table in tables.scalars().all():
                counted = f"SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} t"
                found[service, table] = tuple(session.execute(text(counted)).one())
    return found


def test_looking_changes_nothing(services: Services, packed: UUID) -> None:
    change(services, "orders", "UPDATE order_line SET packed = 999")
    before = content(services)
    assert sum(rows for rows, _ in before.values()) > 100
    assert not summary(services.addresses.app_urls).good
    assert content(services) == before


def test_events_on_their_way_make_differences_that_pass(services: Services) -> None:
    order = services.place()
    passing = differences(services)
    assert {difference.quantity for difference in passing} == {"ordered", "cleared"}
    assert not any(difference.firm for difference in passing)
    looked_at = summary(services.addresses.app_urls)
    assert looked_at.good
    assert len([f for f in looked_at.on_their_way if str(order) in f.text]) == 4  # two events to two services
    services.carry()
    assert differences(services) == []


@pytest.mark.parametrize(
    ("service", "statement", "said"),
    [
        ("orders", "UPDATE order_line SET packed = 999", "packed: orders 999, logistics lots 1000"),
        ("production", "UPDATE demand SET quantity = 1001", "ordered: orders 1000, production demand 1001"),
        (
            "logistics",
            "UPDATE carton SET pieces = pieces - 1 WHERE serial = (SELECT min(serial) FROM carton)",
            "packed: orders 1000, logistics cartons 999",
        ),
        (
            "production",
            """UPDATE outbox_event SET data = jsonb_set(data, '{quantity}', '1')
               WHERE id = (SELECT max(id) FROM outbox_event WHERE type LIKE '%lot_released%')""",
            "good: orders 1000, production's lots",
        ),
    ],
)
def test_a_quantity_that_differs_is_told_with_both_numbers(
    services: Services, packed: UUID, service: str, statement: str, said: str
) -> None:
    change(services, service, statement)
    firm = [str(difference) for difference in differences(services) if difference.firm]
    assert any(line.startswith(f"order {packed} line 1: {said}") for line in firm)
    assert not summary(services.addresses.app_urls).good


def test_an_acknowledged_event_that_the_subscriber_does_not_have_is_lost(
    services: Services, packed: UUID
) -> None:
    change(services, "logistics", "DELETE FROM inbox WHERE type LIKE '%clearance_granted%' AND sequence = 2")
    lost, *more = found(services)
    assert lost == (
        f"lost: kendi.orders.clearance_granted.v1 (number 2 of order/{packed}) was acknowledged by logistics,"
        " which does not have it"
    )
    assert more == [
        f"out of order: order/{packed} of orders in logistics: position 3, 2 took effect",
    ]


def test_an_event_that_its_publisher_forgot_is_told(services: Services, packed: UUID) -> None:
    change(
        services,
        "production",
        """WITH last AS (SELECT max(id) AS id FROM outbox_event),
           gone AS (DELETE FROM outbox_delivery USING last WHERE event_pk = last.id)
           DELETE FROM outbox_event USING last WHERE outbox_event.id = last.id""",
    )
    assert any("of production, which does not know it" in line for line in found(services))


@pytest.mark.parametrize(("state", "kind"), [(0, "on their way: "), (1, "on their way: "), (3, "stuck: ")])
def test_an_event_that_took_no_effect_is_on_its_way_or_parked(
    services: Services, packed: UUID, state: int, kind: str
) -> None:
    change(
        services,
        "orders",
        "UPDATE inbox SET state = :state, done_at = NULL WHERE type LIKE '%cartons_packed%'",
        state=state,
    )
    assert any(line.startswith(kind) and "cartons_packed" in line for line in found(services))


def test_effects_out_of_order_are_told(services: Services, packed: UUID) -> None:
    change(
        services,
        "production",
        "UPDATE inbox SET done_at = done_at - interval '1 day' WHERE subject = :subject AND sequence = 2",
        subject=f"order/{packed}",
    )
    assert found(services) == [
        f"out of order: production applied number 2 of order/{packed} of orders before number 1"
    ]


def test_another_content_under_the_same_number_is_told(services: Services, packed: UUID) -> None:
    change(
        services,
        "logistics",
        "UPDATE inbox SET data = jsonb_set(data, '{quantity}', '7') WHERE type LIKE '%lot_released%'",
    )
    assert all(
        "logistics has another content for kendi.production.lot_released" in f for f in found(services)
    )


def test_a_timeline_that_lacks_an_event_is_told(services: Services, packed: UUID) -> None:
    change(services, "orders", "DELETE FROM timeline WHERE type LIKE '%lot_released%'")
    assert all(line.startswith(f"lost: the timeline of order {packed} lacks") for line in found(services))


def test_a_timeline_in_another_order_than_its_events_is_told(services: Services, packed: UUID) -> None:
    columns = "order_id, event_id, line, source, type, occurred_at, actor_role, data"
    change(
        services,
        "orders",
        f"""WITH taken AS (DELETE FROM timeline WHERE type LIKE '%order_placed%' RETURNING {columns})
            INSERT INTO timeline ({columns}) SELECT {columns} FROM taken""",
    )
    out_of_order = found(services)
    assert len(out_of_order) == 2  # both that now stand before the first
    assert all(
        line.startswith(f"out of order: the timeline of order {packed} has kendi.orders.clearance_granted")
        for line in out_of_order
    )


def test_an_event_that_an_operator_discarded_is_over_without_effect(services: Services, packed: UUID) -> None:
    before = summary(services.addresses.app_urls).effects
    change(
        services,
        "production",
        """UPDATE inbox SET state = 5
           WHERE event_id = (SELECT event_id FROM inbox WHERE type LIKE '%clearance_granted%' LIMIT 1)""",
    )
    assert found(services) == []
    assert summary(services.addresses.app_urls).effects == before - 1
