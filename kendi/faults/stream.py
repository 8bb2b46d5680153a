"""The work that goes on while faults strike: orders, releases, reports, hours and premi, cartons, moves, shipments,
buyers who change their minds and who claim what was wrong."""

import itertools
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

from kendi.accounts import FACILITIES, sign_in_as
from kendi.faults.claiming import Claims
from kendi.faults.client import Client
from kendi.faults.ground import Ground
from kendi.faults.ledger import Ledger
from kendi.faults.shipping import Hub
from kendi.faults.working import Workplaces, some_workers
from shared.clock import WIB, real_now
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import BUYER, COMPLIANCE, FACILITY, KANWIL, LOGISTICS, create_key

SKUS = ("CR-BALL-07", "CR-RING-15", "CR-TUG-040", "CR-BONE-20", "CW-BALL-09")
FEW_IN_FLIGHT = 300
"""Deliveries under way below which orders have many lines, each of which is told of."""
ENOUGH_IN_FLIGHT = 400
"""Deliveries under way above which no more orders are placed until some have arrived."""
REASON = "Agreement in force and facility evidence seen; open points of the dossier are known to the buyer."

SAID = {"text_version": 1, "language": "en", "knows_who_made_it": True, "answers_for_import": True}


class StreamBroke(Exception):
    """One of the clients can't go on: what it would have asked for is missing from the work."""


class Stream:
    """Starts the clients, each in a thread of its own, and ends them."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground = ground
        self.ledger = Ledger()
        self.in_flight = 0
        self._broken: Exception | None = None
        self._chance = Random(seed)
        self._stop = threading.Event()
        self._flooding = threading.Event()
        self._threads: list[threading.Thread] = []
        self._clients: list[Client] = []
        self._exports: list[str] = []
        self._placed: list[str] = []
        self._reasons = (f"Not needed any more, says note {number}." for number in itertools.count(1))
        self._keys = _make_keys(ground)
        self._sessions = _sign_in(ground)
        self._own = self._client("orders", BUYER)

    def start(self) -> None:
        """Begin with everybody's work."""
        claims = Claims(self._client("orders", BUYER), self._client("orders", KANWIL))
        hub = Hub(self._client("logistics", LOGISTICS), claims.delivered)
        officers = {code: self._client("production", FACILITY, code) for code in FACILITIES}
        workplaces = Workplaces(officers, some_workers(self.ground, FACILITIES))
        work: list[tuple[Callable[[Random], None], int]] = [
            (self._buyer(), 2),
            (self._changing_buyer(), 1),
            (self._officers(), 1),
            (self._facilities(workplaces), 1),
            (workplaces.work, 1),
            (hub.work, 1),
            (claims.work, 1),
        ]
        for each, count in work:
            for _ in range(count):
                chance = Random(self._chance.random())
                thread = threading.Thread(target=self._go_on, args=(each, chance), daemon=True)
                thread.start()
                self._threads.append(thread)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        for client in self._clients:
            client.close()

    def check(self) -> None:
        """Raise what has ended one of the threads."""
        if self._broken is not None:
            raise StreamBroke(f"a client broke off: {self._broken!r}") from self._broken

    @contextmanager
    def flooding(self) -> Iterator[None]:
        """Meanwhile orders are placed as fast as they are taken, whatever is under way."""
        self._flooding.set()
        yield
        self._flooding.clear()

    def place(self, po_number: str) -> str | None:
        """Place one order under a given number, once however often it is asked for; its id, if an answer came."""
        body = _order(po_number, [_line("CR-BALL-07", 20, "ID")])
        answer = self._own.ask("/orders/v1/orders", body, what="order", key=po_number)
        if not self.ledger.asked["order", po_number]["ok"]:
            self.ledger.note("order", po_number, answer.outcome)
        return answer.body["id"] if answer.outcome == "ok" else None

    def _go_on(self, work: Callable[[Random], None], chance: Random) -> None:
        try:
            while not self._stop.wait(0.01):
                work(chance)
        except Exception as error:  # told by ``check`` in the thread that runs the campaign
            self._broken = error

    def _client(self, service: str, role: str, account: str | None = None) -> Client:
        key = self._keys[service, role, account]
        session = self._sessions.get((service, role, account), {})
        client = Client(self.ground.urls[service], key, self.ledger, self._stop, session=session)
        self._clients.append(client)
        return client

    def _buyer(self) -> Callable[[Random], None]:
        client = self._client("orders", BUYER)

        def place(chance: Random) -> None:
            if self.in_flight >= ENOUGH_IN_FLIGHT and not self._flooding.is_set():
                return
            few = self.in_flight < FEW_IN_FLIGHT
            po_number, lines = f"PO-{uuid.uuid4()}", _some_lines(chance, most=60 if few else 15)
            body = _order(po_number, lines)
            answer = client.post("/orders/v1/orders", body, what="order", about=po_number)
            if answer.outcome == "ok":
                self._placed.append(answer.body["id"])
            if answer.outcome == "ok" and len(lines) == 1 and lines[0]["consignee"]["country"] != "ID":
                self._exports.append(answer.body["id"])

        return place

    def _changing_buyer(self) -> Callable[[Random], None]:
        """Takes pieces of orders back, some of them twice, and amends others, at every stage."""
        client = self._client("orders", BUYER)

        def change(chance: Random) -> None:
            if self._placed and self.in_flight < ENOUGH_IN_FLIGHT:
                id = chance.choice(self._placed[-60:])
                (self._cancel if chance.random() < 0.6 else self._amend)(client, id, chance)
            self._stop.wait(0.5)

        return change

    def _cancel(self, client: Client, id: str, chance: Random) -> None:
        lines = [{"line": 1, "quantity": chance.randint(1, 12)}] if chance.random() < 0.8 else []
        reason = next(self._reasons)
        body = {"reason": reason, "unpack": chance.random() < 0.5, **({"lines": lines} if lines else {})}
        client.post(f"/orders/v1/orders/{id}/cancel", body, what="cancel", about=reason)

    def _amend(self, client: Client, id: str, chance: Random) -> None:
        order = client.get(f"/orders/v1/orders/{id}")
        if not order:
            return
        kind, line = chance.choice(("quantity", "quantity", "date", "consignee")), order["lines"][0]
        wanted = line["ordered"] - line["cancelled"] - line["cancelling"]
        change: dict[str, Any] = {
            "quantity": {"quantity": max(1, wanted + chance.choice((*range(-8, 0), *range(1, 13))))},
            "date": {"requested_date": (_today() + timedelta(days=chance.randint(20, 300))).isoformat()},
            "consignee": {"consignee": {**line["consignee"], "name": f"Consignee {chance.randint(1, 9)}"}},
        }[kind]
        reason = next(self._reasons)
        body = {"lines": [{"line": 1, **change}], "reason": reason}
        path = f"/orders/v1/orders/{id}"
        answer = client.patch(path, body, etag=f'"{order["version"]}"', what="amend")
        more = change.get("quantity", wanted) - wanted
        after, fewer = {**line, **change, "ordered": line["ordered"] + max(0, more)}, more < 0
        if answer.outcome == "ok":
            after, fewer = answer.body["lines"][0], bool(answer.body["cancellation_id"])
            if not answer.body["consequences"]:
                return  # it was so already
        about = f"{id} {after['ordered']} {after['requested_date']} {after['consignee']['name']}"
        client.note(*(("cancel", reason) if fewer else ("amend", about)), answer.outcome)

    def _officers(self) -> Callable[[Random], None]:
        """Both sign each hold of the orders that are to go abroad, first to produce and later to export.

        The buyer acknowledges who made the goods before.
        """
        buyer = self._client("orders", BUYER)
        roles = {role: self._client("orders", role) for role in (COMPLIANCE, KANWIL)}

        def sign(chance: Random) -> None:
            for id in self._exports[-40:]:
                order = roles[COMPLIANCE].get(f"/orders/v1/orders/{id}") or {"lines": []}
                for line in order["lines"]:
                    if line["hold"] and line["hold"].get("purpose"):
                        here = f"/orders/v1/orders/{id}/lines/{line['number']}"
                        if line["acknowledgement"] == "asked":
                            about = f"{id} {line['number']}"
                            buyer.post(f"{here}/acknowledgement", SAID, what="acknowledge", about=about)
                        path = f"{here}/release"
                        for role, signer in roles.items():
                            about = f"{id} {line['number']} {role}"
                            signer.post(path, {"reason": REASON}, what="release", about=about)
                if self._stop.wait(0.02):
                    return

        return sign

    def _facilities(self, workplaces: Workplaces) -> Callable[[Random], None]:
        clients = [self._client("production", FACILITY, code) for code in FACILITIES]

        def work(chance: Random) -> None:
            client = chance.choice(clients)
            for state in ("awaiting_qc", "in_progress", "accepted", "offered"):
                found = client.get("/production/v1/work-orders", state=state, limit=3)
                for order in found or []:
                    self._do_next(client, order, chance, workplaces)

        return work

    def _do_next(self, client: Client, order: dict[str, Any], chance: Random, workplaces: Workplaces) -> None:
        path = f"/production/v1/work-orders/{order['id']}"
        if order["state"] == "offered":
            client.post(f"{path}/accept", {}, what="accept", about=order["id"])
        elif order["state"] == "accepted":
            client.post(f"{path}/start", {}, what="start", about=order["id"])
        elif order["state"] == "in_progress":
            pieces = order["remaining"] if chance.random() < 0.7 else (order["remaining"] + 1) // 2
            body = {"pieces": pieces, "worked_on": _today().isoformat()}
            client.post(f"{path}/report", body, what="report", about=order["id"], amount=pieces)
        else:
            pieces = order["awaiting"]
            body = {"passed": pieces, "rework": 0, "scrap": 0}
            answer = client.post(f"{path}/inspect", body, what="inspect", about=order["id"], amount=pieces)
            self.ledger.note("lot", order["id"], answer.outcome, amount=pieces)
            if answer.outcome == "ok":
                workplaces.inspected(order["facility"], order["id"], order["number"])


def _some_lines(chance: Random, most: int) -> list[dict[str, Any]]:
    """Mostly orders for home, of a line or two; some with many lines that stay held; some for export."""
    kind = chance.choices(("home", "held", "export"), (4, 4, 2))[0]
    if kind == "export":
        return [_line(chance.choice(SKUS), 24, "BE")]
    count = chance.randint(1, 2) if kind == "home" else chance.randint(most // 2, most)
    country = "ID" if kind == "home" else "BR"
    return [_line(chance.choice(SKUS), chance.randint(5, 40), country) for _ in range(count)]


def _line(sku: str, quantity: int, country: str) -> dict[str, Any]:
    consignee = {"name": f"Consignee {country}", "address": ["Street 1"], "country": country}
    wanted = (_today() + timedelta(days=200)).isoformat()
    return {"sku": sku, "quantity": quantity, "requested_date": wanted, "consignee": consignee}


def _order(po_number: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "po_number": po_number,
        "currency": "USD",
        "incoterm": "FCA",
        "named_place": "CY Tanjung Emas, Semarang",
        "lines": lines,
    }


def _today() -> date:
    return real_now().astimezone(WIB).date()


Who = tuple[str, str, str | None]
"""The service, the role and, if it has one, the account."""


def _make_keys(ground: Ground) -> dict[Who, str]:
    wanted: list[Who] = [
        ("orders", BUYER, "CHEWY-LOUIS"),
        ("orders", COMPLIANCE, None),
        ("orders", KANWIL, None),
        ("logistics", LOGISTICS, None),
        *(("production", FACILITY, code) for code in FACILITIES),
    ]
    keys = {}
    for service, role, account in wanted:
        database = Database(ground.addresses.app_urls[service], sees=SERVICE, pool_size=1)
        with database.transaction() as session:
            keys[service, role, account] = create_key(session, name="campaign", role=role, account=account)
        database.close()
    keys["orders", BUYER, None] = keys["orders", BUYER, "CHEWY-LOUIS"]
    return keys


def _sign_in(ground: Ground) -> dict[Who, dict[str, str]]:
    """The cookies of those whose work no key may do: who sign releases, and who keep hours and premi."""
    wanted: list[Who] = [
        ("orders", COMPLIANCE, None),
        ("orders", KANWIL, None),
        *(("production", FACILITY, code) for code in FACILITIES),
    ]
    cookies = {}
    for service, role, account in wanted:
        database = Database(ground.addresses.app_urls[service], sees=SERVICE, pool_size=1)
        email = f"{role}.{account}@campaign.example".lower()
        with database.transaction() as session:
            token = sign_in_as(session, email=email, name="campaign", role=role, account=account)
        cookies[service, role, account] = {f"kendi-{service}": token}
        database.close()
    return cookies
