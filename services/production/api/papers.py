"""Papers of a work order: ``/production/v1/work-orders/{id}/ticket.pdf`` and ``…/tally-sheet.pdf``."""

from uuid import UUID

from flask import Response

from services.production import downloads, views
from services.production.duties import READERS
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.problems import not_found

api = Routes("papers", __name__, url_prefix="/production/v1", description="For a block without a screen")

FILE = {"type": "string", "format": "binary"}


@api.get("/work-orders/<uuid:id>/ticket.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(*READERS)
def read_ticket(id: UUID) -> Response:
    """The work ticket, in Indonesian with small English; its QR code opens the page for reports."""
    return _paper(id, "ticket")


@api.get("/work-orders/<uuid:id>/tally-sheet.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(*READERS)
def read_tally_sheet(id: UUID) -> Response:
    """A sheet with a row for each day; its QR code opens the page where the numbers are entered."""
    return _paper(id, "tally-sheet")


def _paper(id: UUID, name: str) -> Response:
    with transaction() as session:
        order = views.find_work_order(session, current(), id)
        if order is None:
            raise not_found("work order")
        return downloads.paper(session, order, name)
