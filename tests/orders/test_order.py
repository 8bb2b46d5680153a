"""Quantities decide, states are derived; a release takes two people in different roles."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.domain.destination_policy import Action
from services.orders.domain.hold import USUAL_RELEASE, Signer, Statement
from services.orders.domain.order import RELEASE_DAYS, Line, Order
from shared.events.orders import (
    ClearanceGranted,
    HoldOpened,
    OrderClosed,
    OrderLineClosed,
    OrderPlaced,
    ReleaseSigned,
)
from shared.refusal import Refused

DAY = date(2026, 3, 2)
REASON = "The dossier is complete and the buyer has acknowledged it."
SEEN = "0" * 64
SAID = Statement(reason=REASON, digest=SEEN)
OFFICER = Signer("person:1", "Compliance officer", "compliance_officer")
OFFICE = Signer("person:2", "Regional office", "kanwil")


def finish(order: Order, pieces: int, *, on: date, number: int = 1) -> list[object]:
    """Good pieces as they are heard of, where who made them changes nothing."""
    counted = order.count_good(number, pieces, on=on)
    return [*counted, *order.ask_to_export(order.line(number), on)]


def a_line(number: int = 1, *, ordered: int = 100, action: Action = "hold") -> Line:
    return Line(
        number=number,
        sku="CR-BALL-07",
        unit_price=Decimal("0.55"),
        requested_date=date(2026, 6, 1),
        consignee_name="Consignee",
        consignee_address=["Antwerp"],
        destination="BE",
        action=action,
        policies=["DP-EU-1.v1"],
        needs=["DOSSIER"],
        law=["Reg. (EU) 2024/3015"],
        explanation_en="held",
        explanation_id="ditahan",
        ordered=ordered,
    )


def an_order(*lines: Line) -> Order:
    return Order(
        id=UUID(int=1),
        buyer="CHEWY-LOUIS",
        buyer_name="PT. Chewy Louis Group",
        po_number="PO-1",
        currency="USD",
        incoterm="FCA",
        named_place="Semarang",
        placed_by="key:1",
        placed_on=DAY,
        lines=list(lines) or [a_line()],
    )


def test_a_held_line_waits_and_an_allowed_one_is_cleared_at_once() -> None:
    order = an_order(a_line(1), a_line(2, action="allow"), a_line(3, action="block"))
    assert [type(event) for event in order.place()] == [OrderPlaced, HoldOpened, ClearanceGranted]
    assert [line.state for line in order.lines] == ["policy_hold", "accepted", "policy_blocked"]


def test_the_second_signature_clears_the_line() -> None:
    order = an_order()
    order.place()
    first = order.sign_release(1, by=OFFICER, said=SAID, on=DAY)
    assert [type(event) for event in first] == [ReleaseSigned]
    assert order.line(1).state == "policy_hold"
    _, clearance = order.sign_release(1, by=OFFICE, said=SAID, on=DAY)
    assert isinstance(clearance, ClearanceGranted)
    assert (clearance.purpose, clearance.quantity) == ("produce", 100)
    assert order.line(1).state == "accepted"


@pytest.mark.parametrize(
    "second",
    [
        OFFICER,
        Signer("person:3", "Another officer", "compliance_officer"),
        Signer("person:1", "The same person in another role", "kanwil"),
        Signer("person:4", "Buyer", "buyer"),
    ],
)
def test_the_same_person_the_same_role_or_a_role_without_the_right_is_refused(second: Signer) -> None:
    order = an_order()
    order.place()
    order.sign_release(1, by=OFFICER, said=SAID, on=DAY)
    with pytest.raises(Refused):
        order.sign_release(1, by=second, said=SAID, on=DAY)
    assert len(order.line(1).holds[0].signatures) == 1


def test_a_short_reason_names_the_field() -> None:
    order = an_order()
    order.place()
    with pytest.raises(Refused, match="40 characters") as refusal:
        order.sign_release(1, by=OFFICER, said=Statement(reason="because", digest=SEEN), on=DAY)
    assert refusal.value.field == "reason"


def test_who_placed_the_order_can_not_release_it() -> None:
    order = an_order()
    order.place()
    with pytest.raises(Refused, match="placed the order"):
        order.sign_release(1, by=Signer("key:1", "Buyer", "kanwil"), said=SAID, on=DAY)


def test_a_blocked_line_can_not_be_released_and_says_by_which_law() -> None:
    order = an_order(a_line(action="block"))
    order.place()
    with pytest.raises(Refused, match="2024/3015"):
        order.sign_release(1, by=OFFICER, said=SAID, on=DAY)


LAST_DAY = DAY + USUAL_RELEASE
LATER = LAST_DAY + timedelta(days=1)


def released(*lines: Line) -> Order:
    """An order whose held lines are released to produce, until the last day."""
    order = an_order(*lines)
    order.place()
    for line in order.lines:
        if line.action == "hold":
            order.sign_release(line.number, by=OFFICER, said=SAID, on=DAY)
            order.sign_release(line.number, by=OFFICE, said=SAID, on=DAY)
    return order


def test_a_clearance_that_ran_out_with_pieces_to_make_is_signed_again_by_two() -> None:
    order = released()
    line = order.line(1)
    line.allocated = line.started = line.good = 60
    assert order.renew_lapsed(on=LAST_DAY) == []
    (hold,) = order.renew_lapsed(on=LATER)
    assert isinstance(hold, HoldOpened)
    assert (hold.purpose, line.cleared_until("produce")) == ("produce", None)
    assert order.renew_lapsed(on=LATER) == []
    order.sign_release(1, by=OFFICER, said=SAID, on=LATER)
    _, clearance = order.sign_release(1, by=OFFICE, said=SAID, on=LATER)
    assert isinstance(clearance, ClearanceGranted)
    assert clearance.expires_on == LATER + USUAL_RELEASE
    assert [len(hold.signatures) for hold in line.holds] == [2, 2]


def test_a_line_waits_again_when_its_clearance_ran_out() -> None:
    order = released()
    assert order.line(1).state == "accepted"
    order.renew_lapsed(on=LATER)
    assert order.line(1).state == "policy_hold"


def test_what_is_made_needs_no_clearance_to_make_and_what_is_exported_none_to_export() -> None:
    order = released()
    line = order.line(1)
    line.allocated = line.started = 100
    finish(order, 100, on=DAY)
    assert order.renew_lapsed(on=LATER) == []
    for by in (OFFICER, OFFICE):
        order.sign_release(1, by=by, said=SAID, on=DAY)
    line.packed = 100
    line.departed = 40
    (hold,) = order.renew_lapsed(on=LATER)
    assert isinstance(hold, HoldOpened)
    assert hold.purpose == "export"
    line.departed = 100
    assert line.open_hold is None
    assert order.renew_lapsed(on=LATER + USUAL_RELEASE) == []


def test_a_hold_to_make_what_was_finished_meanwhile_gives_way_to_the_one_to_export() -> None:
    order = released()
    order.line(1).allocated = 100
    order.renew_lapsed(on=LATER)
    finish(order, 100, on=LATER)
    hold = order.line(1).open_hold
    assert hold is not None
    assert hold.purpose == "export"


def test_an_allowed_line_is_cleared_again_and_a_blocked_one_never() -> None:
    order = released(a_line(1, action="allow"), a_line(2, action="block"))
    (clearance,) = order.renew_lapsed(on=DAY + timedelta(days=RELEASE_DAYS + 1))
    assert isinstance(clearance, ClearanceGranted)
    assert (clearance.line, clearance.purpose) == (1, "produce")


def test_the_last_good_piece_asks_for_the_release_to_export() -> None:
    order = an_order(a_line(ordered=100))
    order.plan(1, allocated=100, promised_date=DAY)
    assert finish(order, 60, on=DAY) == []
    (hold,) = finish(order, 40, on=DAY)
    assert isinstance(hold, HoldOpened)
    assert hold.purpose == "export"


def test_the_last_delivered_piece_closes_the_line_and_the_last_line_the_order() -> None:
    order = an_order(a_line(1, ordered=10), a_line(2, ordered=10))
    assert order.deliver(1, 9) == []
    assert [type(event) for event in order.deliver(1, 1)] == [OrderLineClosed]
    assert [type(event) for event in order.deliver(2, 10)] == [OrderLineClosed, OrderClosed]
    assert order.state == "closed"


@given(steps=st.lists(st.integers(0, 100), min_size=6, max_size=6))
def test_the_state_tells_how_far_the_goods_are(steps: list[int]) -> None:
    line = a_line(action="allow")
    line.produce_until = DAY
    line.allocated, line.started, line.good, line.packed, line.departed, line.delivered = sorted(
        steps, reverse=True
    )
    further = {
        "accepted": 0,
        "part_allocated": 1,
        "allocated": 1,
        "in_production": 2,
        "part_ready": 3,
        "ready": 3,
        "part_shipped": 5,
        "shipped": 5,
        "part_delivered": 6,
        "closed": 6,
    }
    reached = [line.allocated, line.started, line.good, line.good, line.departed, line.delivered]
    assert further[line.state] == max((i + 1 if i != 3 else 3 for i, q in enumerate(reached) if q), default=0)
