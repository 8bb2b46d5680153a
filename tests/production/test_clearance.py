"""Only an unexpired clearance that fits the order line lets anything be made."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.production.domain.clearance import pieces_to_make
from shared.events.orders import ClearanceGranted
from shared.refusal import Refused

TODAY = date(2026, 3, 2)


def a_clearance(**changes: Any) -> ClearanceGranted:
    values: dict[str, Any] = {
        "order_id": UUID(int=1),
        "line": 1,
        "purpose": "produce",
        "quantity": 1_000,
        "destination": "BE",
        "lane": "custodial",
        "policies": (),
        "expires_on": TODAY,
    }
    return ClearanceGranted(**(values | changes))


def pieces(**changes: Any) -> int:
    return pieces_to_make(a_clearance(**changes), ordered=1_000, destination="BE", today=TODAY)


def test_what_is_cleared_may_be_made_up_to_the_last_day() -> None:
    assert (pieces(), pieces(quantity=400)) == (1_000, 400)


@pytest.mark.parametrize("changes", [{"purpose": "export"}, {"expires_on": TODAY - timedelta(days=1)}])
def test_another_purpose_or_a_day_too_late_lets_nothing_be_made(changes: dict[str, Any]) -> None:
    assert pieces(**changes) == 0


@pytest.mark.parametrize("changes", [{"quantity": 1_001}, {"destination": "US"}])
def test_what_contradicts_the_line_is_refused_and_not_cut_to_fit(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        pieces(**changes)
    assert refusal.value.field in changes
