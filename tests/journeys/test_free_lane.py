"""A line that the law blocks goes each of the ways that are left to it, through all three services."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from kendi.servers import Addresses
from services.logistics.domain.order import NotCleared
from services.logistics.domain.shipment import Booking, Shipment
from services.logistics.handlers import cartons, documents, milestones, shipments
from services.logistics.storage import lot as logistics_lot
from services.orders import rescreenings
from services.orders.domain.hold import Signer
from services.orders.domain.lane import Operation
from services.orders.domain.publication import Version
from services.orders.handlers import releasing, segregating
from services.orders.handlers.publishing import known_versions, publish_policies
from services.orders.storage import decision, timeline
from services.production.domain.facility import Particulars
from services.production.handlers import agreements, calendars, facilities
from services.production.storage import LIVE, work_order
from shared.clock import business_now, business_today
from shared.database import Database
from shared.events.orders import Party
from shared.refusal import Refused
from tests.carrying import Services

WORKSHOP, HUB, PORT = "WRK-SKA", "LPS-SRG", "USLGB"
AMERICA = Party(name="Consignee", address=("Harbor Street 1", "Long Beach, CA"), country="US")
REASON = "The workshop in Solo has free workers alone, and its people were seen at work there."
BUYER = Signer("person:1", "A buyer", "buyer")
OFFICER = Signer("person:2", "An officer", "compliance_officer")
OFFICE = Signer("person:3", "An office", "kanwil")
HELD = {"action": "hold", "countries": ["US"], "lane": "free", "needs": [], "law": ["Held by the test"]}
BARRED = {
    "action": "block",
    "countries": ["MY"],
    "transit": True,
    "lane": "free",
    "law": ["Barred by the test"],
}


@pytest.fixture
def services(addresses: Addresses, database_of: Callable[[str], Database]) -> Services:
    return Services.empty(addresses, database_of)


def open_workshop(services: Services) -> None:
    """A workshop of free workers who make coco rope, with an agreement about their work."""
    services.carry()
    with services.databases["production"].transaction() as session:
        particulars = Particulars(
            name="Bengkel Solo",
            kind="workshop",
            kelas=None,
            place="Surakarta",
            cluster="SKA",
            time_zone="Asia/Jakarta",
            address=("Jalan Slamet Riyadi",),
            gln="9529900009001",
            hub=False,
            verified=True,
            producing=True,
            lane="free",
        )
        facilities.keep_facility(session, code=WORKSHOP, particulars=particulars)
        calendars.set_week(session, code=WORKSHOP, week=(360, 360, 360, 360, 240, 360, 0))
        facilities.set_capability(
            session, code=WORKSHOP, family="coco_rope", workers=40, efficiency_pct=85, yield_pct=100
        )
        agreements.make(
            session,
            number="PKS-FREE-1",
            partner="CHEWY-LOUIS",
            facility=WORKSHOP,
            lanes=["free"],
            valid_from=business_today(session),
            valid_to=business_today(session) + timedelta(days=365),
            tariffs={},
        )
    services.carry()


def to_america(services: Services) -> UUID:
    """A line that the law blocks."""
    order = services.place(country="US")
    services.carry()
    assert services.line(order).state == "policy_blocked"
    return order


def choose(services: Services, order: UUID) -> None:
    with services.databases["orders"].transaction() as session:
        segregating.ask_free_lane(session, order_id=order, line=1, by=BUYER)
    with services.databases["orders"].transaction() as session:
        segregating.choose_free_lane(session, order_id=order, line=1, by=OFFICER, reason=REASON)
    services.carry()


def release(services: Services, order: UUID) -> None:
    for signer in (OFFICER, OFFICE):
        with services.databases["orders"].transaction() as session:
            releasing.sign_release(session, order_id=order, line=1, by=signer, reason=REASON)
    services.carry()


def planned_at(services: Services) -> dict[str, int]:
    """Pieces by facility."""
    with services.databases["production"].transaction() as session:
        rows = session.execute(select(work_order.c.facility, work_order.c.quantity).where(LIVE)).all()
    return {code: sum(row.quantity for row in rows if row.facility == code) for code, _ in rows}


def publish(services: Services, row: dict[str, Any]) -> None:
    """Another law beside those that count."""
    with services.databases["orders"].transaction() as session:
        live = [
            Version(id=each.id, version=each.version, row=each.row)
            for each in known_versions(session)
            if not each.withdrawn
        ]
        publish_policies(session, offered=[*live, Version(id="DP-ANY-9", version=1, row=row)], by="legal")


def gather(services: Services) -> None:
    with services.databases["logistics"].transaction() as session:
        for code in session.execute(select(logistics_lot.c.code)).scalars().all():
            cartons.gather_lot(session, hub=HUB, lot=code)


def ship(services: Services, destination: str) -> UUID:
    """What stands at the hub leaves the country, with all its papers; the shipment's id."""
    logistics = services.databases["logistics"]
    with logistics.transaction() as session:
        shipment = shipments.plan_shipment(session, hub=HUB, destination=destination).shipment
        id, today = shipment.id, business_today(session)
    with logistics.transaction() as session:
        booking = Booking(
            carrier="Line",
            vessel="MV Free",
            voyage="1E",
            port_of_loading="IDSRG",
            port_of_discharge=PORT,
            etd=today + timedelta(days=7),
            eta=today + timedelta(days=40),
        )
        shipments.book_shipment(session, shipment_id=id, booking=booking)
    services.carry()
    with logistics.transaction() as session:
        missing = [each.code for each in session.get_one(Shipment, id).documents if each.missing]
        for code in missing:
            documents.record_document(session, shipment_id=id, code=code, number="N-1", issued_on=today)
        shipments.dispatch_shipment(session, shipment_id=id, container="CSQU3054383", seal="ID-1")
    for milestone in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED"):
        report(services, id, milestone, "IDSRG")
    services.carry()
    return id


def report(services: Services, shipment: UUID, milestone: str, place: str) -> None:
    with services.databases["logistics"].transaction() as session:
        at = business_now(session)
        milestones.record_milestone(
            session, shipment_id=shipment, milestone=milestone, place=place, occurred_at=at
        )


def alarms(services: Services) -> list[tuple[str, int]]:
    """What changed about goods at sea that the law speaks against now, and their pieces."""
    with services.databases["orders"].transaction() as session:
        return [(row["because"], row["still_at_sea"]) for row in rescreenings.alarms(session, limit=10)]


def told(services: Services, order: UUID, kind: str) -> list[dict[str, Any]]:
    with services.databases["orders"].transaction() as session:
        query = select(timeline.c.type, timeline.c.data).where(timeline.c.order_id == order)
        query = query.order_by(timeline.c.id)
        return [row.data for row in session.execute(query) if row.type.split(".")[2] == kind]


@pytest.mark.parametrize("held", [False, True], ids=["the law allows free work", "the law holds free work"])
def test_a_blocked_line_is_made_in_a_free_workshop_and_leaves_with_the_signatures_that_the_law_asks_for(
    services: Services, held: bool
) -> None:
    open_workshop(services)
    if held:
        publish(services, HELD)
    order = to_america(services)
    choose(services, order)
    if held:
        assert services.line(order).state == "policy_hold"
        assert planned_at(services) == {}, "nobody makes what is held"
        release(services, order)
    assert planned_at(services) == {WORKSHOP: 1_000}
    services.make()
    services.carry()
    services.pack()
    gather(services)
    services.carry()
    if held:
        with pytest.raises(NotCleared):
            ship(services, "US")
        release(services, order)
    ship(services, "US")
    line = services.line(order)
    assert (line.state, line.departed) == ("shipped", 1_000)
    cleared = [(each["purpose"], each["lane"]) for each in told(services, order, "clearance_granted")]
    assert cleared[-2:] == [("produce", "free"), ("export", "free")]
    signed = [(each["purpose"], each["role"]) for each in told(services, order, "release_signed")]
    roles = ("compliance_officer", "kanwil")
    assert signed == (
        [(purpose, role) for purpose in ("produce", "export") for role in roles] if held else []
    )


def test_goods_that_change_vessels_where_nobody_cleared_them_for_are_an_alarm(services: Services) -> None:
    open_workshop(services)
    publish(services, BARRED)
    order = to_america(services)
    choose(services, order)
    services.make()
    services.carry()
    services.pack()
    gather(services)
    services.carry()
    shipment = ship(services, "US")
    report(services, shipment, "TRANSSHIPPED", "SGSIN")
    services.carry()
    assert alarms(services) == []
    report(services, shipment, "TRANSSHIPPED", "MYPKG")
    services.carry()
    assert alarms(services) == [("route", 1_000)]
    assert services.line(order).transit == ["SG", "MY"]


def test_where_no_free_workshop_is_nobody_is_asked_and_the_buyer_is_told_so(services: Services) -> None:
    order = to_america(services)
    choose(services, order)
    assert planned_at(services) == {}
    plan = told(services, order, "production_planned")[-1]
    assert (plan["unallocated"], plan["lacking"], plan["lane"]) == (1_000, "workshop", "free")
    with services.databases["orders"].transaction() as session:
        asked = session.execute(select(decision).where(decision.c.order_id == order)).one()
    assert (asked.kind, asked.missing) == ("short", 1_000)
    open_workshop(services)
    assert planned_at(services) == {WORKSHOP: 1_000}


def test_a_line_that_goes_there_after_others_were_offered_it_is_taken_back_from_them(
    services: Services,
) -> None:
    open_workshop(services)
    order = services.place(quantity=3_000)
    services.carry()
    assert planned_at(services).keys() > {WORKSHOP}
    services.amend(order, consignee=AMERICA)
    services.carry()
    assert services.line(order).state == "policy_blocked"
    choose(services, order)
    assert planned_at(services) == {WORKSHOP: 3_000}
    line = services.line(order)
    assert (line.allocated, line.planned_at) == (3_000, [WORKSHOP])


def test_what_turns_out_to_be_made_by_prisoners_never_leaves_for_where_that_is_barred(
    services: Services,
) -> None:
    open_workshop(services)
    order = to_america(services)
    choose(services, order)
    services.make()
    services.carry()
    operations = [Operation(name="braid", lane="custodial")]
    (lot,) = [each["lot"] for each in told(services, order, "lot_released")]
    with services.databases["orders"].transaction() as session:
        releasing.correct_lane(session, order_id=order, lot=lot, operations=operations, reason=REASON)
    services.carry()
    assert services.line(order).state == "policy_blocked"
    with pytest.raises(Refused), services.databases["logistics"].transaction() as session:
        cartons.pack_lot(session, lot=lot)
    for signer in (OFFICER, OFFICE):
        with pytest.raises(Refused), services.databases["orders"].transaction() as session:
            releasing.sign_release(session, order_id=order, line=1, by=signer, reason=REASON)


@pytest.mark.parametrize("country", ["ID", "BE"])
def test_a_blocked_line_is_sold_at_home_or_elsewhere_and_is_made_by_anybody(
    services: Services, country: str
) -> None:
    order = to_america(services)
    choose(services, order)
    services.amend(order, consignee=Party(name="Another", address=("Street 1",), country=country))
    services.carry()
    if country == "BE":
        assert services.line(order).state == "policy_hold"
        release(services, order)
    assert told(services, order, "clearance_granted")[-1]["lane"] == "custodial"
    assert sum(planned_at(services).values()) == 1_000
    services.make()
    services.carry()
    services.pack()
    services.carry()
    assert (services.line(order).good, services.line(order).packed) == (1_000, 1_000)


@pytest.mark.parametrize("free", [False, True], ids=["blocked", "kept for free workers"])
def test_a_blocked_line_is_cancelled(services: Services, free: bool) -> None:
    order = to_america(services)
    if free:
        choose(services, order)
    services.cancel(order)
    services.carry()
    line = services.line(order)
    assert (line.state, line.cancelled) == ("cancelled", 1_000)
    assert planned_at(services) == {}
