"""What must happen next with a shipment, by when, and who owes it; and the desk that is sorted by it."""

import re
from datetime import date
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.logistics.domain.cut_offs import CutOff
from services.logistics.domain.deadlines import Days
from services.logistics.domain.next_step import Lacking, next_step
from shared.web.access import LOGISTICS
from tests.clock import in_days
from tests.logistics.conftest import Logistics, a_booking, a_paper
from tests.logistics.test_desk import Visitor

DAYS = Days(etd=date(2025, 3, 30), closing=date(2025, 3, 29), eta=date(2025, 5, 4))
CUT_OFFS = [
    CutOff(code="GATE_IN", days=2, name_en="Gate-in", name_id="Masuk gerbang", met_by="GATE_IN"),
    CutOff(code="STUFFING", days=1, name_en="Stuffing", name_id="Pemuatan", met_by="STUFFED_SEALED"),
    CutOff(code="PACKING", days=2, name_en="Packing", name_id="Pengemasan"),
]
NOTE = Lacking(code="NPE", name_en="Note", name_id="Nota", owed_by="customs", needed_by="CLOSING-1")


def after(*reached: str, lacking: tuple[Lacking, ...] = ()) -> tuple[str, date, str]:
    step = next_step(DAYS, CUT_OFFS, reached=reached, lacking=lacking)
    assert step is not None
    return step.code, step.on, step.owed_by


def test_the_first_open_cut_off_is_next_and_at_last_the_departure() -> None:
    assert after() == ("STUFFING", date(2025, 3, 27), "logistics")
    assert after("STUFFED_SEALED") == ("GATE_IN", date(2025, 3, 28), "logistics")
    assert after("STUFFED_SEALED", "GATE_IN") == ("ETD", date(2025, 3, 30), "carrier")


def test_a_paper_that_is_due_by_then_goes_before_and_whoever_issues_it_owes_it() -> None:
    assert after("STUFFED_SEALED", lacking=(NOTE,)) == ("NPE", date(2025, 3, 28), "customs")
    assert after(lacking=(NOTE,))[0] == "STUFFING"
    assert after("STUFFED_SEALED", lacking=(NOTE._replace(needed_by=None),))[0] == "GATE_IN"


def test_without_a_booking_no_day_is_known() -> None:
    assert next_step(Days(), CUT_OFFS, reached=(), lacking=(NOTE,)) is None


@pytest.fixture
def visitor(logistics: Logistics) -> Visitor:
    return Visitor(logistics, LOGISTICS)


def copied(logistics: Logistics, shipment: dict[str, Any], count: int, **changes: object) -> None:
    """So many further shipments, as the first is but for its cartons and papers."""
    with logistics.database.transaction() as session:
        for n in range(1, count + 1):
            values = {
                "id": UUID(int=n),
                "number": f"SHP-2024-{n:04}",
                "of": shipment["id"],
                "etd": None,
                "eta": None,
            }
            session.execute(
                text("""
                    INSERT INTO shipment (id, number, hub, destination, planned_on, carrier, vessel, voyage,
                        port_of_loading, port_of_discharge, etd, eta)
                    SELECT :id, :number, hub, destination, planned_on, carrier, vessel, voyage, port_of_loading,
                        port_of_discharge, coalesce(:etd, etd), coalesce(:eta, eta) FROM shipment WHERE id = :of"""),
                values | changes,
            )  # fmt: skip


def numbers(page: str) -> list[str]:
    return re.findall(r'<h3><a href="/logistics/shipment/[^"]+">(SHP-[0-9-]+)', page)


def test_the_desk_is_sorted_by_what_must_happen_next_and_says_who_owes_it(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = logistics.planned()
    copied(logistics, shipment, 2)
    logistics.change(shipment, "book", a_booking(etd=in_days(30).isoformat()))
    page = visitor.open("/logistics/?lang=en")
    assert numbers(page) == [shipment["number"], "SHP-2024-0001", "SHP-2024-0002"]
    assert "days left" in page and "owed by" in page and "Book room on a vessel." in page
    other = {"id": str(UUID(int=2))}
    with logistics.database.transaction() as session:
        session.execute(
            text("""
                UPDATE shipment SET (carrier, vessel, voyage, port_of_loading, port_of_discharge, etd, eta) =
                    ('Feeder line', 'MV Sooner', '1', 'IDSRG', 'BEANR', :etd, :eta) WHERE id = :id"""),
            {**other, "etd": in_days(3), "eta": in_days(40)},
        )
    page = visitor.open("/logistics/?lang=en")
    assert numbers(page) == ["SHP-2024-0002", shipment["number"], "SHP-2024-0001"]
    assert "due today" in page and "Stuffing" in page


def test_a_paper_that_arrived_lets_the_next_one_stand_there(logistics: Logistics, visitor: Visitor) -> None:
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    named = r'<p class="lead">[^(<]+\((\w[\w-]*)\)'
    seen = []
    while paper := re.search(named, visitor.open("/logistics/?lang=en")):
        seen.append(paper[1])
        assert logistics.change(shipment, "documents", a_paper(paper[1])).status_code == 200
        assert len(seen) == len(set(seen))
    assert len(seen) == 3
    page = visitor.open("/logistics/?lang=id")
    assert "Fumigasi dimulai" in page and "tanggung jawab logistik" in page
    assert logistics.change(shipment, "documents", a_paper("FUM")).status_code == 200
    assert "Fumigation begins" not in visitor.open("/logistics/?lang=en")


def test_the_lists_of_the_desk_go_on_on_another_page_and_leave_none_out(
    logistics: Logistics, visitor: Visitor
) -> None:
    copied(logistics, logistics.planned(), 30)
    page = visitor.open("/logistics/?lang=en")
    first = numbers(page)
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following and len(first) == 25 and ">31<" in page
    second = numbers(visitor.open(unescape(following[1])))
    assert len({*first, *second}) == 31 and not {*first} & {*second}
    visitor.open("/logistics/?after=nonsense", status=422)


def test_what_is_at_sea_goes_on_on_another_page(logistics: Logistics, visitor: Visitor) -> None:
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    copied(logistics, shipment, 30)
    with logistics.database.transaction() as session:
        session.execute(
            text("""
                INSERT INTO shipment_milestone (shipment_id, code, place, occurred_at, recorded_at)
                SELECT id, 'VESSEL_DEPARTED', 'IDSRG', now(), now() FROM shipment WHERE id <> :id"""),
            {"id": shipment["id"]},
        )
    page = visitor.open("/logistics/?lang=en")
    assert numbers(page) == [shipment["number"]]
    following = re.search(r'href="([^"]+sailing_after[^"]+)"', page)
    assert following and page.count("SHP-2024-") == 25
    assert visitor.open(unescape(following[1])).count("SHP-2024-") == 5
