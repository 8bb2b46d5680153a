"""Premi: to the last rupiah, in a ledger that only grows, for what was accepted here whatever a buyer does later."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.production import ledger
from services.production.domain import premi as rules
from services.production.domain.premi import Scheme, largest_remainder, must_stand
from services.production.domain.work_order import WorkOrder
from services.production.handlers import agreements, people, premi
from services.production.storage import (
    hours_entry,
    premi_entry,
    premi_line,
    premi_lot,
    premi_scheme,
    work_order,
)
from shared.clock import business_now
from shared.database import Database
from shared.refusal import Refused
from tests.awaiting import somebody_waits_for_a_lock, until
from tests.clock import today
from tests.production.conftest import SRAGEN, Production
from tests.production.workforce import (
    LONG_AGO,
    SCHEME,
    SKU,
    a_lot,
    a_scheme,
    agreement_of,
    some_workers,
    without_schemes,
    worked,
)

DAY = date(2026, 1, 5)


def scheme(**changes: Any) -> Scheme:
    values = {
        "id": uuid4(),
        "agreement_id": UUID(int=1),
        "basis": "piece",
        "worker_pct": Decimal(50),
        "capital_pct": Decimal(35),
        "state_pct": Decimal(15),
        "valid_from": DAY,
        "valid_to": DAY + timedelta(days=30),
        "legal_ref": "Kepmenkeh M.01-PP.02.01/1990",
        "approved_by_role": "kanwil",
        "rates": {"A": 1},
        **changes,
    }
    return Scheme(**values)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any))
def test_parts_are_the_whole_to_the_last_rupiah(whole: int, weights: list[int]) -> None:
    parts = largest_remainder(whole, weights)
    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - whole * weight) < sum(weights)


@given(st.integers(1, 10**10), st.integers(0, 10_000), st.data())
def test_an_accrual_and_its_sharing_add_up_to_nothing(worth: int, share: int, data: st.DataObject) -> None:
    rest = data.draw(st.integers(0, 10_000 - share))
    percent = [Decimal(part) / 100 for part in (share, rest, 10_000 - share - rest)]
    lines = rules.accrued(scheme(worker_pct=percent[0], capital_pct=percent[1], state_pct=percent[2]), worth)
    assert sum(line.idr for line in lines) == 0
    theirs = -sum(line.idr for line in lines if line.account == "workers")
    people = data.draw(st.dictionaries(st.uuids(), st.integers(1, 420), min_size=1, max_size=20))
    assert theirs == -sum(line.idr for line in rules.shared(theirs, people) if line.worker)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"worker_pct": Decimal(51)}, "must add up to 100; they are 101"),
        ({"worker_pct": Decimal(0), "capital_pct": Decimal(85)}, "Give the workers a share above 0"),
        ({"rates": {}}, "Give rates by article"),
        ({"basis": "hour"}, "Give hourly_idr"),
        ({"basis": "hour", "hourly_idr": 12_614}, "Give rates by article"),
        ({"valid_to": DAY - timedelta(days=1)}, "on or after the first"),
        ({"valid_from": DAY + timedelta(days=30), "valid_to": DAY + timedelta(days=60)}, "Another scheme"),
    ],
)
def test_a_scheme_that_does_not_stand_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        must_stand(scheme(**changes), [scheme()])


def test_a_scheme_ends_today_or_later_and_another_follows_it() -> None:
    for on in (DAY - timedelta(days=1), DAY + timedelta(days=31)):
        with pytest.raises(Refused, match="Give a day from"):
            rules.ended(scheme(), on=on, today=DAY)
    ended = rules.ended(scheme(), on=DAY, today=DAY)
    must_stand(scheme(valid_from=DAY + timedelta(days=1)), [ended])


def test_shares_go_by_pieces_only_where_everybodys_were_entered() -> None:
    one, other = uuid4(), uuid4()
    minutes = {one: 60, other: 120}
    assert rules.weights_of(minutes, {one: 5, other: 5}) == {one: 5, other: 5}
    assert rules.weights_of(minutes, {one: 5, other: 0}) == minutes


def test_hours_are_worth_the_rate_and_pieces_theirs() -> None:
    by_hour = scheme(basis="hour", hourly_idr=12_614, rates={})
    assert by_hour.worth("A", pieces=9, minutes=90) == 18_921
    assert scheme(rates={"A": 7}).worth("A", pieces=9, minutes=0) == 63
    assert scheme().worth("B", pieces=9, minutes=60) is None


def balances(database: Database) -> dict[str, int]:
    with database.transaction() as session:
        rows = session.execute(
            select(premi_line.c.account, func.sum(premi_line.c.idr)).group_by(premi_line.c.account)
        )
        return {account: int(idr) for account, idr in rows}


def entry_of(session: Any, kind: str) -> int:
    query = select(premi_entry.c.id).where(premi_entry.c.kind == kind).order_by(premi_entry.c.id.desc())
    return int(session.execute(query.limit(1)).scalar_one())


def test_accepted_pieces_are_owed_shared_by_hours_and_paid(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        a_scheme(session)
        first, second, third = some_workers(session).values()
    work, lot = a_lot(shared_out, 101)
    worth = 101 * 2_943
    assert balances(shared_out.database) == {
        "partner": worth,
        "workers": -148_622,
        "capital": -104_035,
        "state": -44_586,
    }
    with shared_out.database.transaction() as session, pytest.raises(Refused, match="enter them first"):
        premi.share(session, facility=SRAGEN, lot=lot)
    with shared_out.database.transaction() as session:
        worked(session, {first: 180, second: 180, third: 75}, work)
        premi.share(session, facility=SRAGEN, lot=lot)
        owed = [premi.owed(session, one) for one in (first, second, third)]
        assert (sum(owed), owed) == (148_622, [61_499, 61_499, 25_624])
        with pytest.raises(Refused, match="shared out already"):
            premi.share(session, facility=SRAGEN, lot=lot)
        with pytest.raises(Refused, match="from 1 to the 61499"):
            premi.pay(session, facility=SRAGEN, worker_id=first, idr=61_500)
        premi.pay(session, facility=SRAGEN, worker_id=first, idr=61_000)
        people.leave(session, facility=SRAGEN, workers=[first])
        assert premi.owed(session, first) == 0
    assert balances(shared_out.database)["paid"] == -61_499
    assert sum(balances(shared_out.database).values()) == 0


def test_a_profit_is_shared_to_the_last_rupiah_where_it_does_not_divide(shared_out: Production) -> None:
    """What rounding leaves of 33,633 goes to capital and state, whose remainders are the largest."""
    with shared_out.database.transaction() as session:
        a_scheme(
            session,
            basis="profit_share",
            rates={SKU: 333},
            worker_pct=Decimal("33.34"),
            capital_pct=Decimal("33.33"),
            state_pct=Decimal("33.33"),
        )
        one, other = some_workers(session, 2).values()
    work, lot = a_lot(shared_out, 101)
    held = balances(shared_out.database)
    assert held == {"partner": 33_633, "workers": -11_213, "capital": -11_210, "state": -11_210}
    assert sum(held.values()) == 0
    with shared_out.database.transaction() as session:
        worked(session, {one: 60, other: 120}, work)
        premi.share(session, facility=SRAGEN, lot=lot)
        owed = [premi.owed(session, each) for each in (one, other)]
        assert (owed, sum(owed)) == ([3_738, 7_475], 11_213)
    assert balances(shared_out.database) == {**held, "workers": 0, "worker": -11_213}


def test_a_mistake_is_reversed_and_done_again(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        a_scheme(session)
        first, second = some_workers(session, 2).values()
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        worked(session, {first: 60}, work)
        premi.share(session, facility=SRAGEN, lot=lot)
        worked(session, {second: 60}, work)
        with pytest.raises(Refused, match="Reverse first how"):
            premi.reverse(
                session, facility=SRAGEN, entry_id=entry_of(session, "accrued"), reason="Wrong rate."
            )
        shared_entry = entry_of(session, "shared")
        said: dict[str, Any] = {"facility": SRAGEN, "entry_id": shared_entry, "reason": "Hours were missing."}
        premi.reverse(session, **said)
        with pytest.raises(Refused, match="reversed already"):
            premi.reverse(session, **said)
        premi.share(session, facility=SRAGEN, lot=lot)
        assert [premi.owed(session, one) for one in (first, second)] == [73_575, 73_575]


def test_a_lot_without_a_scheme_waits_for_one_and_is_then_owed_for(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        without_schemes(session)
    work, lot = a_lot(shared_out)
    assert balances(shared_out.database) == {}
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
        worked(session, {one: 60}, work)
        with pytest.raises(Refused, match="Nothing is due by the agreement's scheme"):
            premi.share(session, facility=SRAGEN, lot=lot)
        a_scheme(session)
    assert balances(shared_out.database)["partner"] == 294_300


def test_by_the_hour_each_hour_is_paid_once(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        a_scheme(
            session,
            basis="hour",
            hourly_idr=10_000,
            rates={},
            worker_pct=Decimal(100),
            capital_pct=Decimal(0),
            state_pct=Decimal(0),
        )
        first, second = some_workers(session, 2).values()
    work, lot = a_lot(shared_out, 10)
    _, another = a_lot(shared_out, 10)
    with shared_out.database.transaction() as session:
        worked(session, {first: 90, second: 30}, work)
        premi.share(session, facility=SRAGEN, lot=lot)
        with pytest.raises(Refused, match="hours are paid once"):
            premi.share(session, facility=SRAGEN, lot=another)
        assert [premi.owed(session, one) for one in (first, second)] == [15_000, 5_000]


def test_who_withdrew_the_consent_is_owed_their_whole_share_of_what_was_made_before(
    shared_out: Production,
) -> None:
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        one, other = some_workers(session, 2).values()
        worked(session, {one: 60, other: 60}, work)
        people.withdraw_consent(
            session,
            facility=SRAGEN,
            workers=[one],
            agreement_id=agreement_of(session),
            purposes=["work", "data"],
        )
        premi.share(session, facility=SRAGEN, lot=lot)
        assert premi.owed(session, one) == premi.owed(session, other) == 2_943 * 100 // 2 // 2
        premi.pay(session, facility=SRAGEN, worker_id=one, idr=premi.owed(session, one))


def test_two_lots_of_a_day_are_shared_out_one_after_the_other(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
    work, lot = a_lot(shared_out, 10)
    _, another = a_lot(shared_out, 10)
    with shared_out.database.transaction() as session:
        worked(session, {one: 60}, work)
    with shared_out.database.transaction() as session:
        premi.share(session, facility=SRAGEN, lot=lot)
        with (
            pytest.raises(DBAPIError, match="lock timeout"),
            shared_out.database.transaction() as beside,
        ):
            beside.execute(text("SET LOCAL lock_timeout = '50ms'"))
            premi.share(beside, facility=SRAGEN, lot=another)


def test_a_new_scheme_books_the_lots_of_its_days_that_were_never_booked(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        a_scheme(session)
    _, reversed_lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        entry = entry_of(session, "accrued")
        premi.reverse(session, facility=SRAGEN, entry_id=entry, reason="Wrong rate.")
    with shared_out.database.transaction() as session:
        session.execute(update(premi_scheme).values(valid_to=LONG_AGO))
    _, waiting = a_lot(shared_out)
    later = {"valid_from": today() + timedelta(days=1), "valid_to": today() + timedelta(days=2)}
    for days, booked in ((later, []), ({"valid_from": today(), "valid_to": today()}, [waiting])):
        with shared_out.database.transaction() as session:
            last = entry_of(session, "reversed")
            one = {**SCHEME, "agreement_id": agreement_of(session), **days}
            premi.make_scheme(session, **one)
            new = select(premi_entry.c.lot).where(premi_entry.c.id > last)
            assert session.execute(new).scalars().all() == booked
    assert reversed_lot != waiting


def test_work_goes_on_while_its_agreement_is_amended_or_gets_a_scheme(shared_out: Production) -> None:
    """Whoever inspects holds the facility, which an amendment asks for too: one must not wait for the other."""
    work = shared_out.sragen.started()["id"]
    with shared_out.database.transaction() as session:
        of = agreement_of(session)
        scheme = premi.schemes_of(session, of)[0]
    new_words: dict[str, Any] = {
        "purpose": "work",
        "valid_from": today() + timedelta(days=1),
        "words": "New.",
    }
    changes: list[Callable[[Session], object]] = [
        lambda session: agreements.amend(session, agreement_id=of),
        lambda session: premi.end_scheme(session, scheme=scheme, on=scheme.valid_to),
        lambda session: people.set_words(session, agreement_id=of, **new_words),
    ]
    for lot, change in enumerate(changes):
        with shared_out.database.transaction() as session:
            change(session)
            with shared_out.database.transaction() as beside:
                beside.execute(text("SET LOCAL lock_timeout = '2s'"))
                order = beside.get_one(WorkOrder, UUID(work))
                premi.accept_lot(beside, order, lot=f"SRG-{lot}", pieces=5)


def test_a_scheme_waits_for_a_lot_that_is_being_accepted_and_books_it(shared_out: Production) -> None:
    """Neither would see the other, and the lot would be owed for only once it is shared out."""
    database, work = shared_out.database, shared_out.sragen.started()["id"]
    with database.transaction() as session:
        without_schemes(session)

    def make() -> None:
        with database.transaction() as session:
            a_scheme(session)

    with ThreadPoolExecutor(1) as beside:
        with database.transaction() as session:
            premi.accept_lot(session, session.get_one(WorkOrder, UUID(work)), lot="SRG-1", pieces=5)
            made = beside.submit(make)
            until(lambda: made.done() or somebody_waits_for_a_lock(database))
        made.result()
    assert balances(database)["partner"] > 0


STATEMENTS = {
    "UPDATE premi_line SET idr = idr * 2": "append only",
    "DELETE FROM premi_line": "append only",
    "UPDATE premi_entry SET facility = facility": "append only",
    "DELETE FROM premi_lot": "append only",
    "INSERT INTO premi_line VALUES (1, 9, 'paid', NULL, -5)": "do not add up",
    "INSERT INTO premi_entry (facility, kind, booked_on, recorded_at) SELECT facility, 'paid', now(), now()"
    " FROM premi_entry LIMIT 1": "do not add up",
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_itself_keeps_the_ledger(shared_out: Production, statement: str) -> None:
    with shared_out.database.transaction() as session:
        a_scheme(session)
    a_lot(shared_out)
    with (
        pytest.raises(DBAPIError, match=STATEMENTS[statement]),
        shared_out.database.transaction() as session,
    ):
        session.execute(text(statement))


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["lot", "share", "pay", "reverse"]),
        st.integers(0, 30),
        st.dictionaries(st.integers(0, 2), st.integers(1, 8).map(lambda n: n * 15), min_size=1),
    ),
    max_size=12,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(HAPPENINGS)
def test_whatever_happens_nothing_is_lost_and_nobody_is_paid_more_than_was_owed(
    shared_out: Production, happenings: list[tuple[str, int, dict[int, int]]]
) -> None:
    """By the handlers: lots come, are shared out and paid, and any entry may be reversed, as far as that is taken."""
    database = shared_out.database
    with database.transaction() as session:
        if session.execute(select(premi_entry.c.id)).first() is None:
            a_scheme(session)
        team = list(some_workers(session, 3).values())
    for kind, n, minutes in happenings:
        with database.transaction() as session:
            before = {one: premi.owed(session, one) for one in team}
        with suppress(Refused), database.transaction() as session:
            happens(session, kind, n, {team[who]: count for who, count in minutes.items()})
        with database.transaction() as session:
            sums = session.execute(
                select(func.sum(premi_line.c.idr)).group_by(premi_line.c.entry_id)
            ).scalars()
            assert set(sums) <= {0}
            if kind != "reverse":
                assert all(premi.owed(session, one) >= min(owed, 0) for one, owed in before.items())
            waits = sum(lot["idr"] or 0 for lot in ledger.waiting_lots(session, SRAGEN))
            assert ledger.accounts_of(session, SRAGEN)["workers"] == waits, (
                "shared out or waiting, nothing else"
            )


def happens(session: Session, kind: str, n: int, minutes: dict[UUID, int]) -> None:
    order = session.execute(select(WorkOrder).where(work_order.c.facility == SRAGEN)).scalars().first()
    assert order is not None
    lots = session.execute(select(premi_lot.c.lot).order_by(premi_lot.c.lot)).scalars().all()
    entries = session.execute(select(premi_entry.c.id).order_by(premi_entry.c.id)).scalars().all()
    if kind == "lot":
        rows = [
            {"facility": SRAGEN, "worker_id": one, "work_order_id": order.id, "worked_on": today()}
            | {"minutes": count, "recorded_at": business_now(session)}
            for one, count in minutes.items()
            if not session.execute(select(hours_entry.c.id).where(hours_entry.c.worker_id == one)).first()
        ]
        if rows:
            session.execute(insert(hours_entry), rows)
        premi.accept_lot(session, order, lot=f"SRG-{len(lots):04}", pieces=n + 1)
    elif kind == "share" and lots:
        premi.share(session, facility=SRAGEN, lot=lots[-1 - n % len(lots)])
    elif kind == "pay":
        premi.pay(session, facility=SRAGEN, worker_id=min(minutes), idr=1_000 * (n + 1))
    elif kind == "reverse" and entries:
        premi.reverse(session, facility=SRAGEN, entry_id=entries[-1 - n % len(entries)], reason="Wrong.")
