"""The catalogue: ``/orders/v1/catalogue``."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from services.orders.catalogue import catalogue, find_item, item_as_dict
from services.orders.handlers.catalogue import publish, set_price
from services.orders.schemas.catalogue import ItemAmendment, ItemSchema, PriceRequest
from shared.clock import business_today
from shared.refusal import Refused
from shared.web.access import BUYER, COMPLIANCE, KANWIL, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.problems import not_found
from shared.web.schemas import NO_DAY
from shared.web.versions import IF_MATCH, etag, must_match

api = Routes("catalogue", __name__, url_prefix="/orders/v1", description="What can be ordered")


@api.get("/catalogue")
@api.response(200, ItemSchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def read_catalogue() -> Any:
    """What can be ordered, at what price, and in how many days it is typically promised."""
    with transaction() as session:
        return catalogue(session, business_today(session))


@api.get("/catalogue/<sku>")
@api.response(200, ItemSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_item(sku: str) -> Any:
    """One item; its ETag is what an amendment sends as If-Match."""
    with transaction() as session:
        return _shown(session, sku)


@api.patch("/catalogue/<sku>")
@api.arguments(ItemAmendment)
@api.response(200, ItemSchema)
@api.doc(parameters=[IF_MATCH])
@requires(KANWIL)
def amend_item(body: dict[str, Any], sku: str) -> Any:
    """Amend an item: a new version, told to all services. Orders keep the version they were placed at."""
    with transaction() as session:
        row = find_item(session, sku)
        if row is None:
            raise not_found("item")
        must_match(row.version)
        published = {**row.published, **body}
        if published != row.published:
            publish(session, sku=sku, published=published)
        return _shown(session, sku)


@api.put("/catalogue/<sku>/prices/<currency>/<valid_from>")
@api.arguments(PriceRequest)
@api.response(200, ItemSchema)
@requires(KANWIL)
def put_price(body: dict[str, Decimal], sku: str, currency: str, valid_from: str) -> Any:
    """Say what an item costs in a currency from a day on, today or later."""
    day = _day(valid_from)
    with transaction() as session:
        if find_item(session, sku) is None:
            raise not_found("item")
        set_price(session, sku=sku, currency=currency, valid_from=day, unit_price=body["unit_price"])
        return _shown(session, sku)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(NO_DAY, field="valid_from") from None


def _shown(session: Session, sku: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    shown = item_as_dict(session, sku, business_today(session))
    if shown is None:
        raise not_found("item")
    return shown, 200, etag(shown["version"])
