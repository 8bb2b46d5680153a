"""Shipments as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.logistics.schemas.declarations import DeclarationSchema
from services.logistics.schemas.documents import DocumentSchema
from services.logistics.schemas.milestones import CorrectionSchema, MilestoneSchema
from services.logistics.schemas.schedules import EstimateSchema
from shared.web.schemas import Whole, day, moment, short_text


def _country() -> fields.String:
    wrong = "Give a country as two capital letters of ISO 3166-1, for example BE."
    return fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}\Z", error=wrong))


def _locode() -> fields.String:
    wrong = "Give a UN/LOCODE, for example IDSRG."
    return fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}[A-Z2-9]{3}\Z", error=wrong))


class PlanRequest(Schema):
    hub = short_text(20)
    destination = _country()


class BookRequest(Schema):
    carrier = short_text(100)
    vessel = short_text(100)
    voyage = short_text(40)
    port_of_loading = _locode()
    port_of_discharge = _locode()
    etd = day(metadata={"description": "estimated day of departure"})
    eta = day(metadata={"description": "estimated day of arrival"})


class DispatchRequest(Schema):
    container = short_text(20)
    seal = short_text(40)
    sealed_at = moment(required=False)


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
    state = fields.String()
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
    closes_on = fields.Date(allow_none=True, metadata={"description": "last day the terminal takes it"})
    container = fields.String(allow_none=True)
    seal = fields.String(allow_none=True)
    cartons = Whole()
    pieces = Whole()
    gross_g = Whole()
    missing = fields.List(
        fields.String(), metadata={"description": "documents without which it can't depart"}
    )


class ShipmentSchema(ShipmentSummarySchema):
    consignee = fields.Nested(ConsigneeSchema)
    incoterm = fields.String()
    named_place = fields.String()
    lane = fields.String(metadata={"description": "the most restricted lane of the goods"})
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
