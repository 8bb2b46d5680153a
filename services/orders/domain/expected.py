"""What an order line waits for: the next step that is expected, who owes it, since when and by when.

The first step that not all pieces have reached is the one that is awaited.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from typing import Any

from services.orders.domain.acknowledgement import Standing
from services.orders.domain.free_lane import is_asked_of
from services.orders.domain.hold import RELEASE_ROLES, Hold
from services.orders.domain.order import Line
from shared.events import contract_of
from shared.events.logistics import (
    CartonsGathered,
    CartonsPacked,
    CartonsPutIn,
    CartonsTakenOut,
    DocumentsCompleted,
    ShipmentBooked,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentDispatched,
    ShipmentPlanned,
    ShipmentRescheduled,
)
from shared.events.orders import (
    AcknowledgementEnded,
    AcknowledgementGiven,
    ClearanceGranted,
    FreeLaneAsked,
    FreeLaneChosen,
    HoldOpened,
    OrderPlaced,
    ReleaseSigned,
    SampleApproved,
    SampleRefused,
    SampleRequested,
)
from shared.events.production import (
    LotReleased,
    ProductionPlanned,
    WorkOrderAccepted,
    WorkOrderDeclined,
    WorkOrderOffered,
    WorkOrderReduced,
    WorkOrderShortClosed,
    WorkOrderStarted,
    WorkOrderWithdrawn,
)

# While no facility is known to have been asked, production owes what a facility would.
BUYER, PRODUCTION, FACILITY, LOGISTICS = "buyer", "production", "facility", "logistics"
OFFICER = "compliance_officer"


def _type(event: type[Any]) -> str:
    return contract_of(event).type


@dataclass(frozen=True)
class Told:
    """All that the timeline says of a line in events of one type, from one facility if they name one.

    ``etd`` and ``eta`` are the latest of its shipments, of each as it was told last.
    """

    type: str
    facility: str | None
    pieces: int
    last: datetime
    etd: date | None = None
    eta: date | None = None


@dataclass(frozen=True, kw_only=True)
class Next:
    """The awaited step. ``expected`` is none where no event but a decision is awaited.

    ``owed_by`` names roles, services, or facilities by their codes.
    """

    expected: str | None
    owed_by: tuple[str, ...]
    since: datetime | None
    by: date | None = None


@dataclass(frozen=True)
class Step:
    """One step of a line's way: who takes it, after which others, and which quantity counts it, if any does."""

    event: type[Any]
    owner: str
    after: tuple[type[Any], ...]
    quantity: str = ""

    @property
    def type(self) -> str:
        return _type(self.event)


STEPS = (
    Step(ProductionPlanned, PRODUCTION, (ClearanceGranted, WorkOrderDeclined), "allocated"),
    Step(WorkOrderAccepted, FACILITY, (WorkOrderOffered,)),
    Step(WorkOrderStarted, FACILITY, (WorkOrderAccepted,), "started"),
    Step(LotReleased, FACILITY, (WorkOrderStarted,), "good"),
    Step(CartonsPacked, LOGISTICS, (LotReleased,), "packed"),
    Step(CartonsGathered, LOGISTICS, (CartonsPacked,)),
    Step(ShipmentPlanned, LOGISTICS, (CartonsGathered, ClearanceGranted)),
    Step(ShipmentBooked, LOGISTICS, (ShipmentPlanned,)),
    Step(DocumentsCompleted, LOGISTICS, (ShipmentBooked,)),
    Step(ShipmentDispatched, LOGISTICS, (ShipmentBooked, DocumentsCompleted)),
    Step(ShipmentDeparted, LOGISTICS, (ShipmentDispatched,), "departed"),
    Step(ShipmentDelivered, LOGISTICS, (ShipmentDeparted,), "delivered"),
)


MADE = ("allocated", "started", "good")
"""Quantities that count what was withheld, too, and so goes no farther."""


def next_step(line: Line, about: Sequence[Told], acknowledgement: Standing | None = None) -> Next | None:
    """The step that the line waits for, by what was told of it and of its order; nothing once it is closed."""
    if line.closed:
        return None
    if is_asked_of(line):
        return Next(expected=_type(FreeLaneChosen), owed_by=(OFFICER,), since=_last(about, FreeLaneAsked))
    if line.blocked:
        return Next(expected=None, owed_by=(BUYER,), since=_last(about, OrderPlaced))
    if line.waits_for_sample:
        since = _last(about, SampleRequested, SampleRefused)
        return Next(expected=_type(SampleApproved), owed_by=(BUYER,), since=since)
    if line.open_hold:
        return _release(line.open_hold, about, acknowledgement)
    step = next((step for at, step in enumerate(STEPS) if _reached(line, about, at) < line.wanted), STEPS[-1])
    facilities, since = _owing_facilities(step, about) if step.owner == FACILITY else ((), None)
    return Next(
        expected=step.type,
        owed_by=facilities or (PRODUCTION if step.owner == FACILITY else step.owner,),
        since=since or _last(about, *step.after) or max((each.last for each in about), default=None),
        by=_by(line, about, step),
    )


def _release(hold: Hold, about: Sequence[Told], acknowledgement: Standing | None) -> Next:
    """Two people sign; but an export only once its buyer has acknowledged what they are asked to."""
    if hold.purpose == "export" and acknowledgement == "asked":
        since = _last(about, HoldOpened, AcknowledgementEnded)
        return Next(expected=_type(AcknowledgementGiven), owed_by=(BUYER,), since=since)
    signed = {signature.role for signature in hold.signatures}
    return Next(
        expected=_type(ReleaseSigned),
        owed_by=tuple(role for role in RELEASE_ROLES if role not in signed),
        since=_last(about, HoldOpened, *([ReleaseSigned] if signed else [])),
    )


def _reached(line: Line, about: Sequence[Told], at: int) -> int:
    """How many pieces are past a step. Those that are past a later one are past it too."""
    step = STEPS[at]
    if step.quantity:
        return int(getattr(line, step.quantity)) - (line.withheld if step.quantity in MADE else 0)
    uncounted = list(takewhile(lambda later: not later.quantity, STEPS[at:]))
    counted = STEPS[at + len(uncounted)].quantity
    return max(int(getattr(line, counted)), *(_told_of(about, later) for later in uncounted))


def _told_of(about: Sequence[Told], step: Step) -> int:
    return planned_pieces(about) if step.event is ShipmentPlanned else _pieces(about, step.event)


def planned_pieces(about: Iterable[Told]) -> int:
    """The pieces that stand in shipments, as far as they were planned, put in and taken out."""
    told = list(about)
    inside = _pieces(told, ShipmentPlanned) + _pieces(told, CartonsPutIn)
    return max(0, inside - _pieces(told, CartonsTakenOut))


def _owing_facilities(step: Step, about: Sequence[Told]) -> tuple[tuple[str, ...], datetime | None]:
    """The facilities that were asked for more than is past the step, and since when the first of them owes it."""
    waiting: dict[str, datetime] = {}
    for facility in sorted({each.facility for each in about if each.facility}):
        of_it = [each for each in about if each.facility == facility]
        taken_back = sum(
            _pieces(of_it, event)
            for event in (WorkOrderDeclined, WorkOrderWithdrawn, WorkOrderReduced, WorkOrderShortClosed)
        )
        asked = _pieces(of_it, WorkOrderOffered) - taken_back
        since = _last(of_it, *step.after)
        if since and _pieces(of_it, step.event) < asked:
            waiting[facility] = since
    return tuple(waiting), min(waiting.values(), default=None)


def _by(line: Line, about: Sequence[Told], step: Step) -> date | None:
    """When it was promised for: the goods at the hub by production, the vessel's days by the carrier."""
    if step.event in (LotReleased, CartonsPacked, CartonsGathered):
        return line.promised_date
    vessels = {_type(event) for event in (ShipmentBooked, ShipmentRescheduled)}
    booked = [each for each in about if each.type in vessels]
    if step.event is ShipmentDeparted:
        return max((each.etd for each in booked if each.etd), default=None)
    if step.event is ShipmentDelivered:
        return max((each.eta for each in booked if each.eta), default=None)
    return None


def _pieces(told: Iterable[Told], event: type[Any]) -> int:
    return sum(each.pieces for each in told if each.type == _type(event))


def _last(told: Iterable[Told], *events: type[Any]) -> datetime | None:
    types = {_type(event) for event in events}
    return max((each.last for each in told if each.type in types), default=None)
