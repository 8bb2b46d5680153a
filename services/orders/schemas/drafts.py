"""Drafts: an order as far as it is known, and what it still misses."""

from typing import Any

from marshmallow import Schema, fields

from services.orders.schemas.orders import OrderRequest
from shared.web.problems import field_errors
from shared.web.schemas import FieldErrorSchema

WHOLE = OrderRequest()


class DraftRequest(OrderRequest):
    """What is known of an order: each field that is given must be right, and none must be given."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "partial": True})


class DraftSchema(Schema):
    id = fields.UUID()
    version = fields.Integer()
    made_at = fields.AwareDateTime()
    order = fields.Dict(metadata={"description": "the order as far as it is known, as it was sent"})
    missing = fields.List(
        fields.Nested(FieldErrorSchema),
        metadata={"description": "what must be given before it can be placed"},
    )


def missing_in(content: dict[str, Any]) -> list[dict[str, str]]:
    """What keeps this from being an order, by field."""
    return list(field_errors(WHOLE.validate(content)))
