"""What stands on the board: the work of each facility, what waits, and where a refused form went wrong."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from services.production.pages import board
from shared.clock import advance
from shared.web.access import FACILITY, KANWIL
from tests.clock import today
from tests.production.conftest import KLATEN, SRAGEN, Production, a_cancellation, a_clearance, an_order
from tests.production.test_board import Visitor


@pytest.fixture
def sragen(shared_out: Production) -> Visitor:
    return Visitor(shared_out, FACILITY, SRAGEN)


def input_of(page: str, name: str) -> str:
    """The first input of that name, with all its attributes."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found is not None, page
    return found[0]


def test_an_empty_board_says_what_will_stand_there(production: Production) -> None:
    page = Visitor(production, FACILITY, SRAGEN).open()
    assert "Belum ada pekerjaan. Tawaran dari Kanwil tampil di sini" in page


def test_an_offer_says_how_many_pieces_and_what_each_button_does(
    shared_out: Production, sragen: Visitor
) -> None:
    page = sragen.open()
    assert "Bola sabut kelapa 7 cm" in page
    assert "Terima 600 buah" in page
    assert "Tolak 600 buah" in page
    assert "tawaran menunggu jawaban: 1" in page


def test_the_regional_office_sees_the_work_by_facility(shared_out: Production) -> None:
    page = Visitor(shared_out, KANWIL, None).open()
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert headings == ["Lapas Klaten", "Lapas Sragen"]
    assert page.count('<section class="card') == 2
    assert "<form" not in page.split("<main")[1]


def test_the_bar_says_its_numbers_to_a_screen_reader(shared_out: Production, sragen: Visitor) -> None:
    work_order = shared_out.sragen.started()
    sragen.submit(work_order, "report", pieces="100", worked_on=today())
    sragen.submit(work_order, "inspect", passed="60", rework="10", scrap="5")
    said = re.search(r'role="img" aria-label="([^"]+)"', sragen.open())
    assert said is not None
    assert said[1] == "60 baik, 25 perlu diperiksa, 10 perlu diperbaiki, 505 sisa"


@pytest.mark.parametrize(
    ("action", "typed", "wrong"),
    [
        ("report", {"pieces": "9999", "worked_on": "2026-01-01"}, "pieces"),
        ("report", {"pieces": "1,5", "worked_on": "2026-01-01"}, "pieces"),
        ("report", {"pieces": "1", "worked_on": "2020-01-01"}, "worked_on"),
        ("inspect", {"passed": "9999", "rework": "0", "scrap": "0"}, "passed"),
        ("inspect", {"passed": "1", "rework": "x", "scrap": "0"}, "rework"),
        ("pause", {"why": "", "reason": "x"}, "reason"),
    ],
    ids=str,
)
def test_the_cursor_goes_where_it_is_wrong(
    shared_out: Production, sragen: Visitor, action: str, typed: dict[str, str], wrong: str
) -> None:
    work_order = shared_out.sragen.started()
    sragen.submit(work_order, "report", pieces="100", worked_on=today())
    answer = sragen.submit(work_order, action, **typed)
    assert answer.status_code == 422
    field = input_of(answer.text, wrong)
    assert 'aria-invalid="true"' in field
    assert "autofocus" in field
    assert f'aria-describedby="refused-{work_order["id"]}"' in field.replace(f"{wrong}-hint ", "")
    assert answer.text.count("autofocus") == answer.text.count('role="alert"') == 1
    for name, value in typed.items():
        assert f'value="{value}"' in answer.text, name


def test_a_chosen_reason_and_what_was_written_are_told_together(
    shared_out: Production, sragen: Visitor
) -> None:
    (work_order,) = shared_out.sragen.work_orders()
    typed = {"why": "workshop_full", "reason": "sampai Maret"}
    assert sragen.submit(work_order, "decline", **typed).status_code == 303
    ((_, declined),) = shared_out.told("work_order_declined")
    assert declined["reason"] == "Bengkel kerja penuh: sampai Maret"


def test_a_chosen_reason_is_enough_and_stays_chosen_when_refused(
    shared_out: Production, sragen: Visitor
) -> None:
    (work_order,) = shared_out.sragen.work_orders()
    refused = sragen.submit(work_order, "decline", why="workshop_full", reason="3314010101900001")
    assert refused.status_code == 422
    assert '<option value="workshop_full" selected>Bengkel kerja penuh</option>' in refused.text
    assert "Tulis alasan tanpa nomor identitas siapa pun." in refused.text
    assert sragen.submit(work_order, "decline", why="workshop_full", reason="").status_code == 303


def test_a_form_that_came_too_late_is_told_how_things_stand(shared_out: Production, sragen: Visitor) -> None:
    (work_order,) = shared_out.sragen.work_orders()
    sragen.submit(work_order, "decline", why="workshop_full")
    late = sragen.submit(work_order, "accept")
    assert late.status_code == 422
    assert "berstatus ditolak" in late.text


def test_what_is_past_its_day_says_so(shared_out: Production, sragen: Visitor) -> None:
    assert "lewat tenggat" not in sragen.open()
    with shared_out.database.transaction() as session:
        advance(session, timedelta(days=60))
    assert "lewat tenggat" in sragen.open()


def test_a_long_board_shows_the_most_urgent_and_how_many_more(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        order = UUID(int=number)
        production.hears(an_order(order_id=order, quantity=300), a_clearance(order_id=order, quantity=300))
    monkeypatch.setitem(board.MOST, FACILITY, 3)
    page = Visitor(production, FACILITY, SRAGEN).open()
    assert page.count('<section class="card stack" id="wo-') == 3
    assert "Masih ada 1 lagi" in page


def test_the_board_follows_the_work_of_others(shared_out: Production, sragen: Visitor) -> None:
    page = sragen.open()
    assert 'data-live="/production/events"' in page
    for part in ("counts", "board"):
        assert f'data-live-part="{part}"' in page


def test_the_longest_board_is_still_a_small_page(production: Production) -> None:
    for number in range(1, board.MOST[FACILITY] + 1):
        order = UUID(int=number)
        production.hears(an_order(order_id=order, quantity=300), a_clearance(order_id=order, quantity=300))
    for work_order in production.sragen.work_orders(limit=100):
        for action in ("accept", "start"):
            production.sragen.do(work_order, action)
        production.sragen.do(work_order, "report", pieces=100, worked_on=today().isoformat())
        production.sragen.do(work_order, "inspect", passed=10, rework=10, scrap=10)
    page = Visitor(production, FACILITY, SRAGEN).open()
    assert page.count('<section class="card stack" id="wo-') == board.MOST[FACILITY]
    assert len(page.encode()) < 150_000


def test_work_that_was_taken_back_is_seen_for_a_week(shared_out: Production, sragen: Visitor) -> None:
    shared_out.hears(a_cancellation())
    assert "Ditarik kembali, jangan dibuat" in sragen.open()
    assert "Terima 600 buah" not in sragen.open()
    with shared_out.database.transaction() as session:
        advance(session, timedelta(days=8))
    assert "Ditarik kembali" not in sragen.open()


def test_an_offer_that_shrank_says_so(shared_out: Production, sragen: Visitor) -> None:
    """The facility whose work is due last gives back first, so both are asked."""
    shared_out.hears(a_clearance(quantity=700))
    shown = sragen.open() + Visitor(shared_out, FACILITY, KLATEN).open()
    assert "ditarik kembali sebelum dikerjakan" in shown
