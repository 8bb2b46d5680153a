"""Taking in many orders at once: rows first, then a job works them off."""

import json
import logging
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import Any, Literal
from uuid import UUID

import uuid_utils.compat as uuid7s
from marshmallow import ValidationError
from sqlalchemy import Row as Found
from sqlalchemy import bindparam, func, insert, update
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from services.orders import imports
from services.orders.domain.imported import Place, Verdict, judged, refused
from services.orders.handlers.placing import new_order, order_of, place_order
from services.orders.rows import po_number_of
from services.orders.schemas.imports import ImportRowSchema
from services.orders.storage import order_import, order_import_row
from shared.database import said_without_rows
from shared.refusal import Refused, Sentence
from shared.table_rows import Row
from shared.web.access import BUYER
from shared.web.problems import field_errors

AT_ONCE = 1_000
"""Rows written by one statement."""
ORDERS_AT_ONCE = 25
"""Orders placed in one transaction: a worker that dies loses the work on no more than these."""
ROW = ImportRowSchema()
UNREADABLE = Sentence("This row can't be read; send it again in plain text.")
log = logging.getLogger(__name__)


def take_import(session: Session, *, buyer: str, made_by: str, rows: Iterable[Row]) -> UUID:
    """Keep the rows, to be looked at; nothing is placed before the import begins."""
    id = uuid7s.uuid7()
    session.execute(insert(order_import).values(id=id, buyer=buyer, made_by=made_by))
    kept = (_kept(id, row) for row in rows)
    some = list(islice(kept, AT_ONCE))
    if not some:
        raise Refused("There is no row to import.", field="file")
    while some:
        session.execute(insert(order_import_row), some)
        some = list(islice(kept, AT_ONCE))
    return id


def _kept(id: UUID, row: Row) -> dict[str, Any]:
    return {
        "import_id": id,
        "number": row.number,
        "po_number": po_number_of(row),
        "content": json.dumps(row.content),
        "outcome": row.wrong and "refused",
        "field": row.wrong and "row",
        "reason": row.wrong and str(row.wrong),
    }


def begin_import(session: Session, *, import_id: UUID) -> None:
    """Let the job place the orders; beginning twice is beginning once."""
    session.execute(
        update(order_import)
        .where(order_import.c.id == import_id, order_import.c.begun_at.is_(None))
        .values(begun_at=func.now())
    )


def drop_import(session: Session, *, import_id: UUID) -> None:
    """Forget an import that somebody looked at and did not begin."""
    imports.lock_preview(session, import_id)
    for table, key in ((order_import_row, order_import_row.c.import_id), (order_import, order_import.c.id)):
        session.execute(table.delete().where(key == import_id))


def work_off_some(session: Session) -> bool:
    """Place some of the orders of the import that began first and that no other worker is at; false if there is none."""
    found = imports.next_due(session)
    if found is None:
        return False
    session.info["actor_role"] = BUYER
    for po_number in imports.next_po_numbers(session, found.id, limit=ORDERS_AT_ONCE):
        _work_off(session, found, po_number)
    if not imports.next_po_numbers(session, found.id, limit=1):
        session.execute(
            update(order_import).where(order_import.c.id == found.id).values(ended_at=func.clock_timestamp())
        )
    return True


def _work_off(session: Session, found: Found[Any], po_number: str) -> None:
    """Place one order. What can't be read, or no column can hold, is refused alone: it would be so each time."""
    rows = imports.rows_of_order(session, found.id, po_number)
    try:
        with session.begin_nested():
            _note(session, found.id, _verdicts(rows, partial(_place, session, found.buyer, found.made_by)))
    except (ValueError, RecursionError, DataError) as error:
        log.error("rows of the import %s can't be worked off: %s", found.id, said_without_rows(error))
        numbers = [row.number for row in rows]
        _note(session, found.id, refused(numbers, dict.fromkeys(numbers, ("row", UNREADABLE))))


def preview(session: Session, *, import_id: UUID, buyer: str, made_by: str, limit: int) -> list[Verdict]:
    """What would become of the rows of the first orders; nothing is placed."""
    told: list[Verdict] = []
    for po_number in imports.next_po_numbers(session, import_id, limit=limit):
        rows = imports.rows_of_order(session, import_id, po_number)
        told += _verdicts(rows, partial(_try, session, buyer, made_by))
    return told


def _verdicts(rows: list[Found[Any]], place: Place) -> list[Verdict]:
    """The verdict on each row of one order; the order is placed if all of its rows are right."""
    loaded: dict[int, dict[str, Any]] = {}
    wrong: dict[int, tuple[str, str]] = {}
    for row in rows:
        if row.outcome is not None:
            wrong[row.number] = (row.field, row.reason)
            continue
        try:
            loaded[row.number] = ROW.load(json.loads(row.content))
        except ValidationError as error:
            first = next(field_errors(error.messages))
            wrong[row.number] = (first["field"], first["message"])
    if wrong:
        return refused([row.number for row in rows], wrong)
    return judged(loaded, place)


def _place(
    session: Session, buyer: str, made_by: str, request: dict[str, Any]
) -> tuple[Literal["accepted", "repeated"], UUID | None]:
    earlier = _repeated(session, buyer, request)
    if earlier is not None:
        return "repeated", earlier
    with session.begin_nested():
        return "accepted", place_order(session, buyer=buyer, placed_by=made_by, **request).id


def _try(
    session: Session, buyer: str, made_by: str, request: dict[str, Any]
) -> tuple[Literal["accepted", "repeated"], UUID | None]:
    earlier = _repeated(session, buyer, request)
    if earlier is not None:
        return "repeated", earlier
    new_order(session, buyer=buyer, placed_by=made_by, **request)
    return "accepted", None


def _repeated(session: Session, buyer: str, request: dict[str, Any]) -> UUID | None:
    """The order that was placed before under the same number and says the same."""
    earlier = order_of(session, buyer, request["po_number"])
    return earlier if earlier and imports.placed_as(session, earlier, request) else None


TOLD = (
    update(order_import_row)
    .where(order_import_row.c.import_id == bindparam("id"), order_import_row.c.number == bindparam("row"))
    .values({name: bindparam(f"its_{name}") for name in ("outcome", "order_id", "field", "reason")})
)


def _note(session: Session, import_id: UUID, verdicts: list[Verdict]) -> None:
    told = [
        {
            "id": import_id,
            "row": verdict.number,
            "its_outcome": verdict.outcome,
            "its_order_id": verdict.order_id,
            "its_field": verdict.field,
            "its_reason": verdict.reason,
        }
        for verdict in verdicts
    ]
    session.connection().execute(TOLD, told)
