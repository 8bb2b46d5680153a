"""The destination policies in force, kept as rows so that a decision can be traced to them."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders.domain.destination_policy import Rule
from services.orders.storage import destination_policy

_DATES = ("delivery_from", "delivery_before")
_LISTS = ("countries", "hs", "needs", "law")


def current(session: Session) -> list[Rule]:
    """All rules in force. An empty table means that every destination is held."""
    rows = session.execute(select(destination_policy).order_by(destination_policy.c.id))
    return [_rule(row.id, row.version, row.row) for row in rows]


def _rule(id: str, version: int, row: dict[str, Any]) -> Rule:
    dates = {name: date.fromisoformat(row[name]) for name in _DATES if row.get(name)}
    lists = {name: tuple(row[name]) for name in _LISTS if row.get(name) is not None}
    return Rule(id=id, version=version, **{**row, **lists, **dates})
