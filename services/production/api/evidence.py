"""Evidence: ``/production/v1/facilities/{code}/evidence…``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.production import evidence as views
from services.production.duties import MAY, READERS
from services.production.handlers import evidence
from services.production.schemas.evidence import EvidenceRequest, EvidenceSchema, EvidenceWithdrawal
from services.production.views import facility_named
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("evidence", __name__, url_prefix="/production/v1", description="What shows how people work")

EVIDENCE = EvidenceSchema()


@api.get("/facilities/<code>/evidence")
@api.response(200, EvidenceSchema(many=True))
@requires(*READERS)
def list_evidence(code: str) -> Any:
    """A facility's evidence, newest first, the withdrawn too."""
    with transaction() as session:
        facility_named(session, current(), code)
        return views.evidence_of(session, code)


@api.post("/facilities/<code>/evidence")
@api.arguments(EvidenceRequest)
@api.response(201, EvidenceSchema)
@requires(*MAY["evidence"])
def record_evidence(body: dict[str, Any], code: str) -> Response:
    """Record a document as evidence of one item. Needs an Idempotency-Key."""

    def run(session: Session) -> Answer:
        facility_named(session, current(), code)
        made = evidence.record(session, code=code, by=current().role, **body)
        return EVIDENCE.dump(made), 201, {}

    return once(run)


@api.post("/facilities/<code>/evidence/<uuid:evidence_id>/withdraw")
@api.arguments(EvidenceWithdrawal)
@api.response(200, EvidenceSchema)
@requires(*MAY["evidence"])
def withdraw_evidence(body: dict[str, Any], code: str, evidence_id: UUID) -> Response:
    """Take evidence back, with a reason. Needs an Idempotency-Key."""

    def run(session: Session) -> Answer:
        facility_named(session, current(), code)
        if views.find_evidence(session, code, evidence_id) is None:
            raise not_found("evidence")
        taken = evidence.withdraw(session, evidence_id=evidence_id, by=current().role, **body)
        return EVIDENCE.dump(taken), 200, {}

    return once(run)
