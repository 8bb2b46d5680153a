"""Cancelling: what may be asked for, and how the answers count."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from services.orders.domain.cancellation import LONGEST_REASON, Cancellation
from services.orders.domain.order import Line, Order
from shared.events.logistics import Kept
from shared.events.orders import CancellationAnswered, CancellationRequested, WithholdingRequested
from shared.events.production import GoingOn
from shared.refusal import Refused
from shared.text import has_identity_number, is_plain


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Pieces of a line to take back; all that is left of it if no quantity is given."""

    line: int
    quantity: int | None = None


def to_take_back(order: Order, asked: Sequence[Asked]) -> list[tuple[Line, int]]:
    """Each line with its pieces; every line with something left if none is named. Refused if there is not as much."""
    named = [each.line for each in asked]
    for at, number in enumerate(named):
        if number in named[:at]:
            raise Refused("Name line {line} once.", field=f"lines[{at}].line", line=number)
    if asked:
        return [_pieces_of(order, each, f"lines[{at}]") for at, each in enumerate(asked)]
    left = [(line, line.left_to_cancel) for line in order.lines if line.left_to_cancel]
    if not left:
        raise Refused(
            "Nothing is left to cancel: each line has departed, is cancelled, or is asked for already."
        )
    return left


def _pieces_of(order: Order, asked: Asked, field: str) -> tuple[Line, int]:
    try:
        line = order.line(asked.line)
    except Refused as refusal:
        raise Refused(refusal.sentence, field=f"{field}.line") from None
    left = line.left_to_cancel
    quantity = left if asked.quantity is None else asked.quantity
    if not 1 <= quantity <= left:
        raise Refused(
            "Line {line} has {left} pieces left to cancel: of {ordered} ordered {cancelled} are cancelled,"
            " {pending} are asked for, and {departed} have departed.",
            field=f"{field}.quantity",
            line=line.number,
            left=left,
            ordered=line.ordered + line.extra,
            cancelled=line.cancelled,
            pending=line.pending,
            departed=line.departed,
        )
    return line, quantity


def request(
    order: Order,
    pieces: Iterable[tuple[Line, int]],
    *,
    id: UUID,
    reason: str,
    unpack: bool,
    on: date,
) -> list[object]:
    """Ask production to stop these pieces. Nothing is cancelled yet."""
    reason = _said(reason)
    order.version += 1
    events: list[object] = []
    for line, quantity in pieces:
        line.cancellations.append(
            Cancellation(id=id, asked=quantity, reason=reason, unpack=unpack, asked_on=on)
        )
        events.append(
            CancellationRequested(order_id=order.id, line=line.number, cancellation_id=id, quantity=quantity)
        )
    return events


def count_stopped(
    order: Order, number: int, id: UUID, *, stopped: int, going_on: Sequence[GoingOn], on: date
) -> list[object]:
    """Production answered; what it did not stop is asked of logistics."""
    line, asked = _found(order, number, id)
    asked.stopped = stopped
    asked.going_on = [{**asdict(each), "work_order_id": str(each.work_order_id)} for each in going_on]
    counted = _count(order, line, stopped, on)
    rest = asked.asked - stopped
    if not rest:
        return [_answered(order, line, asked, on), *counted]
    further = WithholdingRequested(
        order_id=order.id, line=number, cancellation_id=id, quantity=rest, unpack=asked.unpack
    )
    return [further, *counted]


def count_withheld(
    order: Order, number: int, id: UUID, *, lot: str, quantity: int, unpacked: int, on: date
) -> list[object]:
    """Logistics took good pieces of a lot to stock."""
    line, asked = _found(order, number, id)
    asked.withheld += quantity
    asked.lots = [*asked.lots, lot]
    order.withhold(line, lot, quantity)
    line.packed -= unpacked
    line.unpacked += unpacked
    return _count(order, line, quantity, on)


def conclude(order: Order, number: int, id: UUID, *, kept: Sequence[Kept], on: date) -> list[object]:
    """Logistics said all: the request is answered."""
    line, asked = _found(order, number, id)
    asked.kept = [asdict(each) for each in kept]
    return [_answered(order, line, asked, on)]


def _found(order: Order, number: int, id: UUID) -> tuple[Line, Cancellation]:
    line = order.line(number)
    return line, next(each for each in line.cancellations if each.id == id)


def _count(order: Order, line: Line, pieces: int, on: date) -> list[object]:
    """Pieces are cancelled: the line may be done with them, or have all that it will have."""
    if not pieces:
        return []
    order.version += 1
    line.cancelled += pieces
    return [*order.close_if_done(line), *order.ask_to_export(line, on)]


def _answered(order: Order, line: Line, asked: Cancellation, on: date) -> CancellationAnswered:
    asked.answered_on = on
    return CancellationAnswered(
        order_id=order.id,
        line=line.number,
        cancellation_id=asked.id,
        asked=asked.asked,
        cancelled=asked.cancelled,
    )


def _said(reason: str) -> str:
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= LONGEST_REASON or not is_plain(reason):
        raise Refused("Give a reason of 3 to {most} characters.", field="reason", most=LONGEST_REASON)
    if has_identity_number(reason):
        raise Refused("Give it without anybody's identity number.", field="reason")
    return reason
