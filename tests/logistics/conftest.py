"""What the tests of the logistics service begin with: rules, two hubs, an order for Belgium, and keys."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from services.logistics import loading
from services.logistics.handlers import REACTIONS
from shared import reference
from shared.database import Database
from shared.events.orders import ClearanceGranted, ItemPublished, OrderPlaced, Party, PlacedLine
from shared.events.production import FacilityRegistered, LotReleased
from shared.messaging.reactions import Heard
from shared.messaging.tables import outbox_event
from shared.web.access import BUYER, KANWIL, LOGISTICS, create_key
from tests.clock import in_days, now, today
from tests.conftest import Emptying, database_beside

ORDER = UUID(int=42)
SRAGEN, SEMARANG = "LPS-SRG", "LPS-SMG"
CONTAINER, SEAL = "CSQU3054383", "ID000123"
HEARD = Heard(
    source="orders",
    event_id=UUID(int=1),
    subject="",
    sequence=1,
    type="",
    occurred_at=datetime(2025, 3, 1, tzinfo=UTC),
    actor_role="system",
    traceparent=None,
)


@dataclass
class Caller:
    """A system with a key, calling the logistics API."""

    client: FlaskClient
    key: str
    calls: int = 0

    def get(self, path: str, **query: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.client.get(f"/logistics/v1{path}", headers=headers, query_string=query or None)

    def post(self, path: str, body: Any, *, idempotency_key: str | None = None) -> TestResponse:
        self.calls += 1
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": idempotency_key or f"{self.key[:8]}-{self.calls}",
        }
        return self.client.post(f"/logistics/v1{path}", json=body, headers=headers)


@dataclass
class Logistics:
    """The logistics service's web application with callers of each kind."""

    client: FlaskClient
    database: Database
    staff: Caller
    office: Caller
    buyer: Caller

    def hears(self, *events: Any) -> None:
        with self.database.transaction() as session:
            for event in events:
                REACTIONS[type(event)](session, event, HEARD)

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The events recorded so far: the name of each, and its data."""
        with self.database.transaction() as session:
            rows = session.execute(select(outbox_event).order_by(outbox_event.c.id)).all()
        return [(row.type.split(".")[2], row.data) for row in rows]

    def counted_in(self) -> list[tuple[int, int]]:
        """What each arrival at a hub told: its pieces, and those of them that had come to one before."""
        return [(data["quantity"], data["again"]) for name, data in self.told() if name == "cartons_gathered"]

    def gathered(self, *lots: LotReleased, hub: str = SRAGEN) -> None:
        """Lots released, packed and counted in at the hub."""
        self.hears(*lots)
        for lot in lots:
            assert self.staff.post("/cartons", {"lot": lot.lot}).status_code == 201
            assert self.staff.post("/cartons/gather", {"hub": hub, "lot": lot.lot}).status_code == 200

    def planned(self, quantity: int = 1_000) -> dict[str, Any]:
        """A shipment of one cleared lot."""
        self.hears(a_clearance(quantity=quantity))
        self.gathered(a_lot(quantity=quantity))
        answer = self.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})
        assert answer.status_code == 201, answer.text
        shipment: dict[str, Any] = answer.json
        return shipment

    def change(self, shipment: dict[str, Any], action: str, body: dict[str, Any]) -> TestResponse:
        return self.staff.post(f"/shipments/{shipment['id']}/{action}", body)

    def arrived_yesterday(self) -> None:
        """What stands at a hub was counted in a day earlier, so that more may have happened since."""
        with self.database.transaction() as session:
            session.execute(text("UPDATE carton SET gathered_at = gathered_at - interval '1 day'"))
            session.execute(
                text("UPDATE carton_history SET at = at - interval '1 day' WHERE what = 'gathered'")
            )

    def booked(self) -> dict[str, Any]:
        """A shipment with a vessel and all its papers."""
        shipment: dict[str, Any] = self.change(self.planned(), "book", a_booking()).json
        for document in shipment["documents"]:
            if document["state"] == "missing":
                answer = self.change(shipment, "documents", a_paper(document["code"]))
                assert answer.status_code == 200, answer.text
        return shipment

    def record(self, shipment: dict[str, Any], milestone: str, place: str = "IDSRG") -> TestResponse:
        body = {"milestone": milestone, "place": place, "occurred_at": now().isoformat()}
        return self.change(shipment, "milestones", body)


@pytest.fixture(scope="session")
def kept_keys() -> dict[str, str]:
    """The keys of what is kept of the beginning, once there is something."""
    return {}


@pytest.fixture
def logistics(
    client_of: Callable[[str], FlaskClient], emptying: dict[str, Emptying], kept_keys: dict[str, str]
) -> Logistics:
    client = client_of("logistics")
    database: Database = database_beside(client)
    if kept_keys:
        emptying["logistics"].bring_back()
    else:
        kept_keys.update(begin(database))
        emptying["logistics"].keep()
    return Logistics(client, database, **{name: Caller(client, key) for name, key in kept_keys.items()})


def begin(database: Database) -> dict[str, str]:
    """The reference data, what the other services told of them and of the order, and keys by their names."""
    heard = (an_item(), an_item("CW-BALL-09"), a_facility(), a_facility(SEMARANG), a_facility("LPS-PWD"))
    cleared = (a_clearance(line, purpose="produce", quantity=1_000_000) for line in (1, 2))
    with database.transaction() as session:
        loading.load(session, reference.FOLDER)
        for event in (*heard, an_order(), *cleared):
            REACTIONS[type(event)](session, event, HEARD)
        return {
            name: create_key(session, name=name, role=role, account=None)
            for name, role in (("staff", LOGISTICS), ("office", KANWIL), ("buyer", BUYER))
        }


def an_item(sku: str = "CR-BALL-07", **changes: Any) -> ItemPublished:
    """An item of the catalogue that comes with the code."""
    return ItemPublished(**{**_particulars(ItemPublished, _items()[sku]), **changes})


def a_facility(code: str = SRAGEN) -> FacilityRegistered:
    return FacilityRegistered(**_particulars(FacilityRegistered, _facilities()[code]))


def _particulars(event: type[Any], row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(event)}


@cache
def _items() -> dict[str, reference.Item]:
    return {row.sku: row for row in reference.catalogue()}


@cache
def _facilities() -> dict[str, reference.Facility]:
    return {row.code: row for row in reference.facilities()}


def an_order(**changes: Any) -> OrderPlaced:
    """Two lines for one consignee in Belgium."""
    values = {
        "order_id": ORDER,
        "buyer": "CHEWY-LOUIS",
        "buyer_name": "PT. Chewy Louis Group",
        "po_number": "PO-2025-0001",
        "currency": "USD",
        "incoterm": "FCA",
        "named_place": "CY Tanjung Emas, Semarang",
        "lines": (a_placed_line(1), a_placed_line(2, sku="CW-BALL-09")),
        **changes,
    }
    return OrderPlaced(**values)


def a_placed_line(
    number: int = 1, *, sku: str = "CR-BALL-07", country: str = "BE", consignee: str = "Consignee Belgium"
) -> PlacedLine:
    return PlacedLine(
        number=number,
        sku=sku,
        quantity=1_000,
        unit_price=Decimal("0.55"),
        requested_date=date(2099, 1, 31),
        consignee=Party(name=consignee, address=("Havenstraat 1", "2000 Antwerp"), country=country),
        screening="hold",
        policies=("DP-EU-1.v1",),
    )


def a_clearance(line: int = 1, **changes: Any) -> ClearanceGranted:
    values = {
        "order_id": ORDER,
        "line": line,
        "purpose": "export",
        "quantity": 1_000,
        "destination": "BE",
        "lane": "custodial",
        "policies": ("DP-EU-1.v1",),
        "expires_on": in_days(90),
        **changes,
    }
    return ClearanceGranted(**values)


def a_lot(code: str = "SRG-2503-001", **changes: Any) -> LotReleased:
    values = {
        "lot": code,
        "work_order_id": UUID(int=9),
        "order_id": ORDER,
        "line": 1,
        "sku": "CR-BALL-07",
        "facility": SRAGEN,
        "quantity": 1_000,
        "lane": "custodial",
        **changes,
    }
    return LotReleased(**values)


def a_booking(**changes: Any) -> dict[str, Any]:
    return {
        "carrier": "Feeder line",
        "vessel": "MV Example",
        "voyage": "025E",
        "port_of_loading": "IDSRG",
        "port_of_discharge": "BEANR",
        "etd": in_days(6).isoformat(),
        "eta": in_days(44).isoformat(),
        **changes,
    }


def a_paper(code: str) -> dict[str, Any]:
    return {"code": code, "number": f"{code}-001", "issued_on": today().isoformat()}


def a_declaration(**changes: Any) -> dict[str, Any]:
    return {
        "number": "060100-000042",
        "office": "060100",
        "exporter_name": "PT. Chewy Louis Group",
        "exporter_identity": "0012345678901000",
        "export_type": "ordinary",
        "facility_type": "none",
        "vessel": "MV Example",
        "voyage": "025E",
        **changes,
    }
