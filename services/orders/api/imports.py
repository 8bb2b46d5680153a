"""Many orders at once: ``/orders/v1/orders/import``, ``/orders/v1/imports…``."""

import hashlib
import tempfile
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, request
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from services.orders import imports
from services.orders.handlers import importing
from services.orders.rows import COLUMNS, MOST_BYTES, MOST_ROWS, READERS
from services.orders.schemas.imports import ImportedRowSchema, ImportRowsQuery, ImportSchema
from shared.table_rows import Row, lines_of
from shared.web.access import BUYER, current, requires
from shared.web.api import Routes, takes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once_for
from shared.web.pagination import key_of, link_to_next, row_number
from shared.web.problems import Problem, not_found

api = Routes("imports", __name__, url_prefix="/orders/v1", description="Many orders at once")

IMPORT = ImportSchema()
IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024
BODY = {
    "description": f"Up to {MOST_ROWS:,} rows, each a line of an order; rows of one po_number make one order."
    f" Columns: {', '.join(COLUMNS)}. Lines of the consignee's address stand between | signs, as the countries of transit do; - is a direct route."
    " unit_price, payment_terms and transit may be left out.",
    "required": True,
    "content": {kind: {"schema": {"type": "string"}} for kind in READERS},
}


@api.post("/orders/import")
@api.doc(requestBody=BODY)
@api.response(202, ImportSchema)
@requires(BUYER)
@takes(MOST_BYTES)
def import_orders() -> Response:
    """Place many orders, from CSV or JSON lines. The same rows again place nothing twice.
    Needs an Idempotency-Key."""
    read = READERS.get(request.mimetype)
    if read is None:
        kinds = " or ".join(READERS)
        raise Problem(
            415,
            "Not rows",
            f"Send the body as {kinds}, and say so in the header Content-Type.",
        )
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        asked = hashlib.sha256(request.path.encode())
        while chunk := request.stream.read(CHUNK):
            asked.update(chunk)
            file.write(chunk)

        def command(session: Session) -> Answer:
            file.seek(0)
            return _begun(session, read(lines_of(file)))

        return once_for(asked.digest(), command)


def _begun(session: Session, rows: Iterator[Row]) -> Answer:
    principal = current()
    id = importing.take_import(session, buyer=principal.account or "", made_by=principal.id, rows=rows)
    importing.begin_import(session, import_id=id)
    address = f"/orders/v1/imports/{id}"
    return IMPORT.dump(_mine(session, id)), 202, {"Location": address}


@api.get("/imports/<uuid:import_id>")
@api.response(200, ImportSchema)
@requires(BUYER)
def read_import(import_id: UUID) -> Any:
    """How far an import is."""
    with transaction() as session:
        return _mine(session, import_id)


@api.get("/imports/<uuid:import_id>/rows")
@api.arguments(ImportRowsQuery, location="query")
@api.response(200, ImportedRowSchema(many=True))
@requires(BUYER)
def read_rows(asked: dict[str, Any], import_id: UUID) -> Any:
    """What became of each row, in the order of the file."""
    limit = asked["limit"]
    with transaction() as session:
        _mine(session, import_id)
        after = key_of(asked["after"], row_number)
        rows = imports.rows_of(session, import_id, outcome=asked["outcome"], limit=limit, after=after)
    return list(rows[:limit]), 200, link_to_next(list(rows), limit, "number")


def _mine(session: Session, import_id: UUID) -> RowMapping:
    found = imports.import_of(session, current().account or "", import_id)
    if found is None:
        raise not_found("import")
    return found
