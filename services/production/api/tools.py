"""Tools: ``/production/v1/facilities/{code}/tools``, ``…/shifts`` and ``…/unlock``."""

from typing import Any

from flask import Response

from services.production import views
from services.production.domain.tools import TOLD
from services.production.duties import MAY, READERS
from services.production.handlers import tools
from services.production.schemas.tools import (
    ClosedSchema,
    CloseShiftRequest,
    OpenShiftRequest,
    ShiftSchema,
    ToolsRequest,
    ToolsSchema,
    UnlockRequest,
)
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once

api = Routes("tools", __name__, url_prefix="/production/v1", description="Tools that must come back")

TOOLS, SHIFT, CLOSED = ToolsSchema(), ShiftSchema(), ClosedSchema()


@api.get("/facilities/<code>/tools")
@api.response(200, ToolsSchema)
@requires(*READERS)
def read_tools(code: str) -> Any:
    """A facility's tools, and whether missing ones have locked it."""
    with transaction() as session:
        views.facility_named(session, current(), code)
        return views.tools_of(session, code)


@api.put("/facilities/<code>/tools")
@api.arguments(ToolsRequest)
@api.response(200, ToolsSchema)
@requires(*MAY["tools"])
def set_tools(body: dict[str, Any], code: str) -> Any:
    """Say which kinds of tools there are, and how many."""
    with transaction() as session:
        views.facility_named(session, current(), code)
        tools.set_tools(session, code=code, tools=body["tools"])
        return views.tools_of(session, code)


@api.get("/facilities/<code>/shifts")
@api.response(200, ShiftSchema(many=True))
@requires(*READERS)
def list_shifts(code: str) -> Any:
    """The newest shifts of a facility."""
    with transaction() as session:
        views.facility_named(session, current(), code)
        return list(views.shifts_of(session, code))


@api.post("/facilities/<code>/shifts")
@api.arguments(OpenShiftRequest)
@api.response(201, ShiftSchema)
@requires(*MAY["tools"])
def open_shift(body: dict[str, Any], code: str) -> Response:
    """Begin a shift: these tools go out."""

    def run(session: Any) -> Answer:
        views.facility_named(session, current(), code)
        tools.open_shift(session, code=code, out=body["out"])
        return SHIFT.dump(views.shifts_of(session, code)[0]), 201, {}

    return once(run)


@api.post("/facilities/<code>/shifts/close")
@api.arguments(CloseShiftRequest)
@api.response(200, ClosedSchema)
@requires(*MAY["tools"])
def close_shift(body: dict[str, Any], code: str) -> Response:
    """End the shift: these came back. It closes if nothing differs; else the facility is locked, and those ``told`` see it."""

    def run(session: Any) -> Answer:
        views.facility_named(session, current(), code)
        differences = tools.close_shift(session, code=code, **body)
        told = TOLD if differences else ()
        return CLOSED.dump({"closed": not differences, "differences": differences, "told": told}), 200, {}

    return once(run)


@api.post("/facilities/<code>/unlock")
@api.arguments(UnlockRequest)
@api.response(200, ToolsSchema)
@requires(*MAY["unlock"])
def unlock(body: dict[str, Any], code: str) -> Response:
    """Say what became of the missing tools; work may go on."""

    def run(session: Any) -> Answer:
        views.facility_named(session, current(), code)
        tools.unlock(session, code=code, **body)
        return TOOLS.dump(views.tools_of(session, code)), 200, {}

    return once(run)
