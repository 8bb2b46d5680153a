"""Screening a line again: what became stricter ends its release, what became easier does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.orders.domain.destination_policy import SEVERITY, Action, Screening
from services.orders.domain.order import Line, Order
from shared.events.orders import LineRescreened


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How rules that are new decide about a line that stands under others.

    ``by`` are the rules that the line did not stand under before, if any; ``at_sea`` pieces departed and are
    not delivered, so that nothing that is decided here reaches them.
    """

    before: Action
    after: Action
    by: tuple[str, ...]
    law: tuple[str, ...]
    stricter: bool
    easier: bool
    at_sea: int
    all_gone: bool

    @property
    def changes(self) -> bool:
        return self.stricter or self.easier


def verdict(line: Line, screening: Screening) -> Verdict:
    """What a screening means for a line. Whatever is asked for newly is stricter: the action, evidence or a law."""
    steps = SEVERITY[screening.action] - SEVERITY[line.action]
    asked = _more(screening.needs, line.needs) or _more(screening.law, line.law)
    less = _more(line.needs, screening.needs) or _more(line.law, screening.law)
    held = screening.action == "hold"
    stricter = steps > 0 or (steps == 0 and held and asked)
    return Verdict(
        before=line.action,
        after=screening.action,
        by=tuple(name for name in screening.policies if name not in line.policies) or screening.policies,
        law=screening.law,
        stricter=stricter,
        easier=not stricter and (steps < 0 or (held and less)),
        at_sea=line.departed - line.delivered,
        all_gone=line.left_to("export") == 0,
    )


def rescreen(order: Order, line: Line, screening: Screening, *, on: date) -> list[object]:
    """Let the line stand under these rules. What has departed is not rewritten: there it is only told."""
    found = verdict(line, screening)
    told: list[object] = [_told(order, line, found)] if found.changes else []
    if found.all_gone:
        return told if found.stricter else []
    line.stand_under(screening)
    if found.stricter:
        return [*told, *order.withdraw_clearances(line, on)]
    if found.easier and found.after == "allow":
        return [*told, *order.free(line, on)]
    return told


def asks_again(found: Verdict) -> bool:
    """Whether what the line needs next is to be asked for: its release ended, or the law bars it no longer."""
    return not found.all_gone and (found.stricter or (found.easier and found.before == "block"))


def _more(some: Sequence[str], than: Sequence[str]) -> bool:
    return not set(some) <= set(than)


def _told(order: Order, line: Line, found: Verdict) -> LineRescreened:
    return LineRescreened(
        order_id=order.id,
        line=line.number,
        before=found.before,
        after=found.after,
        policies=found.by,
        law=found.law,
        at_sea=found.at_sea,
    )
