"""The skill that articles need, as the reference data say."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from services.production.domain.facility import FIRST_LEVEL
from services.production.storage import demand, item_skill

OF_LINE: ColumnElement[int] = func.coalesce(
    select(item_skill.c.level).where(item_skill.c.sku == demand.c.sku).correlate(demand).scalar_subquery(),
    FIRST_LEVEL,
)
"""The level that an order line's article needs."""


def needed(session: Session, skus: Collection[str]) -> dict[str, int]:
    """The levels of those articles that need more than the first."""
    rows = session.execute(select(item_skill).where(item_skill.c.sku.in_(skus)))
    return {row.sku: row.level for row in rows}
