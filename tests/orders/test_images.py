"""Pictures of items: set by the regional office, seen by who may see the catalogue, small on the pages."""

from io import BytesIO

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from shared.web.access import BUYER
from tests.orders.conftest import Caller, Orders
from tests.orders.test_pages import Visitor, placed
from tests.pictures import a_photo

BALL = "/orders/v1/catalogue/CR-BALL-07"
IMAGE, PAGE = f"{BALL}/image", "/orders/catalogue/CR-BALL-07/image"


def send_image(orders: Orders, content: bytes, *, by: Caller | None = None, to: str = IMAGE) -> TestResponse:
    headers = {"Authorization": f"Bearer {(by or orders.office).key}", "Content-Type": "image/jpeg"}
    return orders.client.put(to, data=content, headers=headers)


def image_of(answer: TestResponse) -> Image.Image:
    return Image.open(BytesIO(answer.data))


def test_a_picture_is_drawn_anew_in_a_size_for_pages_and_tells_nothing_beside(orders: Orders) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker that must not be kept"
    large = BytesIO()
    Image.new("RGB", (2_000, 1_000), "sienna").save(large, "PNG", exif=exif)
    assert orders.buyer.get(BALL).json["image"] is None
    answer = send_image(orders, large.getvalue())
    assert (answer.status_code, answer.json["image"]) == (200, IMAGE)
    shown = orders.buyer.get(IMAGE)
    assert (shown.mimetype, image_of(shown).size) == ("image/png", (640, 320))
    assert dict(image_of(shown).getexif()) == {}
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_a_picture_is_kept_for_a_while_and_asked_for_anew_after_it_changed(orders: Orders) -> None:
    send_image(orders, a_photo())
    first = orders.buyer.get(IMAGE)
    assert first.headers["Cache-Control"] == "private, max-age=300"
    headers = {"Authorization": f"Bearer {orders.buyer.key}", "If-None-Match": first.headers["ETag"]}
    assert orders.client.get(IMAGE, headers=headers).status_code == 304
    send_image(orders, a_photo("PNG"))
    assert orders.client.get(IMAGE, headers=headers).mimetype == "image/png"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<svg onload='alert(1)'/>", 422),
        (b"", 422),
        (a_photo("GIF"), 422),
        (b"0" * (2 * 1024 * 1024 + 1), 413),
    ],
    ids=["no picture", "empty", "another kind", "too large"],
)
def test_what_is_no_picture_changes_nothing(orders: Orders, content: bytes, status: int) -> None:
    refused = send_image(orders, content)
    assert refused.status_code == status
    if status == 422:
        assert refused.json["errors"][0]["field"] == "image"
    assert orders.buyer.get(IMAGE).status_code == 404


def test_only_the_office_sets_a_picture_and_only_of_an_item(orders: Orders) -> None:
    assert send_image(orders, a_photo(), by=orders.buyer).status_code == 403
    assert send_image(orders, a_photo(), to="/orders/v1/catalogue/NO-SUCH/image").status_code == 404


def test_a_picture_can_be_taken_away(orders: Orders) -> None:
    address = "/orders/v1/catalogue/CR-BALL-07/image"
    send_image(orders, a_photo())
    assert orders.buyer.change("DELETE", address).status_code == 403
    assert orders.office.change("DELETE", address).status_code == 204
    assert orders.buyer.get(address).status_code == 404
    assert orders.office.change("DELETE", "/orders/v1/catalogue/NO-SUCH/image").status_code == 404


def test_a_picture_stands_small_on_the_form_and_on_the_orders_page(orders: Orders) -> None:
    order, buyer = placed(orders), Visitor(orders, BUYER, account="CHEWY-LOUIS")
    pages = ("/orders/new", f"/orders/order/{order['id']}")
    assert all("<img class" not in buyer.open(page) for page in pages)
    send_image(orders, a_photo())
    for page in pages:
        assert f'<img class="small" src="{PAGE}"' in buyer.open(page)
    assert buyer.client.get(PAGE).mimetype == "image/jpeg"
