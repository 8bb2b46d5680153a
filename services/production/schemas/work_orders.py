"""Work orders as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.production.domain.work_order import DECLINE_CODES, STATES
from services.production.schemas.facilities import FACILITY_CODE
from shared.web.pagination import PageSchema
from shared.web.schemas import Remark, Whole, day, long_text, moment, pieces


class PassedOverSchema(Schema):
    facility = fields.String()
    reason = fields.String(
        metadata={
            "description": "no_agreement, agreement_ends, skill_too_low, no_workshop, other_lane, declined, no_hours, not_needed"
        }
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
    quantity = fields.Integer(metadata={"description": "what was asked for, and what is extra"})
    extra = fields.Integer(
        metadata={"description": "made beyond what was asked for, as the agreement allows"}
    )
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
    declined_code = fields.String(allow_none=True, metadata={"description": "the same, to be counted"})
    short_closed = fields.Integer(
        metadata={"description": "ended before these were made; not in the quantity"}
    )
    short_closed_reason = fields.String(allow_none=True)


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


class AcceptRequest(Schema):
    by = day(
        required=False, metadata={"description": "a day of the facility's own; a later one needs a reason"}
    )
    reason = Remark(500, least=3, lines=True)


class DeclineRequest(ReasonRequest):
    code = fields.String(
        load_default="other",
        validate=validate.OneOf(DECLINE_CODES, error=f"Give one of {', '.join(DECLINE_CODES)}."),
    )


class ReportRequest(Schema):
    pieces = pieces()
    worked_on = day(
        required=False, metadata={"description": "the day of the work; without it device_at tells the day"}
    )
    kind = fields.String(
        load_default="made", validate=validate.OneOf(("made", "reworked"), error="Give made or reworked.")
    )
    client_id = fields.UUID(
        metadata={"description": "the device's own id of the report; the same one again changes nothing"}
    )
    device_at = moment(required=False, metadata={"description": "when it was, by the device's clock"})
    device = fields.UUID(
        metadata={"description": "the same for all that a device sends; what two tell of one hour is flagged"}
    )


class ReportSchema(Schema):
    """One entry. Pieces of a correction are the difference to the entry that it corrects."""

    id = fields.Integer()
    kind = fields.String()
    pieces = fields.Integer()
    worked_on = fields.Date()
    reported_at = fields.AwareDateTime(metadata={"description": "by our clock, UTC"})
    device_at = fields.AwareDateTime(allow_none=True, metadata={"description": "by the device's clock"})
    client_id = fields.UUID(allow_none=True)
    corrects = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)
    flagged = fields.Boolean(
        metadata={
            "description": "of a day on which more was made than 150 % of what the workshop makes in one"
        }
    )
    worked_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "for when it counts: the device's time, unless it is wrong"}
    )
    clock_wrong = fields.Boolean(
        metadata={"description": "the device's time is to come, or before work began: ours was taken"}
    )
    same_hour = fields.Boolean(metadata={"description": "another device told of the same hour"})
    acknowledged_on = fields.Date(allow_none=True)


class CorrectRequest(ReasonRequest):
    pieces = Whole(
        required=True,
        validate=validate.Range(0, 10_000_000, error="Give a number of pieces from 0."),
        metadata={"description": "what the report should have said"},
    )


def _count(description: str | None = None) -> Whole:
    return Whole(
        required=True,
        validate=validate.Range(0, 10_000_000, error="Give a number of pieces from 0."),
        metadata={"description": description} if description else {},
    )


class CorrectInspectionRequest(ReasonRequest):
    rework = _count()
    scrap = _count()
    rework_seen = _count("the work order's rework as you read it; refused if it is another one now")
    scrap_seen = _count("the work order's scrap as you read it; refused if it is another one now")


class InspectionCorrectionSchema(Schema):
    """``rework`` and ``scrap`` are differences to what was set aside, and may be below zero."""

    rework = fields.Integer()
    scrap = fields.Integer()
    reason = fields.String()
    corrected_on = fields.Date()


class InspectRequest(Schema):
    passed = _count()
    rework = _count()
    scrap = _count()
