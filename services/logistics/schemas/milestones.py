"""What happened to a shipment on its way, as the API takes and gives it."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.logistics.domain.milestones import DID_NOT_OCCUR, REASONS
from services.logistics.schemas.cartons import chosen_cartons
from shared.database import LARGEST_ID
from shared.web.schemas import Remark, Whole, moment, short_text

NAMES = ("milestone", "dcsa", "edifact")
TELLING = ("place", "occurred_at")
CORRECTING = ("reason", "because")
NEEDED = "Missing data for required field."


class MilestoneRequest(Schema):
    """A report, or the correction of one: ``corrects`` is the id that it has among the milestones."""

    milestone = short_text(40, required=False)
    dcsa = fields.String(
        validate=validate.Length(1, 40),
        metadata={
            "description": "instead of milestone: a code of DCSA Track & Trace, such as EQUIPMENT GTIN"
        },
    )
    edifact = fields.String(
        validate=validate.Length(1, 3),
        metadata={"description": "instead of milestone: a code of UN/EDIFACT list 9011, such as 40"},
    )
    place = short_text(20, required=False)
    occurred_at = moment(required=False)
    corrects = Whole(
        validate=validate.Range(1, LARGEST_ID, error="Take the id from the shipment's milestones."),
        metadata={"description": "the id of a report that was wrong"},
    )
    reason = fields.String(
        validate=validate.OneOf(REASONS, error="Give did_not_occur or incorrect_data."),
        metadata={"description": "why it is corrected; incorrect_data takes what is right, too"},
    )
    because = Remark(500, lines=True)
    ssccs = chosen_cartons(required=False)

    @validates_schema
    def need_a_report_or_a_correction(self, data: dict[str, Any], **_: Any) -> None:
        correcting = "corrects" in data
        wanted = {*CORRECTING, "corrects"} if correcting else set(TELLING)
        if data.get("reason") != DID_NOT_OCCUR:
            wanted |= set(TELLING)
        missing = [name for name in (*CORRECTING, *TELLING) if name in wanted and name not in data]
        if missing:
            raise ValidationError({name: [NEEDED] for name in missing})
        named = [name for name in NAMES if name in data]
        if len(named) != (0 if correcting else 1):
            wrong = named[-1] if named else "milestone"
            raise ValidationError(
                {wrong: ["Name what happened once: by milestone, dcsa or edifact, and not in a correction."]}
            )
        allowed = wanted | set(NAMES) | (set() if correcting else {"ssccs"})
        for name in data:
            if name not in allowed:
                raise ValidationError({name: ["This does not go with the rest; leave it out."]})


class MilestoneSchema(Schema):
    id = fields.Integer()
    milestone = fields.String()
    dcsa = fields.List(fields.String(), metadata={"description": "what DCSA Track & Trace 2.2 calls it"})
    edifact = fields.List(
        fields.String(), metadata={"description": "its codes in list 9011, the usual first"}
    )
    name = fields.String()
    place = fields.String()
    place_name = fields.String()
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    ssccs = fields.List(
        fields.String(), metadata={"description": "the cartons that are short, where they were named"}
    )


class CorrectionSchema(Schema):
    """A report that did not hold."""

    id = fields.Integer(metadata={"description": "of the report that was wrong"})
    milestone = fields.String()
    place = fields.String()
    occurred_at = fields.AwareDateTime()
    reason = fields.String()
    because = fields.String()
    declared_at = fields.AwareDateTime()
    corrective_id = fields.Integer(allow_none=True, metadata={"description": "of the report that holds"})


class ImportedRowSchema(Schema):
    """What became of a row of a file."""

    line = fields.Integer(metadata={"description": "of the file; the header is the first"})
    outcome = fields.String(metadata={"description": "recorded, known (it was reported before) or refused"})
    shipment = fields.String()
    field = fields.String(allow_none=True)
    detail = fields.String(allow_none=True, metadata={"description": "why it was refused"})


def state_of_shipment() -> fields.String:
    return fields.String(
        metadata={
            "description": "planned, booked, docs_open (the first paper that somebody sends is there), ready (none lacks"
            " without which it can't depart, PEB and NPE among them), cancelled, or the last step of its way that it"
            " reached, such as peb_submitted or delivered"
        }
    )


class WaySchema(Schema):
    """The way of a shipment, for its carrier."""

    id = fields.UUID()
    number = fields.String()
    state = state_of_shipment()
    etd = fields.Date(allow_none=True)
    eta = fields.Date(allow_none=True)
    milestones = fields.List(fields.Nested(MilestoneSchema))
    corrections = fields.List(fields.Nested(CorrectionSchema))
    overlays = fields.List(fields.String(), metadata={"description": "what went wrong and has not ended"})
    short = fields.List(fields.String(), metadata={"description": "SSCCs of cartons that are not there"})
    next_milestones = fields.List(fields.String())
    next_exceptions = fields.List(
        fields.String(), metadata={"description": "what may be reported beside the usual way"}
    )
