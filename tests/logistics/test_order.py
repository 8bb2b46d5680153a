"""Goods leave only under an unexpired clearance that covers all of them."""

from datetime import date

import pytest

from services.logistics.domain.order import Standing, need_cleared, reason_to_stay, sort_out
from shared.refusal import Refused
from tests.logistics.builders import DAY, a_clearance, a_line, an_order, cleared, standing


def test_goods_under_a_clearance_may_go() -> None:
    assert reason_to_stay(cleared(), DAY) is None
    assert reason_to_stay(cleared(), date(2025, 6, 20)) is None


@pytest.mark.parametrize(
    ("goods", "reason"),
    [
        (standing(a_line(3)), "line 3 of PO-2025-0001 has no clearance to export"),
        (standing(a_line(1, a_clearance(purpose="produce"))), "no clearance to export"),
        (standing(a_line(1, a_clearance(expires_on=date(2025, 3, 21)))), "expired on 2025-03-21"),
        (standing(a_line(1, a_clearance(quantity=999))), "cleared for 999 pieces"),
        (standing(a_line(1, a_clearance()), pieces=500, shipped=501), "501 are in shipments"),
        (standing(a_line(1, a_clearance(destination="FR"))), "cleared for FR"),
        (standing(a_line(1, a_clearance(lane="free"))), "cleared for goods made in the free lane"),
    ],
)
def test_without_one_they_stay_and_the_line_is_named(goods: Standing, reason: str) -> None:
    said = reason_to_stay(goods, DAY)
    assert said is not None and reason in said
    with pytest.raises(Refused, match=r"PO-2025-0001"):
        need_cleared([cleared(), goods], DAY)


def test_goods_of_a_freer_lane_may_go_under_a_stricter_clearance() -> None:
    assert reason_to_stay(standing(a_line(1, a_clearance()), lane="free"), DAY) is None


def test_what_is_cleared_goes_and_what_is_not_stays() -> None:
    going, left = sort_out([standing(a_line(2)), cleared()], DAY)
    assert [goods.line.number for goods in going] == [1]
    assert [stays.standing.line.number for stays in left] == [2]


def test_one_shipment_has_one_consignee_and_one_set_of_terms() -> None:
    other_consignee = standing(a_line(2, a_clearance(), consignee="Another consignee"))
    other_terms = standing(a_line(3, a_clearance(), order=an_order("PO-2", buyer="OTHER")))
    going, left = sort_out([cleared(), other_consignee, other_terms], DAY)
    assert [goods.line.number for goods in going] == [1]
    assert all("shipment of its own" in stays.reason for stays in left)
    assert len(left) == 2
