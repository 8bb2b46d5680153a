"""The scanning page: typed, scanned by a wedge, or read from a photo; big and plain, in both languages."""

import re
import struct
import zlib
from dataclasses import replace
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
from PIL import Image

from services.logistics.photos_of_labels import sscc_on
from shared.clock import WIB, advance, business_now
from shared.events.production import TimeZone
from shared.refusal import Refused
from shared.web.access import KANWIL, LOGISTICS
from tests.logistics.conftest import SEMARANG, SRAGEN, Logistics, a_facility
from tests.logistics.test_desk import Visitor
from tests.logistics.test_papers import text_of
from tests.logistics.test_scanning import packed, scan, state_of

GATHER = {"what": "gathered", "hub": SRAGEN}


@pytest.fixture
def visitor(logistics: Logistics) -> Visitor:
    return Visitor(logistics, LOGISTICS)


def label(logistics: Logistics, page: int = 0) -> Image.Image:
    """What a camera would see of a label that lies straight before it."""
    pdf = logistics.staff.get("/lots/SRG-2503-001/labels.pdf").data
    picture: Image.Image = pypdfium2.PdfDocument(pdf)[page].render(scale=200 / 72).to_pil()
    return picture.convert("L")


def as_file(picture: Image.Image, kind: str = "JPEG") -> bytes:
    into = BytesIO()
    picture.save(into, kind)
    return into.getvalue()


def sent(visitor: Visitor, **fields: Any) -> Any:
    return visitor.submit("/logistics/scanning?lang=en", **{**GATHER, **fields})


def test_a_scan_is_answered_big_and_the_next_one_can_follow(logistics: Logistics, visitor: Visitor) -> None:
    one, *_ = packed(logistics)
    accepted = sent(visitor, sscc=one)
    assert accepted.status_code == 200
    assert 'data-outcome="accepted"' in accepted.text
    assert one in accepted.text
    assert "autofocus" in accepted.text
    assert 'data-outcome="repeated"' in sent(visitor, sscc=f"(00) {one}").text
    wrong = sent(visitor, sscc="095299000000000014")
    assert wrong.status_code == 422
    assert "The check digit of 095299000000000014 is wrong" in wrong.text
    said = visitor.submit("/logistics/scanning?lang=id", **GATHER, sscc="095299000000000014").text
    assert "Digit pemeriksa 095299000000000014 salah" in said
    assert "Scan a label" in sent(visitor, sscc=" ").text


def test_a_photo_of_a_label_is_read(logistics: Logistics, visitor: Visitor) -> None:
    one, *_ = packed(logistics)
    photo = (BytesIO(as_file(label(logistics).rotate(90, expand=True))), "label.jpg")
    assert 'data-outcome="accepted"' in sent(visitor, photo=photo).text
    assert state_of(logistics, one) == "at_hub"


def test_a_photo_that_tells_no_carton_or_two_is_refused(logistics: Logistics) -> None:
    packed(logistics)
    first, second = label(logistics), label(logistics, 1)
    both = Image.new("L", (2 * first.width, first.height), 255)
    both.paste(first, (0, 0))
    both.paste(second, (first.width, 0))
    for picture, said in (
        (as_file(both, "PNG"), "several cartons"),
        (as_file(Image.new("L", (300, 300), 255)), "no barcode of a carton"),
        (b"%PDF-1.7 no picture", "JPEG or PNG"),
        (a_bomb(60_000, 60_000), "up to 40 megapixels"),
        (as_file(first)[:2_000], "JPEG or PNG"),
    ):
        with pytest.raises(Refused, match=said):
            sscc_on(picture)


def a_bomb(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1_000)))


def test_weights_pallets_and_loading_have_their_fields(logistics: Logistics, visitor: Visitor) -> None:
    one, *_ = packed(logistics)
    weighed = {"what": "weighed", "sscc": one}
    assert "in grams, in digits" in sent(visitor, **weighed, grams="9,2").text
    heavy = sent(visitor, **weighed, grams="9900")
    assert (heavy.status_code, 'data-outcome="to_reopen"' in heavy.text) == (422, True)
    assert one in visitor.open("/logistics/scanning?lang=en").split("To be explained")[1]
    sent(visitor, **weighed, grams="9200", seal="B-2")
    scan(logistics, "gathered", one, hub=SRAGEN)
    built = visitor.submit("/logistics/pallets", hub=SRAGEN)
    assert built.status_code == 303
    pallet = built.headers["Location"].rpartition("pallet=")[2]
    assert 'data-outcome="accepted"' in sent(visitor, what="palletised", pallet=pallet, sscc=one).text
    assert visitor.client.get(f"/logistics/pallet/{pallet}/label.pdf").data.startswith(b"%PDF")
    assert "There is no shipment SHP-0" in sent(visitor, what="loaded", shipment="SHP-0", sscc=one).text


def test_each_missing_carton_is_explained_on_its_page(logistics: Logistics, visitor: Visitor) -> None:
    one, *_ = packed(logistics)
    path = f"/logistics/carton/{one}"
    assert "Say what became" in visitor.submit(f"{path}?lang=en", what="lost", reason=" ").text
    lost = visitor.submit(path, what="lost", reason="Not on the truck at the gate.")
    assert lost.status_code == 303
    page = visitor.open(f"{path}?lang=en")
    assert "Not on the truck at the gate." in page
    assert one in visitor.open("/logistics/scanning?lang=id").split("Harus dijelaskan")[1]
    visitor.open("/logistics/carton/095299000000000015x", status=404)
    watcher = Visitor(logistics, KANWIL)
    assert "Report it" not in watcher.open(f"{path}?lang=en")
    assert watcher.submit(path, what="found", reason="I say so.").status_code == 403


def test_what_was_done_with_a_carton_is_told_in_the_times_of_where_it_stood(logistics: Logistics) -> None:
    logistics.hears(replace(a_facility(), time_zone="Asia/Jayapura"))
    (sscc, *_) = packed(logistics, quantity=100)
    moved = {"what": "moved", "hub": SEMARANG, "ssccs": [sscc]}
    assert logistics.staff.post("/cartons/reports", moved).status_code == 200
    scan(logistics, "gathered", sscc, hub=SEMARANG)
    told = Visitor(logistics, LOGISTICS).open(f"/logistics/carton/{sscc}?lang=en")
    assert re.findall(r"\d\d\.\d\d (WI\w+)", told) == ["WIT", "WIT", "WIB"]


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_the_note_of_the_truck_from_a_facility_has_the_day_on_which_it_was_packed_there(
    logistics: Logistics, zone: TimeZone
) -> None:
    logistics.hears(replace(a_facility(), time_zone=zone))
    with logistics.database.transaction() as session:
        now = business_now(session).astimezone(WIB)
        late = datetime.combine(now.date() + timedelta(days=1), time(22, 30), WIB)
        advance(session, late - now)
    packed(logistics)
    note = text_of(logistics.staff.get("/lots/SRG-2503-001/delivery-note.pdf").data)
    assert f"Date {late.astimezone(ZoneInfo(zone)).date()}" in note
