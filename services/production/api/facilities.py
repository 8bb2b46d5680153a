"""Facilities: ``/production/v1/facilities…``."""

import re
from typing import Any

from sqlalchemy.orm import Session

from services.production import calendars, views
from services.production.domain.facility import Particulars
from services.production.duties import MAY, READERS
from services.production.handlers import capacities, facilities
from services.production.handlers.planning import one_plan_at_a_time
from services.production.schemas.facilities import (
    FACILITY_CODE,
    CapabilityAmendment,
    CapabilityInFullSchema,
    CapabilityRequest,
    CapacityRequest,
    CapacitySchema,
    FacilityInFullSchema,
    FacilitySchema,
    ParticularsRequest,
)
from shared.refusal import Refused
from shared.web.access import KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.problems import not_found
from shared.web.versions import IF_MATCH, etag, must_match

api = Routes("facilities", __name__, url_prefix="/production/v1", description="Who is able to make what")


@api.get("/facilities")
@api.response(200, FacilitySchema(many=True))
@requires(*READERS)
def list_facilities() -> Any:
    """All facilities that are known."""
    with transaction() as session:
        return list(views.facilities(session))


@api.get("/facilities/<code>")
@api.response(200, FacilityInFullSchema)
@requires(*READERS)
def read_facility(code: str) -> Any:
    """A facility with its hours, what it is able to make, and what it still lacks before it is asked for work."""
    with transaction() as session:
        found = calendars.facility_in_full(session, code) if views.may_see(current(), code) else None
    if found is None:
        raise not_found("facility")
    return found


@api.put("/facilities/<code>")
@api.arguments(ParticularsRequest)
@api.response(200, FacilityInFullSchema)
@requires(KANWIL)
def keep_facility(body: Particulars, code: str) -> Any:
    """Bring a facility in, or change what it is. It is asked for work once it lacks nothing."""
    if not re.match(FACILITY_CODE, code):
        raise Refused("Give a code such as LPS-SRG.", field="code")
    with transaction() as session:
        facilities.keep_facility(session, code=code, particulars=body)
        return calendars.facility_in_full(session, code)


@api.put("/facilities/<code>/capabilities/<family>")
@api.arguments(CapabilityRequest)
@api.response(200, FacilityInFullSchema)
@requires(KANWIL)
def set_capability(body: dict[str, Any], code: str, family: str) -> Any:
    """Say what a facility makes of a family of goods; a last day ends it."""
    with transaction() as session:
        if calendars.facility_in_full(session, code) is None:
            raise not_found("facility")
        facilities.set_capability(session, code=code, family=family, **body)
        return calendars.facility_in_full(session, code)


@api.get("/facilities/<code>/capabilities/<family>")
@api.response(200, CapabilityInFullSchema)
@requires(*READERS)
def read_capability(code: str, family: str) -> Any:
    """What a facility makes of a family, with its history; the ETag is what an amendment sends as If-Match."""
    with transaction() as session:
        found = _capability(session, code, family)
        return found, 200, etag(found["version"])


@api.patch("/facilities/<code>/capabilities/<family>")
@api.arguments(CapabilityAmendment)
@api.response(200, CapabilityInFullSchema)
@api.doc(parameters=[IF_MATCH])
@requires(KANWIL)
def amend_capability(body: dict[str, Any], code: str, family: str) -> Any:
    """Change some of what a facility makes of a family. What was before stays in its history."""
    with transaction() as session:
        one_plan_at_a_time(session)  # nobody amends it between the look at its version and the amendment
        must_match(_capability(session, code, family)["version"])
        facilities.amend_capability(session, code=code, family=family, **body)
        found = _capability(session, code, family)
        return found, 200, etag(found["version"])


def _capability(session: Session, code: str, family: str) -> dict[str, Any]:
    found = calendars.capability_in_full(session, code, family) if views.may_see(current(), code) else None
    if found is None:
        raise not_found("capability")
    return found


@api.get("/facilities/<code>/capacity")
@api.response(200, CapacitySchema)
@requires(*READERS)
def read_capacity(code: str) -> Any:
    """A facility's minutes a day and its places for consenting workers."""
    with transaction() as session:
        found = views.capacity_of(session, code) if views.may_see(current(), code) else None
    if found is None:
        raise not_found("facility")
    return found


@api.put("/facilities/<code>/capacity")
@api.arguments(CapacityRequest)
@api.response(200, CapacitySchema)
@requires(*MAY["capacity"])
def set_capacity(body: dict[str, Any], code: str) -> Any:
    """Say how many minutes a day the facility is open and how many places for consenting workers it has."""
    with transaction() as session:
        views.facility_named(session, current(), code)
        capacities.set_capacity(session, code=code, **body)
        return views.capacity_of(session, code)
