"""Erasing what was kept long enough: consignees of finished orders, and files that orders were placed from."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Subquery, func, select, update
from sqlalchemy.orm import Session

from services.orders.domain.order import Order
from services.orders.handlers.locking import locked
from services.orders.storage import WANTED, order_import, order_import_row, order_line, purge_step, timeline
from services.orders.storage import order as orders
from shared import purging
from shared.clock import WIB
from shared.purging import Batch, Done, Eraser, Plan, in_batches
from shared.retention import Asked

AT_A_TIME = 50
ERASED = "(erased)"
"""What stands for a consignee's name, with no address; papers of the export have both still."""
NOTHING = "{}"


def _plan_consignees(session: Session, asked: Asked) -> Plan:
    """Lines are counted; only orders that are closed for long enough are looked at one by one."""
    theirs = _with_consignees()
    old, open_too = theirs.c.finished_at < _begin_of(asked.before), theirs.c.open
    count = func.sum(theirs.c.lines)
    counts = select(count.filter(open_too), count.filter(~open_too, old.is_not(True)))
    order_open, not_old_enough = session.execute(counts).one()
    kept = Counter(order_open=int(order_open or 0), not_old_enough=int(not_old_enough or 0))
    closed = select(theirs.c.order_id, theirs.c.lines).where(~open_too, old).order_by(theirs.c.order_id)
    lines: dict[UUID, int] = {row.order_id: row.lines for row in session.execute(closed)}
    due: list[UUID] = []
    for some in in_batches(list(lines), AT_A_TIME):
        for order in session.execute(select(Order).where(orders.c.id.in_(some))).scalars():
            reason = _why_kept(session, order, asked)
            kept[reason] += lines[order.id]
            due += [] if reason else [order.id]
        session.expunge_all()
    del kept[""]
    return Plan(
        batches=in_batches(sorted(due), AT_A_TIME), rows=sum(lines[id] for id in due), kept=dict(+kept)
    )


def _erase_consignees(session: Session, asked: Asked, batch: Batch) -> Done:
    gone = [id for id in sorted(batch) if not _why_kept(session, locked(session, id), asked)]
    theirs = (order_line.c.order_id.in_(gone), order_line.c.consignee_name != ERASED)
    erased = session.execute(
        update(order_line)
        .where(*theirs)
        .values(consignee_name=ERASED, consignee_address=[])
        .returning(order_line.c.number)
    ).all()
    for row in session.execute(select(timeline.c.id, timeline.c.data).where(timeline.c.order_id.in_(gone))):
        without = _without_consignees(row.data)
        if without != row.data:
            session.execute(update(timeline).where(timeline.c.id == row.id).values(data=without))
    return purging.note(session, purge_step, asked, erased=len(erased))


def _with_consignees() -> Subquery:
    """Orders that have one still, of how many lines, whether something is left to do, and when the last thing happened."""
    lines = func.count().filter(order_line.c.consignee_name != ERASED)
    left = order_line.c.delivered < WANTED
    columns = (lines.label("lines"), func.bool_or(left).label("open"))
    last = select(func.max(timeline.c.occurred_at)).where(timeline.c.order_id == order_line.c.order_id)
    query = select(order_line.c.order_id, *columns, last.scalar_subquery().label("finished_at"))
    return query.group_by(order_line.c.order_id).having(lines > 0).subquery()


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, WIB)


def _why_kept(session: Session, order: Order, asked: Asked) -> str:
    """Nothing is erased while somebody may still have to ask the consignee something."""
    if order.state != "closed":
        return "order_open"
    last = select(func.max(timeline.c.occurred_at)).where(timeline.c.order_id == order.id)
    finished = session.execute(last).scalar()
    if finished is None or finished >= _begin_of(asked.before):
        return "not_old_enough"
    if any(claim.state in ("made", "decided") for claim in order.claims):
        return "claim"
    return "" if order.account.status == "settled" else "unpaid"


def _without_consignees(data: Any) -> Any:
    """What a step of the timeline says, with nobody as its consignee."""
    if isinstance(data, list):
        return [_without_consignees(each) for each in data]
    if not isinstance(data, dict):
        return data
    return {
        key: {**value, "name": ERASED, "address": []}
        if key == "consignee" and value
        else _without_consignees(value)
        for key, value in data.items()
    }


def _plan_files(session: Session, asked: Asked) -> Plan:
    has_content = select(order_import_row.c.import_id).where(order_import_row.c.content != NOTHING)
    with_content = order_import.c.id.in_(has_content)
    old = order_import.c.ended_at < _begin_of(asked.before)
    due = session.execute(
        select(order_import.c.id).where(with_content, old).order_by(order_import.c.id)
    ).scalars()
    ids = list(due)
    rows = select(func.count()).where(
        order_import_row.c.import_id.in_(ids), order_import_row.c.content != NOTHING
    )
    kept = select(func.count()).where(with_content, order_import.c.begun_at.is_not(None), old.is_not(True))
    not_old = session.execute(kept).scalar_one()
    return Plan(
        batches=in_batches(ids, 1),
        rows=session.execute(rows).scalar_one(),
        kept={"not_old_enough": not_old} if not_old else {},
    )


def _erase_files(session: Session, asked: Asked, batch: Batch) -> Done:
    theirs = (order_import_row.c.import_id.in_(batch), order_import_row.c.content != NOTHING)
    gone = session.execute(
        update(order_import_row).where(*theirs).values(content=NOTHING).returning(order_import_row.c.number)
    )
    return purging.note(session, purge_step, asked, erased=len(gone.all()))


ERASERS: Mapping[str, Eraser] = {
    "consignees": Eraser(_plan_consignees, _erase_consignees),
    "order_files": Eraser(_plan_files, _erase_files),
}
