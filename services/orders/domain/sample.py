"""Golden samples: the piece that a buyer approves before a line of such an item may be made."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.orders.domain.order import Line, Order
from shared.events.orders import SampleApproved, SampleRefused
from shared.refusal import Refused

Verdict = Literal["approved", "refused"]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a buyer said of a sample; the newest counts, and an approval is the last."""

    buyer: str
    sku: str
    sample: str
    verdict: Verdict
    reason: str | None
    said_by: str
    said_by_name: str
    said_at: datetime


def need_open(asked: str | None, earlier: Verdict | None, *, sku: str, sample: str) -> None:
    """Refuse to judge what is not asked, another sample than the item asks for, or what was approved already."""
    if asked is None:
        raise Refused("{sku} asks for no sample.", field="sample", sku=sku)
    if sample != asked:
        raise Refused(
            "The sample of {sku} is {asked}; look at that one.", field="sample", sku=sku, asked=asked
        )
    if earlier == "approved":
        raise Refused("You approved {sample} already.", field="sample", sample=sample)


def approved(order: Order, line: Line, *, on: date) -> list[object]:
    """The sample that the line waited for is approved; what lacks nothing else is cleared."""
    told = SampleApproved(order_id=order.id, line=line.number, sku=line.sku, sample=str(line.awaited_sample))
    return [told, *order.wait_for_sample(line, None, on=on)]


def refused(order: Order, line: Line) -> list[object]:
    """The line goes on waiting, for another sample or another word."""
    sample = str(line.awaited_sample)
    return [SampleRefused(order_id=order.id, line=line.number, sku=line.sku, sample=sample)]
