"""How a service erases what was kept long enough: a plan, bounded steps, and a row for each of them.

The row is written in the transaction that erased, so that nothing goes without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    insert,
)
from sqlalchemy.orm import Session

from shared.database import Instant
from shared.retention import Asked

Batch = Sequence[Any]
"""Ids of what one step is about."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is due, as it is now; ``kept`` is how many are not, by the reason. ``people`` are workers, if any."""

    batches: list[Batch]
    rows: int
    kept: dict[str, int]
    people: int | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a step erased; it has a number unless that was nothing."""

    erased: int = 0
    aggregated: int = 0
    people: int = 0
    step: int | None = None


@dataclass(frozen=True)
class Eraser:
    """How data of a kind is erased: ``plan`` writes nothing, and ``step`` looks again before it erases."""

    plan: Callable[[Session, Asked], Plan]
    step: Callable[[Session, Asked, Batch], Done]


def in_batches(ids: Sequence[Any], size: int) -> list[Batch]:
    return [ids[at : at + size] for at in range(0, len(ids), size)]


def purge_steps(tables: MetaData) -> Table:
    """The table of a service in which its steps are noted."""
    return Table(
        "purge_step",
        tables,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("at", Instant, nullable=False, server_default=func.clock_timestamp()),
        Column("as_of", Date, nullable=False, comment="the day for which the rule was asked"),
        Column("kind", Text, nullable=False),
        Column("version", Integer, nullable=False, comment="of the rule"),
        Column("kept_for", Text, nullable=False),
        Column("erased", Integer, nullable=False, comment="rows, or values in rows that stay"),
        Column("aggregated", Integer, nullable=False, comment="rows whose sums remain"),
        Column("actor", Text, nullable=False),
        CheckConstraint("erased >= 0 AND aggregated BETWEEN 0 AND erased", name="counts"),
        comment="append only: what was erased by which rule, when and by whom; of whom it was is not kept",
    )


def note(
    session: Session, steps: Table, asked: Asked, *, erased: int, aggregated: int = 0, people: int = 0
) -> Done:
    """Keep that this was erased, unless it was nothing."""
    if not erased:
        return Done()
    values = {
        "as_of": asked.on,
        "kind": asked.rule.kind,
        "version": asked.rule.version,
        "kept_for": str(asked.rule.kept_for),
        "erased": erased,
        "aggregated": aggregated,
        "actor": asked.by,
    }
    number: int = session.execute(insert(steps).values(**values).returning(steps.c.id)).scalar_one()
    return Done(erased=erased, aggregated=aggregated, people=people, step=number)
