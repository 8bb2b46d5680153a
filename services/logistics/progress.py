"""How far shipments have come and which papers they lack, in columns: a desk asks it of hundreds. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
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
from shared.database import among


class Was(NamedTuple):
    """A report that holds."""

    code: str
    occurred_at: datetime


def told(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Was]]:
    """The reports of each that hold."""
    query = (
        select(shipment_milestone.c.shipment_id, shipment_milestone.c.code, shipment_milestone.c.occurred_at)
        .outerjoin(milestone_correction, milestone_correction.c.milestone_id == shipment_milestone.c.id)
        .where(among(shipment_milestone.c.shipment_id, ids), milestone_correction.c.milestone_id.is_(None))
    )
    found: dict[UUID, list[Was]] = defaultdict(list)
    for id, *report in session.execute(query):
        found[id].append(Was(*report))
    return found


def reached(session: Session, ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """The milestones of which a report holds."""
    found = told(session, ids)
    return {id: {each.code for each in found[id]} for id in ids}


def absent(session: Session, ids: Collection[UUID], codes: Collection[str]) -> dict[UUID, list[str]]:
    """Those of some papers that are not there, needed or not."""
    columns = shipment_document.c
    query = select(columns.shipment_id, columns.code).where(
        among(columns.shipment_id, ids), columns.code.in_(codes), columns.number.is_(None)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for id, code in session.execute(query.order_by(columns.id)):
        found[id].append(code)
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


@lru_cache(maxsize=1024)
def without_words(papers: str | None) -> tuple[Lacking, ...]:
    """What such a text tells of papers; hundreds of shipments lack the same few."""
    return tuple(_wordless(*paper.split(" ")) for paper in papers.split(",")) if papers else ()


def _wordless(code: str, needed_by: str) -> Lacking:
    return Lacking(code=code, name_en="", name_id="", owed_by="", needed_by=needed_by or None)
