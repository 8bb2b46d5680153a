"""A buyer takes pieces back: asked at once, counted only as production and logistics answer, in whatever order they do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.events.logistics import GoodsWithheld, Kept, WithholdingAnswered
from shared.events.production import GoingOn, ProductionStopped
from tests.orders.conftest import Orders, an_order
from tests.orders.test_api import events_in
from tests.orders.test_handlers import LOT, ORDERS, SRAGEN, WORK_ORDER, Followed, follow

WHY = {"reason": "The season is over."}


@dataclass
class Cancelled:
    """A request for pieces of one line, and its answers."""

    order: Followed
    id: UUID

    def stopped(self, pieces: int, *, asked: int) -> ProductionStopped:
        going_on = GoingOn(work_order_id=WORK_ORDER, facility=SRAGEN, quantity=600, reason="under_way")
        return ProductionStopped(
            **self.order.about(1),
            cancellation_id=self.id,
            asked=asked,
            stopped=pieces,
            going_on=() if pieces == asked else (going_on,),
        )

    def withheld(self, pieces: int, *, unpacked: int = 0, lot: str = LOT) -> GoodsWithheld:
        return GoodsWithheld(
            lot=lot,
            **self.order.about(1),
            cancellation_id=self.id,
            quantity=pieces,
            unpacked=unpacked,
            ssccs=(),
        )

    def answered(self, withheld: int, *, asked: int, lots: tuple[str, ...] = (LOT,)) -> WithholdingAnswered:
        kept = (Kept(quantity=asked - withheld, reason="in_shipment"),) if withheld < asked else ()
        return WithholdingAnswered(
            **self.order.about(1),
            cancellation_id=self.id,
            asked=asked,
            withheld=withheld,
            lots=lots,
            kept=kept,
        )

    def read(self) -> dict[str, Any]:
        requests = self.order.orders.buyer.get(f"{ORDERS}/{self.order.id}/cancellations").json
        (found,) = [each for each in requests if each["id"] == str(self.id)]
        line: dict[str, Any] = found["lines"][0] | {"request": found["state"]}
        return line


def cancel(order: Followed, quantity: int | None = None, **more: Any) -> Cancelled:
    lines = {} if quantity is None else {"lines": [{"line": 1, "quantity": quantity}]}
    asked = order.orders.buyer.post(f"{ORDERS}/{order.id}/cancel", {**WHY, **lines, **more})
    assert asked.status_code == 202, asked.text
    return Cancelled(order, UUID(asked.json["id"]))


def line_of(order: Followed) -> dict[str, Any]:
    line: dict[str, Any] = order.read()["lines"][0]
    return line


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


def test_a_cancellation_is_asked_and_changes_nothing_until_it_is_answered(order: Followed) -> None:
    asked = cancel(order, 400)
    assert (line_of(order)["cancelled"], line_of(order)["cancelling"]) == (0, 400)
    assert (asked.read()["state"], asked.read()["stopped"]) == ("asked", None)
    order.hears(order.plan(600), asked.stopped(400, asked=400))
    line = line_of(order)
    assert (line["cancelled"], line["withheld"], line["cancelling"], line["state"]) == (
        400,
        0,
        0,
        "allocated",
    )
    assert (asked.read()["request"], asked.read()["cancelled"]) == ("answered", 400)
    assert order.told()[-1] == "cancellation_answered"


def test_what_production_did_not_stop_is_asked_of_logistics(order: Followed) -> None:
    order.hears(order.plan(), order.work(), order.lot())
    asked = cancel(order, 400, unpack=True)
    order.hears(asked.stopped(0, asked=400))
    assert order.told()[-1] == "withholding_requested"
    order.hears(asked.withheld(300), asked.answered(300, asked=400))
    line = line_of(order)
    assert (line["cancelled"], line["withheld"], line["good"], line["state"]) == (300, 300, 1_000, "ready")
    answer = asked.read()
    assert (answer["stopped"], answer["withheld"], answer["state"]) == (0, 300, "answered")
    assert [(each["facility"], each["reason"]) for each in answer["going_on"]] == [(SRAGEN, "under_way")]
    assert answer["kept"] == [{"quantity": 100, "reason": "in_shipment"}]


def test_each_step_of_a_cancellation_is_on_the_timeline(order: Followed) -> None:
    order.hears(order.plan(), order.lot())
    asked = cancel(order, 400)
    order.hears(asked.stopped(0, asked=400), asked.withheld(400), asked.answered(400, asked=400))
    kinds = [entry["type"].split(".")[2] for entry in order.timeline()]
    assert kinds[-6:] == [
        "cancellation_requested",
        "production_stopped",
        "withholding_requested",
        "goods_withheld",
        "withholding_answered",
        "cancellation_answered",
    ]


def test_an_order_that_is_cancelled_as_a_whole_is_closed(order: Followed) -> None:
    asked = cancel(order)
    order.hears(asked.stopped(1_000, asked=1_000))
    assert (line_of(order)["state"], order.read()["state"]) == ("cancelled", "closed")
    closed = ["cancellation_answered", "order_line_closed", "order_closed"]
    assert order.told()[-4:] == [*closed, "payment_status_changed"], "nothing is left to pay"


def test_the_export_is_asked_for_when_all_that_is_left_to_make_is_good(orders: Orders) -> None:
    held = follow(orders, country="BE")
    held.hears(held.plan(), held.lot(quantity=600))
    asked = cancel(held, 400)
    held.hears(held.plan(600), asked.stopped(400, asked=400))
    assert held.told()[-2:] == ["cancellation_answered", "hold_opened"]


def test_a_line_with_the_rest_cancelled_is_closed_by_its_last_delivery(order: Followed) -> None:
    order.hears(*order.story()[:3], order.cartons(), order.departure(order.part(LOT, 600)))
    asked = cancel(order, 400, unpack=True)
    order.hears(
        asked.stopped(0, asked=400), asked.withheld(400, unpacked=400), asked.answered(400, asked=400)
    )
    assert order.quantities()["packed"] == 600
    order.hears(order.arrival(order.part(LOT, 600)))
    assert (line_of(order)["state"], order.told()[-1]) == ("closed", "order_closed")


def test_whatever_is_heard_first_the_answers_add_up_the_same(orders: Orders) -> None:
    first = follow(orders, po_number="PO-0")
    for number, turn in enumerate(permutations(range(4)), 1):
        order = follow(orders, po_number=f"PO-{number}")
        order.hearing, lot = first.hearing, f"L-{number}"
        asked = cancel(order, 500, unpack=True)
        order.hears(order.plan(800), asked.stopped(200, asked=500))
        batches = [
            order.hearing.batch("production", order.lot(lot, 800)),
            order.hearing.batch(
                "logistics", order.cartons(lot, 800), asked.withheld(300, unpacked=400, lot=lot)
            ),
            order.hearing.batch("logistics", asked.answered(300, asked=300, lots=(lot,))),
            order.hearing.batch("logistics", order.departure(order.part(lot, 400))),
        ]
        for at in turn:
            order.hearing.comes(batches[at], times=2)
        for _ in batches:
            with orders.database.transaction() as session:
                session.execute(text("UPDATE inbox SET next_at = now() WHERE state < 2"))
            order.hearing.comes(order.hearing.batch("production"))
        line = line_of(order)
        names = ("cancelled", "withheld", "allocated", "good", "packed", "departed", "cancelling")
        assert [line[name] for name in names] == [500, 300, 800, 800, 400, 400, 0]
        assert asked.read()["request"] == "answered"


def test_a_plan_that_comes_after_work_of_a_later_one_waits_for_nobody(order: Followed) -> None:
    """The first plan was cancelled before work on the second began, but the work is heard of first."""
    asked = cancel(order, 1_000)
    first, second = order.plan(1_000), order.plan(0)
    order.hears(first, order.work())
    order.hears(second)
    assert order.hearing.waits_for() == []
    assert order.quantities() == {"allocated": 1_000, "started": 1_000}
    assert asked.read()["state"] == "asked"


def test_the_table_refuses_more_cancelled_than_was_asked_for(order: Followed) -> None:
    cancel(order, 400)
    with pytest.raises(IntegrityError, match="counted"), order.orders.database.transaction() as session:
        session.execute(text("UPDATE cancellation SET stopped = 401"))


# What may be asked


def test_two_requests_are_about_different_pieces(order: Followed) -> None:
    first, second = cancel(order, 400), cancel(order)
    assert (first.read()["asked"], second.read()["asked"]) == (400, 600)
    again = order.orders.buyer.post(f"{ORDERS}/{order.id}/cancel", WHY)
    assert (again.status_code, "Nothing is left" in again.json["detail"]) == (422, True)


def test_requests_at_the_same_time_never_ask_for_more_than_there_is(order: Followed) -> None:
    body = {**WHY, "lines": [{"line": 1, "quantity": 400}]}

    def ask(number: int) -> int:
        client = order.orders.client.application.test_client()
        headers = {"Authorization": f"Bearer {order.orders.buyer.key}", "Idempotency-Key": f"c{number}"}
        return int(client.post(f"{ORDERS}/{order.id}/cancel", json=body, headers=headers).status_code)

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(ask, range(4)))
    assert answers == [202, 202, 422, 422]
    assert line_of(order)["cancelling"] == 800


def test_the_same_request_again_is_answered_as_the_first_time(order: Followed) -> None:
    path = f"{ORDERS}/{order.id}/cancel"
    first, again = (order.orders.buyer.post(path, WHY, idempotency_key="k") for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert order.told().count("cancellation_requested") == 1


BAD: list[tuple[str, dict[str, Any]]] = [
    ("lines[0].quantity", {"lines": [{"line": 1, "quantity": 1_001}]}),
    ("lines[0].quantity", {"lines": [{"line": 1, "quantity": 0}]}),
    ("lines[0].quantity", {"lines": [{"line": 1, "quantity": -1}]}),
    ("lines[0].quantity", {"lines": [{"line": 1, "quantity": "ten"}]}),
    ("lines[0].line", {"lines": [{"line": 9, "quantity": 1}]}),
    ("lines[1].line", {"lines": [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]}),
    ("lines", {"lines": []}),
    ("reason", {"reason": ""}),
    ("unpack", {"unpack": "yes"}),
    ("refund", {"refund": True}),
]


@pytest.mark.parametrize(("field", "change"), BAD, ids=str)
def test_a_bad_request_is_refused_by_its_field_and_writes_nothing(
    order: Followed, field: str, change: dict[str, Any]
) -> None:
    before = events_in(order.orders)
    answer = order.orders.buyer.post(f"{ORDERS}/{order.id}/cancel", {**WHY, **change})
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json["errors"]]
    assert (events_in(order.orders), line_of(order)["cancelling"]) == (before, 0)


def test_another_buyers_order_is_not_there(order: Followed) -> None:
    path = f"{ORDERS}/{order.id}"
    assert order.orders.rival.post(f"{path}/cancel", WHY).status_code == 404
    assert order.orders.rival.get(f"{path}/cancellations").status_code == 404
    assert order.orders.officer.post(f"{path}/cancel", WHY).status_code == 403


# Dry runs


def estimate(order: Followed, query: str = "dry_run=true", **body: Any) -> dict[str, Any]:
    answer = order.orders.buyer.post(f"{ORDERS}/{order.id}/cancel?{query}", {**WHY, **body})
    assert answer.status_code == 200, answer.text
    (line,) = answer.json["lines"]
    assert answer.json["as_of"]
    found: dict[str, Any] = line
    return found


def test_a_dry_run_says_what_can_probably_be_stopped_and_writes_nothing(order: Followed) -> None:
    order.hears(order.plan(900), order.lot("A", 300), order.cartons("A", 200))
    before = events_in(order.orders)
    found = estimate(order)
    parts = {part["stage"]: (part["quantity"], part["stoppable"]) for part in found["parts"]}
    assert parts == {
        "unassigned": (100, True),
        "not_started": (600, True),
        "finished": (100, True),
        "packed": (200, False),
    }
    assert (found["asked"], found["probably"]) == (1_000, 800)
    assert estimate(order, unpack=True)["probably"] == 1_000
    assert (events_in(order.orders), line_of(order)["cancelling"]) == (before, 0)


def test_a_dry_run_does_not_promise_what_another_request_asks_for(order: Followed) -> None:
    cancel(order, 600)
    assert estimate(order)["probably"] == 400


def test_a_dry_run_is_refused_as_the_request_would_be(order: Followed) -> None:
    body = {**WHY, "lines": [{"line": 1, "quantity": 1_001}]}
    for query in ("dry_run=true", "dry_run=perhaps"):
        assert order.orders.buyer.post(f"{ORDERS}/{order.id}/cancel?{query}", body).status_code == 422


def test_a_blocked_line_can_be_cancelled(orders: Orders) -> None:
    blocked = follow(orders, country="US")
    asked = cancel(blocked)
    blocked.hears(asked.stopped(1_000, asked=1_000))
    assert line_of(blocked)["state"] == "cancelled"


def test_the_order_without_lines_asks_for_every_line(orders: Orders) -> None:
    placed = orders.buyer.post(ORDERS, an_order(lines=an_order()["lines"] * 3)).json
    asked = orders.buyer.post(f"{ORDERS}/{placed['id']}/cancel", WHY)
    assert [(line["line"], line["asked"]) for line in asked.json["lines"]] == [(n, 1_000) for n in (1, 2, 3)]
    assert asked.headers["ETag"] == '"2"'
