"""What articles need of who makes them, as the reference data say: skill, and the workshop."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from services.production.domain.terms import ANYTHING, Needs
from services.production.storage import demand, item_skill


def _of_line(name: str, otherwise: int | str) -> ColumnElement[int | str]:
    its_own = select(item_skill.c[name]).where(item_skill.c.sku == demand.c.sku).correlate(demand)
    return func.coalesce(its_own.scalar_subquery(), otherwise)


OF_LINE = (
    _of_line("level", ANYTHING.skill_level).label("skill_level"),
    _of_line("zone", ANYTHING.zone).label("zone"),
)
"""What an order line's article needs."""


def needed(session: Session, skus: Collection[str]) -> dict[str, Needs]:
    """What those articles need that need more than others."""
    rows = session.execute(select(item_skill).where(item_skill.c.sku.in_(skus)))
    return {row.sku: Needs(skill_level=row.level, zone=row.zone) for row in rows}
