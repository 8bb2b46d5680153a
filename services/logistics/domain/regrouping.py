"""A shipment that is still open is divided, joined with another one, or given up."""

from collections.abc import Collection, Iterable
from datetime import datetime

from services.logistics.domain.carton import Carton
from services.logistics.domain.shipment import Shipment, lines_of
from shared.events.logistics import CartonsPutIn, CartonsTakenOut, ShipmentCancelled
from shared.refusal import Refused, Sentence

EMPTIED = Sentence("all its goods were cancelled")


def joined_with(number: str) -> Sentence:
    return Sentence("joined with {number}", number=number)


def reason_of(noted: str) -> str:
    """Why a shipment was given up: what the system noted can be said in any language, the words of people stay."""
    known = (EMPTIED, joined_with(noted.rsplit(" ", 1)[-1]))
    return next((each for each in known if each == noted), noted)


def take_out(shipment: Shipment, ssccs: Collection[str]) -> tuple[list[Carton], list[object]]:
    """Put some cartons back at the hub; a shipment is never left without any."""
    need_open(shipment)
    taken = shipment.cartons_named(ssccs)
    shipment.need_without(ssccs)
    _let_go(taken)
    shipment.cartons = [carton for carton in shipment.cartons if carton.sscc not in ssccs]
    told = CartonsTakenOut(
        shipment_id=shipment.id, number=shipment.number, cartons=len(taken), lines=lines_of(taken)
    )
    return taken, [told]


def put_in(shipment: Shipment, cartons: Iterable[Carton]) -> list[object]:
    need_open(shipment)
    added = list(cartons)
    for carton in added:
        carton.shipment_id = shipment.id
    shipment.cartons = sorted([*shipment.cartons, *added], key=lambda carton: carton.sscc)
    return [
        CartonsPutIn(
            shipment_id=shipment.id, number=shipment.number, cartons=len(added), lines=lines_of(added)
        )
    ]


def cancel(shipment: Shipment, reason: str, *, at: datetime) -> tuple[list[Carton], list[object]]:
    """Give a shipment up before it is loaded: its cartons stand at the hub again, or are on their way back to it."""
    if shipment.cancelled:
        return [], []
    if shipment.loaded_or_gone:
        raise Refused(
            "{number} is loaded on {vessel}: it can't be cancelled, only returned, or claimed for once it is"
            " delivered.",
            number=shipment.number,
            vessel=shipment.carried_by,
        )
    _need_undeclared(shipment)
    cartons, lines = list(shipment.cartons), shipment.lines
    _let_go(cartons)
    if shipment.dispatched:
        for carton in cartons:
            carton.hub = carton.gathered_at = carton.pallet = carton.palletised_at = None
    shipment.cartons = []
    shipment.cancelled_at, shipment.cancelled_because = at, str(reason)
    told = ShipmentCancelled(
        shipment_id=shipment.id, number=shipment.number, cartons=len(cartons), lines=lines
    )
    return cartons, [told]


def may_lose_cartons(shipment: Shipment) -> bool:
    """Whether what it carries may still be taken back: it is neither closed nor declared to customs."""
    return not (shipment.dispatched or shipment.declared or shipment.cancelled)


def let_go_of_opened(shipment: Shipment, *, at: datetime) -> list[object]:
    """Tell of cartons that were opened for a cancellation; a shipment that has no others is given up."""
    opened = [carton for carton in shipment.cartons if carton.unpacked_at is not None]
    if not opened:
        return []
    if len(opened) == len(shipment.cartons):
        _, given_up = cancel(shipment, EMPTIED, at=at)
        return given_up
    shipment.cartons = [carton for carton in shipment.cartons if carton.unpacked_at is None]
    return [
        CartonsTakenOut(
            shipment_id=shipment.id, number=shipment.number, cartons=len(opened), lines=lines_of(opened)
        )
    ]


def need_open(shipment: Shipment) -> None:
    """Refuse to change what is in a shipment that was closed, cancelled, or declared to customs."""
    shipment.need_live()
    if shipment.dispatched:
        raise Refused(
            "{number} is closed: it left in {container} under seal {seal}.",
            number=shipment.number,
            container=shipment.container,
            seal=shipment.seal or "–",
        )
    _need_undeclared(shipment)


def need_alike(shipment: Shipment, other: Shipment) -> None:
    """Refuse to join what stands at two hubs or goes to two places."""
    if shipment is other:
        raise Refused("Give another shipment than {number} itself.", field="other", number=shipment.number)
    if (shipment.hub, shipment.destination) != (other.hub, other.destination):
        raise Refused(
            "{other} stands at {hub} for {destination}, so it can't be joined with {number}.",
            field="other",
            other=other.number,
            hub=other.hub,
            destination=other.destination,
            number=shipment.number,
        )


def _need_undeclared(shipment: Shipment) -> None:
    if shipment.declaration:
        raise Refused(
            "PEB {peb} declares the goods of {number}: cancel the PEB first, and report that within three days.",
            peb=shipment.declaration.number,
            number=shipment.number,
        )
    if shipment.declared:
        raise Refused(
            "A PEB of the goods of {number} was submitted: note it with its particulars, cancel it, and report that"
            " within three days.",
            number=shipment.number,
        )


def _let_go(cartons: Iterable[Carton]) -> None:
    for carton in cartons:
        carton.shipment_id = carton.loaded_at = None
