"""Planning a line over 59 facilities with a thousand open orders: what it takes of our CPU, and of the database."""

import time
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from kendi.system import System
from services.production.capacities import able_to_make
from services.production.domain.allocation import share_out
from shared.clock import business_today
from shared.database import Database
from shared.sight import SERVICE

FACILITIES, OPEN, DONE = 59, 1_000, 100_000
ALLOCATIONS = 300
ENOUGH_MS = 10
FAMILY, LABOUR_MINUTES = "coco_rope", 14

PEOPLE = [
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
]
WORK = text("""
    INSERT INTO work_order (id, number, order_id, line, sku, facility, quantity, due, why, offered_on, made, good)
    SELECT gen_random_uuid(), 'BENCH-' || n, gen_random_uuid(), 1, 'CR-BALL-07', f.code, 500,
        current_date + 60, '', current_date, done.pieces, done.pieces
    FROM generate_series(1, CAST(:open + :done AS int)) n
    CROSS JOIN LATERAL (SELECT CASE WHEN n <= :open THEN 0 ELSE 500 END AS pieces) done
    JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place FROM facility) f ON f.place = n % :facilities + 1""")
EXPLAINED = text("""
    EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)
    SELECT w.facility, i.family, sum((w.quantity - w.good) * i.labour_minutes)
    FROM work_order w JOIN item i ON i.sku = w.sku
    WHERE w.declined_reason IS NULL AND w.withdrawn_on IS NULL AND w.good < w.quantity
    GROUP BY w.facility, i.family""")


def allocations(system: System) -> None:
    """Allocations a second over facilities that all have calendars, pools and open work."""
    owner = Database(system.addresses.owner_urls["production"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in PEOPLE:
            known = {"facilities": FACILITIES, "family": FAMILY}
            session.execute(statement, {name: known[name] for name in statement._bindparams})
        session.execute(WORK, {"facilities": FACILITIES, "open": OPEN, "done": DONE})
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE work_order, facility, capability, calendar_day, worker_pool"))
    with owner.transaction() as session:
        whole, cpu, first = _timed(session)
        plan = "\n    ".join(session.execute(EXPLAINED).scalars())
    owner.close()
    told = "" if cpu < ENOUGH_MS else f"  more than {ENOUGH_MS} ms!"
    print(
        f"Allocation over {FACILITIES} facilities, {OPEN:,} open work orders of {OPEN + DONE:,}:"
        f" {1000 / whole:.0f}/s; {cpu:.1f} ms of our CPU each ({first:.1f} ms the first of a day){told}"
    )
    print(f"  what is committed:\n    {plan}")


def _timed(session: Session) -> tuple[float, float, float]:
    """Milliseconds of an allocation: in all, of our CPU, and of our CPU for the first."""
    cpu = [_of_cpu(session, quantity=1_000)]
    began = time.perf_counter()
    cpu += [_of_cpu(session, quantity=1_000 + 37 * n) for n in range(ALLOCATIONS)]
    return (
        1000 * (time.perf_counter() - began) / ALLOCATIONS,
        1000 * sum(cpu[1:]) / ALLOCATIONS,
        1000 * cpu[0],
    )


def _of_cpu(session: Session, quantity: int) -> float:
    began = time.process_time()
    today = business_today(session)
    able = able_to_make(session, FAMILY)
    if len(able) != FACILITIES:
        raise RuntimeError(f"{len(able)} facilities are able where {FACILITIES} were set up")
    latest = today + timedelta(days=45)
    share_out(quantity, labour_minutes=LABOUR_MINUTES, latest=latest, today=today, able=able)
    return time.process_time() - began
