"""The pages of claims: made with photos, seen by who may, decided and settled by the regional office."""

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from shared.photos import MOST_BYTES
from shared.web.access import BUYER, COMPLIANCE, KANWIL
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_changing_pages import submit
from tests.orders.test_claims import SSCC, WHY, claim, decided, delivered, send_photo
from tests.orders.test_handlers import ORDERS, Followed, follow
from tests.orders.test_pages import CSRF_TOKEN, Visitor
from tests.pictures import a_photo


@pytest.fixture
def order(orders: Orders) -> Followed:
    return delivered(orders)


@pytest.fixture
def buyer(orders: Orders) -> Visitor:
    return Visitor(orders, BUYER, account="CHEWY-LOUIS")


@pytest.fixture
def office(orders: Orders) -> Visitor:
    return Visitor(orders, KANWIL)


def form_of(order: Followed) -> str:
    return f"/orders/order/{order.id}/lines/1/claim"


def page_of(made: dict[str, Any], form: str = "") -> str:
    return f"/orders/claims/{made['id']}" + (f"/{form}" if form else "")


def photos(*contents: bytes) -> list[tuple[BytesIO, str]]:
    return [(BytesIO(content), f"{n}.jpg") for n, content in enumerate(contents)]


def a_form(**changes: Any) -> dict[str, Any]:
    return {"sscc": SSCC, "quantity": "20", **WHY, **changes}


def claims_of(order: Followed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = order.orders.buyer.get(f"{ORDERS}/{order.id}/claims").json
    return found


def test_pieces_are_claimed_with_several_photos_from_the_orders_page(order: Followed, buyer: Visitor) -> None:
    assert form_of(order) in buyer.open(f"/orders/order/{order.id}")
    assert f'<option value="{SSCC}">' in buyer.open(form_of(order))
    answer = submit(buyer, form_of(order), **a_form(photo=photos(a_photo(), a_photo("PNG"))))
    assert answer.status_code == 303, answer.text
    page = buyer.open(answer.headers["Location"])
    assert (WHY["reason"] in page, "not decided yet" in page) == (True, True)
    shown = re.findall(r'<img src="(/orders/claims/[^"]+)"', page)
    kinds = [buyer.client.get(address).mimetype for address in shown]
    assert kinds == ["image/jpeg", "image/png"]
    assert answer.headers["Location"] in buyer.open(f"/orders/order/{order.id}")


def test_a_photo_of_a_page_tells_nothing_beside_and_can_only_be_a_picture(
    order: Followed, buyer: Visitor
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker that must not be kept"
    made = submit(buyer, form_of(order), **a_form(photo=photos(a_photo(exif=exif))))
    photo = buyer.client.get(made.headers["Location"] + "/photos/1")
    assert dict(Image.open(BytesIO(photo.data)).getexif()) == {}
    assert photo.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert photo.headers["X-Content-Type-Options"] == "nosniff"
    assert photo.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": "201"}, "can be claimed"),
        ({"quantity": "some"}, "Give a whole number"),
        ({"sscc": "095299000000000028"}, "No carton"),
        ({"sscc": "12"}, "Give the 18 digits"),
        ({"reason": "x"}, "Give 3 to 500 characters"),
        ({"photo": photos(b"<svg/>")}, "Send a JPEG or PNG picture"),
        ({"photo": photos(*[a_photo()] * 5)}, "up to 4 photos at once"),
    ],
    ids=[
        "too many",
        "no number",
        "unknown",
        "no SSCC",
        "no reason",
        "no photo",
        "too many photos",
    ],
)
def test_a_refused_claim_keeps_what_was_typed_and_is_none(
    order: Followed, buyer: Visitor, changes: dict[str, Any], said: str
) -> None:
    refused = submit(buyer, form_of(order), **a_form(**changes))
    assert (refused.status_code, said in refused.text) == (422, True), refused.text
    typed = a_form(**changes)
    for text in (f'value="{typed["sscc"]}"', f'value="{typed["quantity"]}"', f">{typed['reason']}<"):
        assert text in refused.text
    assert claims_of(order) == []


def test_a_photo_that_is_too_large_is_refused(order: Followed, buyer: Visitor) -> None:
    token = CSRF_TOKEN.search(buyer.open(form_of(order)))
    assert token is not None
    typed = a_form(csrf_token=token[1], photo=FileStorage(BytesIO(b"0" * (MOST_BYTES + 1)), "0.jpg"))
    boundary, body = encode_multipart(typed)
    kind = f'multipart/form-data; boundary="{boundary}"'
    refused = buyer.client.post(form_of(order), data=body, content_type=kind, headers=buyer.headers)
    assert (refused.status_code, "up to 10 MB each" in refused.text) == (422, True)
    assert claims_of(order) == []


def test_a_carton_of_another_order_is_not_claimed_here(order: Followed, buyer: Visitor) -> None:
    other = follow(order.orders, po_number="PO-2")
    refused = submit(buyer, form_of(other), **a_form())
    assert (refused.status_code, claims_of(order)) == (422, [])


def test_photos_are_added_until_the_claim_is_decided(
    order: Followed, buyer: Visitor, office: Visitor
) -> None:
    made = claim(order)
    sent = submit(buyer, page_of(made, "photos"), photo=photos(a_photo()))
    assert sent.status_code == 303, sent.text
    assert len(claims_of(order)[0]["photos"]) == 1
    assert "Add the photos" in buyer.open(page_of(made, "photos"))
    decide(office, made)
    late = send(buyer, page_of(made, "photos"), photo=photos(a_photo()))
    assert late.status_code == 422


def send(visitor: Visitor, path: str, **typed: Any) -> Any:
    """A form that the visitor's page may not show."""
    token = CSRF_TOKEN.search(visitor.open("/orders/"))
    assert token is not None
    return visitor.client.post(path, data={"csrf_token": token[1], **typed}, headers=visitor.headers)


def decide(office: Visitor, made: dict[str, Any], accepted: str = "15", **changes: str) -> Any:
    typed = {"accepted": accepted, "reason": "The photos show it.", **changes}
    return send(office, page_of(made, "decide"), **typed)


def test_the_office_decides_and_settles_and_the_buyer_reads_it(
    order: Followed, buyer: Visitor, office: Visitor
) -> None:
    made = claim(order)
    assert "Decide the claim" not in buyer.open(page_of(made))
    assert decide(office, made).status_code == 303
    assert "15 of 20 pieces were accepted" in buyer.open(page_of(made))
    settled = send(office, page_of(made, "settle"), settlement="credit", credit="8.25")
    assert settled.status_code == 303, settled.text
    assert "a credit, 8.25 USD" in buyer.open(page_of(made))
    assert order.read()["payment"]["credited"] == "8.25"


@pytest.mark.parametrize("accepted", ["21", "", "all"])
def test_a_refused_decision_keeps_what_was_typed(order: Followed, office: Visitor, accepted: str) -> None:
    made = claim(order)
    refused = decide(office, made, accepted)
    assert (refused.status_code, "The photos show it." in refused.text) == (422, True)
    assert f'value="{accepted}"' in refused.text
    assert claims_of(order)[0]["state"] == "made"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"settlement": "credit", "credit": "8.26"}, "Give a credit up to"),
        ({"settlement": "return", "credit": "8.25"}, "Leave the credit out"),
        ({"settlement": "replacement"}, "Give the day by which the replacement is wanted"),
        ({"settlement": "replacement", "requested_date": "2001-01-01"}, "Give a date after"),
        ({"settlement": ""}, "Missing data"),
    ],
    ids=str,
)
def test_a_refused_settlement_settles_nothing(
    order: Followed, office: Visitor, typed: dict[str, str], said: str
) -> None:
    made = decided(order, 15)
    refused = send(office, page_of(made, "settle"), **typed)
    assert (refused.status_code, said in refused.text) == (422, True), refused.text
    assert claims_of(order)[0]["state"] == "decided"
    assert "Settle the claim" in office.open(page_of(made, "settle"))


def test_a_replacement_is_found_from_its_claim(order: Followed, buyer: Visitor, office: Visitor) -> None:
    made = decided(order, 15)
    send(office, page_of(made, "settle"), settlement="replacement", requested_date=in_days(200).isoformat())
    replaced = claims_of(order)[0]["replacement_order_id"]
    assert f'href="/orders/order/{replaced}"' in buyer.open(page_of(made))


def test_only_the_office_decides_and_only_buyers_claim(
    orders: Orders, order: Followed, buyer: Visitor
) -> None:
    made, officer = claim(order), Visitor(orders, COMPLIANCE)
    for visitor in (buyer, officer):
        assert decide(visitor, made).status_code == 403
    assert send(officer, form_of(order), **a_form()).status_code == 403
    assert WHY["reason"] in officer.open(page_of(made))


def test_another_buyer_sees_neither_claim_nor_photo(orders: Orders, order: Followed) -> None:
    made, rival = claim(order), Visitor(orders, BUYER, account="RIVAL")
    assert send_photo(orders.buyer, made, a_photo()).status_code == 201
    for path in (page_of(made), page_of(made, "photos/1"), form_of(order)):
        assert rival.client.get(path).status_code == 404


def test_a_claim_is_shown_in_indonesian(orders: Orders, order: Followed) -> None:
    made, buyer = claim(order), Visitor(orders, BUYER, account="CHEWY-LOUIS", language="id")
    page = buyer.open(page_of(made))
    assert ("Klaim atas 20 buah" in page, "belum diputuskan" in page) == (True, True)
