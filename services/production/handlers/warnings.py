"""Looking through all open work for what to warn of, and what follows from a warning."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.domain.capacity import latest_finish
from services.production.domain.lateness import Finding, Kind, findings_of, latest_of
from services.production.domain.warning import KINDS, QUIET, Told, WorkWarning
from services.production.handlers.planning import line_of, one_plan_at_a_time, plan_of, work_orders_of
from services.production.handlers.working import locked
from services.production.lateness import Work, locked_facilities, open_work
from services.production.storage import STANDING, warning, warning_check, work_order
from shared.clock import business_now, business_today
from shared.messaging.outbox import record
from shared.messaging.tables import outbox_event

CHECKING = func.hashtext("production warnings")


class About(NamedTuple):
    """What a warning is about: there is one at a time."""

    work_order_id: UUID | None
    facility: str
    kind: Kind


Standing = dict[About, WorkWarning]
Found = dict[About, tuple[Work | None, Finding]]


def check(session: Session) -> None:
    """Raise, change and clear warnings, so that they say how all open work stands at this moment."""
    session.execute(select(func.pg_advisory_xact_lock(CHECKING)))
    session.execute(select(warning_check).with_for_update())  # whoever asks for another look waits
    newest = session.execute(select(func.coalesce(func.max(outbox_event.c.id), 0))).scalar_one()
    now = business_now(session)
    standing = {_about(one): one for one in session.execute(select(WorkWarning).where(STANDING)).scalars()}
    found = _found(session, standing)
    before = _told_lately(session, now)
    events = []
    for about in sorted(found.keys() | standing.keys(), key=_in_order):
        if about not in found:
            events += standing[about].clear(at=now)
            continue
        work, finding = found[about]
        one = standing.get(about) or _raised(session, about, work, finding, now)
        events += one.observe(finding, at=now, before=before.get(about))
    session.flush()
    record(session, *events)
    _note(session, now, newest)


def acknowledge(session: Session, *, warning_id: UUID, by: str) -> WorkWarning:
    """Somebody of a role takes a warning up."""
    one = session.get_one(WorkWarning, warning_id, with_for_update=True, populate_existing=True)
    one.acknowledge(by=by, at=business_now(session))
    return one


def move_promise(session: Session, *, warning_id: UUID) -> None:
    """Promise the day that is projected, once for each warning: the buyer is then asked, as after every plan."""
    one_plan_at_a_time(session)
    one = session.get_one(WorkWarning, warning_id)
    if one.work_order_id is None or one.projected is None:
        return
    order = locked(session, one.work_order_id)
    session.refresh(one, with_for_update=True)
    if one.cleared_at is not None or one.promise_moved_to is not None or one.projected is None:
        return
    one.promise_moved_to = one.projected
    if not order.live or not order.put_off(one.projected):
        return
    session.flush()
    line = line_of(session, order.order_id, order.line)
    record(session, plan_of(session, line, work_orders_of(session, line), "late"))


def promises_to_move(session: Session) -> list[UUID]:
    """Warnings that nobody mended before they came to the exporter, of work that was accepted for an earlier day."""
    query = (
        select(warning.c.id)
        .join(work_order, work_order.c.id == warning.c.work_order_id)
        .where(STANDING, warning.c.kind == "late", warning.c.grade != "amber")
        .where(warning.c.owner == "exporter", warning.c.promise_moved_to.is_(None))
        .where(work_order.c.accepted_on.is_not(None), warning.c.projected > work_order.c.due)
        .order_by(warning.c.id)
    )
    return list(session.execute(query).scalars())


def _found(session: Session, standing: Standing) -> Found:
    """What is wrong now, by what it is about."""
    found: Found = {}
    for work in open_work(session, business_today(session)):
        late = standing.get(About(work.id, work.facility, "late"))
        for finding in findings_of(work.progress, work.pace, latest=_latest(work, late)):
            found[About(work.id, work.facility, finding.kind)] = work, finding
    locked_up = Finding(kind="tools_locked", grade="red", projected=None, latest=None)
    for code in locked_facilities(session):
        found[About(None, code, "tools_locked")] = None, locked_up
    return found


def _latest(work: Work, late: WorkWarning | None) -> date:
    """The day it is measured by; a promise that was moved because it is late does not make it in time."""
    if late is None or late.promise_moved_to is None or late.latest is None:
        return latest_of(work.progress)
    return max(late.latest, latest_finish(work.progress.requested))


def _raised(
    session: Session, about: About, work: Work | None, finding: Finding, now: datetime
) -> WorkWarning:
    raised = WorkWarning(
        id=uuid7s.uuid7(),
        facility=about.facility,
        kind=about.kind,
        grade=finding.grade,
        first_seen=now,
        grade_since=now,
        work_order_id=about.work_order_id,
        order_id=work.order_id if work else None,
        line=work.line if work else None,
    )
    session.add(raised)
    return raised


def _told_lately(session: Session, now: datetime) -> Mapping[About, Told]:
    """What was told of warnings that were cleared within a day: should they return, nobody hears it twice."""
    query = select(WorkWarning).where(warning.c.cleared_at > now - QUIET).order_by(warning.c.cleared_at)
    cleared = session.execute(query).scalars()
    return {_about(one): one.told for one in cleared if one.told}


def _note(session: Session, now: datetime, newest: int) -> None:
    values = {"checked_at": now, "event": newest}
    session.execute(
        upsert(warning_check)
        .values(single=1, **values)
        .on_conflict_do_update(index_elements=["single"], set_=values)
    )


def _about(one: WorkWarning) -> About:
    return About(one.work_order_id, one.facility, one.kind)


def _in_order(about: About) -> tuple[str, str, int]:
    """By work order, as everybody locks them, then by facility and kind."""
    return str(about.work_order_id or ""), about.facility, KINDS.index(about.kind)
