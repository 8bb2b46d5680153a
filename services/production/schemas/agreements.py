"""Agreements as the API takes and gives them."""

from decimal import Decimal

from marshmallow import Schema, ValidationError, fields, validate

from services.production.domain.agreement import LANES, MOST_TOLERANCE_PCT, STATES
from services.production.schemas.facilities import FACILITY_CODE, ByFamily
from shared.web.pagination import PageSchema
from shared.web.schemas import Money, day, long_text

NUMBER = r"^[A-Z0-9][A-Z0-9./-]{2,59}\Z"
PARTNER = r"^[A-Z0-9][A-Z0-9-]{1,39}\Z"


def facility_code(**options: object) -> fields.String:
    error = "Give a facility's code, such as LPS-SRG."
    return fields.String(validate=validate.Regexp(FACILITY_CODE, error=error), **options)  # type: ignore[arg-type]  # as marshmallow takes them


def _tariff(value: Decimal) -> None:
    if not 0 < value <= 1_000_000_000 or value != round(value, 2):
        raise ValidationError("Give rupiah above 0 with up to two decimals.")


def _lanes(*, required: bool = False) -> fields.List[str]:
    lane = fields.String(validate=validate.OneOf(LANES, error=f"Give one of {', '.join(LANES)}."))
    return fields.List(
        lane, required=required, validate=validate.Length(1, len(LANES), error="Give one or more lanes.")
    )


def _tariffs(*, required: bool = False) -> ByFamily:
    sku = fields.String(validate=validate.Regexp(PARTNER, error="Give an article number."))
    return ByFamily(
        keys=sku,
        values=Money(validate=_tariff),
        required=required,
        metadata={"description": "rupiah for a good piece, by article"},
    )


def _tolerance(**options: object) -> fields.Integer:
    error = f"Give a whole number of per cent from 0 to {MOST_TOLERANCE_PCT}."
    return fields.Integer(
        strict=True,
        validate=validate.Range(0, MOST_TOLERANCE_PCT, error=error),
        error_messages={"invalid": error},
        metadata={"description": "so many per cent more good pieces of a work order are taken"},
        **options,  # type: ignore[arg-type]  # as marshmallow takes them
    )


class AgreementSchema(Schema):
    """A cooperation agreement; in force from ``valid_from`` to ``last_day``."""

    id = fields.UUID()
    number = fields.String()
    partner = fields.String()
    facility = fields.String()
    lanes = fields.List(fields.String())
    valid_from = fields.Date()
    valid_to = fields.Date()
    last_day = fields.Date(metadata={"description": "the day it ended early, or valid_to"})
    state = fields.String(metadata={"description": f"today: {', '.join(STATES)}"})
    currency = fields.String()
    tolerance_pct = fields.Integer(metadata={"description": "so many per cent more are taken"})
    tariffs = fields.Dict(keys=fields.String(), values=Money())
    ended_on = fields.Date(allow_none=True)
    ended_reason = fields.String(allow_none=True)


class AgreementQuery(PageSchema):
    facility = facility_code(load_default=None)
    state = fields.String(
        load_default=None, validate=validate.OneOf(STATES, error=f"Give one of {', '.join(STATES)}.")
    )
    day = day(required=False, load_default=None, metadata={"description": "in force on this day"})


class AgreementRequest(Schema):
    number = fields.String(
        required=True,
        validate=validate.Regexp(
            NUMBER, error="Give the number in capitals, digits, dots, slashes and hyphens."
        ),
    )
    partner = fields.String(
        required=True, validate=validate.Regexp(PARTNER, error="Give a buyer's code, such as CHEWY-LOUIS.")
    )
    facility = facility_code(required=True)
    lanes = _lanes(required=True)
    valid_from = day()
    valid_to = day()
    tolerance_pct = _tolerance(load_default=0)
    tariffs = _tariffs(required=True)


class AgreementAmendment(Schema):
    lanes = _lanes()
    valid_from = day(required=False)
    valid_to = day(required=False)
    tolerance_pct = _tolerance()
    tariffs = _tariffs()


class EndRequest(Schema):
    on = day()
    reason = long_text(400, least=3)
