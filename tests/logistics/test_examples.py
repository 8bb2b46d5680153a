"""The examples in the logistics document are what the service takes and answers."""

from typing import Any

from tests.clock import in_days, today
from tests.examples import Answers, shape_of
from tests.logistics.conftest import (
    CONTAINER,
    SEAL,
    SRAGEN,
    Logistics,
    a_booking,
    a_clearance,
    a_declaration,
    a_lot,
    a_paper,
)
from tests.logistics.test_files import a_pdf, send


def test_each_operation_answers_as_its_example_says(logistics: Logistics, record_examples: bool) -> None:
    answers = Answers(logistics.client.application)
    play(logistics)
    if record_examples:
        answers.keep()
    assert shape_of(answers.seen) == shape_of(answers.kept)


def play(logistics: Logistics) -> None:
    """The staff do everything once."""
    shipment = logistics.booked()
    logistics.hears(a_lot("SRG-2503-002"))
    done(logistics.staff.get("/lots"))
    done(logistics.staff.get("/lots/SRG-2503-001/labels.pdf"))
    done(logistics.staff.get("/cartons", limit=2))
    cartons = logistics.staff.get("/cartons").json
    sscc, other = cartons[0]["sscc"], cartons[1]["sscc"]
    pallet = done(logistics.staff.post("/pallets", {"hub": SRAGEN})).json["sscc"]
    scans = [{"sscc": sscc}, {"sscc": "095299000000000014"}]
    done(logistics.staff.post("/scans", {"what": "palletised", "pallet": pallet, "scans": scans}))
    done(logistics.staff.get(f"/pallets/{pallet}"))
    done(logistics.staff.get(f"/pallets/{pallet}/label.pdf"))
    report = {"what": "damaged", "reason": "Wet at a corner.", "ssccs": [other]}
    done(logistics.staff.post("/cartons/reports", report))
    done(logistics.staff.get(f"/cartons/{sscc}/history"))
    done(logistics.staff.get("/shipments"))
    done(send(logistics, shipment, a_paper("FUM"), a_pdf()))
    declare(logistics)
    done(logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}))
    reseal(logistics, shipment)
    way(logistics, shipment)
    one = f"/shipments/{shipment['id']}"
    done(logistics.staff.get(one))
    done(logistics.staff.get(f"{one}/epcis"))
    headers = {"Authorization": f"Bearer {logistics.staff.key}"}
    done(logistics.client.get("/logistics/epcis/v2/events?perPage=2", headers=headers))
    done(logistics.staff.get(f"{one}/invoice.pdf"))
    done(logistics.staff.get(f"{one}/documents.zip"))
    done(logistics.staff.get(f"{one}/documents/FUM/files/1"))


def way(logistics: Logistics, shipment: dict[str, Any]) -> None:
    """A milestone is reported, corrected and reported again; the vessel is expected later; the address changes."""
    filed = done(logistics.record(shipment, "PEB_SUBMITTED")).json["milestones"][-1]
    wrong = {"corrects": filed["id"], "reason": "did_not_occur", "because": "Customs have no such number."}
    done(logistics.change(shipment, "milestones", wrong))
    done(logistics.record(shipment, "PEB_SUBMITTED"))
    done(logistics.staff.get(f"/shipments/{shipment['id']}/milestones"))
    row = f"{shipment['number']},PEB_SUBMITTED,IDSRG,2025-03-01T00:00:00Z"
    done(
        logistics.client.post(
            "/logistics/v1/milestones/import",
            data=f"shipment,milestone,place,occurred_at\n{row}\n",
            content_type="text/csv",
            headers={"Authorization": f"Bearer {logistics.staff.key}", "Idempotency-Key": "table"},
        )
    )
    later = {"eta": in_days(60).isoformat(), "reason": "weather", "because": "A storm in the strait."}
    done(logistics.change(shipment, "schedule", later))
    done(logistics.change(shipment, "tracking/revoke", {}))
    done(logistics.change(shipment, "tracking/renew", {}))


def reseal(logistics: Logistics, shipment: dict[str, Any]) -> None:
    """Customs opens the container, and it is sealed anew."""
    (opened, *_) = logistics.staff.get("/cartons", shipment=shipment["id"]).json
    asked = {"seal": "ID000124", "reason": "Red lane: customs opened one carton.", "ssccs": [opened["sscc"]]}
    done(logistics.change(shipment, "reseal", asked))


def declare(logistics: Logistics) -> None:
    """Another shipment's export declaration is filed, corrected, cancelled, and that is reported."""
    logistics.hears(a_clearance(quantity=2_000))
    logistics.gathered(a_lot("SRG-2503-003"))
    shipment = done(logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})).json
    done(logistics.staff.get("/lots/SRG-2503-003/delivery-note.pdf"))
    done(logistics.change(shipment, "book", a_booking(etd=in_days(5).isoformat())))
    done(logistics.change(shipment, "documents", a_paper("NIB")))
    regroup(logistics, shipment)
    done(logistics.change(shipment, "declaration", a_declaration()))
    registered = {"registration": "000017", "registered_on": today().isoformat()}
    done(logistics.change(shipment, "declaration/correct", registered))
    done(logistics.change(shipment, "declaration/cancel", {"reason": "The office is another one."}))
    reported = {"number": a_declaration()["number"], "reported_on": today().isoformat()}
    done(logistics.change(shipment, "declaration/report", reported))


def regroup(logistics: Logistics, shipment: dict[str, Any]) -> None:
    """Cartons are taken out, a shipment is divided, joined again and given up, and a note is kept."""
    cartons = [row["sscc"] for row in logistics.staff.get("/cartons", lot="SRG-2503-003").json]
    done(logistics.change(shipment, "take-out", {"ssccs": cartons[:1]}))
    other = done(logistics.change(shipment, "split", {"ssccs": cartons[1:2]})).json
    done(logistics.change(shipment, "merge", {"other": other["id"]}))
    chosen = {"hub": SRAGEN, "destination": "BE", "ssccs": cartons[:1]}
    third = logistics.staff.post("/shipments", chosen).json
    done(logistics.change(third, "cancel", {"reason": "The carton waits for the next vessel."}))
    done(logistics.change(shipment, "notes", {"text": "The first container for Belgium was sent off."}))


def done(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer
