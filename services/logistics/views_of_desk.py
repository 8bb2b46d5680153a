"""The shipments on the desk: what must happen next, page by page. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, func, select, tuple_
from sqlalchemy.orm import Session, lazyload, selectinload

from services.logistics import progress, rules, standing, views, views_of_cartons
from services.logistics.domain.cut_offs import CutOff, nobody_waits_for
from services.logistics.domain.deadlines import Days
from services.logistics.domain.documents import CLEARANCE, find, reason_to_wait
from services.logistics.domain.milestones import Graph
from services.logistics.domain.modes import MODES
from services.logistics.domain.next_step import Step, next_step
from services.logistics.domain.shipment import Shipment
from services.logistics.storage import shipment as shipments
from services.logistics.storage import shipment_document
from shared.refusal import Sentence

NEWEST = 10
"""Of those that were delivered."""

WAITING = (~shipments.c.departed, shipments.c.cancelled_at.is_(None))
ABROAD = (shipments.c.departed, ~shipments.c.ended)

WITHOUT_VESSEL = date.max
"""Shipments without a booking stand behind all that have one."""


def _came(papers: FromClause) -> ColumnElement[bool]:
    """As ``documents.came`` has it."""
    return and_(papers.c.number.is_not(None), ~papers.c.made_by_system, papers.c.code != CLEARANCE)


_earlier = shipment_document.alias()
FIRST_THAT_CAME = _came(shipment_document) & ~exists().where(
    _earlier.c.shipment_id == shipment_document.c.shipment_id,
    _earlier.c.id < shipment_document.c.id,
    _came(_earlier),
)
PAPERS_FOR_THE_STATE = (
    selectinload(Shipment.documents.and_(shipment_document.c.number.is_(None) | FIRST_THAT_CAME)),  # type: ignore[misc, attr-defined]  # mapped in storage
    lazyload(Shipment.declarations),  # type: ignore[arg-type]
)


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


class Lists(NamedTuple):
    """What has not left, what is on the way abroad, and what was delivered last."""

    waiting: Page
    sailing: Page
    delivered: list[dict[str, Any]]


def lists(
    session: Session,
    graph: Graph,
    *,
    limit: int,
    after: Place | None = None,
    sailing_after: Place | None = None,
) -> Lists:
    """All three, their shipments read together: few statements are what makes the desk quick."""
    cut_offs = rules.cut_offs(session)
    steps = _next_steps(session, cut_offs)
    waiting = _waiting(steps, after)
    sailing, abroad = _sailing(session, sailing_after, limit)
    delivered = _delivered(session)
    shown = [place.id for place in (*waiting.places[:limit], *sailing[:limit])]
    found = _shipments(session, [*shown, *delivered])
    rows = _with_kept_back(session, graph, found)
    unfit = views_of_cartons.reasons_by_shipment(session, [place.id for place in waiting.places[:limit]])
    return Lists(
        _page(
            [
                {
                    **rows[place.id],
                    "next": _in_words(steps[place.id], found[place.id]),
                    "home": found[place.id].by.home,
                    "unfit": unfit[place.id],
                }
                for place in waiting.places[:limit]
            ],
            waiting.places,
            limit,
            waiting.total,
        ),
        _page([rows[place.id] for place in sailing[:limit]], sailing, limit, abroad),
        [rows[id] for id in delivered],
    )


def _page(rows: list[dict[str, Any]], places: Sequence[Place], limit: int, total: int) -> Page:
    return Page(rows, places[limit - 1] if len(places) > limit else None, total)


class Waiting(NamedTuple):
    """Where those stand that come after a place, and how many there are in all."""

    places: list[Place]
    total: int


def _waiting(steps: Mapping[UUID, Step | None], after: Place | None) -> Waiting:
    """What has not left, by what must happen next; what has no vessel stands at the end."""
    places = sorted(Place(step.on if step else WITHOUT_VESSEL, id) for id, step in steps.items())
    return Waiting([place for place in places if after is None or place > after], len(places))


def _sailing(session: Session, after: Place | None, limit: int) -> tuple[list[Place], int]:
    """What is on the way abroad, the next to arrive first, and how many there are in all."""
    count = session.execute(select(func.count()).select_from(shipments).where(*ABROAD)).scalar_one()
    query = select(shipments.c.eta, shipments.c.id).where(*ABROAD)
    if after:
        query = query.where(tuple_(shipments.c.eta, shipments.c.id) > after)
    found = session.execute(query.order_by(shipments.c.eta, shipments.c.id).limit(limit + 1)).all()
    return [Place(*row) for row in found], count


def _delivered(session: Session) -> Sequence[UUID]:
    """What was delivered, the newest first."""
    query = select(shipments.c.id).where(shipments.c.ended).order_by(shipments.c.id.desc()).limit(NEWEST)
    return session.execute(query).scalars().all()


def _in_words(step: Step | None, shipment: Shipment) -> Step | None:
    """What it is called and who owes it stands with the shipment's papers, where it is one."""
    if step is None or not step.is_paper:
        return step
    paper = find(shipment.documents, step.code)
    return replace(step, name_en=paper.name_en, name_id=paper.name_id, owed_by=paper.owed_by)


def _next_steps(session: Session, cut_offs: Mapping[str, Sequence[CutOff]]) -> dict[UUID, Step | None]:
    """What must happen next with each shipment that has not left, papers without their words; nothing before it is booked.

    Those on one vessel often lack the same: for them it is found once.
    """
    columns = (shipments.c.id, shipments.c.mode, shipments.c.etd, shipments.c.eta)
    told = (case((shipments.c.etd.is_not(None), each)) for each in (progress.LACKED, progress.REACHED))
    found = cache(partial(_next_step, cut_offs))
    rows = session.execute(select(*columns, *told).where(*WAITING))
    return {id: found(*standing) if standing[1] else None for id, *standing in rows}


def _next_step(
    cut_offs: Mapping[str, Sequence[CutOff]],
    mode: str,
    etd: date,
    eta: date,
    lacked: str | None,
    reached: str | None,
) -> Step | None:
    papers = progress.without_words(lacked)
    return next_step(
        Days(etd=etd, closing=MODES[mode].closes_on(etd), eta=eta),
        cut_offs[mode],
        reached=reached.split(",") if reached else (),
        lacking=papers,
        without=nobody_waits_for({each.code for each in papers}),
    )


def _shipments(session: Session, ids: Sequence[UUID]) -> dict[UUID, Shipment]:
    """These shipments with the papers that are not there and the first that came, without what was declared to customs.

    No list tells of the others.
    """
    query = select(Shipment).where(shipments.c.id.in_(ids)).options(*PAPERS_FOR_THE_STATE)
    return {shipment.id: shipment for shipment in session.execute(query).scalars()}


def _with_kept_back(
    session: Session, graph: Graph, found: Mapping[UUID, Shipment]
) -> dict[UUID, dict[str, Any]]:
    """What the desk shows of shipments, with the reasons why documents of them are kept back."""
    unpaid = standing.unpaid_of(session, list(found))
    return {
        row["id"]: {**row, "kept_back": _kept_back(found[row["id"]], unpaid[row["id"]])}
        for row in views.summaries(session, graph, list(found.values()))
    }


def _kept_back(shipment: Shipment, unpaid: Sequence[str]) -> list[Sentence]:
    absent = (document.code for document in shipment.documents if not document.present)
    return [reason for code in absent if (reason := reason_to_wait(code, unpaid))]
