"""Orders as the API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.orders.domain.dossier import ITEMS
from services.orders.domain.hold import LONGEST_REASON, SHORTEST_REASON
from services.orders.domain.lane import LANES
from services.orders.domain.payment import TERMS
from services.orders.listing import STATES
from services.orders.schemas.decisions import PromiseSchema
from services.orders.schemas.payments import AccountSchema
from shared.web.pagination import PageSchema
from shared.web.schemas import Money, Text, Whole, day, long_text, pieces, short_text

LONGEST_PO_SOUGHT = 200
"""A replacement's number is longer than the one that its buyer gave: it ends in its claim."""
INCOTERMS = ("EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF")


def country(code: str) -> None:
    from pycountry import countries  # its tables take a tenth of a second to load

    found = countries.get(alpha_2=code)
    if found is None or found.alpha_2 != code:  # it also finds "us", which no policy would match
        raise ValidationError("Give a country as two capital letters of ISO 3166-1, for example BE.")


def currency() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Z]{3}\Z", error="Give an ISO 4217 code, for example USD."),
    )


def route() -> fields.List[Any]:
    """Countries that goods pass, each once; an empty list is a direct route, null one that is not known."""
    return fields.List(
        fields.String(validate=country),
        allow_none=True,
        validate=[
            validate.Length(max=20, error="Give up to 20 countries."),
            _each_once,
        ],
        metadata={
            "description": "countries that the planned route passes, ISO 3166-1; null where none is planned yet"
        },
    )


def _each_once(codes: list[str]) -> None:
    if len(set(codes)) < len(codes):
        raise ValidationError("Name each country once.")


def payment_terms() -> fields.String:
    return fields.String(
        load_default=TERMS[0],
        validate=validate.OneOf(TERMS, error=f"Give one of {', '.join(TERMS)}."),
        metadata={
            "description": "before_documents: the transport document is released only once all is paid"
        },
    )


class ConsigneeSchema(Schema):
    name = short_text(200)
    address = fields.List(
        short_text(200),
        required=True,
        validate=validate.Length(1, 6, error="Give 1 to 6 lines of address."),
    )
    country = fields.String(required=True, validate=country, metadata={"description": "ISO 3166-1 alpha-2"})


class OrderLineRequest(Schema):
    sku = short_text(40)
    quantity = pieces()
    requested_date = day()
    unit_price = Money(description="if given, the catalogue's price, to show that both mean the same")
    consignee = fields.Nested(ConsigneeSchema, required=True)
    transit = route()


class OrderRequest(Schema):
    po_number = short_text(60)
    currency = currency()
    incoterm = fields.String(
        required=True,
        validate=validate.OneOf(INCOTERMS, error=f"Give an Incoterm 2020: {', '.join(INCOTERMS)}."),
    )
    named_place = short_text(100)
    payment_terms = payment_terms()
    lines = fields.List(
        fields.Nested(OrderLineRequest),
        required=True,
        validate=validate.Length(1, 200, error="Give 1 to 200 lines."),
    )


class QuantitiesSchema(Schema):
    """Pieces. ``ordered + extra >= allocated >= good >= packed >= departed >= delivered``.

    ``cancelled`` is a part of ``ordered``: what production stopped, and what was ``withheld``, which is
    good and in stock. No more is allocated than ``ordered + extra - cancelled + withheld``; ``started``
    is the part of ``allocated`` on which work began, in whole work orders. ``extra`` are good pieces beyond the
    order, within the tolerance of the agreement with the facility; they are delivered too.
    """

    ordered = Whole()
    cancelled = Whole()
    withheld = Whole()
    extra = Whole()
    allocated = Whole()
    started = Whole()
    good = Whole()
    packed = Whole()
    departed = Whole()
    delivered = Whole()


class NamedDossierSchema(Schema):
    """The version of a lot's dossier that a signer saw."""

    lot = fields.String()
    version = Whole()
    hash = fields.String()


class SignatureSchema(Schema):
    role = fields.String()
    signed_on = fields.Date()
    expires_on = fields.Date(metadata={"description": "the last day for which it was signed"})
    dossiers = fields.List(
        fields.Nested(NamedDossierSchema), metadata={"description": "of the finished lots, as they were seen"}
    )


class FinishedLotSchema(Schema):
    lot = fields.String()
    quantity = Whole()
    lane = fields.String()


class WayOutSchema(Schema):
    """What a blocked line may become, and the request that leads there."""

    way = fields.String(
        metadata={"description": "another_destination, free_lane, domestic_sale or cancellation"}
    )
    method = fields.String()
    href = fields.String()


class OpenItemSchema(Schema):
    item = fields.String(metadata={"description": f"one of {', '.join(ITEMS)}"})
    state = fields.String(metadata={"description": "open, expired or contradicted"})


class HoldEvidenceSchema(Schema):
    """What documents show of a finished lot, or before there are any of a facility that is to make the goods."""

    lot = fields.String(allow_none=True)
    facility = fields.String(allow_none=True)
    complete = Whole(metadata={"description": "how many items are"})
    of = Whole(metadata={"description": "how many there are"})
    open = fields.List(fields.Nested(OpenItemSchema), metadata={"description": "the items that are not"})
    version = Whole(allow_none=True, metadata={"description": "of the lot's dossier, the newest"})
    hash = fields.String(allow_none=True, metadata={"description": "of that version"})


class HoldSchema(Schema):
    """Why a line waits or may not go, and what would release it."""

    purpose = fields.String(allow_none=True)
    policies = fields.List(fields.String())
    law = fields.List(fields.String())
    explanation = fields.String()
    releasable = fields.Boolean()
    needs = fields.List(fields.String())
    released_by = fields.List(fields.String())
    signatures = fields.List(fields.Nested(SignatureSchema))
    ways_out = fields.List(fields.Nested(WayOutSchema), metadata={"description": "of a blocked line"})
    opened_on = fields.Date(allow_none=True)
    quantity = Whole(allow_none=True)
    lane = fields.String(allow_none=True, metadata={"description": "who made it, the most restricted"})
    route = fields.List(
        fields.String(), allow_none=True, metadata={"description": "countries; null while none was told"}
    )
    lots = fields.List(
        fields.Nested(FinishedLotSchema),
        allow_none=True,
        metadata={"description": "the finished lots that an export is about, frozen when the hold opened"},
    )
    facilities = fields.List(
        fields.String(), allow_none=True, metadata={"description": "where it was planned when it opened"}
    )
    seen = fields.String(
        allow_none=True, metadata={"description": "digest of these facts: send it with the signature"}
    )
    evidence = fields.List(
        fields.Nested(HoldEvidenceSchema),
        metadata={
            "description": "of each lot, or before there are any of each facility that is to make them"
        },
    )


class FreeLaneSchema(Schema):
    """Whether a line which the law blocks is to be made by free workers, apart from prisons; it releases nothing."""

    state = fields.String(metadata={"description": "asked, chosen or declined"})
    by = fields.String(metadata={"description": "the role of who said so"})
    said_at = fields.AwareDateTime(metadata={"description": "business time, UTC"})
    reason = fields.String(allow_none=True, metadata={"description": "why it was declined"})


class FreeLaneRequest(Schema):
    reason = long_text(LONGEST_REASON, least=SHORTEST_REASON)


class NextSchema(Schema):
    """The step that a line waits for."""

    expected = fields.String(
        allow_none=True, metadata={"description": "the event's type; null where the buyer must decide"}
    )
    owed_by = fields.String(
        metadata={"description": "who takes the step: roles, services, or facilities by their codes"}
    )
    since = fields.AwareDateTime(allow_none=True, metadata={"description": "business time, UTC"})
    by = fields.Date(allow_none=True, metadata={"description": "when it was promised for, if it was"})


class OrderLineSchema(QuantitiesSchema):
    number = fields.Integer()
    sku = fields.String()
    state = fields.String()
    item_version = fields.Integer(metadata={"description": "the item's when the order was placed"})
    unit_price = Money()
    requested_date = fields.Date()
    promised_date = fields.Date(allow_none=True)
    promises = fields.List(
        fields.Nested(PromiseSchema), metadata={"description": "each that was made, the newest last"}
    )
    destination = fields.String()
    consignee = fields.Nested(ConsigneeSchema)
    transit = fields.List(
        fields.String(),
        allow_none=True,
        metadata={"description": "countries that the planned route passes; null while no route is known"},
    )
    cancelling = Whole(metadata={"description": "pieces asked back that nobody has answered for yet"})
    claimed = Whole(metadata={"description": "delivered pieces in claims that were not refused"})
    credited = Money(description="for claims, in the order's currency")
    hold = fields.Nested(HoldSchema, allow_none=True)
    free_lane = fields.Nested(FreeLaneSchema, allow_none=True)
    acknowledgement = fields.String(
        allow_none=True,
        metadata={"description": "asked or given: that you know who made it; null where no rule asks for it"},
    )
    awaited_sample = fields.String(
        allow_none=True, metadata={"description": "the golden sample that you must approve before it is made"}
    )
    next = fields.Nested(NextSchema, allow_none=True)


class OrderSchema(Schema):
    id = fields.UUID()
    buyer = fields.String()
    po_number = fields.String()
    state = fields.String()
    currency = fields.String()
    incoterm = fields.String()
    named_place = fields.String()
    placed_on = fields.Date()
    version = Whole(metadata={"description": "what the ETag says; it grows when what was ordered changes"})
    lines = fields.List(fields.Nested(OrderLineSchema))
    payment = fields.Nested(AccountSchema)


class OrderFilters(Schema):
    """Which orders a list shows."""

    state = fields.String(validate=validate.OneOf(STATES, error=f"Give one of {', '.join(STATES)}."))
    placed_from = day(required=False, metadata={"description": "the first day"})
    placed_to = day(required=False, metadata={"description": "the last day"})
    sku = short_text(40, required=False)
    po_number = short_text(LONGEST_PO_SOUGHT, required=False)
    po_prefix = Text(LONGEST_PO_SOUGHT, required=False, metadata={"description": "how the PO number begins"})

    @validates_schema
    def check_days(self, data: dict[str, Any], **_: Any) -> None:
        if {"placed_from", "placed_to"} <= data.keys() and data["placed_to"] < data["placed_from"]:
            raise ValidationError("Give a day that is not before placed_from.", "placed_to")


class OrdersQuery(OrderFilters, PageSchema):
    pass


class OrderSummarySchema(Schema):
    id = fields.UUID()
    buyer = fields.String()
    po_number = fields.String()
    state = fields.String()
    currency = fields.String()
    placed_on = fields.Date()
    ordered = fields.Integer()
    delivered = fields.Integer()


class ReleaseRequest(Schema):
    reason = long_text(LONGEST_REASON)
    expires_on = day(
        required=False, metadata={"description": "the last day of the release; without one 60 days from now"}
    )
    seen = fields.String(
        validate=validate.Regexp(
            r"^[0-9a-f]{64}\Z", error="Give the hold's digest, 64 digits of hexadecimal."
        ),
        metadata={"description": "the hold's digest; refused if the facts changed since"},
    )
    lots = fields.List(
        short_text(60),
        validate=validate.Length(
            1, 1000, error="Name a finished lot, or leave lots out to release all of them."
        ),
        metadata={
            "description": "of the finished lots, those that the release to export is for; the others stay held and"
            " wait for one of their own"
        },
    )


class OperationRequest(Schema):
    """A step of the work and where it was done. One that is called ``pack`` only puts goods into cartons."""

    name = short_text(60)
    lane = fields.String(
        required=True, validate=validate.OneOf(LANES, error=f"Give one of {', '.join(LANES)}.")
    )


class LaneRequest(Schema):
    operations = fields.List(
        fields.Nested(OperationRequest),
        required=True,
        validate=validate.Length(1, 50, error="Give the operations, 1 to 50."),
    )
    reason = long_text(LONGEST_REASON, least=SHORTEST_REASON)


HopSchema = Schema.from_dict(
    {
        "from": fields.String(metadata={"description": "the service that told the event"}),
        "to": fields.String(metadata={"description": "the service whose timeline this is"}),
        "milliseconds": fields.Integer(
            metadata={"description": "from the commit there to the commit here, in real time"}
        ),
    },
    name="HopSchema",
)


class TimelineEntrySchema(Schema):
    event_id = fields.UUID()
    type = fields.String()
    source = fields.String()
    line = fields.Integer(allow_none=True)
    occurred_at = fields.AwareDateTime(metadata={"description": "business time, UTC"})
    recorded_at = fields.AwareDateTime(metadata={"description": "when orders knew, real time, UTC"})
    actor_role = fields.String()
    hop = fields.Nested(
        HopSchema,
        allow_none=True,
        metadata={"description": "how the event came here; null for what orders tells itself"},
    )
    text = fields.String(metadata={"description": "what happened, in a sentence of the caller's language"})
    data = fields.Dict()
