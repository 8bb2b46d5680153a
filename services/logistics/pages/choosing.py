"""Cartons chosen one by one, of a shipment or of what stands at a hub: also on a phone, and without a script.

What stands at a hub is built into a shipment, or moved to another hub.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import EXCLUDE, ValidationError
from sqlalchemy.orm import Session

from services.logistics import attempts, contents, rules, views, views_of_cartons
from services.logistics.asked_for import the_shipment
from services.logistics.domain.milestones import SHORT_LANDED, possible_next
from services.logistics.domain.shipment import Shipment, need_inside
from services.logistics.domain.short_landing import short
from services.logistics.domain.sscc import check
from services.logistics.handlers import incidents, milestones, regrouping, shipments
from services.logistics.pages import telling
from services.logistics.schemas.milestones import MilestoneRequest
from services.logistics.schemas.scans import CartonReportRequest
from services.logistics.schemas.shipments import ReasonRequest
from shared.clock import business_now
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import KANWIL, LOGISTICS
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with
from shared.web.pagination import code, cursor_of, key_of
from shared.web.problems import not_found

desk = Blueprint("choosing", __name__, url_prefix="/logistics", template_folder="../templates")

MOST: Final = 100
"""Cartons on a page."""
LOOK: Final = "look"
"""Nothing is done yet: other cartons are shown, and the choice is kept."""
FIELDS: Final = ("more", "reason", "place", "occurred_at", "hub", "seal")
BETWEEN: Final = re.compile(r"[\r\n,;]+")

REASON, MILESTONE = ReasonRequest(unknown=EXCLUDE), MilestoneRequest(unknown=EXCLUDE)
LEG = CartonReportRequest(unknown=EXCLUDE)

Act = Callable[[Session, Shipment, list[str]], UUID]
"""What is done with the chosen cartons of a shipment; it answers with the shipment to look at then."""


@desk.get("/shipment/<uuid:shipment_id>/cartons")
@pages.desk(LOGISTICS, KANWIL)
def inside(shipment_id: UUID) -> str:
    return _inside(shipment_id)


@desk.post("/shipment/<uuid:shipment_id>/cartons")
@pages.desk(LOGISTICS)
def act(shipment_id: UUID) -> Any:
    """Do it with what was chosen; refused, the page comes again with the choice."""
    what = request.form.get("what", LOOK)
    try:
        chosen = _chosen()
        if what not in ACTS:
            return _inside(shipment_id)
        with attempts.kept(shipment_id, asked=what), transaction() as session:
            shown = ACTS[what](session, the_shipment(session, shipment_id), chosen)
    except (ValidationError, Refused) as error:
        return _inside(shipment_id, wrong_with(error, FIELDS)), 422
    return pages.back_to("shipment.one_shipment", shipment_id=shown)


@desk.get("/standing/<hub>/<destination>")
@pages.desk(LOGISTICS, KANWIL)
def standing(hub: str, destination: str) -> str:
    return _standing(hub, destination)


@desk.post("/standing/<hub>/<destination>")
@pages.desk(LOGISTICS)
def build(hub: str, destination: str) -> Any:
    """A shipment of the chosen cartons."""
    try:
        chosen = _chosen()
        if request.form.get("what") != "build":
            return _standing(hub, destination)
        with attempts.kept(asked="shipments"), transaction() as session:
            planned = shipments.plan_shipment(
                session, hub=hub, destination=destination, ssccs=_some(chosen)
            ).shipment.id
    except Refused as refusal:
        return _standing(hub, destination, wrong_with(refusal, FIELDS)), 422
    return pages.back_to("shipment.one_shipment", shipment_id=planned)


@desk.get("/hub/<hub>")
@pages.desk(LOGISTICS, KANWIL)
def at_hub(hub: str) -> str:
    return _at_hub(hub)


@desk.post("/hub/<hub>")
@pages.desk(LOGISTICS)
def move(hub: str) -> Any:
    """The chosen cartons and pallets have left for another hub."""
    try:
        chosen = _chosen()
        if request.form.get("what") != "move":
            return _at_hub(hub)
        with transaction() as session:
            _move(session, hub, _some(chosen))
    except (ValidationError, Refused) as error:
        return _at_hub(hub, wrong_with(error, FIELDS)), 422
    return pages.back_to("dispatch.home")


def _move(session: Session, hub: str, chosen: list[str]) -> None:
    told = telling.form_values({name: request.form.get(name, "") for name in ("hub", "seal")})
    leg = LEG.load({**told, "what": "moved", "ssccs": chosen})
    if leg["hub"] == hub:
        raise Refused("They stand there now: choose another hub.", field="hub")
    there = views_of_cartons.those_at(session, hub, chosen)
    elsewhere = next((each for each in chosen if each not in there), None)
    if elsewhere:
        raise Refused("{sscc} does not stand at {hub}.", field="more", sscc=elsewhere, hub=hub)
    incidents.leave_for_hub(session, hub=leg["hub"], ssccs=chosen, seal=leg.get("seal"))


def _split(session: Session, shipment: Shipment, chosen: list[str]) -> UUID:
    return regrouping.split(session, shipment_id=shipment.id, ssccs=chosen).id


def _take_out(session: Session, shipment: Shipment, chosen: list[str]) -> UUID:
    return regrouping.take_out(session, shipment_id=shipment.id, ssccs=chosen).id


def _short_landed(session: Session, shipment: Shipment, chosen: list[str]) -> UUID:
    told = telling.form_values({name: request.form.get(name, "") for name in ("place", "occurred_at")})
    body = MILESTONE.load({**told, "milestone": SHORT_LANDED, "ssccs": chosen})
    return milestones.record_milestone(session, shipment_id=shipment.id, **body).id


def _reported(report: Callable[..., object]) -> Act:
    def told(session: Session, shipment: Shipment, chosen: list[str]) -> UUID:
        reason = REASON.load({"reason": request.form.get("reason", "").strip()})["reason"]
        report(session, reason=reason, ssccs=chosen)
        return shipment.id

    return told


def _of_shipment(do: Act) -> Act:
    """Only with cartons that stand in it: what is typed may be of another one."""

    def checked(session: Session, shipment: Shipment, chosen: list[str]) -> UUID:
        there = views_of_cartons.those_inside(session, shipment.id, _some(chosen))
        need_inside(chosen, there, number=shipment.number)
        return do(session, shipment, chosen)

    return checked


ACTS: Final[Mapping[str, Act]] = {
    "split": _of_shipment(_split),
    "take_out": _of_shipment(_take_out),
    "damaged": _of_shipment(_reported(incidents.report_damaged)),
    "lost": _of_shipment(_reported(incidents.report_lost)),
    "quarantined": _of_shipment(_reported(incidents.quarantine)),
    "short_landed": _of_shipment(_short_landed),
}


def _some(chosen: list[str]) -> list[str]:
    if not chosen:
        raise Refused("Choose at least one carton.", field="more")
    return chosen


def _chosen() -> list[str]:
    """What was ticked, and what was scanned, typed, or ticked on other pages."""
    try:
        typed = [check(each) for each in _typed()]
    except Refused as refusal:
        raise Refused(refusal.sentence, field="more") from None
    return list(dict.fromkeys([*request.form.getlist("ssccs"), *typed]))


def _typed() -> list[str]:
    return [each for each in map(str.strip, BETWEEN.split(request.form.get("more", ""))) if each]


def _inside(shipment_id: UUID, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        shipment, graph = the_shipment(session, shipment_id), rules.milestones(session)
        held = contents.of_shipment(session, shipment_id)
        lot, after = _asked("lot"), key_of(_asked("after"), code)
        rows = views.list_cartons(session, shipment=shipment_id, of_lot=lot, limit=MOST, after=after)
        may_follow = possible_next(shipment.reached, shipment.by.way(graph))
        shown = {
            "shipment": shipment,
            "lots": held,
            "lot": lot,
            "total": sum(each.cartons for each in held if lot in (None, each.lot)),
            "missing": short(shipment.reached, graph),
            "may_regroup": not (shipment.dispatched or shipment.cancelled),
            "may_be_short": any(each.code == SHORT_LANDED for each in may_follow),
            "now": telling.for_input(business_now(session)),
        }
    return _page(rows, wrong, **shown)


def _standing(hub: str, destination: str, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        after = key_of(_asked("after"), code)
        rows = views_of_cartons.free_at(session, hub, destination, limit=MOST, after=after)
        shown = {"hub": hub, "destination": destination, "names": views.place_names(session)}
    return _page(rows, wrong, **shown)


def _at_hub(hub: str, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        hubs = views.hubs(session)
        names = {each["code"]: each["name"] for each in hubs}
        if hub not in names:
            raise not_found("hub")
        after = key_of(_asked("after"), code)
        rows = views_of_cartons.movable_at(session, hub, limit=MOST, after=after)
        shown = {
            "hub": hub,
            "names": names,
            "pallets": views_of_cartons.pallets_at(session, hub, limit=MOST),
            "others": [each for each in hubs if each["code"] != hub],
        }
    return _page(rows, wrong, **shown)


def _asked(name: str) -> str | None:
    return request.values.get(name) or None


def _page(rows: Sequence[Mapping[Any, Any]], wrong: Wrong | None, **shown: Any) -> str:
    here = {row["sscc"] for row in (*rows[:MOST], *shown.get("pallets", ()))}
    ticked = set(request.form.getlist("ssccs"))
    elsewhere = sorted((ticked | set(_typed())) - here)
    return render_template(
        "choosing.html",
        cartons=rows[:MOST],
        last=cursor_of(rows[MOST - 1]["sscc"]) if len(rows) > MOST else None,
        ticked=ticked | set(_typed()),
        elsewhere=elsewhere,
        wrong=wrong or {},
        typed=request.form,
        **shown,
    )
