"""Golden samples: ``/orders/v1/samples…``."""

from collections.abc import Callable
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from services.orders.handlers import sampling
from services.orders.samples import list_samples
from services.orders.schemas.samples import SampleApproval, SampleRefusal, SampleSchema
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("samples", __name__, url_prefix="/orders/v1", description="What is approved before it is made")

SAMPLE = SampleSchema()


@api.get("/samples")
@api.response(200, SampleSchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def read_samples() -> Any:
    """The golden samples that items ask for, and what buyers said of them."""
    with transaction() as session:
        return list_samples(session, current())


@api.post("/samples/<sku>/approve")
@api.arguments(SampleApproval)
@api.response(200, SampleSchema)
@requires(BUYER)
def approve_sample(body: dict[str, str], sku: str) -> Response:
    """Approve the sample of an item, so that lines that wait for it are cleared. Needs an Idempotency-Key."""
    return _say(sampling.approve_sample, sku, body)


@api.post("/samples/<sku>/refuse")
@api.arguments(SampleRefusal)
@api.response(200, SampleSchema)
@requires(BUYER)
def refuse_sample(body: dict[str, str], sku: str) -> Response:
    """Refuse the sample of an item with a reason; its lines go on waiting. Needs an Idempotency-Key."""
    return _say(sampling.refuse_sample, sku, body)


def _say(command: Callable[..., None], sku: str, body: dict[str, str]) -> Response:
    def say(session: Session) -> Answer:
        principal = current()
        if not list_samples(session, principal, sku=sku):
            raise not_found("sample")
        command(session, buyer=principal.account, sku=sku, by=principal, **body)
        session.flush()
        return SAMPLE.dump(list_samples(session, principal, sku=sku)[0]), 200, {}

    return once(say)
