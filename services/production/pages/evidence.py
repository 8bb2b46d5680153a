"""Evidence: what do documents show of how people work here, and until when?"""

import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.production import agreements
from services.production import evidence as views
from services.production.domain.evidence import FINDINGS, ISSUERS, KINDS, OF_AN_AGREEMENT
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import evidence
from services.production.local_time import today_at
from services.production.pages.typed import typed
from services.production.schemas.evidence import EvidenceRequest
from services.production.views import facility_named
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.files import sent_files
from shared.web.problems import not_found

desk = Blueprint("evidence_page", __name__, url_prefix="/production", template_folder="../templates")

AT = "/facilities/<code>/evidence"
ONE = f"{AT}/<uuid:evidence_id>/withdraw"
REQUEST = EvidenceRequest()
MOST_BYTES = 10 * 1024**2


@desk.get(AT)
@desk.get(ONE)
@pages.desk(*READERS)
def show(code: str, **_: Any) -> str:
    """All of a facility; also at a form's address, where it stands when the form was refused."""
    return _page(code)


@desk.post(AT)
@pages.desk(*MAY["evidence"])
def record(code: str) -> Any:
    try:
        with transaction() as session:
            facility_named(session, current(), code)
            evidence.record(session, code=code, by=current().role, **_typed())
    except Refused as refusal:
        return _page(code, refusal=refusal), 422
    return pages.back_to("evidence_page.show", code=code)


@desk.post(ONE)
@pages.desk(*MAY["evidence"])
def withdraw(code: str, evidence_id: UUID) -> Any:
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            facility_named(session, current(), code)
            if views.find_evidence(session, code, evidence_id) is None:
                raise not_found("evidence")
            evidence.withdraw(session, evidence_id=evidence_id, reason=reason, by=current().role)
    except Refused as refusal:
        return _page(code, at=evidence_id, refusal=refusal), 422
    return pages.back_to("evidence_page.show", code=code)


def _typed() -> dict[str, Any]:
    """The form, checked as the API checks a request; of a file only its hash is kept."""
    files = sent_files(request.files.getlist("file"), field="file", most_bytes=MOST_BYTES)
    if len(files) > 1:
        raise Refused("Send one file.", field="file")
    hashes = [hashlib.sha256(content).hexdigest() for content in files]
    return {**typed(REQUEST), "sha256": hashes[0] if hashes else None}


def _page(code: str, at: UUID | None = None, refusal: Refused | None = None) -> str:
    with transaction() as session:
        name = facility_named(session, current(), code)
        return render_template(
            "evidence.html",
            facility=code,
            name=name,
            evidence=views.evidence_of(session, code),
            today=today_at(session, code),
            kinds=KINDS,
            issuers=ISSUERS,
            of_an_agreement=OF_AN_AGREEMENT,
            agreements=agreements.list_agreements(session, current(), code=code),
            findings=FINDINGS,
            may=duties_of(current().role),
            at=at,
            refusal=refusal,
            typed=request.form,
        )
