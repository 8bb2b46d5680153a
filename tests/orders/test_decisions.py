"""A line that will be late or short is decided about by its buyer, by silence, or by a better plan: by exactly one."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.orders import tasks
from services.orders.domain.deciding import TIME_TO_ANSWER
from shared.clock import advance
from shared.events.production import Allocation, ProductionPlanned, ProductionStopped
from shared.web.access import BUYER
from shared.web.pages import day_in
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_changing_pages import submit
from tests.orders.test_handlers import ORDERS, SRAGEN, Followed, follow
from tests.orders.test_pages import Visitor

DECISIONS = "/orders/v1/decisions"
WANTED, LATE, LATER = in_days(300), in_days(320), in_days(340)


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


def plan(
    order: Followed,
    promised: date | None,
    *,
    allocated: int = 1_000,
    of: int = 1_000,
    in_time: int | None = None,
    because: Any = "cleared",
) -> ProductionPlanned:
    return ProductionPlanned(
        **order.about(1),
        allocated=allocated,
        unallocated=of - allocated,
        promised_date=promised,
        allocations=(Allocation(facility=SRAGEN, quantity=allocated),),
        in_time=in_time,
        because=because,
    )


def decisions(order: Followed, **query: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found: list[dict[str, Any]] = order.orders.buyer.get(f"{DECISIONS}?{asked}").json
    return found


def answer(order: Followed, said: str, *, status: int = 200) -> Any:
    decision = decisions(order)[0]
    answered = order.orders.buyer.post(f"{DECISIONS}/{decision['id']}", {"answer": said})
    assert answered.status_code == status, answered.text
    return answered.json


def let_days_pass(order: Followed, by: timedelta = TIME_TO_ANSWER) -> None:
    with order.orders.database.transaction() as session:
        advance(session, by)
    tasks.let_decisions_pass(order.orders.database, None, Event())


def test_each_promise_is_kept_with_who_changed_it_and_why(order: Followed) -> None:
    order.hears(plan(order, in_days(280)), plan(order, in_days(280)))
    order.hears(plan(order, None, allocated=600, because="declined"))
    order.hears(plan(order, LATE, because="declined"))
    line = order.read()["lines"][0]
    assert [(each["promised_date"], each["short"], each["because"]) for each in line["promises"]] == [
        (in_days(280).isoformat(), 0, "cleared"),
        (None, 400, "declined"),
        (LATE.isoformat(), 0, "declined"),
    ]
    assert line["promised_date"] == LATE.isoformat()
    assert {(each["source"], bool(each["made_by"])) for each in line["promises"]} == {("production", True)}
    page = Visitor(order.orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/order/{order.id}")
    told = re.findall(r"<li>(.*?) <span class=\"hint\">.*? · (.*?) · (.*?)</span></li>", page)
    assert told == [
        (day_in(in_days(280), "en"), "system", "it may be made"),
        ("no date: 400 pieces had no facility", "system", "a facility declined"),
        (day_in(LATE, "en"), "system", "a facility declined"),
    ]


def test_a_line_in_time_asks_for_no_decision(order: Followed) -> None:
    order.hears(plan(order, WANTED))
    assert decisions(order) == []


def test_a_late_line_asks_its_buyer_and_says_what_silence_means(order: Followed) -> None:
    order.hears(plan(order, LATE, in_time=600))
    (decision,) = decisions(order, state="open")
    assert (decision["kind"], decision["in_time"], decision["missing"]) == ("late", 600, 400)
    assert decision["answers"] == ["accept_date", "take_part", "cancel_rest"]
    assert decision["default"] == "accept_date"
    assert order.told()[-1] == "decision_requested"
    assert order.orders.rival.get(DECISIONS).json == []
    refused = order.orders.rival.post(f"{DECISIONS}/{decision['id']}", {"answer": "accept_date"})
    assert refused.status_code == 404


def test_accepting_the_new_date_amends_the_line(order: Followed) -> None:
    order.hears(plan(order, LATE))
    ended = answer(order, "accept_date")
    assert (ended["outcome"], ended["ended_by"], ended["state"]) == ("accept_date", "buyer", "ended")
    assert order.read()["lines"][0]["requested_date"] == LATE.isoformat()
    assert order.told()[-2:] == ["decision_answered", "order_line_amended"]
    order.hears(plan(order, LATE, because="amended"))
    assert decisions(order, state="open") == []


def test_taking_the_part_asks_the_rest_back(order: Followed) -> None:
    order.hears(plan(order, None, allocated=600))
    answer(order, "take_part")
    assert order.read()["lines"][0]["cancelling"] == 400
    assert order.told()[-2:] == ["decision_answered", "cancellation_requested"]
    (request,) = order.orders.buyer.get(f"{ORDERS}/{order.id}/cancellations").json
    order.hears(
        plan(order, in_days(280), allocated=600, of=600, because="stopped"),
        ProductionStopped(
            **order.about(1), cancellation_id=UUID(request["id"]), asked=400, stopped=400, going_on=()
        ),
    )
    assert (order.read()["lines"][0]["cancelled"], decisions(order, state="open")) == (400, [])


def test_cancelling_the_rest_asks_for_all_that_has_not_departed(order: Followed) -> None:
    order.hears(plan(order, LATE))
    answer(order, "cancel_rest")
    assert order.read()["lines"][0]["cancelling"] == 1_000


def test_what_was_decided_is_not_asked_again_but_something_worse_is(order: Followed) -> None:
    order.hears(plan(order, None, allocated=600))
    answer(order, "wait")
    order.hears(plan(order, None, allocated=600, because="declined"))
    assert decisions(order, state="open") == []
    order.hears(plan(order, None, allocated=500, because="declined"))
    assert [each["missing"] for each in decisions(order, state="open")] == [500]


def test_a_better_plan_withdraws_the_question_and_says_so(order: Followed) -> None:
    order.hears(plan(order, None, allocated=600), plan(order, WANTED, because="declined"))
    (decision,) = decisions(order)
    assert (decision["outcome"], decision["overtaken_by"]) == ("withdrawn", "resolved")
    assert order.told()[-1] == "decision_withdrawn"
    answer(order, "cancel_rest", status=422)


def test_another_plan_that_is_late_asks_anew(order: Followed) -> None:
    order.hears(plan(order, LATE), plan(order, LATER, because="scrapped"))
    assert [(each["promised_date"], each["outcome"]) for each in decisions(order)] == [
        (LATER.isoformat(), None),
        (LATE.isoformat(), "withdrawn"),
    ]


def test_a_buyer_who_cancels_unasked_is_asked_no_more(order: Followed) -> None:
    order.hears(plan(order, LATE))
    lines = [{"line": 1, "quantity": 100}]
    order.orders.buyer.post(f"{ORDERS}/{order.id}/cancel", {"reason": "Not needed.", "lines": lines})
    assert [each["overtaken_by"] for each in decisions(order)] == ["changed"]


def test_silence_takes_the_default_at_the_deadline_by_the_business_clock(order: Followed) -> None:
    order.hears(plan(order, LATE))
    let_days_pass(order, TIME_TO_ANSWER - timedelta(hours=1))
    assert [each["state"] for each in decisions(order)] == ["open"]
    let_days_pass(order, timedelta(hours=1))
    assert [(each["outcome"], each["ended_by"]) for each in decisions(order)] == [("accept_date", "deadline")]
    assert order.read()["lines"][0]["requested_date"] == LATE.isoformat()
    let_days_pass(order)
    assert order.told().count("decision_answered") == 1


def test_silence_about_pieces_that_nobody_makes_waits_for_them(order: Followed) -> None:
    order.hears(plan(order, None, allocated=600))
    let_days_pass(order)
    assert [(each["kind"], each["outcome"], each["ended_by"]) for each in decisions(order)] == [
        ("short", "wait", "deadline")
    ]
    line = order.read()["lines"][0]
    assert (line["ordered"], line["cancelled"], line["requested_date"]) == (1_000, 0, WANTED.isoformat())


def test_an_answer_after_the_deadline_is_refused(order: Followed) -> None:
    order.hears(plan(order, LATE))
    with order.orders.database.transaction() as session:
        advance(session, TIME_TO_ANSWER)
    assert answer(order, "cancel_rest", status=422)["errors"][0]["field"] == "answer"


def test_of_answers_and_deadline_at_once_exactly_one_wins(order: Followed) -> None:
    order.hears(plan(order, LATE))
    (decision,) = decisions(order)
    with order.orders.database.transaction() as session:
        advance(session, TIME_TO_ANSWER - timedelta(milliseconds=300))
    buyer = order.orders.buyer

    def say(said: str) -> int:
        return buyer.post(f"{DECISIONS}/{decision['id']}", {"answer": said}, idempotency_key=said).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(say, said) for said in ("accept_date", "cancel_rest")]
        passing = [pool.submit(let_days_pass, order, timedelta(milliseconds=200)) for _ in range(2)]
        won = [each.result() for each in answers].count(200)
        for each in passing:
            each.result()
    (ended,) = decisions(order)
    assert (ended["ended_by"], won) in [("buyer", 1), ("deadline", 0)]
    assert order.told().count("decision_answered") == 1


@pytest.mark.parametrize("said", ["take_part", "maybe"])
def test_an_answer_that_is_not_offered_is_refused_by_name(order: Followed, said: str) -> None:
    order.hears(plan(order, LATE))
    (error,) = answer(order, said, status=422)["errors"]
    assert error == {"field": "answer", "message": "Give one of accept_date, cancel_rest."}


def test_the_table_takes_no_second_open_decision_and_no_answer_that_was_not_offered(order: Followed) -> None:
    order.hears(plan(order, LATE))
    ended = "SET ended_by = 'buyer', ended_at = now(), outcome = 'wait'"
    with pytest.raises(IntegrityError, match="outcome"), order.orders.database.transaction() as session:
        session.execute(text(f"UPDATE decision {ended}"))
    columns = "order_id, line_number, kind, requested_date, offered, asked_at, deadline"
    again = f"INSERT INTO decision (id, {columns}) SELECT gen_random_uuid(), {columns} FROM decision"
    with pytest.raises(IntegrityError, match="open_key"), order.orders.database.transaction() as session:
        session.execute(text(again))


def test_the_portal_wants_the_decision_first_and_takes_it_without_a_script(orders: Orders) -> None:
    order = follow(orders)
    order.hears(plan(order, LATE, in_time=600))
    visitor, (decision,) = Visitor(orders, BUYER, account="CHEWY-LOUIS"), decisions(order)
    page, path = visitor.open("/orders/"), f"/orders/decisions/{decision['id']}"
    assert page.index(path) < page.index(f'<a href="/orders/order/{order.id}">PO-1</a>')
    assert "Take the part that can be had and ask 400 pieces back" in visitor.open(path)
    assert submit(visitor, path, answer="wait").status_code == 422
    answered = submit(visitor, path, answer="take_part")
    assert (answered.status_code, answered.headers["Location"]) == (303, f"/orders/order/{order.id}")
    assert "Decided by the buyer" in visitor.open(f"/orders/order/{order.id}")
    assert path not in visitor.open("/orders/")
