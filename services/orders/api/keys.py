"""API keys of the caller's own account: ``/orders/v1/keys…``."""

from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from services.orders.schemas.keys import KeyListedSchema, KeyRequest, KeyRotationRequest, KeySchema
from shared.web import keys
from shared.web.access import BUYER, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("keys", __name__, url_prefix="/orders/v1", description="Keys of a buyer's systems")

KEY = KeySchema()
SHOWN_ONCE = frozenset({"key"})


@api.get("/keys")
@api.response(200, KeyListedSchema(many=True))
@requires(BUYER)
def list_keys() -> Any:
    """Your keys, newest first, each with what it may do and its last use; those that ended, for thirty days."""
    with transaction() as session:
        return list(keys.keys_of(session, current()))


@api.post("/keys")
@api.arguments(KeyRequest)
@api.response(201, KeySchema)
@requires(BUYER)
def make_key(body: dict[str, Any]) -> Response:
    """Make another key, with no more rights than yours; it is shown this once. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        return KEY.dump(keys.make_key(session, by=current(), **body)), 201, {}

    return once(command, shown_once=SHOWN_ONCE)


@api.post("/keys/<key_id>/rotate")
@api.arguments(KeyRotationRequest)
@api.response(201, KeySchema)
@requires(BUYER)
def rotate_key(body: dict[str, Any], key_id: str) -> Response:
    """Replace a key; the old one opens until the overlap is over. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        overlap = timedelta(hours=body["overlap_hours"])
        made = keys.rotate_key(session, by=current(), key_id=key_id, overlap=overlap)
        if made is None:
            raise not_found("key")
        return KEY.dump(made), 201, {}

    return once(command, shown_once=SHOWN_ONCE)


@api.delete("/keys/<key_id>")
@api.response(204)
@requires(BUYER)
def revoke_key(key_id: str) -> None:
    """Have a key open nothing any more, at once."""
    with transaction() as session:
        if not keys.revoke_key(session, by=current(), key_id=key_id):
            raise not_found("key")
