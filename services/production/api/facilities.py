"""Facilities: ``/production/v1/facilities…``."""

from typing import Any

from services.production import views
from services.production.duties import READERS
from services.production.handlers import capacities
from services.production.schemas.facilities import CapacityRequest, CapacitySchema, FacilitySchema
from shared.web.access import FACILITY, HEAD, KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.problems import not_found

api = Routes("facilities", __name__, url_prefix="/production/v1", description="Who is able to make what")


@api.get("/facilities")
@api.response(200, FacilitySchema(many=True))
@requires(*READERS)
def list_facilities() -> Any:
    """All facilities that are known."""
    with transaction() as session:
        return list(views.facilities(session))


@api.get("/facilities/<code>/capacity")
@api.response(200, CapacitySchema)
@requires(*READERS)
def read_capacity(code: str) -> Any:
    """A facility's minutes a day and its consenting workers."""
    with transaction() as session:
        found = views.capacity_of(session, code) if views.may_see(current(), code) else None
    if found is None:
        raise not_found("facility")
    return found


@api.put("/facilities/<code>/capacity")
@api.arguments(CapacityRequest)
@api.response(200, CapacitySchema)
@requires(FACILITY, HEAD, KANWIL)
def set_capacity(body: dict[str, Any], code: str) -> Any:
    """Say how many minutes a day the facility is open and how many consenting workers it has."""
    with transaction() as session:
        if not views.may_see(current(), code) or views.capacity_of(session, code) is None:
            raise not_found("facility")
        capacities.set_capacity(session, code=code, **body)
        return views.capacity_of(session, code)
