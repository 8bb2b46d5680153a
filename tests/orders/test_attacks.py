"""What people with a hand for it type into the forms of orders, and what its pages make of it."""

import pytest

from shared.web.access import BUYER, KANWIL
from tests.hostile import rummage
from tests.orders.conftest import Orders
from tests.orders.test_pages import Visitor
from tests.orders.test_webhooks import Endpoint, endpoint
from tests.orders.world import a_world

__all__ = ["endpoint"]


@pytest.mark.parametrize(("role", "account", "least"), [(BUYER, "CHEWY-LOUIS", 15), (KANWIL, None, 2)])
def test_no_form_breaks_and_nothing_typed_is_obeyed_on_any_page(
    orders: Orders, endpoint: Endpoint, role: str, account: str | None, least: int
) -> None:
    a_world(orders, endpoint)
    forms = rummage(Visitor(orders, role, account=account).client, "orders", "/orders/import")
    assert forms >= least
