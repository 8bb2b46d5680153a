"""Welfare: what the regional office sees of people is about five or more, and no subtraction gives it fewer."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from services.production import welfare
from services.production.domain.anonymity import in_fives, told
from services.production.handlers import agreements, closing, people, premi
from services.production.storage import agreement, minimum_wage
from services.production.workers import workers_of
from shared.clock import advance, business_now
from shared.web.access import FACILITY, KANWIL
from tests.clock import today
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.test_board import Visitor
from tests.production.workforce import (
    LONG_AGO,
    SKU,
    a_lot,
    a_scheme,
    agreement_of,
    consented,
    some_workers,
    worked,
)

LATER = timedelta(days=45)
"""After the end of this month and the week that follows."""


def test_a_figure_about_four_is_not_told_nor_one_that_leaves_four() -> None:
    assert [told(99, people) for people in (4, 5)] == [None, 99]
    assert [told(99, 5, others=others) for others in (0, 1, 4, 5)] == [99, None, None, 99]
    assert [in_fives(count) for count in (0, 4, 5, 9, 10, 11)] == [None, None, 5, 5, 10, 10]


@pytest.fixture
def a_month(shared_out: Production) -> Production:
    """Six people of Sragen worked for the partner, three of Klaten; the month is closed."""
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        six = some_workers(session, 6)
        some_workers(session, 3, KLATEN)
        worked(session, dict.fromkeys(six.values(), 60), work)
        premi.share(session, facility=SRAGEN, lot=lot)
        people.count_refusals(
            session, facility=SRAGEN, agreement_id=agreement_of(session), day=today(), people=7
        )
        for _ in range(2):
            people.receive_grievance(session, facility=SRAGEN, received_on=today(), kind="pay")
    return shared_out


def test_premi_is_told_of_five_who_have_a_share_though_six_worked(shared_out: Production) -> None:
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        first, *others = some_workers(session, 6).values()
        worked(session, {first: 60}, work)
        premi.share(session, facility=SRAGEN, lot=lot)
        worked(session, dict.fromkeys(others, 60), work)
    a_week_after_its_end(shared_out)
    (row,) = figures(shared_out)["facilities"]
    assert (row["workers"], row["minutes"], row["premi_idr"], row["hourly_idr"]) == (5, 360, None, None)


def test_premi_of_all_but_one_is_not_told(a_month: Production) -> None:
    with a_month.database.transaction() as session:
        one = workers_of(session, SRAGEN, today())[0]["id"]
        people.withdraw_consent(
            session, facility=SRAGEN, workers=[one], agreement_id=agreement_of(session), purposes=["data"]
        )
    a_week_after_its_end(a_month)
    row = figures(a_month)["facilities"][1]
    assert (row["workers"], row["minutes"], row["premi_idr"], row["hourly_idr"]) == (5, 300, None, None)


def a_week_after_its_end(production: Production) -> None:
    with production.database.transaction() as session:
        advance(session, LATER)
    with production.database.transaction() as session:
        closing.tell_closed_months(session)


def figures(production: Production) -> dict[str, Any]:
    """As the regional office reads them of this month."""
    answer = production.office.get("/welfare", month=f"{today():%Y-%m}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_the_office_reads_of_five_or_more_and_of_nobody_in_particular(a_month: Production) -> None:
    early = a_month.office.get("/welfare", month=f"{today():%Y-%m}")
    assert (early.status_code, "a week after its end" in early.text) == (422, True)
    a_week_after_its_end(a_month)
    found = figures(a_month)
    klaten, sragen = found["facilities"]
    assert (sragen["eligible"], sragen["consenting"], sragen["workers"]) == (5, 5, 5)
    assert (sragen["minutes"], sragen["premi_idr"], sragen["hourly_idr"]) == (360, 147_150, 24_525)
    assert sragen["minimum_hourly_idr"] == 12_614
    assert (sragen["refusals"], sragen["open_grievances"]) == (5, None)
    assert {klaten[name] for name in ("eligible", "consenting", "workers", "minutes")} == {None}
    assert found["participation"] == {"eligible": 5, "consenting": 5}, "the three are in no sum"
    assert [
        row["facility"] for row in a_month.klaten.get("/welfare", month=f"{today():%Y-%m}").json["facilities"]
    ] == [KLATEN]


def test_a_closed_month_never_changes_whatever_is_entered_later(a_month: Production) -> None:
    with a_month.database.transaction() as session:
        late = some_workers(session, 1).values()
        people.receive_grievance(session, facility=SRAGEN, received_on=today(), kind="pay")
        for _ in range(5):
            people.receive_grievance(session, facility=SRAGEN, received_on=today(), kind="hours")
    a_week_after_its_end(a_month)
    before = figures(a_month)
    assert [row["open_grievances"] for row in before["facilities"]] == [None, 5]
    with a_month.database.transaction() as session:
        some_workers(session, 1)
        worked(session, dict.fromkeys(late, 60), day=today())
        people.receive_grievance(session, facility=SRAGEN, received_on=today(), kind="safety")
        people.note_visit(
            session, facility=SRAGEN, visited_on=today(), kind="ombudsman", outcome="no_findings"
        )
        session.execute(update(minimum_wage).values(monthly_idr=9_999_999))
        people.count_refusals(
            session, facility=SRAGEN, agreement_id=agreement_of(session), day=today(), people=1
        )
        everybody = [row["id"] for row in workers_of(session, SRAGEN, today())]
        people.withdraw_consent(
            session,
            facility=SRAGEN,
            workers=everybody,
            agreement_id=agreement_of(session),
            purposes=["work", "data"],
        )
        people.leave(session, facility=SRAGEN, workers=everybody)
    assert figures(a_month) == before


def test_who_did_not_consent_to_the_use_of_data_is_in_no_figure(a_month: Production) -> None:
    with a_month.database.transaction() as session:
        some = [row["id"] for row in workers_of(session, SRAGEN, today())][:2]
        people.withdraw_consent(
            session, facility=SRAGEN, workers=some, agreement_id=agreement_of(session), purposes=["data"]
        )
    a_week_after_its_end(a_month)
    with a_month.database.transaction() as session:
        month = welfare.closed_month(today(), business_now(session))
        (row,) = welfare.figures(session, month, [SRAGEN])["facilities"]
    assert (row["eligible"], row["consenting"], row["workers"], row["minutes"]) == (5, 5, None, None)


@pytest.mark.parametrize(("withdraws", "told"), [(False, 5), (True, None)])
def test_who_left_is_in_the_figures_of_the_month_unless_the_consent_to_data_is_withdrawn_before_it_closes(
    a_month: Production, withdraws: bool, told: int | None
) -> None:
    with a_month.database.transaction() as session:
        some = [row["id"] for row in workers_of(session, SRAGEN, today())][:3]
        people.leave(session, facility=SRAGEN, workers=some)
        if withdraws:
            of = agreement_of(session)
            people.withdraw_consent(
                session, facility=SRAGEN, workers=some, agreement_id=of, purposes=["data"]
            )
    a_week_after_its_end(a_month)
    with a_month.database.transaction() as session:
        month = welfare.closed_month(today(), business_now(session))
        (row,) = welfare.figures(session, month, [SRAGEN])["facilities"]
    assert (row["workers"], row["minutes"] is None) == (told, told is None)


def another_agreement_follows(session: Session) -> UUID:
    """The one before ended yesterday; to the new one nobody has consented yet."""
    former = agreement_of(session)
    session.execute(
        update(agreement).where(agreement.c.id == former).values(valid_to=today() - timedelta(days=1))
    )
    made = agreements.make(
        session,
        number="PKS-NEXT",
        partner="CHEWY-LOUIS",
        facility=SRAGEN,
        lanes=["custodial"],
        valid_from=today(),
        valid_to=today() + timedelta(days=400),
        tariffs={},
    )
    for purpose in ("work", "data"):
        people.set_words(session, agreement_id=made.id, purpose=purpose, valid_from=LONG_AGO, words="Words.")
    return made.id


def test_hours_count_by_the_consent_to_the_use_of_data_under_their_own_agreement(
    shared_out: Production,
) -> None:
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        six = list(some_workers(session, 6).values())
        worked(session, dict.fromkeys(six, 60), work)
        premi.share(session, facility=SRAGEN, lot=lot)
        follows = another_agreement_follows(session)
        consented(session, six, agreement_id=follows, purposes=("work",))
    a_week_after_its_end(shared_out)
    (row,) = figures(shared_out)["facilities"]
    assert (row["eligible"], row["consenting"]) == (5, 5)
    told = {row[name] for name in ("workers", "minutes", "premi_idr", "hourly_idr")}
    assert told == {None}, "they let data be used of what they did under the agreement before"


@pytest.mark.parametrize("asked_anew", ["by another agreement", "by new words"])
def test_who_has_not_consented_to_what_is_asked_now_takes_no_part(
    shared_out: Production, asked_anew: str
) -> None:
    with shared_out.database.transaction() as session:
        some_workers(session, 6)
        if asked_anew == "by new words":
            people.set_words(
                session, agreement_id=agreement_of(session), purpose="work", valid_from=today(), words="New."
            )
        else:
            another_agreement_follows(session)
    a_week_after_its_end(shared_out)
    (row,) = figures(shared_out)["facilities"]
    assert (row["eligible"], row["consenting"]) == (5, None)


def test_a_closed_month_is_told_once_with_no_figure_about_fewer_than_five(a_month: Production) -> None:
    with a_month.database.transaction() as session:
        assert not closing.some_are_untold(session)
        advance(session, LATER)
        assert closing.some_are_untold(session)
        codes = [row["code"] for row in workers_of(session, SRAGEN, today())]
    for _ in range(2):
        with a_month.database.transaction() as session:
            closing.tell_closed_months(session)
            assert not closing.some_are_untold(session)
    told = [event for _, event in a_month.told("month_closed")]
    month = today().replace(day=1).isoformat()
    klaten, sragen = (event for event in told if event["month"] == month)
    assert (klaten["code"], sragen["code"]) == (KLATEN, SRAGEN)
    assert (sragen["workers"], sragen["minutes"], sragen["hourly_idr"]) == (5, 360, 24_525)
    assert {klaten[name] for name in ("eligible", "consenting", "workers", "minutes", "premi_idr")} == {None}
    assert not any(code in str(told) for code in codes)


def test_the_page_shows_premi_beside_the_minimum_wage_and_no_code(a_month: Production) -> None:
    a_week_after_its_end(a_month)
    with a_month.database.transaction() as session:
        codes = [row["code"] for row in workers_of(session, SRAGEN, today())]
    for role, account in ((KANWIL, None), (FACILITY, SRAGEN)):
        page = (
            Visitor(a_month, role, account)
            .client.get(f"/production/welfare?month={today():%Y-%m}&lang=en")
            .text
        )
        assert "Rp 24,525" in page
        assert "Rp 12,614" in page
        assert "UMK Sragen 2025" in page
        assert page.count("<svg") > 2
        assert not any(code in page for code in codes)


BAR = re.compile(r'<svg class="bar-line".*?<rect class="part (\w+)" width="([\d.]+)%"')


def test_premi_below_the_minimum_wage_is_said_and_drawn_in_its_proportion(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        a_scheme(session, rates={SKU: 1_000})
    work, lot = a_lot(shared_out)
    with shared_out.database.transaction() as session:
        worked(session, dict.fromkeys(some_workers(session, 6).values(), 60), work)
        premi.share(session, facility=SRAGEN, lot=lot)
    a_week_after_its_end(shared_out)
    (row,) = figures(shared_out)["facilities"]
    assert (row["hourly_idr"], row["minimum_hourly_idr"]) == (8_333, 12_614)
    client = Visitor(shared_out, KANWIL, None).client
    for language, said in (
        ("en", "Rp 4,281 an hour below the minimum wage"),
        ("id", "Rp 4.281 per jam di bawah upah minimum"),
    ):
        page = client.get(f"/production/welfare?month={today():%Y-%m}&lang={language}").text
        assert said in page
        assert BAR.findall(page) == [
            ("work", f"{100 * 8_333 / 12_614:.2f}"),
            ("good", "100.00"),
            ("good", "100.00"),
        ], "premi beside the wage, which is the most; all who are eligible consent"
        assert page.count('class="bar-line"') == 3
