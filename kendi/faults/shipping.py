"""The hub's work during the campaign: pack, gather, build shipments and see them delivered."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from kendi.faults.client import Client

HUB, DESTINATION, PORT = "LPS-SRG", "BE", "BEANR"
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

    def __init__(self, client: Client) -> None:
        self._client = client
        self._after: str | None = None
        self._looks = 0

    def work(self, chance: Random) -> None:
        self._pack()
        self._looks += 1
        if self._looks % 20 == 0:
            self._ship()

    def _pack(self) -> None:
        query = {"after": self._after} if self._after else {}
        lots = self._client.get("/logistics/v1/lots", limit=50, **query) or []
        self._after = lots[-1]["lot"] if len(lots) == 50 else None
        for lot in lots:
            if lot["good"] > lot["packed"]:
                self._client.post("/logistics/v1/cartons", {"lot": lot["lot"]}, what="pack")
                body = {"hub": HUB, "lot": lot["lot"]}
                self._client.post("/logistics/v1/cartons/gather", body, what="gather")

    def _ship(self) -> None:
        """Build a shipment of what may go, and bring it to the consignee."""
        body = {"hub": HUB, "destination": DESTINATION}
        shipment = self._client.post("/logistics/v1/shipments", body, what="shipment").body
        if not shipment or "id" not in shipment:
            return
        path, today = f"/logistics/v1/shipments/{shipment['id']}", datetime.now(UTC).date()
        self._client.post(f"{path}/book", _booking(), what="book")
        for document in (self._client.get(path) or shipment)["documents"]:
            if document["state"] == "missing":
                paper = {"code": document["code"], "number": "N-1", "issued_on": today.isoformat()}
                self._client.post(f"{path}/documents", paper, what="document")
        self._client.post(f"{path}/dispatch", {"container": "CSQU3054383", "seal": "ID-1"}, what="dispatch")
        for milestone, place in ON_THE_WAY:
            happened = {"milestone": milestone, "place": place, "occurred_at": datetime.now(UTC).isoformat()}
            self._client.post(f"{path}/milestones", happened, what="milestone")


def _booking() -> dict[str, Any]:
    sails = datetime.now(UTC).date() + timedelta(days=8)
    return {
        "carrier": "Demonstration Line",
        "vessel": "MV Demonstration",
        "voyage": "BE-001W",
        "port_of_loading": "IDSRG",
        "port_of_discharge": PORT,
        "etd": sails.isoformat(),
        "eta": (sails + timedelta(days=36)).isoformat(),
    }
