"""The hubs' work during the campaign: pack, gather, move to another hub, build shipments, divide some, and see them delivered."""

from datetime import timedelta
from random import Random
from typing import Any

from stdnum import iso6346

from kendi.faults.client import Client
from kendi.faults.ledger import Outcome
from shared.clock import WIB, real_now

HUBS, DESTINATION, PORT = ("LPS-SRG", "LPS-SMG"), "BE", "BEANR"
NEAR = 0.8
"""Share of lots that come to the first hub, and of shipments that are built there: these are larger, to be divided."""
MOVED = 0.2
"""Share of lots whose cartons are moved from the hub where they came to the other one."""
DIVIDED = 0.5
"""Share of shipments that are divided in two before they are booked."""
ON_THE_WAY = (
    ("PEB_SUBMITTED", "IDSRG"),
    ("NPE_ISSUED", "IDSRG"),
    ("GATE_IN", "IDSRG"),
    ("LOADED", "IDSRG"),
    ("VESSEL_DEPARTED", "IDSRG"),
    ("DISCHARGED", PORT),
    ("IMPORT_CLEARED", PORT),
    ("DELIVERED", PORT),
)


class Hub:
    """One look at a time: packs what is free, then takes one step with a shipment."""

    def __init__(self, client: Client, delivered: list[str]) -> None:
        """``delivered`` takes the SSCCs of what has arrived at its consignee."""
        self._client = client
        self._delivered = delivered
        self._after: str | None = None
        self._looks = 0

    def work(self, chance: Random) -> None:
        self._pack(chance)
        self._looks += 1
        if self._looks % 20 == 0:
            self._ship(chance)

    def _pack(self, chance: Random) -> None:
        query = {"after": self._after} if self._after else {}
        lots = self._client.get("/logistics/v1/lots", limit=50, **query) or []
        self._after = lots[-1]["lot"] if len(lots) == 50 else None
        for lot in lots:
            if lot["free"]:
                self._pack_and_gather(lot["lot"], lot["free"], chance)

    def _pack_and_gather(self, lot: str, pieces: int, chance: Random) -> None:
        body = {"lot": lot, "quantity": pieces}
        packed = self._client.post("/logistics/v1/cartons", body, what="pack", about=lot, amount=pieces)
        for carton in packed.body if packed.outcome == "ok" else ():
            self._client.note("pack", carton["sscc"])
        found = self._client.get("/logistics/v1/cartons", lot=lot, limit=200) or []
        ssccs = [carton["sscc"] for carton in found if carton["state"] == "packed"]
        if ssccs:
            here, there = HUBS if chance.random() < NEAR else HUBS[::-1]
            self._gather(here, ssccs)
            if chance.random() < MOVED:
                self._move(there, ssccs)
                self._gather(there, ssccs)

    def _gather(self, hub: str, ssccs: list[str]) -> None:
        body = {"hub": hub, "ssccs": ssccs}
        gathered = self._client.ask("/logistics/v1/cartons/gather", body, what="gather")
        news = sum(of_lot["cartons"] for of_lot in gathered.body) if gathered.outcome == "ok" else 0
        self._note_of_all("gather", hub, ssccs, gathered.outcome, news)

    def _move(self, hub: str, ssccs: list[str]) -> None:
        body = {"what": "moved", "hub": hub, "ssccs": ssccs}
        moved = self._client.ask("/logistics/v1/cartons/reports", body, what="move")
        news = len(moved.body) if moved.outcome == "ok" else 0
        self._note_of_all("move", hub, ssccs, moved.outcome, news)

    def _note_of_all(self, what: str, hub: str, ssccs: list[str], outcome: Outcome, news: int) -> None:
        """Where it was not news of all of them, an earlier try without an answer has arrived late for some."""
        late = outcome == "ok" and news < len(ssccs)
        for sscc in ssccs:
            self._client.note(what, f"{hub} {sscc}", "unknown" if late else outcome)

    def _ship(self, chance: Random) -> None:
        """Build a shipment of what may go, or two, and bring it to the consignee."""
        hub = HUBS[0] if chance.random() < NEAR else HUBS[1]
        body = {"hub": hub, "destination": DESTINATION}
        planned = self._client.post("/logistics/v1/shipments", body, what="shipment", about=hub)
        if planned.outcome != "ok":
            return
        id = planned.body["id"]
        self._client.note("shipment", id)
        other = self._split(id, hub) if chance.random() < DIVIDED else None
        for each in filter(None, (id, other)):
            self._bring(each)

    def _split(self, id: str, hub: str) -> str | None:
        """Put half of a shipment's cartons into one of their own."""
        ssccs = self._cartons_of(id)
        half = ssccs[: len(ssccs) // 2]
        if not half:
            return None
        divided = self._client.ask(f"/logistics/v1/shipments/{id}/split", {"ssccs": half}, what="split")
        self._client.note("shipment", hub, divided.outcome)
        if divided.outcome != "ok":
            return None
        new: str = divided.body["id"]
        self._client.note("shipment", new)
        for sscc in half:
            self._client.note("split", f"{new} {sscc}")
        return new

    def _cartons_of(self, id: str) -> list[str]:
        found = self._client.get("/logistics/v1/cartons", shipment=id, limit=200) or []
        return [carton["sscc"] for carton in found]

    def _bring(self, id: str) -> None:
        path, today = f"/logistics/v1/shipments/{id}", real_now().astimezone(WIB).date()
        booked = self._client.post(f"{path}/book", _booking(), what="book", about=id)
        shipment = booked.body if booked.outcome == "ok" else self._client.get(path)
        if shipment is None:  # nobody says which documents the booking left missing
            return
        for document in shipment["documents"]:
            if document["state"] == "missing":
                paper = {"code": document["code"], "number": "N-1", "issued_on": today.isoformat()}
                about = f"{id} {document['code']}"
                self._client.post(f"{path}/documents", paper, what="document", about=about)
        container = {"container": _container_of(shipment["number"]), "seal": "ID-1"}
        self._client.post(f"{path}/dispatch", container, what="dispatch", about=id)
        for milestone, place in ON_THE_WAY:
            happened = {"milestone": milestone, "place": place, "occurred_at": real_now().isoformat()}
            about = f"{id} {milestone}"
            reached = self._client.post(f"{path}/milestones", happened, what="milestone", about=about)
            if (milestone, reached.outcome) == ("DELIVERED", "ok"):
                self._delivered += self._cartons_of(id)


def _container_of(number: str) -> str:
    """A container of its own for each shipment."""
    unit = f"CSQU{int(number.rpartition('-')[2]):06}"
    return unit + iso6346.calc_check_digit(unit)


def _booking() -> dict[str, Any]:
    sails = real_now().astimezone(WIB).date() + timedelta(days=7)
    return {
        "carrier": "Demonstration Line",
        "vessel": "MV Demonstration",
        "voyage": "BE-001W",
        "port_of_loading": "IDSRG",
        "port_of_discharge": PORT,
        "etd": sails.isoformat(),
        "eta": (sails + timedelta(days=36)).isoformat(),
    }
