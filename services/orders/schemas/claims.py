"""Claims as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.orders.schemas.payments import above_zero
from shared.web.schemas import Money, Whole, day, long_text, pieces

SETTLEMENTS = ("credit", "replacement", "return")


class ClaimRequest(Schema):
    sscc = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9]{18}\Z", error="Give the 18 digits of the carton's SSCC."),
    )
    quantity = pieces()
    reason = long_text(500, least=3)


class ClaimDecisionRequest(Schema):
    accepted = Whole(required=True, metadata={"description": "pieces; none refuses the claim"})
    reason = long_text(500, least=3)


class SettlementRequest(Schema):
    settlement = fields.String(
        required=True,
        validate=validate.OneOf(SETTLEMENTS, error=f"Give one of {', '.join(SETTLEMENTS)}."),
    )
    credit = Money(validate=above_zero, description="needed for a credit")
    requested_date = day(required=False, metadata={"description": "needed for a replacement"})


class ShortLandingSchema(Schema):
    shipment_id = fields.UUID()
    place = fields.String()
    occurred_at = fields.AwareDateTime()
    found = fields.Boolean(metadata={"description": "whether it turned up since"})


class ClaimSchema(Schema):
    id = fields.UUID()
    order_id = fields.UUID()
    line = Whole()
    sscc = fields.String()
    quantity = Whole(metadata={"description": "pieces claimed"})
    reason = fields.String()
    state = fields.String(metadata={"description": "made, decided, refused or settled"})
    made_on = fields.Date()
    short_landed = fields.Nested(
        ShortLandingSchema,
        allow_none=True,
        metadata={"description": "the report that the carton was not there at the discharge, if one holds"},
    )
    photos = fields.List(fields.String(), metadata={"description": "their addresses"})
    decision = fields.String(allow_none=True, metadata={"description": "accepted, part or refused"})
    accepted = Whole(allow_none=True)
    decision_reason = fields.String(allow_none=True)
    decided_on = fields.Date(allow_none=True)
    settlement = fields.String(allow_none=True, metadata={"description": "credit, replacement or return"})
    credit = Money(allow_none=True, description="in the order's currency")
    replacement_order_id = fields.UUID(allow_none=True)
    settled_on = fields.Date(allow_none=True)
