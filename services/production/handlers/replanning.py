"""Planning all open work anew: a proposal is kept, and changes something only once it is accepted."""

from dataclasses import asdict
from datetime import date
from typing import Any, Final
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
    lock_work_orders,
    one_plan_at_a_time,
    shared_out_anew,
    work_orders_of,
)
from services.production.open_work import OpenWork, open_work
from services.production.solving import Proposed
from services.production.storage import passed_over, proposal
from shared.clock import business_today
from shared.messaging.outbox import record
from shared.refusal import Refused
from shared.sight import as_the_service

TOLD_ANEW: Final[tuple[Reason, ...]] = (
    "no_agreement",
    "skill_too_low",
    "no_workshop",
    "other_lane",
    "declined",
)
"""Reasons that ``OpenLine.barred`` has where they still hold."""


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
    changes = {(UUID(change["order_id"]), change["line"]): change for change in found.changes}
    with as_the_service(session):  # plans are about all facilities
        lock_work_orders(session, changes.keys())
        work = open_work(session)
        if work.fingerprint != found.open_work:
            raise Refused("The day, the open work or the hours have changed since: make a new proposal.")
        lines = {line.key: line for line in work.lines}
        told = [
            event for key, change in changes.items() for event in _put_in_place(session, lines[key], change)
        ]
        record(session, *told)
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


def _put_in_place(session: Session, open_line: OpenLine, change: dict[str, Any]) -> list[object]:
    """Take back and offer what a change says; the line's work orders are locked."""
    line = line_of(session, open_line.order_id, open_line.line)
    work_orders = work_orders_of(session, line)
    back = {UUID(each["id"]): each["pieces"] for each in change["taken_back"]}
    today = business_today(session)
    told = [each.take_back(back[each.id], on=today) for each in work_orders if each.id in back]
    shares = tuple(
        Share(each["facility"], each["quantity"], date.fromisoformat(each["due"]), each["why"])
        for each in change["offered"]
    )
    session.flush()
    planned = PlanOnTerms(Plan(shares, 0), _passed_over(session, open_line))
    return [*told, *shared_out_anew(session, line, work_orders, planned, "replanned")]


def _passed_over(session: Session, line: OpenLine) -> dict[str, Reason]:
    """Why each facility has no share, were it to have none: as before, but for what is no obstacle any more."""
    of_line = (passed_over.c.order_id == line.order_id, passed_over.c.line == line.line)
    before = session.execute(select(passed_over.c.facility, passed_over.c.reason).where(*of_line))
    kept = {row.facility: row.reason for row in before if row.facility in line.places}
    still = {code: reason for code, reason in kept.items() if reason not in TOLD_ANEW}
    return {**dict.fromkeys(line.places, "not_needed"), **still, **line.barred}
