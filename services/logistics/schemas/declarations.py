"""The export declaration, as the API takes and gives it."""

from marshmallow import Schema, fields, validate

from shared.web.schemas import day, long_text, short_text

EXPORT_TYPES = ("ordinary", "to_be_reimported", "reexport")
FACILITY_TYPES = ("none", "kite", "bonded_zone")


def _office() -> fields.String:
    wrong = "Give the six digits of the customs office, for example 060100."
    return fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}\Z", error=wrong))


def _identity() -> fields.String:
    wrong = "Give the 15 or 16 digits of the exporter's tax number (NPWP)."
    return fields.String(required=True, validate=validate.Regexp(r"^[0-9]{15,16}\Z", error=wrong))


class DeclarationRequest(Schema):
    number = short_text(40)
    office = _office()
    exporter_name = short_text(200)
    exporter_identity = _identity()
    export_type = fields.String(required=True, validate=validate.OneOf(EXPORT_TYPES))
    facility_type = fields.String(required=True, validate=validate.OneOf(FACILITY_TYPES))
    vessel = short_text(100)
    voyage = short_text(40)


class CorrectionRequest(Schema):
    """What is left out stays. Fields that can't be corrected are taken only to say so."""

    registration = short_text(40, required=False)
    registered_on = day(required=False)
    vessel = short_text(100, required=False)
    voyage = short_text(40, required=False)
    export_on = day(required=False)
    consignee = short_text(200, required=False)
    office = short_text(10, required=False)
    exporter_name = short_text(200, required=False)
    exporter_identity = short_text(30, required=False)
    export_type = short_text(40, required=False)
    facility_type = short_text(40, required=False)


class CancellationRequest(Schema):
    reason = long_text(1000)


class CustomsReportRequest(Schema):
    number = short_text(40)
    reported_on = day()


class DeclarationSchema(Schema):
    number = fields.String()
    office = fields.String()
    exporter_name = fields.String()
    exporter_identity = fields.String()
    export_type = fields.String()
    facility_type = fields.String()
    vessel = fields.String()
    voyage = fields.String()
    export_on = fields.Date(metadata={"description": "the estimated day of export"})
    filed_on = fields.Date()
    consignee = fields.String(allow_none=True, metadata={"description": "whom it names, where that was told"})
    registration = fields.String(allow_none=True)
    registered_on = fields.Date(allow_none=True)
    cancelled_on = fields.Date(allow_none=True)
    cancelled_because = fields.String(allow_none=True)
    report_by = fields.Date(
        allow_none=True, metadata={"description": "the last day to report that it was cancelled"}
    )
    reported_on = fields.Date(allow_none=True)
