"""Notes of counsel: what did they advise on which law, and until when does it count?"""

import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.orders import attempts, counsel_notes
from services.orders.domain.counsel_note import LONGEST
from services.orders.handlers import noting
from services.orders.schemas.counsel_notes import CounselNoteRequest, CounselNoteWithdrawal
from shared.clock import business_today
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.files import sent_files
from shared.web.forms import Wrong, wrong_with
from shared.web.pagination import cursor_of, key_of
from shared.web.problems import not_found

desk = Blueprint("counsel_notes_page", __name__, url_prefix="/orders/notes", template_folder="../templates")

REQUEST, WITHDRAWAL = CounselNoteRequest(), CounselNoteWithdrawal()
FIELDS = ("country", "adviser", "given_on", "valid_until", "policies", "file", "summary")
ONE = "/<uuid:note_id>/withdraw"
NOTES = 25
"""On one page."""
MOST_BYTES = 10 * 1024**2


@desk.get("/")
@desk.get(ONE)
@pages.desk(COMPLIANCE, KANWIL)
def all_notes(note_id: UUID | None = None) -> str:
    """All notes, newest first; also at a form's address, where it stands when the form was refused."""
    return _page(note_id)


@desk.post("/")
@attempts.keeping_without_right("counsel_note")
@pages.desk(COMPLIANCE)
def record() -> Any:
    """Record a note; of its file only the hash is kept."""
    try:
        asked = REQUEST.load(_typed())
        with attempts.keeping("counsel_note", {}), transaction() as session:
            noting.record_note(session, by=current(), **asked)
    except (ValidationError, Refused) as error:
        return _page(wrong=wrong_with(error, FIELDS)), 422
    return pages.back_to("counsel_notes_page.all_notes")


@desk.post(ONE)
@attempts.keeping_without_right("counsel_note")
@pages.desk(COMPLIANCE)
def withdraw(note_id: UUID) -> Any:
    try:
        said = WITHDRAWAL.load({"reason": request.form.get("reason", "")})
        with attempts.keeping("counsel_note", {}), transaction() as session:
            if counsel_notes.find(session, note_id) is None:
                raise not_found("note of counsel")
            noting.withdraw_note(session, note_id=note_id, by=current(), **said)
    except (ValidationError, Refused) as error:
        return _page(note_id, wrong_with(error, ("reason",))), 422
    return pages.back_to("counsel_notes_page.all_notes")


def _typed() -> dict[str, Any]:
    """The form as the API would be sent it."""
    files = sent_files(request.files.getlist("file"), field="file", most_bytes=MOST_BYTES)
    if len(files) != 1:
        raise Refused("Choose the file of the note, one file.", field="file")
    return {
        **{name: request.form.get(name, "") for name in FIELDS if name not in ("policies", "file")},
        "policies": request.form.getlist("policies"),
        "sha256": hashlib.sha256(files[0]).hexdigest(),
    }


def _page(at: UUID | None = None, wrong: Wrong | None = None) -> str:
    after = key_of(request.args.get("after"), UUID)
    with transaction() as session:
        found = counsel_notes.listed(session, limit=NOTES + 1, after=after)
        policies = counsel_notes.policies_to_cover(session)
        today = business_today(session)
    return render_template(
        "counsel_notes.html",
        notes=found[:NOTES],
        page=request.args.get("after", ""),
        after=cursor_of(str(found[NOTES - 1].id)) if len(found) > NOTES else None,
        policies=policies,
        chosen=request.form.getlist("policies"),
        may_record=current().role == COMPLIANCE,
        today=today,
        latest=today + LONGEST,
        at=at,
        typed=request.form,
        wrong=wrong or {},
    )
