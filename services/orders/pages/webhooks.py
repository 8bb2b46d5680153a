"""The pages of webhooks: is my system told, and if not, why?"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from services.orders import webhooks
from services.orders.domain.webhook import MOST_ENDPOINTS, OVERLAP
from services.orders.handlers import webhooks as endpoints
from services.orders.schemas.webhooks import WebhookRequest
from services.orders.webhooks import views as told
from services.orders.webhooks.event_types import EVENT_TYPES
from services.orders.webhooks.message import written
from services.orders.webhooks.own import found_delivery, kept, mine, seen, tried_out
from shared.clock import WIB, real_now
from shared.database import LARGEST_ID
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import BUYER, current
from shared.web.context import serving, transaction
from shared.web.forms import wrong_with
from shared.web.pagination import cursor_of, key_of, row_number

desk = Blueprint("webhook_pages", __name__, url_prefix="/orders/webhooks", template_folder="../templates")

DELIVERIES = 25
"""Of the log on one page."""

ENDPOINT = WebhookRequest()
OF_AN_ENDPOINT = ("url", "description", "event_types")
OF_A_REPLAY = ("from", "to")
DELIVERY = f"/<uuid:endpoint_id>/deliveries/<int(max={LARGEST_ID}):delivery_id>"


@desk.get("/")
@pages.desk(BUYER)
def every() -> str:
    """The buyer's endpoints with their states, and the form for another."""
    return _every()


@desk.post("/")
@pages.desk(BUYER)
def add() -> Any:
    """Add an endpoint, and show its secret this once."""
    try:
        asked = _asked()
        with transaction() as session:
            endpoint = endpoints.register_webhook(session, buyer=current().account or "", **asked)
    except (Refused, ValidationError) as refusal:
        return _every(wrong_with(refusal, OF_AN_ENDPOINT)), 422
    return _one(endpoint.id, secret=endpoint.secret), 201


@desk.get("/<uuid:endpoint_id>")
@desk.get("/<uuid:endpoint_id>/<any(change, rotate, switch, remove, test, replay):form>")
@pages.desk(BUYER)
def one(endpoint_id: UUID, **_: Any) -> str:
    """One endpoint; also at the address of each of its forms, where it stands when the form was refused."""
    replayed = request.args.get("replayed", type=int)
    return _one(endpoint_id) if replayed is None else _one(endpoint_id, replayed=replayed)


@desk.post("/<uuid:endpoint_id>/change")
@pages.desk(BUYER)
def change(endpoint_id: UUID) -> Any:
    def command(session: Session) -> None:
        asked = _asked()
        endpoints.change_webhook(session, endpoint=mine(session, endpoint_id), changes=asked)

    return _do(endpoint_id, "change", command)


@desk.post("/<uuid:endpoint_id>/switch")
@pages.desk(BUYER)
def switch(endpoint_id: UUID) -> Any:
    changes = {"active": request.form.get("active") == "on"}
    return _do(
        endpoint_id,
        "switch",
        lambda session: endpoints.change_webhook(
            session, endpoint=mine(session, endpoint_id), changes=changes
        ),
    )


@desk.post("/<uuid:endpoint_id>/rotate")
@pages.desk(BUYER)
def rotate(endpoint_id: UUID) -> Any:
    """Make a new secret, and show it this once."""
    with transaction() as session:
        endpoint = mine(session, endpoint_id)
        endpoints.rotate_secret(session, endpoint=endpoint, overlap=OVERLAP)
    return _one(endpoint_id, secret=endpoint.secret), 201


@desk.post("/<uuid:endpoint_id>/remove")
@pages.desk(BUYER)
def remove(endpoint_id: UUID) -> Any:
    with transaction() as session:
        endpoints.remove_webhook(session, endpoint=mine(session, endpoint_id))
    return pages.back_to("webhook_pages.every")


@desk.post("/<uuid:endpoint_id>/test")
@pages.desk(BUYER)
def test(endpoint_id: UUID) -> Any:
    """Send a ping, and show what the endpoint said."""
    with transaction() as session:
        outcome = tried_out(session, kept(session, endpoint_id))
    return _one(endpoint_id, outcome=outcome)


@desk.post("/<uuid:endpoint_id>/replay")
@pages.desk(BUYER)
def replay(endpoint_id: UUID) -> Any:
    try:
        since, until, only = _moment("from"), _moment("to"), "undelivered_only" in request.form
        with transaction() as session:
            count = endpoints.replay_steps(
                session,
                endpoint=mine(session, endpoint_id),
                since=since,
                until=until,
                undelivered_only=only,
            )
    except Refused as refusal:
        return _one(endpoint_id, at="replay", wrong=wrong_with(refusal, OF_A_REPLAY)), 422
    return pages.back_to("webhook_pages.one", endpoint_id=endpoint_id, replayed=count)


@desk.get(DELIVERY)
@desk.get(f"{DELIVERY}/<any(replay):form>")
@pages.desk(BUYER)
def one_delivery(endpoint_id: UUID, delivery_id: int, **_: Any) -> str:
    """One delivery with its message and each attempt; also at the address of its form."""
    return _delivery(endpoint_id, delivery_id)


@desk.post(f"{DELIVERY}/replay")
@pages.desk(BUYER)
def replay_one(endpoint_id: UUID, delivery_id: int) -> Any:
    try:
        with transaction() as session:
            endpoint = mine(session, endpoint_id)
            found_delivery(session, endpoint, delivery_id)
            endpoints.replay_delivery(session, endpoint=endpoint, delivery_id=delivery_id)
    except Refused as refusal:
        return _delivery(endpoint_id, delivery_id, refusal), 422
    return pages.back_to("webhook_pages.one_delivery", endpoint_id=endpoint_id, delivery_id=delivery_id)


def _do(endpoint_id: UUID, at: str, command: Callable[[Session], None]) -> Any:
    """One form of an endpoint's page; refused, the page comes again with the reason where the form stands."""
    try:
        with transaction() as session:
            command(session)
    except (Refused, ValidationError) as refusal:
        return _one(endpoint_id, at=at, wrong=wrong_with(refusal, OF_AN_ENDPOINT)), 422
    return pages.back_to("webhook_pages.one", endpoint_id=endpoint_id)


def _asked() -> dict[str, Any]:
    """The endpoint as the form has it."""
    form = request.form
    typed = {name: form.get(name, "").strip() for name in ("url", "description")}
    asked: dict[str, Any] = ENDPOINT.load({**typed, "event_types": form.getlist("event_types")})
    webhooks.check_address(asked["url"], demo=serving().settings.demo)
    return asked


def _moment(name: str) -> datetime:
    """A day and a time of a form, as clocks in Central Java show them."""
    try:
        typed = datetime.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused("Give a day and a time.", field=name) from None
    if typed.tzinfo:
        raise Refused("Give a day and a time.", field=name)
    return typed.replace(tzinfo=WIB)


def _every(wrong: Mapping[str, str] | None = None) -> str:
    with transaction() as session:
        found = told.webhooks_of(session, current().account or "")
    return render_template(
        "webhooks.html",
        endpoints=found,
        most=MOST_ENDPOINTS,
        event_types=EVENT_TYPES,
        typed=request.form,
        chosen=request.form.getlist("event_types"),
        wrong=wrong or {},
    )


def _one(endpoint_id: UUID, *, at: str = "", wrong: Mapping[str, str] | None = None, **news: Any) -> str:
    """The page of an endpoint; ``at`` names the form that was refused, ``news`` is what one form brought."""
    wanted = _log_wanted()
    with transaction() as session:
        endpoint = kept(session, endpoint_id)
        rows = told.deliveries_of(session, endpoint, limit=DELIVERIES, **wanted)
    typed = request.form if at == "change" else None
    return render_template(
        "webhook.html",
        endpoint=endpoint,
        rows=rows[:DELIVERIES],
        after=cursor_of(str(rows[DELIVERIES - 1]["id"])) if len(rows) > DELIVERIES else None,
        state=wanted["state"],
        states=told.STATES,
        event_types=EVENT_TYPES,
        chosen=typed.getlist("event_types") if typed else endpoint.event_types,
        typed=typed or {"url": endpoint.url, "description": endpoint.description},
        now=real_now(),
        replaying=request.form if at == "replay" else {},
        overlap_hours=int(OVERLAP.total_seconds() // 3600),
        at=at,
        wrong=wrong or {},
        **news,
    )


def _log_wanted() -> dict[str, Any]:
    """The part of the log that the address asks for; what it does not understand, it leaves out."""
    state = request.args.get("state")
    return {
        "state": state if state in told.STATES else None,
        "after": key_of(request.args.get("after"), row_number),
    }


def _delivery(endpoint_id: UUID, delivery_id: int, refusal: Refused | None = None) -> str:
    with transaction() as session:
        endpoint = seen(session, endpoint_id)
        delivery = found_delivery(session, endpoint, delivery_id)
    return render_template(
        "webhook_delivery.html",
        endpoint=endpoint,
        delivery=delivery,
        message=written(delivery["message"]),
        refusal=refusal,
    )
