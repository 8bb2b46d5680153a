"""How reliable each facility is, counted anew once a day: planning reads one number and adds nothing up."""

from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from services.production.domain.allocation import reliability
from services.production.handlers.planning import one_plan_at_a_time
from services.production.province import INSPECTED_DAYS, passed_at_once
from services.production.storage import facility, warning, work_order
from shared.clock import business_today


def some_are_unrated(session: Session) -> bool:
    today = business_today(session)
    unrated = select(facility.c.code).where(or_(facility.c.rated_on.is_(None), facility.c.rated_on < today))
    return session.execute(unrated.limit(1)).first() is not None


def rate(session: Session) -> None:
    """Count of the last half year what each facility declined, what came late, and what passed at once."""
    one_plan_at_a_time(session)
    today = business_today(session)
    late = (
        select(warning.c.work_order_id)
        .where(warning.c.kind == "late", warning.c.grade != "amber", warning.c.work_order_id.is_not(None))
        .distinct()
        .subquery()
    )
    asked = session.execute(
        select(
            work_order.c.facility,
            func.count().label("offers"),
            func.count(work_order.c.declined_reason).label("declined"),
            func.count(late.c.work_order_id).label("late"),
        )
        .outerjoin(late, late.c.work_order_id == work_order.c.id)
        .where(work_order.c.offered_on >= today - timedelta(days=INSPECTED_DAYS))
        .where(work_order.c.withdrawn_on.is_(None))
        .group_by(work_order.c.facility)
    )
    passed = passed_at_once(session)
    session.execute(update(facility).values(reliability_pct=None, rated_on=today))
    for row in asked:
        pct = reliability(
            row.offers, declined=row.declined, late=row.late, passed_pct=passed.get(row.facility)
        )
        session.execute(update(facility).where(facility.c.code == row.facility).values(reliability_pct=pct))
