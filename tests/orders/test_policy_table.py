"""The decisions over all countries, three lanes and both sides of the turn are those that the rules were written for."""

from datetime import date

import pytest

from kendi.destinations import DAYS, KINDS, LANES, TURN, countries, shipped
from services.orders.domain.destination_policy import Action, Goods, screen
from shared import reference

BEFORE = DAYS[0]
RULES = shipped()
EU = set(reference.destinations().groups["EU27"])
US = {"US", "PR", "VI", "GU"}


def expected(country: str, lane: str, kind: str) -> Action:
    """The table of the law, written down without the rules."""
    if country == "ID":
        return "allow"
    if country == "NZ" or (country == "GB" and kind == "mats"):
        return "block"
    if lane == "custodial" and country in US | {"CA"}:
        return "block"
    return "allow" if lane == "free" else "hold"


def goods(country: str, lane: str, kind: str, day: date, transit: tuple[str, ...] | None = None) -> Goods:
    hs6, family = KINDS[kind]
    return Goods(
        destination=country,
        lane=lane,
        hs6=hs6,
        family=family,
        prison_families=(family,),
        delivery=day,
        transit=transit,
    )


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("lane", LANES)
def test_every_country_of_the_world_is_decided_as_the_law_says(lane: str, day: date) -> None:
    assert len(countries()) >= 249
    for country in countries():
        for kind in KINDS:
            decided = screen(goods(country, lane, kind, day), RULES[day])
            assert decided.action == expected(country, lane, kind), (country, kind, decided)
            assert decided.releasable == bool(decided.needs if decided.action == "hold" else ())


def test_the_union_asks_for_more_from_the_day_on_which_its_regulation_applies() -> None:
    assert date(2027, 12, 14) == TURN
    for country in EU:
        before, after = (
            screen(goods(country, "custodial", "all but mats", day), RULES[day]).needs for day in DAYS
        )
        assert before == ("DOSSIER", "BUYER_ACK")
        assert after == ("DOSSIER_COMPLETE", "INDEPENDENT_VISIT_12M", "BUYER_ACK", "COUNSEL_NOTE_EU")


@pytest.mark.parametrize(
    ("through", "action"), [("US", "block"), ("NZ", "block"), ("CA", "block"), ("SG", "hold")]
)
def test_a_route_through_a_country_that_bars_prison_goods_is_barred(through: str, action: Action) -> None:
    on_the_way = goods("BE", "custodial", "all but mats", BEFORE, (through,))
    assert screen(on_the_way, RULES[BEFORE]).action == action


@pytest.mark.parametrize(
    ("prison_families", "action"),
    [(("coco_rope",), "block"), (("bamboo",), "allow"), ((), "allow"), (None, "block")],
)
def test_new_zealand_bars_free_goods_like_those_that_their_seller_has_made_in_prisons(
    prison_families: tuple[str, ...] | None, action: Action
) -> None:
    free = Goods(
        destination="NZ",
        lane="free",
        hs6="5609.00",
        family="coco_rope",
        delivery=BEFORE,
        prison_families=prison_families,
    )
    assert screen(free, RULES[BEFORE]).action == action
