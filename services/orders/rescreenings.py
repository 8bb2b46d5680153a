"""What changes are found against, and new rules above all, as it is worked off and shown: reads only."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, and_, case, distinct, exists, func, select, tuple_
from sqlalchemy.orm import Session

from services.orders.domain.dossier import CONTRADICTS
from services.orders.storage import (
    WANTED,
    caught_line,
    destination_policy,
    evidence,
    lot,
    order_line,
    rescreening,
)
from services.orders.storage import order as orders
from shared.clock import WIB

OPEN = order_line.c.delivered < WANTED
WAITING = rescreening.c.ended_at.is_(None)
AT_SEA = order_line.c.departed - order_line.c.delivered
OF_LINE = (caught_line.c.order_id == order_line.c.order_id) & (
    caught_line.c.line_number == order_line.c.number
)

BY_EVIDENCE = caught_line.c.evidence_id.is_not(None)

_later = caught_line.alias("later")
_newest = ~exists().where(
    _later.c.order_id == caught_line.c.order_id,
    _later.c.line_number == caught_line.c.line_number,
    _later.c.id > caught_line.c.id,
    _later.c.at_sea > 0,
    _later.c.evidence_id.is_(None),
)
_taken_back = evidence.alias("taken_back")
_speaks_still = ~exists().where(
    _taken_back.c.id == caught_line.c.evidence_id,
    _taken_back.c.finding == CONTRADICTS,
    _taken_back.c.withdrawn_at.is_not(None),
)
_on_its_way = and_(
    order_line.c.delivered < caught_line.c.departed,
    ~exists().where(
        _later.c.order_id == caught_line.c.order_id,
        _later.c.line_number == caught_line.c.line_number,
        _later.c.evidence_id == caught_line.c.evidence_id,
        _later.c.departed > caught_line.c.departed,
    ),
)
ALARMS = and_(
    caught_line.c.at_sea > 0,
    case((BY_EVIDENCE, and_(_speaks_still, _on_its_way)), else_=and_(_newest, AT_SEA > 0)),
)


def is_due(session: Session, today: date) -> bool:
    """Whether lines are to be screened again."""
    return session.execute(
        select(select(rescreening.c.id).where(WAITING, rescreening.c.due_on <= today).exists())
    ).scalar_one()


def next_due(session: Session, today: date) -> Row[Any] | None:
    """The screening that was asked for first, locked for who works on it."""
    query = select(rescreening).where(WAITING, rescreening.c.due_on <= today)
    first = query.order_by(rescreening.c.due_on, rescreening.c.id).limit(1)
    return session.execute(first.with_for_update(skip_locked=True)).one_or_none()


def open_orders(session: Session, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Orders with something left to deliver, by their ids."""
    query = select(order_line.c.order_id).where(OPEN).distinct()
    if after is not None:
        query = query.where(order_line.c.order_id > after)
    return session.execute(query.order_by(order_line.c.order_id).limit(limit)).scalars().all()


def in_work(session: Session, today: date) -> Sequence[RowMapping]:
    """Screenings that are due and have not ended, with the lines that they have done."""
    query = select(rescreening).where(WAITING, rescreening.c.due_on <= today).order_by(rescreening.c.id)
    return session.execute(query).mappings().all()


def count_open(session: Session) -> int:
    return session.execute(select(func.count()).select_from(order_line).where(OPEN)).scalar_one()


def counts(session: Session) -> Sequence[RowMapping]:
    """How many lines each rule caught that still have something to deliver, the newest first."""
    caught = (
        select(
            func.jsonb_array_elements_text(caught_line.c.policies).label("policy"),
            caught_line.c.caught_at,
            caught_line.c.order_id,
            caught_line.c.line_number,
        )
        .join(order_line, OF_LINE)
        .where(OPEN)
        .subquery()
    )
    lines = func.count(distinct(tuple_(caught.c.order_id, caught.c.line_number))).label("lines")
    query = select(caught.c.policy, lines).group_by(caught.c.policy)
    newest = query.order_by(func.max(caught.c.caught_at).desc(), caught.c.policy)
    return session.execute(newest).mappings().all()


def caught(session: Session, *, limit: int) -> Sequence[RowMapping]:
    """Lines that a change caught and that still have something to deliver, the newest first."""
    return session.execute(_lines().where(OPEN).limit(limit)).mappings().all()


def alarms(session: Session, *, limit: int) -> Sequence[RowMapping]:
    """Lines whose goods were at sea when a change caught them, and still are, each with the newest that did; and with
    all evidence that speaks against them."""
    return session.execute(_lines().where(ALARMS).limit(limit)).mappings().all()


def count_alarms(session: Session) -> Row[int, int, int]:
    """How many lines at sea the law speaks against, and how many evidence does."""
    lines = func.count(distinct(tuple_(caught_line.c.order_id, caught_line.c.line_number)))
    counted = select(
        lines.filter(~BY_EVIDENCE).label("law"),
        lines.filter(BY_EVIDENCE).label("evidence"),
        func.count().label("all"),
    )
    query = counted.select_from(caught_line).join(order_line, OF_LINE).where(ALARMS)
    return session.execute(query).one()


def at_sea_from(session: Session, facility: str) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    """Lines that a rule speaks of and of which something is at sea, where a facility made some that departed."""
    of_line = (lot.c.order_id == order_line.c.order_id, lot.c.line_number == order_line.c.number)
    departed = exists().where(*of_line, lot.c.facility == facility, lot.c.departed > 0)
    of = (order_line.c.order_id, order_line.c.number, order_line.c.departed, order_line.c.action)
    query = select(*of, AT_SEA.label("at_sea"))
    held = query.where(order_line.c.action != "allow", AT_SEA > 0, departed)
    return session.execute(held.order_by(order_line.c.order_id, order_line.c.number)).all()


def _lines() -> Any:
    return (
        select(
            *caught_line.c,
            orders.c.po_number,
            orders.c.buyer_name,
            order_line.c.sku,
            order_line.c.destination,
            order_line.c.explanation_en,
            order_line.c.explanation_id,
            WANTED.label("wanted"),
            AT_SEA.label("still_at_sea"),
            evidence.c.facility,
            evidence.c.item,
            evidence.c.document,
            evidence.c.finding,
        )
        .join(order_line, OF_LINE)
        .join(orders, orders.c.id == order_line.c.order_id)
        .outerjoin(evidence, evidence.c.id == caught_line.c.evidence_id)
        .order_by(caught_line.c.id.desc())
    )


def versions_in_force(session: Session) -> list[dict[str, Any]]:
    """The versions that count, by their ids, with who published them when."""
    query = select(destination_policy).where(destination_policy.c.withdrawn_at.is_(None))
    return [
        row.row
        | {
            "name": f"{row.id} v{row.version}",
            "verified_on": row.row.get("verified_on") and date.fromisoformat(row.row["verified_on"]),
            "published_on": row.published_at.astimezone(WIB).date(),
            "published_by": row.published_by,
        }
        for row in session.execute(query.order_by(destination_policy.c.id))
    ]
