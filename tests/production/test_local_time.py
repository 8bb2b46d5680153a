"""A facility's day is the day where it is, though the regional office's is another already, or not yet."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from services.production.handlers import people, premi
from services.production.local_time import now_at, today_at
from services.production.storage import agreement, facility, premi_lot, worker
from shared.clock import WIB, advance, business_now, business_today, real_now
from shared.refusal import Refused, Sentence
from shared.web.access import FACILITY, HEAD, KANWIL
from shared.web.pages import day_in, moment_in
from tests.production.conftest import SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_warnings import check, due_in
from tests.production.workforce import a_scheme, agreement_of, consented, some_workers, worked

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


@pytest.mark.parametrize(("zone", "wib"), [(MAKASSAR, time(23)), (JAYAPURA, time(22))], ids=str)
def test_agreements_and_schemes_end_on_the_day_where_the_facility_is(
    production: Production, zone: str, wib: time
) -> None:
    at_this_time(production, zone, wib)
    with production.database.transaction() as session:
        office, here = business_today(session), today_at(session, SRAGEN)
        id = agreement_of(session)
        a_scheme(session)
        (scheme,) = premi.schemes_of(session, id)
        with pytest.raises(Refused, match=f"{here:%Y-%m-%d}"):
            premi.end_scheme(session, scheme=scheme, on=office)
        assert premi.end_scheme(session, scheme=scheme, on=here).valid_to == here
    end = f"/agreements/{id}/end"
    assert production.office.get(f"/agreements/{id}").json["state"] == "in_force"
    assert production.office.post(end, {"on": office.isoformat(), "reason": "It moves."}).status_code == 422
    ended = production.office.post(end, {"on": here.isoformat(), "reason": "It moves."})
    assert (ended.status_code, ended.json["state"]) == (200, "in_force")


def test_an_agreement_is_over_where_the_facility_is_and_not_yet_where_the_office_is(
    production: Production,
) -> None:
    at_this_time(production, JAYAPURA, time(23))
    with production.database.transaction() as session:
        last = business_today(session)
        session.execute(update(agreement).where(agreement.c.facility == SRAGEN).values(valid_to=last))
    (ours,) = production.office.get("/agreements", facility=SRAGEN, state="over").json
    assert ours["state"] == "over"
    assert production.office.get(f"/agreements/{ours['id']}").json["state"] == "over"
    assert production.office.get("/agreements", facility=SRAGEN, state="in_force").json == []
    amended = production.office.patch(
        f"/agreements/{ours['id']}", {"valid_to": (last + timedelta(days=9)).isoformat()}, "*"
    )
    assert amended.status_code == 422
    assert "agreement" in production.office.get(f"/facilities/{SRAGEN}").json["missing"]


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


@pytest.mark.parametrize(("zone", "name"), [(MAKASSAR, "WITA"), (JAYAPURA, "WIT")])
def test_the_times_of_a_facilitys_pages_are_those_where_it_is(
    shared_out: Production, zone: str, name: str
) -> None:
    at_this_time(shared_out, zone, time(10))
    work = shared_out.sragen.started()
    tapped = {"device_at": real_now().isoformat(), "device": str(uuid4())}
    assert shared_out.sragen.do(work, "report", pieces=40, kind="made", **tapped).status_code == 200
    (entry,) = shared_out.sragen.get(f"/work-orders/{work['id']}/reports").json
    here = [
        f"{datetime.fromisoformat(entry[at]).astimezone(ZoneInfo(zone)):%H.%M} {name}"
        for at in ("reported_at", "device_at")
    ]
    for role, account in ((FACILITY, SRAGEN), (KANWIL, None)):
        visitor = Visitor(shared_out, role, account)
        page = visitor.client.get(f"/production/work-orders/{work['id']}/reports").text
        assert ([at for at in here if at not in page], "WIB" in page) == ([], False), role
        told = (
            'data-zone="Asia/Jakarta" data-zone-name="WIB"' if role == KANWIL else f'data-zone-name="{name}"'
        )
        board = visitor.open()
        assert (told in board, "WIB" in board) == (True, role == KANWIL)
    assert (
        shared_out.sragen.get(f"/work-orders/{work['id']}/reports").json[0]["reported_at"].endswith("+00:00")
    )


def test_a_warning_is_seen_and_taken_up_by_the_clock_of_the_facility(shared_out: Production) -> None:
    at_this_time(shared_out, JAYAPURA, time(23, 30))
    with shared_out.database.transaction() as session:
        here = now_at(session, SRAGEN)
    shared_out.sragen.started()
    due_in(shared_out, 0)
    check(shared_out)
    head, office = Visitor(shared_out, HEAD, SRAGEN), Visitor(shared_out, KANWIL, None)
    address = "/production/warnings"
    page = head.client.get(address).text
    form = re.search(r'action="(/production/warnings/[^"]+)"', page)
    token = CSRF_TOKEN.search(page)
    assert form and token
    assert head.client.post(form[1], data={"csrf_token": token[1]}).status_code == 303
    for visitor in (head, office):
        page = visitor.client.get(address, headers={"Accept-Language": "en"}).text
        shown = re.findall(r'data-label="Since">([^<]+)<', page)
        assert day_in(here.date(), "en") in {each.strip() for each in shown}
        (taken_up,) = re.findall(r"\d{2}\.\d{2} WI\w+", page)
        assert taken_up.endswith(" WIT")


def test_a_consent_was_withdrawn_at_a_time_of_the_facilitys_clock(shared_out: Production) -> None:
    at_this_time(shared_out, JAYAPURA, time(23))
    work = UUID(shared_out.sragen.started()["id"])
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
        of = agreement_of(session)
        people.withdraw_consent(session, facility=SRAGEN, workers=[one], agreement_id=of, purposes=["work"])
        here = now_at(session, SRAGEN)
        with pytest.raises(Refused, match=rf"on {here:%Y-%m-%d %H:%M}:00\+09:00: no hours") as refused:
            worked(session, {one: 60}, work, day=here.date())
    assert isinstance(refused.value.sentence, Sentence)
    shown = moment_in(refused.value.sentence.values["moment"], "id")
    assert shown == f"{day_in(here.date(), 'id')}, {here:%H.%M} WIT"


def test_one_instant_is_told_as_the_day_of_the_zone_it_is_given_in() -> None:
    late = datetime(2026, 3, 2, 22, 30, tzinfo=WIB)
    for at, told in (
        (late, "2 March 2026"),
        (late.astimezone(ZoneInfo(JAYAPURA)), "3 March 2026"),
        (late.astimezone(UTC), "2 March 2026"),
        (datetime(2026, 3, 1, 18, tzinfo=UTC), "2 March 2026"),
    ):
        assert day_in(at, "en") == told, at
