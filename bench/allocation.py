"""Planning a line over 59 facilities with a thousand open orders: what it takes of our CPU, and of the database."""

import time
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import psutil
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.waiting import until_quiet
from kendi.simulation.province import heard, placed_and_cleared
from kendi.system import System
from services.production.capacities import able_to_make
from services.production.domain.capacity import latest_finish
from services.production.domain.terms import share_out_on_terms
from services.production.terms import terms_of
from shared.clock import business_today
from shared.database import Database
from shared.sight import SERVICE

FACILITIES, OPEN, DONE = 59, 1_000, 100_000
ALLOCATIONS = 300
ENOUGH_MS = 10
FAMILY, SKU, BUYER, LABOUR_MINUTES = "coco_rope", "CR-BALL-07", "BENCH", 14

PEOPLE = [
    # What earlier measurements left is done; no catalogue has the tens of thousands of items that they told of.
    text("UPDATE work_order SET made = quantity, good = quantity WHERE good < quantity"),
    text("DELETE FROM item WHERE sku LIKE 'X-%'"),
    text("UPDATE facility SET producing = true, verified = true, open_minutes = 360, week = NULL"),
    text("""
        INSERT INTO facility (code, name, place, address, gln, hub, kind, verified, producing, open_minutes)
        SELECT 'LPX-' || chr(65 + n) || 'XX', 'Lapas', 'Tempat', '[]', '', false, 'lapas', true, true, 360
        FROM generate_series(1, :facilities - (SELECT count(*) FROM facility)::int) n"""),
    text("""
        INSERT INTO capability (facility, family, workers, efficiency_pct, yield_pct)
        SELECT code, :family, 10 + length(place), 80, 95 FROM facility
        ON CONFLICT (facility, family) DO UPDATE SET workers = 20"""),
    text("""
        INSERT INTO calendar_day (facility, day, open_minutes, reason)
        SELECT code, current_date + 9 * n, 0, 'search' FROM facility, generate_series(1, 12) n"""),
    text("""
        INSERT INTO worker_pool (facility, week, eligible, consenting, trainees)
        SELECT code, date_trunc('week', current_date)::date + 7 * n, 60, 30 + n, n
        FROM facility, generate_series(0, 7) n"""),
    text("""
        INSERT INTO agreement (id, number, partner, facility, lanes, valid_from, valid_to)
        SELECT gen_random_uuid(), 'BENCH-' || code, :buyer, code, ARRAY['custodial'], current_date - 1,
            current_date + 900
        FROM facility"""),
    text("""
        INSERT INTO material_lot (id, number, facility, material, supplier, quantity, received_on)
        SELECT gen_random_uuid(), 'BENCH-' || f.code || r.material, f.code, r.material, 'Bench', 1000000,
            current_date
        FROM facility f, recipe r WHERE r.sku = :sku"""),
]
WORK = text("""
    INSERT INTO work_order (id, number, order_id, line, sku, facility, quantity, due, why, offered_on, made, good)
    SELECT gen_random_uuid(), 'BENCH-' || n, gen_random_uuid(), 1, 'CR-BALL-07', f.code, 500,
        current_date + 60, '', current_date, done.pieces, done.pieces
    FROM generate_series(1, CAST(:open + :done AS int)) n
    CROSS JOIN LATERAL (SELECT CASE WHEN n <= :open THEN 0 ELSE 500 END AS pieces) done
    JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place FROM facility) f ON f.place = n % :facilities + 1""")
CONSIDERED = text("""
    SELECT count(*) FROM (
        SELECT facility FROM work_order WHERE order_id = :order_id
        UNION SELECT facility FROM passed_over WHERE order_id = :order_id) f""")
TAKEN_BACK = [
    text("DELETE FROM passed_over WHERE order_id = :order_id"),
    text("DELETE FROM work_order WHERE order_id = :order_id"),
    text("DELETE FROM demand WHERE order_id = :order_id"),
]


def allocations(system: System) -> None:
    """Allocations a second over facilities that all have calendars, pools and open work."""
    owner = Database(system.addresses.owner_urls["production"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in PEOPLE:
            known = {"facilities": FACILITIES, "family": FAMILY, "sku": SKU, "buyer": BUYER}
            session.execute(statement, {name: known[name] for name in statement._bindparams})
        session.execute(WORK, {"facilities": FACILITIES, "open": OPEN, "done": DONE})
    _vacuum(owner)
    until_quiet(system)
    with owner.transaction() as session:
        took = [_planned(session, number) for number in range(1, ALLOCATIONS + 2)]
    _vacuum(owner)
    until_quiet(system)
    with owner.transaction() as session:
        shared_out = sum(_shared_out(session, number) for number in range(1, ALLOCATIONS + 1))
    owner.close()
    first, *others = took
    whole, ours, databases = (1000 * sum(column) / ALLOCATIONS for column in zip(*others, strict=True))
    alone = 1000 * shared_out / ALLOCATIONS
    told = "" if alone < ENOUGH_MS else f"  more than {ENOUGH_MS} ms!"
    print(
        f"A line shared out over {FACILITIES} facilities, {OPEN:,} open work orders of {OPEN + DONE:,}:"
        f" {1000 / alone:.0f}/s; {alone:.1f} ms{told}"
    )
    print(
        f"  with the clearance heard, and work orders, reasons and events written: {1000 / whole:.0f}/s;"
        f" {ours:.1f} ms of our CPU and {databases:.1f} ms of the database's each"
        f" ({1000 * first.ours:.1f} ms of ours the first of a day)"
    )


def _vacuum(owner: Database) -> None:
    """As autovacuum does: what was deleted is not walked over each time."""
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(
            text("VACUUM ANALYZE work_order, facility, capability, calendar_day, worker_pool, item")
        )


class Took(NamedTuple):
    """Seconds: by the clock, of our processor, and of the database's."""

    whole: float
    ours: float
    databases: float


def _shared_out(session: Session, number: int) -> float:
    """Seconds by the clock from the question who could make a line to who is asked for how much, and why nobody else is."""
    today = business_today(session)
    began = time.perf_counter()
    able = able_to_make(session, FAMILY)
    plan = share_out_on_terms(
        1_000 + 37 * number,
        labour_minutes=LABOUR_MINUTES,
        latest=latest_finish(today + timedelta(days=45)),
        today=today,
        able=able,
        terms=terms_of(session, SKU, partner=BUYER, able=able, today=today),
    )
    took = time.perf_counter() - began
    considered = len({share.facility for share in plan.plan.shares} | plan.passed_over.keys())
    if considered != FACILITIES:
        raise RuntimeError(f"{considered} facilities were considered where {FACILITIES} were set up")
    return took


def _planned(session: Session, number: int) -> Took:
    """What it takes from hearing of a clearance to the work orders and events; no work of it stays.

    It is deleted: with a ROLLBACK psycopg would forget the statements that a worker has prepared.
    """
    today = business_today(session)
    order, cleared = placed_and_cleared(
        number,
        sku=SKU,
        quantity=1_000 + 37 * number,
        unit_price=Decimal("0.55"),
        today=today,
        days=45,
        buyer=BUYER,
    )
    backend = psutil.Process(session.execute(text("SELECT pg_backend_pid()")).scalar_one())
    heard(session, order)
    session.flush()
    began, ours, databases = time.perf_counter(), time.process_time(), backend.cpu_times()
    heard(session, cleared)
    session.flush()
    then = backend.cpu_times()
    took = Took(
        time.perf_counter() - began,
        time.process_time() - ours,
        then.user + then.system - databases.user - databases.system,
    )
    considered = session.execute(CONSIDERED, {"order_id": order.order_id}).scalar_one()
    if considered != FACILITIES:
        raise RuntimeError(f"{considered} facilities were considered where {FACILITIES} were set up")
    session.expunge_all()
    for statement in TAKEN_BACK:
        session.execute(statement, {"order_id": order.order_id})
    return took
