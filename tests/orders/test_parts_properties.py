"""Whatever parts are released, depart and go to stock: who signs is asked about all that can still go, and nothing else."""

from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.orders.domain import taking_back
from services.orders.domain.hold import Hold
from services.orders.domain.lane import Lot
from services.orders.domain.order import Line
from tests.breaking import Breaking, finds_out
from tests.orders.test_handlers import SRAGEN, WHEN
from tests.orders.test_order import DAY, OFFICE, OFFICER, SAID, a_line, an_order, finish

LOTS = ("A", "B", "C")
PIECES = st.integers(1, 5)


class Parts(RuleBasedStateMachine):
    """A held line, made in three lots: what is signed for, what leaves, and what is taken back."""

    @initialize(quantities=st.tuples(PIECES, PIECES, PIECES))
    def make(self, quantities: tuple[int, int, int]) -> None:
        self.line = a_line(ordered=sum(quantities))
        self.order = an_order(self.line)
        self.order.place()
        self.requests = 0
        self._sign()
        self.order.plan(1, allocated=self.line.ordered, promised_date=DAY)
        for code, quantity in zip(LOTS, quantities, strict=True):
            self.line.lots.append(
                Lot(
                    code=code,
                    work_order_id=UUID(int=1),
                    facility=SRAGEN,
                    quantity=quantity,
                    lane="custodial",
                    released_at=WHEN,
                )
            )
            finish(self.order, quantity, on=DAY)
        self.line.packed = self.line.good

    @rule(lots=st.sets(st.sampled_from(LOTS), min_size=1))
    def release(self, lots: set[str]) -> None:
        waiting = self._waiting()
        if waiting is not None and lots <= {each["lot"] for each in waiting.lots or ()}:
            self.order.choose(1, sorted(lots))
            self._sign()
            self.order.ask_for_rest(self.line, DAY)

    @rule(code=st.sampled_from(LOTS), pieces=PIECES)
    def depart(self, code: str, pieces: int) -> None:
        lot = self._lot(code)
        if any(part.names(code) for part in self.line.released_parts) and lot.staying:
            self.order.depart(1, code, min(pieces, lot.staying))

    @rule(code=st.sampled_from(LOTS), pieces=PIECES)
    def take_to_stock(self, code: str, pieces: int) -> None:
        pieces = min(pieces, self._lot(code).staying)
        if not pieces:
            return
        self.requests += 1
        id = UUID(int=self.requests)
        asked = [(self.line, pieces)]
        taking_back.request(self.order, asked, id=id, reason="Not needed.", unpack=True, on=DAY)
        taking_back.count_stopped(self.order, 1, id, stopped=0, going_on=(), on=DAY)
        taking_back.count_withheld(self.order, 1, id, lot=code, quantity=pieces, unpacked=pieces, on=DAY)
        if self.order.drop_emptied(self.line, on=DAY):
            self.order.ask_anew(self.line, "export", DAY)
        taking_back.conclude(self.order, 1, id, kept=(), on=DAY)

    def _sign(self) -> None:
        for signer in (OFFICER, OFFICE):
            self.order.sign_release(1, by=signer, said=SAID, on=DAY)

    def _lot(self, code: str) -> Lot:
        return next(lot for lot in self.line.lots if lot.code == code)

    def _waiting(self) -> Hold | None:
        return self.line.open_hold

    @invariant()
    def each_lot_that_can_still_go_is_released_or_asked_about_once(self) -> None:
        parts = [*self.line.released_parts, *filter(None, [self._waiting()])]
        for lot in self.line.staying:
            assert sum(part.names(lot.code) for part in parts) == 1

    @invariant()
    def nobody_is_asked_where_nothing_can_go(self) -> None:
        waiting = self._waiting()
        assert waiting is None or any(waiting.names(lot.code) for lot in self.line.staying)

    @invariant()
    def what_goes_and_what_stays_add_up(self) -> None:
        assert sum(lot.quantity - lot.withheld for lot in self.line.lots) == self.line.wanted
        assert sum(lot.departed for lot in self.line.lots) == self.line.departed
        assert all(hold.quantity > 0 for hold in self.line.holds)


Parts.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestParts = Parts.TestCase


def what_is_in_stock_is_asked_about(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lot, "staying", property(lambda lot: lot.quantity - lot.departed))


def nobody_asks_for_the_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Line, "rest", property(lambda line: line.lots[:1]))


@pytest.mark.parametrize(
    "breaking",
    [what_is_in_stock_is_asked_about, nobody_asks_for_the_others],
    ids=lambda breaking: breaking.__name__,
)
def test_a_broken_rule_is_found_out(monkeypatch: pytest.MonkeyPatch, breaking: Breaking) -> None:
    finds_out(Parts, breaking, monkeypatch)
