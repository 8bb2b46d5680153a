"""Planning all open work anew: a proposal is kept, and changes something only once it is accepted."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.production.domain.allocation import Plan, Share
from services.production.domain.replanning import OpenLine
from services.production.domain.terms import PlanOnTerms, Reason
from services.production.handlers.planning import (
    line_of,
    locked_work_orders,
    one_plan_at_a_time,
    shared_out_anew,
)
from services.production.open_work import OpenWork, open_work
from services.production.solving import Proposed
from services.production.storage import proposal
from shared.clock import business_today
from shared.messaging.outbox import record
from shared.refusal import Refused
from shared.sight import as_the_service


def keep(session: Session, *, work: OpenWork, proposed: Proposed) -> UUID:
    """Keep a proposal, in the place of one that nobody decided on."""
    today = business_today(session)
    session.execute(
        update(proposal)
        .where(proposal.c.accepted_on.is_(None), proposal.c.discarded_on.is_(None))
        .values(discarded_on=today)
    )
    id = uuid7s.uuid7()
    values = {
        "id": id,
        "made_on": today,
        "open_work": work.fingerprint,
        "lines": len(work.lines),
        "before": asdict(proposed.before),
        "after": asdict(proposed.after),
        "bound": proposed.bound,
        "changes": [change.as_dict() for change in proposed.changes],
    }
    session.execute(insert(proposal).values(values))
    return id


def discard(session: Session, *, proposal_id: UUID) -> None:
    """Leave everything as it is."""
    _open(session, proposal_id)
    _decided(session, proposal_id, discarded_on=business_today(session))


def accept(session: Session, *, proposal_id: UUID) -> None:
    """Take back and offer what the proposal says, as long as the open work is what it was made for."""
    one_plan_at_a_time(session)
    found = _open(session, proposal_id)
    with as_the_service(session):  # plans are about all facilities
        work = open_work(session)
        if work.fingerprint != found.open_work:
            raise Refused("The open work has changed since: make a new proposal.")
        lines = {line.key: line for line in work.lines}
        for change in found.changes:
            _put_in_place(session, lines[UUID(change["order_id"]), change["line"]], change)
    _decided(session, proposal_id, accepted_on=business_today(session))


def _open(session: Session, id: UUID) -> Row[Any]:
    found = session.execute(select(proposal).where(proposal.c.id == id).with_for_update()).one_or_none()
    if found is None:
        raise Refused("There is no such proposal.", field="proposal")
    if found.accepted_on or found.discarded_on:
        raise Refused("This proposal was decided on already: make a new one.")
    return found


def _decided(session: Session, id: UUID, **values: date) -> None:
    session.execute(update(proposal).where(proposal.c.id == id).values(values))


def _put_in_place(session: Session, open_line: OpenLine, change: dict[str, Any]) -> None:
    line = line_of(session, open_line.order_id, open_line.line)
    work_orders = locked_work_orders(session, line)
    back = {UUID(each["id"]): each["pieces"] for each in change["taken_back"]}
    today = business_today(session)
    if any(each.id in back and not each.can_be_taken_back for each in work_orders):
        raise Refused("The open work has changed since: make a new proposal.")
    told = [each.take_back(back[each.id], on=today) for each in work_orders if each.id in back]
    shares = tuple(
        Share(each["facility"], each["quantity"], date.fromisoformat(each["due"]), each["why"])
        for each in change["offered"]
    )
    session.flush()
    passed: dict[str, Reason] = {**dict.fromkeys(open_line.places, "not_needed"), **open_line.barred}
    planned = PlanOnTerms(Plan(shares, 0), passed)
    record(session, *told, *shared_out_anew(session, line, work_orders, planned, "replanned"))
