"""What the tests of the production service begin with: the reference facilities, an item, and keys.

Of the facilities that make coco rope only two have workers, so that a test knows who is asked. Each has an
agreement with the first buyer, as the reference data say, and coir for whatever is ordered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from services.production import loading
from services.production.handlers import REACTIONS, capacities, warnings
from services.production.storage import capability, demand, material_lot, report, warning, work_order
from shared import reference
from shared.database import Database
from shared.events.orders import (
    CancellationRequested,
    ClearanceGranted,
    ItemPublished,
    OrderLineAmended,
    OrderPlaced,
    Party,
    PlacedLine,
)
from shared.messaging.tables import outbox_event
from shared.web.access import FACILITY, HEAD, KANWIL, create_key
from tests.clock import in_days, today
from tests.conftest import Emptying, database_beside
from tests.hearing import Hearing

ORDER = UUID(int=42)
SRAGEN, KLATEN = "LPS-SRG", "LPS-KLT"
FAMILY = "coco_rope"
PLENTY = Decimal(10_000_000)
"""Kilograms of each material that each facility has."""


@dataclass
class Caller:
    """A system with a key, calling the production API."""

    client: FlaskClient
    key: str
    calls: int = 0

    def get(self, path: str, **query: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.client.get(f"/production/v1{path}", headers=headers, query_string=query or None)

    def put(self, path: str, body: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.client.put(f"/production/v1{path}", json=body, headers=headers)

    def delete(self, path: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.client.delete(f"/production/v1{path}", headers=headers)

    def patch(self, path: str, body: Any, etag: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}", "If-Match": etag}
        return self.client.patch(f"/production/v1{path}", json=body, headers=headers)

    def post(self, path: str, body: Any, *, idempotency_key: str | None = None) -> TestResponse:
        self.calls += 1
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": idempotency_key or f"{self.key[:8]}-{self.calls}",
        }
        return self.client.post(f"/production/v1{path}", json=body, headers=headers)

    def do(self, work_order: dict[str, Any], action: str, **body: Any) -> TestResponse:
        return self.post(f"/work-orders/{work_order['id']}/{action}", body)

    def work_orders(self, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get("/work-orders", **query).json
        return rows

    def started(self) -> dict[str, Any]:
        """Its newest work order, accepted and kept_keys."""
        work_order = self.work_orders()[0]
        for action in ("accept", "start"):
            answer = self.do(work_order, action)
            assert answer.status_code == 200, answer.text
        return work_order


@dataclass
class Production:
    """The production service's web application with callers of each kind."""

    client: FlaskClient
    database: Database
    hearing: Hearing
    sragen: Caller
    head: Caller
    """The head of Sragen."""
    klaten: Caller
    office: Caller

    def hears(self, *events: Any) -> None:
        self.hearing.hears(*events)

    def told(self, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        """The events recorded so far: the name of each, and its data; only of these kinds if any are named."""
        with self.database.transaction() as session:
            rows = session.execute(select(outbox_event).order_by(outbox_event.c.id)).all()
        named = [(row.type.split(".")[2], row.data) for row in rows]
        return [
            (kind, data)
            for kind, data in named
            if kind != "facility_registered" and kind in (kinds or (kind,))
        ]

    def reports(self) -> list[tuple[str, int]]:
        with self.database.transaction() as session:
            return [(row.kind, row.pieces) for row in session.execute(select(report).order_by(report.c.id))]


@pytest.fixture(scope="session")
def kept_keys() -> dict[str, str]:
    """The keys of what is kept of the beginning, once there is something."""
    return {}


@pytest.fixture
def production(
    client_of: Callable[[str], FlaskClient], emptying: dict[str, Emptying], kept_keys: dict[str, str]
) -> Production:
    client = client_of("production")
    database: Database = database_beside(client)
    if kept_keys:
        emptying["production"].bring_back()
    else:
        kept_keys.update(begin(database))
        emptying["production"].keep()
    hearing = Hearing(database, REACTIONS)
    hearing.hears(an_item())
    return Production(
        client, database, hearing, **{name: Caller(client, key) for name, key in kept_keys.items()}
    )


def begin(database: Database) -> dict[str, str]:
    """The reference facilities, two of which can make coco rope, and keys by their names."""
    with database.transaction() as session:
        loading.load(session, reference.FOLDER)
        able = session.execute(select(capability.c.facility).where(capability.c.family == FAMILY)).scalars()
        for code in set(able) - {SRAGEN, KLATEN}:
            capacities.set_capacity(session, code=code, open_minutes=360, workers={FAMILY: 0})
        session.execute(update(material_lot).values(quantity=PLENTY))
        return {
            name: create_key(session, name=name, role=role, account=account)
            for name, role, account in (
                ("sragen", FACILITY, SRAGEN),
                ("head", HEAD, SRAGEN),
                ("klaten", FACILITY, KLATEN),
                ("office", KANWIL, None),
            )
        }


@pytest.fixture
def shared_out(production: Production) -> Production:
    """An order of 1,000 pieces, cleared and offered to both facilities."""
    production.hears(an_order(), a_clearance())
    return production


def warned(production: Production) -> str:
    """The id of a warning about Sragen's work, which is wanted on a day on which it can't be done."""
    with production.database.transaction() as session:
        session.execute(update(demand).values(requested_date=today()))
        session.execute(update(work_order).values(due=today()))
    with production.database.transaction() as session:
        warnings.check(session)
        found = select(warning.c.id).where(warning.c.facility == SRAGEN).order_by(warning.c.id)
        return str(session.execute(found).scalars().first())


def an_item(sku: str = "CR-BALL-07") -> ItemPublished:
    return ItemPublished(
        sku=sku,
        name_id="Bola sabut kelapa 7 cm",
        name_en="Coco rope ball 7 cm",
        family=FAMILY,
        hs6="5609.00",
        gtin="9529900001012",
        materials=("coir",),
        labour_minutes=14,
        pieces_per_carton=200,
        carton_length_mm=600,
        carton_width_mm=400,
        carton_height_mm=400,
        carton_gross_g=9_200,
    )


def an_order(*, order_id: UUID = ORDER, sku: str = "CR-BALL-07", quantity: int = 1_000) -> OrderPlaced:
    """One line for Belgium."""
    line = PlacedLine(
        number=1,
        sku=sku,
        quantity=quantity,
        unit_price=Decimal("0.55"),
        requested_date=in_days(90),
        consignee=Party(name="Consignee", address=("Havenstraat 1", "Antwerp"), country="BE"),
        screening="hold",
        policies=("DP-EU-1.v1",),
    )
    return OrderPlaced(
        order_id=order_id,
        buyer="CHEWY-LOUIS",
        buyer_name="PT. Chewy Louis Group",
        po_number="PO-1",
        currency="USD",
        incoterm="FCA",
        named_place="CY Tanjung Emas",
        lines=(line,),
    )


def an_amendment(**changes: Any) -> OrderLineAmended:
    """The line as it was placed, with changes."""
    values = {
        "order_id": ORDER,
        "line": 1,
        "ordered": 1_000,
        "requested_date": in_days(90),
        "consignee": Party(name="Consignee", address=("Havenstraat 1", "Antwerp"), country="BE"),
        "screening": "hold",
        "policies": ("DP-EU-1.v1",),
        **changes,
    }
    return OrderLineAmended(**values)


def a_cancellation(quantity: int = 1_000) -> CancellationRequested:
    return CancellationRequested(order_id=ORDER, line=1, cancellation_id=UUID(int=77), quantity=quantity)


def a_clearance(**changes: Any) -> ClearanceGranted:
    values = {
        "order_id": ORDER,
        "line": 1,
        "purpose": "produce",
        "quantity": 1_000,
        "destination": "BE",
        "lane": "custodial",
        "policies": ("DP-EU-1.v1",),
        "expires_on": in_days(90),
        **changes,
    }
    return ClearanceGranted(**values)


def particulars(**changes: Any) -> dict[str, Any]:
    """A facility that the regional office brings in."""
    return {
        "name": "Lapas Contoh",
        "kind": "lapas",
        "class": "IIB",
        "place": "Contoh",
        "cluster": "SKA",
        "address": ["Lapas Contoh", "Jawa Tengah, Indonesia"],
        "gln": "9529900009001",
        "verified": True,
        "producing": True,
        **changes,
    }


def a_week(**changes: int) -> dict[str, int]:
    """Six hours from Monday to Saturday, four on Friday."""
    names = ("monday", "tuesday", "wednesday", "thursday", "saturday")
    return {**dict.fromkeys(names, 360), "friday": 240, "sunday": 0, **changes}


def monday(weeks: int = 0) -> date:
    """The Monday of a week from this one on."""
    return today() - timedelta(days=today().weekday()) + timedelta(weeks=weeks)


def a_pool(**changes: Any) -> dict[str, Any]:
    """The workers of next week."""
    return {"week": monday(1).isoformat(), "eligible": 150, "consenting": 90, **changes}
