"""The tool keeper's page: what goes out, what came back, and opening a locked facility."""

import re
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.production import views
from services.production.domain.tools import CLASSES, CONTROLLED, STOCK
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import tools
from services.production.pages.board import WHOLE, whole
from services.production.schemas.tools import ToolsRequest
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import Problem, field_errors

desk = Blueprint("counting", __name__, url_prefix="/production", template_folder="../templates")

DUTIES = {"open": "tools", "close": "tools", "unlock": "unlock", "kinds": "tools"}
KINDS = ToolsRequest()
OF_A_KIND = ("code", "name", "class", "quantity")


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
            views.facility_named(session, current(), code)
            kinds = tools.kinds_of(session, code)
            if action == "unlock":
                tools.unlock(session, code=code, reason=request.form.get("reason", "").strip())
            elif action == "kinds":
                tools.set_tools(session, code=code, tools=_kinds())
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


def _kinds() -> Any:
    """The kinds in the rows of the form, checked as the API checks them; a row without a code is none."""
    columns = zip(*(request.form.getlist(name) for name in OF_A_KIND), strict=False)
    rows = [dict(zip(OF_A_KIND, (text.strip() for text in row), strict=True)) for row in columns]
    wanted: list[dict[str, Any]] = [row for row in rows if row["code"]]
    for n, row in enumerate(wanted):
        if not WHOLE.fullmatch(row["quantity"]):
            raise Refused("Give a whole number.", field=f"tools[{n}].quantity")
        row["quantity"] = int(re.sub("[., ]", "", row["quantity"]))
    try:
        return KINDS.load({"tools": wanted})["tools"]
    except ValidationError as error:
        first = next(iter(field_errors(error.messages)))
        message = first["message"]
        raise Refused(message, field=first["field"]) from None


def _typed_kinds() -> list[dict[str, str]]:
    """The rows of the form as they were typed."""
    columns = zip(*(request.form.getlist(name) for name in OF_A_KIND), strict=False)
    return [dict(zip(OF_A_KIND, row, strict=True)) for row in columns]


def _page(code: str, refusal: Refused | None = None) -> str:
    with transaction() as session:
        name = views.facility_named(session, current(), code)
        found = views.tools_of(session, code)
        return render_template(
            "tools.html",
            facility=code,
            name=name,
            locked_on=found["locked_on"],
            tools=[each for each in found["tools"] if each["kind_class"] in CONTROLLED],
            kinds=_typed_kinds() or [{**each, "class": each["kind_class"]} for each in found["tools"]],
            classes=CLASSES,
            out=views.handed_out(session, code),
            may=duties_of(current().role),
            refusal=refusal,
            typed=request.form,
        )
