"""Amending a line: each change has its consequence, and what was released for the line as it was is so no longer."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.orders.domain.destination_policy import Screening
from services.orders.domain.order import Line, Order, must_be_a_day
from shared.events.orders import OrderLineAmended, Party
from shared.refusal import Refused, Sentence

MOST_PIECES: Final = 10_000_000
"""On one line, as when it is placed."""


@dataclass(frozen=True)
class Route:
    """The countries that goods shall pass; none while that is not known."""

    transit: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be otherwise on a line; what is not given stays. ``quantity`` is what shall be delivered in the end."""

    line: int
    quantity: int | None = None
    requested_date: date | None = None
    consignee: Party | None = None
    route: Route | None = None

    def transit_of(self, line: Line) -> list[str] | None:
        """The countries that the line shall pass; the way to another country is not known until it is told."""
        if self.route is not None:
            return None if self.route.transit is None else list(self.route.transit)
        elsewhere = self.consignee is not None and self.consignee.country != line.destination
        return None if elsewhere else line.transit

    def reroutes(self, line: Line) -> bool:
        """Whether the line shall go through other countries."""
        return self.transit_of(line) != line.transit


@dataclass(frozen=True)
class Consequence:
    """What follows from a change of one line, in words."""

    line: int
    change: str
    sentence: Sentence


@dataclass(frozen=True, kw_only=True)
class Amended:
    """A changed line with what is to be told of it; ``fewer`` pieces are still to be asked back."""

    line: Line
    events: list[object]
    consequences: list[Consequence]
    dies: bool
    fewer: int


def more_than_now(line: Line, change: Change) -> int:
    """How many more pieces are wanted than now, those that are asked back already not counted; fewer are below zero."""
    return 0 if change.quantity is None else change.quantity - (line.wanted - line.pending)


def need_possible(line: Line, change: Change, *, sealed: int, today: date, field: str) -> None:
    """Refuse what can't be changed any more. ``sealed`` pieces have left a hub in a container."""
    if line.closed:
        raise Refused("Line {line} is closed; place a new order.", field=f"{field}.line", line=line.number)
    sealed = max(sealed, line.departed)
    if change.consignee and change.consignee != line.consignee() and sealed:
        raise Refused(
            "{sealed} pieces of line {line} are on their way to {consignee}: they can only be returned, or claimed"
            " for once they are delivered.",
            field=f"{field}.consignee",
            sealed=sealed,
            line=line.number,
            consignee=line.consignee_name,
        )
    if change.reroutes(line) and sealed:
        raise Refused(
            "{sealed} pieces of line {line} are on their way already; their route is that of their shipment.",
            field=f"{field}.transit",
            sealed=sealed,
            line=line.number,
        )
    if change.requested_date and change.requested_date != line.requested_date:
        must_be_a_day(change.requested_date, today, field)
    more = more_than_now(line, change)
    if more > 0 and line.ordered + more > MOST_PIECES:
        raise Refused(
            "Give a number of pieces up to {most}.",
            field=f"{field}.quantity",
            most=MOST_PIECES - line.cancelled,
        )
    if -more > line.left_to_cancel:
        raise Refused(
            "{departed} pieces of line {line} have departed; no fewer can be delivered.",
            field=f"{field}.quantity",
            departed=line.departed,
            line=line.number,
        )


def amend(order: Order, line: Line, change: Change, screening: Screening, *, on: date) -> Amended:
    """Take the change in. More pieces, another consignee, route or decision of the law end what was cleared."""
    more = more_than_now(line, change)
    another = change.consignee is not None and change.consignee != line.consignee()
    later = change.requested_date is not None and change.requested_date != line.requested_date
    rerouted = change.reroutes(line)
    decided = (line.action, line.policies) != (screening.action, list(screening.policies))
    told = _Consequences(line.number)
    if not (more > 0 or another or later or rerouted):
        return Amended(line=line, events=[], consequences=told.fewer(more), dies=False, fewer=max(0, -more))
    _take_in(line, change, max(0, more), screening)
    dies = more > 0 or another or rerouted or decided
    events = [_amended(order, line), *(order.withdraw_clearances(line, on) if dies else [])]
    return Amended(
        line=line,
        events=events,
        consequences=[
            *told.more(more),
            *told.later(later),
            *told.another(another),
            *told.rerouted(rerouted),
            *told.decided(dies, line),
            *told.fewer(more),
        ],
        dies=dies,
        fewer=max(0, -more),
    )


def _take_in(line: Line, change: Change, more: int, screening: Screening) -> None:
    line.ordered += more
    line.transit = change.transit_of(line)
    line.requested_date = change.requested_date or line.requested_date
    if change.consignee:
        line.consignee_name = change.consignee.name
        line.consignee_address = list(change.consignee.address)
        line.destination = change.consignee.country
    line.stand_under(screening)


def _amended(order: Order, line: Line) -> OrderLineAmended:
    return OrderLineAmended(
        order_id=order.id,
        line=line.number,
        ordered=line.ordered,
        requested_date=line.requested_date,
        consignee=line.consignee(),
        screening=line.action,
        policies=tuple(line.policies),
    )


@dataclass(frozen=True)
class _Consequences:
    """The sentences about one line, each if there is a reason for it."""

    line: int

    def more(self, more: int) -> list[Consequence]:
        return self._say(
            more > 0, "quantity", "{pieces} more pieces are shared out once they are cleared.", pieces=more
        )

    def fewer(self, more: int) -> list[Consequence]:
        return self._say(
            more < 0,
            "quantity",
            "{pieces} pieces are asked back; production and logistics answer what can be stopped.",
            pieces=-more,
        )

    def later(self, later: bool) -> list[Consequence]:
        return self._say(
            later, "requested_date", "Production plans what has not begun anew, or answers with its promise."
        )

    def another(self, another: bool) -> list[Consequence]:
        return self._say(
            another, "consignee", "The destination was screened again, and the papers are made anew."
        )

    def rerouted(self, rerouted: bool) -> list[Consequence]:
        return self._say(rerouted, "transit", "The countries of the route were screened again.")

    def decided(self, dies: bool, line: Line) -> list[Consequence]:
        if line.blocked:
            return self._say(
                dies, "release", "The law blocks the line: {law}.", law=", ".join(line.law) or "–"
            )
        if line.action == "hold":
            return self._say(dies, "release", "The release ended; two people are asked for a new one.")
        return self._say(dies, "release", "The line was cleared anew.")

    def _say(self, so: bool, change: str, message: str, **values: object) -> list[Consequence]:
        return [Consequence(self.line, change, Sentence(message, **values))] if so else []
