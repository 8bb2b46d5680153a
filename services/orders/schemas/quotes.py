"""Quotes as the API gives them; they are asked for as an order is placed."""

from marshmallow import Schema, fields

from services.orders.schemas.orders import HoldSchema
from shared.web.schemas import Money

OUTCOMES = (
    "`in_time`; `later`: not possible by then, `promised_date` is the nearest; `not_possible`; "
    "`blocked` by law; `asked`: not answered yet"
)


class MoreWorkersSchema(Schema):
    facility = fields.String()
    workers = fields.Integer(metadata={"description": "trained workers, besides those there are"})
    weeks = fields.Integer()


class FreeLaneQuotedSchema(Schema):
    """Whether a free workshop, apart from prisons, could make a line that the law blocks."""

    outcome = fields.String(
        metadata={"description": OUTCOMES.replace("by law", "by law whoever makes it, or not known")}
    )
    promised_date = fields.Date(allow_none=True)


class QuoteLineSchema(Schema):
    number = fields.Integer()
    sku = fields.String()
    quantity = fields.Integer()
    unit_price = Money()
    requested_date = fields.Date()
    destination = fields.String()
    outcome = fields.String(metadata={"description": OUTCOMES})
    promised_date = fields.Date(
        allow_none=True,
        metadata={"description": "when it could leave the hub, were it released and planned today"},
    )
    free_lane = fields.Nested(
        FreeLaneQuotedSchema, allow_none=True, metadata={"description": "of a line that the law blocks"}
    )
    possible_with = fields.Nested(
        MoreWorkersSchema,
        allow_none=True,
        metadata={"description": "workers who would make the requested day possible, where it is not"},
    )
    lacking = fields.String(
        allow_none=True,
        metadata={
            "description": "agreement, skill, workshop, material or hours: why the day is not possible"
        },
    )
    lacking_at = fields.List(
        fields.String(),
        metadata={
            "description": "facilities where nothing else would have to be there for the day to be possible"
        },
    )
    awaited_sample = fields.String(
        allow_none=True, metadata={"description": "the golden sample that you would have to approve first"}
    )
    hold = fields.Nested(
        HoldSchema, allow_none=True, metadata={"description": "what the line would wait for, or what bars it"}
    )


class QuoteSchema(Schema):
    """What would become of an order. A quote reserves nothing, and expires."""

    id = fields.UUID()
    state = fields.String(metadata={"description": "asked, answered or expired"})
    po_number = fields.String()
    currency = fields.String()
    asked_on = fields.Date()
    expires_on = fields.Date(metadata={"description": "the last day on which it means something"})
    lines = fields.List(fields.Nested(QuoteLineSchema))
