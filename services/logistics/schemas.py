"""What the logistics API takes and gives."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from shared.web.pagination import PageSchema
from shared.web.schemas import Whole, day, moment, short_text


def _country() -> fields.String:
    wrong = "Give a country as two capital letters of ISO 3166-1, for example BE."
    return fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}\Z", error=wrong))


def _locode() -> fields.String:
    wrong = "Give a UN/LOCODE, for example IDSRG."
    return fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}[A-Z2-9]{3}\Z", error=wrong))


class LotSchema(Schema):
    """Good pieces of one facility that wait for packing."""

    lot = fields.String()
    order_id = fields.UUID()
    line = fields.Integer()
    po_number = fields.String()
    sku = fields.String()
    facility = fields.String()
    lane = fields.String()
    destination = fields.String()
    good = Whole()
    packed = Whole()
    withheld = Whole(metadata={"description": "taken to stock because they were cancelled"})
    free = Whole(metadata={"description": "good pieces that are in no carton and not withheld"})


class CartonsQuery(PageSchema):
    lot = fields.String(load_default=None)
    hub = fields.String(load_default=None)
    shipment = fields.UUID(load_default=None)


class CartonSchema(Schema):
    sscc = fields.String()
    state = fields.String(metadata={"description": "packed, at_hub, in_shipment or unpacked"})
    lot = fields.String()
    order_id = fields.UUID()
    line = fields.Integer()
    sku = fields.String()
    facility = fields.String()
    lane = fields.String()
    pieces = Whole()
    gross_g = Whole(metadata={"description": "grams of the closed carton"})
    length_mm = Whole()
    width_mm = Whole()
    height_mm = Whole()
    packed_at = fields.AwareDateTime()
    hub = fields.String(allow_none=True)
    gathered_at = fields.AwareDateTime(allow_none=True)
    shipment_id = fields.UUID(allow_none=True)
    unpacked_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when it was opened, its goods being cancelled"}
    )


class PackRequest(Schema):
    lot = short_text(20)
    quantity = Whole(
        strict=True,
        validate=validate.Range(1, error="Give a number of pieces from 1 on, or leave it out for all."),
        metadata={"description": "pieces; without it all that are free"},
    )


class GatherRequest(Schema):
    """Either all cartons of a lot, or those that were scanned."""

    hub = short_text(20)
    lot = short_text(20, required=False)
    ssccs = fields.List(
        short_text(30), validate=validate.Length(1, 1000, error="Give 1 to 1000 carton numbers.")
    )

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if ("lot" in data) == ("ssccs" in data):
            raise ValidationError("Give either lot or ssccs.", "lot")


class GatheredSchema(Schema):
    lot = fields.String()
    order_id = fields.UUID()
    line = fields.Integer()
    hub = fields.String()
    cartons = Whole()
    quantity = Whole()


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


class DocumentRequest(Schema):
    code = short_text(40)
    number = short_text(100)
    issued_on = day()


class DispatchRequest(Schema):
    container = short_text(20)
    seal = short_text(40)
    sealed_at = moment(required=False)


class MilestoneRequest(Schema):
    milestone = short_text(40)
    place = short_text(20)
    occurred_at = moment()


class ShipmentLineSchema(Schema):
    order_id = fields.UUID()
    line = fields.Integer()
    lot = fields.String()
    quantity = Whole()


class DocumentSchema(Schema):
    code = fields.String()
    name = fields.String()
    state = fields.String(metadata={"description": "present, missing or on_request"})
    owed_by = fields.String()
    blocks = fields.List(fields.String(), metadata={"description": "milestones that can't be without it"})
    number = fields.String(allow_none=True)
    issued_on = fields.Date(allow_none=True)
    made_by_system = fields.Boolean()
    verified = fields.Boolean(metadata={"description": "false: nobody has read the rule's present text"})
    waits = fields.String(
        allow_none=True,
        metadata={"description": "why it may not be released yet: an order is paid before documents"},
    )


class MilestoneSchema(Schema):
    milestone = fields.String()
    name = fields.String()
    place = fields.String()
    place_name = fields.String()
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()


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
    milestones = fields.List(fields.Nested(MilestoneSchema))
    next_milestones = fields.List(fields.String())
    tracking_url = fields.String(metadata={"description": "a page for whoever is given its address"})


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
