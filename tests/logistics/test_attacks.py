"""What is typed and sent to the desk by people with a hand for it, and what becomes of it."""

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.logistics.photos_of_labels import sscc_on
from services.logistics.scans import media_type_of
from shared.photos import cleaned
from shared.refusal import Refused
from shared.web.access import LOGISTICS
from tests.hostile import rummage
from tests.logistics.conftest import Logistics
from tests.logistics.test_desk import Visitor
from tests.pictures import a_photo

READERS: tuple[Callable[[bytes], Any], ...] = (cleaned, media_type_of, sscc_on)
"""All that opens a file which somebody sent."""


def test_no_form_breaks_and_nothing_typed_is_obeyed_on_any_page(logistics: Logistics) -> None:
    shipment = logistics.planned()
    beside = (f"/logistics/shipment/{shipment['id']}", shipment["tracking_url"], "/logistics/scanning")
    assert rummage(Visitor(logistics, LOGISTICS).client, "logistics", *beside) >= 8


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *, beside: bytes = b"", colour: int = 2, depth: int = 8) -> bytes:
    """A PNG that says it is so large, however little there is in it."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    content = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + head + beside + content + chunk(b"IEND", b"")


def unfolding(size: int) -> bytes:
    return zlib.compress(b"\0" * size, 9)


def a_large_jpeg() -> bytes:
    """A JPEG that says it is 65,500 pixels wide and high."""
    picture = a_photo()
    at = picture.index(b"\xff\xc0") + 5
    return picture[:at] + struct.pack(">HH", 65_500, 65_500) + picture[at + 4 :]


def pages_without_end() -> bytes:
    """A PDF whose tree of pages has ten times ten branches, thirty times over."""
    tree = [f"<</Type/Pages/Kids[{f'{n + 1} 0 R ' * 10}]/Count 1>>" for n in range(2, 32)]
    return a_pdf_of("<</Type/Catalog/Pages 2 0 R>>", *tree, "<</Type/Page>>")


def a_pdf_of(*objects: str) -> bytes:
    text, offsets = "%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    return (
        f"{text}xref\n0 {count}\n0000000000 65535 f \n{table}trailer <</Size {count} /Root 1 0 R>>\n"
        f"startxref\n{len(text)}\n%%EOF"
    ).encode()


def a_packed_table(size: int) -> bytes:
    """A PDF whose table of contents is small and unfolds to this many bytes."""
    packed = unfolding(size)
    head = f"<</Type/XRef/Size 5/W[1 4 2]/Root 2 0 R/Filter/FlateDecode/Length {len(packed)}>>"
    return (
        f"%PDF-1.7\n1 0 obj\n{head}stream\n".encode() + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF"
    )


@pytest.mark.parametrize(
    "sent",
    [
        png(60_000, 60_000),
        png(2**31 - 1, 2**31 - 1),
        png(0, 0),
        png(5, 5, beside=chunk(b"zTXt", b"a\0\0" + unfolding(100_000_000))),
        png(5, 5, beside=chunk(b"iCCP", b"a\0\0" + unfolding(100_000_000))),
        png(5, 5, beside=chunk(b"zTXt", b"a\0\0" + unfolding(900_000)) * 200),
        a_large_jpeg(),
        a_packed_table(100_000_000),
        pages_without_end(),
        a_pdf_of("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
        a_pdf_of("<</Type/Catalog/Pages 2 0 R>>", "[" * 50_000 + "]" * 50_000),
        b"%PDF-1.7\n" + a_photo() + b"\nstartxref\n0\n%%EOF",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + b"\0" * 100,
        b"",
    ],
    ids=lambda sent: repr(sent[:12]),
)
def test_a_file_that_unfolds_or_is_something_else_is_refused_by_all_that_open_files(sent: bytes) -> None:
    for read in READERS:
        with pytest.raises(Refused):
            read(sent)


def broken(times: int) -> Iterator[bytes]:
    """Pictures with some bytes changed or cut off, the checksums of some made right again; the same each time."""
    chance = random.Random(7)  # for variety, not for secrets
    seeds = (a_photo(), a_photo("PNG"), a_photo("JPEG", progressive=True), png(40, 30, colour=3))
    for _ in range(times):
        picture = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            picture[chance.randrange(len(picture))] = chance.randrange(256)
        cut = picture[: chance.randrange(len(picture))] if chance.random() < 0.3 else picture
        yield summed(bytes(cut)) if cut.startswith(b"\x89PNG") and chance.random() < 0.7 else bytes(cut)


def summed(png: bytes) -> bytes:
    made, at = png[:8], 8
    while at + 8 <= len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        made += chunk(png[at + 4 : at + 8], png[at + 8 : at + 8 + length])
        at += 12 + length
    return made


def test_a_broken_picture_is_read_or_refused_and_nothing_else() -> None:
    refused = 0
    for sent in broken(1_500):
        for read in READERS:
            try:
                read(sent)
            except Refused:
                refused += 1
    assert refused > 1_000


def test_a_picture_with_a_script_behind_it_is_kept_without_the_script() -> None:
    _, kept = cleaned(a_photo() + b"<script>alert(1)</script>")
    assert b"script" not in kept
