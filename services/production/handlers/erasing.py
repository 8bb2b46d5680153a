"""Erasing what was kept long enough: a plan of all that a rule is due for, then a bounded step at a time.

A step locks what it is about and looks again whether it may go, erases, and notes that it did, all in one
transaction. Nothing of a worker goes before the figures of all months that this worker is in were told, since
they are kept as they were told: a figure that changed would tell of somebody.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, time
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, Text, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from services.production import formers
from services.production.domain import premi as rules
from services.production.domain.erasure import Former, why_kept
from services.production.storage import (
    consent,
    hours_entry,
    inspection,
    inspection_photo,
    legal_hold,
    premi_entry,
    premi_line,
    premi_of_former,
    purge_step,
    tables,
    work_order,
    worker,
    worker_read,
)
from shared import purging
from shared.clock import WIB, business_now
from shared.purging import Batch, Done, Eraser, Plan, in_batches
from shared.retention import Asked
from shared.sight import as_the_service, erasing

WORKERS_AT_A_TIME, ROWS_AT_A_TIME = 20, 500
TAKEN_OUT = "…"
"""What stands where a code stood in a remark."""

Cells = list[dict[str, Any]]
Due = tuple[ColumnElement[bool], Mapping[str, ColumnElement[bool]]]
"""What is old enough, and what stops some of it, by the reason that is told."""


def _plan_workers(table: Table) -> Callable[[Session, Asked], Plan]:
    def plan(session: Session, asked: Asked) -> Plan:
        here = select(func.count()).select_from(worker).where(worker.c.left_on.is_(None))
        kept = Counter(still_here=session.execute(here).scalar_one())
        due: defaultdict[str, list[Former]] = defaultdict(list)
        for one in formers.formers(session, asked.now):
            reason = why_kept(one, asked.before)
            if reason is None:
                due[one.facility].append(one)
            else:
                kept[reason] += 1
        ids = [one.id for some in due.values() for one in some]
        theirs = worker.c.id if table is worker else table.c.worker_id
        rows = session.execute(select(func.count()).select_from(table).where(theirs.in_(ids))).scalar_one()
        with_rows = set(session.execute(select(theirs).where(theirs.in_(ids)).distinct()).scalars())
        batches = [
            batch
            for some in due.values()
            for batch in in_batches([one.id for one in some if one.id in with_rows], WORKERS_AT_A_TIME)
        ]
        return Plan(batches=batches, rows=rows, people=len(with_rows), kept=dict(+kept))

    return plan


def _of_workers(
    erase: Callable[[Session, Sequence[Former]], tuple[int, Cells]],
) -> Callable[[Session, Asked, Batch], Done]:
    def step(session: Session, asked: Asked, batch: Batch) -> Done:
        _lock(session, batch)
        gone = [
            one
            for one in formers.formers(session, business_now(session), batch)
            if why_kept(one, asked.before) is None
        ]
        if not gone:
            return Done()
        rows, cells = erase(session, gone)
        people = min(len(gone), rows)
        done = purging.note(session, purge_step, asked, erased=rows, aggregated=rows, people=people)
        if cells:
            session.execute(insert(premi_of_former), [{**cell, "step_id": done.step} for cell in cells])
        return done

    return step


def _lock(session: Session, ids: Collection[Any]) -> None:
    """Nobody changes the account of these workers until the commit, nor reverses an entry that they are in.

    Entries before workers, as a reversal does. Who got an entry between the two is settled too lately to go.
    """
    theirs = select(premi_line.c.entry_id).where(premi_line.c.worker_id.in_(ids))
    entries = select(premi_entry.c.id).where(premi_entry.c.id.in_(theirs)).order_by(premi_entry.c.id)
    session.execute(entries.with_for_update())
    session.execute(select(worker.c.id).where(worker.c.id.in_(ids)).order_by(worker.c.id).with_for_update())


def _erase_hours(session: Session, gone: Sequence[Former]) -> tuple[int, Cells]:
    return _delete(session, hours_entry, gone), []


def _erase_consents(session: Session, gone: Sequence[Former]) -> tuple[int, Cells]:
    return _delete(session, consent, gone), []


def _delete(session: Session, table: Table, gone: Sequence[Former]) -> int:
    with erasing(session):
        theirs = table.c.worker_id.in_([one.id for one in gone])
        return len(session.execute(delete(table).where(theirs).returning(table.c.id)).all())


def _erase_codes(session: Session, gone: Sequence[Former]) -> tuple[int, Cells]:
    """The codes of those of whom nothing else is there any more; what is kept longer keeps the code, too."""
    left = [premi_line.c.worker_id, hours_entry.c.worker_id, consent.c.worker_id]
    rows = session.execute(
        select(worker.c.id, worker.c.code).where(
            worker.c.id.in_([one.id for one in gone]),
            *(~select(theirs).where(theirs == worker.c.id).exists() for theirs in left),
        )
    ).all()
    if not rows:
        return 0, []
    ids = [row.id for row in rows]
    _take_out_of_remarks(session, "|".join(row.code for row in rows))
    session.execute(update(legal_hold).where(legal_hold.c.worker_id.in_(ids)).values(worker_id=None))
    with erasing(session):
        session.execute(delete(worker).where(worker.c.id.in_(ids)))
    return len(ids), []


def _take_out_of_remarks(session: Session, codes: str) -> None:
    """Whoever wrote a code into a remark long ago, when that was not refused, is not quoted with it."""
    for table in tables.sorted_tables:
        for text in table.c:
            if not isinstance(text.type, Text) or not text.name.endswith(("reason", "resolution")):
                continue
            said = func.regexp_replace(text, codes, TAKEN_OUT, "g")
            change = update(table).where(text.op("~")(codes)).values({text.name: said})
            if table in (premi_entry, hours_entry):
                with erasing(session):
                    session.execute(change)
            else:
                session.execute(change)


def _erase_premi(session: Session, gone: Sequence[Former]) -> tuple[int, Cells]:
    """Entries about one worker go as a whole; in those of a lot one line stands for all who were erased."""
    ids = [one.id for one in gone]
    lines = _lines(session, ids)
    alone = {line.entry_id for line in lines if line.kind != "shared"}
    together: defaultdict[int, list[Any]] = defaultdict(list)
    for line in [*lines, *_former_lines(session, {line.entry_id for line in lines} - alone)]:
        if line.entry_id not in alone:
            together[line.entry_id].append(line)
    merged = [
        {"entry_id": entry, "number": min(each.number for each in some), "account": rules.FORMER}
        | {"idr": sum(each.idr for each in some)}
        for entry, some in together.items()
    ]
    former_too = (premi_line.c.entry_id.in_(list(together))) & (premi_line.c.account == rules.FORMER)
    with erasing(session):
        session.execute(
            delete(premi_line).where(
                or_(premi_line.c.worker_id.in_(ids), premi_line.c.entry_id.in_(alone), former_too)
            )
        )
        session.execute(delete(premi_entry).where(premi_entry.c.id.in_(alone)))
        if merged:
            session.execute(insert(premi_line), merged)
    return len(lines), _cells(lines, _schemes(session, {line.lot for line in lines if line.lot}))


def _lines(session: Session, ids: Collection[Any]) -> Sequence[Any]:
    """Their lines, each with the kind and lot of the entry, or of the one that it reverses."""
    first = aliased(premi_entry)
    return session.execute(
        select(premi_line.c.entry_id, premi_line.c.number, premi_line.c.worker_id, premi_line.c.idr)
        .add_columns(premi_entry.c.facility, premi_entry.c.booked_on, first.c.kind, first.c.lot)
        .join(premi_entry, premi_entry.c.id == premi_line.c.entry_id)
        .join(first, first.c.id == func.coalesce(premi_entry.c.reverses, premi_entry.c.id))
        .where(premi_line.c.worker_id.in_(ids))
    ).all()


def _former_lines(session: Session, entries: Collection[int]) -> Sequence[Any]:
    mine = (premi_line.c.entry_id.in_(entries), premi_line.c.account == rules.FORMER)
    return session.execute(
        select(premi_line.c.entry_id, premi_line.c.number, premi_line.c.idr).where(*mine)
    ).all()


def _schemes(session: Session, lots: Collection[str]) -> dict[str, Any]:
    """By which scheme each lot was accrued last."""
    accrued = (
        select(premi_entry.c.lot, premi_entry.c.scheme_id)
        .where(premi_entry.c.lot.in_(lots), premi_entry.c.kind == "accrued")
        .order_by(premi_entry.c.id)
    )
    return {row.lot: row.scheme_id for row in session.execute(accrued)}


def _cells(lines: Sequence[Any], schemes: Mapping[str, Any]) -> Cells:
    """What the lines amount to by facility, month, scheme, kind and account; payments in both their accounts."""
    sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    people: defaultdict[tuple[Any, ...], set[Any]] = defaultdict(set)
    for line in lines:
        key = (line.facility, line.booked_on.replace(day=1), schemes.get(line.lot), line.kind)
        both = ((rules.WORKER, 1),) if line.kind == "shared" else ((rules.WORKER, 1), (rules.PAID, -1))
        for account, sign in both:
            sums[*key, account] += sign * line.idr
            people[*key, account].add(line.worker_id)
    names = ("facility", "month", "scheme_id", "kind", "account")
    return [
        dict(zip(names, key, strict=True)) | {"idr": idr, "people": len(people[key])}
        for key, idr in sums.items()
    ]


def _old_reads(session: Session, asked: Asked) -> Due:
    old = worker_read.c.read_at < datetime.combine(asked.before, time.min, WIB)
    return old, {"legal_hold": formers.held(worker_read.c.facility)}


def _old_photos(session: Session, asked: Asked) -> Due:
    of = select(inspection.c.id).join(work_order, work_order.c.id == inspection.c.work_order_id)
    id = inspection_photo.c.inspection_id
    return id.in_(select(inspection.c.id).where(inspection.c.inspected_on < asked.before)), {
        "claim": id.in_(of.where(work_order.c.id.in_(formers.claimed_work(session)))),
        "legal_hold": id.in_(of.where(formers.held(work_order.c.facility))),
    }


def _of_rows(
    id: Column[Any],
    due: Callable[[Session, Asked], Due],
    sight: Callable[[Session], AbstractContextManager[None]],
) -> Eraser:
    """Rows that are about no worker: what is old goes, but for what a hold or something else stops, in plan and step."""

    def plan(session: Session, asked: Asked) -> Plan:
        free, stops = due(session, asked)
        kept = {"not_old_enough": session.execute(select(func.count(id)).where(~free)).scalar_one()}
        for reason, stop in stops.items():
            kept[reason] = session.execute(select(func.count(id)).where(free, stop)).scalar_one()
            free = free & ~stop
        found = session.execute(select(id).where(free).order_by(id)).scalars().all()
        batches = in_batches(list(dict.fromkeys(found)), ROWS_AT_A_TIME)
        return Plan(batches=batches, rows=len(found), kept={why: n for why, n in kept.items() if n})

    def step(session: Session, asked: Asked, batch: Batch) -> Done:
        old, stops = due(session, asked)
        free = select(id).where(id.in_(batch), old, *(~stop for stop in stops.values()))
        ids = session.execute(free.distinct()).scalars().all()
        with sight(session):
            gone = session.execute(delete(id.table).where(id.in_(ids)).returning(id)).all()
        return purging.note(session, purge_step, asked, erased=len(gone))

    return Eraser(plan, step)


ERASERS: Mapping[str, Eraser] = {
    "premi_by_worker": Eraser(_plan_workers(premi_line), _of_workers(_erase_premi)),
    "worker_hours": Eraser(_plan_workers(hours_entry), _of_workers(_erase_hours)),
    "consents": Eraser(_plan_workers(consent), _of_workers(_erase_consents)),
    "codes_and_eligibility": Eraser(_plan_workers(worker), _of_workers(_erase_codes)),
    "reads_of_workers": _of_rows(worker_read.c.id, _old_reads, erasing),
    "inspection_photos": _of_rows(inspection_photo.c.inspection_id, _old_photos, as_the_service),
}
"""Of each kind what is due and how some of it is erased, in the order in which they depend on each other."""
