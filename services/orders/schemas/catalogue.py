"""The catalogue as the API gives it."""

from marshmallow import Schema, fields


class ItemSchema(Schema):
    sku = fields.String()
    unit_price = fields.Decimal(as_string=True)
    currency = fields.String()
    name_en = fields.String()
    name_id = fields.String()
    hs6 = fields.String()
    pieces_per_carton = fields.Integer()
