"""The papers of a shipment say what is in it, read back from the finished PDF as people and scanners do."""

import io
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import combinations
from typing import Any

import pypdf
import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.logistics.documents import CartonPaper, GoodsLine, PartyPaper, ShipmentPaper, Told
from services.logistics.documents.delivery_note import DeliveryNote, delivery_note
from services.logistics.documents.invoice import amount_of, invoice, total_of
from services.logistics.documents.labels import carton_labels, labels, labels_in_part, parts_of, symbols_of
from services.logistics.documents.layout import cubic_metres
from services.logistics.documents.packing_list import packing_list
from services.logistics.documents.peb_data import peb_data
from services.logistics.documents.shipping_instruction import shipping_instruction
from services.logistics.domain.sscc import NotALot, WrongCheckDigit, sscc
from services.logistics.making import with_progress
from shared.paper import printable
from tests.papers import read_at_once

BUILDERS = (packing_list, invoice, labels, shipping_instruction, peb_data)
PAPERS = (packing_list, invoice, shipping_instruction, peb_data)
SRAGEN = PartyPaper(name="Lapas Kelas IIA Sragen", address=("Jl. Raya Sukowati", "Sragen"), country="ID")
PURWODADI = PartyPaper(name="Lapas Kelas IIB Purwodadi", address=("Purwodadi",), country="ID")
EXPORTER = PartyPaper(name="PT. Chewy Louis Group", address=("Sragen",), country="ID")
CONSIGNEE = PartyPaper(name="Dierenhuis BV", address=("Noorderlaan 1", "2030 Antwerpen"), country="BE")
FNC1 = b"\x1d"
"""How a scanner tells that a field of open length ended."""

UNHURRIED = settings(deadline=None)
"""Other tests share the processor: how long one example takes says nothing."""


def a_line(**changes: Any) -> GoodsLine:
    line = GoodsLine(
        po="PO-2026-0042",
        line=1,
        sku="CR-RING-15",
        description="Coco rope ring 15 cm",
        hs6="5609.00",
        quantity=450,
        unit_price=Decimal("0.68"),
        manufacturers=(SRAGEN,),
    )
    return replace(line, **changes)


def a_carton(serial: int, **changes: Any) -> CartonPaper:
    carton = CartonPaper(
        sscc=sscc(serial),
        number=serial,
        count=3,
        po="PO-2026-0042",
        sku="CR-RING-15",
        description="Coco rope ring 15 cm",
        gtin="9529900001012",
        lot="SRG-2603-017",
        quantity=150,
        facility="Lapas Kelas IIA Sragen",
        gross_g=9600,
        length_mm=600,
        width_mm=400,
        height_mm=450,
    )
    return replace(carton, **changes)


def a_paper(**changes: Any) -> ShipmentPaper:
    paper = ShipmentPaper(
        number="SHP-2026-0009",
        made_on=date(2026, 3, 18),
        exporter=EXPORTER,
        consignee=CONSIGNEE,
        hub="Lapas Kelas IIA Sragen",
        incoterm="FCA",
        named_place="Sragen",
        currency="USD",
        mode="sea_fcl",
        lines=(a_line(),),
        cartons=(a_carton(1), a_carton(2), a_carton(3)),
        port_of_loading="IDSRG",
        port_of_discharge="BEANR",
        vessel="Example Feeder",
        voyage="012W",
        container="CSQU3054383",
        seal="ID-778812",
    )
    return replace(paper, **changes)


def a_full_container() -> ShipmentPaper:
    return a_paper(
        lines=(a_line(quantity=540 * 150),),
        cartons=tuple(
            a_carton(serial, count=540, lot=f"SRG-2603-{serial // 20:03d}") for serial in range(1, 541)
        ),
    )


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    """The words with single spaces: where a line breaks in a cell says nothing."""
    return " ".join(" ".join(pages_of(pdf)).split())


def barcodes_of(pdf: bytes, page: int = 0) -> dict[str, bytes]:
    """What a scanner reads on a page, by its symbology: at 300 dots an inch, as label printers have."""
    picture = pypdfium2.PdfDocument(pdf)[page].render(scale=300 / 72).to_pil().convert("L")
    found = zxingcpp.read_barcodes(picture)
    return {result.symbology_identifier + str(result.bytes[:2].decode()): result.bytes for result in found}


def test_the_packing_list_has_every_carton_and_adds_up() -> None:
    text = text_of(packing_list(a_paper()))
    for serial in (1, 2, 3):
        assert f"{serial} of 3 {sscc(serial)} PO-2026-0042 CR-RING-15 SRG-2603-017" in text
    assert "Total 3 cartons 450 28.800 0.324" in text
    assert text.count("150 9.600 600 x 400 x 450 0.108") == 3


def a_note(paper: ShipmentPaper) -> DeliveryNote:
    return DeliveryNote(
        number=paper.number,
        made_on=paper.made_on,
        sender=SRAGEN,
        receiver=PartyPaper(name="Semarang (IDSRG)", address=(), country="ID"),
        cartons=paper.cartons,
        manufacturers=paper.manufacturers,
        container=paper.container,
        seal=paper.seal,
    )


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.integers(1, 9_999), st.integers(1, 25_000)),
        min_size=1,
        max_size=90,
    )
)
def test_every_paper_tells_the_cartons_to_the_piece(packed: list[tuple[str, int, int]]) -> None:
    cartons = tuple(
        a_carton(serial, count=len(packed), sku=sku, lot=f"LOT-{sku}", quantity=pieces, gross_g=grams)
        for serial, (sku, pieces, grams) in enumerate(packed, start=1)
    )
    pieces = {sku: sum(each.quantity for each in cartons if each.sku == sku) for sku, *_ in packed}
    lines = tuple(
        a_line(line=n, sku=sku, quantity=quantity) for n, (sku, quantity) in enumerate(pieces.items(), 1)
    )
    paper = a_paper(lines=lines, cartons=cartons)
    kilograms = f"{Decimal(sum(grams for _, _, grams in packed)) / 1000:,.3f}"
    total, count = f"{sum(pieces.values()):,}", f"{len(packed):,}"
    instruction, declared = text_of(shipping_instruction(paper)), text_of(peb_data(paper))
    assert f"Total {count} {total} {kilograms}" in instruction
    assert f"Total {count} {total} {kilograms} {total_of(paper):,f}" in declared
    for sku, quantity in pieces.items():
        of_it = sum(1 for each in cartons if each.sku == sku)
        assert f"{sku} 5609.00 {of_it:,} {quantity:,}" in instruction
        assert f"{sku}, origin Indonesia (ID) {of_it:,} {quantity:,}" in declared
    note = text_of(delivery_note(a_note(paper)))
    assert f"Total {count} {total} {kilograms}" in note
    told = re.findall(r"(\d{18}) ([\d,]+)", note)
    assert [(sscc_, int(said.replace(",", ""))) for sscc_, said in told] == [
        (each.sscc, each.quantity) for each in cartons
    ]
    assert text_of(invoice(paper)).count(f" {total} ") >= 1
    assert f"Total {count} cartons {total} {kilograms}" in text_of(packing_list(paper))


def test_the_declaration_s_sheet_asks_for_what_nobody_here_knows() -> None:
    sheet = text_of(peb_data(a_paper(incoterm="FOB")))
    for said in (
        "5609.00.__ the last two digits: VERIFY",
        "FOB value USD 306.00",
        "Net weight to be filled in",
    ):
        assert said in sheet
    for terms in ("FCA", "CIP"):  # the one leaves out what FOB includes, the other includes more
        assert "FOB value to be filled in" in text_of(peb_data(a_paper(incoterm=terms)))
    assert "prepaid" in text_of(shipping_instruction(a_paper(incoterm="CIP")))
    assert "collect" in text_of(shipping_instruction(a_paper()))


def test_a_delivery_note_names_who_made_the_goods_and_has_room_to_sign() -> None:
    note = text_of(delivery_note(a_note(a_full_container())))
    for said in (
        "Lapas Kelas IIA Sragen",
        "Jl. Raya Sukowati",
        "Semarang (IDSRG)",
        "Seal unbroken:",
        "Driver and truck",
    ):
        assert said in note


def test_the_invoice_is_exact_to_the_cent() -> None:
    text = text_of(invoice(a_paper()))
    assert "450 0.68 306.00" in text
    assert "Total 450 306.00" in text
    assert "half to even" in text


def test_terms_parties_and_transport_are_on_both_papers() -> None:
    for build in PAPERS:
        text = text_of(build(a_paper()))
        for said in (
            "FCA Sragen, Incoterms 2020",
            "PT. Chewy Louis Group",
            "Dierenhuis BV",
            "Belgium (BE)",
            "PO-2026-0042",
            "2026-03-18",
            "IDSRG",
            "BEANR",
            "Example Feeder / 012W",
            "CSQU3054383 / ID-778812",
            "5609.00",
        ):
            assert said in text, (build.__name__, said)


def test_what_is_not_booked_yet_is_to_be_advised() -> None:
    paper = a_paper(
        port_of_loading=None, port_of_discharge=None, vessel=None, voyage=None, container=None, seal=None
    )
    assert text_of(packing_list(paper)).count("to be advised") == 4


@pytest.mark.parametrize("build", BUILDERS)
def test_every_paper_says_where_the_goods_were_made(build: Any) -> None:
    text = text_of(build(a_paper()))
    assert "Lapas Kelas IIA Sragen" in text
    assert "made in indonesia" in text.lower()


def test_each_facility_is_named_with_its_address() -> None:
    paper = a_paper(lines=(a_line(manufacturers=(SRAGEN, PURWODADI)),))
    for build in PAPERS:
        text = text_of(build(paper))
        assert "Lapas Kelas IIA Sragen Jl. Raya Sukowati, Sragen, Indonesia (ID)" in text
        assert "Lapas Kelas IIB Purwodadi Purwodadi, Indonesia (ID)" in text
    assert "Made in Indonesia by Lapas Kelas IIB Purwodadi" in text_of(invoice(paper))


@pytest.mark.parametrize("build", BUILDERS)
def test_no_paper_calls_itself_free_of_forced_labour(build: Any) -> None:
    assert not re.search(r"forced|labou?r", text_of(build(a_paper())), re.IGNORECASE)


@pytest.mark.parametrize("build", BUILDERS)
def test_the_same_shipment_gives_the_same_bytes(build: Any) -> None:
    assert build(a_paper()) == build(a_paper())


HOSTILE = (
    '<img src="http://169.254.169.254/latest"/>',
    "<b>bold</b> & <font color=red>red</font>",
    "</para><para>",
    "<a href='file:///etc/passwd'>x</a>",
    "&lt;script&gt;",
    "{{ 7 * 7 }} %s %(x)s",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_a_name_is_shown_and_not_obeyed(text: str) -> None:
    hostile = PartyPaper(name=text, address=(text, text), country="BE")
    paper = a_paper(
        consignee=hostile,
        exporter=hostile,
        hub=text,
        vessel=text,
        lines=(a_line(description=text, sku=text, po=text, manufacturers=(hostile,)),),
        cartons=(a_carton(1, quantity=450, description=text, sku=text, po=text, facility=text),),
    )
    for build in PAPERS:
        pdf = build(paper)
        assert text.replace(" ", "") in text_of(pdf).replace(" ", "")
        assert b"/URI" not in pdf
        assert not any(page.images for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert labels(paper)


def test_letters_helvetica_lacks_lose_their_marks_and_the_rest_is_visibly_missing() -> None:
    assert printable("Łódź, Škoda, Çelik, Île") == "Lódz, Škoda, Çelik, Île"
    assert printable("ﬁne 上海\n\x00") == "fine ??  "
    assert printable("e\u0301") == "é"


def test_texts_of_any_length_find_their_place() -> None:
    long = PartyPaper(name="W" * 4000, address=("word " * 500,) * 6, country="BE")
    many = tuple(replace(SRAGEN, name=f"Lapas {number} {'x y ' * 30}") for number in range(60))
    paper = a_paper(
        exporter=long,
        consignee=long,
        hub="h " * 900,
        lines=(a_line(description="d " * 900, manufacturers=many),),
    )
    for build in PAPERS:
        assert "Lapas 59" in text_of(build(paper))


def test_a_long_list_repeats_its_head_and_counts_its_pages() -> None:
    pages = pages_of(packing_list(a_full_container()))
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        assert "SSCC" in page
        assert f"Page {number} of" in page
        assert re.search(rf"\b{len(pages)}\b", page)
    found = re.findall(r"\b\d{18}\b", " ".join(pages))
    assert found == [sscc(serial) for serial in range(1, 541)]


def test_labels_in_parts_are_the_same_labels() -> None:
    paper = a_full_container()
    assert parts_of(250) == []
    assert parts_of(540) == [(1, 250), (251, 500), (501, 540)]
    parts = [read_at_once(labels_in_part(paper, part)) for part in (1, 2, 3)]
    assert [len(part) for part in parts] == [250, 250, 40]
    assert [page for part in parts for page in part] == read_at_once(labels(paper))
    assert sscc(540) in parts[2][-1]


def test_a_long_paper_that_can_not_be_made_is_told_as_cut_off_and_never_as_whole() -> None:
    """Whoever reads its progress waits for an empty line, behind which the paper stands."""
    wrong = replace(a_full_container().cartons[0], quantity=0)
    told = []
    with pytest.raises(ValueError, match="holds 0 pieces"):
        for part in with_progress(partial(_labels_until, wrong), 540):
            told.append(part)
    assert told[0] == b"0 540\n" and told[-1] == b"530 540\n"


def _labels_until(wrong: CartonPaper, told: Told) -> bytes:
    return carton_labels((*a_full_container().cartons[:535], wrong), told=told)


def test_a_full_container_is_printed_in_seconds() -> None:
    paper = a_full_container()
    begun = time.process_time()
    for build in BUILDERS:
        build(paper)
    assert time.process_time() - begun < 15


def test_a_line_is_rounded_half_to_even() -> None:
    assert amount_of(a_line(quantity=1, unit_price=Decimal("0.125")), "USD") == Decimal("0.12")
    assert amount_of(a_line(quantity=1, unit_price=Decimal("0.135")), "USD") == Decimal("0.14")
    assert str(amount_of(a_line(quantity=3, unit_price=Decimal("12400.5")), "JPY")) == "37202"


def test_the_total_is_the_sum_of_what_the_lines_show() -> None:
    lines = tuple(a_line(line=number, quantity=1, unit_price=Decimal("0.125")) for number in range(1, 4))
    paper = a_paper(lines=lines, cartons=(a_carton(1, quantity=3),))
    assert total_of(paper) == Decimal("0.36")
    assert "Total 3 0.36" in text_of(invoice(paper))


@UNHURRIED
@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.decimals(0, 10**4, places=4)), min_size=1, max_size=30),
)
def test_rounding_moves_a_line_by_half_a_cent_at_most(goods: list[tuple[int, Decimal]]) -> None:
    lines = tuple(a_line(quantity=quantity, unit_price=price) for quantity, price in goods)
    paper = a_paper(lines=lines)
    exact = sum((quantity * price for quantity, price in goods), Decimal(0))
    assert abs(total_of(paper) - exact) <= Decimal("0.005") * len(lines)
    assert total_of(paper).as_tuple().exponent == -2


def test_a_price_keeps_its_tenths_of_a_cent() -> None:
    text = text_of(invoice(a_paper(lines=(a_line(unit_price=Decimal("0.685")),))))
    assert "450 0.685 308.25" in text


@UNHURRIED
@given(st.lists(st.integers(1, 10**9), max_size=30))
def test_volumes_add_up_as_printed(volumes: list[int]) -> None:
    printed = sum((Decimal(cubic_metres(volume)) for volume in volumes), Decimal(0))
    assert printed == Decimal(cubic_metres(sum(volumes)).replace(",", ""))


@pytest.mark.parametrize("build", BUILDERS)
def test_cartons_that_hold_less_than_the_lines_say_are_refused_by_sku(build: Any) -> None:
    with pytest.raises(ValueError, match=r"CR-RING-15 of PO-2026-0042: the lines say 450 pieces .* 300"):
        build(a_paper(cartons=(a_carton(1), a_carton(2))))


@pytest.mark.parametrize("build", BUILDERS)
def test_a_carton_of_something_nobody_ordered_is_refused_by_sku(build: Any) -> None:
    with pytest.raises(ValueError, match=r"KW-CHEW-18 of PO-2026-0042: the lines say 0 pieces"):
        build(a_paper(cartons=(*a_paper().cartons, a_carton(4, sku="KW-CHEW-18"))))


def test_a_carton_under_the_wrong_order_is_refused_though_the_sum_is_right() -> None:
    cartons = (a_carton(1), a_carton(2), a_carton(3, po="PO-2026-0043"))
    with pytest.raises(ValueError, match="must be equal"):
        packing_list(a_paper(cartons=cartons))


def test_a_carton_listed_twice_is_refused_by_its_number() -> None:
    twice = (a_carton(1), a_carton(1), a_carton(2))
    with pytest.raises(ValueError, match=f"{sscc(1)} is listed 2 times"):
        packing_list(a_paper(cartons=twice))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"manufacturers": ()}, "names no manufacturer"),
        ({"quantity": 0}, "needs at least one"),
        ({"unit_price": Decimal("-0.01")}, "below zero"),
    ],
)
def test_a_line_that_can_not_be_true_is_refused(line: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        invoice(a_paper(lines=(a_line(**line),)))


def test_a_carton_whose_label_could_not_be_read_is_refused() -> None:
    with pytest.raises(WrongCheckDigit):
        carton_labels([a_carton(1, sscc="095299000000000014")])
    with pytest.raises(NotALot):
        carton_labels([a_carton(1, lot="lot 17")])
    with pytest.raises(ValueError, match="0 pieces of CR-RING-15"):
        carton_labels([a_carton(1, quantity=0)])


def test_a_label_is_read_by_a_scanner() -> None:
    pdf = labels(a_paper())
    for page in range(3):
        assert barcodes_of(pdf, page) == {
            "]C100": f"00{sscc(page + 1)}".encode(),
            "]C102": b"0209529900001012" + b"37150" + FNC1 + b"10SRG-2603-017",
            "]Q1ht": f"https://id.gs1.org/00/{sscc(page + 1)}".encode(),
        }


@pytest.mark.parametrize("lot", ["A", "12345678901234567890", "abcDEF-12/34.56_7:89", "S-1A2B3C4D5E6F7G8H9I"])
@pytest.mark.parametrize("quantity", [1, 7, 20, 99_999_999])
def test_any_lot_and_count_is_read_in_full(lot: str, quantity: int) -> None:
    read = barcodes_of(carton_labels([a_carton(1, lot=lot, quantity=quantity)]))
    content, of_lot = f"020952990000101237{quantity}".encode(), f"10{lot}".encode()
    apart = {"]C102": content, "]C110": of_lot}
    together = {"]C102": content + FNC1 + of_lot}
    assert read.pop("]C100") == f"00{sscc(1)}".encode()
    assert read.pop("]Q1ht") == f"https://id.gs1.org/00/{sscc(1)}".encode()
    assert read in (apart, together)


def test_a_long_lot_gets_a_barcode_of_its_own() -> None:
    assert len(symbols_of(a_carton(1))) == 2
    sscc_, contents, lot = symbols_of(a_carton(1, lot="abcDEF-12/34.56_7:89"))
    assert [field[0] for field in (*sscc_, *contents, *lot)] == ["00", "02", "37", "10"]


def test_a_label_is_read_by_a_person() -> None:
    page = " ".join(pages_of(labels(a_paper()))[1].split())
    for said in (
        "CR-RING-15",
        "Coco rope ring 15 cm",
        "Quantity 150",
        "Carton 2 of 3",
        "Purchase order PO-2026-0042",
        "Lot SRG-2603-017",
        "Made in Indonesia",
        "at Lapas Kelas IIA Sragen",
        f"(00){sscc(2)}",
        "(02)09529900001012(37)150(10)SRG-2603-017",
    ):
        assert said in page


def test_only_demonstration_numbers_are_marked_demo() -> None:
    real = a_carton(1, sscc=sscc(1, prefix="8991234"))
    first, second = pages_of(carton_labels([a_carton(1), real]))
    assert "DEMO" in first
    assert "DEMO" not in second


def test_a_label_is_one_a6_page_for_each_carton() -> None:
    reader = pypdf.PdfReader(io.BytesIO(labels(a_paper())))
    sizes = {
        (round(page.mediabox.width * 25.4 / 72), round(page.mediabox.height * 25.4 / 72))
        for page in reader.pages
    }
    assert (len(reader.pages), sizes) == (3, {(105, 148)})


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_can_be_printed(name: str, description: str) -> None:
    party = PartyPaper(name=name, address=(description,), country=name[:2])
    paper = a_paper(consignee=party, lines=(a_line(description=description),))
    assert invoice(paper) and packing_list(paper)
    assert carton_labels([a_carton(1, description=description, facility=name)])


LONG_NAME = "Lembaga Pemasyarakatan Perempuan Kelas IIA dan Pusat Kegiatan Kerja Mandiri Karangtengah Selatan"


def a_wordy_paper() -> ShipmentPaper:
    """Everything that can be long is, and has words to break at, or none."""
    long = PartyPaper(name=LONG_NAME, address=("Jalan Pahlawan Kemerdekaan " * 4, "2030 X"), country="BE")
    made = dict.fromkeys(("description", "sku", "po"), LONG_NAME)
    return a_paper(
        exporter=long,
        consignee=long,
        hub=LONG_NAME,
        vessel="W" * 60,
        named_place=LONG_NAME,
        lines=(a_line(**made, quantity=7_000, manufacturers=(long, SRAGEN)),),
        cartons=tuple(
            a_carton(number, count=70, quantity=100, facility=LONG_NAME, lot="W" * 20, **made)
            for number in range(1, 71)
        ),
    )


def a_wordy_note(paper: ShipmentPaper) -> bytes:
    return delivery_note(a_note(paper))


@pytest.mark.parametrize("build", [*BUILDERS, a_wordy_note])
def test_nothing_is_printed_over_something_else_or_into_the_margins(
    build: Callable[[ShipmentPaper], bytes],
) -> None:
    document = pypdfium2.PdfDocument(build(a_wordy_paper()))
    margin = 3 if build is labels else 10
    for page in list(document)[:4]:
        picture = page.render(scale=2).to_pil().convert("L")
        dots = round(margin / 25.4 * 72 * 2)
        ink = Image.eval(picture, lambda light: 255 - light).getbbox()
        assert ink is not None
        left, top, right, bottom = ink
        assert min(left, top, picture.width - right, picture.height - bottom) >= dots, ink
        boxes = text_boxes(page)
        assert len(boxes) > 5
        for one, other in combinations(boxes, 2):
            assert not overlapping(one[1], other[1]), (one, other)


Box = tuple[float, float, float, float]


def text_boxes(page: Any) -> list[tuple[str, Box]]:
    """Each run of text with where its ink is: left, bottom, right and top."""
    text = page.get_textpage()
    boxes = [text.get_rect(number) for number in range(text.count_rects())]
    return [(text.get_text_bounded(*box), box) for box in boxes]


def overlapping(one: Box, other: Box) -> bool:
    """Beyond a point, which the slants of letters take."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 1 and down > 1
