"""docs/operations.md shows what ``kendi status`` and ``kendi events`` print for machines, key by key."""

import json
import re
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from kendi.servers import Addresses
from shared.database import Database
from shared.events.orders import OrderClosed
from shared.messaging.outbox import record
from shared.messaging.reactions import NotYet
from shared.messaging.tables import Inbox, inbox, parked_message
from tests.carrying import Services
from tests.conftest import REPOSITORY
from tests.kendi.test_operating import ORDER, REASON, SERVICES, System, system

__all__ = ["system"]

EXAMPLE = re.compile(r"^\$ kendi (status ORDER|status|events \w+)( [^\n]*)? --json\n(.*?)^```$", re.M | re.S)


def shown() -> dict[str, Any]:
    """What the document has each command print."""
    page = (REPOSITORY / "docs" / "operations.md").read_text()
    return {found[1]: json.loads(found[3]) for found in EXAMPLE.finditer(page)}


def shape(value: Any) -> Any:
    """The keys of what is printed; that of a list is of all its items, as is that of what each service says."""
    if isinstance(value, dict) and value and set(value) <= set(SERVICES):
        return {"each service": _together(map(shape, value.values()))}
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_together(map(shape, value))]
    return "…"


def _together(shapes: Iterable[Any]) -> Any:
    """The shape of all of these: the keys of each, and of a list the shape of one that is not empty."""
    all: Any = None
    for each in shapes:
        if isinstance(all, dict) and isinstance(each, dict):
            all = {key: _together([all.get(key), each.get(key)]) for key in all | each}
        elif isinstance(all, list) and isinstance(each, list):
            all = [_together([*all, *each])]
        elif each is not None:
            all = each
    return all


@pytest.fixture
def eventful(system: System) -> dict[str, list[str]]:
    """A system in which each command has something to print; the arguments of each."""
    with system.databases["orders"].transaction() as session:
        id = str(record(session, OrderClosed(order_id=ORDER))[0].event_id)
    system.hearing.ids = count(UUID(id).int)
    assert system.park() == id
    system.failing = NotYet("orders", "item/X")
    system.hearing.hears(OrderClosed(order_id=UUID(int=8)))
    system.run("production", "UPDATE inbox SET received_at = now() - interval '2 hours'")
    system.run(
        "production",
        """INSERT INTO heartbeat VALUES ('production worker', 'a', 1, now(), now()),
            ('production relay', 'a', 2, now(), now())""",
    )
    with system.databases["logistics"].transaction() as session:
        message = {"sender": "?", "payload": ""}
        session.execute(insert(parked_message).values(reason="forged", message=message))
    parked = select(inbox.c.error_fingerprint).where(inbox.c.state == Inbox.PARKED)
    return {
        "status": [],
        "events list": ["--order", str(ORDER)],
        "events show": [id],
        "events parked": [],
        "events retry": ["--fingerprint", system.one("production", parked)],
        "events discard": [id, "--reason", REASON],
        "events resend": [id, "--to", "production"],
        "events dismiss": ["1", "--service", "logistics", "--reason", REASON],
    }


def test_the_document_shows_every_command_of_operators() -> None:
    commands = ("list", "show", "parked", "retry", "discard", "resend", "dismiss")
    assert [*shown()] == ["status", "status ORDER", *(f"events {name}" for name in commands)]


@pytest.mark.parametrize("command", [name for name in shown() if name != "status ORDER"])
def test_a_command_prints_the_keys_that_the_document_shows(
    system: System, eventful: dict[str, list[str]], command: str
) -> None:
    if command == "events show":
        system.kendi("events", "retry", *eventful[command])
    printed = system.said(*command.split(), *eventful[command])
    assert shape(shown()[command]) == shape(printed)


def test_the_status_of_an_order_has_the_keys_that_the_document_shows(
    system: System, addresses: Addresses, database_of: Callable[[str], Database]
) -> None:
    order = Services.empty(addresses, database_of).place()
    assert shape(shown()["status ORDER"]) == shape(system.said("status", str(order)))
