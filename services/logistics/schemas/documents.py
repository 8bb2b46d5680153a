"""The papers of a shipment, as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.logistics.documents.labels import PART
from services.logistics.domain.documents import TREATMENTS
from shared.web.schemas import Whole, day, short_text


class DocumentRequest(Schema):
    code = short_text(40)
    number = short_text(100)
    issued_on = day()
    treatment = fields.String(
        validate=validate.OneOf(TREATMENTS, error="Give gas or heat."),
        metadata={"description": "what a certificate is of whose days hang on it; untold, the fewest count"},
    )


class PartQuery(Schema):
    part = fields.Integer(
        load_default=None,
        validate=validate.Range(1, error="Give a part from 1 on."),
        metadata={"description": f"of labels: {PART} of them each"},
    )


class DocumentFileSchema(Schema):
    version = Whole()
    number = fields.String()
    issued_on = fields.Date()
    media_type = fields.String()
    bytes = Whole()
    sha256 = fields.String()
    uploaded_at = fields.AwareDateTime()


class DocumentSchema(Schema):
    code = fields.String()
    name = fields.String()
    state = fields.String(metadata={"description": "present, missing or on_request"})
    owed_by = fields.String()
    blocks = fields.List(fields.String(), metadata={"description": "milestones that can't be without it"})
    needed_by = fields.String(
        allow_none=True, metadata={"description": "its last day, such as ETD-7, CLOSING or ETA-1"}
    )
    due_on = fields.Date(allow_none=True, metadata={"description": "the same as a date, once it is booked"})
    urgency = fields.String(
        allow_none=True,
        metadata={"description": "overdue, or soon from a day before; none while it has time"},
    )
    outdated = fields.Boolean(
        metadata={"description": "it was there, made out to a former consignee, and is asked for again"}
    )
    number = fields.String(allow_none=True)
    issued_on = fields.Date(allow_none=True)
    treatment = fields.String(allow_none=True)
    valid_until = fields.Date(
        allow_none=True,
        metadata={
            "description": "the last day on which the goods may be stuffed under it, if days are counted"
        },
    )
    files = fields.List(
        fields.Nested(DocumentFileSchema),
        metadata={"description": "each version that was sent, the newest first"},
    )
    made_by_system = fields.Boolean()
    verified = fields.Boolean(metadata={"description": "false: nobody has read the rule's present text"})
    waits = fields.String(
        allow_none=True,
        metadata={"description": "why it may not be released yet: an order is paid before documents"},
    )
