"""Agreements: ``/production/v1/agreements…``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.production import agreements as views
from services.production.domain.agreement import Agreement
from services.production.duties import READERS
from services.production.handlers import agreements
from services.production.handlers.planning import one_plan_at_a_time
from services.production.schemas.agreements import (
    AgreementAmendment,
    AgreementQuery,
    AgreementRequest,
    AgreementSchema,
    EndRequest,
)
from shared.web.access import KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import key_of, link_to_next
from shared.web.problems import not_found
from shared.web.versions import IF_MATCH, etag, must_match

api = Routes("agreements", __name__, url_prefix="/production/v1", description="Partners and facilities (PKS)")

AGREEMENT = AgreementSchema()


@api.get("/agreements")
@api.arguments(AgreementQuery, location="query")
@api.response(200, AgreementSchema(many=True))
@requires(*READERS)
def list_agreements(page: dict[str, Any]) -> Any:
    """Agreements, newest first, by key; those in force on a day, if one is given."""
    with transaction() as session:
        rows = views.list_agreements(
            session,
            current(),
            code=page["facility"],
            state=page["state"],
            day=page["day"],
            limit=page["limit"],
            after=key_of(page["after"], UUID),
        )
    return rows[: page["limit"]], 200, link_to_next(rows, page["limit"], "id")


@api.post("/agreements")
@api.arguments(AgreementRequest)
@api.response(201, AgreementSchema)
@requires(KANWIL)
def make_agreement(body: dict[str, Any]) -> Response:
    """Make an agreement; lines that waited for one are shared out at once. Needs an Idempotency-Key."""

    def run(session: Session) -> Answer:
        made = agreements.make(session, **body)
        headers = {"Location": f"/production/v1/agreements/{made.id}", **etag(made.version)}
        return _dumped(session, made), 201, headers

    return once(run)


@api.get("/agreements/<uuid:agreement_id>")
@api.response(200, AgreementSchema)
@requires(*READERS)
def read_agreement(agreement_id: UUID) -> Any:
    """One agreement; its ETag is what an amendment sends as If-Match."""
    with transaction() as session:
        found = _found(session, agreement_id)
        return views.shown(session, found), 200, etag(found.version)


@api.patch("/agreements/<uuid:agreement_id>")
@api.arguments(AgreementAmendment)
@api.response(200, AgreementSchema)
@api.doc(parameters=[IF_MATCH])
@requires(KANWIL)
def amend_agreement(body: dict[str, Any], agreement_id: UUID) -> Any:
    """Change days, lanes, tariffs or the tolerance. Work that was offered under it goes on."""
    with transaction() as session:
        one_plan_at_a_time(session)  # nobody amends it between the look at its version and the amendment
        must_match(_found(session, agreement_id).version)
        amended = agreements.amend(session, agreement_id=agreement_id, **body)
        return views.shown(session, amended), 200, etag(amended.version)


@api.post("/agreements/<uuid:agreement_id>/end")
@api.arguments(EndRequest)
@api.response(200, AgreementSchema)
@requires(KANWIL)
def end_agreement(body: dict[str, Any], agreement_id: UUID) -> Response:
    """End an agreement early, with a reason; nothing that lasts longer is offered any more."""

    def run(session: Session) -> Answer:
        _found(session, agreement_id)
        ended = agreements.end(session, agreement_id=agreement_id, **body)
        return _dumped(session, ended), 200, etag(ended.version)

    return once(run)


def _found(session: Session, agreement_id: UUID) -> Agreement:
    found = views.find(session, current(), agreement_id)
    if found is None:
        raise not_found("agreement")
    return found


def _dumped(session: Session, one: Agreement) -> Any:
    return AGREEMENT.dump(views.shown(session, one))
