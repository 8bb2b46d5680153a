"""The board on a phone whose network comes and goes: nothing is lost, nothing is doubled, nobody sees another's."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import Row, delete, select, update

from kendi.system import System
from services.production.handlers import REACTIONS, working
from services.production.storage import report, work_order
from shared.clock import business_today
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import FACILITY, INSPECTOR, add_person
from shared.web.tables import web_session
from tests.awaiting import until
from tests.hearing import Hearing
from tests.production.conftest import a_clearance, an_order

pytestmark = pytest.mark.browser
PASSWORD = "a password of the tests"
THUMB = 44
"""Pixels, each way (WCAG 2.5.5)."""
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "locale": "id-ID"}


@pytest.fixture(scope="module")
def database(system: System) -> Iterator[Database]:
    opened = Database(system.addresses.app_urls["production"], sees=SERVICE, pool_size=2)
    yield opened
    opened.close()


@dataclass
class Workshop:
    """A facility with one open work order of 100 pieces, its officer's phone, and what is known of it."""

    database: Database
    url: str
    work: UUID
    facility: str
    new_phone: Callable[[], BrowserContext]

    def enter(self, page: Page, name: str = "officer") -> Page:
        """Sign in where the page asks for it, as an officer of the facility, and wait for the kept board."""
        email = f"{name}-{self.work}@kendi.example"
        page.locator("input[name=email]").fill(email)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(f"#wo-{self.work}")).to_be_visible()
        return page

    def board(self, name: str = "officer") -> Page:
        page = self.new_phone().new_page()
        page.goto(f"{self.url}/production/")
        self.enter(page, name)
        until(lambda: page.evaluate("caches.match('/production/').then(Boolean)"))
        return page

    def add_officer(self, name: str = "officer", role: str = FACILITY) -> None:
        with self.database.transaction() as session:
            add_person(
                session,
                email=f"{name}-{self.work}@kendi.example",
                name=name,
                role=role,
                account=self.facility,
                password=PASSWORD,
            )

    def start(self) -> None:
        with self.database.transaction() as session:
            working.accept(session, work_order_id=self.work)
            working.start(session, work_order_id=self.work)

    def report_elsewhere(self, pieces: int) -> None:
        with self.database.transaction() as session:
            today = business_today(session)
            working.report(session, work_order_id=self.work, pieces=pieces, kind="made", worked_on=today)

    def end_sessions(self) -> None:
        with self.database.transaction() as session:
            session.execute(delete(web_session))

    def due(self) -> str:
        with self.database.transaction() as session:
            day: date = session.execute(
                select(work_order.c.due).where(
                    work_order.c.id == self.work, work_order.c.accepted_on.is_not(None)
                )
            ).scalar_one()
            return day.isoformat()

    def devices(self) -> set[UUID | None]:
        with self.database.transaction() as session:
            query = select(report.c.device).where(report.c.work_order_id == self.work)
            return set(session.execute(query).scalars())

    def reported(self) -> list[int]:
        with self.database.transaction() as session:
            of_work = select(report.c.pieces).where(report.c.work_order_id == self.work)
            return list(session.execute(of_work.order_by(report.c.id)).scalars())


def offered(database: Database) -> Row[Any]:
    """A new order of 100 pieces is offered to one facility."""
    order_id = uuid4()
    Hearing(database, REACTIONS).hears(
        an_order(order_id=order_id, quantity=100), a_clearance(order_id=order_id, quantity=100)
    )
    shared_out = select(work_order).where(work_order.c.order_id == order_id)

    def found() -> Row[Any] | None:
        with database.transaction() as session:
            return session.execute(shared_out).one_or_none()

    until(found)  # the item and the facilities may still be on their way
    with database.transaction() as session:
        return session.execute(shared_out).one()


@pytest.fixture
def workshop(browser: Browser, system: System, database: Database) -> Iterator[Workshop]:
    contexts = list[BrowserContext]()
    work = offered(database)

    def new_phone() -> BrowserContext:
        contexts.append(browser.new_context(**PHONE))  # type: ignore[arg-type]  # a plain dict serves
        return contexts[-1]

    made = Workshop(database, system.urls["production"], work.id, work.facility, new_phone)
    made.add_officer()
    yield made
    for context in contexts:
        context.close()


def tap(page: Page, workshop: Workshop, name: str) -> None:
    page.locator(f"#wo-{workshop.work}").get_by_role("button", name=re.compile(name)).tap()


def report_pieces(page: Page, workshop: Workshop, pieces: int) -> None:
    page.locator(f"#wo-{workshop.work}").get_by_label("Buah dibuat").fill(str(pieces))
    tap(page, workshop, "Lapor hasil")


def waiting(page: Page, count: int) -> None:
    expect(page.get_by_role("heading", name=f"Menunggu dikirim ({count})")).to_be_visible()


def kept(page: Page) -> list[dict[str, Any]]:
    """What is on the device's disk."""
    found: list[dict[str, Any]] = page.evaluate(
        "import('/production/board/queue.js').then(({ all }) => all())"
    )
    return found


def test_what_is_tapped_without_a_network_is_kept_and_sent_in_order_when_it_is_back(
    workshop: Workshop,
) -> None:
    page = workshop.board()
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#offline")).to_contain_text("Tanpa jaringan. Ini papan kerja")
    tap(page, workshop, "^Terima 100 buah")
    tap(page, workshop, "^Mulai")
    report_pieces(page, workshop, 20)
    waiting(page, 3)
    report_pieces(page, workshop, 30)
    waiting(page, 4)
    page.locator(f"#wo-{workshop.work}").get_by_label("Buah dibuat").fill("60")
    expect(page.get_by_role("alert")).to_have_text("60 melebihi sisa 50.")
    page.reload()
    waiting(page, 4)
    assert workshop.reported() == []
    page.context.set_offline(False)
    until(lambda: workshop.reported() == [20, 30])
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator(f"#wo-{workshop.work} .big")).to_have_text("50")


def test_a_session_that_ran_out_loses_nothing_and_a_refusal_stays_until_it_is_corrected(
    workshop: Workshop,
) -> None:
    workshop.start()
    page = workshop.board()
    page.context.set_offline(True)
    report_pieces(page, workshop, 47)
    waiting(page, 1)
    report_pieces(page, workshop, 1)
    waiting(page, 2)
    workshop.report_elsewhere(60)
    workshop.end_sessions()
    page.context.set_offline(False)
    page.get_by_role("link", name="Masuk untuk mengirim").tap()
    workshop.enter(page)
    expect(page.locator("#waiting .error")).to_have_text("Tidak diterima: 47 melebihi sisa 40.")
    waiting(page, 2)
    page.reload()
    page.locator("#waiting input").fill("37")
    page.get_by_role("button", name="Kirim lagi").tap()
    expect(page.locator("#told")).to_contain_text("Dua perangkat melaporkan jam ini")
    expect(page.locator("#waiting")).to_be_hidden()
    assert workshop.reported() == [60, 37, 1]


def test_a_day_that_is_refused_is_corrected_and_each_page_has_the_same_device(workshop: Workshop) -> None:
    workshop.start()
    page = workshop.board()
    card = page.locator(f"#wo-{workshop.work}")
    today = card.get_by_label("Hari").input_value()
    card.get_by_label("Hari").fill("2020-01-02")
    report_pieces(page, workshop, 10)
    expect(page.locator("#waiting .error")).to_contain_text("Tidak diterima")
    page.locator("#waiting input[type=date]").fill(today)
    page.get_by_role("button", name="Kirim lagi").tap()
    expect(page.locator("#waiting")).to_be_hidden()
    assert workshop.reported() == [10]
    card.get_by_role("link", name="Laporan").tap()
    report_pieces(page, workshop, 5)
    until(lambda: workshop.reported() == [10, 5])
    assert workshop.devices() == {UUID(page.evaluate("localStorage.getItem('kendi-device')"))}


def test_a_reason_that_is_refused_is_corrected(workshop: Workshop) -> None:
    page = workshop.board()
    card = page.locator(f"#wo-{workshop.work}")
    later = (
        date.fromisoformat(card.get_by_label("Selesai pada").input_value()) + timedelta(days=3)
    ).isoformat()
    card.get_by_text("Terima dengan hari lain").tap()
    card.get_by_label("Selesai pada").fill(later)
    card.get_by_role("button", name="Terima dengan hari itu").tap()
    expect(page.locator("#waiting .error")).to_contain_text("isi alasannya")
    page.locator("#waiting").get_by_label("Mengapa lebih lambat").fill("WBP Suroto sakit")
    page.get_by_role("button", name="Kirim lagi").tap()
    expect(page.locator("#waiting .error")).to_contain_text("tanpa nama siapa pun")
    page.locator("#waiting").get_by_label("Mengapa lebih lambat").fill("Sabut masih basah")
    page.get_by_role("button", name="Kirim lagi").tap()
    expect(page.locator("#waiting")).to_be_hidden()
    assert workshop.due() == later


def test_an_identity_number_is_told_before_the_device_keeps_it(workshop: Workshop) -> None:
    page = workshop.board()
    page.context.set_offline(True)
    card = page.locator(f"#wo-{workshop.work}")
    card.get_by_text("Terima dengan hari lain").tap()
    reason = card.get_by_label("Mengapa lebih lambat")
    for numbered in (
        "3314010101900001 sakit",
        "NIK 3314 0101 0190 0001",
        "NIK 331401-010190-0001",
        "NIK 3314,0101,0190,0001",
        "NIK 3314\u20130101\u20130190\u20130001",
        "kamar 2 3314 010101 900001",
    ):
        reason.fill(numbered)
        card.get_by_role("button", name="Terima dengan hari itu").tap()
        expect(reason).to_be_focused()
        assert reason.evaluate("input => [input.validity.patternMismatch, input.title]") == [
            True,
            "Tulis alasan tanpa nomor identitas siapa pun.",
        ]
        assert kept(page) == []
    day = card.get_by_label("Selesai pada").input_value()
    plain = "12 orang belajar 01072026-31072026, 1.500 buah 20-30 Maret"
    reason.fill(plain)
    card.get_by_role("button", name="Terima dengan hari itu").tap()
    waiting(page, 1)
    (entry,) = kept(page)
    assert entry["fields"] == {"by": day, "reason": plain}


def test_an_answer_that_was_lost_is_asked_for_again_and_counts_once(workshop: Workshop) -> None:
    workshop.start()
    page = workshop.board()
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().text())
        route.abort()

    page.context.route("**/kept/*/report", lose, times=1)
    report_pieces(page, workshop, 10)
    waiting(page, 1)
    until(lambda: lost, meanwhile=lambda: page.wait_for_timeout(50))
    assert workshop.reported() == [10]
    page.reload(wait_until="commit")
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator(f"#wo-{workshop.work} .big")).to_have_text("90")
    assert workshop.reported() == [10]


def test_who_comes_after_sees_neither_the_board_nor_the_reports_of_who_was_there(workshop: Workshop) -> None:
    workshop.start()
    workshop.add_officer("other")
    page = workshop.board()
    page.context.set_offline(True)
    report_pieces(page, workshop, 10)
    waiting(page, 1)
    page.context.route("**/kept/**", lambda route: route.abort())
    page.context.set_offline(False)
    page.get_by_role("button", name="Keluar").tap()
    expect(page.locator("input[name=email]")).to_be_visible()
    page.context.set_offline(True)
    page.goto(f"{workshop.url}/production/")
    expect(page.locator("h1")).to_have_text("Tanpa jaringan")
    page.context.set_offline(False)
    page.context.unroute("**/kept/**")
    page.goto(f"{workshop.url}/production/")
    workshop.enter(page, "other")
    expect(page.locator("#waiting")).to_contain_text("1 milik orang lain menunggu")
    assert workshop.reported() == []
    page.get_by_role("button", name="Keluar").tap()
    workshop.enter(page)
    until(lambda: workshop.reported() == [10])


def test_large_keys_enter_a_number_and_catch_a_slip_before_it_is_sent(workshop: Workshop) -> None:
    workshop.start()
    workshop.report_elsewhere(60)
    page = workshop.board()
    pieces = page.locator(f"#wo-{workshop.work}").get_by_label("Buah dibuat")
    pieces.tap()
    keys = page.get_by_role("group", name="Papan angka")
    for key in ("4", "7"):
        keys.get_by_role("button", name=key, exact=True).tap()
    expect(page.get_by_role("alert")).to_have_text("47 melebihi sisa 40.")
    tap(page, workshop, "Lapor hasil")
    expect(pieces).to_be_focused()
    assert workshop.reported() == [60]
    keys.get_by_role("button", name="Hapus angka terakhir").tap()
    expect(page.get_by_role("alert")).to_have_count(0)
    tap(page, workshop, "Lapor hasil")
    until(lambda: workshop.reported() == [60, 4])


def test_the_page_that_a_papers_code_opens_catches_slips_and_keeps_reports_too(workshop: Workshop) -> None:
    workshop.start()
    page = workshop.board()
    page.goto(f"{workshop.url}/production/work-orders/{workshop.work}/reports")
    pieces = page.get_by_label("Buah dibuat")
    pieces.tap()
    expect(page.get_by_role("group", name="Papan angka")).to_be_visible()
    page.context.set_offline(True)
    pieces.fill("120")
    expect(page.get_by_role("alert")).to_have_text("120 melebihi sisa 100.")
    report_pieces(page, workshop, 20)
    waiting(page, 1)
    assert workshop.reported() == []
    page.context.set_offline(False)
    until(lambda: workshop.reported() == [20])
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator(f"#wo-{workshop.work} .big")).to_have_text("80")
    expect(page.get_by_role("heading", name=re.compile("20 dibuat"))).to_be_visible()


def test_a_papers_code_that_is_read_without_a_network_opens_its_work_on_the_kept_board(
    workshop: Workshop,
) -> None:
    workshop.start()
    page = workshop.board()
    page.context.set_offline(True)
    address = f"{workshop.url}/production/work-orders/{workshop.work}/reports"
    page.goto(address)
    expect(page).to_have_url(f"{workshop.url}/production/#wo-{workshop.work}")
    expect(page.locator("#offline")).to_contain_text("Tanpa jaringan. Ini papan kerja")
    report_pieces(page, workshop, 20)
    waiting(page, 1)
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(address)
    expect(page).to_have_url(address)
    until(lambda: workshop.reported() == [20])


def test_a_papers_code_whose_work_the_kept_board_does_not_have_takes_its_report_without_a_network(
    workshop: Workshop,
) -> None:
    page = workshop.board()
    page.context.set_offline(True)
    later = offered(workshop.database)
    with workshop.database.transaction() as session:
        session.execute(
            update(work_order).where(work_order.c.id == later.id).values(facility=workshop.facility)
        )
    unknown = replace(workshop, work=later.id)
    unknown.start()
    address = f"{workshop.url}/production/work-orders/{unknown.work}/reports"
    page.goto(address)
    expect(page.locator("#offline")).to_contain_text("Tanpa jaringan. Ini papan kerja")
    card = page.locator(f"#wo-{unknown.work}")
    card.get_by_label("Buah", exact=True).fill("0")
    expect(page.get_by_role("alert")).to_have_text("Isi 1 atau lebih.")
    card.get_by_label("Buah", exact=True).fill("100.000.000")
    expect(page.get_by_role("alert")).to_have_text("Isi jumlah buah dalam angka bulat.")
    card.get_by_label("Buah", exact=True).fill("20")
    card.get_by_role("button", name="Lapor hasil", exact=True).tap()
    waiting(page, 1)
    page.goto(address)
    waiting(page, 1)
    page.context.set_offline(False)
    until(lambda: unknown.reported() == [20])
    expect(page).to_have_url(address)
    expect(page.get_by_role("heading", name=re.compile("20 dibuat"))).to_be_visible()


def test_who_may_not_report_is_told_that_a_papers_page_needs_the_network(workshop: Workshop) -> None:
    workshop.add_officer("inspector", INSPECTOR)
    page = workshop.board("inspector")
    page.context.set_offline(True)
    page.goto(f"{workshop.url}/production/work-orders/{uuid4()}/reports")
    expect(page.locator("h1")).to_have_text("Tanpa jaringan")


def test_the_board_follows_what_another_reports_without_being_loaded_again(workshop: Workshop) -> None:
    workshop.start()
    page = workshop.board()
    left = page.locator(f"#wo-{workshop.work} .big")
    expect(left).to_have_text("100")
    page.evaluate("window.stayed = true")
    workshop.report_elsewhere(20)
    expect(left).to_have_text("80", timeout=15_000)
    assert page.evaluate("window.stayed") is True


def test_whatever_is_tapped_on_the_board_is_large_enough_for_a_thumb(workshop: Workshop) -> None:
    page = workshop.board()
    offered = sizes(page)
    workshop.start()
    page.reload()
    page.locator(f"#wo-{workshop.work}").get_by_label("Buah dibuat").tap()
    expect(page.get_by_role("group", name="Papan angka").get_by_role("button")).not_to_have_count(0)
    begun = sizes(page)
    assert offered and len(begun) > 11, "the keypad has ten digits and a way back"
    assert [size for size in (*offered, *begun) if min(size) < THUMB] == []


def sizes(page: Page) -> list[tuple[float, float]]:
    """Width and height of each button of the board and key of the keypad that is seen."""
    boxes = [one.bounding_box() for one in page.locator(".act:visible, .keypad button:visible").all()]
    return [(box["width"], box["height"]) for box in boxes if box]
