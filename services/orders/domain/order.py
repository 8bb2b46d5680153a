"""An order and its lines: quantities decide, states are derived."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from services.orders.domain.cancellation import Cancellation
from services.orders.domain.claim import Claim
from services.orders.domain.decision import Decision
from services.orders.domain.destination_policy import Action, Screening
from services.orders.domain.hold import Hold, Signer, Statement
from services.orders.domain.lane import FREE, LaneWord, Lot, strictest
from services.orders.domain.payment import Account, Payment, amount_of, smallest_unit
from services.orders.domain.promise import Promise
from shared.events.orders import (
    ClearanceGranted,
    ClearanceWithdrawn,
    ClearedLot,
    HoldOpened,
    Lane,
    OrderClosed,
    OrderLineClosed,
    OrderPlaced,
    Party,
    PaymentTerms,
    PlacedLine,
    Purpose,
    ReleaseSigned,
    SampleRequested,
    Withdrawal,
)
from shared.refusal import Refused

RELEASE_DAYS = 90
PURPOSES: Final[tuple[Purpose, ...]] = ("produce", "export")
FARTHEST_REQUEST = timedelta(days=5 * 365)
"""Who asks for a later day has mistyped the year: prices, rules and capacity are known for far less."""

LANE: Final[Lane] = "custodial"
"""Work is custodial until its lots show otherwise, where nobody chose that free workers make it."""


@dataclass(eq=False, kw_only=True)
class Line:
    """One item for one consignee.

    All quantities are pieces, each counted from what the services said: ``ordered + extra >= allocated >= good
    >= packed >= departed >= delivered``, and ``allocated >= started``. They only grow, but for
    ``allocated``, which the newest plan replaces, and ``packed``, which falls by what is unpacked.

    ``extra`` were made beyond what was asked for, within the tolerance that the buyer agreed on with the facility:
    they are wanted, too, and count as allocated and begun. No plan counts them.

    ``cancelled`` are those that production stopped and the good ones that are ``withheld``: taken to
    stock, and still counted as made.

    ``transit`` are the countries that the planned route passes, none while no route is known; ``planned_at``
    are the facilities that the newest plan gives it to. ``expected_on`` is the latest of the last day that
    production promised and of the days on which its booked vessels arrive. ``if_free`` is what the law would say of a
    blocked line if free workers made it, and ``lane_words`` what was said of letting them.
    """

    number: int
    sku: str
    unit_price: Decimal
    requested_date: date
    consignee_name: str
    consignee_address: list[str]
    destination: str
    action: Action
    policies: list[str]
    needs: list[str]
    law: list[str]
    explanation_en: str
    explanation_id: str
    ordered: int
    if_free: Action | None = None
    transit: list[str] | None = None
    item_version: int = 1
    cancelled: int = 0
    allocated: int = 0
    started: int = 0
    good: int = 0
    packed: int = 0
    departed: int = 0
    delivered: int = 0
    withheld: int = 0
    unpacked: int = 0
    extra: int = 0
    promised_date: date | None = None
    expected_on: date | None = None
    produce_until: date | None = None
    export_until: date | None = None
    awaited_sample: str | None = None
    holds: list[Hold] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    planned_at: list[str] = field(default_factory=list)
    lane_words: list[LaneWord] = field(default_factory=list)

    @property
    def lane(self) -> Lane:
        """Who made it, the most restricted of its lots and, as long as there is anything to make, of its plan."""
        return self.lane_if(more=False)

    def lane_if(self, *, more: bool) -> Lane:
        """The same, if there were more to make or not."""
        made = [lot.lane for lot in self.lots]
        done = made and self._all_made and not more
        return strictest(made if done else [*made, self.planned_lane])

    @property
    def planned_lane(self) -> Lane:
        """Who is to make it: free workers where that was chosen, else anybody, which may be prisoners."""
        return FREE if self.lane_words and self.lane_words[-1].said == "chosen" else LANE

    @property
    def _all_made(self) -> bool:
        return self.good >= self.to_make and sum(lot.quantity for lot in self.lots) >= self.good

    def move_to(
        self, facilities: Sequence[str], *, spoken_against: Collection[str] = ()
    ) -> Withdrawal | None:
        """Take the facilities of a new plan; why the release in force ends, if it does: it did not name one of them.

        A release from before the first plan names none, and binds to none but those that evidence speaks against.
        """
        self.planned_at = sorted(set(facilities))
        if self.action != "hold" or self.produce_until is None:
            return None
        released = [hold for hold in self.holds if hold.purpose == "produce" and hold.released_on]
        named = released[-1].facilities if released else []
        others = set(self.planned_at) - set(named)
        if others & set(spoken_against):
            return "evidence"
        return "changed" if named and others else None

    @property
    def delivery(self) -> date:
        """The day whose law counts: when it is to be there, or later where that was promised or is expected."""
        return self.delivery_if(self.requested_date)

    def delivery_if(self, requested: date) -> date:
        """The same if it were asked for by another day."""
        return max(requested, self.expected_on or requested)

    def expect(self, arrivals: Iterable[date]) -> bool:
        """Take by when it comes now, as it was promised and booked; whether that is another day of delivery.

        A plan that promises no day leaves the last one that was promised.
        """
        before = self.delivery
        promised = [made.promised_date for made in self.promises if made.promised_date]
        self.expected_on = max([*promised[-1:], *arrivals], default=None)
        return self.delivery != before

    @property
    def wanted(self) -> int:
        """What is still to be delivered in the end."""
        return self.ordered + self.extra - self.cancelled

    @property
    def to_plan(self) -> int:
        """What production is asked for, and clears its plans against."""
        return self.to_make - self.extra

    @property
    def to_make(self) -> int:
        """What is made in the end: what is wanted, and what was made before it was cancelled."""
        return self.wanted + self.withheld

    @property
    def pending(self) -> int:
        """Pieces that the buyer asked to cancel and nobody has answered for yet."""
        return sum(each.pending for each in self.cancellations)

    @property
    def left_to_cancel(self) -> int:
        """What a further request could be about: what departed is a matter of a return or a claim."""
        return max(0, self.wanted - self.departed - self.pending)

    @property
    def blocked(self) -> bool:
        return self.action == "block"

    def left_to(self, purpose: Purpose) -> int:
        """Pieces for which a clearance for this purpose is still needed."""
        return self.to_make - self.good if purpose == "produce" else self.wanted - self.departed

    @property
    def open_hold(self) -> Hold | None:
        """The hold that waits for signatures now, if any; one that nothing needs any more does not."""
        return next((h for h in self.holds if h.open and self.left_to(h.purpose)), None)

    def signed(self, purpose: Purpose) -> list[Hold]:
        """The holds that somebody signed for, and that stand or wait for the other signature."""
        signed = [hold for hold in self.holds if hold.purpose == purpose and hold.signatures]
        return [hold for hold in signed if hold.open or hold.stands]

    def is_signed(self, purpose: Purpose) -> bool:
        """Whether somebody signed for the making, or the export, of what is still left to it."""
        return self.action == "hold" and self.left_to(purpose) > 0 and bool(self.signed(purpose))

    @property
    def signed_lots(self) -> list[Lot]:
        """The lots that are still to depart, and that somebody signed to export."""
        return [lot for lot in self.staying if any(hold.names(lot.code) for hold in self.signed("export"))]

    @property
    def staying(self) -> list[Lot]:
        """The finished lots of which not every piece has departed, or gone to stock."""
        return [lot for lot in self.lots if lot.staying]

    @property
    def released_parts(self) -> list[Hold]:
        """The releases to export that stand together, each for some of the finished lots or for all."""
        return [hold for hold in self.holds if hold.purpose == "export" and hold.stands]

    @property
    def rest(self) -> list[Lot]:
        """The finished lots that were left out of the parts released to export."""
        if any(part.lots is None for part in self.released_parts):
            return []
        released = {lot["lot"] for part in self.released_parts for lot in part.lots or ()}
        return [lot for lot in self.lots if lot.code not in released]

    @property
    def waits_for_sample(self) -> bool:
        """Whether the buyer must approve a golden sample before anything more is made."""
        return self.awaited_sample is not None and not self.blocked and self.left_to("produce") > 0

    def cleared_until(self, purpose: Purpose) -> date | None:
        """The last day of the clearance, if there is one; one that has lapsed is none."""
        return self.produce_until if purpose == "produce" else self.export_until

    def has_lapsed(self, purpose: Purpose, on: date) -> bool:
        """Whether the clearance ran out before all was done that it was for."""
        until = self.cleared_until(purpose)
        return until is not None and until < on and self.left_to(purpose) > 0

    def clear(self, purpose: Purpose, until: date | None) -> None:
        if purpose == "produce":
            self.produce_until = until
        else:
            self.export_until = until

    def end(self, purpose: Purpose, on: date) -> None:
        """What was released for this purpose counts no more."""
        self.clear(purpose, None)
        for hold in self.holds:
            if hold.purpose == purpose and hold.stands:
                hold.ended_on = on

    def stand_under(self, screening: Screening) -> None:
        """From now this is what the law says about the line."""
        self.action, self.policies = screening.action, list(screening.policies)
        self.needs, self.law = list(screening.needs), list(screening.law)
        self.explanation_en, self.explanation_id = screening.explanation_en, screening.explanation_id
        self.if_free = screening.if_free

    def keep_promise(self, made: Promise) -> None:
        """One more in the history, unless it promises what the newest one does."""
        if not self.promises or not made.says(self.promises[-1]):
            self.promises.append(made)

    @property
    def closed(self) -> bool:
        """Nothing is left to do for anybody."""
        return self.delivered == self.wanted

    @property
    def state(self) -> str:
        """The line's state in one word, a function of its quantities and its clearance."""
        if self.wanted == 0:
            return "cancelled"
        if self.closed:
            return "closed"
        if self.blocked:
            return "policy_blocked"
        for quantity, part, whole in (
            (self.delivered, "part_delivered", "delivered"),
            (self.departed, "part_shipped", "shipped"),
            (self.good - self.withheld, "part_ready", "ready"),
        ):
            if quantity:
                return whole if quantity == self.wanted else part
        if self.produce_until is None:
            return "awaiting_sample" if self.waits_for_sample and not self.open_hold else "policy_hold"
        if self.started:
            return "in_production"
        if self.allocated:
            return "allocated" if self.allocated == self.to_make else "part_allocated"
        return "accepted"

    def consignee(self) -> Party:
        return Party(
            name=self.consignee_name, address=tuple(self.consignee_address), country=self.destination
        )


@dataclass(eq=False, kw_only=True)
class Order:
    """What a buyer asked for under one purchase order number."""

    id: UUID
    buyer: str
    buyer_name: str
    po_number: str
    currency: str
    incoterm: str
    named_place: str
    placed_by: str
    placed_on: date
    lines: list[Line]
    drafted_by: str | None = None
    payment_terms: PaymentTerms = "open_account"
    payments: list[Payment] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    version: int = 1

    def line(self, number: int) -> Line:
        for line in self.lines:
            if line.number == number:
                return line
        raise Refused(
            "The order has no line {line}; its lines are 1 to {last}.",
            field="line",
            line=number,
            last=len(self.lines),
        )

    @property
    def state(self) -> str:
        """The header's roll-up: closed when every line is, else what the least advanced open line is at."""
        open_lines = [line for line in self.lines if not line.closed]
        workable = [line for line in open_lines if not line.blocked]
        if not open_lines:
            return "closed"
        if not workable:
            return "blocked"
        waiting = ("policy_hold", "awaiting_sample")
        return "on_hold" if all(line.state in waiting for line in workable) else "in_progress"

    @property
    def account(self) -> Account:
        """What is owed for all that is wanted, and what was paid."""
        nothing = smallest_unit(self.currency) * 0
        amounts = (amount_of(line.wanted, line.unit_price, self.currency) for line in self.lines)
        paid = sum((payment.amount for payment in self.payments), nothing)
        credited = sum((claim.credit or nothing for claim in self.claims), nothing)
        return Account(
            order_id=self.id,
            currency=self.currency,
            due=sum(amounts, nothing) - credited.quantize(nothing),
            credited=credited.quantize(nothing),
            paid=paid.quantize(smallest_unit(self.currency)),
        )

    def place(self) -> list[object]:
        """What happened when the order was placed: it stands, and each line was held or cleared."""
        events: list[object] = [self._placed()]
        for line in self.lines:
            if not line.blocked:
                events += self._ask_or_clear(line, "produce", self.placed_on)
        return events

    def sign_release(self, number: int, *, by: Signer, said: Statement, on: date) -> list[object]:
        """One of two named people releases a held line; the second signature clears it."""
        line = self.line(number)
        if line.blocked:
            raise Refused(
                "Line {line} is blocked by {law} and can't be released: change the destination,"
                " have free workers make it where they can, sell it at home, or cancel it.",
                line=number,
                law=", ".join(line.law),
            )
        hold = line.open_hold
        if hold is None:
            raise Refused("Line {line} waits for no release.", line=number)
        if by.id in (self.placed_by, self.drafted_by):
            raise Refused("Who placed the order, or drafted it, can't release it.")
        hold.sign(by, said, on)
        signed = ReleaseSigned(order_id=self.id, line=number, purpose=hold.purpose, role=by.role)
        if not hold.released_on:
            return [signed]
        return [signed, *self._clear(line, hold.purpose, on, by=hold)]

    def choose(self, number: int, lots: Sequence[str]) -> None:
        """The release that is signed next is for some of the finished lots alone."""
        hold = self.line(number).open_hold
        if hold is not None:
            hold.choose(lots)

    def ask_for_rest(self, line: Line, on: date) -> list[object]:
        """Finished lots that were left out of what is released to export wait for a release of their own."""
        rest = [lot for lot in line.rest if lot in line.staying]
        waits = any(hold.open and hold.purpose == "export" for hold in line.holds)
        if waits or not line.released_parts or not rest or line.action != "hold":
            return []
        pieces = min(sum(lot.quantity - lot.withheld for lot in rest), line.wanted)
        line.holds.append(_hold(line, "export", on, pieces, _cleared(rest)))
        return [self._opened(line, "export")]

    def drop_stale(self, *, on: date) -> list[tuple[Line, Purpose]]:
        """End the holds whose first signature ran out before the second came; what is to be asked for anew.

        So do those for the rest of a line whose clearance ran out: all of it is asked for together.
        """
        dropped: list[tuple[Line, Purpose]] = []
        for line in self.lines:
            for hold in line.holds:
                if hold.is_stale(on) or (hold.open and line.has_lapsed(hold.purpose, on)):
                    hold.withdrawn_on = on
                    dropped.append((line, hold.purpose))
        return dropped

    def drop_emptied(self, line: Line, *, on: date) -> bool:
        """End what is asked about lots of which the last pieces went to stock; whether anything was."""
        waiting = [hold for hold in line.holds if hold.open and hold.lots is not None]
        emptied = [hold for hold in waiting if not any(hold.names(lot.code) for lot in line.staying)]
        for hold in emptied:
            hold.withdrawn_on = on
        return bool(emptied)

    def ask_anew(self, line: Line, purpose: Purpose, on: date) -> list[object]:
        """The same is asked for once more, by the law as it stands."""
        if line.blocked or not line.left_to(purpose):
            return []
        if purpose == "export" and line.export_until is not None and not line.has_lapsed(purpose, on):
            return self.ask_for_rest(line, on)
        return self._ask_or_clear(line, purpose, on)

    def wait_for_sample(self, line: Line, sample: str | None, *, on: date) -> list[object]:
        """From now the line waits for this sample, or for none any more: then it is cleared if nothing else holds it."""
        line.awaited_sample = sample
        if line.blocked or not line.left_to("produce"):
            return []
        if sample:
            return self._ask_for_sample(line)
        if line.action == "allow":
            return self._clear(line, "produce", on)
        newest = [hold for hold in line.holds if hold.purpose == "produce"][-1]
        if newest.open:
            return []
        released = newest.released_on is not None and newest.expires_on >= on
        return self._clear(line, "produce", on, by=newest) if released else self.ask_anew(line, "produce", on)

    def renew_lapsed(self, *, on: date) -> list[object]:
        """Each clearance that ran out before its work was done is asked for again.

        The services act on no clearance that has expired, and without this nobody would be asked.
        """
        events: list[object] = []
        for line in self.lines:
            for purpose in PURPOSES:
                if line.has_lapsed(purpose, on):
                    events += self._ask_or_clear(line, purpose, on)
        return events

    def plan(self, number: int, *, allocated: int, promised_date: date | None) -> None:
        """Production shared the line out; what it allocated replaces what it had.

        What was begun or is good already belongs to this plan, or to a later one that is on its way.
        """
        line = self.line(number)
        planned = allocated + line.extra
        line.allocated, line.promised_date = max(planned, line.started, line.good), promised_date

    def count_good(self, number: int, quantity: int, *, extra: int = 0, on: date) -> list[object]:
        """Good pieces were released as a lot, ``extra`` of them beyond what was asked for.

        What was cleared to export without the extra ones is so no longer. Once the line was screened by who made it,
        ``ask_to_export`` follows.
        """
        line = self.line(number)
        for count in ("extra", "allocated", "started"):
            setattr(line, count, getattr(line, count) + extra)
        line.good += quantity
        return self.end(line, "export", on, because="changed") if extra else []

    def depart(self, number: int, lot: str, quantity: int) -> None:
        """Pieces of a lot left the country."""
        line = self.line(number)
        line.departed += quantity
        for each in line.lots:
            each.departed += quantity if each.code == lot else 0

    def withhold(self, line: Line, lot: str, quantity: int) -> None:
        """Good pieces of a lot went to stock."""
        line.withheld += quantity
        for each in line.lots:
            each.withheld += quantity if each.code == lot else 0

    def deliver(self, number: int, quantity: int) -> list[object]:
        """The consignee received pieces; the last of them closes the line, the last line the order."""
        line = self.line(number)
        line.delivered += quantity
        return self.close_if_done(line)

    def ask_to_export(self, line: Line, on: date) -> list[object]:
        """Once all is made that will be made, its export must be cleared, if that was not asked for before."""
        asked = line.export_until or any(h.open and h.purpose == "export" for h in line.holds)
        if asked or line.blocked or line.good < line.to_make or not line.left_to("export"):
            return []
        return self._ask_or_clear(line, "export", on)

    def ask_again(self, line: Line, on: date) -> list[object]:
        """After a change of the line: what is needed next must be cleared anew, unless the law blocks it."""
        if line.blocked or line.good == line.to_make:
            return self.ask_to_export(line, on)
        return self._ask_or_clear(line, "produce", on)

    def end(self, line: Line, purpose: Purpose, on: date, *, because: Withdrawal) -> list[object]:
        """What was released for this purpose, or was signed for once, is so no longer, though the line did not change."""
        return self._withdraw(line, (purpose,), on, because=because)

    def withdraw_clearances(self, line: Line, on: date) -> list[object]:
        """What was cleared, or asked to be, no longer is."""
        return self._withdraw(line, PURPOSES, on, because="changed")

    def _withdraw(
        self, line: Line, purposes: Sequence[Purpose], on: date, *, because: Withdrawal
    ) -> list[object]:
        events: list[object] = []
        for purpose in purposes:
            opened = [hold for hold in line.holds if hold.open and hold.purpose == purpose]
            for hold in opened:
                hold.withdrawn_on = on
            if opened or line.cleared_until(purpose):
                line.end(purpose, on)
                events.append(
                    ClearanceWithdrawn(order_id=self.id, line=line.number, purpose=purpose, because=because)
                )
        return events

    def free(self, line: Line, on: date) -> list[object]:
        """No rule holds the line any more: its open holds end, and what they asked for is cleared."""
        events: list[object] = []
        for hold in line.holds:
            if hold.open:
                hold.withdrawn_on = on
                events += self._clear(line, hold.purpose, on) if line.left_to(hold.purpose) else []
        return events

    def close_if_done(self, line: Line) -> list[object]:
        """The last piece that was still wanted closes the line, the last line the order."""
        if not line.closed:
            return []
        closed: list[object] = [OrderLineClosed(order_id=self.id, line=line.number, delivered=line.delivered)]
        if self.state == "closed":
            closed.append(OrderClosed(order_id=self.id))
        return closed

    def _placed(self) -> OrderPlaced:
        return OrderPlaced(
            order_id=self.id,
            buyer=self.buyer,
            buyer_name=self.buyer_name,
            po_number=self.po_number,
            currency=self.currency,
            incoterm=self.incoterm,
            named_place=self.named_place,
            lines=tuple(_placed_line(line) for line in self.lines),
            payment_terms=self.payment_terms,
        )

    def _ask_or_clear(self, line: Line, purpose: Purpose, on: date) -> list[object]:
        asked = self._ask_for_sample(line) if purpose == "produce" else []
        if line.action == "allow":
            return [*asked, *self._clear(line, purpose, on)]
        line.end(purpose, on)
        line.holds.append(_hold(line, purpose, on, _to_clear(line, purpose), _finished(line, purpose)))
        return [*asked, self._opened(line, purpose)]

    def _opened(self, line: Line, purpose: Purpose) -> HoldOpened:
        return HoldOpened(
            order_id=self.id,
            line=line.number,
            purpose=purpose,
            policies=tuple(line.policies),
            needs=tuple(line.needs),
        )

    def _ask_for_sample(self, line: Line) -> list[object]:
        if line.awaited_sample is None:
            return []
        return [SampleRequested(order_id=self.id, line=line.number, sku=line.sku, sample=line.awaited_sample)]

    def _clear(self, line: Line, purpose: Purpose, on: date, *, by: Hold | None = None) -> list[object]:
        """The clearance, unless the line waits for a sample: nothing is made before that is approved.

        One that was released names the route and the lots that the signers saw, whatever became known since. Parts
        that are released to export one after the other count together, as long as the first of them does.
        """
        if purpose == "produce" and line.waits_for_sample:
            return []
        parts = [] if by is None else line.released_parts if purpose == "export" else [by]
        until = min((part.expires_on for part in parts), default=on + timedelta(days=RELEASE_DAYS))
        transit = _route(parts) if parts else line.transit
        line.clear(purpose, until)
        return [
            ClearanceGranted(
                order_id=self.id,
                line=line.number,
                purpose=purpose,
                quantity=_released(line) if by and purpose == "export" else _to_clear(line, purpose),
                destination=line.destination,
                lane=_lane(line, purpose),
                policies=tuple(line.policies),
                expires_on=until,
                transit=None if transit is None else tuple(transit),
                lots=_seen(parts) if by and by.lots is not None else _finished(line, purpose),
            )
        ]


def must_be_a_day(requested: date, today: date, field: str) -> None:
    """Refuse a day by which nothing can come, or that nobody means; ``field`` is the line's."""
    latest = today + FARTHEST_REQUEST
    if not today < requested <= latest:
        raise Refused(
            "Give a date after {today} and up to {latest}.",
            field=f"{field}.requested_date",
            today=today,
            latest=latest,
        )


def _hold(line: Line, purpose: Purpose, on: date, pieces: int, lots: tuple[ClearedLot, ...] | None) -> Hold:
    """The question that two people are asked, over the line and its lots as they are now."""
    return Hold(
        purpose=purpose,
        quantity=pieces,
        opened_on=on,
        lane=_lane(line, purpose),
        transit=line.transit,
        policies=list(line.policies),
        lots=None if lots is None else [vars(lot) for lot in lots],
        facilities=sorted(line.planned_at),
    )


def _lane(line: Line, purpose: Purpose) -> Lane:
    """Who may make it, or who made it."""
    return line.planned_lane if purpose == "produce" else line.lane


def _finished(line: Line, purpose: Purpose) -> tuple[ClearedLot, ...] | None:
    """The lots that a decision to export is about; none where nobody told of all the pieces by lot."""
    if purpose == "produce" or sum(lot.quantity for lot in line.lots) < line.good:
        return None
    return _cleared(line.staying)


def _cleared(lots: Sequence[Lot]) -> tuple[ClearedLot, ...]:
    return tuple(lot.cleared() for lot in sorted(lots, key=lambda lot: lot.code))


def _seen(parts: Sequence[Hold]) -> tuple[ClearedLot, ...]:
    lots = {lot["lot"]: ClearedLot(**lot) for part in parts for lot in part.lots or ()}
    return tuple(lots[code] for code in sorted(lots))


def _released(line: Line) -> int:
    """Pieces that may have left in the end: those released to export, and those of other lots that left before."""
    gone = sum(lot.departed for lot in line.rest)
    return min(line.wanted, gone + sum(part.quantity for part in line.released_parts))


def _route(parts: Sequence[Hold]) -> list[str] | None:
    """The countries that each of the parts may pass; where one was released for a route that nobody knew, no other."""
    known = [part.transit for part in parts if part.transit is not None]
    if len(known) < len(parts):
        return None
    return [country for country in known[0] if all(country in route for route in known)]


def _to_clear(line: Line, purpose: Purpose) -> int:
    return line.to_plan if purpose == "produce" else line.wanted


def _placed_line(line: Line) -> PlacedLine:
    return PlacedLine(
        number=line.number,
        sku=line.sku,
        quantity=line.ordered,
        unit_price=line.unit_price,
        requested_date=line.requested_date,
        consignee=line.consignee(),
        screening=line.action,
        policies=tuple(line.policies),
        transit=None if line.transit is None else tuple(line.transit),
    )
