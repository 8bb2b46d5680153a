"""The shipments on the desk: what must happen next, page by page. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
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
from services.logistics.domain.documents import CLEARANCE, TRANSPORT_DOCUMENTS, find, reason_to_wait
from services.logistics.domain.milestones import Graph, troubles
from services.logistics.domain.modes import MODES
from services.logistics.domain.next_step import Step, next_step
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.states import by_milestones
from services.logistics.storage import carton, shipment_document
from services.logistics.storage import shipment as shipments
from shared.database import among, at_most
from shared.refusal import Sentence

NEWEST = 10
"""Of those that were delivered."""

WAITING = (~shipments.c.departed, shipments.c.cancelled_at.is_(None))
ABROAD = (shipments.c.departed, ~shipments.c.ended)

STANDING = select(
    shipments.c.id,
    shipments.c.mode,
    shipments.c.etd,
    shipments.c.eta,
    *(case((shipments.c.etd.is_not(None), each)) for each in (progress.LACKED, progress.REACHED)),
).where(*WAITING)
DEPARTED = select(
    shipments.c.id,
    shipments.c.number,
    shipments.c.destination,
    shipments.c.mode,
    shipments.c.carrier,
    shipments.c.vessel,
    shipments.c.voyage,
    shipments.c.eta,
    select(func.coalesce(func.sum(carton.c.pieces), 0))
    .where(carton.c.shipment_id == shipments.c.id)
    .scalar_subquery()
    .label("pieces"),
)
DELIVERED = DEPARTED.where(shipments.c.ended).order_by(shipments.c.id.desc()).limit(at_most(NEWEST))
HOW_MANY_ABROAD = select(func.count()).select_from(shipments).where(*ABROAD)

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
    """All three. Few statements and few objects are what makes the desk quick."""
    cut_offs = rules.cut_offs(session)
    steps = _next_steps(session, cut_offs)
    waiting = _waiting(steps, after)
    sailing, abroad = _sailing(session, sailing_after, limit)
    left = [*sailing[:limit], *session.execute(DELIVERED).all()]
    shown = [place.id for place in waiting.places[:limit]]
    unpaid = standing.unpaid_of(session, [*shown, *(row.id for row in left)])
    departed = _departed(session, graph, left, unpaid)
    return Lists(
        _page(
            _to_leave(session, graph, shown, steps, unpaid),
            waiting.places,
            limit,
            waiting.total,
        ),
        _page(departed[: len(sailing[:limit])], [Place(row.eta, row.id) for row in sailing], limit, abroad),
        departed[len(sailing[:limit]) :],
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


def _to_leave(
    session: Session,
    graph: Graph,
    ids: Sequence[UUID],
    steps: Mapping[UUID, Step | None],
    unpaid: Mapping[UUID, Sequence[str]],
) -> list[dict[str, Any]]:
    """What the desk shows of shipments that have not left."""
    found = _shipments(session, ids)
    summaries = views.summaries(session, graph, [found[id] for id in ids])
    unfit = views_of_cartons.reasons_by_shipment(session, ids)
    return [
        {
            **row,
            "next": _in_words(steps[id], found[id]),
            "home": found[id].by.home,
            "unfit": unfit[id],
            "kept_back": _kept_back(
                [each.code for each in found[id].documents if not each.present], unpaid[id]
            ),
        }
        for id, row in zip(ids, summaries, strict=True)
    ]


def _shipments(session: Session, ids: Sequence[UUID]) -> dict[UUID, Shipment]:
    """These shipments with the papers that are not there and the first that came, without what was declared to customs."""
    query = select(Shipment).where(among(shipments.c.id, ids)).options(*PAPERS_FOR_THE_STATE)
    return {shipment.id: shipment for shipment in session.execute(query).scalars()}


def _sailing(session: Session, after: Place | None, limit: int) -> tuple[Sequence[Any], int]:
    """What is on the way abroad, the next to arrive first, and how many there are in all."""
    query = DEPARTED.where(*ABROAD).order_by(shipments.c.eta, shipments.c.id).limit(at_most(limit + 1))
    if after:
        query = query.where(tuple_(shipments.c.eta, shipments.c.id) > after)
    return session.execute(query).all(), session.execute(HOW_MANY_ABROAD).scalar_one()


def _departed(
    session: Session, graph: Graph, rows: Sequence[Any], unpaid: Mapping[UUID, Sequence[str]]
) -> list[dict[str, Any]]:
    """What the desk shows of shipments that have left: how far they have come hangs on their milestones alone."""
    told = progress.told(session, [row.id for row in rows])
    owing = [row.id for row in rows if unpaid[row.id]]
    absent = progress.absent(session, owing, TRANSPORT_DOCUMENTS) if owing else {}
    return [
        {
            **row._mapping,
            "state": by_milestones(told[row.id], graph),
            "overlays": [each.code for each in troubles(told[row.id], MODES[row.mode].way(graph))],
            "kept_back": _kept_back(absent.get(row.id, []), unpaid[row.id]),
        }
        for row in rows
    ]


def _kept_back(absent: Iterable[str], unpaid: Sequence[str]) -> list[Sentence]:
    """Why papers that are not there are kept back."""
    return [reason for code in absent if (reason := reason_to_wait(code, unpaid))]


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
    found = cache(partial(_next_step, cut_offs))
    rows = session.execute(STANDING)
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
