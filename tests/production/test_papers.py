"""The papers of a work order, read back from the finished PDF as officers and phones do."""

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pypdf
import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp

from shared.web.access import FACILITY, KANWIL
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_reports import pieces

NAMES = ("ticket", "tally-sheet")


def text_of(pdf: bytes) -> str:
    """The words with single spaces: where a line breaks in a cell says nothing."""
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


def code_of(pdf: bytes) -> str:
    """What a phone reads of the only code on the page, at the resolution of a plain printer."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil().convert("L")
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


def paper(production: Production, work: dict[str, Any], name: str) -> bytes:
    answer = production.sragen.get(f"/work-orders/{work['id']}/{name}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{name}-{work["number"]}.pdf"'
    return bytes(answer.data)


def test_the_ticket_says_what_to_make_how_many_by_when_and_of_what(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    shared_out.sragen.do(work, "report", **pieces(40))
    text = text_of(paper(shared_out, work, "ticket"))
    left = work["quantity"] - 40
    for said in (
        "Kartu kerja Work ticket",
        work["number"],
        "Bola sabut kelapa 7 cm",
        "Coco rope ball 7 cm",
        f"Jumlah Quantity {work['quantity']} buah",
        f"Sisa Left to make {left} buah",
        "Keadaan State dikerjakan in progress",
        "Sabut",
        " kg",
        "Jangan menulis nama atau nomor siapa pun.",
    ):
        assert said in text, said


def test_the_tally_sheet_has_a_row_for_each_day_that_a_role_signs(shared_out: Production) -> None:
    text = text_of(paper(shared_out, shared_out.sragen.started(), "tally-sheet"))
    for said in ("Mulai Started", "Baik Good", "Perbaiki To mend", "Cacat Scrap", "Lingkari jabatan"):
        assert said in text, said
    assert text.count("petugas · pemeriksa · kepala") == 18


@pytest.mark.parametrize("name", NAMES)
def test_its_code_opens_the_page_where_pieces_are_reported(shared_out: Production, name: str) -> None:
    work = shared_out.sragen.started()
    found = urlsplit(code_of(paper(shared_out, work, name)))
    assert (found.scheme, found.netloc) == ("http", "localhost")
    stranger = shared_out.client.get(found.path)
    assert stranger.headers["Location"] == f"/production/sign-in?next={found.path}"
    officer = Visitor(shared_out, FACILITY, SRAGEN)
    page = officer.client.get(found.path).text
    token = CSRF_TOKEN.search(page)
    assert token is not None
    assert f'action="/production/work-orders/{work["id"]}/report"' in page
    client_id = page.split('name="client_id" value="')[1].split('"')[0]
    typed = {"csrf_token": token[1], "kind": "made", "client_id": client_id, **pieces(40)}
    assert officer.client.post(f"/production/work-orders/{work['id']}/report", data=typed).status_code == 303
    assert shared_out.reports() == [("made", 40)]


def test_what_has_not_begun_is_begun_from_the_page_of_its_code(shared_out: Production) -> None:
    work = shared_out.sragen.work_orders()[0]
    officer = Visitor(shared_out, FACILITY, SRAGEN)
    path = f"/production/work-orders/{work['id']}/reports"
    assert "Sekarang belum ada yang dapat dilaporkan." in officer.client.get(path).text
    shared_out.sragen.do(work, "accept")
    assert f'action="/production/work-orders/{work["id"]}/start"' in officer.client.get(path).text


@pytest.mark.parametrize("name", NAMES)
def test_people_print_it_from_the_board_and_nobody_of_another_facility(
    shared_out: Production, name: str
) -> None:
    work = shared_out.sragen.started()
    path = f"/production/work-orders/{work['id']}/{name}.pdf"
    officer = Visitor(shared_out, FACILITY, SRAGEN)
    assert f'href="{path}"' in officer.open()
    printed = officer.client.get(path).data
    assert printed == paper(shared_out, work, name)
    assert Visitor(shared_out, KANWIL, None).client.get(path).data == printed
    assert Visitor(shared_out, FACILITY, KLATEN).client.get(path).status_code == 404
