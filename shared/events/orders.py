"""What the orders service publishes: the catalogue, and what became of each order."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shared.events.contract import contract

Lane = Literal["custodial", "parole_community", "free"]
"""Who made goods: prisoners, people on parole or doing community work, or free workers."""

Purpose = Literal["produce", "export"]
"""Goods need two clearances: one before work begins, one over the finished lots."""


PaymentTerms = Literal["open_account", "before_documents"]
PaymentStatus = Literal["unpaid", "part_paid", "settled"]


@contract("kendi.orders.item_published.v1", subject="item/{sku}")
@dataclass(frozen=True, kw_only=True)
class ItemPublished:
    """A catalogue item was added or changed; the newest one counts.

    Lengths are millimetres, masses grams, ``labour_minutes`` minutes of work for one piece.
    ``golden_sample`` names the piece that each buyer approves before it is made; none where none is asked for.
    """

    sku: str
    name_id: str
    name_en: str
    family: str
    hs6: str
    gtin: str
    materials: tuple[str, ...]
    labour_minutes: int
    pieces_per_carton: int
    carton_length_mm: int
    carton_width_mm: int
    carton_height_mm: int
    carton_gross_g: int
    golden_sample: str | None = None


@dataclass(frozen=True, kw_only=True)
class Party:
    """Who receives goods: a name and a postal address."""

    name: str
    address: tuple[str, ...]
    country: str


@dataclass(frozen=True, kw_only=True)
class PlacedLine:
    number: int
    sku: str
    quantity: int
    unit_price: Decimal
    requested_date: date
    consignee: Party
    screening: Literal["allow", "hold", "block"]
    policies: tuple[str, ...]
    transit: tuple[str, ...] | None = None


@contract("kendi.orders.order_placed.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class OrderPlaced:
    """A buyer placed an order; each line was screened by its destination.

    Under the terms ``before_documents`` the transport document waits until all is paid. ``transit`` are the
    countries that a line's planned route passes, null where none was planned; the first version did not tell it.
    """

    order_id: UUID
    buyer: str
    buyer_name: str
    po_number: str
    currency: str
    incoterm: str
    named_place: str
    lines: tuple[PlacedLine, ...]
    payment_terms: PaymentTerms = "open_account"


@dataclass(frozen=True, kw_only=True)
class QuotedLine:
    number: int
    sku: str
    quantity: int
    requested_date: date
    lane: Lane = "custodial"


@contract("kendi.orders.quote_requested.v1", subject="quote/{quote_id}")
@dataclass(frozen=True, kw_only=True)
class QuoteRequested:
    """A buyer asks by when these lines could be ready, were they ordered together today. Nothing is reserved.

    ``lane`` is whose work a line may be. ``buyer`` was not told by the first version.
    """

    quote_id: UUID
    lines: tuple[QuotedLine, ...]
    buyer: str | None = None


@contract("kendi.orders.hold_opened.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class HoldOpened:
    """A line waits for a release by two named people in different roles."""

    order_id: UUID
    line: int
    purpose: Purpose
    policies: tuple[str, ...]
    needs: tuple[str, ...]


@contract("kendi.orders.release_signed.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class ReleaseSigned:
    """One of the two people signed the release of a held line."""

    order_id: UUID
    line: int
    purpose: Purpose
    role: str


@dataclass(frozen=True, kw_only=True)
class ClearedLot:
    """Finished pieces of one lot that a decision to export is about."""

    lot: str
    quantity: int
    lane: Lane


@contract("kendi.orders.clearance_granted.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class ClearanceGranted:
    """Orders decided that this quantity may be produced for, or exported to, this destination.

    Without one that covers the quantity and has not expired, nobody acts. ``transit`` are the countries that
    the route may enter on its way, none while no route was told: then it may enter no other. ``lots`` are the
    finished ones that may be exported, where the decision is about lots; the first version named neither. ``lane`` is
    whose work it may be: to produce, nobody whose work is more restricted makes it.
    """

    order_id: UUID
    line: int
    purpose: Purpose
    quantity: int
    destination: str
    lane: Lane
    policies: tuple[str, ...]
    expires_on: date
    transit: tuple[str, ...] | None = None
    lots: tuple[ClearedLot, ...] | None = None


@contract("kendi.orders.lot_lane_corrected.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class LotLaneCorrected:
    """A lot was made otherwise than was reported: its lane follows from where each operation was done.

    It only becomes more restricted. What was released for the line is so no longer.
    """

    order_id: UUID
    line: int
    lot: str
    former_lane: Lane
    lane: Lane
    reason: str


@contract("kendi.orders.free_lane_asked.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class FreeLaneAsked:
    """The buyer asks that free workers, apart from prisons, make a line that the law blocks."""

    order_id: UUID
    line: int


@contract("kendi.orders.free_lane_chosen.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class FreeLaneChosen:
    """Somebody of this role decided that free workers make a line that the law blocks. It releases nothing.

    The line is screened as their work; its clearance to produce, if there is one, names their lane.
    """

    order_id: UUID
    line: int
    role: str


@contract("kendi.orders.free_lane_declined.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class FreeLaneDeclined:
    """Somebody of this role decided that free workers do not make a line that the law blocks, as the buyer asked."""

    order_id: UUID
    line: int
    role: str
    reason: str


Changed = Literal["consignee", "route", "lane"]


@contract("kendi.orders.acknowledgement_given.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class AcknowledgementGiven:
    """The buyer said that they know who made the line's goods, and that importing them is theirs to answer for.

    They read this version of the text in this language.
    """

    order_id: UUID
    line: int
    text_version: int
    language: Literal["en", "id"]


@contract("kendi.orders.acknowledgement_ended.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class AcknowledgementEnded:
    """What the buyer acknowledged of the line is another thing now, by its consignee, route or lane."""

    order_id: UUID
    line: int
    because: Changed


@contract("kendi.orders.order_line_closed.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class OrderLineClosed:
    """All that was ordered on the line and not cancelled has been delivered."""

    order_id: UUID
    line: int
    delivered: int


@contract("kendi.orders.order_closed.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class OrderClosed:
    """No line of the order has anything left to do."""

    order_id: UUID


@contract("kendi.orders.order_line_amended.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class OrderLineAmended:
    """The buyer changed a line; this is how it stands now, and the newest one counts.

    ``ordered`` counts what was cancelled, too. It never falls: fewer pieces are a cancellation.
    """

    order_id: UUID
    line: int
    ordered: int
    requested_date: date
    consignee: Party
    screening: Literal["allow", "hold", "block"]
    policies: tuple[str, ...]


Withdrawal = Literal["changed", "evidence", "counsel", "expired"]


@contract("kendi.orders.clearance_withdrawn.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class ClearanceWithdrawn:
    """What was cleared on the line is so no longer: nobody acts until it is granted anew.

    ``because`` tells that the line changed, that evidence speaks against how its goods were made, that the
    note of counsel that it needs was withdrawn, or that something it rests on ran out: a document, a visit or a
    note. The first version told of no other reason than the line.
    """

    order_id: UUID
    line: int
    purpose: Purpose
    because: Withdrawal = "changed"


@contract("kendi.orders.line_rescreened.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class LineRescreened:
    """The law says something else about a line than before: a rule changed, or what is known of the line.

    ``policies`` are those that decided it. Of the ``at_sea`` pieces, which had departed, nothing is changed.
    """

    order_id: UUID
    line: int
    before: Literal["allow", "hold", "block"]
    after: Literal["allow", "hold", "block"]
    policies: tuple[str, ...]
    law: tuple[str, ...]
    at_sea: int


@contract("kendi.orders.cancellation_requested.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class CancellationRequested:
    """The buyer asks to take pieces of a line back; production answers what it stopped.

    Lines that were asked for together share the ``cancellation_id``.
    """

    order_id: UUID
    line: int
    cancellation_id: UUID
    quantity: int


@contract("kendi.orders.withholding_requested.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class WithholdingRequested:
    """Production could not stop these pieces; logistics answers how many finished ones it took to stock.

    ``unpack`` is the buyer's consent to open cartons for it.
    """

    order_id: UUID
    line: int
    cancellation_id: UUID
    quantity: int
    unpack: bool


@contract("kendi.orders.cancellation_answered.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class CancellationAnswered:
    """Everybody answered: ``cancelled`` of the pieces asked for are cancelled, the others go on."""

    order_id: UUID
    line: int
    cancellation_id: UUID
    asked: int
    cancelled: int


DecisionKind = Literal["late", "short"]
Answer = Literal["accept_date", "wait", "take_part", "cancel_rest"]
Overtaken = Literal["resolved", "changed"]


@contract("kendi.orders.decision_requested.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class DecisionRequested:
    """The buyer is asked what shall become of a line that will be late or short.

    ``in_time`` pieces can be had by the requested date, the ``missing`` can't, where production said so.
    Without an answer by the ``deadline`` (business time) the ``default`` counts.
    """

    order_id: UUID
    line: int
    decision_id: UUID
    kind: DecisionKind
    requested_date: date
    promised_date: date | None
    in_time: int | None
    missing: int | None
    answers: tuple[str, ...]
    default: Answer
    deadline: datetime


@contract("kendi.orders.decision_answered.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class DecisionAnswered:
    """What counts now, because the buyer said so or the deadline passed; amendments and cancellations follow."""

    order_id: UUID
    line: int
    decision_id: UUID
    answer: Answer
    decided_by: Literal["buyer", "deadline"]


@contract("kendi.orders.decision_withdrawn.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class DecisionWithdrawn:
    """The question needs no answer: the line is in order (``resolved``), or it or its plan ``changed``."""

    order_id: UUID
    line: int
    decision_id: UUID
    overtaken_by: Overtaken


@contract("kendi.orders.payment_recorded.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class PaymentRecorded:
    """The exporter told of money received for the order."""

    order_id: UUID
    payment_id: UUID
    amount: Decimal
    currency: str
    paid_on: date


@contract("kendi.orders.payment_taken_back.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class PaymentTakenBack:
    """The exporter told of this payment wrongly: its amount counts no more."""

    order_id: UUID
    payment_id: UUID
    amount: Decimal
    currency: str
    reason: str


@contract("kendi.orders.payment_status_changed.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class PaymentStatusChanged:
    """How the payment of the order stands now, after money came or what is owed changed; the newest counts."""

    order_id: UUID
    status: PaymentStatus
    due: Decimal
    paid: Decimal
    currency: str


ClaimDecision = Literal["accepted", "part", "refused"]
Settlement = Literal["credit", "replacement", "return"]


@contract("kendi.orders.claim_made.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class ClaimMade:
    """The buyer claims delivered pieces of a carton. What was made stays made: nobody's pay depends on it."""

    order_id: UUID
    line: int
    claim_id: UUID
    sscc: str
    quantity: int


@contract("kendi.orders.claim_decided.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class ClaimDecided:
    """``accepted`` of the claimed pieces were accepted, none if it was refused."""

    order_id: UUID
    line: int
    claim_id: UUID
    decision: ClaimDecision
    accepted: int


@contract("kendi.orders.claim_settled.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class ClaimSettled:
    """The accepted pieces are credited, replaced by a new order, or come back in their carton."""

    order_id: UUID
    line: int
    claim_id: UUID
    sscc: str
    quantity: int
    settlement: Settlement
    credit: Decimal | None
    currency: str
    replacement_order_id: UUID | None


@contract("kendi.orders.sample_requested.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class SampleRequested:
    """The line is not cleared to be made before its buyer has approved this golden sample of the item."""

    order_id: UUID
    line: int
    sku: str
    sample: str


@contract("kendi.orders.sample_approved.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class SampleApproved:
    """The buyer approved the golden sample that the line waited for."""

    order_id: UUID
    line: int
    sku: str
    sample: str


@contract("kendi.orders.sample_refused.v1", subject="order/{order_id}")
@dataclass(frozen=True, kw_only=True)
class SampleRefused:
    """The buyer refused the golden sample that the line waits for; it goes on waiting."""

    order_id: UUID
    line: int
    sku: str
    sample: str
