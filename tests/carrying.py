"""The three services' databases, and all that travels between them, without the broker."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, select

from kendi.preparing import load_reference
from kendi.servers import Addresses
from services.logistics.handlers import cartons
from services.logistics.storage import lot
from services.orders.domain.amendment import Change
from services.orders.domain.order import Line, Order
from services.orders.domain.taking_back import Asked
from services.orders.handlers import amending, cancelling, placing
from services.production.handlers import working as production
from services.production.storage import LIVE, work_order
from shared.clock import business_today
from shared.database import Database
from shared.messaging.inbox import apply_due, receive
from shared.messaging.reactions import Reactions
from shared.messaging.receipts import acknowledge
from shared.messaging.relay import CLAIM_AGAIN, CLAIM_NEW, _envelope
from shared.messaging.tables import messaging_state, subscription
from shared.messaging.wire import Batch, Receipt


@dataclass
class Services:
    """Each service's database with the reference data in place; ``carry`` lets each hear the others."""

    addresses: Addresses
    databases: dict[str, Database]

    @classmethod
    def empty(cls, addresses: Addresses, database_of: Callable[[str], Database]) -> "Services":
        databases = {service: database_of(service) for service in addresses.app_urls}
        load_reference(addresses.app_urls)
        return cls(addresses, databases)

    def carry(self) -> None:
        """Deliver until nobody has anything left to tell."""
        while sum(self._deliver(publisher) for publisher in self.databases):
            for service, database in self.databases.items():
                apply_due(database, _reactions(service))

    def _deliver(self, publisher: str) -> int:
        with self.databases[publisher].transaction() as session:
            subscribers = session.execute(select(subscription.c.subscriber).distinct()).scalars().all()
        return sum(self._send(publisher, subscriber) for subscriber in subscribers)

    def _send(self, publisher: str, subscriber: str) -> int:
        return sum(self._claim(publisher, subscriber, claim) for claim in (CLAIM_NEW, CLAIM_AGAIN))

    def _claim(self, publisher: str, subscriber: str, claim: TextClause) -> int:
        with self.databases[publisher].transaction() as session:
            claimed = session.execute(claim, {"subscriber": subscriber, "most": 500})
            rows = sorted(claimed, key=lambda row: row.id)
            incarnation = session.execute(select(messaging_state.c.incarnation)).scalar_one()
        if rows:
            events = tuple(_envelope(publisher, row) for row in rows)
            batch = Batch(publisher, subscriber, incarnation, claim is CLAIM_NEW, events)
            receive(self.databases[subscriber], batch, _reactions(subscriber))
            with self.databases[publisher].transaction() as session:
                stored = tuple(event.id for event in events)
                acknowledge(session, Receipt(subscriber, publisher, incarnation, stored))
        return len(rows)

    def place(self, *, quantity: int = 1_000, po_number: str = "PO-1", country: str = "ID") -> UUID:
        """An order of one line; to Indonesia it needs no release."""
        with self.databases["orders"].transaction() as session:
            line = {
                "sku": "CR-BALL-07",
                "quantity": quantity,
                "requested_date": business_today(session) + timedelta(days=90),
                "consignee": {"name": "Consignee", "address": ["Jalan 1"], "country": country},
            }
            order = placing.place_order(
                session,
                buyer="CHEWY-LOUIS",
                placed_by="buyer",
                po_number=po_number,
                currency="USD",
                incoterm="FCA",
                named_place="Semarang",
                lines=[line],
            )
            return order.id

    def make(self) -> None:
        """Every facility makes what it was offered, all of it good."""
        with self.databases["production"].transaction() as session:
            for row in session.execute(
                select(work_order).where(LIVE, work_order.c.accepted_on.is_(None))
            ).all():
                today = business_today(session)
                production.accept(session, work_order_id=row.id)
                production.start(session, work_order_id=row.id)
                production.report(
                    session, work_order_id=row.id, pieces=row.quantity, kind="made", worked_on=today
                )
                production.inspect(session, work_order_id=row.id, passed=row.quantity, rework=0, scrap=0)

    def pack(self) -> None:
        """Every lot goes into cartons."""
        with self.databases["logistics"].transaction() as session:
            waiting = select(lot.c.code).where(lot.c.packed + lot.c.withheld < lot.c.good)
            for code in session.execute(waiting).scalars().all():
                cartons.pack_lot(session, lot=code)

    def cancel(self, order_id: UUID, quantity: int | None = None, *, unpack: bool = False) -> UUID:
        """The buyer asks for pieces of the first line back, or for all of the order."""
        lines = [] if quantity is None else [Asked(line=1, quantity=quantity)]
        with self.databases["orders"].transaction() as session:
            _, id = cancelling.request_cancellation(
                session, order_id=order_id, lines=lines, reason="Not needed.", unpack=unpack
            )
            return id

    def amend(self, order_id: UUID, **change: Any) -> None:
        """The buyer changes the first line."""
        with self.databases["orders"].transaction() as session:
            amending.amend_order(
                session, order_id=order_id, versions=None, changes=[Change(line=1, **change)]
            )

    def line(self, order_id: UUID) -> Line:
        """The first line as orders has it."""
        with self.databases["orders"].transaction() as session:
            return session.get_one(Order, order_id).line(1)

    def close(self) -> None:
        for database in self.databases.values():
            database.close()


def _reactions(service: str) -> Reactions:
    reactions: Reactions = importlib.import_module(f"services.{service}.handlers").REACTIONS
    return reactions
