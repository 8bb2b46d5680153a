"""Drafts of orders: ``/orders/v1/drafts…``."""

from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import ValidationError
from sqlalchemy import Row
from sqlalchemy.orm import Session

from services.orders import views
from services.orders.drafts import draft_as_dict, list_drafts
from services.orders.handlers import drafting
from services.orders.schemas.drafts import WHOLE, DraftRequest, DraftSchema, missing_in
from services.orders.schemas.orders import OrderSchema
from shared.web.access import BUYER, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import PageSchema, key_of, link_to_next
from shared.web.problems import Problem, not_found
from shared.web.schemas import NothingSchema
from shared.web.versions import IF_MATCH, etag, must_match

api = Routes("drafts", __name__, url_prefix="/orders/v1", description="Orders that are not placed yet")

DRAFT, ORDER = DraftSchema(), OrderSchema()


@api.post("/drafts")
@api.arguments(DraftRequest)
@api.response(201, DraftSchema)
@requires(BUYER)
def make_draft(body: dict[str, Any]) -> Response:
    """Keep an order as far as it is known; what is given is checked. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        principal = current()
        content = request.get_json()
        id = drafting.make_draft(
            session, buyer=principal.account or "", made_by=principal.id, content=content
        )
        row = _mine(session, id)
        headers = {"Location": f"/orders/v1/drafts/{id}", **etag(row.version)}
        return DRAFT.dump(draft_as_dict(row)), 201, headers

    return once(command)


@api.get("/drafts")
@api.arguments(PageSchema, location="query")
@api.response(200, DraftSchema(many=True))
@requires(BUYER)
def read_drafts(page: dict[str, Any]) -> Any:
    """Your drafts, newest first."""
    limit, after = page["limit"], key_of(page["after"], UUID)
    with transaction() as session:
        rows = list_drafts(session, current().account or "", limit=limit, after=after)
    return rows[:limit], 200, link_to_next(rows, limit, "id")


@api.get("/drafts/<uuid:draft_id>")
@api.response(200, DraftSchema)
@requires(BUYER)
def read_draft(draft_id: UUID) -> Any:
    """A draft, with what it still misses; its ETag is what an amendment sends as If-Match."""
    with transaction() as session:
        return _shown(_mine(session, draft_id))


@api.patch("/drafts/<uuid:draft_id>")
@api.doc(parameters=[IF_MATCH])
@api.arguments(DraftRequest)
@api.response(200, DraftSchema)
@requires(BUYER)
def amend_draft(body: dict[str, Any], draft_id: UUID) -> Any:
    """Replace the fields that are given, the lines as a whole; the others stay."""
    with transaction() as session:
        row = _mine(session, draft_id)
        must_match(row.version)
        drafting.amend_draft(session, draft_id=draft_id, content=row.content | request.get_json())
        return _shown(_mine(session, draft_id))


@api.delete("/drafts/<uuid:draft_id>")
@api.response(204)
@requires(BUYER)
def drop_draft(draft_id: UUID) -> None:
    """Forget a draft."""
    with transaction() as session:
        drafting.drop_draft(session, draft_id=_mine(session, draft_id).id)


@api.post("/drafts/<uuid:draft_id>/place")
@api.arguments(NothingSchema)
@api.response(201, OrderSchema)
@requires(BUYER)
def place_draft(body: dict[str, Any], draft_id: UUID) -> Response:
    """Place the draft as an order; one that misses something stays, and the answer says what.
    Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        principal = current()
        row = _mine(session, draft_id)
        order = drafting.place_draft(
            session,
            draft_id=draft_id,
            buyer=principal.account or "",
            placed_by=principal.id,
            request=_whole(row.content),
        )
        shown = ORDER.dump(views.order_with(session, order, views.Since()))
        return shown, 201, {"Location": f"/orders/v1/orders/{order.id}"}

    return once(command)


def _whole(content: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = WHOLE.load(content)
    except ValidationError:
        missing = missing_in(content)
        said = "; ".join(f"{each['field']}: {each['message']}" for each in missing[:5])
        raise Problem(422, "Not complete", said, errors=missing) from None
    return loaded


def _mine(session: Session, draft_id: UUID) -> Row[Any]:
    row = drafting.lock_draft(session, buyer=current().account or "", draft_id=draft_id)
    if row is None:
        raise not_found("draft")
    return row


def _shown(row: Row[Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    return draft_as_dict(row), 200, etag(row.version)
