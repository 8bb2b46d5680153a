"""Days with their counts as one text: the same few come with every plan, and are then known by it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, func
from sqlalchemy.dialects.postgresql import array

_EPOCH = date(1970, 1, 1)


def as_text(day: ColumnElement[date], *counts: ColumnElement[Any]) -> ColumnElement[str]:
    """The days of a group with their counts, which ``by_day`` reads."""
    return func.array_agg(array[Any]([day - _EPOCH, *counts], type_=Integer)).cast(Text)


def by_day(told: str | None) -> Iterator[tuple[Any, ...]]:
    """The days with their counts, in order."""
    return ((_EPOCH + timedelta(days=day), *counts) for day, *counts in sorted(numbers(told)))


def numbers(told: str | None) -> list[Any]:
    """An array of PostgreSQL as its text."""
    read: list[Any] = json.loads((told or "{}").replace("{", "[").replace("}", "]"))
    return read
