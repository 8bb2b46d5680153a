"""The transport document waits for the payment of an order that says so, until it is told."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.events.orders import PaymentStatus, PaymentStatusChanged
from shared.web.access import LOGISTICS
from tests.logistics.conftest import (
    CONTAINER,
    SEAL,
    SRAGEN,
    Logistics,
    a_booking,
    a_clearance,
    a_lot,
    a_paper,
    an_order,
)
from tests.logistics.test_desk import Visitor

PAID_FIRST = UUID(int=43)


def a_status(status: PaymentStatus) -> PaymentStatusChanged:
    paid = Decimal("550.00") if status == "settled" else Decimal("250.00")
    return PaymentStatusChanged(
        order_id=PAID_FIRST, status=status, due=Decimal("550.00"), paid=paid, currency="USD"
    )


@pytest.fixture
def shipment(logistics: Logistics) -> dict[str, Any]:
    """Booked, of an order that is paid before documents."""
    logistics.hears(
        an_order(order_id=PAID_FIRST, po_number="PO-PAID", payment_terms="before_documents"),
        a_clearance(order_id=PAID_FIRST),
    )
    logistics.gathered(a_lot(order_id=PAID_FIRST))
    planned = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    booked: dict[str, Any] = logistics.change(planned, "book", a_booking()).json
    return booked


def waits(logistics: Logistics, shipment: dict[str, Any]) -> str | None:
    found = logistics.staff.get(f"/shipments/{shipment['id']}").json["documents"]
    reason: str | None = next(each for each in found if each["code"] == "BL")["waits"]
    return reason


def test_while_nobody_told_of_a_payment_the_document_is_blocked_with_its_reason(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    refused = logistics.change(shipment, "documents", a_paper("BL"))
    (error,) = refused.json["errors"]
    assert (refused.status_code, error["field"]) == (422, "code")
    assert error["message"] == waits(logistics, shipment)
    assert "BL waits for the payment of PO-PAID" in error["message"]
    assert logistics.change(shipment, "documents", a_paper("NPE")).status_code == 200


def test_a_part_does_not_release_it_and_the_whole_does(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    logistics.hears(a_status("part_paid"))
    assert logistics.change(shipment, "documents", a_paper("BL")).status_code == 422
    logistics.hears(a_status("settled"))
    assert waits(logistics, shipment) is None
    assert logistics.change(shipment, "documents", a_paper("BL")).status_code == 200


def test_what_is_owed_again_blocks_it_again(logistics: Logistics, shipment: dict[str, Any]) -> None:
    logistics.hears(a_status("settled"), a_status("part_paid"))
    assert logistics.change(shipment, "documents", a_paper("BL")).status_code == 422


def test_an_order_that_does_not_say_so_waits_for_no_payment(logistics: Logistics) -> None:
    booked = logistics.change(logistics.planned(), "book", a_booking()).json
    assert waits(logistics, booked) is None
    assert logistics.change(booked, "documents", a_paper("BL")).status_code == 200


def test_the_desk_shows_the_gate_until_it_opens(logistics: Logistics, shipment: dict[str, Any]) -> None:
    visitor, said = Visitor(logistics, LOGISTICS), "menunggu pembayaran PO-PAID"
    pages = ("/logistics/?lang=id", f"/logistics/shipment/{shipment['id']}?lang=id")
    assert [said in visitor.open(page) for page in pages] == [True, True]
    logistics.hears(a_status("settled"))
    assert [said in visitor.open(page) for page in pages] == [False, False]


def test_the_desk_shows_the_gate_of_what_has_left(logistics: Logistics, shipment: dict[str, Any]) -> None:
    for document in shipment["documents"]:
        if document["state"] == "missing" and document["code"] != "BL":
            assert logistics.change(shipment, "documents", a_paper(document["code"])).status_code == 200
    sealed = {"container": CONTAINER, "seal": SEAL}
    for milestone in ("PEB_SUBMITTED", "NPE_ISSUED"):
        assert logistics.record(shipment, milestone).status_code == 200
    assert logistics.change(shipment, "dispatch", sealed).status_code == 200
    for milestone in ("GATE_IN", "LOADED", "VESSEL_DEPARTED"):
        gone = logistics.record(shipment, milestone)
    assert gone.json["state"] == "vessel_departed"
    visitor, said = Visitor(logistics, LOGISTICS), "menunggu pembayaran PO-PAID"
    assert said in visitor.open("/logistics/?lang=id")
    logistics.hears(a_status("settled"))
    assert said not in visitor.open("/logistics/?lang=id")


def test_what_was_told_as_paid_wrongly_blocks_the_document_again(
    logistics: Logistics, shipment: dict[str, Any]
) -> None:
    logistics.hears(a_status("settled"), a_status("part_paid"))
    assert "BL waits for the payment" in str(waits(logistics, shipment))
    assert logistics.change(shipment, "documents", a_paper("BL")).status_code == 422
