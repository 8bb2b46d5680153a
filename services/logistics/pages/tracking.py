"""Where is my shipment? For whoever was given the address: milestones and the estimated arrival only."""

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.orm import Session

from services.logistics import rules, views
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.states import overlays, state
from services.logistics.pages import telling
from shared.clock import business_now
from shared.sight import only
from shared.web import limiting, pages
from shared.web.context import serving, transaction
from shared.web.problems import not_found

desk = Blueprint("tracking", __name__, url_prefix="/logistics/track", template_folder="../templates")


@desk.get("/<token>")
def track(token: str) -> Response:
    """No names, no goods, no numbers; the address can't be guessed and search engines are sent away.

    One that was revoked or has run out can't be told from one that never was.
    """
    limiting.spend(limiting.TRACKING, request.remote_addr or "")
    language = pages.language()
    with transaction(sees=only("tracking", token)) as session:
        shipment, graph = views.track(session, token), rules.milestones(session)
        if shipment is None or _over(session, shipment):
            raise not_found("shipment")
        milestones = views.milestones_as_dicts(shipment, graph, views.port_names(session), language)
        shown = {
            "eta": shipment.eta,
            "state_code": state(shipment, graph),
            "overlays": overlays(shipment, graph),
            "entries": telling.entries(milestones, language),
            "expected": telling.expected(shipment, graph, language),
            "states": telling.states(graph),
        }
    response = make_response(render_template("track.html", **shown))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _over(session: Session, shipment: Shipment) -> bool:
    until = shipment.tracked_until(serving().settings.tracking_days)
    return until is not None and until <= business_now(session)
