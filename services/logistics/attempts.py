"""Attempts to let goods pass a gate that are not cleared: who, where and why it was refused.

They are kept outside the transaction that was undone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.logistics.domain.order import NotCleared
from services.logistics.storage import gate_attempt
from services.logistics.storage import shipment as shipments
from shared.refusal import Sentence
from shared.web.access import current
from shared.web.context import keep_whatever_comes


@contextmanager
def kept(shipment_id: UUID | None = None, *, asked: str | None = None) -> Iterator[None]:
    """What is done inside lets goods pass a gate; that they are not cleared is kept before it is told.

    ``asked`` is what was to be done, where the last part of the address does not say it.
    """
    try:
        yield
    except NotCleared as refusal:
        _keep(shipment_id, asked or request.path.rsplit("/", 1)[1], refusal.sentence)
        raise


def _keep(shipment_id: UUID | None, asked: str, why: Sentence) -> None:
    by = current()
    attempt = insert(gate_attempt).values(
        asked=asked, shipment_id=shipment_id, who=by.id, name=by.name, role=by.role, **why.to_keep()
    )
    keep_whatever_comes(lambda session: session.execute(attempt))


def newest(session: Session, *, limit: int, before: int | None = None) -> Sequence[dict[str, Any]]:
    """The attempts that were refused last, or last before one of them, with the number of the shipment if there is one."""
    query = (
        select(gate_attempt, shipments.c.number)
        .outerjoin(shipments, shipments.c.id == gate_attempt.c.shipment_id)
        .order_by(gate_attempt.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(gate_attempt.c.id < before)
    rows = session.execute(query).mappings()
    return [{**row, "said": Sentence.kept(row["message"], row["values"])} for row in rows]
