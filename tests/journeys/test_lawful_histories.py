"""Whatever is signed, in parts or in whole, ended, asked anew and sent: nothing leaves without a release that counts.

The rules of orders decide over one line, and those of logistics act on what they were told of it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from services.logistics.domain import order as logistics
from services.logistics.domain.order import Clearance, Standing, reason_to_stay
from services.orders.domain.destination_policy import Action, Screening
from services.orders.domain.hold import RELEASE_ROLES, Hold, Signer, Statement
from services.orders.domain.lane import Lot
from services.orders.domain.order import Line, Order
from services.orders.domain.rescreening import asks_again, rescreen, verdict
from shared.events.orders import ClearanceGranted, ClearanceWithdrawn
from shared.refusal import Refused
from tests.breaking import Breaking, finds_out
from tests.logistics.builders import a_line as a_line_of_logistics
from tests.logistics.builders import an_order as an_order_of_logistics
from tests.orders.test_order import DAY, REASON, SEEN, a_line, an_order, finish

SIGNERS = st.builds(
    Signer,
    id=st.sampled_from(["person:1", "person:2", "key:1"]),
    name=st.just("A person"),
    role=st.sampled_from([*RELEASE_ROLES, *RELEASE_ROLES, "operator"]),
)
SOME = st.sampled_from([{0}, {0}, {1}, {1}, {2}, {0, 1}, {0, 1, 2}])
"""Which of the lots, by their place; those that are not there are not meant."""


class Trade(RuleBasedStateMachine):
    """One line to a country whose law asks about it, its lots, and what departed of each."""

    @initialize(
        lots=st.lists(st.integers(1, 4), min_size=1, max_size=3), made=st.sampled_from([True, True, False])
    )
    def place(self, lots: list[int], made: bool) -> None:
        self.today = DAY
        self.to_make = list(lots)
        self.gone: Counter[str] = Counter()
        self.theirs = a_line_of_logistics(order=an_order_of_logistics())
        self.order: Order = an_order(a_line(ordered=sum(lots)))
        self.line: Line = self.order.line(1)
        self._tell(self.order.place())
        if made:
            self.make_all()

    @rule(by=SIGNERS, some=SOME | st.none())
    def sign(self, by: Signer, some: set[int] | None) -> None:
        try:
            if some:
                self.order.choose(1, self._codes(some))
            events = self.order.sign_release(
                1, by=by, said=Statement(reason=REASON, digest=SEEN), on=self.today
            )
        except Refused:
            return
        self._tell([*events, *self.order.ask_for_rest(self.line, self.today)])

    @rule(some=SOME | st.none())
    def release(self, some: set[int] | None) -> None:
        for person, role in enumerate(RELEASE_ROLES, 1):
            self.sign(Signer(f"person:{person}", "A person", role), some if person == 1 else None)

    @rule()
    def make(self) -> None:
        """The next lot, while its making is cleared; what two people must sign for that, they do."""
        if self.line.produce_until is None:
            self.release(None)
        if self.line.produce_until is None or not self.to_make:
            return
        pieces = self.to_make.pop()
        self.order.plan(1, allocated=self.line.ordered, promised_date=self.today)
        self.line.lots.append(
            Lot(
                code=f"L-{len(self.line.lots)}",
                work_order_id=UUID(int=9),
                facility="LPS-SRG",
                quantity=pieces,
                lane="custodial",
                released_at=None,
            )
        )
        self._tell(finish(self.order, pieces, on=self.today))

    @rule()
    def make_all(self) -> None:
        for _ in range(len(self.to_make)):
            self.make()

    @rule(some=SOME, others=SOME, days=st.sampled_from([0, 0, 1, 61]), ends=st.booleans())
    def release_and_ship(self, some: set[int], others: set[int], days: int, ends: bool) -> None:
        """Two people release some lots, something may happen, and logistics would send lots, perhaps others."""
        self.release(some)
        self.wait(days, False)
        if ends:
            self.run_out()
        self.ship(others, True)

    @rule(some=SOME, others=SOME, parted=st.booleans())
    def ship_and_release_anew(self, some: set[int], others: set[int], parted: bool) -> None:
        """Something leaves, what was released ends, and is released again, perhaps in parts."""
        self.release(None)
        self.ship(some, False)
        self.run_out()
        self.release(others if parted else None)
        self.release(None)

    @rule()
    def change(self) -> None:
        """The consignee, the route or the facility is another one."""
        self._tell(self.order.withdraw_clearances(self.line, self.today))
        self._tell(self.order.ask_again(self.line, self.today))

    @rule()
    def run_out(self) -> None:
        """A document that the release rests on has run out."""
        if self.line.is_signed("export"):
            self._tell(self.order.end(self.line, "export", self.today, because="expired"))
            self._tell(self.order.ask_to_export(self.line, self.today))

    @rule(
        action=st.sampled_from(["allow", "hold", "hold", "hold", "block"]),
        law=st.sampled_from(["law", "another"]),
    )
    def change_the_law(self, action: Action, law: str) -> None:
        screening = Screening(
            action=action, policies=("DP-EU-1.v2",), law=(law,), explanation_en="", explanation_id=""
        )
        found = verdict(self.line, screening)
        self._tell(rescreen(self.order, self.line, screening, on=self.today))
        if asks_again(found):
            self._tell(self.order.ask_again(self.line, self.today))

    @rule(days=st.sampled_from([1, 5, 30, 61]), renewed=st.booleans())
    def wait(self, days: int, renewed: bool) -> None:
        """The services look for what ran out, but perhaps not yet."""
        self.today += timedelta(days=days)
        if renewed:
            for line, purpose in self.order.drop_stale(on=self.today):
                self._tell(self.order.ask_anew(line, purpose, self.today))
            self._tell(self.order.renew_lapsed(on=self.today))

    @rule(some=SOME, all_of_it=st.booleans())
    def ship(self, some: set[int], all_of_it: bool) -> None:
        """Logistics sends what stands there of some lots, if its rules let it."""
        there = {lot.code: lot.quantity - self.gone[lot.code] for lot in self._lots(some)}
        going = {code: left if all_of_it else (left + 1) // 2 for code, left in there.items() if left}
        if not going:
            return
        goods = Standing(
            line=self.theirs,
            lanes=frozenset(["custodial"]),
            cartons=len(going),
            pieces=sum(going.values()),
            shipped=self.gone.total(),
            lots=frozenset(going),
        )
        if reason_to_stay(goods, self.today) is None:
            self._assert_released(going)
            for code, pieces in going.items():
                self.gone[code] += pieces
                self.order.depart(1, code, pieces)

    def _assert_released(self, going: dict[str, int]) -> None:
        """Two people stand under each lot that leaves today, or no law asks for them."""
        assert self.line.action != "block"
        if self.line.action == "allow":
            return
        live = [hold for hold in self.line.holds if _counts(hold, self.today)]
        for code, pieces in going.items():
            named = [lot for hold in live for lot in hold.lots or () if lot["lot"] == code]
            assert named, f"{code} leaves, and nobody released it"
            assert self.gone[code] + pieces <= named[0]["quantity"]

    def _lots(self, some: set[int]) -> list[Lot]:
        return [lot for place, lot in enumerate(self.line.lots) if place in some]

    def _codes(self, some: set[int]) -> list[str]:
        return [lot.code for lot in self._lots(some)]

    def _tell(self, events: Sequence[object]) -> None:
        """What logistics does with what it hears: the newest decision replaces the one before."""
        for event in events:
            if isinstance(event, ClearanceGranted | ClearanceWithdrawn):
                others = [each for each in self.theirs.clearances if each.purpose != event.purpose]
                self.theirs.clearances = others
                if isinstance(event, ClearanceGranted):
                    self.theirs.clearances = [*others, _heard(event, self.today)]

    @invariant()
    def no_more_is_released_and_asked_for_than_is_wanted(self) -> None:
        line = self.line
        waiting = [hold for hold in line.holds if hold.open and hold.purpose == "export"]
        assert len(waiting) <= 1
        released = {lot["lot"] for part in line.released_parts for lot in part.lots or ()}
        for hold in waiting:
            assert hold.quantity <= line.wanted
            assert not released & {lot["lot"] for lot in hold.lots or ()}, "released, and asked for still"
        for granted in self.theirs.clearances:
            assert granted.quantity <= line.wanted

    @invariant()
    def nothing_that_was_made_waits_for_nobody(self) -> None:
        """Two people are asked about what is finished; once they are asked about nothing, all of it is released."""
        line = self.line
        waits = any(hold.open and hold.purpose == "export" for hold in line.holds)
        if line.action == "hold" and line.good == line.ordered and line.left_to("export") and not waits:
            released = {lot["lot"] for part in line.released_parts for lot in part.lots or ()}
            assert {lot.code for lot in line.lots if lot.departed < lot.quantity} <= released
            assert [each.quantity for each in self.theirs.clearances if each.purpose == "export"] == [
                line.wanted
            ]


def _counts(hold: Hold, on: date) -> bool:
    roles = {signature.role for signature in hold.signatures}
    return hold.purpose == "export" and hold.stands and hold.expires_on >= on and roles == set(RELEASE_ROLES)


def _heard(event: ClearanceGranted, on: date) -> Clearance:
    return Clearance(
        purpose=event.purpose,
        quantity=event.quantity,
        destination=event.destination,
        lane=event.lane,
        policies=list(event.policies),
        granted_on=on,
        expires_on=event.expires_on,
        transit=None if event.transit is None else list(event.transit),
        lots=None if event.lots is None else [each.lot for each in event.lots],
    )


Trade.TestCase.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
TestTrade = Trade.TestCase


def what_ended_stands_still(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Line, "end", lambda line, purpose, on: line.clear(purpose, None))


def a_part_releases_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("services.orders.domain.order._seen", lambda parts: None)


def one_signature_is_enough(patch: pytest.MonkeyPatch) -> None:
    sign = Hold.sign

    def sign_and_release(hold: Hold, by: Signer, said: Statement, on: date) -> None:
        sign(hold, by, said, on)
        hold.released_on = on

    patch.setattr(Hold, "sign", sign_and_release)


def logistics_does_not_hear_that_a_release_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Order, "_withdraw", _silently(Order._withdraw))


def _silently(withdraw: Callable[..., list[object]]) -> Callable[..., list[object]]:
    def untold(*args: Any, **kwargs: Any) -> list[object]:
        withdraw(*args, **kwargs)
        return []

    return untold


def logistics_sends_lots_that_nobody_named(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(logistics, "_of_other_lots", lambda goods, clearance: None)


def a_clearance_counts_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(logistics, "_uncovered", lambda *_: None)


@pytest.mark.parametrize(
    "breaking",
    [
        what_ended_stands_still,
        a_part_releases_all,
        one_signature_is_enough,
        logistics_does_not_hear_that_a_release_ended,
        logistics_sends_lots_that_nobody_named,
        a_clearance_counts_for_ever,
    ],
    ids=lambda breaking: breaking.__name__,
)
def test_a_broken_rule_is_found_out(monkeypatch: pytest.MonkeyPatch, breaking: Breaking) -> None:
    finds_out(Trade, breaking, monkeypatch)
