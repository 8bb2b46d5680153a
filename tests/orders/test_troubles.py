"""What goes wrong with a shipment stands on the buyer's page of the order, in words."""

from typing import Any

import pytest

from services.orders.sentences import MILESTONES
from shared.events.logistics import MilestoneCorrected, MilestoneRecorded, ShipmentRescheduled
from shared.web.access import BUYER
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_handlers import SHIPMENT, WHEN, Followed, follow
from tests.orders.test_pages import Visitor

TROUBLES = ("CUSTOMS_RED_LANE", "QUARANTINE_HOLD", "SHORT_LANDED", "DETAINED_AT_DEST", "RETURNED")


@pytest.fixture
def order(orders: Orders) -> Followed:
    followed = follow(orders)
    for event in followed.story()[:-1]:
        followed.hears(event)
    return followed


@pytest.mark.parametrize("language", ["en", "id"])
def test_each_trouble_and_its_correction_is_told_to_the_buyer_and_moves_nothing(
    orders: Orders, order: Followed, language: str
) -> None:
    before = order.quantities()
    told: dict[str, Any] = {
        "shipment_id": SHIPMENT, "place": "BEANR", "occurred_at": WHEN, "lines": (order.part(),)
    }  # fmt: skip
    order.hears(*(MilestoneRecorded(milestone=code, **told) for code in TROUBLES))
    order.hears(
        MilestoneCorrected(
            milestone="RETURNED", reason="did_not_occur", right_place=None, right_at=None, **told
        )
    )
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS", language=language).open(f"/orders/order/{order.id}")
    words = [MILESTONES[code][language == "id"] for code in TROUBLES]
    assert all(f"{each}: BEANR" in page for each in words)
    assert f"{words[-1]} {'di' if language == 'id' else 'at'} BEANR" in page
    assert order.quantities() == before


def test_goods_that_were_rolled_are_told_with_their_vessel(orders: Orders, order: Followed) -> None:
    order.hears(
        ShipmentRescheduled(
            shipment_id=SHIPMENT,
            vessel="MV Later",
            voyage="026E",
            etd=in_days(15),
            eta=in_days(52),
            reason="rolled",
            lines=(order.part(),),
        )
    )
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/order/{order.id}")
    assert "MV Later 026E leaves on" in page and "put on a later vessel" in page
