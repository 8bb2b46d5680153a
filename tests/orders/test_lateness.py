"""What production warns of stands on the order's page and timeline until it is cleared."""

from typing import Any
from uuid import UUID

import pytest

from services.orders.sentences import sentence
from shared.events import contract_of
from shared.events.production import LatenessCleared, LatenessWarned
from shared.web.access import BUYER
from tests.orders.conftest import Orders
from tests.orders.test_decisions import LATE, decisions, plan
from tests.orders.test_handlers import PROMISED, SRAGEN, WORK_ORDER, Followed, follow
from tests.orders.test_pages import Visitor

WARNING = UUID(int=91)


def a_warning(about: dict[str, Any], **changes: Any) -> LatenessWarned:
    values = {
        "warning_id": WARNING,
        "work_order_id": WORK_ORDER,
        **about,
        "facility": SRAGEN,
        "kind": "late",
        "grade": "amber",
        "owner": "facility",
        "projected_finish": PROMISED,
        "latest_finish": PROMISED,
        **changes,
    }
    return LatenessWarned(**values)


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


def test_a_warning_stands_on_the_page_as_it_was_told_last_until_it_is_cleared(order: Followed) -> None:
    buyer = Visitor(order.orders, BUYER, account="CHEWY-LOUIS")
    page = f"/orders/order/{order.id}"
    heading = "In danger of being late"
    assert heading not in buyer.open(page)
    order.hears(
        order.plan(),
        order.work(),
        a_warning(order.about(1)),
        a_warning(order.about(1), grade="red", owner="kanwil"),
    )
    shown = buyer.open(page).split(heading)[1].split("</section>")[0]
    assert shown.count("<li>") == 1
    assert "the latest day is" in shown
    cleared = LatenessCleared(
        warning_id=WARNING, work_order_id=WORK_ORDER, **order.about(1), facility=SRAGEN, kind="late"
    )
    order.hears(cleared)
    assert heading not in buyer.open(page)
    types = [entry["type"].split(".")[2] for entry in order.timeline()]
    assert types[-3:] == ["lateness_warned", "lateness_warned", "lateness_cleared"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "dekat dengan hari terakhir"),
        ({"grade": "red"}, "hari terakhirnya"),
        ({"grade": "red", "projected_finish": None}, "tidak membuat apa pun"),
        ({"grade": "black"}, "seharusnya sudah meninggalkan hub"),
        ({"kind": "silent"}, "tidak melaporkan apa pun"),
        ({"kind": "low_yield"}, "kurang dari 90 dari 100"),
        ({"kind": "agreement_ends"}, "perjanjian"),
        ({"kind": "material_lacking"}, "tidak cukup"),
    ],
)
def test_each_warning_is_told_in_the_readers_language(changes: dict[str, Any], said: str) -> None:
    event = a_warning({"order_id": UUID(int=8), "line": 1}, **changes)
    data = contract_of(LatenessWarned).dump(event)
    told = sentence(contract_of(LatenessWarned).type, data, {SRAGEN: "Lapas Sragen"}, "id")
    assert said in told
    assert "Lapas Sragen" in told


def test_a_promise_that_is_moved_because_work_is_late_asks_the_buyer_once(order: Followed) -> None:
    order.hears(order.plan(), order.work(), a_warning(order.about(1), grade="red", owner="exporter"))
    assert decisions(order) == []
    order.hears(plan(order, LATE, because="late"))
    (asked,) = decisions(order, state="open")
    assert asked["promised_date"] == LATE.isoformat()
    order.hears(a_warning(order.about(1), grade="black", owner="exporter"))
    assert len(decisions(order)) == 1
