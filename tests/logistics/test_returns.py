"""Logistics hears what comes back after a claim, and shows it on the desk."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.events.orders import ClaimSettled
from shared.web.access import LOGISTICS
from tests.logistics.conftest import ORDER, Logistics
from tests.logistics.test_desk import Visitor

SSCC = "095299000000000011"


def a_settlement(**changes: Any) -> ClaimSettled:
    values: dict[str, Any] = {
        "order_id": ORDER,
        "line": 1,
        "claim_id": UUID(int=7),
        "sscc": SSCC,
        "quantity": 20,
        "settlement": "return",
        "credit": None,
        "currency": "USD",
        "replacement_order_id": None,
        **changes,
    }
    return ClaimSettled(**values)


def test_goods_that_come_back_stand_on_the_desk(logistics: Logistics) -> None:
    visitor = Visitor(logistics, LOGISTICS)
    logistics.hears(a_settlement())
    assert SSCC in visitor.open("/logistics/")


def test_a_credit_brings_nothing_back(logistics: Logistics) -> None:
    visitor = Visitor(logistics, LOGISTICS)
    logistics.hears(a_settlement(settlement="credit", credit=Decimal("11.00")))
    assert SSCC not in visitor.open("/logistics/")
