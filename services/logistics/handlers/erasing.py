"""Erasing what was kept long enough: the addresses of pages for tracking."""

from collections.abc import Mapping
from datetime import datetime, time

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from services.logistics.domain.milestones import ENDS
from services.logistics.storage import milestone_correction, purge_step, shipment, shipment_milestone
from shared import purging
from shared.clock import WIB
from shared.purging import Batch, Done, Eraser, Plan, in_batches
from shared.retention import Asked

AT_A_TIME = 500


def _ended() -> ColumnElement[datetime]:
    """When the way of a shipment ended, or its page was renewed since; nothing while it is under way."""
    corrected = select(milestone_correction.c.milestone_id)
    arrived = select(func.max(shipment_milestone.c.occurred_at)).where(
        shipment_milestone.c.shipment_id == shipment.c.id,
        shipment_milestone.c.code.in_(ENDS),
        shipment_milestone.c.id.not_in(corrected),
    )
    over = func.coalesce(arrived.scalar_subquery(), shipment.c.cancelled_at)
    return case((over.is_not(None), func.greatest(over, shipment.c.tracking_renewed_at)))


def _first_kept(asked: Asked) -> datetime:
    return datetime.combine(asked.before, time.min, WIB)


def _plan_links(session: Session, asked: Asked) -> Plan:
    """Of each shipment with a page for tracking: ended or cancelled long ago, lately, or under way."""
    rows = session.execute(
        select(shipment.c.id, _ended().label("ended"))
        .where(shipment.c.tracking_token.is_not(None))
        .order_by(shipment.c.id)
    ).all()
    first_kept = _first_kept(asked)
    due = [row.id for row in rows if row.ended and row.ended < first_kept]
    under_way = sum(row.ended is None for row in rows)
    kept = {"under_way": under_way, "not_old_enough": len(rows) - under_way - len(due)}
    return Plan(
        batches=in_batches(due, AT_A_TIME), rows=len(due), kept={why: n for why, n in kept.items() if n}
    )


def _erase_links(session: Session, asked: Asked, batch: Batch) -> Done:
    """Those of which it is still so: one may have been renewed meanwhile."""
    theirs = (
        shipment.c.id.in_(batch),
        shipment.c.tracking_token.is_not(None),
        _ended() < _first_kept(asked),
    )
    gone = session.execute(
        update(shipment).where(*theirs).values(tracking_token=None).returning(shipment.c.id)
    ).all()
    return purging.note(session, purge_step, asked, erased=len(gone))


ERASERS: Mapping[str, Eraser] = {"tracking_links": Eraser(_plan_links, _erase_links)}
