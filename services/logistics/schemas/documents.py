"""The papers of a shipment, as the API takes and gives them."""

from marshmallow import Schema, fields

from shared.web.schemas import day, short_text


class DocumentRequest(Schema):
    code = short_text(40)
    number = short_text(100)
    issued_on = day()


class DocumentSchema(Schema):
    code = fields.String()
    name = fields.String()
    state = fields.String(metadata={"description": "present, missing or on_request"})
    owed_by = fields.String()
    blocks = fields.List(fields.String(), metadata={"description": "milestones that can't be without it"})
    number = fields.String(allow_none=True)
    issued_on = fields.Date(allow_none=True)
    made_by_system = fields.Boolean()
    verified = fields.Boolean(metadata={"description": "false: nobody has read the rule's present text"})
    waits = fields.String(
        allow_none=True,
        metadata={"description": "why it may not be released yet: an order is paid before documents"},
    )
