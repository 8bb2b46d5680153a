"""Sending a file of orders: what would happen with each row, then how far it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from services.orders import imports
from services.orders.handlers import importing
from services.orders.rows import COLUMNS, MOST_BYTES, read_csv, read_json_lines
from shared.refusal import Refused
from shared.table_rows import lines_of
from shared.web import pages
from shared.web.access import BUYER, current
from shared.web.api import takes
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of, row_number
from shared.web.problems import not_found

desk = Blueprint("importing", __name__, url_prefix="/orders/import", template_folder="../templates")

PREVIEWED = 20
"""Orders of which the page tells what would become of them, before anything is placed."""
ROWS = 100


@desk.get("")
@pages.desk(BUYER)
def form() -> str:
    return render_template("import_form.html", columns=COLUMNS, refusal=None)


@desk.post("")
@pages.desk(BUYER)
@takes(MOST_BYTES)
def upload() -> Any:
    """Keep the rows, and show what would become of them."""
    file, person = request.files.get("file"), current()
    read = read_json_lines if file and (file.filename or "").endswith(("jsonl", "ndjson")) else read_csv
    try:
        if not file:
            raise Refused("Choose a file first.", field="file")
        with transaction() as session:
            id = importing.take_import(
                session, buyer=person.account or "", made_by=person.id, rows=read(lines_of(file.stream))
            )
    except Refused as refusal:
        return render_template("import_form.html", columns=COLUMNS, refusal=refusal), 422
    return pages.back_to("importing.one", import_id=id)


@desk.get("/<uuid:import_id>")
@desk.get("/<uuid:import_id>/<any(begin, forget):_form>")
@pages.desk(BUYER)
def one(import_id: UUID, _form: str = "") -> str:
    """What would happen, or how far it is and what was refused."""
    return _one(import_id)


@desk.post("/<uuid:import_id>/begin")
@pages.desk(BUYER)
def begin(import_id: UUID) -> Any:
    return _do(importing.begin_import, import_id) or pages.back_to("importing.one", import_id=import_id)


@desk.post("/<uuid:import_id>/forget")
@pages.desk(BUYER)
def forget(import_id: UUID) -> Any:
    return _do(importing.drop_import, import_id) or pages.back_to("importing.form")


def _do(command: Callable[..., None], import_id: UUID) -> tuple[str, int] | None:
    """Do something with the reader's import; the page again if that was refused."""
    try:
        with transaction() as session:
            _mine(session, import_id)
            command(session, import_id=import_id)
    except Refused as refusal:
        return _one(import_id, refusal), 422
    return None


def _one(import_id: UUID, refusal: Refused | None = None) -> str:
    person, after = current(), key_of(request.args.get("after"), row_number)
    with transaction() as session:
        found = _mine(session, import_id)
        if found["state"] == "preview":
            rows: list[Any] = importing.preview(
                session, import_id=import_id, buyer=person.account or "", made_by=person.id, limit=PREVIEWED
            )
            next = None
        else:
            rows = list(imports.rows_of(session, import_id, outcome="refused", limit=ROWS, after=after))
            next = cursor_of(str(rows[ROWS - 1]["number"])) if len(rows) > ROWS else None
    return render_template("import.html", found=found, rows=rows[:ROWS], next=next, refusal=refusal)


def _mine(session: Session, import_id: UUID) -> RowMapping:
    found = imports.import_of(session, current().account or "", import_id)
    if found is None:
        raise not_found("import")
    return found
