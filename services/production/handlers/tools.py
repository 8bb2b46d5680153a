"""What the tool keeper says: which tools there are, what went out, what came back; and what locks a facility."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.domain.remarks import nobody_named, said
from services.production.domain.tools import Difference, ToolKind, check_in, check_out
from services.production.local_time import today_at
from services.production.storage import facility, facility_lock, shift, tool_count, tool_kind
from shared.events.production import FacilityLocked, FacilityUnlocked
from shared.messaging.outbox import record
from shared.refusal import Refused


def set_tools(session: Session, *, code: str, tools: Sequence[Mapping[str, Any]]) -> None:
    """Which kinds of tools a facility has; a kind that is not named any more has none."""
    for n, tool in enumerate(tools):
        nobody_named(tool["name"], field=f"tools[{n}].name")
    _lock(session, code)
    if _open_shift(session, code) is not None:
        raise Refused("Close the shift first: tools are out.")
    session.execute(update(tool_kind).where(tool_kind.c.facility == code).values(quantity=0))
    for tool in tools:
        values = {"name": tool["name"], "kind_class": tool["kind_class"], "quantity": tool["quantity"]}
        session.execute(
            upsert(tool_kind)
            .values(facility=code, code=tool["code"], **values)
            .on_conflict_do_update(index_elements=["facility", "code"], set_=values)
        )


def open_shift(session: Session, *, code: str, out: Mapping[str, int]) -> int:
    """A shift begins: these went out."""
    _lock(session, code)
    if _open_shift(session, code) is not None:
        raise Refused("A shift is open already; close it first.")
    counts = check_out(kinds_of(session, code), out)
    today = today_at(session, code)
    opened = insert(shift).values(facility=code, opened_on=today).returning(shift.c.id)
    id = int(session.execute(opened).scalar_one())
    _note(session, id, "out", counts)
    return id


def close_shift(
    session: Session, *, code: str, returned: Mapping[str, int], used: Mapping[str, int]
) -> list[Difference]:
    """These came back. If nothing differs the shift is closed, else it stays open and the facility is locked."""
    _lock(session, code)
    row = _open_shift(session, code)
    if row is None:
        raise Refused("No shift is open.")
    differences = check_in(kinds_of(session, code), _counts(session, row.id, "out"), returned, used)
    _note(session, row.id, "returned", returned)
    _note(session, row.id, "used", {**dict.fromkeys(_counts(session, row.id, "used"), 0), **used})
    if not differences:
        _close(session, code, row.id)
    elif locked_since(session, code) is None:
        _lock_up(session, code, row.id, differences)
    return differences


def unlock(session: Session, *, code: str, reason: str) -> None:
    """The head says what became of the difference: it is written off, its shift is closed, and work may go on."""
    _lock(session, code)
    lock = locked_since(session, code)
    if lock is None:
        raise Refused("The facility is not locked.")
    today, why = today_at(session, code), said(reason)
    session.execute(
        update(facility_lock).where(facility_lock.c.id == lock.id).values(unlocked_on=today, resolution=why)
    )
    _close(session, code, lock.shift_id)
    record(session, FacilityUnlocked(code=code, unlocked_on=today, reason=why))


def must_be_unlocked(session: Session, code: str) -> None:
    """Nothing is accepted, begun, reported or inspected where tools are missing; nobody locks it up before the commit."""
    key = select(facility.c.code).where(facility.c.code == code)
    session.execute(key.with_for_update(read=True, key_share=True))
    lock = locked_since(session, code)
    if lock is not None:
        raise Refused(
            "{facility} is locked since {since}: tools are missing. The head must say what became of them.",
            facility=code,
            since=lock.locked_on,
        )


def locked_since(session: Session, code: str) -> Row[Any] | None:
    """The lock of a facility, if it is locked."""
    return session.execute(
        select(facility_lock).where(facility_lock.c.facility == code, facility_lock.c.unlocked_on.is_(None))
    ).one_or_none()


def kinds_of(session: Session, code: str) -> dict[str, ToolKind]:
    """The kinds of tools that a facility has."""
    rows = session.execute(
        select(tool_kind)
        .where(tool_kind.c.facility == code, tool_kind.c.quantity > 0)
        .order_by(tool_kind.c.code)
    )
    return {
        row.code: ToolKind(code=row.code, name=row.name, kind_class=row.kind_class, quantity=row.quantity)
        for row in rows
    }


def _lock_up(session: Session, code: str, shift_id: int, differences: Sequence[Difference]) -> None:
    today, pieces = today_at(session, code), sum(abs(each.missing) for each in differences)
    session.execute(
        insert(facility_lock).values(facility=code, shift_id=shift_id, locked_on=today, pieces=pieces)
    )
    record(session, FacilityLocked(code=code, locked_on=today, pieces=pieces))


def _lock(session: Session, code: str) -> None:
    """One at a time counts a facility's tools."""
    session.execute(select(facility.c.code).where(facility.c.code == code).with_for_update()).one()


def _close(session: Session, code: str, shift_id: int) -> None:
    """Close a shift that is open; the stock that it used up is there no more."""
    closed = (
        update(shift)
        .where(shift.c.id == shift_id, shift.c.closed_on.is_(None))
        .values(closed_on=today_at(session, code))
    )
    if session.execute(closed.returning(shift.c.id)).first() is None:
        return
    for kind, count in _counts(session, shift_id, "used").items():
        left = func.greatest(tool_kind.c.quantity - count, 0)
        session.execute(
            update(tool_kind)
            .where(tool_kind.c.facility == code, tool_kind.c.code == kind)
            .values(quantity=left)
        )


def _open_shift(session: Session, code: str) -> Row[Any] | None:
    return session.execute(
        select(shift).where(shift.c.facility == code, shift.c.closed_on.is_(None))
    ).one_or_none()


def _note(session: Session, shift_id: int, direction: str, counts: Mapping[str, int]) -> None:
    """Counts are added, never changed; of one kind and direction the last one counts."""
    rows = [
        {"shift_id": shift_id, "direction": direction, "code": code, "count": count}
        for code, count in counts.items()
    ]
    if rows:
        session.execute(insert(tool_count), rows)


def _counts(session: Session, shift_id: int, direction: str) -> dict[str, int]:
    newest = (
        select(func.max(tool_count.c.id))
        .where(tool_count.c.shift_id == shift_id, tool_count.c.direction == direction)
        .group_by(tool_count.c.code)
    )
    rows = session.execute(
        select(tool_count.c.code, tool_count.c.count.label("pieces")).where(tool_count.c.id.in_(newest))
    )
    return {row.code: row.pieces for row in rows}
