"""The tool keeper's page: what goes out, what came back, and opening a locked facility."""

import re
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, render_template, request

from services.production import views
from services.production.domain.tools import CONTROLLED, STOCK
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import tools
from services.production.pages.board import whole
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import Problem, not_found

desk = Blueprint("counting", __name__, url_prefix="/production", template_folder="../templates")

DUTIES = {"open": "tools", "close": "tools", "unlock": "unlock"}


@desk.get("/facilities/<code>/tools")
@pages.desk(*READERS)
def show(code: str) -> str:
    return _page(code)


@desk.post("/facilities/<code>/tools")
@pages.desk(*READERS)
def act(code: str) -> Any:
    action = request.form.get("action", "")
    roles = MAY[DUTIES.get(action, "tools")]
    if current().role not in roles:
        raise Problem(403, "Not for you", f"This is for {' or '.join(roles)}.")
    try:
        with transaction() as session:
            _need(session, code)
            kinds = tools.kinds_of(session, code)
            if action == "unlock":
                tools.unlock(session, code=code, reason=request.form.get("reason", "").strip())
            elif action == "open":
                tools.open_shift(session, code=code, out=_counts("out", kinds))
            else:
                used = _counts("used", (each.code for each in kinds.values() if each.kind_class == STOCK))
                tools.close_shift(session, code=code, returned=_counts("returned", kinds), used=used)
    except Refused as refusal:
        return _page(code, refusal), 422
    return pages.back_to("counting.show", code=code)


def _counts(field: str, codes: Iterable[str]) -> dict[str, int]:
    """What was entered for each kind; an empty field is none."""
    names = {code: f"{field}.{code}" for code in codes}
    return {code: whole(name) for code, name in names.items() if re.search(r"\S", request.form.get(name, ""))}


def _need(session: Any, code: str) -> None:
    if not views.may_see(current(), code) or views.capacity_of(session, code) is None:
        raise not_found("facility")


def _page(code: str, refusal: Refused | None = None) -> str:
    with transaction() as session:
        _need(session, code)
        found = views.tools_of(session, code)
        return render_template(
            "tools.html",
            facility=code,
            locked_on=found["locked_on"],
            tools=[each for each in found["tools"] if each["kind_class"] in CONTROLLED],
            out=views.handed_out(session, code),
            may=duties_of(current().role),
            refusal=refusal,
            typed=request.form,
        )
