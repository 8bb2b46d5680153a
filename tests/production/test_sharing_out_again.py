"""What no facility has is offered on the day on which one becomes able to make it, or to make more of it."""

from datetime import date, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from kendi.servers import Addresses
from services.production import loading
from services.production.handlers import waiting
from services.production.storage import capability, demand, facility
from services.production.tasks import JOBS, share_out
from shared import reference
from shared.clock import advance
from tests.clock import in_days, today
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Production,
    a_clearance,
    a_pool,
    a_week,
    an_order,
    monday,
    particulars,
)
from tests.production.test_access_matrix import NEW_AGREEMENT
from tests.shared.test_relay import settings_of

NEW = "LPS-CTH"
SHUT = {"open_minutes": 0, "workers": {FAMILY: 10}}
SOME = {"open_minutes": 360, "workers": {FAMILY: 40}}


@pytest.fixture
def waits(production: Production) -> Production:
    """An order of 1,000 pieces that no facility has hours for."""
    for code in (SRAGEN, KLATEN):
        assert production.office.put(f"/facilities/{code}/capacity", SHUT).status_code == 200
    production.hears(an_order(), a_clearance())
    assert plans(production)[-1]["unallocated"] == 1_000
    return production


def plans(production: Production) -> list[dict[str, Any]]:
    return [data for _, data in production.told("production_planned")]


def offered(production: Production) -> int:
    return sum(order["quantity"] for order in production.office.work_orders())


def test_a_facility_that_came_in_this_morning_is_asked_today(waits: Production) -> None:
    office = waits.office
    steps = (
        office.put(f"/facilities/{NEW}", particulars()),
        office.put(f"/facilities/{NEW}/capabilities/{FAMILY}", {"workers": 60}),
        office.post("/agreements", {**NEW_AGREEMENT, "partner": "CHEWY-LOUIS", "facility": NEW}),
    )
    assert [step.status_code for step in steps] == [200, 200, 201]
    assert offered(waits) == 0, "it has no hours yet"
    assert office.put(f"/facilities/{NEW}/calendar/week", a_week()).status_code == 200
    (order,) = office.work_orders()
    assert (order["facility"], order["quantity"]) == (NEW, 1_000)
    assert (plans(waits)[-1]["unallocated"], plans(waits)[-1]["because"]) == (0, "enabled")


@pytest.mark.parametrize("who", ["sragen", "office"])
def test_hours_that_a_facility_or_the_office_enters_bring_it_what_waits(waits: Production, who: str) -> None:
    assert getattr(waits, who).put(f"/facilities/{SRAGEN}/capacity", SOME).status_code == 200
    assert offered(waits) == 1_000
    assert sum(order["quantity"] for order in waits.sragen.work_orders()) == 1_000


def test_people_who_consent_now_bring_it_what_waits(waits: Production) -> None:
    nobody = a_pool(week=(today() - timedelta(days=today().weekday())).isoformat(), eligible=0, consenting=0)
    assert waits.sragen.put(f"/facilities/{SRAGEN}/pool", nobody).status_code == 200
    assert waits.sragen.put(f"/facilities/{SRAGEN}/calendar/week", a_week()).status_code == 200
    assert offered(waits) == 0
    assert waits.sragen.put(f"/facilities/{SRAGEN}/pool", a_pool()).status_code == 200
    assert offered(waits) == 1_000


def last_tried(production: Production) -> date | None:
    with production.database.transaction() as session:
        tried: date | None = session.execute(select(demand.c.tried_on)).scalar_one()
        return tried


def tried_yesterday(production: Production) -> None:
    with production.database.transaction() as session:
        session.execute(update(demand).values(tried_on=in_days(-1)))


def test_fewer_people_are_no_reason_to_try_what_waits(waits: Production) -> None:
    few, fewer = ({"open_minutes": 1, "workers": {FAMILY: count}} for count in (2, 1))
    for capacity, tried in ((few, today()), (fewer, in_days(-1))):
        tried_yesterday(waits)
        assert waits.sragen.put(f"/facilities/{SRAGEN}/capacity", capacity).status_code == 200
        assert last_tried(waits) == tried


def test_fewer_hours_are_no_reason_to_try_what_waits(waits: Production) -> None:
    def open_for(minutes: int) -> None:
        changed = {"open_minutes": minutes, "reason": "search"}
        day = (monday(1) + timedelta(days=1)).isoformat()
        assert waits.sragen.put(f"/facilities/{SRAGEN}/calendar/{day}", changed).status_code == 200

    open_for(60)
    tried_yesterday(waits)
    open_for(30)
    assert last_tried(waits) == in_days(-1)
    open_for(90)
    assert last_tried(waits) == today()


def test_what_has_all_it_needs_is_not_shared_out_twice(waits: Production) -> None:
    for _ in range(2):
        assert waits.sragen.put(f"/facilities/{SRAGEN}/capacity", SOME).status_code == 200
    assert waits.sragen.put(f"/facilities/{SRAGEN}/calendar/week", a_week()).status_code == 200
    assert offered(waits) == 1_000
    assert len(plans(waits)) == 2


def test_a_facility_that_is_not_confirmed_or_makes_something_else_gets_nothing(waits: Production) -> None:
    with waits.database.transaction() as session:
        session.execute(update(facility).where(facility.c.code == SRAGEN).values(verified=False))
        session.execute(delete(capability).where(capability.c.facility == KLATEN))
    for code in (SRAGEN, KLATEN):
        hours = {"open_minutes": 360, "workers": {}}
        assert waits.office.put(f"/facilities/{code}/capacity", hours).status_code == 200
    assert offered(waits) == 0


def test_a_facility_that_the_file_brings_in_is_asked_when_it_is_loaded(waits: Production) -> None:
    with waits.database.transaction() as session:
        session.execute(update(facility).where(facility.c.code == SRAGEN).values(open_minutes=360, name="?"))
    assert offered(waits) == 0
    with waits.database.transaction() as session:
        loading.load(session, reference.FOLDER)
    assert offered(waits) == 1_000


def test_an_agreement_that_begins_tomorrow_brings_what_waits_tomorrow_by_itself(
    production: Production, addresses: Addresses
) -> None:
    stranger = an_order()
    production.hears(
        type(stranger)(**{**vars(stranger), "buyer": "NEW-BUYER"}), a_clearance(expires_on=in_days(80))
    )
    later = {
        **NEW_AGREEMENT,
        "partner": "NEW-BUYER",
        "facility": SRAGEN,
        "valid_from": in_days(1).isoformat(),
    }
    assert production.office.post("/agreements", later).status_code == 201
    (job,) = [job for job in JOBS if job.name == "share_out"]
    with production.database.transaction() as session:
        assert not job.is_due(session), "it was tried today"
        advance(session, timedelta(days=1))
    with production.database.transaction() as session:
        assert job.is_due(session)
    job.run(production.database, settings_of("production", addresses), Event())
    assert offered(production) == 1_000
    with production.database.transaction() as session:
        assert not job.is_due(session)


def test_of_very_many_lines_the_less_urgent_are_shared_out_by_and_by(
    waits: Production, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 1)
    others = [UUID(int=n) for n in (43, 44)]
    for id in others:
        waits.hears(an_order(order_id=id, quantity=300), a_clearance(order_id=id, quantity=300))
    assert waits.sragen.put(f"/facilities/{SRAGEN}/capacity", SOME).status_code == 200
    assert offered(waits) == 1_000
    share_out(waits.database, settings_of("production", addresses), Event())
    assert offered(waits) == 1_600


def test_more_hours_of_who_declined_a_line_do_not_have_it_tried_again(production: Production) -> None:
    assert production.office.put(f"/facilities/{KLATEN}/capacity", SHUT).status_code == 200
    production.hears(an_order(), a_clearance())
    (work,) = production.sragen.work_orders()
    body = {"reason": "No room", "code": "workshop_full"}
    assert production.sragen.do(work, "decline", **body).status_code == 200

    tried_yesterday(production)
    more = {"open_minutes": 400, "workers": {FAMILY: 120}}
    assert production.office.put(f"/facilities/{SRAGEN}/capacity", more).status_code == 200
    with production.database.transaction() as session:
        assert session.execute(select(demand.c.tried_on)).scalar_one() == in_days(-1)
    assert production.office.put(f"/facilities/{KLATEN}/capacity", SOME).status_code == 200
    assert [row["facility"] for row in production.office.work_orders(state="offered")] == [KLATEN]
