"""The page of keys: which of our systems may come in, and which was lately?"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.orders.schemas.keys import KeyRequest
from shared.clock import WIB
from shared.refusal import Refused
from shared.web import keys, pages
from shared.web.access import BUYER, SCOPES, current
from shared.web.context import transaction
from shared.web.keys import MOST_KEYS, OVERLAP
from shared.web.problems import field_errors, not_found

desk = Blueprint("key_pages", __name__, url_prefix="/orders/keys", template_folder="../templates")

KEY = KeyRequest()


@desk.get("/")
@desk.get("/<key_id>/<any(rotate, revoke):form>")
@pages.desk(BUYER)
def every(**_: Any) -> str:
    """The buyer's keys and the form for another; also at the address of each key's forms."""
    return _every()


@desk.post("/")
@pages.desk(BUYER)
def add() -> Any:
    """Make a key, and show it this once."""
    try:
        with transaction() as session:
            made = keys.make_key(session, by=current(), **_asked())
    except (Refused, ValidationError) as refusal:
        return _every(wrong=_wrong(refusal)), 422
    return _every(made=made), 201


@desk.post("/<key_id>/rotate")
@pages.desk(BUYER)
def rotate(key_id: str) -> Any:
    """Put a new key in the place of one, and show it this once."""
    try:
        with transaction() as session:
            made = keys.rotate_key(session, by=current(), key_id=key_id, overlap=OVERLAP)
    except Refused as refusal:
        return _every(refused=pages.said(refusal)), 422
    if made is None:
        raise not_found("key")
    return _every(made=made), 201


@desk.post("/<key_id>/revoke")
@pages.desk(BUYER)
def revoke(key_id: str) -> Any:
    with transaction() as session:
        if not keys.revoke_key(session, by=current(), key_id=key_id):
            raise not_found("key")
    return pages.back_to("key_pages.every")


def _asked() -> dict[str, Any]:
    """The key as the form has it; it opens to the end of the last day that was given."""
    last_day = request.form.get("last_day", "").strip()
    asked = {"name": request.form.get("name", ""), "scopes": request.form.getlist("scopes")}
    read: dict[str, Any] = KEY.load(asked)
    return read | {"expires_at": _end_of(last_day) if last_day else None}


def _end_of(typed: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(typed), time.max, WIB)
    except ValueError:
        raise Refused("Give a day.", field="last_day") from None


def _wrong(refusal: Refused | ValidationError) -> dict[str, str]:
    """What is wrong with the form, by its field; under the empty name what is wrong with all of it."""
    if isinstance(refusal, Refused):
        field = "last_day" if refusal.field == "expires_at" else refusal.field or ""
        return {field: pages.said(refusal)}
    errors = field_errors(refusal.messages)
    return {error["field"].partition("[")[0]: pages.said(error["message"]) for error in errors}


def _every(
    *, made: Mapping[str, Any] | None = None, wrong: Mapping[str, str] | None = None, refused: str = ""
) -> str:
    """The page; ``made`` is the key to show once, ``wrong`` and ``refused`` what was refused."""
    with transaction() as session:
        found = keys.keys_of(session, current())
    return render_template(
        "keys.html",
        keys=found,
        made=made,
        wrong=wrong or {},
        refused=refused,
        typed=request.form if wrong else {},
        chosen=request.form.getlist("scopes") if wrong else SCOPES,
        most=MOST_KEYS,
        live=sum(key["state"] == "active" for key in found),
        overlap_hours=int(OVERLAP.total_seconds() // 3600),
    )
