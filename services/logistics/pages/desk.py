"""The dispatch desk: what leaves next, and what is missing for it?"""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from services.logistics import attempts, downloads, rules, standing, views, views_of_desk
from services.logistics.domain.order import sort_out
from services.logistics.handlers import cartons, shipments
from services.logistics.pages import telling
from shared.clock import business_today
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import KANWIL, LOGISTICS
from shared.web.context import serving, transaction
from shared.web.pagination import cursor_of, key_of

desk = Blueprint("dispatch", __name__, url_prefix="/logistics", template_folder="../templates")


MOST_SHIPMENTS = 25
"""On a page of each list, the most pressing first."""

MOST_WITHHELD = 20
"""Withheld lots on the first page, the newest first."""


MOST_LOTS = 100
"""Lots on the first page; the rest come up as these are packed."""


@desk.get("/")
@desk.get("/lots/<lot>/<any(pack, arrived):form>")
@desk.get("/scan")
@desk.get("/shipments")
@pages.desk(LOGISTICS, KANWIL)
def home(**_: Any) -> str:
    """The desk; also at the address of each of its forms, where it stands when the form was refused."""
    return _home()


@desk.post("/lots/<lot>/pack")
@pages.desk(LOGISTICS)
def pack(lot: str) -> Any:
    return _do(
        lambda session: cartons.pack_lot(
            session,
            lot=lot,
            quantity=_pieces(request.form.get("quantity")),
            prefix=serving().settings.gs1_prefix,
        ),
        at=f"pack {lot}",
    )


@desk.post("/lots/<lot>/arrived")
@pages.desk(LOGISTICS)
def arrived(lot: str) -> Any:
    hub = request.form.get("hub", "")
    return _do(lambda session: cartons.gather_lot(session, hub=hub, lot=lot), at=f"arrived {lot}")


@desk.post("/scan")
@pages.desk(LOGISTICS)
def scan() -> Any:
    hub, sscc = request.form.get("hub", ""), request.form.get("sscc", "")
    return _do(lambda session: cartons.gather_cartons(session, hub=hub, ssccs=[sscc]), at="scan")


@desk.post("/shipments")
@pages.desk(LOGISTICS)
def build() -> Any:
    hub, destination = request.form.get("hub", ""), request.form.get("destination", "")
    try:
        with attempts.kept(), transaction() as session:
            planned = shipments.plan_shipment(session, hub=hub, destination=destination)
    except Refused as refusal:
        return _home(at=f"build {hub} {destination}", refusal=refusal), 422
    return pages.back_to("shipment.one_shipment", shipment_id=planned.shipment.id)


@desk.get("/find")
@pages.desk(LOGISTICS, KANWIL)
def find() -> Any:
    """A shipment by its number, its container, or one of its cartons."""
    sought = request.args.get("q", "").strip()
    with transaction() as session:
        found = views.find_by(session, sought)
    if found is None:
        return _home(sought=sought), 404
    return redirect(url_for("shipment.one_shipment", shipment_id=found))


def _do(command: Callable[[Session], Any], *, at: str) -> Any:
    """One form of the desk; refused, the desk comes again with the reason where the form stands."""
    try:
        with attempts.kept(), transaction() as session:
            command(session)
    except Refused as refusal:
        return _home(at=at, refusal=refusal), 422
    return pages.back_to("dispatch.home")


def _pieces(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        raise Refused("Give the number of pieces in digits.", field="quantity") from None


def _home(at: str = "", refusal: Refused | None = None, sought: str | None = None) -> str:
    """The whole desk; ``at`` names the form that was refused."""
    said = pages.said(refusal) if refusal else ""
    with transaction() as session:
        today, graph = business_today(session), rules.milestones(session)
        lots = views.lots_to_pack(session, limit=MOST_LOTS)
        listed = views_of_desk.lists(
            session,
            graph,
            limit=MOST_SHIPMENTS,
            after=_place("after"),
            sailing_after=_place("sailing_after"),
        )
        shown = {
            **listed._asdict(),
            "returned": views.goods_returned(session),
            "withheld": views.lots_withheld(session, limit=MOST_WITHHELD),
            "lots": lots[:MOST_LOTS],
            "more_lots": len(lots) > MOST_LOTS,
            "on_the_way": views.lots_on_the_way(session),
            "standing": _standing(session, today),
            "hubs": views.hubs(session),
            "names": views.place_names(session),
            "states": telling.states(graph),
        }
    return render_template(
        "desk.html",
        **shown,
        cursor_of=lambda place: cursor_of(str(place)),
        today=today,
        at=at if at in _forms(shown) else "",
        refusal=said,
        sought=sought,
        typed=request.form,
    )


def _place(name: str) -> views_of_desk.Place | None:
    """After which shipment of a list the page begins."""
    return key_of(request.args.get(name), views_of_desk.Place.of)


def _forms(shown: dict[str, Any]) -> set[str]:
    """The forms that stand on the desk now: what was refused may have been done meanwhile by somebody else."""
    return {
        "scan",
        *(f"pack {row['lot']}" for row in shown["lots"]),
        *(f"arrived {row['lot']}" for row in shown["on_the_way"]),
        *(f"build {group['hub']} {group['destination']}" for group in shown["standing"]),
    }


def _standing(session: Session, today: date) -> list[dict[str, Any]]:
    """For each hub and country: what may leave in the next shipment, and what stays and why."""
    shown = []
    for (hub, destination), goods in standing.at_hubs(session).items():
        going, left = sort_out(goods, today)
        shown.append(
            {
                "hub": hub,
                "destination": destination,
                "cartons": sum(each.cartons for each in going),
                "pieces": sum(each.pieces for each in going),
                "left": left,
            }
        )
    return shown


@desk.get("/lots/<lot>/labels.pdf")
@pages.desk(LOGISTICS, KANWIL)
def lot_labels(lot: str) -> Any:
    with transaction() as session:
        return downloads.lot_labels(session, lot)


@desk.get("/lots/<lot>/delivery-note.pdf")
@pages.desk(LOGISTICS, KANWIL)
def lot_note(lot: str) -> Any:
    with transaction() as session:
        return downloads.lot_note(session, lot)
