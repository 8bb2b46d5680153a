"""Promises and decisions as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.orders.decisions import ENDED, OPEN
from shared.web.pagination import PageSchema
from shared.web.schemas import Whole, short_text


class PromiseSchema(Schema):
    """One promise of production for a line; a newer one replaces none."""

    promised_date = fields.Date(
        allow_none=True, metadata={"description": "null while pieces have no facility"}
    )
    short = Whole(metadata={"description": "pieces without a facility"})
    made_at = fields.AwareDateTime(metadata={"description": "business time, UTC"})
    source = fields.String(metadata={"description": "the service that promised"})
    made_by = fields.String(metadata={"description": "the role of whoever caused it"})
    because = fields.String(
        allow_none=True,
        metadata={
            "description": "cleared, declined, amended, stopped, scrapped, accepted or short_closed; null if not said"
        },
    )


class DecisionsQuery(PageSchema):
    state = fields.String(
        validate=validate.OneOf((OPEN, ENDED), error="Give open or ended."),
        metadata={"description": "only those that wait for an answer, or only the others"},
    )


class DecisionAnswerRequest(Schema):
    answer = short_text(20)


class DecisionSchema(Schema):
    """What is asked about a line that will be late or short, and how it ended, if it did."""

    id = fields.UUID()
    order_id = fields.UUID()
    po_number = fields.String()
    line = Whole()
    kind = fields.String(metadata={"description": "late or short"})
    state = fields.String(metadata={"description": "open or ended"})
    requested_date = fields.Date()
    promised_date = fields.Date(allow_none=True)
    in_time = Whole(allow_none=True, metadata={"description": "pieces that can be had by the requested date"})
    missing = Whole(allow_none=True, metadata={"description": "pieces that can't"})
    answers = fields.List(
        fields.String(), metadata={"description": "of accept_date, wait, take_part and cancel_rest"}
    )
    default = fields.String(metadata={"description": "what counts if nobody answers by the deadline"})
    asked_at = fields.AwareDateTime(metadata={"description": "business time, UTC"})
    deadline = fields.AwareDateTime(metadata={"description": "business time, UTC"})
    outcome = fields.String(allow_none=True, metadata={"description": "an answer, or withdrawn"})
    ended_by = fields.String(allow_none=True, metadata={"description": "buyer, deadline or system"})
    ended_at = fields.AwareDateTime(allow_none=True)
    overtaken_by = fields.String(
        allow_none=True, metadata={"description": "why it was withdrawn: resolved, or changed"}
    )
