"""Whatever is ordered, cleared, declined, made, amended and cancelled, no line is allocated beyond what may be made."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.production.domain import terms
from services.production.domain.allocation import Plan, share_out
from services.production.domain.work_order import WorkOrder
from services.production.handlers import capacities, hearing, working
from services.production.storage import agreement, demand, work_order
from shared.events.orders import CancellationRequested, ClearanceWithdrawn
from shared.messaging.tables import outbox_event
from shared.refusal import Refused
from tests.clock import in_days, today
from tests.production.conftest import KLATEN, SRAGEN, Production, a_clearance, an_amendment, an_order

ORDERED = st.sampled_from([1, 150, 400, 1_000, 5_000])
NUMBERS = count(1_000)
"""Orders of one example never meet those of another, though they stand in one database."""


class Planning(RuleBasedStateMachine):
    """One order line in a service that works, and what its facilities say to their offers."""

    def __init__(self, production: Production) -> None:
        super().__init__()
        self.production = production
        self.order = UUID(int=next(NUMBERS))

    @initialize(ordered=ORDERED)
    def place(self, ordered: int) -> None:
        self.ordered = ordered
        with self.production.database.transaction() as session:
            session.execute(update(agreement).values(tolerance_pct=3))
        for code, workers in ((SRAGEN, 100), (KLATEN, 20)):
            self.staff(workers, code)
        self.production.hears(an_order(order_id=self.order, quantity=ordered))

    @rule(
        percent=st.sampled_from([30, 100, 100, 120]),
        days=st.sampled_from([-1, 0, 90, 90]),
        purpose=st.sampled_from(["produce", "produce", "export"]),
        destination=st.sampled_from(["BE", "BE", "FR"]),
    )
    def clear(self, percent: int, days: int, purpose: str, destination: str) -> None:
        """Some of these say nothing about production, some contradict the line, and some are for fewer pieces than before."""
        clearance = a_clearance(
            order_id=self.order,
            quantity=max(1, self.ordered * percent // 100),
            expires_on=in_days(days),
            purpose=purpose,
            destination=destination,
        )
        self._do(lambda session: hearing.on_clearance_granted(session, clearance, None))

    @rule(percent=st.sampled_from([10, 40, 100]))
    def cancel(self, percent: int) -> None:
        """Asked for what is left of the line, as orders asks: never for more."""
        quantity = max(1, self.ordered * percent // 100)
        if quantity <= self.ordered - self._demand().stopped:
            event = CancellationRequested(
                order_id=self.order, line=1, cancellation_id=self.order, quantity=quantity
            )
            self._do(lambda session: hearing.on_cancellation_requested(session, event, None))

    @rule(more=st.sampled_from([0, 100]), days=st.sampled_from([2, 90, 200]))
    def amend(self, more: int, days: int) -> None:
        """More pieces end the clearance; another day alone does not."""
        self.ordered += more
        amended = an_amendment(order_id=self.order, ordered=self.ordered, requested_date=in_days(days))
        self._do(lambda session: hearing.on_order_line_amended(session, amended, None))
        if more:
            self._do(lambda session: hearing.on_clearance_withdrawn(session, self._withdrawn(), None))

    def _withdrawn(self) -> ClearanceWithdrawn:
        return ClearanceWithdrawn(order_id=self.order, line=1, purpose="produce")

    @rule(which=st.integers(0, 3), action=st.sampled_from(["decline", "decline", "accept", "start"]))
    def answer(self, which: int, action: str) -> None:
        if offers := self._work_orders():
            more = {"reason": "bengkel penuh"} if action == "decline" else {}
            handler = getattr(working, action)
            self._do(lambda session: handler(session, work_order_id=offers[which % len(offers)].id, **more))

    @rule(which=st.integers(0, 3), pieces=st.integers(1, 500), scrap=st.integers(0, 2))
    def make(self, which: int, pieces: int, scrap: int) -> None:
        if orders := self._work_orders():
            order = orders[which % len(orders)]
            made = min(pieces, order.room(3))
            report = partial(working.report, work_order_id=order.id, pieces=made, kind="made")
            self._do(lambda session: report(session, worked_on=today()))
            inspect = partial(working.inspect, work_order_id=order.id, passed=max(0, made - scrap))
            self._do(lambda session: inspect(session, rework=0, scrap=scrap))

    @rule(workers=st.sampled_from([0, 20, 100]), code=st.sampled_from([SRAGEN, KLATEN]))
    def staff(self, workers: int, code: str) -> None:
        self._do(
            lambda session: capacities.set_capacity(
                session, code=code, open_minutes=360, workers={"coco_rope": workers}
            )
        )

    @invariant()
    def no_more_is_allocated_than_cleared_nor_cleared_than_ordered(self) -> None:
        live = [order for order in self._work_orders() if order.live]
        allocated = sum(order.asked for order in live)
        not_begun = sum(order.asked for order in live if order.can_be_taken_back)
        line = self._demand()
        may_be_made = min(line.cleared, self.ordered - line.stopped)
        assert 0 <= allocated <= may_be_made or (not not_begun and allocated <= self.ordered - line.stopped)
        assert line.cleared <= line.quantity == self.ordered
        assert all(order.good <= order.quantity <= order.asked * 1.03 for order in live)
        assert not [order for order in self._work_orders() if not order.live and order.made]

    @invariant()
    def the_last_plan_says_how_it_stands(self) -> None:
        plans = self._told("production_planned")
        offers = self._told("work_order_offered")
        orders = self._work_orders()
        assert sorted(offer["work_order_id"] for offer in offers) == sorted(str(order.id) for order in orders)
        if plans:
            live = {order.facility: order.quantity for order in orders if order.live}
            assert plans[-1]["allocated"] == sum(order.asked for order in orders if order.live)
            line = self._demand()
            to_make = min(line.cleared, self.ordered - line.stopped)
            assert plans[-1]["unallocated"] == max(0, to_make - plans[-1]["allocated"])
            assert {each["facility"] for each in plans[-1]["allocations"]} == set(live)

    @invariant()
    def what_was_stopped_was_told_and_no_work_that_had_begun_was(self) -> None:
        answers = self._told("production_stopped")
        assert sum(answer["stopped"] for answer in answers) == self._demand().stopped
        assert all(answer["stopped"] == answer["asked"] or answer["going_on"] for answer in answers)
        back = self._told("work_order_withdrawn") + self._told("work_order_reduced")
        offered = sum(offer["quantity"] for offer in self._told("work_order_offered"))
        declined = sum(order.quantity for order in self._work_orders() if order.state == "declined")
        live = sum(order.asked for order in self._work_orders() if order.live)
        assert offered - declined - sum(each["quantity"] for each in back) == live
        assert not [order for order in self._work_orders() if order.withdrawn_on and order.started_on]

    @invariant()
    def who_declined_is_not_asked_again(self) -> None:
        declined: set[str] = set()
        for order in self._work_orders():
            assert order.facility not in declined or order.live is False
            declined |= {order.facility} if order.state == "declined" else set()

    def _do(self, command: Callable[[Session], Any]) -> None:
        with suppress(Refused), self.production.database.transaction() as session:
            command(session)

    def _demand(self) -> Row[Any]:
        with self.production.database.transaction() as session:
            return session.execute(select(demand).where(demand.c.order_id == self.order)).one()

    def _work_orders(self) -> list[WorkOrder]:
        query = select(WorkOrder).where(work_order.c.order_id == self.order).order_by(work_order.c.id)
        with self.production.database.transaction() as session:
            return list(session.execute(query).scalars())

    def _told(self, kind: str) -> list[dict[str, Any]]:
        told = select(outbox_event.c.data).where(outbox_event.c.type == f"kendi.production.{kind}.v1")
        with self.production.database.transaction() as session:
            rows = session.execute(told.order_by(outbox_event.c.id)).scalars()
            return [data for data in rows if data["order_id"] == str(self.order)]


SETTINGS = settings(max_examples=15, stateful_step_count=12, suppress_health_check=list(HealthCheck))


def test_a_line_is_never_allocated_beyond_its_clearance(production: Production) -> None:
    run_state_machine_as_test(lambda: Planning(production), settings=SETTINGS)  # type: ignore[arg-type]


def test_a_plan_that_shares_out_too_much_is_found_out(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(quantity: int, **facts: Any) -> Plan:
        return share_out(quantity + 1, **facts)

    monkeypatch.setattr(terms, "share_out", too_much)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            lambda: Planning(production),  # type: ignore[arg-type]
            settings=settings(SETTINGS, phases=[Phase.generate]),
        )
