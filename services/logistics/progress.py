"""How far shipments have come and which papers they lack, in columns: a desk asks it of hundreds. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.logistics.domain.next_step import Lacking
from services.logistics.storage import milestone_correction, shipment_document, shipment_milestone

Which = Sequence[UUID] | Select[UUID]
"""Some shipments, by their ids or by what finds them."""


def reached(session: Session, ids: Which) -> dict[UUID, set[str]]:
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


def lacking(session: Session, ids: Which) -> dict[UUID, list[Lacking]]:
    """The needed papers of each that are missing."""
    columns = shipment_document.c
    query = select(columns.shipment_id, *(columns[name] for name in Lacking._fields)).where(
        columns.shipment_id.in_(ids), columns.needed, columns.number.is_(None)
    )
    found: dict[UUID, list[Lacking]] = defaultdict(list)
    for id, *paper in session.execute(query.order_by(columns.id)):
        found[id].append(Lacking(*paper))
    return found


def last_days(session: Session, ids: Which) -> dict[UUID, list[Lacking]]:
    """The same without their words, of hundreds of shipments: in one row each."""
    columns = shipment_document.c
    each = func.concat(columns.code, " ", columns.needed_by)
    query = select(columns.shipment_id, func.string_agg(each, ",")).where(
        columns.shipment_id.in_(ids), columns.needed, columns.number.is_(None)
    )
    return defaultdict(
        list,
        {
            id: [_wordless(*paper.split(" ")) for paper in papers.split(",")]
            for id, papers in session.execute(query.group_by(columns.shipment_id))
        },
    )


def _wordless(code: str, needed_by: str) -> Lacking:
    return Lacking(code=code, name_en="", name_id="", owed_by="", needed_by=needed_by or None)
