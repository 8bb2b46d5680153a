"""How far shipments have come and which papers they lack, in columns: a desk asks it of hundreds. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics.domain.next_step import Lacking
from services.logistics.storage import milestone_correction, shipment_document, shipment_milestone


def reached(session: Session, ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """The milestones of which a report holds."""
    query = (
        select(shipment_milestone.c.shipment_id, shipment_milestone.c.code)
        .outerjoin(milestone_correction, milestone_correction.c.milestone_id == shipment_milestone.c.id)
        .where(shipment_milestone.c.shipment_id.in_(ids), milestone_correction.c.milestone_id.is_(None))
    )
    found: dict[UUID, set[str]] = defaultdict(set)
    for id, code in session.execute(query):
        found[id].add(code)
    return found


def lacking(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Lacking]]:
    """The needed papers of each that are missing."""
    columns = shipment_document.c
    query = select(columns.shipment_id, *(columns[name] for name in Lacking._fields)).where(
        columns.shipment_id.in_(ids), columns.needed, columns.number.is_(None)
    )
    found: dict[UUID, list[Lacking]] = defaultdict(list)
    for id, *paper in session.execute(query.order_by(columns.id)):
        found[id].append(Lacking(*paper))
    return found
