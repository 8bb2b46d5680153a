"""Where is my shipment? For whoever was given the address: milestones and the estimated arrival only."""

from flask import Blueprint, Response, make_response, render_template

from services.logistics import rules, views
from services.logistics.pages import telling
from shared.sight import only
from shared.web import pages
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("tracking", __name__, url_prefix="/logistics/track", template_folder="../templates")


@desk.get("/<token>")
def track(token: str) -> Response:
    """No names, no goods, no numbers; the address can't be guessed and search engines are sent away."""
    language = pages.language()
    with transaction(sees=only("tracking", token)) as session:
        shipment, graph = views.track(session, token), rules.milestones(session)
        if shipment is None:
            raise not_found("shipment")
        milestones = views.milestones_as_dicts(shipment, graph, views.port_names(session), language)
        shown = {
            "eta": shipment.eta,
            "state_code": shipment.state(graph),
            "entries": telling.entries(milestones, language),
            "expected": telling.expected(shipment, graph, language),
            "states": telling.states(graph),
        }
    response = make_response(render_template("track.html", **shown))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
