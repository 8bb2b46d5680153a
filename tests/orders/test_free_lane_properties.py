"""What a list says of a line that its buyer would have free workers make is what the domain says of it."""

from datetime import datetime
from itertools import count
from typing import Any, Literal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from services.orders.domain.cancellation import Cancellation
from services.orders.domain.free_lane import is_asked_of
from services.orders.domain.lane import LANES, LaneWord, Lot
from services.orders.domain.order import Line
from services.orders.views import blocked_lines
from shared.clock import WIB
from shared.web.access import COMPLIANCE, Principal
from tests.orders.conftest import Orders
from tests.orders.test_order import DAY, REASON, a_line, an_order

NOON = datetime(2026, 3, 2, 12, tzinfo=WIB)
OFFICER = Principal(id="person:1", name="An officer", role=COMPLIANCE, account=None)
WORDS: st.SearchStrategy[Literal["asked", "chosen", "declined", "ended"]] = st.sampled_from(
    ["asked", "asked", "asked", "chosen", "declined", "ended"]
)
FEW = st.integers(0, 2)
codes = count(1)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Any line that the tables take, mostly blocked and near to where the answer turns."""
    line = a_line(ordered=draw(st.integers(1, 4)), action=draw(st.sampled_from(["block", "block", "hold"])))
    line.if_free = draw(st.sampled_from([None, "allow", "hold", "block"]))
    line.cancelled = draw(st.integers(0, min(1, line.ordered)))
    line.allocated = line.wanted
    line.started, line.good = (min(draw(FEW), line.allocated) for _ in range(2))
    line.packed = line.departed = line.good
    line.delivered = min(draw(FEW), line.departed)
    for word in draw(st.lists(WORDS, max_size=3)):
        why = REASON if word in ("chosen", "declined") else None
        who = {"by_id": "key:1", "by_name": "A buyer", "role": "buyer"}
        line.lane_words.append(LaneWord(said=word, said_at=NOON, reason=why, **who))
    line.lots = [a_lot(draw) for _ in range(draw(FEW))]
    line.cancellations = [a_cancellation(draw) for _ in range(draw(FEW))]
    return line


def a_lot(draw: st.DrawFn) -> Lot:
    return Lot(
        code=f"LOT-{next(codes)}",
        work_order_id=UUID(int=1),
        facility="LPS-SRG",
        quantity=draw(st.integers(1, 2)),
        lane=draw(st.sampled_from(LANES)),
        released_at=NOON,
    )


def a_cancellation(draw: st.DrawFn) -> Cancellation:
    answer: dict[str, Any] = draw(
        st.sampled_from([{}, {"stopped": 0}, {"stopped": 1}, {"stopped": 0, "answered_on": DAY}])
    )
    return Cancellation(
        id=UUID(int=next(codes)),
        asked=draw(st.integers(1, 2)),
        reason=REASON,
        unpack=False,
        asked_on=DAY,
        **answer,
    )


def test_a_list_tells_what_is_asked_of_free_workers_as_the_domain_does(orders: Orders) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
    @given(drawn=st.lists(lines(), min_size=5, max_size=15))
    def same(drawn: list[Line]) -> None:
        for number, line in enumerate(drawn, 1):
            line.number = number
        with Session(orders.database.engine) as session:  # nothing is committed
            session.add(an_order(*drawn))
            session.flush()
            told = blocked_lines(session, OFFICER, limit=len(drawn))
            assert {row["number"] for row in told if row["asked"]} == {
                line.number for line in drawn if is_asked_of(line)
            }

    same()
