"""Acknowledgements as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.orders.domain.acknowledgement import LANGUAGES
from services.orders.schemas.orders import ConsigneeSchema
from shared.web.schemas import Whole


class AcknowledgementRequest(Schema):
    """That you know who made the goods, and that importing them is yours to answer for, by the text that you read."""

    text_version = Whole(
        required=True, validate=validate.Range(1, 1_000_000, error="Give the number of a version, from 1.")
    )
    language = fields.String(
        required=True, validate=validate.OneOf(LANGUAGES, error=f"Give one of {', '.join(LANGUAGES)}.")
    )
    knows_who_made_it = fields.Boolean(required=True, truthy={True}, falsy={False})
    answers_for_import = fields.Boolean(required=True, truthy={True}, falsy={False})


class KnownFacilitySchema(Schema):
    code = fields.String()
    name = fields.String()


class KnownLotSchema(Schema):
    lot = fields.String()
    quantity = Whole()
    made_by = fields.String()
    facility = fields.String()
    dossier = Whole(metadata={"description": "the newest version of its dossier"})
    completeness = fields.String(metadata={"description": "such as 9 of 11, open: pay, skills (expired)"})


class AcknowledgementSchema(Schema):
    """What is known of who made a line's goods, the law, the text, and what was said of it."""

    order_id = fields.UUID()
    line = Whole()
    state = fields.String(
        allow_none=True, metadata={"description": "asked or given; null where no rule asks for it"}
    )
    made_by = fields.String(metadata={"description": "custodial, parole_community or free"})
    facilities = fields.List(fields.Nested(KnownFacilitySchema))
    lots = fields.List(fields.Nested(KnownLotSchema))
    consignee = fields.Nested(ConsigneeSchema)
    route = fields.List(
        fields.String(), allow_none=True, metadata={"description": "countries; null while none was told"}
    )
    policies = fields.List(fields.String())
    law = fields.List(fields.String())
    explanation = fields.String()
    text_version = Whole()
    text = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "by language, en and id"}
    )
    said_by = fields.String(allow_none=True)
    said_at = fields.AwareDateTime(allow_none=True, metadata={"description": "business time, UTC"})
    said_in = fields.String(allow_none=True, metadata={"description": "the language that was read"})
    said_of_version = Whole(allow_none=True)
