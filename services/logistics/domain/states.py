"""How far a shipment and its cartons have come, what lies over it, and what may come next: derived, never stored."""

from collections.abc import Iterable, Sequence
from typing import Final

from services.logistics.domain.documents import came
from services.logistics.domain.milestones import (
    DELIVERED,
    STUFFED_SEALED,
    VESSEL_DEPARTED,
    Graph,
    Milestone,
    Told,
    ends_before_a_bar,
    furthest,
    possible_next,
)
from services.logistics.domain.schedule import ROLLED
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.short_landing import short
from shared.refusal import Sentence

POLICY_HOLD: Final = "POLICY_HOLD"
"""What lies over a shipment that has not departed while its goods are not cleared to leave."""
IN_SHIPMENT: Final = "in_shipment"
"""A carton that was put into a shipment, and not yet into its container."""


def state(shipment: Shipment, graph: Graph) -> str:
    """How far it has come, in one word: a function of booking, papers and milestones."""
    if shipment.cancelled:
        return "cancelled"
    if on_its_way := by_milestones(shipment.reached, graph):
        return on_its_way
    if not shipment.booked:
        return "planned"
    if not shipment.missing_before_departure(graph):
        return "ready"
    return "docs_open" if came(shipment.documents) else "booked"


def by_milestones(reached: Iterable[Told], graph: Graph) -> str | None:
    """The same once a milestone is reached, as of all that have departed: it hangs on milestones alone."""
    code = furthest(reached, graph)
    return code.lower() if code else None


def overlays(shipment: Shipment, graph: Graph, held: Sequence[Sentence] = ()) -> list[str]:
    """What is wrong beside its state: its goods are held, it was rolled to a later vessel, or is in trouble.

    ``held`` are the reasons for which its goods are not cleared, as far as whoever asks may know them.
    """
    rolled = any(each.reason == ROLLED for each in shipment.estimates) and not shipment.loaded_or_gone
    return [
        *([POLICY_HOLD] if held and shipment.waits_to_leave else []),
        *([ROLLED.upper()] if rolled and not shipment.cancelled else []),
        *(each.code for each in shipment.troubles(graph)),
    ]


def states_inside(shipment: Shipment, cartons: Iterable[tuple[str, bool]], graph: Graph) -> dict[str, str]:
    """How far these of its cartons have come with it, each in one word; some are loaded already, as was scanned.

    Those that are short-landed departed with the others and are not delivered with them, but when they are found.
    """
    missing = set(short(shipment.reached, graph))
    return {sscc: _state_inside(shipment, loaded, sscc in missing) for sscc, loaded in cartons}


def _state_inside(shipment: Shipment, loaded: bool, missing: bool) -> str:
    if DELIVERED in shipment.codes and not missing:
        return "delivered"
    if VESSEL_DEPARTED in shipment.codes:
        return "departed"
    return "stuffed" if loaded or shipment.dispatched else IN_SHIPMENT


def next_milestones(shipment: Shipment, graph: Graph) -> list[Milestone]:
    """What may be reported next of the usual way; sealing is told by dispatching."""
    return [each for each in _possible(shipment, graph) if not each.beside]


def next_exceptions(shipment: Shipment, graph: Graph) -> list[Milestone]:
    """What may be reported beside the usual way: that something went wrong, and that it ended."""
    open_ones, way = {each.code for each in shipment.troubles(graph)}, shipment.by.way(graph)
    return [
        each
        for each in _possible(shipment, graph)
        if each.beside
        and each.code not in open_ones
        and (
            each.kind == "trouble"
            or not open_ones.isdisjoint(each.after)
            or any(ends_before_a_bar(each.code, way[needed], shipment.codes) for needed in each.after)
        )
    ]


def _possible(shipment: Shipment, graph: Graph) -> list[Milestone]:
    if not shipment.booked or shipment.cancelled:
        return []
    way = shipment.by.way(graph)
    return [each for each in possible_next(shipment.reached, way) if each.code != STUFFED_SEALED]
