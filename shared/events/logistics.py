"""What the logistics service publishes: cartons and shipments."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.events.contract import contract


@contract("kendi.logistics.cartons_packed.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsPacked:
    """Cartons were closed over pieces of one lot; each carries its SSCC.

    ``pieces`` are what each of the ``ssccs`` holds, in their order; the first version did not tell.
    """

    lot: str
    order_id: UUID
    line: int
    sku: str
    facility: str
    quantity: int
    ssccs: tuple[str, ...]
    pieces: tuple[int, ...] = ()


@contract("kendi.logistics.cartons_gathered.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsGathered:
    """Cartons of one lot arrived at a hub; ``again`` are the pieces of those that had come to one before."""

    lot: str
    order_id: UUID
    line: int
    hub: str
    quantity: int
    cartons: int
    again: int = 0


@contract("kendi.logistics.cartons_left.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsLeft:
    """Cartons of one lot left a facility, the one that made them or a hub, for a hub."""

    lot: str
    order_id: UUID
    line: int
    facility: str
    hub: str
    quantity: int
    cartons: int


@contract("kendi.logistics.cartons_quarantined.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsQuarantined:
    """Cartons of one lot were set aside to be looked at; until that is lifted they leave with no shipment."""

    lot: str
    order_id: UUID
    line: int
    quantity: int
    ssccs: tuple[str, ...]


@contract("kendi.logistics.quarantine_lifted.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class QuarantineLifted:
    """Cartons that were set aside may be shipped again."""

    lot: str
    order_id: UUID
    line: int
    quantity: int
    ssccs: tuple[str, ...]


@contract("kendi.logistics.cartons_unpacked.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsUnpacked:
    """Cartons were opened for good and their pieces wait for packing again; the numbers are retired."""

    lot: str
    order_id: UUID
    line: int
    quantity: int
    ssccs: tuple[str, ...]


@contract("kendi.logistics.cartons_damaged.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsDamaged:
    """Cartons of one lot were found damaged; their pieces are shipped only once they are packed anew."""

    lot: str
    order_id: UUID
    line: int
    quantity: int
    ssccs: tuple[str, ...]


@contract("kendi.logistics.cartons_lost.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsLost:
    """Cartons of one lot are missing; their pieces are not shipped unless they are found."""

    lot: str
    order_id: UUID
    line: int
    quantity: int
    ssccs: tuple[str, ...]


@contract("kendi.logistics.cartons_found.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class CartonsFound:
    """Cartons that were missing are there again."""

    lot: str
    order_id: UUID
    line: int
    quantity: int
    ssccs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ShipmentLine:
    """What a shipment carries of one lot of one order line."""

    order_id: UUID
    line: int
    lot: str
    quantity: int


@contract("kendi.logistics.shipment_planned.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class ShipmentPlanned:
    """Cartons at a hub were put together for one destination."""

    shipment_id: UUID
    number: str
    hub: str
    destination: str
    cartons: int
    lines: tuple[ShipmentLine, ...]


@contract("kendi.logistics.cartons_taken_out.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class CartonsTakenOut:
    """Cartons were taken out of a shipment before it was closed; they stand at its hub again."""

    shipment_id: UUID
    number: str
    cartons: int
    lines: tuple[ShipmentLine, ...]


@contract("kendi.logistics.cartons_put_in.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class CartonsPutIn:
    """Cartons were put into a shipment that was planned before."""

    shipment_id: UUID
    number: str
    cartons: int
    lines: tuple[ShipmentLine, ...]


@contract("kendi.logistics.shipment_cancelled.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class ShipmentCancelled:
    """A shipment was given up before it was loaded; what it carried waits for another one."""

    shipment_id: UUID
    number: str
    cartons: int
    lines: tuple[ShipmentLine, ...]


@contract("kendi.logistics.shipment_booked.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class ShipmentBooked:
    """Transport was booked.

    Ports are UN/LOCODE, ``via`` those of transhipment; ``etd`` and ``eta`` are the carrier's estimates.
    ``equipment`` is what the goods are loaded into, such as 40HC, LCL, AIR or BOX. Goods that stay in Indonesia go by
    road: the names of vessel, voyage and ports are empty then.
    """

    shipment_id: UUID
    carrier: str
    vessel: str
    voyage: str
    port_of_loading: str
    port_of_discharge: str
    etd: date
    eta: date
    lines: tuple[ShipmentLine, ...]
    equipment: str | None = None
    via: tuple[str, ...] = ()


@contract("kendi.logistics.documents_completed.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class DocumentsCompleted:
    """Every document that blocks the departure is there."""

    shipment_id: UUID
    documents: tuple[str, ...]
    lines: tuple[ShipmentLine, ...]


@contract("kendi.logistics.shipment_dispatched.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class ShipmentDispatched:
    """The goods left the hub, sealed in a container or a truck, or by air under an air waybill: ``container`` is its number."""

    shipment_id: UUID
    container: str
    seal: str
    lines: tuple[ShipmentLine, ...]


@dataclass(frozen=True, kw_only=True)
class ShortCarton:
    """A carton that was not there when the others were discharged."""

    order_id: UUID
    sscc: str


@contract("kendi.logistics.milestone_recorded.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class MilestoneRecorded:
    """Something happened on the way that moves no quantity, for example GATE_IN.

    Where it is about some of the cartons only, ``short`` names them and ``lines`` tells their pieces.
    """

    shipment_id: UUID
    milestone: str
    place: str
    occurred_at: datetime
    lines: tuple[ShipmentLine, ...]
    short: tuple[ShortCarton, ...] = ()


@contract("kendi.logistics.milestone_corrected.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class MilestoneCorrected:
    """A milestone that was told before was wrong: it did not occur, or it was at ``right_place`` at ``right_at``.

    No quantity moves by it.
    """

    shipment_id: UUID
    milestone: str
    place: str
    occurred_at: datetime
    reason: Literal["did_not_occur", "incorrect_data"]
    right_place: str | None
    right_at: datetime | None
    lines: tuple[ShipmentLine, ...]


@contract("kendi.logistics.shipment_rescheduled.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class ShipmentRescheduled:
    """The carrier expects another departure or arrival than before; ``rolled`` is a later vessel."""

    shipment_id: UUID
    vessel: str
    voyage: str
    etd: date
    eta: date
    reason: Literal["rolled", "carrier", "weather", "port", "customs", "missed_connection"]
    lines: tuple[ShipmentLine, ...]


@contract("kendi.logistics.shipment_departed.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class ShipmentDeparted:
    """The goods departed: with their vessel or flight they are exported; goods for Indonesia are under way there."""

    shipment_id: UUID
    place: str
    occurred_at: datetime
    lines: tuple[ShipmentLine, ...]


@dataclass(frozen=True, kw_only=True)
class ArrivedCarton:
    """A carton that was delivered, and the order that it was packed for."""

    order_id: UUID
    sscc: str


@contract("kendi.logistics.shipment_delivered.v1", subject="shipment/{shipment_id}")
@dataclass(frozen=True, kw_only=True)
class ShipmentDelivered:
    """The consignee received the goods. ``arrived`` are the cartons; the first version told of none."""

    shipment_id: UUID
    place: str
    occurred_at: datetime
    lines: tuple[ShipmentLine, ...]
    arrived: tuple[ArrivedCarton, ...] = ()


@contract("kendi.logistics.goods_withheld.v1", subject="packing/{lot}")
@dataclass(frozen=True, kw_only=True)
class GoodsWithheld:
    """Good pieces of a lot were taken to stock for a cancellation; they are shipped to nobody.

    For it the cartons ``ssccs``, with ``unpacked`` pieces in all, were opened; their numbers are retired.
    """

    lot: str
    order_id: UUID
    line: int
    cancellation_id: UUID
    quantity: int
    unpacked: int
    ssccs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Pieces that could not be withheld, and where they are.

    Those in a shipment are a matter of a return or a claim; those that are packed need the buyer's
    consent to be unpacked; the others are not finished yet.
    """

    quantity: int
    reason: Literal["in_shipment", "packed", "not_finished"]


@contract("kendi.logistics.withholding_answered.v1", subject="withholding/{order_id}:{line}")
@dataclass(frozen=True, kw_only=True)
class WithholdingAnswered:
    """What was withheld for a cancellation in all, as the lots tell it, and what was not."""

    order_id: UUID
    line: int
    cancellation_id: UUID
    asked: int
    withheld: int
    lots: tuple[str, ...]
    kept: tuple[Kept, ...]
