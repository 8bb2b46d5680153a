"""What the production service publishes: facilities, plans, work orders and released lots."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.events.contract import contract
from shared.events.orders import Lane

TimeZone = Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
"""WIB, WITA or WIT."""


@contract("kendi.production.facility_registered.v1", subject="facility/{code}")
@dataclass(frozen=True, kw_only=True)
class FacilityRegistered:
    """A Lapas or Rutan takes part, or its particulars changed; the newest one counts.

    ``time_zone`` is what its clocks show; of events from before it was told, Western Indonesian Time.
    """

    code: str
    name: str
    place: str
    address: tuple[str, ...]
    gln: str
    hub: bool
    time_zone: TimeZone = "Asia/Jakarta"


@contract("kendi.production.facility_locked.v1", subject="facility/{code}")
@dataclass(frozen=True, kw_only=True)
class FacilityLocked:
    """``pieces`` of controlled tools differ at the end of a shift: no work is accepted, begun, reported or inspected there."""

    code: str
    locked_on: date
    pieces: int


@contract("kendi.production.facility_unlocked.v1", subject="facility/{code}")
@dataclass(frozen=True, kw_only=True)
class FacilityUnlocked:
    """The head of the facility said what became of the tools; work may go on."""

    code: str
    unlocked_on: date
    reason: str


@contract("kendi.production.evidence_recorded.v1", subject="facility/{code}")
@dataclass(frozen=True, kw_only=True)
class EvidenceRecorded:
    """A document shows or contradicts one thing about how people work in a facility; it names nobody.

    ``issuer`` is a role. ``valid_until`` is absent of what contradicts, which stands until it is withdrawn;
    ``sha256`` is of the file, which stays where it is. What stands in an agreement with a partner ends with it.
    """

    code: str
    evidence_id: UUID
    item: str
    finding: Literal["supports", "contradicts"]
    document: str
    issuer: str
    issued_on: date
    valid_until: date | None
    sha256: str | None
    agreement_id: UUID | None = None


@contract("kendi.production.evidence_withdrawn.v1", subject="facility/{code}")
@dataclass(frozen=True, kw_only=True)
class EvidenceWithdrawn:
    """A document does not count any more."""

    code: str
    evidence_id: UUID
    item: str
    reason: str


@contract("kendi.production.agreement_end_moved.v1", subject="facility/{code}")
@dataclass(frozen=True, kw_only=True)
class AgreementEndMoved:
    """An agreement with a facility ends on another day than was agreed before: the newest ``last_day`` counts.

    ``reason`` is there where somebody ended it before its time, and names nobody.
    """

    code: str
    agreement_id: UUID
    number: str
    partner: str
    last_day: date
    reason: str | None


@contract("kendi.production.month_closed.v1", subject="facility/{code}")
@dataclass(frozen=True, kw_only=True)
class MonthClosed:
    """How people fared at work in a facility in a month whose figures change no more.

    ``month`` is its first day. A figure that would be about fewer than five people, or show fewer by
    subtraction, is absent; counts are rounded down to steps of five. Minutes and premi are of ``workers``,
    who worked for partners and consented to the use of data; ``visits`` are independent ones in the year
    before.
    """

    code: str
    month: date
    eligible: int | None
    consenting: int | None
    workers: int | None
    minutes: int | None
    premi_idr: int | None
    hourly_idr: int | None
    minimum_hourly_idr: int | None
    refusals: int | None
    open_grievances: int | None
    visits: int


@dataclass(frozen=True, kw_only=True)
class Allocation:
    facility: str
    quantity: int


Cause = Literal[
    "cleared",
    "declined",
    "amended",
    "stopped",
    "scrapped",
    "accepted",
    "short_closed",
    "agreed",
    "supplied",
    "enabled",
    "late",
    "replanned",
]
"""Why a line is planned anew: it may be made, a facility said no, the buyer changed it or took pieces
back, scrap can't be made again in time, a facility said yes for another day, closed its part short, or
agreed with the partner, material came, a facility became able to make it or more of it, work will be
later than was promised, or the regional office accepted a plan of all open work."""

Lack = Literal["agreement", "skill", "workshop", "material", "hours"]
"""What is missing for pieces without a facility, or for the day that was asked for: an agreement with the buyer,
skilled workers where there is one, a workshop where blades are allowed or whose workers are free, material that is there, or workers' hours."""


@contract("kendi.production.production_planned.v1", subject="plan/{order_id}:{line}")
@dataclass(frozen=True, kw_only=True)
class ProductionPlanned:
    """How a cleared order line is shared out now, and the date promised for its last piece.

    ``allocated + unallocated`` is what was cleared; ``promised_date`` is when the goods are ready
    to leave the hub, and is absent while pieces have no facility. ``in_time`` of the pieces are ready by
    the day that the buyer asked for; that and the cause are unknown of plans of the first version. ``lane`` is
    whose work it may be.
    """

    order_id: UUID
    line: int
    allocated: int
    unallocated: int
    promised_date: date | None
    allocations: tuple[Allocation, ...]
    in_time: int | None = None
    because: Cause | None = None
    lacking: Lack | None = None
    lane: Lane = "custodial"


@dataclass(frozen=True, kw_only=True)
class MoreWorkers:
    """So many more trained workers, for so many weeks, at one facility."""

    facility: str
    workers: int
    weeks: int


@dataclass(frozen=True, kw_only=True)
class LinePromise:
    """``promised_date`` is when the goods of the line could leave the hub; absent if nobody can make them all.

    ``possible_with`` are workers who would make the day possible that was asked for; absent where it is possible
    anyhow, and where no number of workers would. ``lacking`` is what alone would do, at the facilities
    ``lacking_at``; where nothing alone would, what is missing first, and no facility.
    """

    number: int
    promised_date: date | None
    possible_with: MoreWorkers | None = None
    lacking: Lack | None = None
    lacking_at: tuple[str, ...] = ()


@contract("kendi.production.quote_answered.v1", subject="promise/{quote_id}")
@dataclass(frozen=True, kw_only=True)
class QuoteAnswered:
    """By when the lines of a quote could be ready, shared out as an order of that day would be."""

    quote_id: UUID
    lines: tuple[LinePromise, ...]


@contract("kendi.production.work_order_offered.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderOffered:
    """A facility was asked to make a quantity; it may decline."""

    work_order_id: UUID
    number: str
    order_id: UUID
    line: int
    sku: str
    facility: str
    quantity: int
    due: date


@contract("kendi.production.work_order_accepted.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderAccepted:
    """The facility said yes to the quantity, by the due day offered or one of its own, with a reason if later."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    quantity: int
    due: date | None = None
    reason: str | None = None


@contract("kendi.production.work_order_declined.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderDeclined:
    """The facility said no; its quantity is shared out again. ``code`` is its reason of a list, to be counted."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    quantity: int
    reason: str
    code: str | None = None


@contract("kendi.production.work_order_started.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderStarted:
    """Work began on the whole quantity."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    quantity: int


@contract("kendi.production.work_order_paused.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderPaused:
    """Work stands still for a reason, for example a search of the cells."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    reason: str


@contract("kendi.production.pieces_reported.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class PiecesReported:
    """A facility reported pieces made (or reworked) on one working day; not yet inspected."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    pieces: int
    worked_on: date
    kind: Literal["made", "reworked"]


@contract("kendi.production.pieces_corrected.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class PiecesCorrected:
    """A report said too few or too many: ``pieces``, which may be below zero, are added to it."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    pieces: int
    worked_on: date
    kind: Literal["made", "reworked"]
    reason: str


@contract("kendi.production.work_order_short_closed.v1", subject="plan/{order_id}:{line}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderShortClosed:
    """``quantity`` pieces that a facility had accepted will not be made there; ``left`` are good.

    ``begun`` says whether it had begun them.

    It is told on the plan's subject: the plan that shares the pieces out again comes after it for everybody.
    """

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    quantity: int
    left: int
    reason: str
    begun: bool = True


@contract("kendi.production.work_order_inspected.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderInspected:
    """Pieces were inspected: ``passed + rework + scrap`` of them.

    With a ``reason`` an inspection that was entered wrongly is corrected: ``rework`` and ``scrap`` are then differences,
    which may be below zero, and what neither is any more awaits inspection again.
    """

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    passed: int
    rework: int
    scrap: int
    reason: str | None = None


@contract("kendi.production.work_order_completed.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderCompleted:
    """All pieces that the facility was asked for are good."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    good: int


@contract("kendi.production.lot_released.v1", subject="lot/{lot}")
@dataclass(frozen=True, kw_only=True)
class LotReleased:
    """Good pieces of one work order passed inspection and are free for packing.

    ``extra`` of them are beyond what was asked for, within the tolerance of the agreement; plans do not count them.
    """

    lot: str
    work_order_id: UUID
    order_id: UUID
    line: int
    sku: str
    facility: str
    quantity: int
    lane: Lane
    extra: int = 0


@contract("kendi.production.work_order_withdrawn.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderWithdrawn:
    """Work that had not begun was taken back as a whole: it is not wanted any more, or planned anew."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    quantity: int


@contract("kendi.production.work_order_reduced.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class WorkOrderReduced:
    """``quantity`` pieces of work that had not begun were taken back; ``left`` are still to be made."""

    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    quantity: int
    left: int


@dataclass(frozen=True, kw_only=True)
class GoingOn:
    """A work order that a cancellation did not stop; work done stays counted and paid."""

    work_order_id: UUID
    facility: str
    quantity: int
    reason: Literal["under_way", "finished"]


@contract("kendi.production.production_stopped.v1", subject="plan/{order_id}:{line}")
@dataclass(frozen=True, kw_only=True)
class ProductionStopped:
    """What production stopped of a cancellation, and the work orders that go on where it could not stop all.

    The plan that is left was told just before, if it changed.
    """

    order_id: UUID
    line: int
    cancellation_id: UUID
    asked: int
    stopped: int
    going_on: tuple[GoingOn, ...]


WarningKind = Literal["late", "silent", "low_yield", "agreement_ends", "material_lacking", "tools_locked"]
"""It is going to be late, nothing is reported, too little turns out good, the agreement ends before the work,
material is missing, or missing tools have locked the facility."""
Grade = Literal["amber", "red", "black"]
"""Little time is left; the latest day will be missed; the goods should have left the hub."""
WarningOwner = Literal["facility", "kanwil", "exporter"]
"""Who is to do something: after the facility its regional office, after that who promised it to a customer."""


@contract("kendi.production.lateness_warned.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class LatenessWarned:
    """A work order is in danger, or in another one than was told before under the same ``warning_id``.

    At its present rate it is finished on ``projected_finish``, which is absent if it never is;
    ``latest_finish`` is the last day on which that is in time.
    """

    warning_id: UUID
    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    kind: WarningKind
    grade: Grade
    owner: WarningOwner
    projected_finish: date | None
    latest_finish: date


@contract("kendi.production.lateness_cleared.v1", subject="work_order/{work_order_id}")
@dataclass(frozen=True, kw_only=True)
class LatenessCleared:
    """The cause of a warning is gone; should it return, that is a new warning."""

    warning_id: UUID
    work_order_id: UUID
    order_id: UUID
    line: int
    facility: str
    kind: WarningKind
