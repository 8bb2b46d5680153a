"""Record a release's events from a real run: a small order from its placing to its delivery.

Run by ``make record`` before a release; the file then stays for ever, and every later version is
tested to take it in.
"""

import importlib
import json
import re
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import select

from kendi.demo.board import Boards
from kendi.demo.people import Visitor
from kendi.demo.play import BELGIUM, Story
from kendi.system import System
from shared.card import all_cards, card_of
from shared.database import Database
from shared.events import CONTRACTS
from shared.messaging.reactions import Reactions
from shared.messaging.relay import _envelope
from shared.messaging.tables import outbox_event
from shared.messaging.wire import Envelope
from shared.sight import SERVICE
from shared.web.access import HEAD
from tests.contracts.afterwards import Afterwards

UNTOLD = {"kendi.orders.lot_lane_corrected.v1"}
"""What no system of this version can tell: a correction only restricts, and every lot is made in custody."""
RECORDED = Path(__file__).parent / "recorded"


class PausingBoards(Boards):
    """Work stands still once, on the first day."""

    paused = False

    def work_a_day(self, today: date) -> None:
        super().work_a_day(today)
        for officer in self._officers:
            for path, _ in self._forms(officer, "pause"):
                if not self.paused:
                    officer.submit(path, reason="Ruang kerja digeledah hari ini.")
                    self.paused = True


class SmallStory(Story):
    """One line that leaves as a whole, so that the order is closed in the end; then all else that may happen."""

    corrected = False

    def _place(self) -> None:
        self.boards = PausingBoards(self.system.urls["production"], self.system.accounts)
        self.others = Afterwards(self.system)
        self._show_evidence()
        line = {
            "sku": "CR-BALL-07",
            "quantity": 600,
            "requested_date": self.clock.today_plus(120).isoformat(),
            "consignee": BELGIUM,
        }
        order = {"po_number": "PO-1", "currency": "USD", "incoterm": "FCA", "named_place": "Semarang"}
        self.order = self.buyer.post("/orders/v1/orders", {**order, "lines": [line]})
        quote = self.buyer.post("/orders/v1/quotes", {**order, "po_number": "PO-2", "lines": [line]})
        address = f"/orders/v1/quotes/{quote['id']}"
        self._until(lambda: self.buyer.get(address)["state"] == "answered", "the quote is answered")

    def _show_evidence(self) -> None:
        """The head of a facility makes a code, whose months are told later, records a document and takes it back."""
        accounts = self.system.accounts
        with Visitor(self.system.urls["production"], accounts.person("production", HEAD)) as head:
            head.open("/production/people")
            head.submit("/production/people/register", count="1", eligible="true")
            at = f"/production/facilities/{head.person.account}/evidence"
            head.open(at)
            head.submit(
                at,
                item="skills",
                finding="supports",
                document="W13-1/2026",
                issuer="facility_head",
                issued_on=self.clock.today_plus(0).isoformat(),
                valid_until=self.clock.today_plus(300).isoformat(),
            )
            (withdraw,) = re.findall(rf'action="({at}/[0-9a-f-]{{36}}/withdraw)"', head.open(at))
            head.submit(withdraw, reason="Nomornya salah ketik.")

    def _ship(self) -> None:
        self._until(lambda: self.desk.pieces_to_pack() == 600, "logistics has heard of every lot")
        self.desk.pack_and_gather()
        self._until(lambda: self._all("packed"), "every piece is packed")
        self._until(lambda: self.desk.plan("BE"), "the goods make a shipment")
        self.desk.book_and_document("BE", "BEANR")
        self.others.reschedule()
        self.desk.travel("BE", "BEANR", self._correct_once)
        self._until(lambda: self._all("delivered"), "every piece is delivered")

    def _correct_once(self) -> None:
        if not self.corrected:
            self.others.correct_a_milestone()
            self.corrected = True

    def _finish(self) -> None:
        order = f"/orders/v1/orders/{self.order['id']}"
        self._until(lambda: self.buyer.get(order)["state"] == "closed", "the order is closed")
        self.others.tell(self.order["id"])


def record(file: Path) -> None:
    """Play the story and write every event of it, in the order in which they were made."""
    with tempfile.TemporaryDirectory() as data:
        folder = Path(data)
        with System(folder / "system", say=print, free_ports=True, fsync=False) as system:
            SmallStory(system, folder, print).tell()
            events = [
                event for service, url in system.addresses.app_urls.items() for event in _told(service, url)
            ]
    missing = sorted(CONTRACTS.keys() - UNTOLD - {event.type for event in events})
    if missing:
        sys.exit(f"the story does not tell {', '.join(missing)}: let it, then record again")
    lines = [json.dumps(event.as_json(), ensure_ascii=False) for event in sorted(events, key=lambda e: e.id)]
    file.write_text("\n".join(lines) + "\n")
    file.with_suffix(".left.json").write_text(json.dumps(left_alone(), indent=2) + "\n")
    print(f"{len(lines)} events in {file}")


def reactions_of(service: str) -> Reactions:
    reactions: Reactions = importlib.import_module(f"services.{service}.handlers").REACTIONS
    return reactions


def left_alone() -> dict[str, list[str]]:
    """The types that each service hears and does nothing about: it passes over them for good."""
    return {
        service: sorted(
            type
            for type, contract in CONTRACTS.items()
            if type.split(".")[1] in card_of(service).hears and contract.event not in reactions_of(service)
        )
        for service in all_cards()
    }


def _told(service: str, url: str) -> list[Envelope]:
    database = Database(url, sees=SERVICE, pool_size=1)
    with database.transaction() as session:
        rows = session.execute(select(outbox_event).order_by(outbox_event.c.id)).all()
    database.close()
    return [_envelope(service, row) for row in rows]


if __name__ == "__main__":
    record(RECORDED / f"{version('kendi')}.jsonl")
