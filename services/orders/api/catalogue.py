"""The catalogue: ``/orders/v1/catalogue``."""

from typing import Any

from services.orders import views
from services.orders.schemas.catalogue import (
    ItemSchema,
)
from shared.web.access import BUYER, COMPLIANCE, KANWIL, requires
from shared.web.api import Routes
from shared.web.context import transaction

api = Routes("catalogue", __name__, url_prefix="/orders/v1", description="What can be ordered")


@api.get("/catalogue")
@api.response(200, ItemSchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def read_catalogue() -> Any:
    """What can be ordered, and at what price."""
    with transaction() as session:
        return views.catalogue(session)
