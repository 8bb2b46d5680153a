"""The papers of a work order, from the rows: reads only."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.production.documents import MaterialNeed, WorkPaper
from services.production.domain.work_order import WorkOrder
from services.production.storage import facility, item, material
from services.production.terms import recipe_of


def paper_of(session: Session, order: WorkOrder, *, report_at: str) -> WorkPaper:
    """The work order as it stands now."""
    made = session.execute(select(item).where(item.c.sku == order.sku)).one()
    at = session.execute(select(facility.c.name).where(facility.c.code == order.facility)).scalar_one()
    return WorkPaper(
        number=order.number,
        state=order.state,
        facility=order.facility,
        facility_name=at,
        sku=order.sku,
        name_id=made.name_id,
        name_en=made.name_en,
        quantity=order.quantity,
        made=order.made,
        good=order.good,
        scrap=order.scrap,
        remaining=order.remaining,
        due=order.due,
        materials=_materials(session, order),
        report_at=report_at,
    )


def _materials(session: Session, order: WorkOrder) -> tuple[MaterialNeed, ...]:
    takes = recipe_of(session, order.sku)
    rows = session.execute(select(material).where(material.c.code.in_(takes)).order_by(material.c.code))
    return tuple(
        MaterialNeed(
            name_id=row.name_id,
            name_en=row.name_en,
            unit=row.unit,
            quantity=takes[row.code] * order.remaining,
        )
        for row in rows
    )
