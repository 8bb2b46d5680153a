"""Shipments as the API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.logistics.schemas.cartons import chosen_cartons
from services.logistics.schemas.declarations import DeclarationSchema
from services.logistics.schemas.documents import DocumentSchema
from services.logistics.schemas.milestones import CorrectionSchema, MilestoneSchema, state_of_shipment
from services.logistics.schemas.schedules import EstimateSchema
from shared.web.schemas import Text, Whole, day, long_text, moment, short_text


def _country() -> fields.String:
    wrong = "Give a country as two capital letters of ISO 3166-1, for example BE."
    return fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}\Z", error=wrong))


def _locode(**options: Any) -> fields.String:
    wrong = "Give a UN/LOCODE, for example IDSRG."
    return fields.String(validate=validate.Regexp(r"^[A-Z]{2}[A-Z2-9]{3}\Z", error=wrong), **options)


def _measured() -> fields.Decimal:
    return fields.Decimal(as_string=True, metadata={"type": "string", "pattern": r"^\d+(\.\d+)?$"})


class ChosenLineSchema(Schema):
    order_id = fields.UUID(required=True, error_messages={"invalid": "Give the id of an order."})
    line = Whole(required=True, strict=True, validate=validate.Range(1, 1000, error="Give a line's number."))


class PlanRequest(Schema):
    """All that is cleared for the country and stands at the hub, or the cartons or the lines chosen of it."""

    hub = short_text(20)
    destination = _country()
    ssccs = chosen_cartons(required=False)
    lines = fields.List(
        fields.Nested(ChosenLineSchema),
        validate=validate.Length(1, 200, error="Give 1 to 200 lines."),
        metadata={"description": "order lines; without them and without cartons, all"},
    )

    @validates_schema
    def one_way_of_choosing(self, data: dict[str, Any], **_: Any) -> None:
        if "ssccs" in data and "lines" in data:
            raise ValidationError("Choose cartons or lines, not both.", "lines")


class CartonsRequest(Schema):
    ssccs = chosen_cartons(required=True)


class MergeRequest(Schema):
    other = fields.UUID(
        required=True,
        error_messages={"invalid": "Give the id of a shipment."},
        metadata={"description": "the shipment that is given up for this one"},
    )


class ReasonRequest(Schema):
    reason = long_text(300)


class NoteRequest(Schema):
    text = long_text(1000)


class NoteSchema(Schema):
    at = fields.AwareDateTime()
    role = fields.String()
    text = fields.String()


class LoadPartSchema(Schema):
    po_number = fields.String()
    facility = fields.String()
    cartons = Whole()
    volume_m3 = _measured()
    gross_kg = _measured()


class LoadSchema(Schema):
    """How full what it is loaded into is; shares only where that has walls of its own."""

    equipment = fields.String(metadata={"description": "as booked; until then the smallest that takes it"})
    name = fields.String()
    mode = fields.String()
    volume_m3 = _measured()
    usable_m3 = Whole(allow_none=True)
    gross_kg = _measured()
    payload_kg = Whole(allow_none=True)
    chargeable_kg = fields.Decimal(
        as_string=True,
        allow_none=True,
        metadata={
            "type": "string",
            "description": "by air: its weight, or that of its volume if more",
        },
    )
    warnings = fields.List(fields.String())
    parts = fields.List(fields.Nested(LoadPartSchema))


class CutOffSchema(Schema):
    code = fields.String()
    name = fields.String()
    on = fields.Date()
    hours = Whole(allow_none=True, metadata={"description": "before the departure, on its day"})
    met = fields.Boolean()


class BookRequest(Schema):
    """By sea and by air all of it; goods for Indonesia go by road, from their hub to the consignee."""

    carrier = short_text(100)
    vessel = Text(100, metadata={"description": "not by road; by air the airline"})
    voyage = Text(40, metadata={"description": "not by road; by air the flight"})
    port_of_loading = _locode(metadata={"description": "not by road; by air an airport"})
    port_of_discharge = _locode(metadata={"description": "not by road; by air an airport"})
    via = fields.List(
        _locode(),
        validate=validate.Length(0, 5, error="Give up to 5 ports of transhipment."),
        metadata={
            "description": "ports of transhipment, in their order; the clearances of the goods must name their"
            " countries"
        },
    )
    equipment = Text(
        4,
        metadata={
            "description": "20GP, 40GP, 40HC, LCL or AIR, for goods that stay in Indonesia BOX, WING or LTL; left"
            " out: the first container or truck that takes it"
        },
    )
    etd = day(metadata={"description": "estimated day of departure"})
    eta = day(metadata={"description": "estimated day of arrival"})


class DispatchRequest(Schema):
    container = Text(
        20,
        required=True,
        metadata={
            "description": "of ours by ISO 6346; by air the number of the air waybill; else that of the truck"
        },
    )
    seal = Text(40, metadata={"description": "not needed by air"})
    sealed_at = moment(required=False)


class ResealRequest(Schema):
    """Another seal for a container that was opened, with the cartons that were taken out and read again."""

    seal = short_text(40)
    reason = long_text(300)
    ssccs = chosen_cartons(required=True)


class ResealSchema(Schema):
    former = fields.String(metadata={"description": "the seal that was broken"})
    seal = fields.String()
    at = fields.AwareDateTime()
    role = fields.String()
    because = fields.String()
    ssccs = fields.List(fields.String(), metadata={"description": "cartons that were read again"})


class ShipmentLineSchema(Schema):
    order_id = fields.UUID()
    line = fields.Integer()
    lot = fields.String()
    quantity = Whole()


class ConsigneeSchema(Schema):
    name = fields.String()
    address = fields.List(fields.String())
    country = fields.String()


class ShipmentSummarySchema(Schema):
    id = fields.UUID()
    number = fields.String()
    state = state_of_shipment()
    hub = fields.String()
    destination = fields.String()
    planned_on = fields.Date()
    carrier = fields.String(allow_none=True)
    vessel = fields.String(allow_none=True)
    voyage = fields.String(allow_none=True)
    port_of_loading = fields.String(allow_none=True)
    port_of_discharge = fields.String(allow_none=True)
    etd = fields.Date(allow_none=True)
    eta = fields.Date(allow_none=True)
    equipment = fields.String(allow_none=True)
    mode = fields.String(
        metadata={"description": "sea_fcl, sea_lcl, air or road; as expected until it is booked"}
    )
    via = fields.List(fields.String())
    cancelled_at = fields.AwareDateTime(allow_none=True)
    closes_on = fields.Date(allow_none=True, metadata={"description": "last day the carrier takes it"})
    container = fields.String(allow_none=True)
    seal = fields.String(allow_none=True)
    cartons = Whole()
    pieces = Whole()
    gross_g = Whole()
    volume_m3 = _measured()
    missing = fields.List(
        fields.String(), metadata={"description": "documents without which it can't depart"}
    )
    held = fields.List(
        fields.String(), metadata={"description": "why its goods are not cleared, until it has departed"}
    )
    overlays = fields.List(
        fields.String(), metadata={"description": "what went wrong and has not ended, such as ROLLED"}
    )


class ShipmentSchema(ShipmentSummarySchema):
    short = fields.List(fields.String(), metadata={"description": "SSCCs of cartons that are not there"})
    consignee = fields.Nested(ConsigneeSchema, allow_none=True)
    incoterm = fields.String(allow_none=True)
    named_place = fields.String(allow_none=True)
    cancelled_because = fields.String(allow_none=True)
    fill = fields.Nested(LoadSchema, allow_none=True)
    cut_offs = fields.List(fields.Nested(CutOffSchema), metadata={"description": "the first to come first"})
    notes = fields.List(fields.Nested(NoteSchema), metadata={"description": "the oldest first"})
    reseals = fields.List(
        fields.Nested(ResealSchema), metadata={"description": "each seal that took the place of a broken one"}
    )
    lane = fields.String(allow_none=True, metadata={"description": "the most restricted lane of the goods"})
    lines = fields.List(fields.Nested(ShipmentLineSchema))
    documents = fields.List(fields.Nested(DocumentSchema))
    declarations = fields.List(
        fields.Nested(DeclarationSchema),
        metadata={"description": "PEB, the newest last; one is in force at most"},
    )
    declaration_opens_on = fields.Date(
        allow_none=True, metadata={"description": "the first day on which the PEB can be filed"}
    )
    milestones = fields.List(fields.Nested(MilestoneSchema))
    corrections = fields.List(
        fields.Nested(CorrectionSchema), metadata={"description": "reports that did not hold"}
    )
    next_milestones = fields.List(fields.String())
    next_exceptions = fields.List(
        fields.String(), metadata={"description": "what may be reported beside the usual way"}
    )
    estimates = fields.List(
        fields.Nested(EstimateSchema),
        metadata={"description": "what was expected, from when on, who told it and why; the newest last"},
    )
    tracking_url = fields.String(
        allow_none=True,
        metadata={"description": "a page for whoever is given its address; none once it was revoked"},
    )


class LeftBehindSchema(Schema):
    order_id = fields.UUID()
    line = fields.Integer()
    cartons = Whole()
    pieces = Whole()
    reason = fields.String()


class PlannedShipmentSchema(ShipmentSchema):
    left_behind = fields.List(
        fields.Nested(LeftBehindSchema), metadata={"description": "what stays at the hub, and why"}
    )
