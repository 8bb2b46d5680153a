"""What was kept long enough goes, its sums stay to the rupiah, and whatever is open stops it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.production import formers, ledger, welfare, workers
from services.production.domain.erasure import STOPS, Former, why_kept
from services.production.domain.remarks import said
from services.production.domain.work_order import WorkOrder
from services.production.handlers import closing, holding, people, premi
from services.production.handlers.erasing import ERASERS
from services.production.handlers.reading import noted
from services.production.storage import (
    hours_entry,
    inspection_photo,
    premi_entry,
    premi_line,
    premi_lot,
    purge_step,
    work_order,
    worker,
    worker_read,
)
from shared import reference
from shared.clock import advance, business_now
from shared.database import Database
from shared.events.orders import ClaimDecided, ClaimMade, ClaimSettled
from shared.purging import Done, Plan
from shared.refusal import Refused
from shared.retention import Asked
from shared.sight import RETENTION, erasing
from shared.web.access import FACILITY, KANWIL, Principal
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.clock import real_today, today
from tests.pictures import a_photo
from tests.production.conftest import ORDER, SRAGEN, Production
from tests.production.test_board import Visitor
from tests.production.test_evidence import a_document
from tests.production.test_inspection_photos import send
from tests.production.workforce import a_lot, a_scheme, some_workers, worked

RULES = {rule.kind: rule for rule in reference.retention_rules()}
OF_WORKERS = ("premi_by_worker", "worker_hours", "consents", "codes_and_eligibility")
LATER = date(2040, 1, 1)
"""When all that is made here was kept long enough."""
NOW = datetime(2040, 1, 1, tzinfo=UTC)
OFFICER = Principal(id="person:1", name="Officer", role=FACILITY, account=SRAGEN)


def asked(kind: str, on: date = LATER, now: datetime = NOW) -> Asked:
    return Asked(replace(RULES[kind], valid_from=date(2020, 1, 1)), on, "somebody@here", now)


def planned(database: Database, kind: str, on: date = LATER) -> Plan:
    with database.transaction() as session:
        return ERASERS[kind].plan(session, asked(kind, on))


def tell_the_month(database: Database) -> None:
    """As if it had closed: nobody who left in it is erased before its figures are told."""
    with database.transaction() as session:
        closing.tell(session, welfare.Month(today().replace(day=1)), SRAGEN)


def purge(database: Database, kinds: Iterable[str] = OF_WORKERS, on: date = LATER) -> list[Done]:
    """As the command does it: all is planned first, then each step is a transaction of its own."""
    tell_the_month(database)
    plans = {kind: planned(database, kind, on) for kind in kinds}
    done = []
    for kind, plan in plans.items():
        for batch in plan.batches:
            with database.transaction() as session:
                done.append(ERASERS[kind].step(session, asked(kind, on), batch))
    return done


def count(database: Database, table: Any) -> int:
    with database.transaction() as session:
        return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def totals(database: Database) -> dict[str, int]:
    """What each account holds, on the page of premi."""
    with database.transaction() as session:
        return ledger.accounts_of(session, SRAGEN)


def by_cell(database: Database) -> dict[tuple[Any, ...], int]:
    """Rupiah of workers by facility, month, scheme and kind, in lines of workers and in what remains of others."""
    lines = text("""
        SELECT e.facility, date_trunc('month', e.booked_on)::date, (
            SELECT a.scheme_id FROM premi_entry a WHERE a.lot = o.lot AND a.kind = 'accrued' ORDER BY id DESC LIMIT 1
        ), o.kind, sum(l.idr)
        FROM premi_line l JOIN premi_entry e ON e.id = l.entry_id
        JOIN premi_entry o ON o.id = coalesce(e.reverses, e.id)
        WHERE l.account = 'worker' GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT facility, month, scheme_id, kind, sum(idr) FROM premi_of_former
        WHERE account = 'worker' GROUP BY 1, 2, 3, 4""")
    sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    with database.transaction() as session:
        for *cell, idr in session.execute(lines):
            sums[tuple(cell)] += int(idr)
    return dict(sums)


def texts(database: Database) -> str:
    """All rows of all tables of production, events and requests included, as text."""
    with database.transaction() as session:
        names = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        return "\n".join(
            row
            for name in names.all()
            for row in session.execute(text(f'SELECT t::text FROM "{name}" t')).scalars()
        )


def unbalanced(database: Database) -> list[int]:
    query = (
        select(premi_line.c.entry_id).group_by(premi_line.c.entry_id).having(func.sum(premi_line.c.idr) != 0)
    )
    with database.transaction() as session:
        return list(session.execute(query).scalars())


@pytest.fixture
def team(shared_out: Production) -> dict[str, UUID]:
    """Eight who worked on a lot that was shared out and paid; five have left."""
    with shared_out.database.transaction() as session:
        a_scheme(session)
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        made = some_workers(session, 8)
        worked(session, dict.fromkeys(made.values(), 120), work)
        premi.share(session, facility=SRAGEN, lot=lot)
        premi.pay(session, facility=SRAGEN, worker_id=min(made.values()), idr=1_000)
        people.leave(session, facility=SRAGEN, workers=sorted(made.values())[:5])
    return made


def gone(team: dict[str, UUID]) -> dict[str, UUID]:
    return {code: id for code, id in team.items() if id in sorted(team.values())[:5]}


def a_former(**changes: Any) -> Former:
    day = date(2030, 1, 1)
    values: dict[str, Any] = {"id": uuid4(), "facility": SRAGEN, "left_on": day, "settled_on": day}
    return Former(**values | dict.fromkeys(STOPS, False) | changes)


def test_time_counts_from_the_settlement_and_each_stop_is_told() -> None:
    assert why_kept(a_former(), date(2030, 1, 1)) == "not_old_enough"
    assert why_kept(a_former(), date(2030, 1, 2)) is None
    settled_later = a_former(settled_on=date(2030, 6, 1))
    assert why_kept(settled_later, date(2030, 6, 1)) == "not_old_enough"
    for stop in STOPS:
        assert why_kept(a_former(**{stop: True}), LATER) == stop


def test_who_left_long_ago_is_in_no_table_and_all_still_adds_up(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    database = shared_out.database
    before, cells = totals(database), by_cell(database)
    statements = {id: statement(database, id) for id in team.values()}
    purge(database)
    everything = texts(database)
    for code, id in team.items():
        there = code in everything or str(id) in everything
        assert there == (code not in gone(team)), "of who left nothing is there, of the others all"
    assert (totals(database), by_cell(database)) == (before, cells)
    assert unbalanced(database) == []
    stay = [id for id in team.values() if id not in gone(team).values()]
    assert [statement(database, id) for id in stay] == [statements[id] for id in stay]
    assert count(database, worker) == 3
    page = shared_out.client.application.extensions["beside"]
    with page.transaction() as session:
        former = [
            line
            for entry in ledger.entries_of(session, SRAGEN)
            for line in entry["lines"]
            if line["account"] == "former"
        ]
    assert len(former) == 1, "one line of the lot's entry stands for all who were erased"


def statement(database: Database, id: UUID) -> list[dict[str, Any]]:
    with database.transaction() as session:
        return workers.statement_of(session, id)


def test_a_purge_that_is_repeated_does_nothing_and_one_that_stopped_goes_on(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    database = shared_out.database
    before = totals(database)
    purge(database, ["premi_by_worker"])
    assert (totals(database), count(database, worker), unbalanced(database)) == (before, 8, [])
    purge(database)
    assert count(database, worker) == 3
    steps = count(database, purge_step)
    assert purge(database) == []
    assert count(database, purge_step) == steps


def test_a_step_that_fails_erases_nothing(shared_out: Production, team: dict[str, UUID]) -> None:
    database = shared_out.database
    tell_the_month(database)
    everything = texts(database)
    (batch,) = planned(database, "premi_by_worker").batches
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        assert ERASERS["premi_by_worker"].step(session, asked("premi_by_worker"), batch).erased
        raise ZeroDivisionError
    assert sorted(texts(database).splitlines()) == sorted(everything.splitlines())


def test_a_dry_run_says_what_goes(shared_out: Production, team: dict[str, UUID]) -> None:
    plans = {kind: planned(shared_out.database, kind) for kind in OF_WORKERS}
    rows = {kind: plan.rows for kind, plan in plans.items()}
    assert rows == {
        "premi_by_worker": 5 + 5 + 1,
        "worker_hours": 5,
        "consents": 10,
        "codes_and_eligibility": 5,
    }
    assert {plan.people for plan in plans.values()} == {5}
    assert plans["consents"].kept == {"still_here": 3}
    erased: defaultdict[str, int] = defaultdict(int)
    purge(shared_out.database)
    with shared_out.database.transaction() as session:
        for step in session.execute(select(purge_step)):
            erased[step.kind] += step.erased
            assert (step.as_of, step.version, step.kept_for) == (LATER, 1, "5 years")
            assert (step.actor, step.aggregated) == ("somebody@here", step.erased)
    assert erased == rows


def test_nothing_goes_before_its_time(shared_out: Production, team: dict[str, UUID]) -> None:
    last = today().replace(year=today().year + 5)
    assert planned(shared_out.database, "worker_hours", last).kept == {"still_here": 3, "not_old_enough": 5}
    assert planned(shared_out.database, "worker_hours", last + timedelta(days=1)).rows == 5


CLAIM: dict[str, Any] = {"order_id": ORDER, "line": 1, "claim_id": UUID(int=5)}
MADE = ClaimMade(**CLAIM, sscc="0" * 18, quantity=10)
REFUSED = ClaimDecided(**CLAIM, decision="refused", accepted=0)
ACCEPTED = ClaimDecided(**CLAIM, decision="accepted", accepted=10)
SETTLED = ClaimSettled(
    **CLAIM,
    sscc="0" * 18,
    quantity=10,
    settlement="return",
    credit=None,
    currency="USD",
    replacement_order_id=None,
)


@pytest.mark.parametrize("end", [[REFUSED], [ACCEPTED, SETTLED]])
def test_a_claim_about_the_goods_stops_it_until_it_is_over(
    shared_out: Production, team: dict[str, UUID], end: list[Any]
) -> None:
    shared_out.hears(MADE)
    stopped(shared_out.database, "claim")
    for event in end[:-1]:
        shared_out.hears(event)
        stopped(shared_out.database, "claim")
    shared_out.hears(end[-1])
    purge(shared_out.database)
    assert count(shared_out.database, worker) == 3


def test_an_open_grievance_of_the_facility_stops_it(shared_out: Production, team: dict[str, UUID]) -> None:
    with shared_out.database.transaction() as session:
        people.receive_grievance(session, facility=SRAGEN, received_on=today(), kind="pay")
    stopped(shared_out.database, "grievance")
    with shared_out.database.transaction() as session:
        people.close_grievance(session, facility=SRAGEN, grievance_id=1, outcome="upheld")
    purge(shared_out.database)
    assert count(shared_out.database, worker) == 3


def test_what_is_owed_still_stops_it(shared_out: Production, team: dict[str, UUID]) -> None:
    database = shared_out.database
    one = min(gone(team).values())
    with database.transaction() as session:
        settled = select(premi_entry.c.id).join(premi_line).where(premi_line.c.worker_id == one)
        entry = session.execute(settled.where(premi_entry.c.kind == "settled")).scalar_one()
        premi.reverse(session, facility=SRAGEN, entry_id=entry, reason="Never handed over.")
    assert planned(database, "worker_hours").kept == {"still_here": 3, "owed": 1}
    purge(database)
    assert (count(database, worker), totals(database)["worker"] > 0) == (4, True)


def test_a_lot_that_is_not_shared_out_stops_it(shared_out: Production) -> None:
    work, _ = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        (one,) = some_workers(session, 1).values()
        worked(session, {one: 120}, work)
        people.leave(session, facility=SRAGEN, workers=[one])
    assert planned(shared_out.database, "worker_hours").kept == {"not_shared_out": 1}


def test_the_figures_of_the_last_month_are_told_first(shared_out: Production, team: dict[str, UUID]) -> None:
    with shared_out.database.transaction() as session:
        plan = ERASERS["consents"].plan(session, asked("consents", now=business_now(session)))
    assert plan.kept == {"still_here": 3, "month_not_told": 5}
    (batch,) = planned(shared_out.database, "consents").batches
    with shared_out.database.transaction() as session:
        assert ERASERS["consents"].step(session, asked("consents"), batch) == Done()
    tell_the_month(shared_out.database)
    with shared_out.database.transaction() as session:
        assert ERASERS["consents"].step(session, asked("consents"), batch).erased == 10


@pytest.mark.parametrize("one_worker", [True, False])
def test_a_legal_hold_stops_it_until_it_is_lifted(
    shared_out: Production, team: dict[str, UUID], one_worker: bool
) -> None:
    database = shared_out.database
    code = min(gone(team)) if one_worker else None
    with database.transaction() as session:
        id = holding.place(session, facility=SRAGEN, code=code, reason="An inquiry.", by="somebody@here")
        (told,) = holding.standing(session)
    assert told["one_worker"] == one_worker and "worker_id" not in told
    held = 1 if one_worker else 5
    assert planned(database, "worker_hours").kept == {"still_here": 3, "legal_hold": held}
    purge(database)
    assert count(database, worker) == 3 + held
    with database.transaction() as session:
        holding.lift(session, hold_id=id, by="somebody@here")
    purge(database)
    assert count(database, worker) == 3


def test_a_hold_on_nobody_is_refused(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        for where in ({"facility": "LPS-XXX", "code": None}, {"facility": SRAGEN, "code": "SRG-2222"}):
            with pytest.raises(Refused, match="There is no"):
                holding.place(session, **where, reason="An inquiry.", by="somebody@here")
        with pytest.raises(Refused, match="There is no hold"):
            holding.lift(session, hold_id=1, by="somebody@here")


def stopped(database: Database, reason: str) -> None:
    for kind in OF_WORKERS:
        plan = planned(database, kind)
        assert (plan.rows, plan.batches, plan.kept) == (0, [], {"still_here": 3, reason: 5})
    purge(database)
    assert count(database, worker) == 8


@pytest.mark.parametrize(
    ("kind", "table", "stop"),
    [
        ("worker_hours", hours_entry, "hold"),
        ("worker_hours", hours_entry, "claim"),
        ("reads_of_workers", worker_read, "hold"),
        ("inspection_photos", inspection_photo, "hold"),
        ("inspection_photos", inspection_photo, "claim"),
    ],
)
def test_what_came_up_after_the_plan_stops_the_step(
    shared_out: Production, team: dict[str, UUID], kind: str, table: Any, stop: str
) -> None:
    database = shared_out.database
    if table is not hours_entry:
        a_read_and_a_photo(shared_out)
    tell_the_month(database)
    (batch,) = planned(database, kind).batches
    if stop == "claim":
        shared_out.hears(MADE)
    else:
        with database.transaction() as session:
            holding.place(session, facility=SRAGEN, code=None, reason="An inquiry.", by="somebody@here")
    with database.transaction() as session:
        assert ERASERS[kind].step(session, asked(kind), batch) == Done()
    assert count(database, table) == (8 if table is hours_entry else 1)


def test_a_hold_on_a_facility_waits_for_a_step_and_a_step_for_it(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    """Else it would be placed while somebody goes, and be told as placed in time."""
    tell_the_month(shared_out.database)
    (batch,) = planned(shared_out.database, "worker_hours").batches
    with shared_out.database.transaction() as session:
        assert ERASERS["worker_hours"].step(session, asked("worker_hours"), batch).erased == 5
        with (
            pytest.raises(DBAPIError, match="lock timeout"),
            shared_out.database.transaction() as another,
        ):
            another.execute(text("SET LOCAL lock_timeout = '50ms'"))
            holding.place(another, facility=SRAGEN, code=None, reason="An inquiry.", by="somebody@here")


def test_a_reversal_and_a_step_do_not_wait_for_each_other(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    database = shared_out.database
    tell_the_month(database)
    (batch,) = planned(database, "premi_by_worker").batches
    done: list[Done] = []

    def erase() -> None:
        with database.transaction() as session:
            done.append(ERASERS["premi_by_worker"].step(session, asked("premi_by_worker"), batch))

    step = Thread(target=erase)
    with database.transaction() as session:
        entry = session.execute(select(premi_entry.c.id).where(premi_entry.c.kind == "shared")).scalar_one()
        session.execute(select(premi_entry).where(premi_entry.c.id == entry).with_for_update())
        step.start()
        until_somebody_waits_for_a_lock(database)
        premi.reverse(session, facility=SRAGEN, entry_id=entry, reason="Wrong hours.")
    step.join()
    assert done == [Done()], "all are owed less than was paid, so that nobody goes"


def test_figures_of_closed_months_are_the_same_after_it(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    month = welfare.Month(today().replace(day=1))
    tell_the_month(shared_out.database)
    with shared_out.database.transaction() as session:
        before = welfare.figures(session, month)
    assert before["facilities"][0]["workers"] == 5, "else the test shows nothing"
    purge(shared_out.database)
    with shared_out.database.transaction() as session:
        assert welfare.figures(session, month) == before
        people.leave(session, facility=SRAGEN, workers=list(session.execute(select(worker.c.id)).scalars()))
    purge(shared_out.database)
    assert count(shared_out.database, worker) == 0
    with shared_out.database.transaction() as session:
        after = welfare.figures(session, month)
    assert after == before


@pytest.mark.parametrize(("held", "people", "few"), [(0, [5], 0), (1, [], 1)])
def test_sums_are_told_of_five_people_or_more_and_payments_of_nobody(
    shared_out: Production, team: dict[str, UUID], held: int, people: list[int], few: int
) -> None:
    """Payments of those whose account is even would give back, beside what others earned, what one earned."""
    with shared_out.database.transaction() as session:
        for code in sorted(gone(team))[:held]:
            holding.place(session, facility=SRAGEN, code=code, reason="An inquiry.", by="somebody@here")
    steps = [done.step for done in purge(shared_out.database) if done.step]
    with shared_out.database.transaction() as session:
        kept = formers.sums_of(session, steps)
        told, not_told = formers.told_sums(kept)
    assert sum(cell.idr for cell in kept if cell.account == "worker") == 0
    assert ([(cell["kind"], cell["people"]) for cell in told], not_told) == (
        [("shared", count) for count in people],
        few,
    )


def test_an_entry_of_people_who_were_erased_is_not_reversed(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    purge(shared_out.database)
    with shared_out.database.transaction() as session:
        entry = session.execute(select(premi_entry.c.id).where(premi_entry.c.kind == "shared")).scalar_one()
        with pytest.raises(Refused, match="can't be reversed"):
            premi.reverse(session, facility=SRAGEN, entry_id=entry, reason="Wrong hours.")


def test_a_code_that_stands_in_an_old_remark_is_taken_out(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    code = min(gone(team))
    with shared_out.database.transaction() as session:
        session.execute(update(work_order).values(declined_reason=f"{code} broke it", declined_code=None))
        of_lot = select(premi_entry.c.id, premi_entry.c.lot).where(premi_entry.c.kind == "shared")
        entry, lot = session.execute(of_lot).one()
        premi.reverse(session, facility=SRAGEN, entry_id=entry, reason="Wrong hours.")
        premi.share(session, facility=SRAGEN, lot=lot)
        with erasing(session):  # nobody else can put it there
            session.execute(update(premi_entry).where(premi_entry.c.reverses == entry).values(reason=code))
    purge(shared_out.database)
    with shared_out.database.transaction() as session:
        assert set(session.execute(select(work_order.c.declined_reason)).scalars()) == {"… broke it"}
        reasons = select(premi_entry.c.reason).where(premi_entry.c.reverses == entry)
        assert session.execute(reasons).scalar() == "…"


def test_a_code_does_not_come_into_a_remark() -> None:
    with pytest.raises(Refused, match="anybody's code"):
        said("SRG-7K3Q broke it")
    for number in ("SRG-2611-003", "WO-SRG-2026-0001", "MAT-SRG-2612-001", "KW-CHEW-18"):
        assert said(f"{number} is wet") == f"{number} is wet"


def a_read_and_a_photo(production: Production) -> None:
    """Of work of Sragen that is under way, or is begun for it."""
    under_way = production.sragen.work_orders(state="in_progress")
    work = under_way[0] if under_way else production.sragen.started()
    made = {"pieces": 10, "kind": "made", "worked_on": today().isoformat()}
    assert production.sragen.do(work, "report", **made).status_code == 200
    inspected = production.sragen.post(f"/work-orders/{work['id']}/inspections", {"defects": []})
    photos = f"/work-orders/{work['id']}/inspections/{inspected.json['id']}/photos"
    assert send(production.sragen, photos, a_photo()).status_code == 201
    with production.database.transaction() as session:
        noted(session, OFFICER, "people", [1])


def test_reads_of_workers_and_photos_go_by_their_own_time(shared_out: Production) -> None:
    a_read_and_a_photo(shared_out)
    database = shared_out.database
    kinds = {"reads_of_workers": (5, worker_read), "inspection_photos": (2, inspection_photo)}
    for kind, (years, table) in kinds.items():
        day = real_today().replace(year=real_today().year + years)
        purge(database, [kind], day)
        assert (count(database, table), planned(database, kind, day).kept) == (1, {"not_old_enough": 1})
        with database.transaction() as session:
            hold = holding.place(session, facility=SRAGEN, code=None, reason="An inquiry.", by="x@y")
        purge(database, [kind])
        assert planned(database, kind).kept == {"legal_hold": 1}
        with database.transaction() as session:
            holding.lift(session, hold_id=hold, by="x@y")
    shared_out.hears(MADE)
    assert planned(database, "inspection_photos").kept == {"claim": 1}
    shared_out.hears(REFUSED)
    for kind, (_, table) in kinds.items():
        assert [done.erased for done in purge(database, [kind])] == [1]
        assert count(database, table) == 0


NEVER = ("hours_entry", "worker_read", "premi_entry", "premi_line", "premi_lot", "refusal", "purge_step")


@pytest.mark.parametrize("table", [*NEVER, "premi_of_former", "closed_month", "evidence"])
def test_nobody_else_erases_and_a_purge_sees_only_people(
    shared_out: Production, team: dict[str, UUID], table: str
) -> None:
    with shared_out.database.transaction() as session:
        noted(session, OFFICER, "people", [1])
        people.count_refusals(
            session, facility=SRAGEN, agreement_id=an_agreement(session), day=today(), people=1
        )
    assert shared_out.head.post(f"/facilities/{SRAGEN}/evidence", a_document()).status_code == 201
    purge(shared_out.database, ["premi_by_worker"])
    of = {"premi_line": "idr = 1", "purge_step": "erased = 0"}.get(table, "facility = 'LPS-KLT'")
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {of}"):
        with pytest.raises(DBAPIError, match="append only"), shared_out.database.transaction() as session:
            session.execute(text(statement))
    of_people = table in ("hours_entry", "worker_read", "premi_entry", "premi_line")
    with shared_out.database.transaction(sees=RETENTION) as session:
        seen = session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        assert bool(seen) == of_people
    if of_people and table != "premi_line":
        with (
            pytest.raises(DBAPIError, match="append only"),
            shared_out.database.transaction() as session,
            erasing(session),
        ):
            session.execute(text(f"UPDATE {table} SET facility = 'LPS-KLT'"))


def an_agreement(session: Session) -> UUID:
    id: UUID = session.execute(select(premi_lot.c.agreement_id)).scalars().first()
    return id


WHO = st.lists(st.integers(0, 5), unique=True, max_size=6)
HISTORY = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 5), st.integers(1, 28).map(lambda n: n * 15), min_size=1),
        st.integers(1, 60),
        st.booleans(),
        WHO,
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=HISTORY, leavers=WHO, purges=st.integers(1, 2))
def test_totals_are_the_same_to_the_rupiah_whoever_goes(
    shared_out: Production, history: list[Any], leavers: list[int], purges: int
) -> None:
    """Lots are shared out, in part paid, some reversed and shared anew; whoever leaves is erased, in one go or two."""
    database = shared_out.database
    with database.transaction() as session:
        if session.execute(select(premi_entry.c.id)).first() is None:
            a_scheme(session)
        code_to_id = some_workers(session, 6)
        team = sorted(code_to_id.values())
    work = UUID(shared_out.sragen.work_orders()[0]["id"])
    for minutes, pieces, again, payees in history:
        share_a_lot(database, work, {team[n]: m for n, m in minutes.items()}, pieces, again)
        with database.transaction() as session:
            for n in payees:
                if (due := premi.owed(session, team[n])) > 0:
                    premi.pay(session, facility=SRAGEN, worker_id=team[n], idr=max(1, due // 3))
    before, cells = totals(database), by_cell(database)
    for some in (leavers[::2], leavers[1::2]) if purges == 2 else (leavers, []):
        if some:
            with database.transaction() as session:
                people.leave(session, facility=SRAGEN, workers=[team[n] for n in some])
            before, cells = totals(database), by_cell(database)
        purge(database)
        assert (totals(database), by_cell(database)) == (before, cells)
        assert unbalanced(database) == []
    everything = texts(database)
    for code, id in code_to_id.items():
        assert (code in everything or str(id) in everything) == (team.index(id) not in leavers)


def share_a_lot(database: Database, work: UUID, minutes: dict[UUID, int], pieces: int, again: bool) -> None:
    """A lot is accepted and shared by these hours; perhaps that is reversed and done once more."""
    lot = f"SRG-{uuid4().hex[:6]}"
    with database.transaction() as session:
        session.execute(
            insert(hours_entry),
            [
                {
                    "facility": SRAGEN,
                    "worker_id": one,
                    "work_order_id": work,
                    "worked_on": fresh_day(session, one),
                }
                | {"minutes": count, "recorded_at": business_now(session)}
                for one, count in minutes.items()
            ],
        )
        premi.accept_lot(session, session.get_one(WorkOrder, work), lot=lot, pieces=pieces)
        premi.share(session, facility=SRAGEN, lot=lot)
    if not again:
        return
    with database.transaction() as session:
        entry = premi.standing(session, lot, "shared")
        assert entry is not None
        premi.reverse(session, facility=SRAGEN, entry_id=entry, reason="Wrong hours.")
        premi.share(session, facility=SRAGEN, lot=lot)


def fresh_day(session: Session, one: UUID) -> date:
    """A day on which this worker has no hours yet."""
    last = select(func.min(hours_entry.c.worked_on)).where(hours_entry.c.worker_id == one)
    first: date = session.execute(last).scalar() or today()
    return first - timedelta(days=1)


def test_the_page_tells_of_five_or_more_who_left_and_of_holds_and_of_nobody(
    shared_out: Production, team: dict[str, UUID]
) -> None:
    database = shared_out.database
    with database.transaction() as session:
        holding.place(session, facility=SRAGEN, code=None, reason="A court asked for it.", by="somebody@here")
        advance(session, timedelta(days=6 * 365))
    tell_the_month(database)
    client = Visitor(shared_out, KANWIL, None).client
    held = client.get("/production/retention/").text
    for words in ("ada penahanan hukum: 5", "A court asked for it.", "semua orang di sana", "tidak ada"):
        assert words in held, words
    with database.transaction() as session:
        holding.lift(session, hold_id=1, by="somebody@here")
    assert "tentang 5 orang" in client.get("/production/retention/").text
    purge(database)
    page = client.get("/production/retention/").text
    assert "jumlahnya tetap" in page
    assert not any(code in page or str(id) in page for code, id in team.items())
    with database.transaction() as session:
        people.leave(session, facility=SRAGEN, workers=[max(team.values())])
    assert "belum cukup lama: kurang dari 5" in client.get("/production/retention/").text
    officer = Visitor(shared_out, FACILITY, SRAGEN).client
    assert officer.get("/production/retention/").status_code == 403
