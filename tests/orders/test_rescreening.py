"""What became stricter ends a release, what only reads otherwise does not, and what has departed stays as it was."""

from dataclasses import replace

import pytest

from services.orders.domain.destination_policy import Screening
from services.orders.domain.rescreening import asks_again, rescreen, verdict
from shared.events.orders import ClearanceGranted, ClearanceWithdrawn, LineRescreened
from tests.orders.test_order import DAY, a_line, an_order, released

BEFORE = Screening(
    action="hold",
    policies=("DP-EU-1.v2",),
    needs=("DOSSIER",),
    law=("Reg. (EU) 2024/3015",),
    explanation_en="held",
    explanation_id="ditahan",
)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"needs": ("DOSSIER", "VISIT")}, [LineRescreened, ClearanceWithdrawn]),
        ({"law": ("Reg. (EU) 2024/3015", "Another law")}, [LineRescreened, ClearanceWithdrawn]),
        ({"action": "block"}, [LineRescreened, ClearanceWithdrawn]),
        ({"needs": ()}, [LineRescreened]),
        ({"action": "allow", "needs": ()}, [LineRescreened]),
    ],
)
def test_only_what_asks_for_something_new_ends_a_release(
    changes: dict[str, object], told: list[type[object]]
) -> None:
    order = released()
    line = order.line(1)
    screening = replace(BEFORE, **changes)  # type: ignore[arg-type]
    assert [type(event) for event in rescreen(order, line, screening, on=DAY)] == told
    assert (line.produce_until is None) == (ClearanceWithdrawn in told)
    assert line.policies == ["DP-EU-1.v2"]


def test_what_has_departed_is_told_and_only_the_rest_stands_under_the_new_rule() -> None:
    order = released(a_line(1), a_line(2))
    part, whole = order.lines
    block = replace(BEFORE, action="block")
    for line, departed in ((part, 40), (whole, 100)):
        line.allocated = line.good = line.packed = 100
        line.departed = departed
    assert [verdict(line, block).at_sea for line in (part, whole)] == [40, 100]
    assert [asks_again(verdict(line, block)) for line in (part, whole)] == [True, False]
    for line in (part, whole):
        rescreen(order, line, block, on=DAY)
    assert [(line.action, line.departed) for line in (part, whole)] == [("block", 40), ("hold", 100)]


def test_a_line_that_nothing_holds_any_more_is_cleared() -> None:
    order = an_order()
    order.place()
    events = rescreen(order, order.line(1), replace(BEFORE, action="allow", needs=(), law=()), on=DAY)
    assert [type(event) for event in events] == [LineRescreened, ClearanceGranted]
    assert order.line(1).open_hold is None
