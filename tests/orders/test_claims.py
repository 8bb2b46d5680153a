"""Claims over delivered cartons: made with photos, decided once, settled once; what was made stays made."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import insert
from werkzeug.test import TestResponse

from services.orders.storage import item_price
from shared.events.logistics import CartonsPacked, MilestoneCorrected, MilestoneRecorded, ShortCarton
from shared.photos import MOST_BYTES
from shared.web.access import KANWIL
from tests.orders.conftest import Caller, Orders, in_days
from tests.orders.test_handlers import LOT, ORDERS, SHIPMENT, SRAGEN, WHEN, Followed, follow
from tests.orders.test_pages import Visitor
from tests.pictures import a_photo

CLAIMS = "/orders/v1/claims"
SSCC = "095299000000000011"
WHY: dict[str, Any] = {"reason": "The fibres were wet when the carton was opened."}


@pytest.fixture
def order(orders: Orders) -> Followed:
    return delivered(orders)


def delivered(orders: Orders, *, po_number: str = "PO-1", **changes: Any) -> Followed:
    """1,000 pieces at 0.55 USD, delivered; a carton holds 200 of them."""
    order = follow(orders, po_number=po_number, **changes)
    packed = CartonsPacked(
        lot=LOT, **order.about(1), sku="CR-BALL-07", facility=SRAGEN, quantity=1_000, ssccs=(SSCC,)
    )
    order.hears(order.plan(), order.work(), order.lot(), packed, order.departure(), order.arrival())
    return order


def claim(order: Followed, quantity: int = 20, *, status: int = 201, **changes: Any) -> Any:
    body = {"sscc": SSCC, "quantity": quantity, **WHY, **changes}
    answer = order.orders.buyer.post(CLAIMS, body)
    assert answer.status_code == status, answer.text
    return answer.json


def act(order: Followed, made: dict[str, Any], action: str, *, status: int = 200, **body: Any) -> Any:
    answer = order.orders.office.post(f"{CLAIMS}/{made['id']}/{action}", body)
    assert answer.status_code == status, answer.text
    return answer.json


def decided(order: Followed, accepted: int = 20) -> dict[str, Any]:
    found: dict[str, Any] = act(order, claim(order), "decide", accepted=accepted, **WHY)
    return found


def line_of(order: Followed) -> tuple[int, str]:
    line = order.read()["lines"][0]
    return line["claimed"], line["credited"]


def send_photo(
    caller: Caller, made: dict[str, Any], content: bytes, kind: str = "image/jpeg"
) -> TestResponse:
    caller.calls += 1
    headers = {
        "Authorization": f"Bearer {caller.key}",
        "Idempotency-Key": f"photo-{caller.calls}",
        "Content-Type": kind,
    }
    return caller.client.post(f"{CLAIMS}/{made['id']}/photos", data=content, headers=headers)


@pytest.mark.parametrize(("accepted", "said"), [(20, "accepted"), (15, "part"), (0, "refused")])
def test_a_claim_is_decided_once_with_its_reason(order: Followed, accepted: int, said: str) -> None:
    found = decided(order, accepted)
    assert (found["decision"], found["accepted"], found["decision_reason"]) == (said, accepted, WHY["reason"])
    assert line_of(order) == (accepted, "0.00")
    assert order.told()[-2:] == ["claim_made", "claim_decided"]
    act(order, found, "decide", accepted=1, status=422, **WHY)


def test_a_credit_stands_beside_the_quantities_and_is_not_owed(order: Followed) -> None:
    settled = act(order, decided(order, 15), "settle", settlement="credit", credit="8.25")
    assert (settled["state"], settled["credit"]) == ("settled", "8.25")
    assert line_of(order) == (15, "8.25")
    payment = order.read()["payment"]
    assert (payment["due"], payment["credited"]) == ("541.75", "8.25")
    assert order.quantities()["good"] == order.quantities()["delivered"] == 1_000
    act(order, settled, "settle", settlement="return", status=422)


@pytest.mark.parametrize("credit", ["8.26", "0.001", None])
def test_a_credit_is_no_more_than_the_accepted_pieces_cost(order: Followed, credit: str | None) -> None:
    body = {"credit": credit} if credit else {}
    refused = act(order, decided(order, 15), "settle", settlement="credit", status=422, **body)
    assert refused["errors"][0]["field"] == "credit"


def test_a_replacement_is_a_new_order_that_costs_nothing(order: Followed) -> None:
    wanted = (in_days(200) + timedelta(days=0)).isoformat()
    found = decided(order)
    act(order, found, "settle", settlement="replacement", status=422)
    settled = act(order, found, "settle", settlement="replacement", requested_date=wanted)
    replaced = order.orders.buyer.get(f"{ORDERS}/{settled['replacement_order_id']}").json
    assert (replaced["lines"][0]["ordered"], replaced["payment"]["due"]) == (20, "0.00")
    assert order.told()[-1] == "claim_settled"


def test_a_replacements_longer_number_is_found(orders: Orders) -> None:
    order = delivered(orders, po_number="P" * 60)
    wanted = in_days(200).isoformat()
    settled = act(order, decided(order), "settle", settlement="replacement", requested_date=wanted)
    number = orders.buyer.get(f"{ORDERS}/{settled['replacement_order_id']}").json["po_number"]
    for sought in ("po_number", "po_prefix"):
        (found,) = orders.buyer.get(f"{ORDERS}?{sought}={number}").json
        assert found["id"] == settled["replacement_order_id"]


@pytest.mark.parametrize(("currency", "price", "credit"), [("KWD", "0.005", "0.095"), ("JPY", "83", "83")])
def test_a_credit_is_told_in_units_of_its_currency(
    orders: Orders, currency: str, price: str, credit: str
) -> None:
    with orders.database.transaction() as session:
        particulars = {"sku": "CR-BALL-07", "currency": currency, "valid_from": date(2000, 1, 1)}
        session.execute(insert(item_price).values(unit_price=price, **particulars))
    order = delivered(orders, currency=currency)
    settled = act(order, decided(order), "settle", settlement="credit", credit=credit)
    assert settled["credit"] == credit
    assert order.orders.buyer.get(f"{CLAIMS}/{settled['id']}").json["credit"] == credit
    assert line_of(order) == (20, credit)


def test_a_refused_claim_settles_nothing_and_its_pieces_can_be_claimed_again(order: Followed) -> None:
    act(order, decided(order, 0), "settle", settlement="return", status=422)
    claim(order, 200)


def test_no_piece_is_claimed_twice_and_no_carton_for_more_than_it_holds(order: Followed) -> None:
    assert claim(order, 201, status=422)["errors"][0]["field"] == "quantity"
    claim(order, 150)
    assert "50 pieces" in claim(order, 51, status=422)["errors"][0]["message"]


def test_what_is_not_delivered_cannot_be_claimed(orders: Orders) -> None:
    order = follow(orders)
    packed = CartonsPacked(
        lot=LOT, **order.about(1), sku="CR-BALL-07", facility=SRAGEN, quantity=1_000, ssccs=(SSCC,)
    )
    order.hears(order.plan(), order.lot(), packed)
    claim(order, 1, status=422)


def test_a_carton_that_is_not_the_buyers_is_none(order: Followed) -> None:
    made, body = claim(order), {"sscc": SSCC, "quantity": 1, **WHY}
    assert order.orders.rival.post(CLAIMS, body).status_code == 404
    assert order.orders.rival.get(f"{CLAIMS}/{made['id']}").status_code == 404
    assert order.orders.rival.get(f"{ORDERS}/{order.id}/claims").status_code == 404
    assert send_photo(order.orders.rival, made, a_photo()).status_code == 404
    claim(order, sscc="095299000000000028", status=404)


def test_a_photo_is_kept_without_what_it_tells_beside_and_comes_as_a_download(order: Followed) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker that must not be kept"
    made = claim(order)
    sent = send_photo(order.orders.buyer, made, a_photo(exif=exif), "text/html")
    assert (sent.status_code, len(sent.json["photos"])) == (201, 1)
    photo = order.orders.buyer.get(sent.json["photos"][0])
    assert (photo.mimetype, b"must not be kept" in photo.data) == ("image/jpeg", False)
    assert dict(Image.open(BytesIO(photo.data)).getexif()) == {}
    assert photo.headers["X-Content-Type-Options"] == "nosniff"
    assert photo.headers["Content-Disposition"].startswith("attachment")
    assert order.orders.rival.get(sent.json["photos"][0]).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 422),
        (a_photo("GIF"), 422),
        (a_photo()[:200], 422),
        (b"", 422),
        (b"\0" * (MOST_BYTES + 1), 413),
    ],
    ids=["svg", "gif", "cut", "empty", "large"],
)
def test_what_is_no_photo_is_refused_whatever_it_is_called(
    order: Followed, content: bytes, status: int
) -> None:
    made = claim(order)
    assert send_photo(order.orders.buyer, made, content).status_code == status
    assert order.orders.buyer.get(f"{CLAIMS}/{made['id']}").json["photos"] == []


def test_a_claim_tells_of_a_carton_that_was_short_landed_until_it_is_found(order: Followed) -> None:
    """Whoever decides sees that the goods never came, and that they came later."""
    made = claim(order)
    assert made["short_landed"] is None
    told: dict[str, Any] = {"shipment_id": SHIPMENT, "place": "BEANR", "lines": (order.part(),)}
    short = (ShortCarton(order_id=order.id, sscc=SSCC),)
    hours = [WHEN + timedelta(hours=hour) for hour in range(3)]
    other = (ShortCarton(order_id=order.id, sscc="095299000000000028"),)
    order.hears(MilestoneRecorded(milestone="SHORT_LANDED", occurred_at=hours[0], short=other, **told))
    assert read(order, made)["short_landed"] is None
    order.hears(MilestoneRecorded(milestone="SHORT_LANDED", occurred_at=hours[1], short=short, **told))
    expected = {
        "shipment_id": str(SHIPMENT),
        "place": "BEANR",
        "occurred_at": hours[1].isoformat(),
        "found": False,
    }
    assert read(order, made)["short_landed"] == expected
    page = f"/orders/claims/{made['id']}"
    assert "it is not there yet" in Visitor(order.orders, KANWIL).open(page)
    order.hears(MilestoneRecorded(milestone="LANDED_IN_FULL", occurred_at=hours[2], **told))
    assert read(order, made)["short_landed"] == {**expected, "found": True}
    assert "was found since" in Visitor(order.orders, KANWIL).open(page)
    never = {"reason": "did_not_occur", "right_place": None, "right_at": None, **told}
    order.hears(MilestoneCorrected(milestone="LANDED_IN_FULL", occurred_at=hours[2], **never))
    assert read(order, made)["short_landed"] == expected
    right = {**never, "reason": "incorrect_data", "right_place": "NLRTM", "right_at": hours[2]}
    order.hears(MilestoneCorrected(milestone="SHORT_LANDED", occurred_at=hours[1], **right))
    assert read(order, made)["short_landed"]["place"] == "NLRTM"
    order.hears(MilestoneCorrected(milestone="SHORT_LANDED", occurred_at=hours[2], **never))
    assert read(order, made)["short_landed"] is None


def read(order: Followed, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = order.orders.office.get(f"{CLAIMS}/{made['id']}").json
    return found
