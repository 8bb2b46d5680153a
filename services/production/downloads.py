"""Our own papers and pictures as downloads, for systems and for people alike."""

from uuid import UUID

from flask import Response, url_for
from sqlalchemy.orm import Session

from services.production import papers
from services.production.documents.tally_sheet import tally_sheet
from services.production.documents.ticket import ticket
from services.production.domain.work_order import WorkOrder
from services.production.photos import find_photo
from shared.web.files import picture
from shared.web.problems import not_found

MAKERS = {"ticket": ticket, "tally-sheet": tally_sheet}
"""Each makes its paper from the rows: the same rows give the same bytes."""


def paper(session: Session, order: WorkOrder, name: str) -> Response:
    """A paper whose code opens the page for reports at the address under which it was asked for."""
    report_at = url_for("reports.show", id=order.id, _external=True)
    made = MAKERS[name](papers.paper_of(session, order, report_at=report_at))
    headers = {"Content-Disposition": f'inline; filename="{name}-{order.number}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


def photo_of(session: Session, work_order_id: UUID, inspection_id: int, number: int) -> Response:
    """One photo of an inspection that the reader may see."""
    photo = find_photo(session, work_order_id, inspection_id, number)
    if photo is None:
        raise not_found("photo")
    return picture(photo.content, photo.media_type, f"inspection-{inspection_id}-{number}")
