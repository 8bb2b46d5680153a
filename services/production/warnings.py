"""Warnings as they are read: a facility sees its own, the regional office all; and whether to look for new ones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, case, exists, false, func, select
from sqlalchemy.orm import Session

from services.production.domain.lateness import INSIDE
from services.production.domain.warning import GRADES, WorkWarning
from services.production.storage import STANDING, facility, item, warning, warning_check, work_order
from shared.clock import business_now
from shared.events import contract_of
from shared.events.production import LatenessCleared, LatenessWarned
from shared.messaging.tables import outbox_event
from shared.web.access import IN_A_FACILITY, KANWIL, Principal

CHECKED_EVERY = timedelta(hours=1)
"""By the business clock, though nothing happened: days pass, and so does the time of those who were warned."""
OUR_OWN = tuple(contract_of(event).type for event in (LatenessWarned, LatenessCleared))

BY_GRADE = case({grade: rank for rank, grade in enumerate(reversed(GRADES))}, value=warning.c.grade)
"""The worst first."""


def check_is_due(session: Session) -> bool:
    """Whether anything happened since all work was last looked through, or an hour passed."""
    last = session.execute(select(warning_check)).one_or_none()
    if last is None or business_now(session) - last.checked_at >= CHECKED_EVERY:
        return True
    happened = exists().where(outbox_event.c.id > last.event, outbox_event.c.type.not_in(OUR_OWN))
    return bool(session.execute(select(happened)).scalar_one())


def mine(principal: Principal) -> ColumnElement[bool]:
    """Whose warnings a principal may see; those of consent are the facility's own."""
    if principal.role in IN_A_FACILITY:
        return warning.c.facility == principal.account
    return warning.c.kind != INSIDE if principal.role == KANWIL else false()


def find(session: Session, principal: Principal, id: UUID) -> WorkWarning | None:
    query = select(WorkWarning).where(warning.c.id == id, mine(principal))
    return session.execute(query).scalar_one_or_none()


def in_full(session: Session, principal: Principal, id: UUID) -> RowMapping:
    return session.execute(_rows(principal).where(warning.c.id == id)).mappings().one()


def list_warnings(
    session: Session,
    principal: Principal,
    *,
    standing: bool,
    grade: str | None = None,
    code: str | None = None,
    limit: int = 50,
    after: UUID | None = None,
) -> list[RowMapping]:
    """Newest first; one more than the limit tells that there are more."""
    query = _rows(principal).where(STANDING if standing else ~STANDING)
    if grade is not None:
        query = query.where(warning.c.grade == grade)
    if code is not None:
        query = query.where(warning.c.facility == code)
    if after is not None:
        query = query.where(warning.c.id < after)
    return list(session.execute(query.order_by(warning.c.id.desc()).limit(limit + 1)).mappings())


def worst_first(session: Session, principal: Principal, limit: int) -> Sequence[RowMapping]:
    """What stands, by grade, then the longest first."""
    query = _rows(principal).where(STANDING).order_by(BY_GRADE, warning.c.first_seen, warning.c.id)
    return session.execute(query.limit(limit)).mappings().all()


def not_acknowledged(session: Session, principal: Principal, limit: int) -> Sequence[RowMapping]:
    """What stands and nobody took up yet, for the board, which tells of locked facilities by itself."""
    unseen = (STANDING, warning.c.acknowledged_at.is_(None), warning.c.work_order_id.is_not(None))
    query = _rows(principal).where(*unseen).order_by(BY_GRADE, warning.c.first_seen, warning.c.id)
    return session.execute(query.limit(limit)).mappings().all()


def count_by_grade(session: Session, principal: Principal) -> dict[str, int]:
    query = select(warning.c.grade, func.count()).where(mine(principal), STANDING).group_by(warning.c.grade)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {grade: found[grade] for grade in reversed(GRADES) if grade in found}


def _rows(principal: Principal) -> Select[Any]:
    return (
        select(
            warning,
            work_order.c.number,
            work_order.c.due,
            facility.c.name.label("facility_name"),
            facility.c.time_zone,
            item.c.name_id,
            item.c.name_en,
        )
        .join(facility, facility.c.code == warning.c.facility)
        .outerjoin(work_order, work_order.c.id == warning.c.work_order_id)
        .outerjoin(item, item.c.sku == work_order.c.sku)
        .where(mine(principal))
    )
