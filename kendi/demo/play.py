"""The story, step by step."""

import json
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from kendi.demo.board import Boards
from kendi.demo.clock import BusinessClock
from kendi.demo.dispatch import Desk
from kendi.demo.hops import hop_lines
from kendi.demo.listener import Listener
from kendi.demo.people import Client, DemoFailed, Visitor
from kendi.demo.workers import Workers
from kendi.servers import in_use
from kendi.system import System
from shared.clock import real_now
from shared.web.access import BUYER, COMPLIANCE, KANWIL, LOGISTICS

REASON = {
    "produce": "Agreement in force and facility evidence seen; dossier open points are known to the buyer.",
    "export": "Finished lots checked against the dossier; the buyer acknowledged where the goods were made.",
}

BELGIUM = {
    "name": "Consignee Belgium (demonstration)",
    "address": ["Havenstraat 1", "2000 Antwerp"],
    "country": "BE",
}
BRAZIL = {
    "name": "Consignee Brazil (demonstration)",
    "address": ["Avenida do Porto 1", "11010 Santos"],
    "country": "BR",
}
AMERICA = {
    "name": "Consignee United States (demonstration)",
    "address": ["Harbor Street 1", "Long Beach, CA"],
    "country": "US",
}
LINES = (
    ("CR-BALL-07", 18_000, BELGIUM),
    ("CR-RING-15", 12_000, BELGIUM),
    ("CW-BALL-09", 5_700, BELGIUM),
    ("CR-TUG-040", 11_000, BRAZIL),
    ("CR-BONE-20", 10_000, BRAZIL),
    ("CR-DRNG-22", 8_000, AMERICA),
)
"""64,700 pieces, as in the first container of March 2025."""


NOTES = "/orders/notes/"
EVERYDAY = ("pieces_reported.v1", "cartons_packed.v1", "work_order_inspected.v1")


def play(data: Path, say: Callable[[str], None] = print) -> None:
    """Play the whole story on a system of its own; raises ``DemoFailed`` if any step does not hold."""
    folder = data.resolve() / "demo"
    if in_use(folder / "system"):
        raise DemoFailed(f"a demonstration already runs in {_shown(folder)}; give another folder with --data")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    with System(folder / "system", say=say, free_ports=True) as system:
        say(f"The system is up after {time.monotonic() - began:.1f} s: {', '.join(system.urls.values())}")
        Story(system, folder, say).tell()
    say(f"Done in {time.monotonic() - began:.1f} s; the documents lie in {_shown(folder)}/:")
    for document in sorted(folder.glob("*.*")):
        say(f"  {_shown(document)}")


class Story:
    """One run of the demonstration."""

    def __init__(self, system: System, folder: Path, say: Callable[[str], None]) -> None:
        self.system, self.folder, self.say = system, folder, say
        self.began = real_now()
        self.buyer = Client(system.urls["orders"], system.accounts.key(BUYER))
        self.officers = [
            Visitor(system.urls["orders"], system.accounts.person("orders", role))
            for role in (COMPLIANCE, KANWIL)
        ]
        self.clock = BusinessClock(system.addresses.app_urls)
        self.boards = Boards(system.urls["production"], system.accounts)
        self.workers = Workers(system.urls["production"], system.accounts)
        self.desk = Desk(Client(system.urls["logistics"], system.accounts.key(LOGISTICS)), self.clock)
        self.listener = Listener()
        self.shown: set[str] = set()
        self.order: dict[str, Any] = {}

    def tell(self) -> None:
        try:
            self._place()
            self._release("produce")
            self._make()
            self._meet_needs()
            self._release("export")
            self._ship()
            self._finish()
        finally:
            self.listener.close()

    def _place(self) -> None:
        endpoint = self.buyer.post("/orders/v1/webhooks", {"url": self.listener.url})
        self.listener.secret = endpoint["secret"]
        wanted = self.clock.today_plus(120).isoformat()
        lines = [
            {"sku": sku, "quantity": quantity, "requested_date": wanted, "consignee": consignee}
            for sku, quantity, consignee in LINES
        ]
        placed = time.monotonic()
        self.order = self.buyer.post(
            "/orders/v1/orders",
            {
                "po_number": "PO-2025-0001",
                "currency": "USD",
                "incoterm": "FCA",
                "named_place": "CY Tanjung Emas, Semarang",
                "lines": lines,
            },
        )
        self.say(
            f"PT. Chewy Louis Group's system placed PO-2025-0001 ({1000 * (time.monotonic() - placed):.0f} ms):"
        )
        for line in self.order["lines"]:
            self.say(
                f"  line {line['number']}: {line['ordered']:>6,} {line['sku']:<10} to {line['destination']}: {line['state']}"
            )
        blocked = next(line for line in self.order["lines"] if line["destination"] == "US")
        _hold(blocked["state"] == "policy_blocked", "the line for the United States is blocked", blocked)
        self.say(f"  line {blocked['number']} is blocked: {'; '.join(blocked['hold']['law'])}")

    def _release(self, purpose: str) -> None:
        """Two people in different roles sign each held line, one at a time, on its own page of holds."""
        waiting = self._wait_for_holds(purpose)
        for officer in self.officers:
            for number in waiting:
                hold = f"/orders/holds/{self.order['id']}/{number}"
                officer.open(hold)
                officer.submit(hold, reason=REASON[purpose])
        self._until(lambda: self._held(purpose) == [], f"all lines are released to {purpose}")

    def _wait_for_holds(self, purpose: str) -> list[int]:
        """The lines that are not blocked, once each of them waits for its release."""
        waiting = [line["number"] for line in self.order["lines"] if line["state"] != "policy_blocked"]
        self._until(
            lambda: self._held(purpose) == waiting, f"lines {waiting} wait for the release to {purpose}"
        )
        return waiting

    def _meet_needs(self) -> None:
        """The buyer acknowledges who made the goods, and a note of counsel stands for a law that nobody assessed."""
        self._wait_for_holds("export")
        address = f"/orders/v1/orders/{self.order['id']}"
        lines = self.buyer.get(address)["lines"]
        for line in lines:
            if line["acknowledgement"] == "asked":
                here = f"{address}/lines/{line['number']}/acknowledgement"
                said = {"text_version": self.buyer.get(here)["text_version"], "language": "en"}
                self.buyer.post(here, {**said, "knows_who_made_it": True, "answers_for_import": True})
        unassessed = [line for line in lines if line["hold"] and "LEGAL_ASSESSMENT" in line["hold"]["needs"]]
        for country in sorted({line["destination"] for line in unassessed}):
            of_it = [line["hold"]["policies"] for line in unassessed if line["destination"] == country]
            self._record_note(country, sorted({policy for policies in of_it for policy in policies}))

    def _record_note(self, country: str, policies: list[str]) -> None:
        officer = self.officers[0]
        officer.open(NOTES)
        officer.submit(
            NOTES,
            file=("note.txt", b"A note of counsel (demonstration)."),
            country=country,
            adviser="Counsel (demonstration)",
            given_on=self.clock.today_plus(0).isoformat(),
            valid_until=self.clock.today_plus(300).isoformat(),
            policies=policies,
            summary="Demonstration: no rule of this country on goods made in prisons was found.",
        )

    def _held(self, purpose: str) -> list[int]:
        order = self.buyer.get(f"/orders/v1/orders/{self.order['id']}")
        return [line["number"] for line in order["lines"] if (line["hold"] or {}).get("purpose") == purpose]

    def _make(self) -> None:
        began = time.monotonic()
        self._until(lambda: self._all("allocated"), "every released line is allocated")
        self._until(self.boards.work_waits, "work orders stand on the boards")
        self.say(
            f"Work orders stood on the boards {1000 * (time.monotonic() - began):.0f} ms after the second signature"
        )
        self.workers.begin(self.clock.today_plus(0))
        self.boards.answer(decline_one=True)
        self._until(lambda: self._all("allocated"), "what one facility declined is allocated again")
        for days in range(400):
            if self._all("good"):
                self.workers.share_out()
                return
            self.boards.answer()
            if not days:
                self.workers.work(self.clock.today_plus(0))
            self.boards.work_a_day(self.clock.today_plus(0))
            self.clock.advance_a_day()
            self._show_news()
        raise DemoFailed("the work is not finished after 400 days")

    def _ship(self) -> None:
        wanted = sum(self._wanted().values())
        self._until(lambda: self.desk.pieces_to_pack() == wanted, "logistics has heard of every lot")
        self.desk.pack_and_gather()
        self._until(lambda: self._all("packed"), "every piece is packed")
        for destination, port in (("BE", "BEANR"), ("BR", "BRSSZ")):
            self._until(partial(self.desk.plan, destination), f"the goods for {destination} make a shipment")
            self.desk.book_and_document(destination, port)
            self.desk.travel(destination, port, self._show_news)
        self._until(lambda: self._all("delivered"), "every piece is delivered")

    def _finish(self) -> None:
        order = self.buyer.get(f"/orders/v1/orders/{self.order['id']}")
        for line in order["lines"]:
            expected = "policy_blocked" if line["destination"] == "US" else "closed"
            _hold(line["state"] == expected, f"line {line['number']} is {expected}", line)
        self._until(lambda: len(self.listener.received) >= self._steps(), "the buyer was told every step")
        _hold(self.listener.refused == 0, "every webhook's signature holds", self.listener.refused)
        timeline = self.buyer.get(f"/orders/v1/orders/{order['id']}/timeline")
        (self.folder / "timeline.json").write_text(json.dumps(timeline, indent=1, ensure_ascii=False))
        self.desk.save_documents(self.folder)
        self._show_news()
        self.say(f"{len(timeline)} steps; the buyer's endpoint received each of them, signed")
        for line in hop_lines(self.system.addresses.app_urls, since=self.began):
            self.say(line)

    def _steps(self) -> int:
        return len(self.buyer.get(f"/orders/v1/orders/{self.order['id']}/timeline"))

    def _wanted(self) -> dict[int, int]:
        return {
            line["number"]: line["ordered"]
            for line in self.order["lines"]
            if line["state"] != "policy_blocked"
        }

    def _all(self, quantity: str) -> bool:
        order = self.buyer.get(f"/orders/v1/orders/{self.order['id']}")
        reached = {
            line["number"]: line[quantity] for line in order["lines"] if line["number"] in self._wanted()
        }
        return reached == self._wanted()

    def _until(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise DemoFailed(f"waited {seconds:.0f} s in vain until {what}")
            time.sleep(0.05)
        self._show_news()

    def _show_news(self) -> None:
        """Print what the timeline has gained since the last look; the days' reports are left out."""
        for entry in self.buyer.get(f"/orders/v1/orders/{self.order['id']}/timeline"):
            if entry["event_id"] not in self.shown and not entry["type"].endswith(EVERYDAY):
                self.say(f"  {entry['occurred_at'][:10]}  {entry['source']:<10} {entry['text']}")
            self.shown.add(entry["event_id"])


def _hold(condition: bool, what: str, seen: object) -> None:
    if not condition:
        raise DemoFailed(f"it does not hold that {what}: {seen}")


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
