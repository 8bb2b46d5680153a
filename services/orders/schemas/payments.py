"""Payments as the API takes and gives them."""

from decimal import Decimal

from marshmallow import Schema, ValidationError, fields, validate

from shared.web.schemas import Money, day, long_text, short_text

MOST = 10**12


def above_zero(amount: Decimal) -> None:
    """A range would stand in the OpenAPI document as texts, which are none there."""
    if not 0 < amount <= MOST:
        raise ValidationError("Give an amount above zero up to 1000000000000, such as 550.00.")


class PaymentRequest(Schema):
    amount = Money(required=True, validate=above_zero)
    currency = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Z]{3}\Z", error="Give an ISO 4217 code, for example USD."),
    )
    paid_on = day()
    reference = short_text(100)


class TakeBackRequest(Schema):
    reason = long_text(500)


class PaymentSchema(Schema):
    id = fields.UUID()
    amount = Money(description="below zero where it takes another one back")
    paid_on = fields.Date()
    reference = fields.String()
    corrects = fields.UUID(allow_none=True, metadata={"description": "the payment that it takes back"})
    reason = fields.String(allow_none=True, metadata={"description": "why that was told wrongly"})


class AccountSchema(Schema):
    """What is owed for all pieces that are still wanted, and what was paid of it."""

    terms = fields.String(metadata={"description": "open_account or before_documents"})
    status = fields.String(metadata={"description": "unpaid, part_paid or settled"})
    currency = fields.String()
    due = Money(description="less what was credited for claims")
    credited = Money()
    paid = Money()


class PaymentsSchema(AccountSchema):
    payments = fields.List(fields.Nested(PaymentSchema))
