"""The papers of a work order, for people."""

from uuid import UUID

from flask import Blueprint, Response

from services.production import downloads, views
from services.production.duties import READERS
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("printing", __name__, url_prefix="/production")


@desk.get('/work-orders/<uuid:id>/<any(ticket, "tally-sheet"):name>.pdf')
@pages.desk(*READERS)
def paper(id: UUID, name: str) -> Response:
    with transaction() as session:
        order = views.find_work_order(session, current(), id)
        if order is None:
            raise not_found("work order")
        return downloads.paper(session, order, name)
