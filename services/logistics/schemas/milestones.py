"""What happened to a shipment on its way, as the API takes and gives it."""

from marshmallow import Schema, fields

from shared.web.schemas import moment, short_text


class MilestoneRequest(Schema):
    milestone = short_text(40)
    place = short_text(20)
    occurred_at = moment()


class MilestoneSchema(Schema):
    milestone = fields.String()
    name = fields.String()
    place = fields.String()
    place_name = fields.String()
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
