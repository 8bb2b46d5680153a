"""Premi schemes and the words of consents, as the API takes and gives them."""

from decimal import Decimal

from marshmallow import Schema, ValidationError, fields, validate

from services.production.domain.consent import PURPOSES
from services.production.domain.premi import APPROVERS, BASES
from services.production.schemas.agreements import PARTNER
from services.production.schemas.facilities import ByFamily
from shared.web.schemas import Money, Remark, Whole, day, long_text

MOST_RUPIAH = 1_000_000_000


def _percent(value: Decimal) -> None:
    if not 0 <= value <= 100 or value != round(value, 2):
        raise ValidationError("Give a percentage from 0 to 100 with up to two decimals.")


def _rupiah(**options: object) -> Whole:
    between = validate.Range(1, MOST_RUPIAH, error="Give whole rupiah above 0.")
    return Whole(strict=True, validate=between, **options)  # type: ignore[arg-type]  # as marshmallow takes them


def _rates(**options: object) -> ByFamily:
    sku = fields.String(validate=validate.Regexp(PARTNER, error="Give an article number."))
    told = {
        "description": "whole rupiah for a good piece, by article: the piece rate, or the profit to be shared"
    }
    return ByFamily(keys=sku, values=_rupiah(), metadata=told, **options)  # type: ignore[arg-type]


class SchemeSchema(Schema):
    """How the work under an agreement is paid, from ``valid_from`` to ``valid_to``, both included."""

    id = fields.UUID()
    agreement_id = fields.UUID()
    basis = fields.String()
    worker_pct = Money(description="per cent for the workers")
    capital_pct = Money(description="per cent for working capital")
    state_pct = Money(description="per cent for the state (PNBP)")
    hourly_idr = fields.Integer(allow_none=True, metadata={"description": "whole rupiah for an hour"})
    rates = fields.Dict(keys=fields.String(), values=fields.Integer())
    valid_from = fields.Date()
    valid_to = fields.Date()
    legal_ref = fields.String()
    approved_by_role = fields.String()


class SchemeRequest(Schema):
    basis = fields.String(
        required=True, validate=validate.OneOf(BASES, error=f"Give one of {', '.join(BASES)}.")
    )
    worker_pct = Money(required=True, validate=_percent)
    capital_pct = Money(required=True, validate=_percent)
    state_pct = Money(required=True, validate=_percent)
    hourly_idr = _rupiah(load_default=None, metadata={"description": "for the basis hour"})
    rates = _rates(load_default=dict)
    valid_from = day()
    valid_to = day()
    legal_ref = Remark(300, required=True)
    approved_by_role = fields.String(
        required=True, validate=validate.OneOf(APPROVERS, error=f"Give one of {', '.join(APPROVERS)}.")
    )


class SchemeEnd(Schema):
    on = day(metadata={"description": "its last day, from today on"})


class WordsSchema(Schema):
    """A version of the words that are read aloud before somebody consents."""

    agreement_id = fields.UUID()
    purpose = fields.String()
    version = fields.Integer()
    valid_from = fields.Date()
    words = fields.String()


class WordsRequest(Schema):
    purpose = fields.String(
        required=True, validate=validate.OneOf(PURPOSES, error=f"Give one of {', '.join(PURPOSES)}.")
    )
    valid_from = day()
    words = long_text(4_000, least=20)
