"""When a buyer must be asked about a line, and what an answer, a deadline or a better plan makes of the question."""

from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from services.orders.domain.decision import Decision, Trouble
from services.orders.domain.order import Line, Order
from shared.events.orders import Answer, DecisionAnswered, DecisionRequested, DecisionWithdrawn, Overtaken
from shared.refusal import Refused

TIME_TO_ANSWER: Final = timedelta(days=3)
"""By the business clock, from when the buyer is asked."""


def trouble_of(line: Line, *, promised_date: date | None, short: int, in_time: int | None) -> Trouble | None:
    """Whether the buyer must be asked; what is asked back already or beyond the order is missed by nobody."""
    if line.closed or line.blocked or line.produce_until is None:
        return None
    wanted = max(0, line.wanted - line.extra - line.pending)
    if short - line.pending > 0:
        missing = min(short - line.pending, wanted)
        return Trouble(kind="short", promised_date=None, in_time=wanted - missing, missing=missing)
    if promised_date is None or promised_date <= line.requested_date or wanted <= line.departed:
        return None
    on_time = None if in_time is None else min(in_time, wanted)
    missing_then = None if on_time is None else wanted - on_time
    if missing_then == 0:
        return None
    return Trouble(kind="late", promised_date=promised_date, in_time=on_time, missing=missing_then)


def review(order: Order, line: Line, trouble: Trouble | None, *, id: UUID, at: datetime) -> list[object]:
    """After a new plan: the question that stands is left, or withdrawn where the plan overtook it, and asked anew.

    What the buyer has decided about is not asked again.
    """
    newest = line.decisions[-1] if line.decisions else None
    if newest and trouble and newest.outcome != "withdrawn" and newest.is_about(trouble, line.requested_date):
        return []
    withdrawn = withdraw(order, line, "changed" if trouble else "resolved", at=at)
    if trouble is None:
        return withdrawn
    asked = Decision(
        id=id,
        kind=trouble.kind,
        requested_date=line.requested_date,
        promised_date=trouble.promised_date,
        in_time=trouble.in_time,
        missing=trouble.missing,
        offered=list(trouble.offered),
        asked_at=at,
        deadline=at + TIME_TO_ANSWER,
    )
    line.decisions.append(asked)
    return [*withdrawn, _requested(order, line, asked)]


def withdraw(order: Order, line: Line, overtaken_by: Overtaken, *, at: datetime) -> list[object]:
    """The open question of the line, if there is one, needs no answer any more."""
    events: list[object] = []
    for decision in line.decisions:
        if decision.open:
            decision.outcome, decision.ended_by = "withdrawn", "system"
            decision.ended_at, decision.overtaken_by = at, overtaken_by
            events.append(
                DecisionWithdrawn(
                    order_id=order.id, line=line.number, decision_id=decision.id, overtaken_by=overtaken_by
                )
            )
    return events


def answer(order: Order, line: Line, decision: Decision, said: str, *, at: datetime) -> list[object]:
    """The buyer chose one of the offered answers, in time."""
    chosen = next((each for each in decision.offered if each == said), None)
    if chosen is None:
        raise Refused("Give one of {answers}.", field="answer", answers=", ".join(decision.offered))
    if not decision.open:
        raise Refused("This was decided already: {outcome}.", field="answer", outcome=decision.outcome)
    if at >= decision.deadline:
        raise Refused(
            "The time to answer is over; {default} is what counts.", field="answer", default=decision.default
        )
    return _end(order, line, decision, chosen, "buyer", at)


def let_pass(order: Order, line: Line, decision: Decision, *, at: datetime) -> list[object]:
    """Nobody answered by the deadline: the default counts. Nothing, if it ended before or has time left."""
    if not decision.open or at < decision.deadline:
        return []
    return _end(order, line, decision, decision.default, "deadline", at)


def _end(
    order: Order,
    line: Line,
    decision: Decision,
    chosen: Answer,
    by: Literal["buyer", "deadline"],
    at: datetime,
) -> list[object]:
    decision.outcome, decision.ended_by, decision.ended_at = chosen, by, at
    return [
        DecisionAnswered(
            order_id=order.id, line=line.number, decision_id=decision.id, answer=chosen, decided_by=by
        )
    ]


def to_take_back(line: Line, decision: Decision) -> int:
    """The pieces that the answer gives up, of those that can still be asked back."""
    if decision.outcome == "cancel_rest":
        return line.left_to_cancel
    if decision.outcome == "take_part":
        return min(decision.missing or 0, line.left_to_cancel)
    return 0


def _requested(order: Order, line: Line, decision: Decision) -> DecisionRequested:
    return DecisionRequested(
        order_id=order.id,
        line=line.number,
        decision_id=decision.id,
        kind=decision.kind,
        requested_date=decision.requested_date,
        promised_date=decision.promised_date,
        in_time=decision.in_time,
        missing=decision.missing,
        answers=tuple(decision.offered),
        default=decision.default,
        deadline=decision.deadline,
    )
