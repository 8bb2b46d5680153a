"""The logistics staff of the demonstration, by the API of their desk."""

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from kendi.demo.clock import BusinessClock
from kendi.demo.people import Client

HUB = "LPS-SRG"
CONTAINERS = {"BE": "CSQU3054383", "BR": "MSKU9070323"}
"""ISO 6346, with right check digits."""

ON_THE_WAY = (
    ("PEB_SUBMITTED", "IDSRG", 1),
    ("NPE_ISSUED", "IDSRG", 0),
    ("GATE_IN", "IDSRG", 1),
    ("LOADED", "IDSRG", 5),
    ("VESSEL_DEPARTED", "IDSRG", 1),
    ("TRANSSHIPPED", "SGSIN", 4),
    ("DISCHARGED", None, 32),
    ("IMPORT_CLEARED", None, 2),
    ("DELIVERED", None, 1),
)
"""Each milestone, where it happens (None: the port of discharge), and how many days after the one before."""
DEPARTED = [milestone for milestone, *_ in ON_THE_WAY].index("VESSEL_DEPARTED")
ARRIVED = [milestone for milestone, *_ in ON_THE_WAY].index("DISCHARGED")
DAYS_TO_DEPARTURE = sum(days for *_, days in ON_THE_WAY[: DEPARTED + 1])
DAYS_AT_SEA = sum(days for *_, days in ON_THE_WAY[DEPARTED + 1 : ARRIVED + 1])


class Desk:
    """Packs, gathers, plans, books, documents, dispatches, and follows to delivery."""

    def __init__(self, client: Client, clock: BusinessClock) -> None:
        self._client = client
        self._clock = clock
        self._shipments: dict[str, str] = {}
        self.after_booking: Callable[[], None] = lambda: None

    def pieces_to_pack(self) -> int:
        return sum(lot["good"] - lot["packed"] for lot in self._all("/logistics/v1/lots"))

    def pack_and_gather(self) -> None:
        """Pack every lot into cartons, and gather them at the hub."""
        for lot in self._all("/logistics/v1/lots"):
            if lot["good"] > lot["packed"]:
                self._client.post("/logistics/v1/cartons", {"lot": lot["lot"]})
                self._client.post("/logistics/v1/cartons/gather", {"hub": HUB, "lot": lot["lot"]})

    def plan(self, destination: str) -> bool:
        """Build the destination's shipment; not possible until logistics has heard of the clearance."""
        answer = self._client.try_post("/logistics/v1/shipments", {"hub": HUB, "destination": destination})
        if answer.status_code == 201:
            self._shipments[destination] = answer.json()["id"]
        return answer.status_code == 201

    def book_and_document(self, destination: str, port: str) -> None:
        """Book a vessel, and record each document that somebody still owes."""
        sails = self._clock.today_plus(DAYS_TO_DEPARTURE)
        self._post(
            destination,
            "book",
            {
                "carrier": "Demonstration Line",
                "vessel": "MV Demonstration",
                "voyage": f"{destination}-001W",
                "port_of_loading": "IDSRG",
                "port_of_discharge": port,
                "etd": sails.isoformat(),
                "eta": (sails + timedelta(days=DAYS_AT_SEA)).isoformat(),
            },
        )
        self.after_booking()
        for document in self._read(destination)["documents"]:
            if document["state"] == "missing":
                issued = self._clock.today_plus(0).isoformat()
                body = {
                    "code": document["code"],
                    "number": f"{document['code']}-{destination}-001",
                    "issued_on": issued,
                }
                self._post(destination, "documents", body)

    def travel(self, destination: str, port: str, after_each: Callable[[], None]) -> None:
        """Dispatch the container and record each milestone on its way, as the days pass."""
        container = {"container": CONTAINERS[destination], "seal": f"ID-{destination}-0001"}
        self._post(destination, "dispatch", container)
        for milestone, place, days in ON_THE_WAY:
            self._clock.advance(timedelta(days=days, minutes=1))
            happened = self._clock.now().astimezone(UTC).isoformat()
            body = {"milestone": milestone, "place": place or port, "occurred_at": happened}
            self._post(destination, "milestones", body)
            after_each()

    def save_documents(self, folder: Path) -> None:
        """Save the papers and the EPCIS document of the first shipment, the one for Belgium."""
        first = next(iter(self._shipments.values()))
        for name in ("packing-list.pdf", "invoice.pdf", "labels.pdf"):
            (folder / name).write_bytes(self._client.download(f"/logistics/v1/shipments/{first}/{name}"))
        epcis = self._client.get(f"/logistics/v1/shipments/{first}/epcis")
        (folder / "epcis.json").write_text(json.dumps(epcis, indent=1))

    def _read(self, destination: str) -> Any:
        return self._client.get(f"/logistics/v1/shipments/{self._shipments[destination]}")

    def _post(self, destination: str, action: str, body: dict[str, Any]) -> None:
        self._client.post(f"/logistics/v1/shipments/{self._shipments[destination]}/{action}", body)

    def _all(self, path: str) -> list[Any]:
        return list(self._client.get(path, limit=200))
