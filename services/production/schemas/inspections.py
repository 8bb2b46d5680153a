"""Inspections by sampling as the API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.production.domain.sampling import DEFECTS
from shared.web.schemas import Whole


class DrawSchema(Schema):
    aql = fields.String(metadata={"description": "acceptable quality limit, per cent"})
    sample = fields.Integer()
    accept = fields.Integer(metadata={"description": "up to so many defective pieces the lot is accepted"})
    reject = fields.Integer(metadata={"description": "from so many on it is rejected"})


class SamplingQuery(Schema):
    lot = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 10_000_000, error="Give a number of pieces from 1."),
        metadata={"description": "pieces; without it, all that await inspection"},
    )


class SamplingSchema(Schema):
    lot = fields.Integer()
    letter = fields.String(allow_none=True, metadata={"description": "code letter of ISO 2859-1, level II"})
    sample = fields.Integer(metadata={"description": "pieces to draw"})
    major = fields.Nested(DrawSchema)
    minor = fields.Nested(DrawSchema)


def _some() -> Whole:
    return Whole(
        load_default=0, validate=validate.Range(0, 10_000_000, error="Give a number of pieces from 0.")
    )


class DefectSchema(Schema):
    code = fields.String(
        required=True, validate=validate.OneOf(DEFECTS, error=f"Give one of {', '.join(DEFECTS)}.")
    )
    rework = _some()
    scrap = _some()


class FoundSchema(DefectSchema):
    severity = fields.String()


class SampleRequest(Schema):
    lot = Whole(
        load_default=None,
        validate=validate.Range(1, 10_000_000, error="Give a number of pieces from 1."),
        metadata={"description": "pieces; without it, all that await inspection"},
    )
    defects = fields.List(
        fields.Nested(DefectSchema),
        load_default=list,
        validate=validate.Length(max=len(DEFECTS), error="Give each defect once."),
        metadata={"description": "each defective piece once, under its worst defect"},
    )
    on_reject = fields.String(
        load_default="sort",
        validate=validate.OneOf(("rework", "sort"), error="Give rework or sort."),
        metadata={"description": "a rejected lot is mended as a whole, or every piece is inspected"},
    )

    @validates_schema
    def need_each_once(self, data: dict[str, Any], **_: Any) -> None:
        codes = [each["code"] for each in data["defects"]]
        if len(set(codes)) < len(codes):
            raise ValidationError("Give each defect once.", "defects")


class InspectionSchema(Schema):
    """Pieces: those of a lot that is to be sorted still await inspection."""

    id = fields.Integer()
    lot = fields.Integer()
    letter = fields.String(allow_none=True)
    sample = fields.Integer()
    verdict = fields.String(metadata={"description": "accepted or rejected"})
    passed = fields.Integer()
    rework = fields.Integer()
    scrap = fields.Integer()
    inspected_on = fields.Date()
    defects = fields.List(fields.Nested(FoundSchema))
    photos = fields.List(fields.String(), metadata={"description": "their addresses"})
