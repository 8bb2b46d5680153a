"""Warnings: ``/production/v1/warnings…``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.production import warnings as views
from services.production.duties import MAY, READERS
from services.production.handlers import warnings
from services.production.schemas.warnings import STANDING, WarningQuery, WarningSchema
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import key_of, link_to_next
from shared.web.problems import not_found
from shared.web.schemas import NothingSchema

api = Routes("warnings", __name__, url_prefix="/production/v1", description="What is going to be late")

WARNING = WarningSchema()


@api.get("/warnings")
@api.arguments(WarningQuery, location="query")
@api.response(200, WarningSchema(many=True))
@requires(*READERS)
def list_warnings(page: dict[str, Any]) -> Any:
    """Warnings that stand, or that were cleared; newest first, by key."""
    with transaction() as session:
        rows = views.list_warnings(
            session,
            current(),
            standing=page["state"] == STANDING,
            grade=page["grade"],
            code=page["facility"],
            limit=page["limit"],
            after=key_of(page["after"], UUID),
        )
    return rows[: page["limit"]], 200, link_to_next(rows, page["limit"], "id")


@api.post("/warnings/<uuid:warning_id>/acknowledge")
@api.arguments(NothingSchema)
@api.response(200, WarningSchema)
@requires(*MAY["heed"])
def acknowledge_warning(body: dict[str, Any], warning_id: UUID) -> Response:
    """Say that you take it up; that gives its owner the same time once more before it goes further."""

    def run(session: Session) -> Answer:
        if views.find(session, current(), warning_id) is None:
            raise not_found("warning")
        warnings.acknowledge(session, warning_id=warning_id, by=current().role)
        return WARNING.dump(views.in_full(session, current(), warning_id)), 200, {}

    return once(run)
