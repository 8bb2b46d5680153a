"""When a shipment is expected, as the API takes and gives it."""

from marshmallow import Schema, fields, validate

from services.logistics.domain.schedule import REASONS
from shared.web.schemas import day, long_text, short_text


class ScheduleRequest(Schema):
    eta = day(metadata={"description": "expected day of arrival"})
    etd = day(required=False, metadata={"description": "expected day of departure, if it changed"})
    vessel = short_text(100, required=False)
    voyage = short_text(40, required=False)
    reason = fields.String(
        required=True,
        validate=validate.OneOf(REASONS, error=f"Give one of {', '.join(REASONS)}."),
        metadata={"description": "rolled: the carrier put it on a later vessel"},
    )
    because = long_text(500)


class EstimateSchema(Schema):
    etd = fields.Date()
    eta = fields.Date()
    reason = fields.String()
    because = fields.String(allow_none=True)
    told_at = fields.AwareDateTime()
    role = fields.String()
