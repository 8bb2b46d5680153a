"""What a service does about an event that it hears, one at a time or several together."""

import faulthandler
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.events import CONTRACTS
from shared.messaging.tables import Inbox

HANGS_AFTER_SECONDS = 30
"""A reaction that takes longer ends its process, which writes down where it hung; the attempt counts."""
REARM_SECONDS = 1


class NotYet(Exception):
    """A reaction misses something that another subject will bring; it is tried again when that advances."""

    def __init__(self, source: str, subject: str) -> None:
        super().__init__(f"waits for {source} to tell of {subject}")
        self.waits_for = f"{source} {subject}"


class NotKnown(NotYet):
    """An event of a type or version that this version of the service does not know; a newer one will."""

    def __init__(self, type: str) -> None:
        Exception.__init__(self, f"waits for a version of this service that knows {type}")
        self.waits_for = f"version {type}"


@dataclass(frozen=True)
class Heard:
    """What is known of a received event beside its data."""

    source: str
    event_id: UUID
    subject: str
    sequence: int
    type: str
    occurred_at: datetime
    actor_role: str
    traceparent: str | None


Reaction = Callable[[Session, Any, Heard], None]
Reactions = Mapping[type[Any], Reaction]


@dataclass(frozen=True)
class Together:
    """A reaction that takes several events at once, in their order: one statement for each is slow."""

    react: Callable[[Session, Sequence[Any]], None]

    def __call__(self, session: Session, event: Any, heard: Heard) -> None:
        self.react(session, [event])


def keep_copy(table: Table, row: Callable[[Any], dict[str, Any]]) -> Together:
    """Keep our own copy of what another service tells, a row for each key; the newest event counts.

    ``row`` gives a JSON-ready value for each column.
    """
    names, key = table.columns.keys(), table.primary_key.columns.keys()
    rows = func.jsonb_to_recordset(bindparam("rows", type_=JSONB)).table_valued(
        *(column(each.name, each.type) for each in table.columns)
    )
    insert = upsert(table).from_select(names, select(rows.render_derived(with_types=True)))
    newest = {name: insert.excluded[name] for name in names if name not in key}
    statement = insert.on_conflict_do_update(index_elements=key, set_=newest)

    def keep(session: Session, events: Sequence[Any]) -> None:
        told = [row(event) for event in events]
        by_key = {tuple(values[name] for name in key): values for values in told}
        session.execute(statement, {"rows": list(by_key.values())})

    return Together(keep)


def react(session: Session, rows: Sequence[Row[Any]], reactions: Reactions) -> list[tuple[Row[Any], Inbox]]:
    """Run the reactions to these events, in their order; returns how each ended."""
    ended: list[tuple[Row[Any], Inbox]] = []
    with _watching() as still_moving:
        for reaction, group in groupby(rows, key=lambda row: _reaction_to(row, reactions)):
            alike = list(group)
            still_moving()
            if isinstance(reaction, Together):
                reaction.react(session, [_event(row) for row in alike])
            elif reaction is not None:
                for row in alike:
                    still_moving()
                    session.info["traceparent"] = row.traceparent
                    reaction(session, _event(row), _heard(row))
            state = Inbox.DONE if reaction else Inbox.SKIPPED
            ended += [(row, state) for row in alike]
    return ended


def _reaction_to(row: Row[Any], reactions: Reactions) -> Reaction | None:
    """None for a type that nobody here reacts to."""
    contract = CONTRACTS.get(row.type)
    if contract is None:
        raise NotKnown(row.type)
    return reactions.get(contract.event)


def _event(row: Row[Any]) -> Any:
    return CONTRACTS[row.type].load(row.data)


def _heard(row: Row[Any]) -> Heard:
    return Heard(
        source=row.source,
        event_id=row.event_id,
        subject=row.subject,
        sequence=row.sequence,
        type=row.type,
        occurred_at=row.occurred_at,
        actor_role=row.actor_role,
        traceparent=row.traceparent,
    )


@contextmanager
def _watching() -> Iterator[Callable[[], None]]:
    """End the process when a reaction hangs.

    Arming starts a thread and costs as much as a statement: a quick batch arms once.
    """
    faulthandler.dump_traceback_later(HANGS_AFTER_SECONDS, exit=True)
    armed = time.monotonic()

    def still_moving() -> None:
        nonlocal armed
        if time.monotonic() - armed > REARM_SECONDS:
            faulthandler.dump_traceback_later(HANGS_AFTER_SECONDS, exit=True)
            armed = time.monotonic()

    try:
        yield still_moving
    finally:
        faulthandler.cancel_dump_traceback_later()
