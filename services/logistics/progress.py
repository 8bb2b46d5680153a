"""How far shipments have come and which papers they lack, in columns: a desk asks it of hundreds. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, select
from sqlalchemy.orm import Session

from services.logistics.domain.next_step import Lacking
from services.logistics.storage import (
    milestone_correction,
    shipment,
    shipment_document,
    shipment_milestone,
)


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


def _each_in_one_row(words: ColumnElement[str], *which: ColumnElement[bool]) -> ScalarSelect[str]:
    return select(func.string_agg(words, ",")).where(*which).correlate(shipment).scalar_subquery()


LACKED = _each_in_one_row(
    func.concat(shipment_document.c.code, " ", shipment_document.c.needed_by),
    shipment_document.c.shipment_id == shipment.c.id,
    shipment_document.c.needed,
    shipment_document.c.number.is_(None),
)
"""As ``lacking``, but of hundreds of shipments, each with its papers as one text for ``without_words``."""
REACHED = _each_in_one_row(
    shipment_milestone.c.code,
    shipment_milestone.c.shipment_id == shipment.c.id,
    ~exists().where(milestone_correction.c.milestone_id == shipment_milestone.c.id),
)
"""As ``reached``, in one text."""


def without_words(papers: str | None) -> list[Lacking]:
    """What such a text tells of papers."""
    return [_wordless(*paper.split(" ")) for paper in papers.split(",")] if papers else []


def _wordless(code: str, needed_by: str) -> Lacking:
    return Lacking(code=code, name_en="", name_id="", owed_by="", needed_by=needed_by or None)
