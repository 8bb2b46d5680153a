"""People's work without names: codes, consent, hours within the limits, and nothing about anybody elsewhere."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.production.domain.hours import must_fit
from services.production.handlers import hours, people
from services.production.storage import hours_entry, refusal, tables, worker
from shared.clock import advance, business_now
from shared.messaging.tables import outbox_event
from shared.refusal import Refused
from shared.sight import ALL, only
from tests.clock import in_days, today
from tests.production.conftest import KLATEN, SRAGEN, Production, monday
from tests.production.workforce import agreement_of, consented, some_workers, worked

MONDAY = date(2026, 1, 5)


@given(st.lists(st.tuples(st.integers(0, 27), st.integers(1, 32)), max_size=80))
def test_whatever_is_entered_nobody_has_more_than_the_limits(wanted: list[tuple[int, int]]) -> None:
    there: dict[date, int] = {}
    for offset, quarters in wanted:
        day = MONDAY + timedelta(days=offset)
        try:
            must_fit("SRG-7K3Q", there, day, quarters * 15, field="hours")
        except Refused:
            continue
        there[day] = there.get(day, 0) + quarters * 15
    assert all(minutes <= 420 for minutes in there.values())
    for week in range(4):
        assert sum(there.get(MONDAY + timedelta(weeks=week, days=n), 0) for n in range(7)) <= 2_400
    for first in range(28):
        assert not all(there.get(MONDAY + timedelta(days=first + n), 0) for n in range(7))


@pytest.mark.parametrize(
    ("there", "more", "said"),
    [
        ({0: 240}, 240, "At most 7 hours a day: SRG-7K3Q has 4 on 2026-01-05, and 4 more"),
        (dict.fromkeys(range(1, 6), 420), 360, "At most 40 hours a week: SRG-7K3Q has 35 in the week from"),
        (dict.fromkeys((-3, -2, -1, 1, 2, 3), 60), 60, "One day of rest in seven"),
    ],
)
def test_a_limit_is_told_with_what_is_there(there: dict[int, int], more: int, said: str) -> None:
    worked_on = {MONDAY + timedelta(days=n): minutes for n, minutes in there.items()}
    with pytest.raises(Refused, match=said):
        must_fit("SRG-7K3Q", worked_on, MONDAY, more, field="hours")


def test_codes_are_random_and_seen_by_nobody_but_their_facility(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        codes = list(some_workers(session, 40))
    assert len(set(codes)) == 40
    assert all(code.startswith("SRG-") and len(code) == 8 for code in codes)
    assert codes != sorted(codes)
    web = shared_out.client.application.extensions["kendi"].database
    for sees, seen in (
        (only("facility_officer", SRAGEN), 40),
        (only("facility_officer", KLATEN), 0),
        (ALL, 0),
    ):
        with web.transaction(sees=sees) as session:
            assert len(session.execute(select(worker)).all()) == seen, sees
            assert (len(session.execute(text("SELECT FROM consent")).all()) > 0) == bool(seen)


def test_hours_need_consent_to_the_words_as_they_are_and_stop_when_it_is_withdrawn(
    shared_out: Production,
) -> None:
    work = UUID(shared_out.sragen.started()["id"])
    with shared_out.database.transaction() as session:
        of = agreement_of(session)
        first, second = some_workers(session, 2).values()
        (new,) = people.register(session, facility=SRAGEN, count=1, eligible=True)
        stranger = session.execute(select(worker.c.id).where(worker.c.code == new)).scalar_one()
    with (
        pytest.raises(Refused, match=f"{new} has not consented to work"),
        shared_out.database.transaction() as session,
    ):
        worked(session, {first: 60, stranger: 60}, work)
    with shared_out.database.transaction() as session:
        assert session.execute(select(hours_entry)).all() == [], "nothing is half done"
        worked(session, {stranger: 60})  # the facility's own work
        worked(session, {first: 60}, work)
        people.withdraw_consent(
            session, facility=SRAGEN, workers=[second], agreement_id=of, purposes=["work"]
        )
        moment = business_now(session)
        for ended_at in (None, moment + timedelta(minutes=1)):
            with pytest.raises(Refused, match="withdrew the consent"):
                worked(session, {second: 60}, work, ended_at=ended_at)
        worked(session, {second: 60}, work, ended_at=moment)
        people.set_words(session, agreement_id=of, purpose="work", valid_from=in_days(1), words="New words.")
        advance(session, timedelta(days=1))
        with pytest.raises(Refused, match="are new since"):
            worked(session, {first: 60}, work, in_days(1))
        consented(session, [first], given_on=in_days(1))
        worked(session, {first: 60}, work, in_days(1))


def test_a_new_consent_covers_no_day_before_the_last_was_withdrawn(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        of = agreement_of(session)
        one, other = some_workers(session, 2).values()
        people.withdraw_consent(session, facility=SRAGEN, workers=[one], agreement_id=of, purposes=["work"])
        advance(session, timedelta(days=4))
        with pytest.raises(Refused, match=f"withdrew that consent on {today()}") as refused:
            consented(session, [other, one], given_on=in_days(-1))
        assert refused.value.field == "given_on"
        consented(session, [one], given_on=in_days(-1), purposes=["data"])
        consented(session, [one], given_on=today())


def test_hours_are_raised_by_a_correction_only_with_consent(shared_out: Production) -> None:
    work = UUID(shared_out.sragen.started()["id"])
    with shared_out.database.transaction() as session:
        one, other = some_workers(session, 2).values()
        worked(session, {one: 60}, work)
        worked(session, {other: 60})
        people.withdraw_consent(
            session,
            facility=SRAGEN,
            workers=[one, other],
            agreement_id=agreement_of(session),
            purposes=["work"],
        )
        partners, own = session.execute(select(hours_entry.c.id).order_by(hours_entry.c.id)).scalars()
        said: dict[str, Any] = {"facility": SRAGEN, "pieces": 0, "reason": "Counted wrong."}
        with pytest.raises(Refused, match="withdrew the consent"):
            hours.correct(session, entry_id=partners, minutes=420, **said)
        hours.correct(session, entry_id=partners, minutes=30, **said)
        hours.correct(session, entry_id=own, minutes=420, **said)
        assert session.execute(select(hours_entry.c.minutes)).scalars().all() == [60, 60, -30, 360]


def test_who_is_not_eligible_or_left_has_no_hours(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        gone, stays = some_workers(session, 2).values()
        people.register(session, facility=SRAGEN, count=1, eligible=False)
        unfit = session.execute(select(worker.c.id).where(worker.c.eligible.is_(False))).scalar_one()
        with pytest.raises(Refused, match="is not eligible"):
            worked(session, {unfit: 60})
        with pytest.raises(Refused, match=f"came on {today()}"):
            worked(session, {stays: 60}, day=in_days(-1))
        people.leave(session, facility=SRAGEN, workers=[gone])
        advance(session, timedelta(days=1))
        with pytest.raises(Refused, match="left on"):
            worked(session, {gone: 60}, day=in_days(1))
        with pytest.raises(Refused, match="Choose workers of this facility"):
            people.leave(session, facility=KLATEN, workers=[stays])


def test_hours_are_corrected_by_entries_of_their_own_and_never_changed(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
        worked(session, {one: 240})
        entry = session.execute(select(hours_entry.c.id)).scalar_one()
        with pytest.raises(Refused, match="has 4 hours for this work on"):
            worked(session, {one: 60})
        said = {"facility": SRAGEN, "entry_id": entry, "pieces": 0, "reason": "Counted wrong."}
        with pytest.raises(Refused, match="At most 7 hours a day"):
            hours.correct(session, minutes=480, **said)
        hours.correct(session, minutes=120, **said)
        assert session.execute(select(hours_entry.c.minutes)).scalars().all() == [240, -120]
    for statement in ("UPDATE hours_entry SET minutes = 60", "DELETE FROM hours_entry"):
        with (
            pytest.raises(DBAPIError, match="append only"),
            shared_out.database.transaction() as session,
        ):
            session.execute(text(statement))
    too_many = (
        "INSERT INTO hours_entry (facility, worker_id, worked_on, minutes, recorded_at)"
        " SELECT facility, worker_id, worked_on, 420, now() FROM hours_entry LIMIT 1"
    )
    with pytest.raises(DBAPIError, match="0 to 420"), shared_out.database.transaction() as session:
        session.execute(text(too_many))


def test_a_weeks_limit_counts_the_own_work_beside_the_partners_at_entry_and_correction(
    shared_out: Production,
) -> None:
    work, first = UUID(shared_out.sragen.started()["id"]), monday(1)
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
        advance(session, timedelta(days=13))
        for day in days_from(first, 5):
            worked(session, {one: 210}, work, day)
            worked(session, {one: 210}, None, day)
        saturday = first + timedelta(days=5)
        with pytest.raises(Refused, match=r"At most 40 hours a week: .* has 35 in the week from"):
            worked(session, {one: 360}, None, saturday)
        assert entered(session) == [210] * 10
        worked(session, {one: 300}, None, saturday)
        entry = session.execute(select(func.max(hours_entry.c.id))).scalar_one()
        with pytest.raises(Refused, match=r"At most 40 hours a week: .* has 40 in the week from"):
            hours.correct(
                session, facility=SRAGEN, entry_id=entry, minutes=315, pieces=0, reason="Counted wrong."
            )
        assert entered(session) == [210] * 10 + [300]


def test_the_seventh_day_in_a_row_is_a_day_of_rest_at_entry_and_correction_whatever_week_it_is_in(
    shared_out: Production,
) -> None:
    wednesday = monday(1) + timedelta(days=2)
    after = wednesday + timedelta(days=7)
    with shared_out.database.transaction() as session:
        one, rested = some_workers(session, 2).values()
        advance(session, timedelta(days=17))
        worked(session, {one: 60}, day=wednesday)
        entry = session.execute(select(hours_entry.c.id)).scalar_one()
        said: dict[str, Any] = {"facility": SRAGEN, "entry_id": entry, "pieces": 0}
        hours.correct(session, minutes=0, reason="That was another day.", **said)
        for day in days_from(wednesday + timedelta(days=1), 6):
            worked(session, {one: 60}, day=day)
        before = entered(session)
        assert before == [60, -60, *[60] * 6]
        with pytest.raises(Refused, match="One day of rest in seven"):
            worked(session, {rested: 60, one: 60}, day=after)
        with pytest.raises(Refused, match="One day of rest in seven"):
            hours.correct(session, minutes=60, reason="It was that day.", **said)
        assert entered(session) == before
        worked(session, {rested: 60}, day=after)
        worked(session, {one: 60}, day=after + timedelta(days=1))


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def entered(session: Session) -> list[int]:
    """The minutes of each entry, in their order."""
    return list(session.execute(select(hours_entry.c.minutes).order_by(hours_entry.c.id)).scalars())


def test_a_refusal_has_no_effect_on_anything(shared_out: Production) -> None:
    shared_out.sragen.started()
    with shared_out.database.transaction() as session:
        some_workers(session, 3)
        before = everything_but_refusals(session)
        people.count_refusals(
            session, facility=SRAGEN, agreement_id=agreement_of(session), day=today(), people=7
        )
        assert session.execute(select(refusal.c.people)).scalars().all() == [7]
        assert everything_but_refusals(session) == before


def everything_but_refusals(session: Session) -> dict[str, list[str]]:
    """All rows of the service, and what waits to be told."""
    kept = {table.name: table for table in (*tables.sorted_tables, outbox_event) if table is not refusal}
    assert {"worker", "warning", "outbox_event", "premi_line"} <= kept.keys()
    return {name: sorted(str(row) for row in session.execute(select(table))) for name, table in kept.items()}
