"""The examples in the logistics document are what the service takes and answers."""

from typing import Any

from tests.examples import Answers, shape_of
from tests.logistics.conftest import CONTAINER, SEAL, Logistics, a_lot


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
    done(logistics.staff.get("/shipments"))
    done(logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}))
    done(logistics.record(shipment, "PEB_SUBMITTED"))
    one = f"/shipments/{shipment['id']}"
    done(logistics.staff.get(one))
    done(logistics.staff.get(f"{one}/epcis"))
    done(logistics.staff.get(f"{one}/invoice.pdf"))


def done(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer
