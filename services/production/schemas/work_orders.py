"""Work orders as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.production.domain.work_order import STATES
from services.production.schemas.facilities import FACILITY_CODE
from shared.web.pagination import PageSchema
from shared.web.schemas import Whole, day, long_text, pieces


class PassedOverSchema(Schema):
    facility = fields.String()
    reason = fields.String(
        metadata={"description": "no_agreement, agreement_ends, declined, no_hours, not_needed"}
    )


class WorkOrderSchema(Schema):
    """Counts are pieces: ``made = good + rework + scrap + awaiting``."""

    id = fields.UUID()
    number = fields.String()
    order_id = fields.UUID()
    line = fields.Integer()
    sku = fields.String()
    facility = fields.String()
    state = fields.String()
    due = fields.Date()
    why = fields.String(metadata={"description": "why this facility"})
    passed_over = fields.List(
        fields.Nested(PassedOverSchema),
        metadata={
            "description": "why not others, as far as the caller may know; of a single work order only"
        },
    )
    quantity = fields.Integer()
    made = fields.Integer()
    awaiting = fields.Integer(metadata={"description": "made or mended, not inspected yet"})
    good = fields.Integer()
    rework = fields.Integer()
    scrap = fields.Integer()
    remaining = fields.Integer(metadata={"description": "still to be made"})
    taken_back = fields.Integer(metadata={"description": "taken back before work began; not in the quantity"})
    withdrawn_on = fields.Date(
        allow_none=True, metadata={"description": "when the whole was taken back, if it was"}
    )
    started_on = fields.Date(allow_none=True, metadata={"description": "null until work began"})
    paused_reason = fields.String(
        allow_none=True, metadata={"description": "why work stands still, if it does"}
    )
    declined_reason = fields.String(
        allow_none=True, metadata={"description": "why the facility said no, if it did"}
    )


class WorkOrderQuery(PageSchema):
    state = fields.String(
        load_default=None, validate=validate.OneOf(STATES, error=f"Give one of {', '.join(STATES)}.")
    )
    facility = fields.String(
        load_default=None,
        validate=validate.Regexp(FACILITY_CODE, error="Give a facility's code, such as LPS-SRG."),
    )


class ReasonRequest(Schema):
    reason = long_text(500, least=3)


class ReportRequest(Schema):
    pieces = pieces()
    worked_on = day()
    kind = fields.String(
        load_default="made", validate=validate.OneOf(("made", "reworked"), error="Give made or reworked.")
    )


def _count() -> Whole:
    return Whole(
        required=True, validate=validate.Range(0, 10_000_000, error="Give a number of pieces from 0.")
    )


class InspectRequest(Schema):
    passed = _count()
    rework = _count()
    scrap = _count()
