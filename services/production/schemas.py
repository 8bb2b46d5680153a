"""What the production API takes and gives."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.production.domain.work_order import STATES
from shared.web.pagination import PageSchema
from shared.web.schemas import Whole, day, long_text, pieces

FACILITY_CODE = r"^[A-Z]{3,4}-[A-Z]{3}\Z"
LONGEST_DAY = 420
"""Minutes: nobody works more than seven hours a day."""


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


class FacilitySchema(Schema):
    code = fields.String()
    name = fields.String()
    place = fields.String()
    kind = fields.String()
    hub = fields.Boolean()
    producing = fields.Boolean()
    verified = fields.Boolean()


class ByFamily(fields.Dict):
    """Numbers by family of goods; what is wrong is told under the family's name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # as it is there
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            raise ValidationError(
                {str(key): _flat(wrong) for key, wrong in error.messages.items()}
            ) from error


def _flat(wrong: Any) -> Any:
    """The messages about an entry, whether its key or its value is wrong."""
    return [message for messages in wrong.values() for message in messages]


class CapacityRequest(Schema):
    open_minutes = Whole(
        required=True,
        validate=validate.Range(0, LONGEST_DAY, error=f"Give minutes a day from 0 to {LONGEST_DAY}."),
    )
    workers = ByFamily(
        keys=fields.String(),
        values=Whole(
            validate=validate.Range(0, 2000, error="Give a number of consenting workers from 0 to 2000.")
        ),
        required=True,
        metadata={"description": "consenting workers by family of goods"},
    )


class CapacitySchema(CapacityRequest):
    facility = fields.String()
