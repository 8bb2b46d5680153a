"""The most restrictive rule wins; what no rule covers is held."""

from datetime import date

import pytest

from services.orders.domain.destination_policy import Goods, Rule, screen

US = Rule(id="US", version=1, action="block", countries=("US",), lane="custodial", law=("19 USC 1307",))
EU = Rule(id="EU", version=2, action="hold", countries=("BE", "FR"), lane="custodial", needs=("DOSSIER",))
EU_LATER = Rule(
    id="EU-2", version=1, action="hold", countries=("BE",), delivery_from=date(2027, 12, 14), needs=("VISIT",)
)
MATS = Rule(id="MATS", version=1, action="block", countries=("GB",), hs=("5705*",))
REST = Rule(id="ANY", version=1, action="hold", catch_all=True, needs=("LEGAL_ASSESSMENT",))
HOME = Rule(id="ID", version=1, action="allow", countries=("ID",))
RULES = (US, EU, EU_LATER, MATS, REST, HOME)


def goods(
    destination: str, *, hs6: str = "5609.00", delivery: date = date(2026, 5, 1), lane: str = "custodial"
) -> Goods:
    return Goods(destination=destination, lane=lane, hs6=hs6, delivery=delivery)


@pytest.mark.parametrize(
    ("wanted", "to"), [("block", "US"), ("hold", "BE"), ("hold", "BR"), ("allow", "ID"), ("hold", "ZZ")]
)
def test_each_destination_is_decided_by_its_own_rule(wanted: str, to: str) -> None:
    assert screen(goods(to), RULES).action == wanted


def test_a_catch_all_counts_only_where_nothing_else_matched() -> None:
    assert screen(goods("BE"), RULES).needs == ("DOSSIER",)
    assert screen(goods("BR"), RULES).needs == ("LEGAL_ASSESSMENT",)


def test_the_needs_of_all_matching_rules_are_united() -> None:
    assert screen(goods("BE", delivery=date(2027, 12, 14)), RULES).needs == ("DOSSIER", "VISIT")
    assert screen(goods("BE", delivery=date(2027, 12, 13)), RULES).needs == ("DOSSIER",)


def test_a_rule_may_look_at_the_customs_tariff() -> None:
    assert screen(goods("GB", hs6="5705.00"), RULES).action == "block"
    assert screen(goods("GB", hs6="5609.00"), RULES).action == "hold"


def test_without_any_rule_the_goods_are_held() -> None:
    assert screen(goods("ID"), ()).action == "hold"


def test_the_block_names_the_law_it_rests_on() -> None:
    decided = screen(goods("US"), RULES)
    assert decided.law == ("19 USC 1307",)
    assert decided.policies == ("US.v1",)
