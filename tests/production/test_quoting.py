"""A quote promises what a plan of that moment would, and takes nothing from anybody."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from services.production.domain.capacity import Capacity
from services.production.domain.quote import Wanted, promises
from services.production.domain.terms import Terms
from services.production.storage import work_order
from shared.events.orders import QuotedLine, QuoteRequested
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Production,
    a_clearance,
    an_item,
    an_order,
    in_days,
)
from tests.production.test_allocation import TODAY, able

QUOTE = UUID(int=77)
ANY = {"A": Terms(until=date.max)}
"""An agreement without end, and no lack of material."""


def a_quote(*quantities: int, days: int = 90) -> QuoteRequested:
    lines = tuple(
        QuotedLine(number=n, sku="CR-BALL-07", quantity=quantity, requested_date=in_days(days))
        for n, quantity in enumerate(quantities, 1)
    )
    return QuoteRequested(quote_id=QUOTE, lines=lines)


def promised(production: Production) -> list[str | None]:
    (answer,) = production.told("quote_answered")
    return [line["promised_date"] for line in answer[1]["lines"]]


def test_a_quote_promises_the_dates_of_the_orders_that_are_then_placed(production: Production) -> None:
    quantities = (40_000, 1_000, 25_000)
    production.hears(a_quote(*quantities))
    quoted = promised(production)
    for n, quantity in enumerate(quantities, 1):
        production.hears(
            an_order(order_id=UUID(int=n), quantity=quantity),
            a_clearance(order_id=UUID(int=n), quantity=quantity),
        )
    planned = [data["promised_date"] for _, data in production.told("production_planned")]
    assert planned == quoted
    assert None not in quoted
    assert len(set(quoted)) > 1


def test_a_quote_makes_no_work_order_and_leaves_all_hours_free(production: Production) -> None:
    production.hears(a_quote(40_000))
    with production.database.transaction() as session:
        assert session.execute(select(func.count()).select_from(work_order)).scalar_one() == 0
    alone = promised(production)
    production.hears(an_order(quantity=40_000), a_clearance(quantity=40_000))
    assert [data["promised_date"] for _, data in production.told("production_planned")] == alone


def test_a_quote_waits_for_its_item(production: Production) -> None:
    line = QuotedLine(number=1, sku="CR-NEW-01", quantity=10, requested_date=in_days(90))
    production.hears(QuoteRequested(quote_id=QUOTE, lines=(line,)))
    assert production.told("quote_answered") == []
    production.hears(an_item("CR-NEW-01"))
    assert None not in promised(production)


def test_what_nobody_makes_is_not_promised(production: Production) -> None:
    for caller, code in ((production.sragen, SRAGEN), (production.klaten, KLATEN)):
        answer = caller.put(f"/facilities/{code}/capacity", {"open_minutes": 360, "workers": {FAMILY: 0}})
        assert answer.status_code == 200
    production.hears(a_quote(1_000))
    assert promised(production) == [None]


@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=6), st.integers(0, 400))
def test_where_one_facility_makes_all_a_line_comes_after_those_before_it(
    quantities: list[int], days: int
) -> None:
    latest = date.fromordinal(TODAY.toordinal() + days)
    lines = [
        Wanted(number=n, quantity=quantity, family=FAMILY, labour_minutes=14, latest=latest, terms=ANY)
        for n, quantity in enumerate(quantities, 1)
    ]
    facilities = {FAMILY: [able("A")]}
    days_promised = [one.promised_date for one in promises(lines, able=facilities, today=TODAY)]
    assert days_promised == sorted(day for day in days_promised if day)
    together = Wanted(
        number=1, quantity=sum(quantities), family=FAMILY, labour_minutes=14, latest=latest, terms=ANY
    )
    assert days_promised[-1] == promises([together], able=facilities, today=TODAY)[0].promised_date


def test_four_containers_a_month_from_sragen_are_told_to_be_infeasible_and_what_they_would_take(
    production: Production,
) -> None:
    production.klaten.put("/facilities/LPS-KLT/capacity", {"open_minutes": 360, "workers": {FAMILY: 0}})
    production.hears(replace(an_item(), labour_minutes=24), a_quote(4 * 64_800, days=30))
    (answer,) = production.told("quote_answered")
    (line,) = answer[1]["lines"]
    assert line["promised_date"] > in_days(180).isoformat()
    assert line["possible_with"]["workers"] > 785 - 100
    assert (line["possible_with"]["facility"], line["possible_with"]["weeks"]) == (SRAGEN, 4)


@given(
    quantity=st.integers(1, 40_000),
    days=st.integers(5, 120),
    workers=st.lists(st.integers(0, 60), max_size=4),
)
def test_with_the_workers_that_a_quote_names_the_day_is_possible(
    quantity: int, days: int, workers: list[int]
) -> None:
    latest = TODAY + timedelta(days=days)
    terms = {f"F{n}": Terms(until=date.max) for n in range(5)}
    line = Wanted(number=1, quantity=quantity, family=FAMILY, labour_minutes=14, latest=latest, terms=terms)

    def facilities(*counts: int) -> list[Capacity]:
        return [able(f"F{n}", workers=count) for n, count in enumerate(counts)]

    (told,) = promises([line], able={FAMILY: facilities(*workers)}, today=TODAY)
    in_time = told.promised_date is not None and told.promised_date <= latest
    assert (told.possible_with is None) == (in_time or not workers)
    if told.possible_with and sum(workers) == 0:
        alone = told.possible_with.workers
        (then,) = promises([line], able={FAMILY: facilities(alone)}, today=TODAY)
        assert then.promised_date is not None
        assert then.promised_date <= latest
