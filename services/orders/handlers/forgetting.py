"""Forgetting what led to no order: quotes long expired, and files that nobody began."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, func, select, text
from sqlalchemy.orm import Session

from services.orders.storage import order_import, order_import_row, quote
from shared.clock import business_today

QUOTE_KEPT = timedelta(days=30)
"""After its last day, for who asks what was promised."""
PREVIEW_KEPT = "7 days"
AT_A_TIME = 100


def is_due(session: Session) -> bool:
    """Whether there is something to forget."""
    return bool(_old_quotes(session, 1) or _old_previews(session, 1))


def forget_some(session: Session) -> bool:
    """Forget some of it; false if there is no more."""
    quotes, previews = _old_quotes(session, AT_A_TIME), _old_previews(session, AT_A_TIME)
    session.execute(delete(quote).where(quote.c.id.in_(quotes)))
    session.execute(delete(order_import_row).where(order_import_row.c.import_id.in_(previews)))
    session.execute(delete(order_import).where(order_import.c.id.in_(previews)))
    return bool(quotes or previews)


def _old_quotes(session: Session, most: int) -> list[UUID]:
    return _locked(session, quote, quote.c.expires_on < business_today(session) - QUOTE_KEPT, most)


def _old_previews(session: Session, most: int) -> list[UUID]:
    old = order_import.c.made_at < func.now() - text(f"interval '{PREVIEW_KEPT}'")
    return _locked(session, order_import, and_(order_import.c.begun_at.is_(None), old), most)


def _locked(session: Session, table: Table, old: ColumnElement[bool], most: int) -> list[UUID]:
    """Some of the old ones; nobody begins an import of them until the commit."""
    query = select(table.c.id).where(old).limit(most).with_for_update(skip_locked=True)
    return list(session.execute(query).scalars())
