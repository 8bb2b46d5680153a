"""Many milestones at once: ``/logistics/v1/milestones/import``."""

import hashlib

from flask import Response, request
from sqlalchemy.orm import Session

from services.logistics.handlers import importing
from services.logistics.reported_rows import COLUMNS, MOST_BYTES, MOST_ROWS, rows_of
from services.logistics.schemas.milestones import ImportedRowSchema
from shared.web.access import CARRIER, LOGISTICS, requires
from shared.web.api import Routes, takes
from shared.web.idempotency import Answer, once_for
from shared.web.problems import Problem

api = Routes("imports", __name__, url_prefix="/logistics/v1", description="Many milestones at once")

ROWS = ImportedRowSchema(many=True)
BODY = {
    "description": f"Up to {MOST_ROWS:,} rows. Columns: {', '.join(COLUMNS.needed)}, and one or more of"
    f" {', '.join(COLUMNS.one_of)}."
    " A shipment is named by its number or its container.",
    "required": True,
    "content": {"text/csv": {"schema": {"type": "string"}}},
}


@api.post("/milestones/import")
@api.doc(requestBody=BODY)
@api.response(200, ImportedRowSchema(many=True))
@requires(LOGISTICS, CARRIER)
@takes(MOST_BYTES)
def import_milestones() -> Response:
    """Report the milestones of a CSV file. Each row holds or is refused by itself, in whatever order they stand;
    the same rows again are known and change nothing. Needs an Idempotency-Key."""
    if request.mimetype != "text/csv":
        raise Problem(415, "Not CSV", "Send the body as text/csv, and say so in Content-Type.")
    content = request.get_data()

    def command(session: Session) -> Answer:
        return ROWS.dump(importing.import_milestones(session, rows=rows_of(content))), 200, {}

    return once_for(hashlib.sha256(request.path.encode() + content).digest(), command)
