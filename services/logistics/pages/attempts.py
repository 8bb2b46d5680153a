"""Who would have let goods pass that are not cleared?"""

from flask import Blueprint, render_template, request

from services.logistics import attempts
from shared.web import pages
from shared.web.access import COMPLIANCE, KANWIL, LOGISTICS
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of, row_number

desk = Blueprint("attempts", __name__, url_prefix="/logistics", template_folder="../templates")

MOST = 50


@desk.get("/attempts")
@pages.desk(LOGISTICS, KANWIL, COMPLIANCE)
def refused_attempts() -> str:
    """Every attempt at a gate that was refused, newest first."""
    before = key_of(request.args.get("before"), row_number)
    with transaction() as session:
        found = attempts.newest(session, limit=MOST + 1, before=before)
    older = cursor_of(str(found[MOST - 1]["id"])) if len(found) > MOST else None
    return render_template("gate_attempts.html", refused=found[:MOST], older=older)
