"""Golden samples as the API takes and gives them."""

from marshmallow import Schema, fields

from shared.web.schemas import Whole, long_text, short_text


class SampleApproval(Schema):
    sample = short_text(60)


class SampleRefusal(SampleApproval):
    reason = long_text(500, least=3)


class WaitingLineSchema(Schema):
    order_id = fields.UUID()
    po_number = fields.String()
    line = Whole()


class SampleSchema(Schema):
    """The golden sample that an item asks for, and what a buyer said of it."""

    buyer = fields.String()
    sku = fields.String()
    name_en = fields.String()
    name_id = fields.String()
    sample = fields.String(metadata={"description": "its name; another one is asked for anew"})
    state = fields.String(metadata={"description": "asked, approved or refused"})
    reason = fields.String(allow_none=True, metadata={"description": "why it was refused"})
    said_by = fields.String(allow_none=True)
    said_at = fields.AwareDateTime(allow_none=True, metadata={"description": "business time, UTC"})
    waiting = fields.List(
        fields.Nested(WaitingLineSchema),
        metadata={"description": "lines that are not cleared before it is approved, up to a hundred"},
    )
