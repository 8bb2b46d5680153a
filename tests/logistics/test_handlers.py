"""What logistics hears from the others: its own copy, whatever arrives first."""

from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.logistics import loading
from services.logistics.storage import clearance, document_rule, facility, item, lot, milestone, order_line
from shared import reference
from shared.messaging.reactions import NotYet
from tests.clock import in_days
from tests.logistics.conftest import (
    ORDER,
    SEMARANG,
    SRAGEN,
    Logistics,
    a_clearance,
    a_facility,
    a_lot,
    a_placed_line,
    an_item,
    an_order,
)


def test_an_order_waits_for_its_items(logistics: Logistics) -> None:
    order = an_order(order_id=UUID(int=43), lines=(a_placed_line(sku="CR-RING-15"),))
    with pytest.raises(NotYet) as missing:
        logistics.hears(order)
    assert missing.value.waits_for == "orders item/CR-RING-15"
    logistics.hears(an_item("CR-RING-15"), order)


def test_a_lot_waits_for_its_order_and_for_its_facility(logistics: Logistics) -> None:
    for lot_released, waits_for in (
        (a_lot(order_id=UUID(int=43)), f"orders order/{UUID(int=43)}"),
        (a_lot(facility="RTN-SKA"), "production facility/RTN-SKA"),
    ):
        with pytest.raises(NotYet) as missing:
            logistics.hears(lot_released)
        assert missing.value.waits_for == waits_for
    logistics.hears(an_order(order_id=UUID(int=43), po_number="PO-2"), a_facility("RTN-SKA"))
    logistics.hears(a_lot("A", order_id=UUID(int=43)), a_lot("B", facility="RTN-SKA"))
    assert {row["lot"] for row in logistics.staff.get("/lots").json} == {"A", "B"}


def test_more_of_a_lot_adds_to_it(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=400))
    logistics.staff.post("/cartons", {"lot": "SRG-2503-001"})
    logistics.hears(a_lot(quantity=50))
    with logistics.database.transaction() as session:
        row = session.execute(select(lot)).one()
    assert (row.good, row.packed) == (450, 400)


@pytest.mark.parametrize("lot_first", [True, False])
def test_the_clearance_and_the_goods_may_come_in_either_order(logistics: Logistics, lot_first: bool) -> None:
    if lot_first:
        logistics.gathered(a_lot())
        logistics.hears(a_clearance())
    else:
        logistics.hears(a_clearance())
        logistics.gathered(a_lot())
    planned = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})
    assert planned.status_code == 201


def test_the_newest_clearance_counts(logistics: Logistics) -> None:
    logistics.hears(
        a_clearance(expires_on=in_days(-1)), a_clearance(quantity=900), a_clearance(purpose="produce")
    )
    with logistics.database.transaction() as session:
        rows = session.execute(
            select(clearance).where(clearance.c.order_id == ORDER, clearance.c.line == 1)
        ).all()
    assert {(row.purpose, row.quantity, row.expires_on) for row in rows} == {
        ("export", 900, in_days(90)),
        ("produce", 1_000, in_days(90)),
    }


def test_a_changed_item_or_facility_replaces_the_copy(logistics: Logistics) -> None:
    logistics.hears(an_item(pieces_per_carton=100), a_facility(SEMARANG))
    with logistics.database.transaction() as session:
        pieces = session.execute(
            select(item.c.pieces_per_carton).where(item.c.sku == "CR-BALL-07")
        ).scalar_one()
        facilities = session.execute(select(func.count()).select_from(facility)).scalar_one()
    assert (pieces, facilities) == (100, 3)


def test_each_line_of_an_order_is_kept(logistics: Logistics) -> None:
    with logistics.database.transaction() as session:
        rows = session.execute(select(order_line).order_by(order_line.c.number)).all()
    assert [(row.number, row.sku, row.destination, str(row.unit_price)) for row in rows] == [
        (1, "CR-BALL-07", "BE", "0.55"),
        (2, "CW-BALL-09", "BE", "0.55"),
    ]


def test_loading_again_changes_nothing_and_what_is_gone_from_the_files_is_forgotten(
    logistics: Logistics,
) -> None:
    with logistics.database.transaction() as session:
        assert set(loading.load(session, reference.FOLDER).values()) == {0}
        session.execute(document_rule.insert().values(code="OLD", position=99, row={}))
        session.execute(milestone.update().where(milestone.c.code == "GATE_IN").values(row={}))
        changed = loading.load(session, reference.FOLDER)
    assert (changed["documents"], changed["milestones"]) == (1, 1)
