"""Payments as the API takes and gives them."""

from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared.web.schemas import day, short_text

MOST = 10**12


def _above_zero(amount: Decimal) -> None:
    """A range would stand in the OpenAPI document as texts, which are none there."""
    if not 0 < amount <= MOST:
        raise ValidationError("Give an amount above zero, such as 550.00.")


def money(*, required: bool = True, **options: Any) -> fields.Decimal:
    return fields.Decimal(
        required=required,
        allow_nan=False,
        as_string=True,
        validate=_above_zero,
        **options,
    )


class PaymentRequest(Schema):
    amount = money()
    currency = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Z]{3}\Z", error="Give an ISO 4217 code, for example USD."),
    )
    paid_on = day()
    reference = short_text(100)


class PaymentSchema(Schema):
    id = fields.UUID()
    amount = fields.Decimal(as_string=True)
    paid_on = fields.Date()
    reference = fields.String()


class AccountSchema(Schema):
    """What is owed for all pieces that are still wanted, and what was paid of it."""

    terms = fields.String(metadata={"description": "open_account or before_documents"})
    status = fields.String(metadata={"description": "unpaid, part_paid or settled"})
    currency = fields.String()
    due = fields.Decimal(as_string=True, metadata={"description": "less what was credited for claims"})
    credited = fields.Decimal(as_string=True)
    paid = fields.Decimal(as_string=True)


class PaymentsSchema(AccountSchema):
    payments = fields.List(fields.Nested(PaymentSchema))
