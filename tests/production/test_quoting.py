"""A quote promises what a plan of that moment would, and takes nothing from anybody."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from services.production.domain.capacity import Capacity
from services.production.domain.quote import Wanted, promises
from services.production.domain.terms import Needs, Terms
from services.production.storage import work_order
from shared.events.orders import QuotedLine, QuoteRequested
from shared.events.production import LinePromise
from tests.clock import in_days
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, a_clearance, an_item, an_order
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


def a_line(quantity: int, days: int, terms: dict[str, Terms], *, skill_level: int = 1) -> Wanted:
    return Wanted(
        number=1,
        quantity=quantity,
        family=FAMILY,
        labour_minutes=14,
        latest=TODAY + timedelta(days=days),
        terms=terms,
        needs=Needs(skill_level=skill_level),
    )


def told(line: Wanted, *facilities: Capacity) -> LinePromise:
    (promise,) = promises([line], able={FAMILY: facilities}, today=TODAY)
    return promise


def in_time(line: Wanted, *facilities: Capacity) -> bool:
    promise = told(line, *facilities)
    return promise.promised_date is not None and promise.promised_date <= line.latest


LASTING, NONE, SHORT = (
    Terms(until=date.max),
    Terms(until=None),
    Terms(until=TODAY + timedelta(days=5)),
)


@pytest.mark.parametrize(
    ("terms", "needs", "lacking"),
    [
        (NONE, 1, "agreement"),
        (SHORT, 1, "agreement"),
        (LASTING, 2, "skill"),
        (Terms(until=date.max, pieces=0), 1, "material"),
    ],
)
def test_where_hours_are_plenty_a_quote_names_what_is_missing_instead_of_workers(
    terms: Terms, needs: int, lacking: str
) -> None:
    quantity, days = (5_000, 11) if lacking == "material" else (20_000, 60)
    promise = told(a_line(quantity, days, {"A": terms}, skill_level=needs), able("A", workers=100))
    assert (promise.lacking, promise.lacking_at) == (lacking, ("A",))
    assert (promise.possible_with is None) == (lacking != "material"), "more can make up for days of waiting"


def test_where_nothing_alone_would_do_what_is_missing_first_is_named() -> None:
    promise = told(a_line(90_000, 30, {"A": NONE}), able("A", workers=2))
    assert (promise.possible_with, promise.lacking, promise.lacking_at) == (None, "agreement", ())


def test_parts_that_are_too_small_for_a_start_are_not_counted_on() -> None:
    line = a_line(35_483, 6, {f"F{n}": LASTING for n in range(3)})
    few = [able(f"F{n}", workers=2) for n in range(3)]
    more = told(line, *few).possible_with
    assert more is not None
    assert in_time(line, few[0].with_more(more.workers), *few[1:])
    assert not in_time(line, few[0].with_more(more.workers - 1), *few[1:])


def test_how_many_more_workers_it_takes_tells_of_those_who_are_there_in_fives_alone() -> None:
    """Else two quotes, before and after, would tell that one person came or left; it is always enough."""
    line, in_fives = a_line(20_000, 30, ANY), able("A", workers=10).staffing
    named = {
        workers: told(line, replace(able("A", workers=workers), told=in_fives)).possible_with
        for workers in (11, 14)
    }
    assert named[11] == named[14] is not None
    assert in_time(line, able("A", workers=11).with_more(named[11].workers))


TERMS = st.builds(
    Terms,
    until=st.none() | st.integers(0, 90).map(lambda days: TODAY + timedelta(days=days)) | st.just(date.max),
    pieces=st.none() | st.integers(0, 30_000),
)


@given(
    quantity=st.integers(1, 40_000),
    days=st.integers(5, 120),
    needed=st.integers(1, 2),
    places=st.lists(st.tuples(st.integers(0, 60), TERMS, st.integers(1, 2)), min_size=1, max_size=4),
)
def test_with_what_a_quote_names_the_day_is_possible(
    quantity: int, days: int, needed: int, places: list[tuple[int, Terms, int]]
) -> None:
    line = a_line(
        quantity, days, {f"F{n}": terms for n, (_, terms, _) in enumerate(places)}, skill_level=needed
    )
    there = {
        f"F{n}": replace(able(f"F{n}", workers=workers), skill_level=level)
        for n, (workers, _, level) in enumerate(places)
    }
    promise = told(line, *there.values())
    assert (promise.lacking is None) == in_time(line, *there.values())
    if more := promise.possible_with:
        with_more = there | {more.facility: there[more.facility].with_more(more.workers)}
        assert in_time(line, *with_more.values())
    given = {code: terms for code, terms in line.terms.items() if code in promise.lacking_at}
    if promise.lacking == "skill":
        there |= {code: replace(there[code], skill_level=needed) for code in given}
    elif promise.lacking == "agreement":
        given = {code: replace(terms, until=date.max) for code, terms in given.items()}
    else:
        given = {code: replace(terms, pieces=None) for code, terms in given.items()}
    if given:
        assert in_time(replace(line, terms={**line.terms, **given}), *there.values())
