"""Amendments as the API takes and gives them."""

from typing import Any, NoReturn

from marshmallow import Schema, ValidationError, fields, validate

from services.orders.domain.cancellation import LONGEST_REASON
from services.orders.schemas.orders import ConsigneeSchema, OrderSchema, route
from shared.web.schemas import NO_DAY, Remark, Whole

NEW_ITEM = "Another item is a new order: cancel these pieces, and order the others."
FIXED_PRICE = "The price is the one that the line was placed at; it is not amended."


class Fixed(fields.Field[Any]):
    """What an amendment can't change, with what to do instead."""

    def __init__(self, instead: str) -> None:
        super().__init__(metadata={"description": instead, "not": {}})
        self._instead = instead

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> NoReturn:
        raise ValidationError(self._instead)


class AmendedLineRequest(Schema):
    """What is not given stays."""

    line = Whole(required=True, validate=validate.Range(1, 200, error="Give the number of a line, from 1."))
    quantity = Whole(
        validate=validate.Range(
            1, 10_000_000, error="Give a number of pieces from 1 to 10,000,000; to have none, cancel."
        ),
        metadata={"description": "pieces to be delivered in the end; fewer than now are asked back"},
    )
    requested_date = fields.Date(error_messages={"invalid": NO_DAY})
    consignee = fields.Nested(ConsigneeSchema)
    transit = route()
    sku = Fixed(NEW_ITEM)
    unit_price = Fixed(FIXED_PRICE)


class AmendRequest(Schema):
    lines = fields.List(
        fields.Nested(AmendedLineRequest),
        required=True,
        validate=validate.Length(1, 200, error="Give 1 to 200 lines."),
    )
    reason = Remark(LONGEST_REASON, least=3)
    unpack = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": "your consent to open packed cartons, where fewer pieces are wanted"},
    )


class ConsequenceSchema(Schema):
    line = Whole()
    change = fields.String(
        metadata={"description": "quantity, requested_date, consignee, transit or release"}
    )
    text = fields.String(metadata={"description": "what follows from it, in the caller's language"})


class AmendedOrderSchema(OrderSchema):
    """The order as it is now, and what followed from the amendment."""

    consequences = fields.List(fields.Nested(ConsequenceSchema))
    cancellation_id = fields.UUID(
        allow_none=True, metadata={"description": "the request for the pieces asked back, if there are any"}
    )
