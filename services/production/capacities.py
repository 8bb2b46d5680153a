"""What facilities are free to make: their capacity, and the work that they were asked for already."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.production.domain.capacity import Capacity
from services.production.domain.work_order import WorkOrder
from services.production.storage import LIVE, capability, facility, item, work_order


def able_to_make(
    session: Session, family: str, *, but_for: Collection[str] = (), instead_of: Sequence[WorkOrder] = ()
) -> Sequence[Capacity]:
    """Verified facilities that make the family, but for some, with what they are committed to.

    What the new work is to be done ``instead_of`` does not count.
    """
    committed = (
        select(
            func.coalesce(func.sum((work_order.c.quantity - work_order.c.good) * item.c.labour_minutes), 0)
        )
        .join(item, item.c.sku == work_order.c.sku)
        .where(work_order.c.facility == facility.c.code, item.c.family == family)
        .where(LIVE, work_order.c.id.not_in([each.id for each in instead_of]))
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            facility.c.code,
            facility.c.open_minutes,
            capability.c.workers,
            capability.c.efficiency_pct,
            committed,
        )
        .join(capability, capability.c.facility == facility.c.code)
        .where(capability.c.family == family, facility.c.producing, facility.c.verified)
        .where(facility.c.code.not_in(but_for))
        .order_by(facility.c.code)
    )
    return [
        Capacity(
            facility=code,
            open_minutes=minutes,
            workers=workers,
            efficiency_pct=pct,
            committed_minutes=int(busy),
        )
        for code, minutes, workers, pct, busy in rows
    ]


def made_a_day(session: Session, order: WorkOrder) -> int | None:
    """Pieces that the facility of a work order makes in a day with all its workers; unknown if it has none."""
    found = session.execute(
        select(
            facility.c.code,
            facility.c.open_minutes,
            capability.c.workers,
            capability.c.efficiency_pct,
            item.c.labour_minutes,
        )
        .select_from(facility)
        .join(item, item.c.sku == order.sku)
        .join(capability, (capability.c.facility == facility.c.code) & (capability.c.family == item.c.family))
        .where(facility.c.code == order.facility)
    ).one_or_none()
    if found is None:
        return None
    capacity = Capacity(
        facility=found.code,
        open_minutes=found.open_minutes,
        workers=found.workers,
        efficiency_pct=found.efficiency_pct,
    )
    return capacity.pieces_a_day(found.labour_minutes) or None
