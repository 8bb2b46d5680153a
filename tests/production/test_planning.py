"""Plans over a real database: honest when many are made at once, closed without a valid clearance."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from services.production.domain.calendar import working_day_after
from services.production.handlers import capacities, hearing, rating
from services.production.storage import capability, demand, facility, work_order
from shared.clock import advance
from shared.messaging.tables import Inbox, inbox
from shared.refusal import Refused
from tests.clock import today
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, a_clearance, an_order


def staff(production: Production, **workers: int) -> None:
    """Give facilities workers: ``staff(production, RTN_BYL=5)``."""
    with production.database.transaction() as session:
        for code, count in workers.items():
            capacities.set_capacity(
                session, code=code.replace("_", "-"), open_minutes=360, workers={FAMILY: count}
            )


def parked_or_failing(production: Production) -> list[str]:
    with production.database.transaction() as session:
        failing = select(inbox.c.last_error).where(
            inbox.c.state.not_in([Inbox.DONE, Inbox.SKIPPED]), inbox.c.last_error.is_not(None)
        )
        return list(session.execute(failing).scalars())


def test_plans_made_at_once_do_not_count_on_the_same_hours(production: Production) -> None:
    orders = [UUID(int=number) for number in range(1, 13)]
    production.hears(*(an_order(order_id=order, quantity=10_000) for order in orders))

    def plan(order: UUID) -> None:
        with production.database.transaction() as session:
            event = a_clearance(order_id=order, quantity=10_000)
            hearing.on_clearance_granted(session, event, None)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(plan, orders))
    with production.database.transaction() as session:
        rows = session.execute(
            select(work_order.c.facility, work_order.c.number, work_order.c.due).order_by(work_order.c.id)
        ).all()
        latest = select(
            work_order.c.facility,
            func.sum(work_order.c.quantity).label("pieces"),
            func.max(work_order.c.due).label("due"),
        ).group_by(work_order.c.facility)
        facilities = session.execute(latest).all()
    assert len({row.number for row in rows}) == len(rows)
    assert sum(at.pieces for at in facilities) == 12 * 10_000
    a_day = {SRAGEN: 30_600, KLATEN: 5_400}
    for at in facilities:
        days = -(-at.pieces * 14 // a_day[at.facility])
        assert at.due >= working_day_after(today(), days), f"{at.facility} is promised for more than it makes"


def test_several_facilities_take_part_and_numbers_name_them(production: Production) -> None:
    staff(production, LPS_WNG=24, RTN_SKA=6, RTN_BYL=5)
    for number, quantity in enumerate((18_000, 12_000, 11_000, 10_000), start=1):
        order = UUID(int=number)
        production.hears(
            an_order(order_id=order, quantity=quantity), a_clearance(order_id=order, quantity=quantity)
        )
    rows = production.office.work_orders()
    assert sum(row["quantity"] for row in rows) == 51_000
    assert len({row["facility"] for row in rows}) >= 3
    assert all(row["number"].startswith("WO-") and row["why"] for row in rows)
    year = today().year
    first = min(row["number"] for row in rows if row["facility"] == SRAGEN)
    assert first == f"WO-SRG-{year}-0001"


def test_only_verified_facilities_that_take_part_are_asked(production: Production) -> None:
    with production.database.transaction() as session:
        session.execute(update(facility).where(facility.c.code == SRAGEN).values(verified=False))
        session.execute(update(facility).where(facility.c.code == KLATEN).values(producing=False))
    production.hears(an_order(), a_clearance())
    ((_, plan),) = production.told()
    assert (plan["allocated"], plan["unallocated"], plan["promised_date"]) == (0, 1_000, None)
    assert production.office.work_orders() == []


def test_what_was_left_over_is_shared_out_when_the_clearance_is_renewed(production: Production) -> None:
    staff(production, LPS_SRG=0, LPS_KLT=0)
    production.hears(an_order(), a_clearance())
    staff(production, LPS_KLT=20)
    production.hears(a_clearance())
    assert [plan["unallocated"] for _, plan in production.told("production_planned")] == [1_000, 0]
    assert [row["facility"] for row in production.office.work_orders()] == [KLATEN]


def test_an_order_too_large_for_years_is_planned_as_far_as_it_goes(production: Production) -> None:
    production.hears(an_order(quantity=10_000_000), a_clearance(quantity=10_000_000))
    ((_, plan), *_offers) = production.told()
    assert plan["allocated"] + plan["unallocated"] == 10_000_000
    assert plan["unallocated"] > 0
    assert plan["promised_date"] is None


@pytest.mark.parametrize("change", [{"quantity": 1_001}, {"destination": "US"}], ids=str)
def test_a_clearance_that_contradicts_the_line_lets_nothing_be_made_and_is_seen(
    production: Production, change: dict[str, object]
) -> None:
    production.hears(an_order(), a_clearance(**change))
    assert production.told() == []
    (failing,) = parked_or_failing(production)
    assert "Refused" in failing


def test_what_is_declined_after_the_clearance_ran_out_is_given_to_nobody(shared_out: Production) -> None:
    (declined,) = shared_out.sragen.work_orders()
    with shared_out.database.transaction() as session:
        advance(session, timedelta(days=91))
    assert shared_out.sragen.do(declined, "decline", reason="Bengkel kerja penuh").status_code == 200
    (_, refused), (_, plan) = shared_out.told()[-2:]
    assert (refused["quantity"], plan["unallocated"]) == (declined["quantity"], declined["quantity"])


def test_nothing_is_accepted_after_the_clearance_ran_out_until_it_is_renewed(shared_out: Production) -> None:
    (offer,) = shared_out.sragen.work_orders()
    with shared_out.database.transaction() as session:
        advance(session, timedelta(days=91))
    refused = shared_out.sragen.do(offer, "accept")
    assert (refused.status_code, refused.json["title"]) == (422, "Not possible")
    assert "clearance" in refused.json["detail"]
    later = today() + timedelta(days=180)
    shared_out.hears(a_clearance(expires_on=later))
    assert shared_out.sragen.do(offer, "accept").status_code == 200
    assert len(shared_out.told("production_planned")) == 1


def test_the_newest_clearance_counts(shared_out: Production) -> None:
    soon = today() + timedelta(days=1)
    shared_out.hears(a_clearance(expires_on=soon, quantity=990))
    with shared_out.database.transaction() as session:
        (line,) = session.execute(select(demand)).all()
    assert (line.cleared, line.cleared_until) == (990, soon)


def test_a_facility_that_makes_nothing_has_no_workers_to_set(production: Production) -> None:
    with production.database.transaction() as session, pytest.raises(Refused, match="nothing yet"):
        capacities.set_capacity(session, code="BPS-SKA", open_minutes=0, workers={"batik": 1})


def test_a_facility_without_the_family_is_never_asked(production: Production) -> None:
    with production.database.transaction() as session:
        able = select(capability.c.facility).where(capability.c.family == FAMILY)
        others = set(session.execute(select(facility.c.code)).scalars()) - set(
            session.execute(able).scalars()
        )
    production.hears(an_order(), a_clearance())
    assert {row["facility"] for row in production.office.work_orders()} & others == set()


def test_who_declines_what_it_is_offered_is_asked_last_from_the_next_day_on(production: Production) -> None:
    for number in range(1, 7):
        order = UUID(int=number)
        production.hears(an_order(order_id=order, quantity=300), a_clearance(order_id=order, quantity=300))
        (offered,) = production.sragen.work_orders(state="offered")
        body = {"reason": "No room", "code": "workshop_full"}
        assert production.sragen.do(offered, "decline", **body).status_code == 200
    with production.database.transaction() as session:
        assert rating.some_are_unrated(session)
        rating.rate(session)
        assert not rating.some_are_unrated(session)
        advance(session, timedelta(days=1))
        assert rating.some_are_unrated(session)
    production.hears(an_order(quantity=300), a_clearance(quantity=300))
    (offered,) = production.office.work_orders(limit=1)
    assert offered["facility"] == KLATEN
    assert "reliable to 100 %; near a hub" in offered["why"]
