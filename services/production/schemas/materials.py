"""Material as the API takes and gives it."""

from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.production.domain.material import UNITS
from services.production.schemas.agreements import facility_code
from shared.web.pagination import PageSchema
from shared.web.schemas import Money, day, long_text, short_text

MATERIAL = r"^[a-z]{2,20}(_[a-z]{1,20}){0,3}\Z"
NO_QUANTITY = 'Give a quantity above 0 and up to 10,000,000 with up to three decimals, in quotes: "46.5".'


class Quantity(Money):
    """How much of a material, as text in decimal digits; its unit is the material's."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            quantity = super()._deserialize(value, attr, data, **kwargs)
        except ValidationError:
            raise ValidationError(NO_QUANTITY) from None
        if not 0 < quantity <= 10_000_000 or quantity != round(quantity, 3):
            raise ValidationError(NO_QUANTITY)
        return Decimal(quantity)


def material_code(**options: Any) -> fields.String:
    return fields.String(
        validate=validate.Regexp(MATERIAL, error="Give a material's code, such as coir."), **options
    )


class MaterialSchema(Schema):
    code = fields.String()
    name_id = fields.String()
    name_en = fields.String()
    unit = fields.String(metadata={"description": ", ".join(UNITS)})
    plot_needed = fields.Boolean(metadata={"description": "each lot says on which plot it grew"})


class LotSchema(Schema):
    """``stock = quantity - used - written_off``."""

    id = fields.UUID()
    number = fields.String()
    facility = fields.String()
    material = fields.String()
    supplier = fields.String()
    quantity = Quantity()
    used = Money()
    written_off = Money()
    stock = Money()
    received_on = fields.Date()
    plot = fields.String(allow_none=True)
    geolocation = fields.String(allow_none=True)
    quarantined_reason = fields.String(
        allow_none=True, metadata={"description": "why it may not be used, if so"}
    )


class UsedBySchema(Schema):
    id = fields.UUID()
    number = fields.String()
    quantity = Money()


class LotInFullSchema(LotSchema):
    used_by = fields.List(
        fields.Nested(UsedBySchema), metadata={"description": "the work orders that used of it"}
    )


class StockSchema(Schema):
    """``stock = received - used - written_off``, of which ``quarantined`` may not be used."""

    facility = fields.String()
    material = fields.String()
    unit = fields.String()
    received = Money()
    used = Money()
    written_off = Money()
    stock = Money()
    quarantined = Money()
    unreceived = Money(description="used beyond what was received: a receipt is missing")


class MadeOfSchema(Schema):
    material = fields.String()
    lot = fields.String(allow_none=True, metadata={"description": "null where a receipt is missing"})
    supplier = fields.String(allow_none=True)
    plot = fields.String(allow_none=True)
    geolocation = fields.String(allow_none=True)
    quantity = Money()


class StockQuery(Schema):
    facility = facility_code(load_default=None)


class LotQuery(PageSchema):
    facility = facility_code(load_default=None)
    material = material_code(load_default=None)


class ReceiveRequest(Schema):
    facility = facility_code(required=True)
    material = material_code(required=True)
    supplier = short_text(200)
    quantity = Quantity(required=True)
    received_on = day()
    plot = short_text(100, required=False)
    geolocation = short_text(60, required=False)


class QuarantineRequest(Schema):
    reason = long_text(400, least=3)


class WriteOffRequest(Schema):
    quantity = Quantity(required=True)
    reason = long_text(400, least=3)


class GiveBackRequest(WriteOffRequest):
    work_order_id = fields.UUID(required=True)
