"""What is read for dossiers: a buyer those of its own lots, the offices all, and shipments too."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, func, literal, select, tuple_
from sqlalchemy.orm import Session

from services.orders.domain.dossier import (
    COMPLETE,
    CONTRADICTS,
    FIGURES,
    Contents,
    Counted,
    Document,
    Facts,
    Lot,
    Month,
    of_a_facility,
    state_of,
    versions,
)
from services.orders.storage import (
    agreement_end,
    evidence,
    lot,
    month_of_work,
    order,
    order_line,
    shipment_lot,
    timeline,
)
from shared.clock import business_now
from shared.events import contract_of
from shared.events.logistics import ShipmentPlanned
from shared.events.orders import LotLaneCorrected
from shared.events.production import PiecesCorrected, PiecesReported
from shared.web.access import BUYER, Principal

REPORTS = tuple(contract_of(each).type for each in (PiecesReported, PiecesCorrected))
LOTS = select(lot, order_line.c.sku).join(
    order_line, (order_line.c.order_id == lot.c.order_id) & (order_line.c.number == lot.c.line_number)
)
BY_TIME = (lot.c.released_at, lot.c.code)
OF_A_DOCUMENT = tuple(each.name for each in dataclasses.fields(Document) if each.name != "moved")


@dataclass(frozen=True)
class Step:
    """Pieces of a lot that came or, below 0, went, or another lane than was told before."""

    at: datetime
    lot: str
    pieces: int = 0
    lane: str | None = None


def of_a_lot(session: Session, principal: Principal, id: str) -> list[dict[str, Any]]:
    """Every version of a lot's dossier, oldest first; none if there is no such lot of theirs."""
    rows = session.execute(_lots_of(principal).where(lot.c.code == id)).all()
    return _versions(
        session, "lot", id, rows, [Step(row.released_at, row.code, row.quantity) for row in rows]
    )


def of_lots(session: Session, ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Every version of each lot's dossier, by the lots' codes; what they rest on is read once for all."""
    rows = session.execute(LOTS.where(lot.c.code.in_(ids))).all() if ids else []
    if not rows:
        return {}
    known = _known(session, rows)
    corrections = _corrections(session, rows)
    until = business_now(session)
    made = {}
    for row in rows:
        steps = [Step(row.released_at, row.code, row.quantity)]
        told = [each for each in corrections if each.data["lot"] == row.code]
        facts = dataclasses.replace(known, contents=_contents([row], steps, told))
        made[row.code] = versions("lot", row.code, facts, until=until)
    return made


def shown_by(session: Session, facility: str, about: str, *, at: datetime) -> str:
    """What the documents of a facility show of one thing at a moment."""
    return state_of((each for each in _documents(session, {facility}) if each.item == about), at)


def of_facilities(session: Session, codes: Collection[str]) -> dict[str, dict[str, Any]]:
    """What documents show now of how people work in these facilities, by their codes."""
    at = business_now(session)
    documents = _documents(session, set(codes)) if codes else []
    return {code: of_a_facility(code, documents, at) for code in set(codes)}


def speaking_against(session: Session, facility: str) -> list[UUID]:
    """Documents that contradict a facility, and those that made an item complete, were taken back and nothing replaces."""
    contradicts = evidence.c.finding == CONTRADICTS
    query = select(evidence).where(
        evidence.c.facility == facility, contradicts == evidence.c.withdrawn_at.is_(None)
    )
    rows = session.execute(query.order_by(evidence.c.id)).all()
    return [row.id for row in rows if row.finding == CONTRADICTS or _is_missed(session, row)]


def _is_missed(session: Session, taken_back: Row[Any]) -> bool:
    """Whether an item was complete with the document, and has not been since."""
    then = taken_back.withdrawn_at
    moments = (then - timedelta(microseconds=1), then, business_now(session))
    states = [shown_by(session, taken_back.facility, taken_back.item, at=moment) for moment in moments]
    return states[0] == COMPLETE and COMPLETE not in states[1:]


def spoken_against(session: Session, codes: Collection[str]) -> set[str]:
    """Those of the facilities that a document speaks against, as far as was heard."""
    query = select(evidence.c.facility).where(
        evidence.c.facility.in_(codes),
        evidence.c.finding == CONTRADICTS,
        evidence.c.withdrawn_at.is_(None),
    )
    return set(session.execute(query).scalars())


def of_a_shipment(session: Session, id: UUID) -> list[dict[str, Any]]:
    """Every version of a shipment's dossier, over the lots that it carried after each change."""
    there = shipment_lot.c.shipment_id == id
    changes = select(shipment_lot).where(there).order_by(shipment_lot.c.told_at)
    rows = session.execute(LOTS.where(lot.c.code.in_(select(shipment_lot.c.lot).where(there)))).all()
    steps = [Step(row.told_at, row.lot, row.quantity) for row in session.execute(changes)]
    return _versions(session, "shipment", str(id), rows, steps)


def newest_lots(
    session: Session, principal: Principal, *, limit: int, before: str | None
) -> Sequence[Row[Any]]:
    """The lots that were released last, or last before one of them, with their order."""
    query = _lots_of(principal).add_columns(order.c.po_number).join(order, order.c.id == lot.c.order_id)
    if before is not None:
        there = select(*BY_TIME).where(lot.c.code == before)
        query = query.where(tuple_(*BY_TIME) < there.scalar_subquery())
    return session.execute(query.order_by(*(column.desc() for column in BY_TIME)).limit(limit)).all()


def newest_shipments(session: Session, *, limit: int, before: UUID | None) -> Sequence[Row[Any]]:
    """The shipments that were told of last, or last before one of them, with how many lots they carry."""
    carried = func.sum(shipment_lot.c.quantity).label("carried")
    told = func.max(shipment_lot.c.told_at).label("told_at")
    by_lot = select(shipment_lot.c.shipment_id, carried, told)
    each = by_lot.group_by(shipment_lot.c.shipment_id, shipment_lot.c.lot).subquery()
    lots = func.count().filter(each.c.carried > 0).label("lots")
    last = func.max(each.c.told_at).label("told_at")
    query = select(each.c.shipment_id, last, lots).group_by(each.c.shipment_id)
    if before is not None:
        there = select(func.max(shipment_lot.c.told_at)).where(shipment_lot.c.shipment_id == before)
        place = tuple_(there.scalar_subquery(), literal(before, Uuid))
        query = query.having(tuple_(last, each.c.shipment_id) < place)
    return session.execute(query.order_by(last.desc(), each.c.shipment_id.desc()).limit(limit)).all()


def numbers_of(session: Session, shipments: Sequence[UUID]) -> dict[UUID, str]:
    """What logistics calls these shipments, as it told when it planned them."""
    orders = select(lot.c.order_id).join(shipment_lot, shipment_lot.c.lot == lot.c.code)
    told = timeline.c.data["shipment_id"].astext
    query = select(told.label("id"), timeline.c.data["number"].astext.label("number")).where(
        timeline.c.order_id.in_(orders.where(shipment_lot.c.shipment_id.in_(shipments))),
        timeline.c.type == contract_of(ShipmentPlanned).type,
        told.in_([str(id) for id in shipments]),
    )
    return {UUID(row.id): row.number for row in session.execute(query)}


def _lots_of(principal: Principal) -> Any:
    return LOTS if principal.role != BUYER else LOTS.where(order_line.c.buyer == principal.account)


def _contents(
    rows: Sequence[Row[Any]], changes: Sequence[Step], corrections: Sequence[Row[Any]]
) -> list[Contents]:
    """The lots after each step, as was known of them then; none once all was given up."""
    of_lot = {row.code: row for row in rows}
    lanes = {row.code: row.lane for row in rows}
    for told in reversed(corrections):
        lanes[told.data["lot"]] = told.data["former_lane"]
    steps = [
        *changes,
        *(Step(told.occurred_at, told.data["lot"], lane=told.data["lane"]) for told in corrections),
    ]
    carried: Counter[str] = Counter()
    contents: list[Contents] = []
    for at, together in groupby(sorted(steps, key=lambda step: step.at), key=lambda step: step.at):
        for step in together:
            carried[step.lot] += step.pieces
            lanes[step.lot] = step.lane or lanes[step.lot]
        if contents or carried.total():
            there = sorted(lot for lot, pieces in carried.items() if pieces > 0)
            lots = [_lot(of_lot[lot], carried[lot], lanes[lot]) for lot in there]
            contents.append(Contents(at=at, lots=tuple(lots)))
    return contents


def _corrections(session: Session, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """What was told of lots that had been made otherwise, oldest first."""
    told = timeline.c.data["lot"].astext
    query = select(timeline.c.occurred_at, timeline.c.data).where(
        timeline.c.order_id.in_({row.order_id for row in rows}),
        timeline.c.type == contract_of(LotLaneCorrected).type,
        told.in_([row.code for row in rows]),
    )
    return list(session.execute(query.order_by(timeline.c.occurred_at)))


def _versions(
    session: Session, kind: str, id: str, rows: Sequence[Row[Any]], steps: Sequence[Step]
) -> list[dict[str, Any]]:
    if not steps:
        return []
    contents = _contents(rows, steps, _corrections(session, rows))
    facts = dataclasses.replace(_known(session, rows), contents=contents)
    return versions(kind, id, facts, until=business_now(session))


def _known(session: Session, rows: Sequence[Row[Any]]) -> Facts:
    """What is known of the facilities and the work that the lots come from."""
    facilities = {row.facility for row in rows}
    return Facts(
        contents=(),
        documents=_documents(session, facilities),
        counts=_counts(session, {row.order_id for row in rows}, {row.work_order_id for row in rows}),
        months=_months(session, facilities),
    )


def _documents(session: Session, facilities: set[str]) -> list[Document]:
    query = select(evidence).where(evidence.c.facility.in_(facilities)).order_by(evidence.c.id)
    rows = session.execute(query).all()
    moved = _moved(session, {row.agreement_id for row in rows if row.agreement_id})
    return [
        Document(
            **{name: getattr(row, name) for name in OF_A_DOCUMENT}, moved=moved.get(row.agreement_id, ())
        )
        for row in rows
    ]


def _moved(session: Session, agreements: Collection[UUID]) -> dict[UUID, list[tuple[datetime, date]]]:
    """The last days that were told of these agreements, oldest first."""
    query = select(agreement_end).where(agreement_end.c.agreement_id.in_(agreements))
    moved: dict[UUID, list[tuple[datetime, date]]] = {}
    for row in session.execute(query.order_by(agreement_end.c.told_at)) if agreements else ():
        moved.setdefault(row.agreement_id, []).append((row.told_at, row.last_day))
    return moved


def _months(session: Session, facilities: set[str]) -> list[Month]:
    query = select(month_of_work).where(month_of_work.c.facility.in_(facilities))
    return [
        Month(
            facility=row.facility,
            month=row.month,
            told_at=row.told_at,
            figures={name: getattr(row, name) for name in FIGURES},
        )
        for row in session.execute(query)
    ]


def _counts(session: Session, orders: set[UUID], work_orders: set[UUID]) -> list[Counted]:
    """The reports and the lots of these work orders."""
    told = select(timeline.c.occurred_at, timeline.c.data).where(
        timeline.c.order_id.in_(orders), timeline.c.type.in_(REPORTS)
    )
    reports = [
        Counted(
            at=row.occurred_at,
            work_order_id=UUID(row.data["work_order_id"]),
            made=row.data["pieces"],
            released=0,
            made_on=date.fromisoformat(row.data["worked_on"]),
        )
        for row in session.execute(told)
        if row.data["kind"] == "made" and UUID(row.data["work_order_id"]) in work_orders
    ]
    lots = session.execute(select(lot).where(lot.c.work_order_id.in_(work_orders)))
    return reports + [
        Counted(
            at=row.released_at,
            work_order_id=row.work_order_id,
            made=0,
            released=row.quantity,
            lot=row.code,
        )
        for row in lots
    ]


def _lot(row: Row[Any], quantity: int, lane: str) -> Lot:
    about = {name: getattr(row, name) for name in ("facility", "work_order_id", "sku")}
    return Lot(lot=row.code, quantity=quantity, lane=lane, **about)
