"""Lots, cartons and their arrival at a hub, as the API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from shared.web.pagination import PageSchema
from shared.web.schemas import Text, Whole, short_text


def chosen_cartons(*, required: bool) -> fields.List[Any]:
    return fields.List(
        Text(30),
        required=required,
        validate=validate.Length(1, 5000, error="Give 1 to 5000 cartons."),
        metadata={"description": "SSCCs"},
    )


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
    state = fields.String(
        metadata={
            "description": "packed, moved, at_hub, in_shipment, stuffed, departed, delivered, returned, to_reopen,"
            " quarantined, damaged, lost, found or unpacked"
        }
    )
    lot = fields.String()
    order_id = fields.UUID()
    line = fields.Integer()
    sku = fields.String()
    facility = fields.String()
    lane = fields.String()
    pieces = Whole()
    gross_g = Whole(metadata={"description": "grams that the closed carton should weigh"})
    measured_g = Whole(allow_none=True, metadata={"description": "grams that it weighs"})
    seal = fields.String(allow_none=True)
    pallet = fields.String(
        allow_none=True, metadata={"description": "the SSCC of the pallet that it stands on"}
    )
    length_mm = Whole()
    width_mm = Whole()
    height_mm = Whole()
    packed_at = fields.AwareDateTime()
    hub = fields.String(allow_none=True)
    gathered_at = fields.AwareDateTime(allow_none=True)
    shipment_id = fields.UUID(allow_none=True)
    returned_to = fields.String(
        allow_none=True, metadata={"description": "the hub where it stands since it came back"}
    )
    unpacked_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when it was opened for good"}
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
