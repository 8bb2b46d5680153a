"""Whether the process lives, whether it can serve, and its figures for Prometheus."""

from flask import Blueprint, Flask, Response, current_app, g, jsonify, render_template, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy import text

from shared.card import Card
from shared.clock import real_now
from shared.web.context import serving

BACKLOG = {
    "kendi_outbox_unacknowledged": "SELECT count(*) FROM outbox_delivery WHERE state < 2",
    "kendi_outbox_oldest_seconds": """
        SELECT coalesce(extract(epoch FROM now() - min(e.recorded_at)), 0)
        FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_pk WHERE d.state < 2""",
    "kendi_inbox_pending": "SELECT count(*) FROM inbox WHERE state < 2",
    "kendi_inbox_parked": "SELECT count(*) FROM inbox WHERE state = 3",
    "kendi_messages_parked": "SELECT count(*) FROM parked_message",
    "kendi_reconciled_sent_again": "SELECT coalesce(sum(sent_again), 0) FROM reconciled",
    "kendi_reconciled_unknown": "SELECT coalesce(sum(unknown), 0) FROM reconciled",
    "kendi_reconciled_oldest_seconds": """
        SELECT coalesce(extract(epoch FROM now() - min(agreed_until)), 0)
        FROM reconciled WHERE peer_is = 'subscriber'""",
}


def blueprint(card: Card) -> Blueprint:
    """``livez``, ``readyz``, ``metrics``, the OpenAPI document and its page, and the live updates."""
    health = Blueprint("health", __name__, url_prefix=f"/{card.name}")
    registry = CollectorRegistry()
    requests = Counter("kendi_requests", "Answered requests", ["route", "status"], registry=registry)
    seconds = Histogram("kendi_request_seconds", "Time to answer", ["route"], registry=registry)
    gauges = {name: Gauge(name, "Rows in the messaging tables", registry=registry) for name in BACKLOG}

    @health.record_once
    def measure(state: object) -> None:
        app: Flask = state.app  # type: ignore[attr-defined]  # Flask's setup state is not exported as a type

        @app.before_request
        def begin() -> None:
            g.began = real_now()

        @app.after_request
        def count(response: Response) -> Response:
            route = request.url_rule.rule if request.url_rule else "unknown"
            requests.labels(route, response.status_code).inc()
            seconds.labels(route).observe((real_now() - g.began).total_seconds())
            return response

    @health.get("/livez")
    def livez() -> Response:
        return jsonify(status="ok")

    @health.get("/readyz")
    def readyz() -> Response:
        with serving().database.transaction() as session:
            session.execute(text("SELECT 1"))
        return jsonify(status="ok")

    @health.get("/metrics")
    def metrics() -> Response:
        with serving().database.transaction() as session:
            for name, query in BACKLOG.items():
                gauges[name].set(float(session.execute(text(query)).scalar_one()))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    @health.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(current_app.extensions["openapi"].to_dict())

    @health.get("/docs")
    def docs() -> str:
        return render_template("api_docs.html", spec=current_app.extensions["openapi"].to_dict())

    @health.get("/events")
    def events() -> Response:
        """Server-Sent Events without a thread for each listener.

        The answer tells the newest change and ends; the browser asks again after ``retry``
        milliseconds and reloads what it shows when the id has changed.
        """
        with serving().database.transaction() as session:
            newest = session.execute(text(NEWEST_CHANGE)).scalar_one()
        stream = f"retry: 2000\nid: {newest}\nevent: change\ndata: {newest}\n\n"
        return Response(stream, mimetype="text/event-stream")

    return health


NEWEST_CHANGE = """
    SELECT (SELECT coalesce(max(id), 0) FROM outbox_event)
        || '-' || (SELECT count(*) FROM inbox WHERE state >= 2)"""
