"""Notes of counsel: ``/orders/v1/counsel-notes…``."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import RAISE
from sqlalchemy.orm import Session

from services.orders import counsel_notes
from services.orders.attempts import keeping_refused
from services.orders.handlers import noting
from services.orders.schemas.counsel_notes import (
    CounselNoteRequest,
    CounselNoteSchema,
    CounselNotesQuery,
    CounselNoteWithdrawal,
)
from shared.web.access import COMPLIANCE, KANWIL, current, requires, requires_person
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import key_of, link_to_next
from shared.web.problems import not_found

api = Routes(
    "counsel_notes",
    __name__,
    url_prefix="/orders/v1",
    description="What counsel advised on the law of a country",
)

NOTE = CounselNoteSchema()


@api.get("/counsel-notes")
@api.arguments(CounselNotesQuery, location="query", unknown=RAISE)
@api.response(200, CounselNoteSchema(many=True))
@requires(COMPLIANCE, KANWIL)
def list_counsel_notes(asked: dict[str, Any]) -> Any:
    """The notes of counsel, newest first, those that were withdrawn too."""
    limit, after = asked["limit"], key_of(asked["after"], UUID)
    with transaction() as session:
        found = [vars(note) for note in counsel_notes.listed(session, limit=limit + 1, after=after)]
    return found[:limit], 200, link_to_next(found, limit, "id")


@api.post("/counsel-notes")
@api.arguments(CounselNoteRequest)
@api.response(201, CounselNoteSchema)
@keeping_refused("counsel_note")
@requires_person(COMPLIANCE)
def record_counsel_note(body: dict[str, Any]) -> Response:
    """Record a note of counsel: on which policies, until when, and the SHA-256 of its file, which stays with you.
    Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        return NOTE.dump(noting.record_note(session, by=current(), **body)), 201, {}

    return once(command)


@api.post("/counsel-notes/<uuid:note_id>/withdraw")
@api.arguments(CounselNoteWithdrawal)
@api.response(200, CounselNoteSchema)
@keeping_refused("counsel_note")
@requires_person(COMPLIANCE)
def withdraw_counsel_note(body: dict[str, str], note_id: UUID) -> Response:
    """Withdraw a note with a reason; what needs one is open again. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        if counsel_notes.find(session, note_id) is None:
            raise not_found("note of counsel")
        noting.withdraw_note(session, note_id=note_id, by=current(), **body)
        return NOTE.dump(counsel_notes.find(session, note_id)), 200, {}

    return once(command)
