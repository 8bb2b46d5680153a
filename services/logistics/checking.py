"""What must be there before a shipment may be dispatched, in words, with what stands in the way. Reads only."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from services.logistics import rules, standing, views_of_cartons
from services.logistics.contents import OfLot
from services.logistics.domain.carton import reasons_to_stay
from services.logistics.domain.documents import kept_back, too_old
from services.logistics.domain.milestones import STUFFED_SEALED
from services.logistics.domain.shipment import Shipment
from shared.refusal import Sentence

VGM = "VGM"


class Check(NamedTuple):
    what: Sentence
    done: bool
    reasons: Sequence[Sentence] = ()


def checks(session: Session, shipment: Shipment, inside: Sequence[OfLot], today: date) -> list[Check]:
    """The list that ends in the send-off; nothing once it was sealed or given up."""
    if shipment.dispatched or shipment.cancelled:
        return []
    staying = views_of_cartons.that_may_not_leave(session, [shipment.id])[shipment.id]
    held = shipment.held(standing.in_shipment(session, shipment.id), today)
    stays = [*held, *reasons_to_stay(staying)]
    lacking = shipment.missing_for(STUFFED_SEALED, rules.milestones(session))
    owed = [Sentence("{code} (owed by {who})", code=each.code, who=each.owed_by) for each in lacking]
    waits = kept_back(shipment.documents, standing.unpaid_orders(session, shipment.id))
    unfit = [*owed, *too_old(shipment.documents, today), *waits]
    unweighed = sum(each.unweighed for each in inside)
    weights = [Sentence("Cartons that go by their expected weight: {n}.", n=unweighed)] if unweighed else []
    return [
        Check(Sentence("Room is booked."), shipment.booked),
        Check(Sentence("The goods are cleared to leave."), not stays, stays),
        Check(Sentence("The papers for sealing are there."), not unfit, unfit),
        Check(Sentence("Each carton was weighed."), not unweighed, weights),
        *_verified_mass(shipment),
        Check(Sentence("It is noted in what the goods leave: by dispatching it."), False),
    ]


def _verified_mass(shipment: Shipment) -> list[Check]:
    """It may come until loading, but whoever weighs the container does so before it leaves."""
    needed = [each for each in shipment.documents if each.code == VGM and each.needed]
    return [Check(Sentence("The verified gross mass (VGM) is there."), each.present) for each in needed]
