"""What production warns of: read from the timeline, where each warning stands until it is cleared."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.orders import facilities
from services.orders.sentences import sentence
from services.orders.storage import timeline
from shared.events import contract_of
from shared.events.production import LatenessCleared, LatenessWarned

WARNED, CLEARED = (contract_of(event).type for event in (LatenessWarned, LatenessCleared))
WARNING_ID = timeline.c.data["warning_id"].astext


def standing_warnings(session: Session, order_id: UUID, language: str) -> list[dict[str, Any]]:
    """What an order is in danger of now, each in a sentence, the oldest line first."""
    newest = (
        select(timeline.c.type, timeline.c.data, timeline.c.occurred_at)
        .where(timeline.c.order_id == order_id, timeline.c.type.in_((WARNED, CLEARED)))
        .ext(distinct_on(WARNING_ID))
        .order_by(WARNING_ID, timeline.c.occurred_at.desc(), timeline.c.event_id.desc())
    )
    rows = [row for row in session.execute(newest) if row.type == WARNED]
    names = facilities.names(session) if rows else {}
    told = [
        {
            "line": row.data["line"],
            "grade": row.data["grade"],
            "since": row.occurred_at,
            "text": sentence(row.type, row.data, names, language),
        }
        for row in rows
    ]
    return sorted(told, key=lambda each: (each["line"], each["since"]))
