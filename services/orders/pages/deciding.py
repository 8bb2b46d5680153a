"""Decisions wanted: a line will be late or short, what shall become of it?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.orders.decisions import find_decision
from services.orders.handlers import deciding
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("deciding", __name__, url_prefix="/orders/decisions", template_folder="../templates")


@desk.get("/<uuid:decision_id>")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def ask(decision_id: UUID) -> str:
    """The question, with what follows from each answer and from silence."""
    return _page(decision_id)


@desk.post("/<uuid:decision_id>")
@pages.desk(BUYER)
def answer(decision_id: UUID) -> Any:
    try:
        with transaction() as session:
            found = find_decision(session, current(), decision_id)
            if found is None:
                raise not_found("decision")
            deciding.answer_decision(
                session,
                order_id=found["order_id"],
                decision_id=decision_id,
                answer=request.form.get("answer", ""),
            )
    except Refused as refusal:
        return _page(decision_id, pages.said(refusal)), 422
    return pages.back_to("portal.one_order", order_id=found["order_id"])


def _page(decision_id: UUID, wrong: str = "") -> str:
    with transaction() as session:
        found = find_decision(session, current(), decision_id)
    if found is None:
        raise not_found("decision")
    return render_template("decision.html", decision=found, wrong=wrong, may_answer=current().role == BUYER)
