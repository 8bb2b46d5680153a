"""What the tests of the orders service begin with: a buyer, two items, rules, and keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update
from werkzeug.test import TestResponse

from kendi.accounts import sign_in_as
from services.orders.storage import buyer, destination_policy, item, item_price, rescreening
from shared.clock import business_today
from shared.database import Database
from shared.web.access import BUYER, COMPLIANCE, KANWIL, create_key
from shared.web.tables import web_session
from tests.clock import in_days
from tests.conftest import Emptying, database_beside, in_session

CONSIGNEE = {"name": "Consignee", "address": ["Havenstraat 1", "Antwerp"], "country": "BE"}


@dataclass
class Caller:
    """A system with a key, calling the orders API; and somebody with a session besides, if its client has one."""

    client: FlaskClient
    key: str
    calls: int = 0

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.key}"})

    def change(self, method: str, path: str, body: Any = None, *, seen: str | None = None) -> TestResponse:
        """PATCH, PUT or DELETE, with the ETag that was seen as If-Match."""
        headers = {"Authorization": f"Bearer {self.key}", **({"If-Match": seen} if seen else {})}
        return self.client.open(path, method=method, json=body, headers=headers)

    def post(self, path: str, body: Any, *, idempotency_key: str | None = None) -> TestResponse:
        self.calls += 1
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": idempotency_key or f"{self.key[:8]}-{self.calls}",
        }
        return self.client.post(path, json=body, headers=headers)


@dataclass
class Orders:
    """The orders service's web application with callers of each kind."""

    client: FlaskClient
    database: Database
    buyer: Caller
    rival: Caller
    officer: Caller
    office: Caller


@dataclass
class Kept:
    """What lets callers in by their names, of what is kept of the beginning."""

    keys: dict[str, str]
    sessions: dict[str, str]


@pytest.fixture(scope="session")
def kept() -> list[Kept]:
    """Empty until there is something."""
    return []


@pytest.fixture
def orders(
    client_of: Callable[[str], FlaskClient], emptying: dict[str, Emptying], kept: list[Kept]
) -> Orders:
    client = client_of("orders")
    database = database_beside(client)
    if kept:
        emptying["orders"].bring_back()
        with database.transaction() as session:
            session.execute(update(web_session).values(seen_at=func.now(), created_at=func.now()))
    else:
        kept.append(begin(database))
        emptying["orders"].keep()
    callers = {name: Caller(client, key) for name, key in kept[0].keys.items()}
    for name, token in kept[0].sessions.items():
        callers[name].client = in_session(client, token)
    return Orders(client, database, **callers)


def begin(database: Database) -> Kept:
    """Two buyers, two items, rules, keys of all, and sessions of the officer and the office."""
    with database.transaction() as session:
        for code in ("CHEWY-LOUIS", "RIVAL"):
            session.execute(insert(buyer).values(code=code, name=f"PT. {code}", particulars={}))
        for sku, price in (("CR-BALL-07", "0.55"), ("CR-RING-15", "0.68")):
            published = {"hs6": "5609.00", "name_en": sku, "name_id": sku, "pieces_per_carton": 200}
            session.execute(insert(item).values(sku=sku, published=published))
            since = {"currency": "USD", "valid_from": date(2000, 1, 1)}
            session.execute(insert(item_price).values(sku=sku, unit_price=price, **since))
        for id, row in RULES.items():
            session.execute(insert(destination_policy).values(id=id, version=1, row=row))
        keys = {
            name: create_key(session, name=name, role=role, account=account)
            for name, role, account in (
                ("buyer", BUYER, "CHEWY-LOUIS"),
                ("rival", BUYER, "RIVAL"),
                ("officer", COMPLIANCE, None),
                ("office", KANWIL, None),
            )
        }
        sessions = {
            name: sign_in_as(session, email=f"{name}@kendi.example", name=name, role=role)
            for name, role in (("officer", COMPLIANCE), ("office", KANWIL))
        }
    return Kept(keys, sessions)


RULES: dict[str, dict[str, Any]] = {
    "DP-US-1": {"action": "block", "countries": ["US"], "law": ["19 USC 1307"], "explanation_en": "Barred."},
    "DP-EU-1": {"action": "hold", "countries": ["BE"], "needs": ["DOSSIER"], "explanation_en": "Held."},
    "DP-ID-1": {"action": "allow", "countries": ["ID"]},
}


def forget_rules(orders: Orders) -> None:
    """Make room for the policies of the reference files: versions that are published can't be replaced."""
    with orders.database.transaction() as session:
        session.execute(destination_policy.delete())


def an_order(**changes: Any) -> dict[str, Any]:
    """A valid order of one line to Belgium, with changes."""
    return {
        "po_number": "PO-1",
        "currency": "USD",
        "incoterm": "FCA",
        "named_place": "CY Tanjung Emas",
        "lines": [a_line()],
        **changes,
    }


def a_line(**changes: Any) -> dict[str, Any]:
    return {
        "sku": "CR-BALL-07",
        "quantity": 1000,
        "requested_date": in_days(300).isoformat(),
        "consignee": CONSIGNEE,
        **changes,
    }


def rescreenings_asked_for(database: Database) -> int:
    """How often it was asked that open lines are screened again today."""
    with database.transaction() as session:
        due = rescreening.c.due_on <= business_today(session)
        return int(session.execute(select(func.count()).select_from(rescreening).where(due)).scalar_one())
