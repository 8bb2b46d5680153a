"""Material of a facility: what there is, what came, and what may not be used."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.production import materials as views
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import materials
from services.production.local_time import today_at
from services.production.schemas.materials import NO_QUANTITY, Quantity
from services.production.views import facilities
from shared.refusal import Refused
from shared.text import is_plain
from shared.web import pages
from shared.web.access import KANWIL, current
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of
from shared.web.problems import Problem, not_found

desk = Blueprint("materials_page", __name__, url_prefix="/production", template_folder="../templates")

MOST = 40
QUANTITY = Quantity()
DUTIES = {
    "quarantine": "quarantine",
    "release": "quarantine",
    "write_off": "material",
    "give_back": "material",
}
CHANGE = "/materials/lots/<uuid:lot_id>/<any(quarantine, release, write_off, give_back):action>"


@desk.get("/materials")
@desk.get(CHANGE)
@pages.desk(*READERS)
def home(**_: Any) -> str:
    """Stock, what is in quarantine, and the newest lots, a page at a time.

    Also at a form's address, where it stands when the form was refused.
    """
    return _page()


@desk.post("/materials")
@pages.desk(*MAY["material"])
def receive() -> Any:
    try:
        with transaction() as session:
            lot = materials.receive(session, facility=current().account or "", **_receipt())
    except Refused as refusal:
        return _page(action="receive", refusal=refusal), 422
    return pages.back_to("materials_page.home", _anchor=f"lot-{lot.id}")


@desk.post(CHANGE)
@pages.desk(*READERS)
def change(lot_id: UUID, action: str) -> Any:
    roles = MAY[DUTIES[action]]
    if current().role not in roles:
        raise Problem(403, "Not for you", f"This is for {' or '.join(roles)}.")
    try:
        with transaction() as session:
            if views.find_lot(session, current(), lot_id) is None:
                raise not_found("material lot")
            command, read = ACTIONS[action]
            command(session, lot_id=lot_id, **read())
    except Refused as refusal:
        return _page(at=lot_id, action=action, refusal=refusal), 422
    return pages.back_to("materials_page.home", _anchor=f"lot-{lot_id}", **_place())


def _page(at: UUID | None = None, action: str = "", refusal: Refused | None = None) -> str:
    may = duties_of(current().role)
    place = _place()
    code, after = place.get("facility"), key_of(place.get("after"), UUID)
    with transaction() as session:
        names = {each["code"]: each["name"] for each in facilities(session)}
        if code is not None and code not in names:
            raise not_found("facility")
        stock = views.stock(session, current(), code)
        found = views.list_lots(session, current(), code=code, limit=MOST, after=after)
        quarantined = views.quarantined(session, current(), code=code)
        lots = [lot for lot in found[:MOST] if lot["quarantined_reason"] is None]
        if at is not None and at not in {lot["id"] for lot in (*quarantined, *lots)}:
            refused = views.find_lot(session, current(), at)  # it left this page meanwhile
            lots[:0] = [views.as_dict(refused)] if refused is not None else []
        used_by = views.used_by(session, [lot["id"] for lot in (*quarantined, *lots)])
        would_stop = views.stopped_by(session, lots) if "quarantine" in may else {}
        kinds = {kind["code"]: kind for kind in views.kinds(session)}
        today = today_at(session, current().account)
    return render_template(
        "materials.html",
        stock=stock,
        quarantined=quarantined,
        lots=lots,
        place=place,
        next=len(found) > MOST and {**place, "after": cursor_of(str(found[MOST - 1]["id"]))},
        facilities=names if current().role == KANWIL else {},
        used_by=used_by,
        would_stop=would_stop,
        may=may,
        kinds=kinds,
        today=today,
        at=at,
        action=action,
        refusal=refusal,
        typed=request.form,
    )


def _place() -> dict[str, str]:
    """Which lots are shown: the regional office's choice of a facility, and the page."""
    names = ("facility", "after") if current().role == KANWIL else ("after",)
    return {name: request.args[name] for name in names if request.args.get(name)}


def _receipt() -> dict[str, Any]:
    supplier = request.form.get("supplier", "").strip()
    if not supplier or len(supplier) > 200 or not is_plain(supplier):
        raise Refused("Give who it is from.", field="supplier")
    return {
        "material": request.form.get("material", ""),
        "supplier": supplier,
        "quantity": _quantity(),
        "received_on": _day(),
        "plot": _optional("plot"),
        "geolocation": _optional("geolocation"),
    }


def _optional(name: str) -> str | None:
    text = request.form.get(name, "").strip()
    if len(text) > 100 or not is_plain(text):
        raise Refused("Give a line of plain text.", field=name)
    return text or None


def _quantity() -> Decimal:
    """A quantity as people write it: 46,5 and 46.5 are the same."""
    try:
        return Decimal(QUANTITY.deserialize(request.form.get("quantity", "").strip().replace(",", ".")))
    except ValidationError:
        raise Refused(NO_QUANTITY, field="quantity") from None


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("received_on", ""))
    except ValueError:
        raise Refused("Give a day.", field="received_on") from None


def _reason() -> dict[str, Any]:
    return {"reason": request.form.get("reason", "")[:400]}


def _nothing() -> dict[str, Any]:
    return {}


def _spoilt() -> dict[str, Any]:
    return {"quantity": _quantity(), **_reason()}


def _used_less() -> dict[str, Any]:
    try:
        work_order_id = UUID(request.form.get("work_order_id", ""))
    except ValueError:
        raise Refused("Choose the work order that used less.", field="work_order_id") from None
    return {"work_order_id": work_order_id, **_spoilt()}


ACTIONS: dict[str, tuple[Callable[..., Any], Callable[[], dict[str, Any]]]] = {
    "quarantine": (materials.quarantine, _reason),
    "release": (materials.release, _nothing),
    "write_off": (materials.write_off, _spoilt),
    "give_back": (materials.give_back, _used_less),
}
