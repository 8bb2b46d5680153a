"""The quantities of each order line as the events alone tell them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

Line = tuple[str, int]
"""An order's id and the number of its line."""

Counts = dict[Line, int]
Sides = dict[tuple[str, str], Counts]
"""Counts by quantity and by who says so: ``("good", "logistics lots")``."""


class Said(NamedTuple):
    """What one event says of one line; ``replaces`` what was said before, or adds to it."""

    line: Line
    quantity: str
    side: str
    pieces: int
    replaces: bool = False


Data = dict[str, Any]


def _order_placed(data: Data) -> Iterator[Said]:
    for line in data["lines"]:
        yield Said((data["order_id"], line["number"]), "ordered", "orders' events", line["quantity"])


def _order_line_amended(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "ordered", "orders' events", data["ordered"], replaces=True)


def _clearance_granted(data: Data) -> Iterator[Said]:
    if data["purpose"] == "produce":
        yield Said(_line(data), "cleared", "orders' events", data["quantity"], replaces=True)


def _production_planned(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "allocated", "production's plans", data["allocated"], replaces=True)


def _work_order_offered(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "allocated", "production's offers", data["quantity"])


def _work_order_declined(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "allocated", "production's offers", -data["quantity"])


def _work_order_taken_back(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "allocated", "production's offers", -data["quantity"])


def _work_order_short_closed(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "allocated", "production's offers", -data["quantity"])
    if data.get("begun", True):
        yield Said(_line(data), "started", "production's events", -data["quantity"])


def _production_stopped(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "stopped", "production's answers", data["stopped"])


def _work_order_started(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "started", "production's events", data["quantity"])


def _work_order_inspected(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "good", "production's inspections", data["passed"])


def _lot_released(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "good", "production's lots", data["quantity"])
    yield Said(_line(data), "extra", "production's lots", data.get("extra", 0))


def _cartons_packed(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "packed", "logistics' events", data["quantity"])


def _goods_withheld(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "withheld", "logistics' events", data["quantity"])
    yield Said(_line(data), "unpacked", "logistics' events", data["unpacked"])
    yield Said(_line(data), "packed", "logistics' events", -data["unpacked"])


def _cartons_unpacked(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "unpacked", "logistics' events", data["quantity"])
    yield Said(_line(data), "packed", "logistics' events", -data["quantity"])


def _cartons_damaged(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "damaged", "logistics' events", data["quantity"])


def _cartons_lost(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "lost", "logistics' events", data["quantity"])


def _cartons_found(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "lost", "logistics' events", -data["quantity"])


def _withholding_answered(data: Data) -> Iterator[Said]:
    yield Said(_line(data), "withheld", "logistics' answers", data["withheld"])


def _shipment_departed(data: Data) -> Iterator[Said]:
    for part in data["lines"]:
        yield Said(_line(part), "departed", "logistics' events", part["quantity"])


def _shipment_delivered(data: Data) -> Iterator[Said]:
    for part in data["lines"]:
        yield Said(_line(part), "delivered", "logistics' events", part["quantity"])


def _line(data: Data) -> Line:
    return data["order_id"], data["line"]


SAYS: dict[str, Callable[[Data], Iterable[Said]]] = {
    "kendi.orders.order_placed.v1": _order_placed,
    "kendi.orders.order_line_amended.v1": _order_line_amended,
    "kendi.orders.clearance_granted.v1": _clearance_granted,
    "kendi.production.production_planned.v1": _production_planned,
    "kendi.production.work_order_offered.v1": _work_order_offered,
    "kendi.production.work_order_declined.v1": _work_order_declined,
    "kendi.production.work_order_withdrawn.v1": _work_order_taken_back,
    "kendi.production.work_order_reduced.v1": _work_order_taken_back,
    "kendi.production.work_order_short_closed.v1": _work_order_short_closed,
    "kendi.production.production_stopped.v1": _production_stopped,
    "kendi.production.work_order_started.v1": _work_order_started,
    "kendi.production.work_order_inspected.v1": _work_order_inspected,
    "kendi.production.lot_released.v1": _lot_released,
    "kendi.logistics.cartons_packed.v1": _cartons_packed,
    "kendi.logistics.cartons_unpacked.v1": _cartons_unpacked,
    "kendi.logistics.cartons_damaged.v1": _cartons_damaged,
    "kendi.logistics.cartons_lost.v1": _cartons_lost,
    "kendi.logistics.cartons_found.v1": _cartons_found,
    "kendi.logistics.goods_withheld.v1": _goods_withheld,
    "kendi.logistics.withholding_answered.v1": _withholding_answered,
    "kendi.logistics.shipment_departed.v1": _shipment_departed,
    "kendi.logistics.shipment_delivered.v1": _shipment_delivered,
}


def fold(sides: Sides, type: str, data: Data) -> None:
    """Count what one event says; a subject's events come in their order."""
    for said in SAYS[type](data) if type in SAYS else ():
        counts = sides.setdefault((said.quantity, said.side), defaultdict(int))
        counts[said.line] = said.pieces if said.replaces else counts[said.line] + said.pieces


def about(data: Data) -> frozenset[tuple[str, int | None]]:
    """The order lines that an event is about; ``None`` stands for every line of its order."""
    if "order_id" in data:
        return frozenset({(data["order_id"], data.get("line"))})
    parts = data.get("lines", ())
    return frozenset((part["order_id"], part["line"]) for part in parts if "order_id" in part)
