"""Scans, reports and pallets as the API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.logistics.domain.scanning import Scan
from shared.web.schemas import Remark, Text, Whole, moment, short_text

NEEDS = {
    "gathered": "hub",
    "palletised": "pallet",
    "taken_off": None,
    "loaded": "shipment",
    "weighed": None,
}
"""What may be scanned, and what a request must name beside the cartons."""

REPORTS = ("moved", "quarantined", "quarantine_lifted", "damaged", "lost", "found", "unpacked", "explained")


class ScanSchema(Schema):
    sscc = Text(
        200,
        required=True,
        metadata={"description": "as scanned: digits, GS1-128 content or a GS1 Digital Link"},
    )
    grams = Whole(
        strict=True,
        validate=validate.Range(1, 10_000_000, error="Give the weight in grams."),
        metadata={"description": "what the scale says"},
    )
    seal = short_text(40, required=False)

    @post_load
    def as_scan(self, data: dict[str, Any], **_: Any) -> Scan:
        return Scan(**data)


class ScansRequest(Schema):
    """Scans of one kind, each of which counts by itself."""

    what = fields.String(required=True, validate=validate.OneOf(list(NEEDS), error="Give one of {choices}."))
    hub = short_text(20, required=False)
    pallet = short_text(30, required=False)
    shipment = Text(20, metadata={"description": "the shipment's number"})
    scans = fields.List(
        fields.Nested(ScanSchema),
        required=True,
        validate=validate.Length(1, 1000, error="Give 1 to 1000 scans."),
    )

    @validates_schema
    def names_what_it_needs(self, data: dict[str, Any], **_: Any) -> None:
        needed = NEEDS[data["what"]]
        wrong = {
            name: ["This is needed for what was scanned." if name == needed else "Leave this out here."]
            for name in ("hub", "pallet", "shipment")
            if (name == needed) != (name in data)
        }
        if wrong:
            raise ValidationError(wrong)


class OutcomeSchema(Schema):
    """What became of one scan."""

    sscc = fields.String()
    outcome = fields.String(metadata={"description": "accepted, repeated, refused or to_reopen"})
    message = fields.String(allow_none=True)


class CartonReportRequest(Schema):
    """What became of cartons: those named, or (for a quarantine) all of a lot."""

    what = fields.String(required=True, validate=validate.OneOf(REPORTS, error="Give one of {choices}."))
    ssccs = fields.List(
        short_text(200), validate=validate.Length(1, 1000, error="Give 1 to 1000 carton numbers.")
    )
    lot = short_text(20, required=False)
    reason = Remark(500, lines=True)
    hub = short_text(20, required=False)
    seal = short_text(40, required=False)
    searched_from = moment(required=False)
    searched_until = moment(required=False)

    @validates_schema
    def says_enough(self, data: dict[str, Any], **_: Any) -> None:
        moved = data["what"] == "moved"
        if ("lot" in data) == ("ssccs" in data):
            raise ValidationError("Give either lot or ssccs.", "ssccs")
        if "lot" in data and data["what"] != "quarantined":
            raise ValidationError("Only a quarantine is told of a whole lot; give ssccs.", "lot")
        if moved != ("hub" in data):
            raise ValidationError("Give the hub that cartons were moved to, and only then.", "hub")
        if moved == ("reason" in data):
            raise ValidationError("Give the reason, except for cartons that were moved.", "reason")
        for name in ("seal", "searched_from", "searched_until"):
            if name in data and not moved:
                raise ValidationError("Only cartons that were moved have this.", name)


class HistorySchema(Schema):
    """What was done with a carton."""

    what = fields.String()
    at = fields.AwareDateTime()
    role = fields.String()
    place = fields.String(allow_none=True)
    pallet = fields.String(allow_none=True)
    shipment_id = fields.UUID(allow_none=True)
    grams = Whole(allow_none=True)
    seal = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    searched_from = fields.AwareDateTime(allow_none=True)
    searched_until = fields.AwareDateTime(allow_none=True)


class PalletRequest(Schema):
    hub = short_text(20)


class PalletSchema(Schema):
    sscc = fields.String()
    hub = fields.String()
    built_at = fields.AwareDateTime()
    cartons = Whole()
    pieces = Whole()
    gross_g = Whole(metadata={"description": "grams of its cartons"})
    ssccs = fields.List(fields.String())
