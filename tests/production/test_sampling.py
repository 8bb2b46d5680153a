"""A lot is judged by a sample: how many pieces are drawn, what is accepted, and what becomes of the others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from services.production.domain.sampling import DEFECTS, Defective, judge, sampling_of
from shared import reference
from shared.refusal import Refused
from tests.production.conftest import Production
from tests.production.test_reports import pieces

AQL = reference.aql()
LOTS = st.integers(1, 1_000_000)
FOUND = st.lists(
    st.builds(
        Defective, code=st.sampled_from(sorted(DEFECTS)), rework=st.integers(0, 4), scrap=st.integers(0, 4)
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("lot", "letter", "major", "minor"),
    [
        (1, None, (1, 0), (1, 0)),
        (3, "A", (3, 0), (3, 0)),
        (40, "D", (5, 0), (13, 1)),
        (150, "F", (20, 1), (20, 2)),
        (280, "G", (32, 2), (32, 3)),
        (1_200, "J", (80, 5), (80, 7)),
        (1_201, "K", (125, 7), (125, 10)),
        (64_700, "N", (500, 21), (315, 21)),
    ],
)
def test_the_standard_says_how_many_are_drawn_and_accepted(
    lot: int, letter: str | None, major: tuple[int, int], minor: tuple[int, int]
) -> None:
    sampling = sampling_of(lot, AQL)
    assert (sampling.letter, sampling.lot) == (letter, lot)
    assert (sampling.major.sample, sampling.major.accept) == major
    assert (sampling.minor.sample, sampling.minor.accept) == minor
    assert sampling.major.reject == major[1] + 1


MASTER_TABLE = {
    "2.5": "v v 1 ^ v 2 3 4 6 8 11 15 22 ^ ^",
    "4.0": "v 1 ^ v 2 3 4 6 8 11 15 22 ^ ^ ^",
}
"""From which number on a lot is rejected, from letter A to Q, as MIL-STD-105E prints it: v and ^ are its arrows."""
SAMPLES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250)


@pytest.mark.parametrize("aql", MASTER_TABLE)
def test_the_plans_are_those_of_the_printed_table_with_its_arrows_followed(aql: str) -> None:
    printed = MASTER_TABLE[aql].split()
    plans = {plan.letter: plan for plan in AQL.plans if plan.aql == aql}
    for place, row in enumerate(AQL.letters):
        at = place
        while not printed[at].isdigit():
            at += 1 if printed[at] == "v" else -1
        assert (plans[row.letter].sample, plans[row.letter].reject) == (SAMPLES[at], int(printed[at]))


def test_the_table_has_a_plan_for_each_letter_and_each_kind_of_defect() -> None:
    letters = [row.letter for row in AQL.letters]
    assert len(letters) == 15
    assert sorted((row.letter, row.aql) for row in AQL.plans) == sorted(
        (letter, aql) for letter in letters for aql in ("2.5", "4.0")
    )


@given(LOTS)
def test_a_larger_lot_never_has_a_smaller_sample_nor_more_than_itself(lot: int) -> None:
    smaller, larger = sampling_of(lot, AQL), sampling_of(lot + 1, AQL)
    assert 1 <= smaller.major.sample <= larger.major.sample <= lot + 1
    assert smaller.major.accept <= larger.major.accept
    assert smaller.sample <= lot


@given(LOTS, FOUND, st.sampled_from(["rework", "sort"]))
def test_each_piece_of_a_lot_goes_one_way_or_still_waits(
    lot: int, found: list[Defective], on_reject: Any
) -> None:
    sampling = sampling_of(lot, AQL)
    try:
        outcome = judge(sampling, found, on_reject=on_reject)
    except Refused:
        assert sum(each.pieces for each in found) > sampling.sample
        return
    moved = outcome.passed + outcome.rework + outcome.scrap
    sorted_out = outcome.verdict == "rejected" and on_reject == "sort"
    assert moved == (0 if sorted_out else lot)
    assert min(outcome.passed, outcome.rework, outcome.scrap) >= 0
    assert outcome.verdict == "accepted" or outcome.passed == 0


def test_one_critical_defect_rejects_what_many_minor_ones_do_not() -> None:
    sampling = sampling_of(1_000, AQL)
    stained = Defective(code="stain", rework=7)
    assert judge(sampling, [stained], on_reject="sort").verdict == "accepted"
    assert judge(sampling, [Defective(code="stain", rework=8)], on_reject="sort").verdict == "rejected"
    assert judge(sampling, [Defective(code="mould", scrap=1)], on_reject="sort").verdict == "rejected"


def inspected(production: Production, work: dict[str, Any], **body: Any) -> TestResponse:
    return production.sragen.post(f"/work-orders/{work['id']}/inspections", body)


@pytest.fixture
def work(shared_out: Production) -> dict[str, Any]:
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(200)).status_code == 200
    return work


def test_an_accepted_lot_passes_but_for_the_defective_pieces(
    shared_out: Production, work: dict[str, Any]
) -> None:
    plan = shared_out.sragen.get(f"/work-orders/{work['id']}/sampling").json
    assert (plan["lot"], plan["letter"], plan["sample"]) == (200, "G", 32)
    assert (plan["major"]["accept"], plan["major"]["reject"]) == (2, 3)
    found = [{"code": "weak_knot", "rework": 2}, {"code": "stain", "scrap": 1}]
    answer = inspected(shared_out, work, defects=found)
    assert answer.json["verdict"] == "accepted"
    assert [answer.json[name] for name in ("passed", "rework", "scrap")] == [197, 2, 1]
    order = shared_out.sragen.get(f"/work-orders/{work['id']}").json
    assert (order["good"], order["rework"], order["scrap"], order["awaiting"]) == (197, 2, 1, 0)
    assert [lot["quantity"] for _, lot in shared_out.told("lot_released")] == [197]
    (kept,) = shared_out.sragen.get(f"/work-orders/{work['id']}/inspections").json
    assert {each["code"]: each["severity"] for each in kept["defects"]} == {
        "weak_knot": "major",
        "stain": "minor",
    }


def test_a_rejected_lot_is_mended_as_a_whole(shared_out: Production, work: dict[str, Any]) -> None:
    answer = inspected(
        shared_out, work, defects=[{"code": "broken", "rework": 2, "scrap": 1}], on_reject="rework"
    )
    assert (answer.json["verdict"], answer.json["rework"], answer.json["scrap"]) == ("rejected", 199, 1)
    assert shared_out.told("lot_released") == []


def test_a_rejected_lot_that_is_to_be_sorted_waits_until_every_piece_was_inspected(
    shared_out: Production, work: dict[str, Any]
) -> None:
    answer = inspected(shared_out, work, defects=[{"code": "insects", "scrap": 1}])
    assert (answer.json["verdict"], answer.json["passed"]) == ("rejected", 0)
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["awaiting"] == 200
    assert shared_out.sragen.do(work, "inspect", passed=190, rework=0, scrap=10).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lot": 201}, "lot"),
        ({"defects": [{"code": "stain", "rework": 33}]}, "defects"),
        ({"defects": [{"code": "stain"}, {"code": "stain"}]}, "defects"),
        ({"defects": [{"code": "ugly", "rework": 1}]}, "defects[0].code"),
    ],
    ids=str,
)
def test_an_inspection_of_more_than_there_is_or_of_nothing_known_is_refused(
    shared_out: Production, work: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    answer = inspected(shared_out, work, **body)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    assert shared_out.sragen.get(f"/work-orders/{work['id']}/inspections").json == []


def test_where_nothing_waits_nothing_is_drawn(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    assert shared_out.sragen.get(f"/work-orders/{work['id']}/sampling").status_code == 422
    assert inspected(shared_out, work).status_code == 422
