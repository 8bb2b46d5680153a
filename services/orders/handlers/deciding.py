"""Asking the buyer about a line that will be late or short, and doing what the answer says."""

from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders import dossiers, timeline
from services.orders.domain import deciding
from services.orders.domain.amendment import Change
from services.orders.domain.decision import Decision
from services.orders.domain.order import Line, Order
from services.orders.domain.promise import Promise
from services.orders.domain.taking_back import Asked
from services.orders.handlers.amending import amend_order
from services.orders.handlers.cancelling import request_cancellation
from services.orders.handlers.locking import locked
from services.orders.handlers.releasing import end_production, end_releases
from services.orders.handlers.routing import screen_by_arrival
from services.orders.storage import decision as decisions
from shared.clock import business_now, business_today
from shared.events.orders import Overtaken
from shared.events.production import ProductionPlanned
from shared.messaging.reactions import Heard

CHOSEN = "The buyer decided about a line that is late or short."


def on_production_planned(session: Session, event: ProductionPlanned, heard: Heard) -> None:
    """Take in the plan, keep what it promises, and ask the buyer where it is late or short."""
    order = locked(session, event.order_id)
    line = order.line(event.line)
    order.plan(event.line, allocated=event.allocated, promised_date=event.promised_date)
    line.keep_promise(
        Promise(
            promised_date=event.promised_date,
            short=event.unallocated,
            made_at=heard.occurred_at,
            source=heard.source,
            made_by=heard.actor_role,
            because=event.because,
        )
    )
    timeline.note(session, event, heard)
    trouble = deciding.trouble_of(
        line, promised_date=event.promised_date, short=event.unallocated, in_time=event.in_time
    )
    planned = {each.facility for each in event.allocations}
    ends = line.move_to(sorted(planned), spoken_against=dossiers.spoken_against(session, planned))
    if ends == "evidence":
        end_production(session, order, line)
    elif ends:
        end_releases(session, order=order, line=line)
    if ends:
        overtaken_by: Overtaken = "changed" if trouble else "resolved"
        events = deciding.withdraw(order, line, overtaken_by, at=business_now(session))
    else:
        events = deciding.review(order, line, trouble, id=uuid7s.uuid7(), at=business_now(session))
    timeline.tell(session, *events)
    screen_by_arrival(session, order, line)


def answer_decision(session: Session, *, order_id: UUID, decision_id: UUID, answer: str) -> None:
    """The buyer chose; what the answer means is asked of production and logistics at once."""
    order, line, found = _locked_decision(session, order_id, decision_id)
    events = deciding.answer(order, line, found, answer, at=business_now(session))
    timeline.tell(session, *events)
    _act(session, order, line, found)


def let_decision_pass(session: Session, *, order_id: UUID, decision_id: UUID) -> None:
    """The deadline passed: the default counts, unless the buyer answered meanwhile."""
    order, line, found = _locked_decision(session, order_id, decision_id)
    events = deciding.let_pass(order, line, found, at=business_now(session))
    timeline.tell(session, *events)
    if events:
        _act(session, order, line, found)


def due_decisions(session: Session, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Order and id of decisions with a deadline that passed."""
    query = (
        select(decisions.c.order_id, decisions.c.id)
        .where(decisions.c.outcome.is_(None), decisions.c.deadline <= business_now(session))
        .order_by(decisions.c.deadline)
        .limit(limit)
    )
    return [(row.order_id, row.id) for row in session.execute(query)]


def _locked_decision(session: Session, order_id: UUID, decision_id: UUID) -> tuple[Order, Line, Decision]:
    """Who holds the order's lock decides: the answer, the deadline and a new plan wait for each other."""
    order = locked(session, order_id)
    row = session.execute(
        select(Decision, decisions.c.line_number)
        .where(decisions.c.id == decision_id, decisions.c.order_id == order_id)
        .execution_options(populate_existing=True)
    ).one()
    return order, order.line(row.line_number), row[0]


def _act(session: Session, order: Order, line: Line, ended: Decision) -> None:
    """Amend the date or ask pieces back, as the buyer could without being asked."""
    pieces = deciding.to_take_back(line, ended)
    session.flush()
    if (
        ended.outcome == "accept_date"
        and ended.promised_date
        and ended.promised_date > business_today(session)
    ):
        change = Change(line=line.number, requested_date=ended.promised_date)
        amend_order(session, order_id=order.id, versions=None, changes=[change], reason=CHOSEN)
    if pieces:
        asked = [Asked(line=line.number, quantity=pieces)]
        request_cancellation(session, order_id=order.id, lines=asked, reason=CHOSEN, unpack=False)
