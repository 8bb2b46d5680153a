"""Orders taken back and amended at each stage, through all three services: what was stopped adds up everywhere."""

from collections.abc import Callable
from random import Random
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from kendi.doctor import summary
from kendi.servers import Addresses
from services.orders.storage import cancellation
from shared.database import Database
from shared.refusal import Refused
from shared.web.access import BUYER, create_key
from tests.carrying import Services
from tests.orders.conftest import Caller


@pytest.fixture
def client(client_of: Callable[[str], FlaskClient]) -> FlaskClient:
    return client_of("orders")


@pytest.fixture
def services(client: FlaskClient, addresses: Addresses, database_of: Callable[[str], Database]) -> Services:
    """After the client, which begins with an empty database."""
    return Services.empty(addresses, database_of)


@pytest.fixture
def buyer(client: FlaskClient, services: Services) -> Caller:
    with services.databases["orders"].transaction() as session:
        return Caller(client, create_key(session, name="buyer", role=BUYER, account="CHEWY-LOUIS"))


def begun(services: Services) -> UUID:
    order = services.place()
    services.carry()
    return order


def made(services: Services) -> UUID:
    order = begun(services)
    services.make()
    services.carry()
    return order


def packed(services: Services) -> UUID:
    order = made(services)
    services.pack()
    services.carry()
    return order


def probably(buyer: Caller, order_id: UUID, quantity: int, *, unpack: bool) -> int:
    """What the preview says of the first line."""
    asked = {"reason": "Not needed.", "unpack": unpack, "lines": [{"line": 1, "quantity": quantity}]}
    answer = buyer.post(f"/orders/v1/orders/{order_id}/cancel?dry_run=true", asked)
    assert answer.status_code == 200, answer.text
    (line,) = answer.json["lines"]
    stopped: int = line["probably"]
    return stopped


def agree(services: Services) -> None:
    """Nothing is asked that nobody answered, and no database says other than the events."""
    services.carry()
    assert summary(services.addresses.app_urls).good
    with services.databases["orders"].transaction() as session:
        waiting = select(cancellation.c.id).where(cancellation.c.answered_on.is_(None))
        assert session.execute(waiting).all() == []


@pytest.mark.parametrize(
    ("stage", "unpack", "cancelled", "withheld"),
    [
        (Services.place, False, 400, 0),
        (begun, False, 400, 0),
        (made, False, 400, 400),
        (packed, False, 0, 0),
        (packed, True, 400, 400),
    ],
    ids=["placed", "offered", "made", "packed", "packed, with consent"],
)
def test_what_can_be_stopped_depends_on_how_far_the_goods_have_come(
    services: Services,
    buyer: Caller,
    stage: Callable[[Services], UUID],
    unpack: bool,
    cancelled: int,
    withheld: int,
) -> None:
    order = stage(services)
    previewed = probably(buyer, order, 400, unpack=unpack)
    services.cancel(order, 400, unpack=unpack)
    agree(services)
    line = services.line(order)
    assert previewed == line.cancelled, "nothing happened between the preview and the request"
    assert (line.cancelled, line.withheld) == (cancelled, withheld)


def test_a_line_grows_and_shrinks_and_is_made_as_it_is_in_the_end(services: Services) -> None:
    order = begun(services)
    services.amend(order, quantity=1_500)
    services.carry()
    services.amend(order, quantity=700)
    agree(services)
    line = services.line(order)
    assert (line.ordered, line.cancelled, line.allocated) == (1_500, 800, 700)
    services.make()
    services.pack()
    agree(services)
    assert (services.line(order).state, services.line(order).good) == ("ready", 700)


@pytest.mark.parametrize("seed", range(6))
def test_in_random_histories_everything_adds_up(services: Services, seed: int) -> None:
    """Requests overlap each other, and what is made, packed and heard meanwhile."""
    chance = Random(seed)
    order = services.place()
    steps = [
        lambda: services.cancel(order, chance.choice([50, 200, 700]), unpack=chance.random() < 0.5),
        lambda: services.cancel(order),
        lambda: services.amend(order, quantity=chance.choice([300, 900, 1_400])),
        services.make,
        services.pack,
        services.carry,
        services.carry,
    ]
    for _ in range(14):
        try:
            chance.choice(steps)()
        except Refused:
            continue
    agree(services)
    line = services.line(order)
    assert 0 <= line.cancelled <= line.ordered
    assert line.good <= line.allocated == line.to_make
