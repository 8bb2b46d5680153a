"""Whatever rules there are: their order does not matter, one more makes nothing easier, and what is unknown is held."""

from datetime import date, timedelta
from random import Random
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.orders.domain import destination_policy
from services.orders.domain.destination_policy import SEVERITY, Action, Goods, Rule, screen

DAY = date(2027, 12, 14)
COUNTRIES = st.sampled_from(["BE", "GB", "US", "NZ", "ID"])
FAMILIES = st.sampled_from(["coco_rope", "bamboo"])
LANES = st.sampled_from(["custodial", "parole_community", "free"])
DAYS = st.sampled_from([DAY - timedelta(days=1), DAY])


def some(of: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(of, max_size=2, unique=True).map(tuple)


GOODS = st.builds(
    Goods,
    destination=COUNTRIES,
    lane=LANES,
    hs6=st.sampled_from(["5609.00", "5705.00"]),
    delivery=DAYS,
    transit=some(COUNTRIES),
    family=st.none() | FAMILIES,
    prison_families=some(FAMILIES),
)
RULE = st.builds(
    Rule,
    id=st.uuids().map(str),
    version=st.integers(1, 3),
    action=st.sampled_from(get_args(Action)),
    countries=some(COUNTRIES),
    transit=st.booleans(),
    lane=st.none() | LANES,
    hs=st.none() | st.just(("5705*",)),
    delivery_from=st.none() | DAYS,
    seller_has_prison_contract=st.booleans(),
    same_family=st.booleans(),
    catch_all=st.booleans(),
    needs=st.lists(st.sampled_from(["DOSSIER", "BUYER_ACK"]), unique=True).map(tuple),
)
RULES = st.lists(RULE, max_size=6)


@given(GOODS, RULES, st.randoms())
def test_the_order_of_the_rules_does_not_matter(goods: Goods, rules: list[Rule], random: Random) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)
    assert screen(goods, rules) == screen(goods, shuffled)


def check_one_more(goods: Goods, rules: list[Rule], another: Rule) -> None:
    """Another rule beside at least one that is no catch-all: it only adds."""
    before, after = screen(goods, rules), screen(goods, [*rules, another])
    assert SEVERITY[after.action] >= SEVERITY[before.action]
    assert set(before.needs) <= set(after.needs)
    assert set(before.policies) <= set(after.policies)


@given(GOODS, RULES, RULE)
def test_one_more_rule_makes_no_answer_easier_unless_only_a_catch_all_gave_it(
    goods: Goods, rules: list[Rule], another: Rule
) -> None:
    assume(any(rule.covers(goods) and not rule.catch_all for rule in rules))
    check_one_more(goods, rules, another)


def test_rules_of_which_the_last_counts_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination_policy, "SEVERITY", {"allow": 2, "hold": 1, "block": 0})
    block, allow = Rule(id="A", version=1, action="block"), Rule(id="B", version=1, action="allow")
    goods = Goods(destination="BE", lane="free", hs6="5609.00", delivery=DAY)
    with pytest.raises(AssertionError):
        check_one_more(goods, [block], allow)


@given(GOODS, RULES)
def test_an_unknown_country_on_the_way_or_at_its_end_is_never_allowed(
    goods: Goods, rules: list[Rule]
) -> None:
    for unknown in (
        Goods(**{**vars(goods), "destination": "ZZ"}),
        Goods(**{**vars(goods), "transit": (*(goods.transit or ()), "ZZ")}),
    ):
        assert screen(unknown, rules).action != "allow"


@given(GOODS, RULES)
def test_what_no_rule_covers_is_held(goods: Goods, rules: list[Rule]) -> None:
    assert screen(goods, [rule for rule in rules if not rule.covers(goods)]).action == "hold"


@given(GOODS, RULES)
def test_without_knowing_the_seller_no_answer_is_easier(goods: Goods, rules: list[Rule]) -> None:
    unknown = Goods(**{**vars(goods), "prison_families": None})
    strict = [rule for rule in rules if rule.action == "block"]
    assert SEVERITY[screen(unknown, strict).action] >= SEVERITY[screen(goods, strict).action]
