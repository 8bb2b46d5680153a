"""The shipments on the desk: what must happen next, page by page. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from services.logistics import rules, standing, views, views_of_cartons
from services.logistics.domain.cut_offs import nobody_waits_for
from services.logistics.domain.deadlines import Days
from services.logistics.domain.documents import reason_to_wait
from services.logistics.domain.milestones import Graph
from services.logistics.domain.next_step import Lacking, Step, next_step
from services.logistics.domain.shipment import CLOSING, Shipment
from services.logistics.storage import milestone_correction, shipment_document, shipment_milestone
from services.logistics.storage import shipment as shipments
from shared.refusal import Sentence

NEWEST = 10
"""Of those that were delivered."""

WAITING = (~shipments.c.departed, shipments.c.cancelled_at.is_(None))
ABROAD = (shipments.c.departed, ~shipments.c.ended)

WITHOUT_VESSEL = date.max
"""Shipments without a booking stand behind all that have one."""


class Place(NamedTuple):
    """Where a shipment stands in a list by day: what a cursor holds."""

    on: date
    id: UUID

    @classmethod
    def of(cls, key: str) -> Self:
        """From a cursor."""
        day, _, id = key.partition(" ")
        return cls(date.fromisoformat(day), UUID(id))

    def __str__(self) -> str:
        return f"{self.on} {self.id}"


class Page(NamedTuple):
    """Some shipments of a list, the place of the last if more come after it, and how many there are in all."""

    rows: list[dict[str, Any]]
    last: Place | None
    total: int


def waiting(session: Session, graph: Graph, *, today: date, limit: int, after: Place | None) -> Page:
    """What has not left, by what must happen next; what has no vessel stands at the end."""
    steps = _next_steps(session)
    places = sorted(Place(step.on, id) for id, step in steps.items())
    unbooked = session.execute(select(shipments.c.id).where(*WAITING, shipments.c.etd.is_(None)))
    places += sorted(Place(WITHOUT_VESSEL, id) for id in unbooked.scalars())
    shown = [place for place in places if after is None or place > after]
    found = _shipments(session, [place.id for place in shown[:limit]])
    reasons = _reasons_to_stay(session, found, today)
    return Page(
        [
            {**row, "next": steps.get(row["id"]), "stays": reasons.get(row["id"], [])}
            for row in _with_kept_back(session, graph, found)
        ],
        shown[limit - 1] if len(shown) > limit else None,
        len(places),
    )


def sailing(session: Session, graph: Graph, *, limit: int, after: Place | None) -> Page:
    """What is on the way abroad, the next to arrive first."""
    count = session.execute(select(func.count()).select_from(shipments).where(*ABROAD)).scalar_one()
    query = select(shipments.c.eta, shipments.c.id).where(*ABROAD)
    if after:
        query = query.where(tuple_(shipments.c.eta, shipments.c.id) > after)
    found = session.execute(query.order_by(shipments.c.eta, shipments.c.id).limit(limit + 1)).all()
    places = [Place(*row) for row in found]
    rows = _with_kept_back(session, graph, _shipments(session, [place.id for place in places[:limit]]))
    return Page(rows, places[limit - 1] if len(places) > limit else None, count)


def delivered(session: Session, graph: Graph) -> list[dict[str, Any]]:
    """What was delivered, the newest first."""
    query = select(shipments.c.id).where(shipments.c.ended).order_by(shipments.c.id.desc()).limit(NEWEST)
    return _with_kept_back(session, graph, _shipments(session, session.execute(query).scalars().all()))


def _next_steps(session: Session) -> dict[UUID, Step]:
    """What must happen next with each booked shipment that has not left."""
    query = select(shipments.c.id, shipments.c.etd, shipments.c.eta).where(
        *WAITING, shipments.c.etd.is_not(None)
    )
    booked, cut_offs = session.execute(query).all(), rules.cut_offs(session)
    ids = [row.id for row in booked]
    reached, lacking = _reached(session, ids), _lacking(session, ids)
    steps = {}
    for id, etd, eta in booked:
        step = next_step(
            Days(etd=etd, closing=etd - CLOSING, eta=eta),
            cut_offs,
            reached=reached[id],
            lacking=lacking[id],
            without=nobody_waits_for({each.code for each in lacking[id]}),
        )
        if step:
            steps[id] = step
    return steps


def _reached(session: Session, ids: Sequence[UUID]) -> dict[UUID, set[str]]:
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


def _lacking(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Lacking]]:
    """The needed papers of each that are missing."""
    columns = shipment_document.c
    query = select(
        columns.shipment_id,
        columns.code,
        columns.name_en,
        columns.name_id,
        columns.owed_by,
        columns.needed_by,
    ).where(columns.shipment_id.in_(ids), columns.needed, columns.number.is_(None))
    found: dict[UUID, list[Lacking]] = defaultdict(list)
    for id, code, name_en, name_id, owed_by, needed_by in session.execute(query.order_by(columns.id)):
        found[id].append(
            Lacking(code=code, name_en=name_en, name_id=name_id, owed_by=owed_by, needed_by=needed_by)
        )
    return found


def _shipments(session: Session, ids: Sequence[UUID]) -> list[Shipment]:
    """These shipments, in the order of their ids."""
    found = session.execute(select(Shipment).where(shipments.c.id.in_(ids))).scalars()
    known = {shipment.id: shipment for shipment in found}
    return [known[id] for id in ids]


def _with_kept_back(session: Session, graph: Graph, found: Sequence[Shipment]) -> list[dict[str, Any]]:
    """What the desk shows of shipments, with the reasons why documents of them are kept back."""
    unpaid = standing.unpaid_of(session, [shipment.id for shipment in found])
    rows = views.summaries(session, graph, found)
    return [
        {**row, "kept_back": _kept_back(shipment, unpaid[shipment.id])}
        for shipment, row in zip(found, rows, strict=True)
    ]


def _kept_back(shipment: Shipment, unpaid: Sequence[str]) -> list[Sentence]:
    absent = (document.code for document in shipment.documents if not document.present)
    return [reason for code in absent if (reason := reason_to_wait(code, unpaid))]


def _reasons_to_stay(session: Session, found: Sequence[Shipment], today: date) -> dict[UUID, list[Sentence]]:
    """Why each may not leave the hub; one that is sealed has left it."""
    here = [shipment for shipment in found if not shipment.dispatched]
    ids = [shipment.id for shipment in here]
    goods = standing.in_shipments(session, ids)
    staying = views_of_cartons.that_may_not_leave(session, ids)
    return {each.id: each.reasons_to_stay(goods[each.id], today, staying.get(each.id, [])) for each in here}
