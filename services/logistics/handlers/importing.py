"""Many milestones at once: each row holds or falls by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from services.logistics.handlers.milestones import record_milestone
from services.logistics.reported_rows import Row
from services.logistics.schemas.milestones import MilestoneRequest
from services.logistics.storage import shipment, shipment_milestone
from shared.refusal import Refused
from shared.sight import as_the_service
from shared.web.problems import field_errors

REPORT = MilestoneRequest()
FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a row: recorded, known before, or refused."""

    line: int
    outcome: str
    shipment: str
    field: str | None = None
    detail: str | None = None


def import_milestones(session: Session, *, rows: Iterable[Row]) -> list[Outcome]:
    """Report each row, what happened earlier first, so that a file needs no order; told in the order of the file."""
    read = [(row, *_read(row)) for row in rows]
    read.sort(key=lambda each: each[1].get("occurred_at", FIRST))
    return sorted((_reported(session, *each) for each in read), key=lambda each: each.line)


def _read(row: Row) -> tuple[dict[str, Any], Refused | None]:
    try:
        return REPORT.load(row.said), None
    except ValidationError as error:
        first = next(iter(field_errors(error.messages)))
        message, field = first["message"], first["field"]
        return {}, Refused(message, field=field)


def _reported(session: Session, row: Row, body: dict[str, Any], wrong: Refused | None) -> Outcome:
    try:
        if wrong:
            raise wrong
        id = _shipment(session, row.shipment)
        with session.begin_nested(), as_the_service(session):
            before = _count(session, id)
            record_milestone(session, shipment_id=id, **body)
            news = _count(session, id) > before
    except Refused as refusal:
        return Outcome(
            line=row.line, outcome="refused", shipment=row.shipment, field=refusal.field, detail=str(refusal)
        )
    return Outcome(line=row.line, outcome="recorded" if news else "known", shipment=row.shipment)


def _count(session: Session, shipment_id: UUID) -> int:
    query = select(func.count()).where(shipment_milestone.c.shipment_id == shipment_id)
    return session.execute(query).scalar_one()


def _shipment(session: Session, named: str) -> UUID:
    """The shipment of this number, or the newest live one in this container, of those that the sender may see."""
    plain = "".join(named.upper().split())
    inside = and_(shipment.c.container == plain, shipment.c.cancelled_at.is_(None))
    query = select(shipment.c.id).where(or_(shipment.c.number == plain, inside))
    newest = query.order_by(shipment.c.id.desc()).limit(1)
    found: UUID | None = session.execute(newest).scalar_one_or_none()
    if found is None:
        raise Refused(
            "There is no shipment {number}; give its number or its container.", field="shipment", number=named
        )
    return found
