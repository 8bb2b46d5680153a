"""Having a blocked line made in a free workshop, apart from prisons: the buyer may ask, the compliance officer decides.

It releases nothing. Production shares the line out to free workshops alone, the law decides about free work, and who
made the lots decides whether they may leave.
"""

from datetime import datetime
from typing import Literal

from services.orders.domain.amendment import Change
from services.orders.domain.hold import Signer, plain_reason
from services.orders.domain.lane import FREE, LaneWord
from services.orders.domain.order import Line, Order
from shared.events.orders import FreeLaneAsked, FreeLaneChosen, FreeLaneDeclined
from shared.refusal import Refused

Decided = Literal["chosen", "declined"]


def made_elsewhere(line: Line) -> int:
    """Pieces that were begun, and that no free workshop is known to have made."""
    return max(line.started, line.good) - sum(lot.quantity for lot in line.lots if lot.lane == FREE)


def is_open_to(line: Line) -> bool:
    """Whether a blocked line, of which something is wanted and not asked back, could still be made so, as far as is known."""
    wanted = line.wanted > line.delivered + line.pending
    return wanted and line.blocked and line.if_free != "block" and made_elsewhere(line) <= 0


def word_on(line: Line) -> LaneWord | None:
    """What counts of what was said: that it is chosen, or, as long as it is possible, asked for or declined."""
    newest = _newest(line)
    return newest if newest and (newest.said == "chosen" or is_open_to(line)) else None


def is_asked_of(line: Line) -> bool:
    """Whether the officer owes an answer."""
    word = word_on(line)
    return word is not None and word.said == "asked"


def ask(order: Order, line: Line, *, by: Signer, at: datetime) -> list[object]:
    """The buyer would have it made so; asked once, it waits for the officer. What was declined may be asked again."""
    need_possible(line)
    word = word_on(line)
    if word and word.said != "declined":
        raise Refused("This was asked for already; the compliance officer decides about it.")
    line.lane_words.append(LaneWord(said="asked", by_id=by.id, by_name=by.name, role=by.role, said_at=at))
    return [FreeLaneAsked(order_id=order.id, line=line.number)]


def choose(order: Order, line: Line, *, by: Signer, reason: str, at: datetime) -> list[object]:
    """The compliance officer decides that free workers make it, whether the buyer asked or not."""
    need_possible(line)
    _need_another(order, by)
    _say(line, "chosen", by=by, reason=reason, at=at)
    return [FreeLaneChosen(order_id=order.id, line=line.number, role=by.role)]


def decline(order: Order, line: Line, *, by: Signer, reason: str, at: datetime) -> list[object]:
    """The compliance officer decides against what the buyer asked for, who reads the reason and may ask again."""
    if not is_asked_of(line):
        raise Refused(
            "Nobody asks that free workers make line {line}, so there is nothing to decline.",
            line=line.number,
        )
    _need_another(order, by)
    said = _say(line, "declined", by=by, reason=reason, at=at)
    return [FreeLaneDeclined(order_id=order.id, line=line.number, role=by.role, reason=said)]


def need_possible(line: Line) -> None:
    """Refuse it where nothing blocks, where others have begun, and where the law bars what free workers make, too."""
    if line.closed or not line.blocked:
        raise Refused("Line {line} is not blocked, so it needs no free workshop.", line=line.number)
    begun = made_elsewhere(line)
    if begun > 0:
        raise Refused(
            "{pieces} pieces of line {line} were begun elsewhere: cancel it, and order goods of a free workshop as a line"
            " of its own.",
            pieces=begun,
            line=line.number,
        )
    if line.if_free == "block":
        need_unbarred(line)


def need_unbarred(line: Line) -> None:
    """Refuse what the law bars whoever makes it."""
    if line.blocked:
        raise Refused(
            "The law bars what free workers make, too: {law}. The line can have another destination, be sold in"
            " Indonesia, or be cancelled.",
            law=", ".join(line.law) or "–",
        )


def end_elsewhere(line: Line, change: Change, *, at: datetime) -> bool:
    """Another country or route is another question, as long as nobody has begun: anybody may make it again."""
    elsewhere = change.consignee is not None and change.consignee.country != line.destination
    newest = _newest(line)
    if newest is None or line.started or line.good or not (elsewhere or change.reroutes(line)):
        return False
    line.lane_words.append(
        LaneWord(said="ended", by_id="system", by_name="system", role="system", said_at=at)
    )
    return newest.said == "chosen"


def _newest(line: Line) -> LaneWord | None:
    newest = line.lane_words[-1] if line.lane_words else None
    return None if newest is None or newest.said == "ended" else newest


def _need_another(order: Order, by: Signer) -> None:
    if by.id in (order.placed_by, order.drafted_by):
        raise Refused("Who placed the order, or drafted it, can't choose who makes it.")


def _say(line: Line, said: Decided, *, by: Signer, reason: str, at: datetime) -> str:
    """Keep what was decided, and why in plain words."""
    why = plain_reason(reason)
    line.lane_words.append(
        LaneWord(said=said, by_id=by.id, by_name=by.name, role=by.role, said_at=at, reason=why)
    )
    return why
