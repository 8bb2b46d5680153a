"""The web application of a service: made the same way for each, around its own API and pages."""

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint as FlaskBlueprint
from flask import Flask, Response, g, request

from shared.card import Card
from shared.database import Database
from shared.messaging.outbox import Nudge
from shared.settings import Settings
from shared.sight import DOOR
from shared.web import api as apis
from shared.web import health, limiting, operations, pages, problems, refusals, signing_in
from shared.web.api import Routes
from shared.web.context import Serving
from shared.web.figures import Figures
from shared.web.problems import Problem

HERE = Path(__file__).parent
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""As W3C Trace Context has it: lower-case hexadecimal, and neither id all zeros."""


def create(
    card: Card, settings: Settings, *, api: Sequence[Routes], desks: Sequence[FlaskBlueprint]
) -> Flask:
    """A service's application: health, problems, sign-in, the given API and the desks of its users."""
    app = Flask(
        f"services.{card.name}",
        static_folder=str(HERE / "static"),
        static_url_path=f"/{card.name}/static",
        template_folder="templates",
    )
    nudge = Nudge(settings.database_url)
    database = Database(settings.database_url, sees=DOOR, pool_size=settings.web_threads, after_commit=nudge)
    app.extensions["kendi"] = Serving(card, settings, database, nudge)
    app.config.update(
        MAX_CONTENT_LENGTH=1024 * 1024,
        API_TITLE=f"Kendi {card.name}",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
    )
    problems.install(app)
    pages.install(app)
    app.before_request(_trace)
    Figures().install(app)
    limiting.install(app, settings)
    app.register_blueprint(health.blueprint(card))
    app.before_request(apis.allow_body)
    app.before_request(_refuse_nul)
    app.before_request(_refuse_packed)
    apis.install(app, api)
    app.register_blueprint(signing_in.blueprint(card))
    app.register_blueprint(operations.blueprint(card))
    for desk in desks:
        app.register_blueprint(desk)
    app.after_request(_stay_here)
    app.after_request(_harden)
    refusals.install(app)
    return app


def _trace() -> None:
    """Continue the caller's W3C trace, or begin one."""
    told = TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    trace = told[1] if told else secrets.token_hex(16)
    g.traceparent = f"00-{trace}-{secrets.token_hex(8)}-01"


def _refuse_nul() -> None:
    """An address with NUL in it names nothing here, and no database keeps one that a form brings."""
    if "\0" in request.path:
        raise Problem(404, "Not found", "There is no such address.")
    if any("\0" in text for text in (*request.args.values(), *request.form.values())):
        raise Problem(400, "Not readable", "Send the address and the form without the character NUL.")


def _refuse_packed() -> None:
    """A small body may unpack to one without an end."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "Unsupported media type", "Send the body as it is, without a Content-Encoding.")


def _stay_here(response: Response) -> Response:
    """A redirect names no host: werkzeug's own would name whichever the client named."""
    if response.location:
        to = urlsplit(response.location)
        path = "/" + to.path.lstrip("/")
        response.location = urlunsplit(("", "", path, to.query, to.fragment))
    return response


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault(
        "Cache-Control", "no-store" if not request.path.endswith((".css", ".js")) else "max-age=3600"
    )
    return response
