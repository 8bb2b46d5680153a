"""A buyer acknowledges who made the goods of a line, and the acknowledgement ends with what it was about."""

from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.orders import acknowledgements, timeline
from services.orders.domain import acknowledgement as rules
from services.orders.domain.order import Line, Order
from services.orders.handlers.locking import locked
from services.orders.storage import acknowledgement
from shared.clock import business_now
from shared.web.access import Principal


def acknowledge(
    session: Session,
    *,
    order_id: UUID,
    line: int,
    text_version: int,
    language: rules.Language,
    knows_who_made_it: bool,
    answers_for_import: bool,
    by: Principal,
) -> None:
    """The buyer says that they know, and that importing is theirs to answer for; it is kept with the text's version."""
    order = locked(session, order_id)
    found = order.line(line)
    earlier = acknowledgements.newest(session, order_id).get(line)
    told = rules.give(
        order,
        found,
        earlier,
        text_version=text_version,
        language=language,
        knows=knows_who_made_it,
        answers=answers_for_import,
    )
    said = rules.Said(
        text_version=text_version,
        language=language,
        about=rules.about(found),
        said_by=by.id,
        said_by_name=by.name,
        said_at=business_now(session),
    )
    _keep(session, order_id, line, said)
    timeline.tell(session, told)


def end_if_changed(session: Session, order: Order, line: Line) -> None:
    """The line may be another one than its buyer acknowledged: then that ends, and is asked for anew."""
    standing = acknowledgements.newest(session, order.id).get(line.number)
    told = rules.end(order, line, standing)
    if told is None or standing is None:
        return
    said = rules.Said(
        text_version=standing.text_version,
        language=standing.language,
        about=rules.about(line),
        said_by="system",
        said_by_name="system",
        said_at=business_now(session),
        because=told.because,
    )
    _keep(session, order.id, line.number, said)
    timeline.tell(session, told)


def _keep(session: Session, order_id: UUID, line: int, said: rules.Said) -> None:
    session.execute(insert(acknowledgement).values(order_id=order_id, line_number=line, **vars(said)))
