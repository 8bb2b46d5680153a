"""Whether the process lives, whether it can serve, its figures, its API's description, and what is new."""

from flask import Blueprint, Response, current_app, jsonify, render_template
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from shared.card import Card
from shared.messaging.standing import standing
from shared.web.context import serving
from shared.web.figures import RECONCILED, figures


def blueprint(card: Card) -> Blueprint:
    """``livez``, ``readyz``, ``metrics``, the OpenAPI document and its page, and the live updates."""
    health = Blueprint("health", __name__, url_prefix=f"/{card.name}")
    health.get("/livez")(livez)
    health.get("/readyz")(readyz)
    health.get("/metrics")(metrics)
    health.get("/openapi.json")(openapi)
    health.get("/docs")(docs)
    health.get("/events")(events)
    return health


def livez() -> Response:
    return jsonify(status="ok")


def readyz() -> Response:
    """Fails only if the database does not answer: what waits or was parked takes no request's place."""
    with serving().database.transaction() as session:
        now = standing(session)
    return jsonify(
        status="ok",
        parked=now.parked,
        outbox_oldest_s=round(now.oldest_seconds, 1),
        warnings=now.warnings,
    )


def metrics() -> Response:
    with serving().database.transaction() as session:
        now = standing(session)
        reconciled = session.execute(RECONCILED).mappings().one()
    return Response(figures().text(now, reconciled), content_type=CONTENT_TYPE_LATEST)


def openapi() -> Response:
    return jsonify(current_app.extensions["openapi"].to_dict())


def docs() -> str:
    return render_template("api_docs.html", spec=current_app.extensions["openapi"].to_dict())


def events() -> Response:
    """Server-Sent Events without a thread for each listener.

    The answer tells the newest change and ends; the browser asks again after ``retry``
    milliseconds and reloads what it shows when the id has changed.
    """
    with serving().database.transaction() as session:
        newest = session.execute(text(NEWEST_CHANGE)).scalar_one()
    stream = f"retry: 2000\nid: {newest}\nevent: change\ndata: {newest}\n\n"
    return Response(stream, mimetype="text/event-stream")


NEWEST_CHANGE = """
    SELECT (SELECT coalesce(max(id), 0) FROM outbox_event)
        || '-' || (SELECT count(*) FROM inbox WHERE state >= 2)"""
