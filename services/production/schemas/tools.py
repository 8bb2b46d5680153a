"""Tools and shifts as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.production.domain.tools import CLASSES, TOLD
from services.production.schemas.facilities import ByFamily
from shared.web.schemas import Whole, long_text, short_text

TOOL_CODE = r"^[a-z][a-z0-9_]{1,39}\Z"


def _counts(what: str) -> ByFamily:
    return ByFamily(
        keys=fields.String(validate=validate.Regexp(TOOL_CODE, error="Give a tool's code, such as saw.")),
        values=Whole(validate=validate.Range(0, 10_000, error="Give a count from 0 to 10,000.")),
        load_default=dict,
        metadata={"description": what},
    )


class ToolSchema(Schema):
    code = fields.String(
        required=True,
        validate=validate.Regexp(TOOL_CODE, error="Give small letters, such as coping_saw."),
    )
    name = short_text(80)
    kind_class = fields.String(
        required=True,
        data_key="class",
        validate=validate.OneOf(CLASSES, error=f"Give one of {', '.join(CLASSES)}."),
        metadata={"description": "A cuts, B strikes, C is harmless, S is stock that is used up"},
    )
    quantity = Whole(
        required=True, validate=validate.Range(0, 10_000, error="Give a count from 0 to 10,000.")
    )


class ToolsRequest(Schema):
    tools = fields.List(fields.Nested(ToolSchema), required=True, validate=validate.Length(max=200))


class OpenShiftRequest(Schema):
    out = _counts("what goes out, by the tool's code")


class CloseShiftRequest(Schema):
    returned = _counts("what came back, by the tool's code; what is not told did not")
    used = _counts("stock that was used up")


TO_WHOM = {
    "description": f"who is told that it is locked: {', '.join(TOLD)} (its security); nobody if it is not"
}


class DifferenceSchema(Schema):
    code = fields.String()
    out = fields.Integer()
    returned = fields.Integer()
    used = fields.Integer()
    missing = fields.Integer(metadata={"description": "below zero if more came back than went out"})


class ClosedSchema(Schema):
    closed = fields.Boolean()
    differences = fields.List(fields.Nested(DifferenceSchema))
    told = fields.List(fields.String(), metadata=TO_WHOM)


class ShiftSchema(Schema):
    id = fields.Integer()
    opened_on = fields.Date()
    closed_on = fields.Date(allow_none=True)


class UnlockRequest(Schema):
    reason = long_text(500, least=3)


class ToolsSchema(Schema):
    """``locked_on`` is when missing tools locked the facility; null while it is open."""

    facility = fields.String()
    locked_on = fields.Date(allow_none=True)
    told = fields.List(fields.String(), metadata=TO_WHOM)
    tools = fields.List(fields.Nested(ToolSchema))
