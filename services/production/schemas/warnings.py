"""Warnings as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.production.domain.warning import GRADES, KINDS, OWNERS
from services.production.schemas.agreements import facility_code
from shared.web.pagination import PageSchema

STANDING, CLEARED = STATES = ("standing", "cleared")


class WarningSchema(Schema):
    """What is wrong with a work order, or with a whole facility where none is named."""

    id = fields.UUID()
    facility = fields.String()
    work_order_id = fields.UUID(allow_none=True)
    number = fields.String(allow_none=True, metadata={"description": "of the work order"})
    order_id = fields.UUID(allow_none=True)
    line = fields.Integer(allow_none=True)
    kind = fields.String(metadata={"description": ", ".join(KINDS)})
    grade = fields.String(metadata={"description": ", ".join(GRADES)})
    owner = fields.String(metadata={"description": f"who is to do something: {', '.join(OWNERS)}"})
    projected = fields.Date(
        allow_none=True,
        metadata={"description": "when it is finished at its present rate; null if it never is"},
    )
    latest = fields.Date(allow_none=True, metadata={"description": "the last day on which that is in time"})
    due = fields.Date(allow_none=True)
    first_seen = fields.AwareDateTime()
    told_at = fields.AwareDateTime(allow_none=True, metadata={"description": "when it was told last"})
    acknowledged_at = fields.AwareDateTime(allow_none=True)
    acknowledged_by = fields.String(allow_none=True, metadata={"description": "a role"})
    cleared_at = fields.AwareDateTime(allow_none=True)
    promise_moved_to = fields.Date(
        allow_none=True, metadata={"description": "the day by which it is promised to be finished instead"}
    )


class WarningQuery(PageSchema):
    state = fields.String(
        load_default=STANDING,
        validate=validate.OneOf(STATES, error=f"Give one of {', '.join(STATES)}."),
    )
    grade = fields.String(
        load_default=None, validate=validate.OneOf(GRADES, error=f"Give one of {', '.join(GRADES)}.")
    )
    facility = facility_code(load_default=None)
