"""Photos of an inspection: what an inspector saw with a phone, without what the phone tells beside."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from services.production.handlers.photographing import LONGEST_SIDE, MOST_PHOTOS
from shared.photos import MOST_BYTES
from shared.web.access import INSPECTOR, TOOL_KEEPER
from tests.pictures import a_photo
from tests.production.conftest import SRAGEN, Caller, Production
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_inspections_page import decided, page_of
from tests.production.test_reports import pieces


@pytest.fixture
def work(shared_out: Production) -> dict[str, Any]:
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(200)).status_code == 200
    return work


def inspections_of(production: Production, work: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = production.sragen.get(f"/work-orders/{work['id']}/inspections").json
    return found


def photos_of(production: Production, work: dict[str, Any]) -> str:
    """Where the photos of a new inspection are sent."""
    path = f"/work-orders/{work['id']}/inspections"
    made = production.sragen.post(path, {"lot": 50, "defects": []})
    assert made.json["photos"] == []
    return f"{path}/{made.json['id']}/photos"


def send(caller: Caller, path: str, content: bytes, kind: str = "image/jpeg") -> TestResponse:
    caller.calls += 1
    headers = {
        "Authorization": f"Bearer {caller.key}",
        "Idempotency-Key": f"photo-{caller.calls}",
        "Content-Type": kind,
    }
    return caller.client.post(f"/production/v1{path}", data=content, headers=headers)


def test_a_photo_is_kept_small_and_bare_and_comes_as_a_download(
    shared_out: Production, work: dict[str, Any]
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker that must not be kept"
    large = BytesIO()
    Image.new("RGB", (3_000, 1_500), "sienna").save(large, "JPEG", exif=exif)
    sent = send(shared_out.sragen, photos_of(shared_out, work), large.getvalue(), "text/html")
    assert sent.status_code == 201, sent.text
    (address,) = sent.json["photos"]
    photo = shared_out.sragen.get(address.removeprefix("/production/v1"))
    assert (photo.mimetype, b"must not be kept" in photo.data) == ("image/jpeg", False)
    kept = Image.open(BytesIO(photo.data))
    assert (kept.size, dict(kept.getexif())) == ((LONGEST_SIDE, LONGEST_SIDE // 2), {})
    assert photo.headers["X-Content-Type-Options"] == "nosniff"
    assert photo.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert photo.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422), (b"", 422), (b"\0" * (MOST_BYTES + 1), 413)],
    ids=["svg", "empty", "large"],
)
def test_what_is_no_photo_is_refused_whatever_it_is_called(
    shared_out: Production, work: dict[str, Any], content: bytes, status: int
) -> None:
    assert send(shared_out.sragen, photos_of(shared_out, work), content).status_code == status
    assert inspections_of(shared_out, work)[0]["photos"] == []


def test_a_photo_is_forgotten_and_its_number_is_not_given_again(
    shared_out: Production, work: dict[str, Any]
) -> None:
    path = photos_of(shared_out, work)
    for _ in range(MOST_PHOTOS):
        assert send(shared_out.sragen, path, a_photo()).status_code == 201
    refused = send(shared_out.sragen, path, a_photo())
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "photo")
    assert shared_out.sragen.delete(f"{path}/2").status_code == 204
    assert shared_out.sragen.get(f"{path}/2").status_code == 404
    assert shared_out.sragen.delete(f"{path}/{10**20}").status_code == 404
    assert send(shared_out.sragen, path, a_photo("PNG")).status_code == 201
    assert shared_out.sragen.delete(f"{path}/5").status_code == 204
    assert send(shared_out.sragen, path, a_photo()).status_code == 201
    left = [address.rpartition("/")[2] for address in inspections_of(shared_out, work)[0]["photos"]]
    assert left == ["1", "3", "4", "6"]


def test_the_page_asks_for_no_person_and_takes_photos_with_the_inspection(
    shared_out: Production, work: dict[str, Any]
) -> None:
    inspector = Visitor(shared_out, INSPECTOR, SRAGEN)
    assert "Tidak boleh ada orang dalam foto." in page_of(inspector, work).text
    photos: Any = [(BytesIO(a_photo()), "1.jpg"), (BytesIO(a_photo("PNG")), "2.png")]
    answer = decided(inspector, work, **{"stain-rework": "1"}, photo=photos)
    assert answer.status_code == 303, answer.text
    page = page_of(inspector, work).text
    at = f"/production/work-orders/{work['id']}/inspections/1/photos"
    shown = [inspector.client.get(f"{at}/{number}") for number in (1, 2)]
    assert [photo.mimetype for photo in shown] == ["image/jpeg", "image/png"]
    assert f'src="{at}/1"' in page
    token = {"csrf_token": CSRF_TOKEN.search(page)[1]}
    more: Any = [(BytesIO(a_photo()), "3.jpg")]
    assert inspector.client.post(at, data={**token, "photo": more}).status_code == 303
    assert inspector.client.post(f"{at}/1/remove", data=token).status_code == 303
    assert [address[-2:] for address in inspections_of(shared_out, work)[0]["photos"]] == ["/2", "/3"]
    keeper = Visitor(shared_out, TOOL_KEEPER, SRAGEN)
    assert "<form" not in page_of(keeper, work).text.split('id="inspection-1"')[1]


def test_an_inspection_with_a_file_that_is_no_photo_is_none(
    shared_out: Production, work: dict[str, Any]
) -> None:
    inspector = Visitor(shared_out, INSPECTOR, SRAGEN)
    wrong: Any = [(BytesIO(b"<svg/>"), "1.jpg")]
    refused = decided(inspector, work, **{"stain-rework": "1"}, photo=wrong)
    assert (refused.status_code, 'value="1"' in refused.text) == (422, True)
    assert inspections_of(shared_out, work) == []
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["awaiting"] == 200
