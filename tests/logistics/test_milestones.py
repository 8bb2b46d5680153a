"""Milestones are a graph: what must come first comes first, and what is late is still welcome."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.domain.milestones import (
    Milestone,
    Reached,
    called,
    furthest,
    graph_of,
    need_possible,
    of_shipments,
    possible_next,
    up_to,
)
from shared.refusal import Refused
from tests.logistics.builders import NOW, WAY, a_graph, the_graph

GRAPH = a_graph()


def reached(*codes: str) -> list[Reached]:
    """The milestones one hour after the other, the last one just now."""
    first = NOW - timedelta(hours=len(codes))
    return [
        Reached(code=code, place="IDSRG", occurred_at=first + timedelta(hours=at), recorded_at=NOW)
        for at, code in enumerate(codes)
    ]


def refused(code: str, *before: str, hours: int = 0) -> Refused:
    with pytest.raises(Refused) as refusal:
        need_possible(
            code,
            occurred_at=NOW + timedelta(hours=hours),
            now=NOW,
            reached=reached(*before),
            graph=GRAPH,
        )
    return refusal.value


def test_gate_in_can_not_be_before_the_export_note_is_issued() -> None:
    refusal = refused("GATE_IN", "STUFFED_SEALED", "PEB_SUBMITTED")
    assert "GATE_IN can't be before NPE_ISSUED" in str(refusal)
    assert refusal.field == "milestone"


def test_stuffing_may_come_before_or_after_the_export_declaration() -> None:
    for before in (
        ["STUFFED_SEALED", "PEB_SUBMITTED", "NPE_ISSUED"],
        ["PEB_SUBMITTED", "NPE_ISSUED", "STUFFED_SEALED"],
    ):
        need_possible("GATE_IN", occurred_at=NOW, now=NOW, reached=reached(*before), graph=GRAPH)


def test_a_milestone_in_the_future_is_refused() -> None:
    assert refused("PEB_SUBMITTED", hours=1).field == "occurred_at"


def test_a_time_before_that_of_its_predecessor_is_refused() -> None:
    refusal = refused("NPE_ISSUED", "PEB_SUBMITTED", hours=-2)
    assert refusal.field == "occurred_at"
    assert "2025-03-22 09:00 WIB" in str(refusal)


def test_an_unknown_milestone_is_answered_with_those_there_are() -> None:
    assert "DISCHARGED" in str(refused("ARRIVED"))


def test_a_milestone_happens_once_but_for_those_that_repeat() -> None:
    assert "recorded before" in str(refused("PEB_SUBMITTED", "PEB_SUBMITTED"))
    way = list(WAY)[: list(WAY).index("TRANSSHIPPED") + 1]
    need_possible("TRANSSHIPPED", occurred_at=NOW, now=NOW, reached=reached(*way), graph=GRAPH)


def test_a_late_report_does_not_move_the_shipment_back() -> None:
    way = [code for code in WAY if code not in ("TRANSSHIPPED", "IMPORT_CLEARED", "DELIVERED")]
    assert furthest(reached(*way), GRAPH) == "DISCHARGED"
    need_possible("TRANSSHIPPED", occurred_at=NOW, now=NOW, reached=reached(*way), graph=GRAPH)
    assert furthest(reached(*way, "TRANSSHIPPED"), GRAPH) == "DISCHARGED"


def test_all_that_must_come_before_departure_is_known() -> None:
    assert up_to("VESSEL_DEPARTED", GRAPH) == set(list(WAY)[:6])


def test_a_planned_shipment_has_its_packing_behind_it() -> None:
    steps = {"CARTON_PACKED": (), "CONSOLIDATED": ("CARTON_PACKED",), "STUFFED_SEALED": ("CONSOLIDATED",)}
    whole = graph_of(
        Milestone(code=code, name_en=code, name_id=code, after=after) for code, after in steps.items()
    )
    ahead = of_shipments(whole)
    assert list(ahead) == ["STUFFED_SEALED"]
    assert ahead["STUFFED_SEALED"].after == ()


def test_without_a_graph_nothing_is_possible() -> None:
    with pytest.raises(Refused, match="kendi load"):
        up_to("VESSEL_DEPARTED", {})


def test_a_milestone_that_waits_for_an_unknown_one_is_refused() -> None:
    with pytest.raises(Refused, match="LOADED comes after GATE_IN"):
        graph_of([Milestone(code="LOADED", name_en="", name_id="", after=("GATE_IN",))])


@given(st.lists(st.sampled_from(list(WAY)), max_size=40))
def test_whatever_is_reported_in_whatever_order_each_milestone_stands_after_its_predecessors(
    reports: list[str],
) -> None:
    so_far: list[Reached] = []
    for hours, code in enumerate(reports, start=-40):
        at = NOW + timedelta(hours=hours)
        possible = {milestone.code for milestone in possible_next(so_far, GRAPH)}
        try:
            need_possible(code, occurred_at=at, now=NOW, reached=so_far, graph=GRAPH)
        except Refused:
            assert code not in possible
            continue
        assert code in possible
        so_far.append(Reached(code=code, place="IDSRG", occurred_at=at, recorded_at=at))
    codes = [each.code for each in so_far]
    for place, code in enumerate(codes):
        assert set(WAY[code]) <= set(codes[:place])


EDIFACT = {
    "6": "booking", "50": "paper",
    **dict.fromkeys(("13", "15", "27", "64", "71", "74"), "scanned one by one"),
    "7": ["BOOKING_CANCELLED"],
    "94": ["STUFFED_SEALED"], "93": ["STUFFED_SEALED"],
    "9": ["NPE_ISSUED"], "12": ["NPE_ISSUED"], "10": ["QUARANTINE_RELEASED"],
    "17": ["CUSTOMS_RED_LANE", "DETAINED_AT_DEST"],
    "40": ["GATE_IN"],
    "48": ["LOADED", "TRANSSHIPPED"], "57": ["NOT_LOADED"], "86": ["NOT_LOADED"],
    "24": ["VESSEL_DEPARTED"], "25": ["DEPARTURE_DELAYED"],
    "100": ["TRANSSHIPPED"], "101": ["TRANSIT_DELAYED"],
    "1": ["DISCHARGED"], "29": ["TRANSSHIPPED", "DISCHARGED"],
    "8": ["IMPORT_CLEARED"],
    "28": ["STRIPPED"],
    "21": ["DELIVERED"], "72": ["DELIVERED"], "73": ["SHORT_LANDED"], "85": ["SHORT_LANDED"], "18": ["GOODS_DAMAGED"],
    "90": ["QUARANTINE_HOLD", "DETAINED_AT_DEST"], "82": ["RETURNED"],
}  # fmt: skip
DCSA = {
    "SHIPMENT RECE": "booking", "SHIPMENT CONF": "booking",
    **dict.fromkeys(("SHIPMENT DRFT", "APPR", "SHIPMENT ISSU", "SHIPMENT SURR", "VOID"), "paper"),
    "EQUIPMENT STUF": ["STUFFED_SEALED"],
    "EQUIPMENT GTIN": ["GATE_IN"],
    "EQUIPMENT LOAD": ["LOADED", "TRANSSHIPPED"], "EQUIPMENT DISC": ["TRANSSHIPPED", "DISCHARGED"],
    "TRANSPORT DEPA": ["VESSEL_DEPARTED"], "TRANSPORT ARRI": ["DISCHARGED"],
    "SHIPMENT ARN": ["IMPORT_CLEARED"], "SHIPMENT SRM": ["IMPORT_CLEARED"],
    "EQUIPMENT GTOT": ["GATE_OUT"], "EQUIPMENT STRP": ["STRIPPED"],
}  # fmt: skip
"""What each code of a carrier means, or by which word it is refused: all those that carriers have for such goods."""


@pytest.mark.parametrize(
    ("names", "means"),
    [
        *(({"edifact": code}, means) for code, means in EDIFACT.items()),
        *(({"dcsa": code}, means) for code, means in DCSA.items()),
    ],
)
def test_each_code_of_a_carrier_is_a_milestone_or_is_told_otherwise(
    names: dict[str, str], means: str | list[str]
) -> None:
    graph = of_shipments(the_graph())
    if isinstance(means, list):
        assert called(graph, **names) == means
    else:
        with pytest.raises(Refused, match=means) as refusal:
            called(graph, **names)
        assert refusal.value.field in names
