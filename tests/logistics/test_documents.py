"""The checklist follows the goods and their destination; what blocks, blocks."""

from datetime import date

import pytest

from services.logistics.domain.documents import (
    Cargo,
    Rule,
    checklist,
    find,
    missing,
    need_fresh,
    too_old,
)
from shared.refusal import Refused
from tests.logistics.builders import DAY, a_document, a_graph


def a_rule(code: str, **conditions: object) -> Rule:
    particulars = {
        "name_en": code,
        "name_id": code,
        "owed_by": "exporter",
        "blocks": ("LOADED",),
        **conditions,
    }
    return Rule(code=code, **particulars)  # type: ignore[arg-type]  # the conditions of any field


def a_cargo(**particulars: object) -> Cargo:
    values = {
        "destination": "BE",
        "materials": frozenset({"coir"}),
        "hs6": frozenset({"5609.00"}),
        "lanes": frozenset({"custodial"}),
        "incoterm": "FCA",
        **particulars,
    }
    return Cargo(**values)  # type: ignore[arg-type]  # the particulars of any field


@pytest.mark.parametrize(
    ("conditions", "other"),
    [
        ({"countries": ("BE", "FR")}, {"destination": "BR"}),
        ({"materials": ("coir", "rattan")}, {"materials": frozenset({"cotton"})}),
        ({"hs": ("5609*",)}, {"hs6": frozenset({"4421.99"})}),
        ({"lanes": ("custodial",)}, {"lanes": frozenset({"free"})}),
        ({"incoterms": ("FCA",)}, {"incoterm": "CIF"}),
        ({"modes": ("sea_fcl",)}, {"mode": "air"}),
    ],
)
def test_a_condition_holds_for_its_own_goods_only(
    conditions: dict[str, object], other: dict[str, object]
) -> None:
    rule = a_rule("X", **conditions)
    assert rule.covers(a_cargo())
    assert not rule.covers(a_cargo(**other))


def test_a_rule_without_conditions_holds_for_all() -> None:
    assert a_rule("CI").covers(a_cargo(destination="ZZ", mode="air"))


def test_mixed_goods_need_the_papers_of_each() -> None:
    rules = [a_rule("FUM", materials=("coir",)), a_rule("WOOD", materials=("coffee_wood",))]
    cargo = a_cargo(materials=frozenset({"coir", "coffee_wood"}))
    assert [document.code for document in checklist(rules, cargo, a_graph())] == ["FUM", "WOOD"]


def test_papers_of_other_services_are_not_on_the_list() -> None:
    rules = [a_rule("PO", blocks=("ORDER_ACCEPTED",)), a_rule("VGM", blocks=("ORDER_ACCEPTED", "LOADED"))]
    (vgm,) = checklist(rules, a_cargo(), a_graph())
    assert (vgm.code, vgm.blocks, vgm.missing) == ("VGM", ["LOADED"], True)


def test_what_should_have_been_there_at_packing_must_be_there_before_sealing() -> None:
    (plot,) = checklist([a_rule("EUDR-PLOT", blocks=("CARTON_PACKED",))], a_cargo(), a_graph())
    assert plot.blocks == ["STUFFED_SEALED"]


def test_what_is_needed_on_request_only_is_listed_and_blocks_nothing() -> None:
    (coo,) = checklist([a_rule("COO", on_request=True)], a_cargo(), a_graph())
    assert not coo.missing
    assert missing([coo], {"LOADED"}) == []


def test_a_paper_blocks_its_milestones_until_it_has_a_number() -> None:
    fum = a_document("FUM", "STUFFED_SEALED", "LOADED")
    assert missing([fum], {"LOADED"}) == [fum]
    assert missing([fum], {"GATE_IN"}) == []
    fum.record(" FUM-17 ", DAY, today=DAY)
    assert missing([fum], {"LOADED"}) == []
    assert fum.number == "FUM-17"


@pytest.mark.parametrize(
    ("number", "issued_on", "field"), [("  ", DAY, "number"), ("1", date(2025, 3, 23), "issued_on")]
)
def test_a_paper_without_number_or_of_tomorrow_is_refused(number: str, issued_on: date, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        a_document("FUM").record(number, issued_on, today=DAY)
    assert refusal.value.field == field


def test_a_paper_that_is_not_on_the_list_is_answered_with_the_list() -> None:
    with pytest.raises(Refused, match="has CI, PL"):
        find([a_document("CI"), a_document("PL")], "FUM")


def test_a_certificate_grows_too_old_for_the_stuffing_by_the_days_of_its_country_and_treatment() -> None:
    days = {"AU": {"gas": 21, "heat": 90}}
    (fum,) = checklist([a_rule("FUM", valid_days=days)], a_cargo(destination="AU"), a_graph())
    assert fum.valid_until is None
    need_fresh([fum], DAY)
    fum.record("FUM-17", DAY, today=DAY)
    assert fum.valid_until == date(2025, 4, 12)
    need_fresh([fum], date(2025, 4, 12))
    with pytest.raises(Refused, match="FUM of 2025-03-22 is good for 21 days, until 2025-04-12"):
        need_fresh([fum], date(2025, 4, 13))
    fum.treated_by("heat")
    need_fresh([fum], date(2025, 6, 20))
    assert len(too_old([fum], date(2025, 6, 21))) == 1
    fum.withdraw()
    assert (fum.treatment, too_old([fum], date(2026, 1, 1))) == (None, [])


def test_where_nobody_counts_days_a_certificate_stays_good_and_asks_for_no_treatment() -> None:
    (fum,) = checklist([a_rule("FUM", valid_days={"AU": {"gas": 21}})], a_cargo(destination="BE"), a_graph())
    fum.record("FUM-17", DAY, today=DAY)
    assert too_old([fum], date(2026, 1, 1)) == []
    with pytest.raises(Refused, match="makes no difference") as refusal:
        fum.treated_by("gas")
    assert refusal.value.field == "treatment"
