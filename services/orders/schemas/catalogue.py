"""The catalogue as the API takes and gives it."""

from decimal import Decimal

from marshmallow import Schema, ValidationError, fields, validate

from shared.web.schemas import Money, Text, Whole, short_text


class PriceSchema(Schema):
    currency = fields.String()
    unit_price = Money()
    valid_from = fields.Date()


class ItemSchema(Schema):
    sku = fields.String()
    version = fields.Integer()
    name_en = fields.String()
    name_id = fields.String()
    hs6 = fields.String()
    pieces_per_carton = fields.Integer()
    golden_sample = fields.String(
        allow_none=True, metadata={"description": "what each buyer approves before it is made; null for none"}
    )
    image = fields.String(
        allow_none=True, metadata={"description": "the address of its picture, if it has one"}
    )
    prices = fields.List(
        fields.Nested(PriceSchema), metadata={"description": "today's, and those that are known to come"}
    )
    typical_days = fields.Integer(
        allow_none=True,
        metadata={
            "description": "from placing to the promised date, the median of the newest orders; null while"
            " none has a promise"
        },
    )


def _amount(of: str, most: int) -> Whole:
    between = validate.Range(1, most, error=f"Give {of} from 1 to {most:,}.")
    return Whole(validate=between, metadata={"description": of})


class ItemAmendment(Schema):
    """What changes of an item; the rest stays."""

    name_en = short_text(100, required=False)
    name_id = short_text(100, required=False)
    hs6 = fields.String(
        validate=validate.Regexp(r"^\d{4}\.\d{2}\Z", error="Give six digits, for example 5609.00.")
    )
    labour_minutes = _amount("minutes of work for a piece", 100_000)
    pieces_per_carton = _amount("pieces", 10_000)
    carton_length_mm = _amount("millimetres", 3_000)
    carton_width_mm = _amount("millimetres", 3_000)
    carton_height_mm = _amount("millimetres", 3_000)
    carton_gross_g = _amount("grams; two people lift 25 kg", 25_000)
    golden_sample = Text(
        60, allow_none=True, metadata={"description": "a new name asks each buyer anew; null asks no more"}
    )


def _is_price(amount: Decimal) -> None:
    if not 0 < amount < 10**10 or amount != round(amount, 2):
        raise ValidationError("Give an amount above 0 with up to two decimals, for example 0.55.")


class PriceRequest(Schema):
    unit_price = Money(required=True, validate=_is_price)
