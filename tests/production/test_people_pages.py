"""The pages of people's work: a shift of twenty in one form, each read noted, nothing lost, no code elsewhere."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from werkzeug.test import TestResponse

from services.production import ledger, workers
from services.production.handlers import people, premi
from services.production.storage import agreement, hours_entry, minimum_wage, premi_entry, worker, worker_read
from shared.clock import advance
from shared.messaging.tables import outbox_event
from shared.web.access import FACILITY, HEAD, INSPECTOR, KANWIL, TOOL_KEEPER
from tests.clock import in_days, today
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.workforce import SKU, a_lot, a_scheme, agreement_of, some_workers, worked

CODE = re.compile(r"SRG-[2-9A-HJ-NP-Z]{4}\b")
"""Lots are numbered otherwise: SRG-2611-001."""


def submit(visitor: Visitor, path: str, **typed: Any) -> TestResponse:
    token = CSRF_TOKEN.search(visitor.open())
    assert token is not None
    return visitor.client.post(f"/production/{path}", data={"csrf_token": token[1], **typed})


@pytest.fixture
def officer(shared_out: Production) -> Visitor:
    return Visitor(shared_out, FACILITY, SRAGEN)


def made(production: Production) -> dict[str, UUID]:
    with production.database.transaction() as session:
        return {row.code: row.id for row in session.execute(select(worker.c.code, worker.c.id))}


def test_twenty_codes_are_made_asked_and_their_shift_entered(
    shared_out: Production, officer: Visitor
) -> None:
    work = shared_out.sragen.started()
    assert submit(officer, "people/register", count="20", eligible="true").status_code == 303
    codes = made(shared_out)
    assert len(codes) == 20
    with shared_out.database.transaction() as session:
        of = agreement_of(session)
    asked = {
        "workers": [str(id) for id in codes.values()],
        "agreement_id": str(of),
        "purposes": ["work", "data"],
        "language": "jv",
        "read_aloud": "true",
        "witness_role": "legal_aid",
        "given_on": today().isoformat(),
    }
    assert submit(officer, "people/consent", **asked).status_code == 303
    page = officer.client.get("/production/people?lang=en").text
    assert page.count("work: given") == 20
    shift = {"day": today().isoformat(), "work_order_id": work["id"], "ended_at": ""}
    rows = {f"hours.{id}": "6,5" for id in codes.values()}
    first = f"hours.{min(codes.values())}"
    too_long = submit(officer, "hours", **shift, **(rows | {first: "8"}))
    assert too_long.status_code == 422
    assert "Paling lama 7 jam sehari" in too_long.text or "At most 7 hours a day" in too_long.text
    assert too_long.text.count('value="6,5"') == 19, "what was typed stays"
    assert re.search(rf'name="{first}"[^>]*aria-invalid="true"', too_long.text)
    with shared_out.database.transaction() as session:
        assert session.execute(select(hours_entry)).all() == []
    assert submit(officer, "hours", **shift, **rows).status_code == 303
    with shared_out.database.transaction() as session:
        assert session.execute(select(hours_entry.c.minutes)).scalars().all() == [390] * 20


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("people/register", {"count": "2", "eligible": "true", "tahanan": "1"}, "remand"),
    ("people/register", {"count": "2", "eligible": "true", "minor": "1"}, "children"),
    ("people/register", {"count": "2", "eligible": "true", "nama": "X"}, "not taken here: nama"),
    ("people/register", {"count": "0", "eligible": "true"}, "from 1 to 50"),
    ("people/register", {"count": "1"}, "Choose yes or no"),
    (
        "people/consent",
        {
            "workers": str(UUID(int=1)),
            "agreement_id": str(UUID(int=1)),
            "purposes": "work",
            "language": "id",
            "witness_role": "partner",
            "given_on": today().isoformat(),
        },
        "Choose one of the list.",
    ),
    ("people/leave", {}, "Fill this in: workers"),
    (
        "people/visit",
        {"visited_on": "2126-01-01", "kind": "auditor", "outcome": "findings"},
        "up to today",
    ),
    ("hours", {"day": "", "work_order_id": "own"}, "Give a day."),
    ("hours", {"day": today().isoformat(), "work_order_id": ""}, "Choose what the work was for"),
    ("hours", {"day": today().isoformat(), "work_order_id": "own"}, "Enter somebody"),
    ("hours", {"day": today().isoformat(), "work_order_id": "own", "hours.x": "six"}, "such as 6.5 or 6:30"),
    ("hours", {"day": "0001-01-01", "work_order_id": "own", f"hours.{UUID(int=1)}": "1"}, "Give a day from"),
    ("people/close", {"grievance_id": str(10**30), "outcome": "upheld"}, "Give a number from 1"),
    ("hours/correct", {"entry_id": "9", "minutes": "1", "reason": "Wrong."}, "no correction itself"),
    ("premi/share", {"lot": "SRG-9"}, "There is no lot SRG-9"),
    ("premi/pay", {"worker": "x", "idr": "1"}, "Choose a worker of this facility"),
]


def test_bad_input_is_refused_on_the_page_it_came_from(officer: Visitor) -> None:
    officer.client.get("/production/people?lang=en")
    for path, typed, said in BAD:
        answer = submit(officer, path, **typed)
        assert (answer.status_code, said in answer.text) == (422, True), answer.text
        assert 'role="alert"' in answer.text
        assert officer.client.get(f"/production/{path}").status_code == 200


def test_a_lot_is_shared_out_paid_and_reversed_by_the_head_alone(
    shared_out: Production, officer: Visitor
) -> None:
    with shared_out.database.transaction() as session:
        one, other = some_workers(session, 2).values()
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        worked(session, {one: 60, other: 60}, work)
    assert submit(officer, "premi/share", lot=lot).status_code == 303
    assert submit(officer, "premi/pay", worker=str(one), idr="70.000").status_code == 303
    page = officer.client.get(f"/production/people/{one}?lang=en").text
    assert "Rp 3,575" in page, "what is left"
    assert "Rp 73,575" not in page
    paper = officer.client.get(f"/production/people/{one}.pdf")
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert submit(officer, "premi/reverse", entry_id="3", reason="Another was paid.").status_code == 403
    head = Visitor(shared_out, HEAD, SRAGEN)
    assert submit(head, "premi/reverse", entry_id="3", reason="Another was paid.").status_code == 303
    with shared_out.database.transaction() as session:
        assert premi.owed(session, one) == 73_575


def test_a_statement_tells_what_the_lots_of_a_month_earned_beside_the_wage_of_that_month(
    shared_out: Production, officer: Visitor
) -> None:
    with shared_out.database.transaction() as session:
        a_scheme(session, rates={SKU: 100})
        (one,) = some_workers(session, 1).values()
    work, lot = a_lot(shared_out)
    this_month = today().replace(day=1)
    next_month = (this_month + timedelta(days=32)).replace(day=1)
    with shared_out.database.transaction() as session:
        worked(session, {one: 60}, work)
        advance(session, next_month - today())
        higher = {"place": "Sragen", "valid_from": next_month, "monthly_idr": 9_999_999, "source": "UMK"}
        session.execute(insert(minimum_wage).values(higher))
    with shared_out.database.transaction() as session:
        premi.share(session, facility=SRAGEN, lot=lot)
        premi.pay(session, facility=SRAGEN, worker_id=one, idr=4_000)
        paid = session.execute(select(premi_entry.c.id).where(premi_entry.c.kind == "paid")).scalar_one()
        premi.reverse(session, facility=SRAGEN, entry_id=paid, reason="Another was paid.")
        told = workers.months_of(session, one)
        wages = [ledger.minimum_wage_at(session, SRAGEN, day) for day in (this_month, next_month)]
    assert told == [{"month": this_month, "minutes": 60, "idr": 5_000}], "what was paid is no more earned"
    then, now = [wage["hourly"] for wage in wages if wage]
    page = officer.client.get(f"/production/people/{one}?lang=en").text
    assert f"Rp {then - 5_000:,} below the minimum wage" in page
    assert f"Rp {now:,}" in page, "the wage of today"


def test_a_consent_is_withdrawn_on_the_page_though_its_agreement_is_over(
    shared_out: Production, officer: Visitor
) -> None:
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
        former = agreement_of(session)
        over = update(agreement).where(agreement.c.id == former)
        session.execute(over.values(valid_to=today() - timedelta(days=1)))
    assert f'value="{former}"' in officer.client.get("/production/people").text
    no_more = {"workers": [str(one)], "agreement_id": str(former), "purposes": ["work", "data"]}
    assert submit(officer, "people/withdraw", **no_more).status_code == 303
    assert f'value="{former}"' not in officer.client.get("/production/people").text


def test_who_left_withdraws_the_consent_to_data_on_the_page(shared_out: Production, officer: Visitor) -> None:
    with shared_out.database.transaction() as session:
        (here, gone) = some_workers(session, 2).items()
        people.leave(session, facility=SRAGEN, workers=[gone[1]])
        of = agreement_of(session)
    daily, fold = officer.client.get("/production/people?lang=en").text.split("Left: 1")
    assert (here[0] in daily, gone[0] in daily, here[0] in fold) == (True, False, False)
    assert f'name="workers" value="{gone[1]}"' in fold
    assert f'href="/production/people/{gone[1]}"' in fold, "the statement"
    chosen = {"workers": [str(gone[1])], "agreement_id": str(of), "purposes": ["data"]}
    assert submit(officer, "people/withdraw", **chosen).status_code == 303
    fold = officer.client.get("/production/people?lang=en").text.split("Left: 1")[1]
    assert "data: withdrawn" in fold
    refused = submit(officer, "people/withdraw", **chosen)
    assert (refused.status_code, "<details open><summary>Left: 1" in refused.text) == (422, True)
    assert f'value="{gone[1]}" checked' in refused.text


def test_who_left_has_the_last_shift_entered_and_is_paid_what_a_later_lot_owes(
    shared_out: Production, officer: Visitor
) -> None:
    with shared_out.database.transaction() as session:
        ((code, one),) = some_workers(session, 1).items()
        people.leave(session, facility=SRAGEN, workers=[one])
    work, lot = a_lot(shared_out)
    assert f'name="hours.{one}"' in officer.client.get("/production/hours").text
    tomorrow = officer.client.get(f"/production/hours?day={in_days(1)}").text
    assert code not in tomorrow
    shift = {"day": today().isoformat(), "work_order_id": str(work), "ended_at": ""}
    assert submit(officer, "hours", **shift, **{f"hours.{one}": "1"}).status_code == 303
    assert submit(officer, "premi/share", lot=lot).status_code == 303
    assert f'value="{one}"' in officer.client.get("/production/premi").text
    assert submit(officer, "premi/pay", worker=str(one), idr="147.150").status_code == 303
    with shared_out.database.transaction() as session:
        assert premi.owed(session, one) == 0


def test_each_read_of_workers_is_noted_with_who_and_how_many(
    shared_out: Production, officer: Visitor
) -> None:
    with shared_out.database.transaction() as session:
        (one, other, gone) = some_workers(session, 3).values()
        worked(session, {gone: 60})
        people.leave(session, facility=SRAGEN, workers=[gone])
        advance(session, timedelta(days=1))
    for path in ("people", f"hours?day={today()}", "hours", "premi", f"people/{one}", f"people/{other}.pdf"):
        assert officer.client.get(f"/production/{path}").status_code == 200, path
    with shared_out.database.transaction() as session:
        reads = session.execute(select(worker_read).order_by(worker_read.c.id)).all()
    assert [(read.page, read.codes) for read in reads] == [
        ("people", 3),
        ("hours", 3),
        ("hours", 2),
        ("premi", 0),
        ("statement", 1),
        ("statement.pdf", 1),
    ]
    assert {read.role for read in reads} == {FACILITY}
    assert all(read.principal.startswith("person:") for read in reads)


def test_a_refused_shift_shows_codes_again_which_is_a_read_noted_too(
    shared_out: Production, officer: Visitor
) -> None:
    with shared_out.database.transaction() as session:
        team = some_workers(session, 2)
    eight = dict.fromkeys((f"hours.{one}" for one in team.values()), "8")
    refused = submit(officer, "hours", day=today().isoformat(), work_order_id="own", ended_at="", **eight)
    assert refused.status_code == 422
    assert set(CODE.findall(refused.text)) == team.keys()
    with shared_out.database.transaction() as session:
        reads = session.execute(select(worker_read)).all()
        assert session.execute(select(hours_entry)).all() == []
    assert [(read.page, read.codes, read.role, read.facility) for read in reads] == [
        ("hours", 2, FACILITY, SRAGEN)
    ]


def test_nobody_else_reads_of_workers_and_no_code_leaves(shared_out: Production, officer: Visitor) -> None:
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        worked(session, {one: 60}, work)
        premi.share(session, facility=SRAGEN, lot=lot)
    pages = ("people", "hours", "premi", f"people/{one}", f"people/{one}.pdf")
    klaten = Visitor(shared_out, FACILITY, KLATEN)
    assert [klaten.client.get(f"/production/{path}").status_code for path in pages] == [200] * 3 + [404] * 2
    for path in pages[:3]:
        assert not CODE.search(klaten.client.get(f"/production/{path}").text)
        assert CODE.search(officer.client.get(f"/production/{path}").text)
    for role, account in ((KANWIL, None), (INSPECTOR, SRAGEN), (TOOL_KEEPER, KLATEN)):
        visitor = Visitor(shared_out, role, account)
        assert {visitor.client.get(f"/production/{path}").status_code for path in pages} == {403}
    with shared_out.database.transaction() as session:
        told = [str(row.data) for row in session.execute(select(outbox_event))]
    assert not any(CODE.search(data) or str(one) in data for data in told)
