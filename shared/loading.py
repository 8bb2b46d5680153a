"""Making a table equal to reference rows: only what differs is written."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

Rows = Mapping[str, Mapping[str, Any]]
"""Columns by name, by the key of a table with one key column."""


def write_changed(session: Session, table: Table, rows: Rows) -> set[str]:
    """Write the rows that are new or differ from what the table has; returns their keys."""
    (key,) = table.primary_key
    known = {row[key.name]: row for row in session.execute(select(table)).mappings()}
    changed = {
        id
        for id, values in rows.items()
        if id not in known or any(known[id][n] != v for n, v in values.items())
    }
    for id in sorted(changed):
        statement = upsert(table).values({key.name: id, **rows[id]})
        session.execute(statement.on_conflict_do_update(index_elements=[key], set_=dict(rows[id])))
    return changed


def remove_others(session: Session, table: Table, rows: Rows) -> int:
    """Remove what the rows do not have any more; returns how many."""
    (key,) = table.primary_key
    gone = session.execute(delete(table).where(key.not_in(list(rows))).returning(key))
    return len(gone.all())
