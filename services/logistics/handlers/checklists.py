"""Which papers goods need, by the rules as they are now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain.documents import Cargo, Document, checklist, to_hand_in
from services.logistics.domain.modes import MODES, Mode
from services.logistics.domain.order import Standing
from services.logistics.domain.shipment import Shipment
from services.logistics.storage import carton, item, lot
from services.logistics.storage import shipment as shipments
from shared.messaging.outbox import record


def papers_for(session: Session, goods: Sequence[Standing], by: Mode) -> list[Document]:
    """The checklist of these goods: for each country that a line of them goes to, by their mode of transport."""
    known, graph = rules.documents(session), rules.milestones(session)
    wanted: dict[str, Document] = {}
    for cargo in _cargoes(session, goods, by.code):
        for document in checklist(known, cargo, graph):
            wanted.setdefault(document.code, document)
    order = [rule.code for rule in known]
    return sorted(wanted.values(), key=lambda each: order.index(each.code))


def _cargoes(session: Session, goods: Sequence[Standing], mode: str) -> list[Cargo]:
    skus = {each.line.sku for each in goods}
    items = session.execute(select(item.c.materials, item.c.hs6).where(item.c.sku.in_(skus))).all()
    return [
        Cargo(
            destination=destination,
            materials=frozenset(material for row in items for material in row.materials),
            hs6=frozenset(row.hs6 for row in items),
            lanes=frozenset(lane for each in goods for lane in each.lanes),
            incoterm=goods[0].line.order.incoterm,
            mode=mode,
        )
        for destination in sorted({each.line.destination for each in goods})
    ]


def reconsider(
    session: Session, shipment: Shipment, mode: str | None = None, *, moved: bool = False
) -> list[object]:
    """Ask for what the shipment's goods need now: once booked by ``mode``, or once ``moved`` to another consignee."""
    goods = standing.in_shipment(session, shipment.id)
    wanted = papers_for(session, goods, MODES[mode or shipment.mode])
    return shipment.reconsider(wanted, goods=goods, moved=moved, graph=rules.milestones(session))


def unasked(session: Session, shipment: Shipment) -> list[Document]:
    """Papers that are not on its checklist and may be handed in all the same."""
    known = [each.code for each in shipment.documents]
    return to_hand_in(rules.documents(session), rules.milestones(session), shipment.by, but=known)


def reconsider_those_with(session: Session, order_id: UUID, line: int, *, moved: bool = False) -> None:
    """A line is otherwise, or goes elsewhere: the shipments that have it and are not loaded yet need other papers."""
    inside = select(carton.c.shipment_id).join(lot, lot.c.code == carton.c.lot)
    inside = inside.where(lot.c.order_id == order_id, lot.c.line == line)
    query = select(Shipment).where(shipments.c.id.in_(inside)).order_by(shipments.c.id).with_for_update()
    for shipment in session.execute(query.execution_options(populate_existing=True)).scalars().all():
        if not shipment.loaded_or_gone:
            events = reconsider(session, shipment, moved=moved)
            session.flush()
            record(session, *events)
