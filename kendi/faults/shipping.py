"""The hub's work during the campaign: pack, gather, build shipments, divide some, and see them delivered."""

from datetime import timedelta
from random import Random
from typing import Any

from stdnum import iso6346

from kendi.faults.client import Client
from shared.clock import WIB, real_now

HUB, DESTINATION, PORT = "LPS-SRG", "BE", "BEANR"
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
        self._pack()
        self._looks += 1
        if self._looks % 20 == 0:
            self._ship(chance)

    def _pack(self) -> None:
        query = {"after": self._after} if self._after else {}
        lots = self._client.get("/logistics/v1/lots", limit=50, **query) or []
        self._after = lots[-1]["lot"] if len(lots) == 50 else None
        for lot in lots:
            if lot["good"] > lot["packed"]:
                self._pack_and_gather(lot["lot"])

    def _pack_and_gather(self, lot: str) -> None:
        packed = self._client.ask("/logistics/v1/cartons", {"lot": lot}, what="pack")
        cartons = [carton["sscc"] for carton in packed.body] if packed.outcome == "ok" else []
        for sscc in cartons:
            self._client.note("pack", sscc)
        gathered = self._client.ask("/logistics/v1/cartons/gather", {"hub": HUB, "lot": lot}, what="gather")
        if gathered.outcome == "ok":
            for sscc in cartons:
                self._client.note("gather", sscc)

    def _ship(self, chance: Random) -> None:
        """Build a shipment of what may go, or two, and bring it to the consignee."""
        body = {"hub": HUB, "destination": DESTINATION}
        planned = self._client.ask("/logistics/v1/shipments", body, what="shipment")
        if planned.outcome != "ok":
            return
        id = planned.body["id"]
        self._client.note("shipment", id)
        other = self._split(id) if chance.random() < DIVIDED else None
        for each in filter(None, (id, other)):
            self._bring(each)

    def _split(self, id: str) -> str | None:
        """Put half of a shipment's cartons into one of their own."""
        ssccs = self._cartons_of(id)
        half = ssccs[: len(ssccs) // 2]
        if not half:
            return None
        divided = self._client.ask(f"/logistics/v1/shipments/{id}/split", {"ssccs": half}, what="split")
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
