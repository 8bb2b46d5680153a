"""The events of all shipments, by the REST form of EPCIS 2.0: ``/logistics/epcis/v2/events``."""

from typing import Any
from urllib.parse import urlencode

from flask import request

from services.logistics.epcis import query_document
from services.logistics.epcis_queries import Query, events_page, position
from services.logistics.schemas.epcis import EventsQuery
from shared.clock import business_now
from shared.web.access import KANWIL, LOGISTICS, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of

api = Routes("epcis", __name__, url_prefix="/logistics/epcis/v2", description="EPCIS 2.0, simple queries")

DOCUMENT = {"type": "object", "description": "an EPCISQueryDocument, in JSON-LD"}


@api.get("/events")
@api.arguments(EventsQuery, location="query")
@api.alt_response(200, schema=DOCUMENT, success=True)
@requires(LOGISTICS, KANWIL)
def query_events(asked: dict[str, Any]) -> Any:
    """Events by step, time and EPC, shipment by shipment. A page may have fewer than perPage, even none;
    as long as there is a Link to the next one, there may be more."""
    limit, after = asked.pop("limit"), key_of(asked.pop("after"), position, field="nextPageToken")
    with transaction() as session:
        events, last = events_page(session, Query(**asked), limit=limit, after=after)
        document = query_document(events, created_at=business_now(session))
    return document, 200, {"GS1-EPCIS-Version": "2.0.0", **(_next(str(last)) if last else {})}


def _next(last: str) -> dict[str, str]:
    query = request.args.to_dict() | {"nextPageToken": cursor_of(last)}
    return {"Link": f'<{request.path}?{urlencode(query)}>; rel="next"'}
