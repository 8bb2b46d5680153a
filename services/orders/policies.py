"""The destination policies in force, kept as rows so that a decision can be traced to them."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders.domain.destination_policy import Rule
from services.orders.storage import destination_policy

_DATES = ("delivery_from", "delivery_before")
_LISTS = ("countries", "hs", "needs", "law")


def in_force(session: Session, on: date) -> list[Rule]:
    """The rules of that day. None at all means that every destination is held."""
    rows = session.execute(select(destination_policy).order_by(destination_policy.c.id))
    return [_rule(row.id, row.version, row.row) for row in rows if _is_valid(row.row, on)]


def _is_valid(row: dict[str, Any], on: date) -> bool:
    begins, ends = row.get("valid_from"), row.get("valid_to")
    return (not begins or date.fromisoformat(begins) <= on) and (not ends or on <= date.fromisoformat(ends))


def _rule(id: str, version: int, row: dict[str, Any]) -> Rule:
    dates = {name: date.fromisoformat(row[name]) for name in _DATES if row.get(name)}
    lists = {name: tuple(row[name]) for name in _LISTS if row.get(name) is not None}
    rest = {name: value for name, value in row.items() if name not in ("valid_from", "valid_to")}
    return Rule(id=id, version=version, **{**rest, **lists, **dates})
