"""Who read of workers: each read of what is about persons is noted in the transaction that reads it."""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.production.storage import worker_read
from shared.web.access import Principal

R = TypeVar("R", bound=Collection[object])


def noted(session: Session, principal: Principal, page: str, rows: R) -> R:
    """The same rows, a row each worker, once it is noted who reads them and how many there are."""
    values = {"facility": principal.account, "principal": principal.id, "role": principal.role, "page": page}
    session.execute(insert(worker_read).values(**values, codes=len(rows)))
    return rows
