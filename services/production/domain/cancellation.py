"""Stopping what is not wanted or not cleared any more: first what no facility has, then what none has accepted.

What none has begun comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.production.domain.work_order import WorkOrder
from shared.events.production import GoingOn, WorkOrderReduced, WorkOrderWithdrawn


@dataclass(frozen=True)
class Stopped:
    """How many pieces will not be made, what facilities are told, and the work orders that go on nevertheless."""

    pieces: int
    told: tuple[WorkOrderWithdrawn | WorkOrderReduced, ...]
    going_on: tuple[GoingOn, ...]


def stop(quantity: int, *, unassigned: int, work_orders: Sequence[WorkOrder], on: date) -> Stopped:
    """Stop as many of the pieces as nobody works on; ``unassigned`` are those that no facility has.

    Whole work orders are withdrawn, the one due last first; the last that is needed is reduced.
    """
    stopped = min(quantity, unassigned)
    told = []
    for work_order in sorted(filter(_can_be_taken_back, work_orders), key=_last_to_be_missed):
        pieces = min(quantity - stopped, work_order.quantity)
        if not pieces:
            break
        told.append(work_order.take_back(pieces, on=on))
        stopped += pieces
    going_on = (
        [_going_on(each) for each in work_orders if each.live and each.quantity] if stopped < quantity else []
    )
    return Stopped(stopped, tuple(told), tuple(going_on))


def _can_be_taken_back(work_order: WorkOrder) -> bool:
    return work_order.can_be_taken_back


def _last_to_be_missed(work_order: WorkOrder) -> tuple[bool, int]:
    """What no facility has accepted comes first, and of these what is due last."""
    return work_order.accepted_on is not None, -work_order.due.toordinal()


def _going_on(work_order: WorkOrder) -> GoingOn:
    return GoingOn(
        work_order_id=work_order.id,
        facility=work_order.facility,
        quantity=work_order.quantity,
        reason="finished" if work_order.state in ("completed", "short_closed") else "under_way",
    )
