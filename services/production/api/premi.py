"""Premi schemes and words of consents: ``/production/v1/agreements/{id}/premi-schemes`` and ``…/consent-words``.

Workers have no API: a key is no person, and each read of what is about persons is noted with who reads.
"""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.production import agreements, ledger, workers
from services.production.domain.agreement import Agreement
from services.production.duties import READERS
from services.production.handlers import people, premi
from services.production.local_time import today_at
from services.production.schemas.premi import (
    SchemeEnd,
    SchemeRequest,
    SchemeSchema,
    WordsRequest,
    WordsSchema,
)
from shared.web.access import KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("premi", __name__, url_prefix="/production/v1", description="How work is paid and consented to")

SCHEME, WORDS = SchemeSchema(), WordsSchema()


@api.get("/agreements/<uuid:agreement_id>/premi-schemes")
@api.response(200, SchemeSchema(many=True))
@requires(*READERS)
def list_premi_schemes(agreement_id: UUID) -> Any:
    """The schemes of an agreement, the first first."""
    with transaction() as session:
        _need(session, agreement_id)
        return [ledger.scheme_dict(one) for one in premi.schemes_of(session, agreement_id)]


@api.post("/agreements/<uuid:agreement_id>/premi-schemes")
@api.arguments(SchemeRequest)
@api.response(201, SchemeSchema)
@requires(KANWIL)
def make_premi_scheme(body: dict[str, Any], agreement_id: UUID) -> Response:
    """Say how work is paid from a day on; no two schemes hold at once. Needs an Idempotency-Key."""

    def run(session: Session) -> Answer:
        _need(session, agreement_id)
        made = premi.make_scheme(session, agreement_id=agreement_id, **body)
        return SCHEME.dump(ledger.scheme_dict(made)), 201, {}

    return once(run)


@api.post("/agreements/<uuid:agreement_id>/premi-schemes/<uuid:scheme_id>/end")
@api.arguments(SchemeEnd)
@api.response(200, SchemeSchema)
@requires(KANWIL)
def end_premi_scheme(body: dict[str, Any], agreement_id: UUID, scheme_id: UUID) -> Response:
    """End a scheme, so that another one may follow; what was accrued under it stands."""

    def run(session: Session) -> Answer:
        _need(session, agreement_id)
        schemes = {one.id: one for one in premi.schemes_of(session, agreement_id)}
        if scheme_id not in schemes:
            raise not_found("scheme")
        ended = premi.end_scheme(session, scheme=schemes[scheme_id], **body)
        return SCHEME.dump(ledger.scheme_dict(ended)), 200, {}

    return once(run)


@api.get("/agreements/<uuid:agreement_id>/consent-words")
@api.response(200, WordsSchema(many=True))
@requires(*READERS)
def list_consent_words(agreement_id: UUID) -> Any:
    """The words that are read aloud before somebody consents to work, and to the use of data, as of today."""
    with transaction() as session:
        found = _need(session, agreement_id)
        return list(workers.words_on(session, agreement_id, today_at(session, found.facility)).values())


@api.post("/agreements/<uuid:agreement_id>/consent-words")
@api.arguments(WordsRequest)
@api.response(201, WordsSchema)
@requires(KANWIL)
def set_consent_words(body: dict[str, Any], agreement_id: UUID) -> Response:
    """Set new words: everybody is asked anew from that day on. Needs an Idempotency-Key."""

    def run(session: Session) -> Answer:
        _need(session, agreement_id)
        version = people.set_words(session, agreement_id=agreement_id, **body)
        return WORDS.dump({**body, "agreement_id": agreement_id, "version": version}), 201, {}

    return once(run)


def _need(session: Session, agreement_id: UUID) -> Agreement:
    found = agreements.find(session, current(), agreement_id)
    if found is None:
        raise not_found("agreement")
    return found
