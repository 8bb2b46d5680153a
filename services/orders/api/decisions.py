"""Decisions: ``/orders/v1/decisions…``."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import RAISE
from sqlalchemy.orm import Session

from services.orders.decisions import find_decision, list_decisions
from services.orders.handlers import deciding
from services.orders.schemas.decisions import DecisionAnswerRequest, DecisionSchema, DecisionsQuery
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import key_of, link_to_next
from shared.web.problems import not_found

api = Routes(
    "decisions",
    __name__,
    url_prefix="/orders/v1",
    description="What a buyer is asked about late and short lines",
)

DECISION = DecisionSchema()


@api.get("/decisions")
@api.arguments(DecisionsQuery, location="query", unknown=RAISE)
@api.response(200, DecisionSchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def read_decisions(asked: dict[str, Any]) -> Any:
    """What is asked about lines that will be late or short, newest first, with the time left to answer."""
    limit, after = asked["limit"], key_of(asked["after"], UUID)
    with transaction() as session:
        rows = list_decisions(session, current(), limit=limit, after=after, state=asked.get("state"))
    return rows[:limit], 200, link_to_next(rows, limit, "id")


@api.get("/decisions/<uuid:decision_id>")
@api.response(200, DecisionSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_decision(decision_id: UUID) -> Any:
    """One decision, with the answers that are offered."""
    with transaction() as session:
        return _found(session, decision_id)


@api.post("/decisions/<uuid:decision_id>")
@api.arguments(DecisionAnswerRequest)
@api.response(200, DecisionSchema)
@requires(BUYER)
def answer_decision(body: dict[str, Any], decision_id: UUID) -> Response:
    """Give one of the offered answers; the date is amended, or pieces are asked back, at once. Needs an
    Idempotency-Key."""

    def command(session: Session) -> Answer:
        order_id = _found(session, decision_id)["order_id"]
        deciding.answer_decision(session, order_id=order_id, decision_id=decision_id, answer=body["answer"])
        session.flush()
        return DECISION.dump(_found(session, decision_id)), 200, {}

    return once(command)


def _found(session: Session, decision_id: UUID) -> dict[str, Any]:
    found = find_decision(session, current(), decision_id)
    if found is None:
        raise not_found("decision")
    return found
