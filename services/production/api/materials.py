"""Material: ``/production/v1/materials…``, and what a work order's pieces are made of."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.production import materials as views
from services.production.domain.material import MaterialLot
from services.production.duties import MAY, READERS
from services.production.handlers import materials
from services.production.schemas.materials import (
    GiveBackRequest,
    LotInFullSchema,
    LotQuery,
    LotSchema,
    MadeOfSchema,
    MaterialSchema,
    QuarantineRequest,
    ReceiveRequest,
    StockQuery,
    StockSchema,
    WriteOffRequest,
)
from services.production.views import find_work_order
from shared.refusal import Refused
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import key_of, link_to_next
from shared.web.problems import not_found
from shared.web.schemas import NothingSchema

api = Routes("materials", __name__, url_prefix="/production/v1", description="What goods are made of")

LOT = LotSchema()


@api.get("/materials")
@api.response(200, MaterialSchema(many=True))
@requires(*READERS)
def list_materials() -> Any:
    """The materials that are kept count of."""
    with transaction() as session:
        return list(views.kinds(session))


@api.get("/materials/stock")
@api.arguments(StockQuery, location="query")
@api.response(200, StockSchema(many=True))
@requires(*READERS)
def read_stock(query: dict[str, Any]) -> Any:
    """What each facility has of each material."""
    with transaction() as session:
        return views.stock(session, current(), query["facility"])


@api.get("/materials/lots")
@api.arguments(LotQuery, location="query")
@api.response(200, LotSchema(many=True))
@requires(*READERS)
def list_material_lots(page: dict[str, Any]) -> Any:
    """Lots of material, newest first, by key."""
    with transaction() as session:
        rows = views.list_lots(
            session,
            current(),
            code=page["facility"],
            kind=page["material"],
            limit=page["limit"],
            after=key_of(page["after"], UUID),
        )
    return rows[: page["limit"]], 200, link_to_next(rows, page["limit"], "id")


@api.post("/materials/lots")
@api.arguments(ReceiveRequest)
@api.response(201, LotSchema)
@requires(*MAY["material"])
def receive_material(body: dict[str, Any]) -> Response:
    """Receive a lot. Wood says on which plot it grew. Needs an Idempotency-Key, as all of these."""

    def run(session: Session) -> Answer:
        if body["facility"] != current().account:
            raise Refused("Give your own facility: {code}.", field="facility", code=current().account)
        lot = materials.receive(session, **body)
        headers = {"Location": f"/production/v1/materials/lots/{lot.id}"}
        return LOT.dump(views.as_dict(lot)), 201, headers

    return once(run)


@api.get("/materials/lots/<uuid:lot_id>")
@api.response(200, LotInFullSchema)
@requires(*READERS)
def read_material_lot(lot_id: UUID) -> Any:
    """One lot, with the work orders that used of it."""
    with transaction() as session:
        return views.lot_in_full(session, _found(session, lot_id))


@api.post("/materials/lots/<uuid:lot_id>/quarantine")
@api.arguments(QuarantineRequest)
@api.response(200, LotSchema)
@requires(*MAY["quarantine"])
def quarantine_material(body: dict[str, Any], lot_id: UUID) -> Response:
    """Let nobody use it, with a reason; work that used it, or would have to, is paused."""
    return _do(materials.quarantine, lot_id, body)


@api.post("/materials/lots/<uuid:lot_id>/release")
@api.arguments(NothingSchema)
@api.response(200, LotSchema)
@requires(*MAY["quarantine"])
def release_material(body: dict[str, Any], lot_id: UUID) -> Response:
    """It may be used again."""
    return _do(materials.release, lot_id, body)


@api.post("/materials/lots/<uuid:lot_id>/write-off")
@api.arguments(WriteOffRequest)
@api.response(200, LotSchema)
@requires(*MAY["material"])
def write_off_material(body: dict[str, Any], lot_id: UUID) -> Response:
    """Some of it is spoilt or lost, with the reason."""
    return _do(materials.write_off, lot_id, body)


@api.post("/materials/lots/<uuid:lot_id>/give-back")
@api.arguments(GiveBackRequest)
@api.response(200, LotSchema)
@requires(*MAY["material"])
def give_back_material(body: dict[str, Any], lot_id: UUID) -> Response:
    """A work order used less of it than was counted: an entry of its own corrects that."""
    return _do(materials.give_back, lot_id, body)


@api.get("/work-orders/<uuid:id>/materials")
@api.response(200, MadeOfSchema(many=True))
@requires(*READERS)
def read_materials_of_work_order(id: UUID) -> Any:
    """The lots of material in its pieces, with the plots of wood."""
    with transaction() as session:
        if find_work_order(session, current(), id) is None:
            raise not_found("work order")
        return views.made_of(session, id)


def _do(command: Callable[..., MaterialLot], lot_id: UUID, body: dict[str, Any]) -> Response:
    """Run a command on a lot that the caller may see, once."""

    def run(session: Session) -> Answer:
        _found(session, lot_id)
        return LOT.dump(views.as_dict(command(session, lot_id=lot_id, **body))), 200, {}

    return once(run)


def _found(session: Session, lot_id: UUID) -> MaterialLot:
    found = views.find_lot(session, current(), lot_id)
    if found is None:
        raise not_found("material lot")
    return found
