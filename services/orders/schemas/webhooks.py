"""Webhooks as the API takes and gives them."""

from marshmallow import Schema, fields


class WebhookRequest(Schema):
    url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)


class WebhookListedSchema(Schema):
    id = fields.UUID()
    url = fields.String()


class WebhookSchema(WebhookListedSchema):
    secret = fields.String(metadata={"description": "shown once, when the endpoint is made"})


class DeliverySchema(Schema):
    id = fields.Integer()
    order_id = fields.UUID()
    sequence = fields.Integer(metadata={"description": "the step's number in its order, as in the message"})
    type = fields.String()
    attempts = fields.Integer()
    delivered_at = fields.AwareDateTime(allow_none=True)
    given_up_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when trying ended; later steps of the order went on"}
    )
    response_status = fields.Integer(allow_none=True)
    last_error = fields.String(allow_none=True)
