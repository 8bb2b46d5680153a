"""Claims: ``/orders/v1/claims…``."""

from typing import Any
from uuid import UUID

from flask import Response, request
from sqlalchemy.orm import Session

from services.orders import claims, downloads
from services.orders.asked_for import the_order
from services.orders.handlers import claiming
from services.orders.schemas.claims import (
    ClaimDecisionRequest,
    ClaimRequest,
    ClaimSchema,
    SettlementRequest,
)
from shared.photos import MOST_BYTES
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires
from shared.web.api import Routes, takes
from shared.web.context import transaction
from shared.web.files import PHOTO, PICTURE
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("claims", __name__, url_prefix="/orders/v1", description="What is wrong with delivered goods")

CLAIM = ClaimSchema()


@api.post("/claims")
@api.arguments(ClaimRequest)
@api.response(201, ClaimSchema)
@requires(BUYER)
def make_claim(body: dict[str, Any]) -> Response:
    """Claim delivered pieces of a carton by its SSCC. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        carton = claims.find_carton(session, current(), body["sscc"])
        if carton is None:
            raise not_found("carton")
        made = claiming.make_claim(session, order_id=carton.order_id, made_by=current().id, **body)
        headers = {"Location": f"/orders/v1/claims/{made.id}"}
        return CLAIM.dump(_found(session, made.id)), 201, headers

    return once(command)


@api.get("/orders/<uuid:order_id>/claims")
@api.response(200, ClaimSchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def list_claims(order_id: UUID) -> Any:
    """The claims about an order, newest first."""
    with transaction() as session:
        order = the_order(session, order_id)
        return claims.claims_of(session, order)


@api.get("/claims/<uuid:claim_id>")
@api.response(200, ClaimSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_claim(claim_id: UUID) -> Any:
    """One claim, with how it was decided and settled."""
    with transaction() as session:
        return _found(session, claim_id)


@api.post("/claims/<uuid:claim_id>/photos")
@api.doc(requestBody=PHOTO)
@api.response(201, ClaimSchema)
@requires(BUYER)
@takes(MOST_BYTES)
def add_photo(claim_id: UUID) -> Response:
    """Add a photo of up to 10 MB, as the body itself. Needs an Idempotency-Key."""
    sent = request.get_data()

    def command(session: Session) -> Answer:
        _found(session, claim_id)
        claiming.add_photo(session, claim_id=claim_id, sent=sent)
        return CLAIM.dump(_found(session, claim_id)), 201, {}

    return once(command)


@api.get("/claims/<uuid:claim_id>/photos/<int:number>")
@api.response(200, PICTURE, content_type="image/*")
@requires(BUYER, COMPLIANCE, KANWIL)
def read_photo(claim_id: UUID, number: int) -> Response:
    """One photo, as a download that no browser takes for anything else."""
    with transaction() as session:
        _found(session, claim_id)
        return downloads.photo_of(session, claim_id, number)


@api.post("/claims/<uuid:claim_id>/decide")
@api.arguments(ClaimDecisionRequest)
@api.response(200, ClaimSchema)
@requires(KANWIL)
def decide_claim(body: dict[str, Any], claim_id: UUID) -> Response:
    """Accept all, a part, or nothing of a claim, with the reason. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        order_id = _found(session, claim_id)["order_id"]
        claiming.decide_claim(session, order_id=order_id, claim_id=claim_id, **body)
        return CLAIM.dump(_found(session, claim_id)), 200, {}

    return once(command)


@api.post("/claims/<uuid:claim_id>/settle")
@api.arguments(SettlementRequest)
@api.response(200, ClaimSchema)
@requires(KANWIL)
def settle_claim(body: dict[str, Any], claim_id: UUID) -> Response:
    """Credit, replace or take back what was accepted. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        order_id = _found(session, claim_id)["order_id"]
        claiming.settle_claim(
            session,
            order_id=order_id,
            claim_id=claim_id,
            settlement=body["settlement"],
            credit=body.get("credit"),
            requested_date=body.get("requested_date"),
            by=current().id,
        )
        return CLAIM.dump(_found(session, claim_id)), 200, {}

    return once(command)


def _found(session: Session, claim_id: UUID) -> dict[str, Any]:
    session.flush()
    found = claims.find_claim(session, current(), claim_id)
    if found is None:
        raise not_found("claim")
    return found
