"""A facility's day is the day where it is, though the regional office's is another already, or not yet."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from services.production.local_time import today_at
from services.production.storage import facility, premi_lot, worker
from shared.clock import WIB, advance, business_now, business_today, real_now
from shared.refusal import Refused
from tests.production.conftest import SRAGEN, Production
from tests.production.workforce import consented, some_workers, worked

MAKASSAR, JAYAPURA = "Asia/Makassar", "Asia/Jayapura"


def at_this_time(production: Production, zone: str, wib: time) -> None:
    """Sragen lies in a zone, and it is this time of the next day in Central Java."""
    with production.database.transaction() as session:
        now = business_now(session).astimezone(WIB)
        then = datetime.combine(now.date() + timedelta(days=1), wib, WIB)
        advance(session, then - now)
        session.execute(update(facility).where(facility.c.code == SRAGEN).values(time_zone=zone))


@pytest.mark.parametrize(
    ("zone", "wib", "ahead"),
    [
        ("Asia/Jakarta", time(23), 0),
        (MAKASSAR, time(22, 30), 0),
        (MAKASSAR, time(23), 1),
        (JAYAPURA, time(22), 1),
        (JAYAPURA, time(23), 1),
    ],
    ids=str,
)
def test_work_is_begun_reported_and_accepted_on_the_day_where_the_facility_is(
    shared_out: Production, zone: str, wib: time, ahead: int
) -> None:
    at_this_time(shared_out, zone, wib)
    with shared_out.database.transaction() as session:
        here = business_today(session) + timedelta(days=ahead)
    work = shared_out.sragen.started()
    assert work_of(shared_out, work)["started_on"] == here.isoformat()
    said: dict[str, Any] = {"pieces": 40, "kind": "made"}
    too_late = (here + timedelta(days=1)).isoformat()
    assert shared_out.sragen.do(work, "report", worked_on=too_late, **said).status_code == 422
    assert shared_out.sragen.do(work, "report", worked_on=here.isoformat(), **said).status_code == 200
    tapped = shared_out.sragen.do(work, "report", device_at=real_now().isoformat(), **said)
    assert tapped.status_code == 200, tapped.text
    assert {told["worked_on"] for _, told in shared_out.told("pieces_reported")} == {here.isoformat()}
    inspected = shared_out.sragen.do(work, "inspect", passed=80, rework=0, scrap=0)
    assert inspected.status_code == 200, inspected.text
    with shared_out.database.transaction() as session:
        assert session.execute(select(premi_lot.c.accepted_on)).scalars().all() == [here]


def work_of(production: Production, work: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = production.sragen.get(f"/work-orders/{work['id']}").json
    return found


def test_people_come_consent_and_work_on_the_day_where_they_are(shared_out: Production) -> None:
    at_this_time(shared_out, JAYAPURA, time(23))
    with shared_out.database.transaction() as session:
        here = today_at(session, SRAGEN)
        (one,) = some_workers(session, 1).values()
        assert session.execute(select(worker.c.registered_on)).scalars().all() == [here]
        consented(session, [one], given_on=here)
        worked(session, {one: 60}, day=here)
        with pytest.raises(Refused, match="Give a day from"):
            worked(session, {one: 60}, day=here + timedelta(days=1))
