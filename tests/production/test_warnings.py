"""Warnings as facilities, the office and orders meet them: raised by reports and time, taken up, cleared."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select, text, update

from services.production import terms
from services.production.domain.capacity import ready_on
from services.production.domain.warning import OWNERS
from services.production.domain.work_order import WorkOrder
from services.production.handlers import people
from services.production.storage import agreement, material_lot, work_order, worker
from services.production.tasks import check_for_warnings, has_work_to_check
from shared import settings
from shared.clock import advance, business_today
from shared.web.access import FACILITY, KANWIL
from tests.awaiting import somebody_waits_for_a_lock, until
from tests.clock import in_days, today
from tests.production.conftest import KLATEN, SRAGEN, Production, an_amendment
from tests.production.test_access_matrix import NEW_AGREEMENT, tools_are_missing
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.workforce import agreement_of, consented, some_workers, worked

SAW = "tools_locked"
COPIES = text("""
    INSERT INTO work_order (id, number, order_id, line, sku, facility, quantity, due, why, offered_on)
    SELECT gen_random_uuid(), number || '-' || n, order_id, line, sku, facility, 1000, due, why, offered_on
    FROM work_order, generate_series(1, 300) n""")
"""Far more than can be made in time."""


def check(production: Production) -> None:
    check_for_warnings(production.database, settings.load("production", "worker"), Event())


def pass_days(production: Production, days: int) -> None:
    """A day after another passes, and each is looked through."""
    for _ in range(days):
        with production.database.transaction() as session:
            advance(session, timedelta(days=1))
        check(production)


def pass_days_with_two_pieces(production: Production, days: int) -> None:
    """Each day two pieces are made where hundreds should be."""
    (work,) = production.sragen.work_orders()
    for _ in range(days):
        with production.database.transaction() as session:
            day = business_today(session)
        body = {"pieces": 2, "kind": "made", "worked_on": day.isoformat()}
        assert production.sragen.do(work, "report", **body).status_code == 200
        pass_days(production, 1)


def told(production: Production, kind: str = "late") -> list[tuple[str, str, str | None]]:
    """What orders heard of Sragen's work: the name, the grade and whose it is."""
    return [
        (name, data.get("grade", ""), data.get("owner"))
        for name, data in production.told("lateness_warned", "lateness_cleared")
        if data["facility"] == SRAGEN and data["kind"] == kind
    ]


def due_in(production: Production, days: int) -> None:
    """Sragen's work is due then, and so is what the buyer asked for."""
    with production.database.transaction() as session:
        day = business_today(session) + timedelta(days=days)
        session.execute(update(work_order).where(work_order.c.facility == SRAGEN).values(due=day))
    production.hears(an_amendment(requested_date=ready_on(day)))


def standing(production: Production, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = production.office.get("/warnings", **query).json
    return rows


@pytest.fixture
def begun(shared_out: Production) -> Production:
    """Both facilities began their work, and have reported nothing."""
    shared_out.sragen.started()
    shared_out.klaten.started()
    return shared_out


def test_it_is_looked_through_after_each_report_or_change_of_a_facility_and_every_hour_and_not_for_its_own_events(
    begun: Production,
) -> None:
    def due() -> bool:
        with begun.database.transaction() as session:
            return has_work_to_check(session)

    assert due()
    due_in(begun, 0)
    check(begun)
    assert told(begun)
    assert not due()
    (work,) = begun.sragen.work_orders()
    begun.sragen.do(work, "report", pieces=1, kind="made", worked_on=in_days(0).isoformat())
    assert due()
    check(begun)
    shut = {"open_minutes": 0, "reason": "lockdown"}
    assert begun.sragen.put(f"/facilities/{SRAGEN}/calendar/{in_days(3)}", shut).status_code == 200
    assert due()
    check(begun)
    with begun.database.transaction() as session:
        advance(session, timedelta(minutes=59))
    assert not due()
    with begun.database.transaction() as session:
        advance(session, timedelta(minutes=1))
    assert due()


def test_another_look_that_is_asked_for_during_one_is_not_forgotten(begun: Production) -> None:
    database = begun.database
    check(begun)

    def shut() -> None:
        day = {"open_minutes": 0, "reason": "lockdown"}
        assert begun.sragen.put(f"/facilities/{SRAGEN}/calendar/{in_days(3)}", day).status_code == 200

    asked: list[Future[None]] = []

    def ask(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO warning_check") and not asked:
            asked.append(beside.submit(shut))
            until(lambda: asked[0].done() or somebody_waits_for_a_lock(database))

    with ThreadPoolExecutor(1) as beside:
        event.listen(database.engine, "before_cursor_execute", ask)
        check(begun)
        asked[0].result()
    with database.transaction() as session:
        assert has_work_to_check(session)


def test_a_red_that_nobody_mends_moves_the_promise_once_and_stays_red_until_the_buyer_takes_the_day(
    begun: Production,
) -> None:
    due_in(begun, 20)
    planned = len(begun.told("production_planned"))
    while ("lateness_warned", "red", "exporter") not in told(begun):
        assert begun.told("production_planned")[planned:] == []
        pass_days_with_two_pieces(begun, 1)
    assert told(begun)[-3:] == [("lateness_warned", "red", owner) for owner in OWNERS]
    (plan,) = [data for _, data in begun.told("production_planned")[planned:]]
    (late,) = [each for each in standing(begun, facility=SRAGEN) if each["kind"] == "late"]
    promised = date.fromisoformat(late["promise_moved_to"])
    assert (plan["because"], plan["promised_date"]) == ("late", ready_on(promised).isoformat())
    assert begun.sragen.work_orders()[0]["due"] == promised.isoformat() > late["latest"]
    pass_days_with_two_pieces(begun, 3)
    assert len(begun.told("production_planned")) == planned + 1
    assert told(begun)[-1] == ("lateness_warned", "red", "exporter"), "the buyer has not taken the day"
    begun.hears(an_amendment(requested_date=ready_on(promised) + timedelta(days=2_000)))
    check(begun)
    assert told(begun)[-1][0] == "lateness_cleared"


def test_pieces_clear_it_and_one_that_returns_is_a_new_one(begun: Production) -> None:
    due_in(begun, 0)
    check(begun)
    (before,) = standing(begun, facility=SRAGEN)
    with begun.database.transaction() as session:
        session.execute(update(work_order).where(work_order.c.facility == SRAGEN).values(due=in_days(200)))
    check(begun)
    assert standing(begun, facility=SRAGEN) == []
    assert [name for name, *_ in told(begun)] == ["lateness_warned", "lateness_cleared"]
    (cleared,) = standing(begun, facility=SRAGEN, state="cleared")
    assert cleared["id"] == before["id"]
    due_in(begun, 0)
    check(begun)
    (again,) = standing(begun, facility=SRAGEN)
    assert again["id"] != before["id"]
    assert again["told_at"] is None
    assert len(told(begun)) == 2, "it was told less than a day ago"


def test_everything_else_that_endangers_work_is_found_from_what_is_stored(begun: Production) -> None:
    with begun.database.transaction() as session:
        session.execute(update(agreement).where(agreement.c.facility == SRAGEN).values(valid_to=in_days(1)))
        session.execute(update(material_lot).where(material_lot.c.facility == SRAGEN).values(quantity=1))
    tools_are_missing(begun)
    pass_days(begun, 7)
    found = {each["kind"]: each for each in standing(begun, facility=SRAGEN)}
    assert {"silent", "agreement_ends", "material_lacking", SAW} <= found.keys()
    assert (found[SAW]["work_order_id"], found[SAW]["grade"], found[SAW]["owner"]) == (None, "red", "kanwil")
    assert (found["agreement_ends"]["grade"], found["silent"]["owner"]) == ("red", "kanwil")
    assert told(begun, "silent") == [], "it is the buyer's when neither the facility nor the office mended it"
    assert told(begun, "agreement_ends") == [("lateness_warned", "red", "exporter")]
    assert told(begun, SAW) == []


def test_a_facility_takes_up_its_own_and_sees_no_others(begun: Production) -> None:
    due_in(begun, 0)
    check(begun)
    (mine,) = begun.sragen.get("/warnings").json
    path = f"/warnings/{mine['id']}/acknowledge"
    assert {each["facility"] for each in begun.klaten.get("/warnings").json} == {KLATEN}
    assert begun.klaten.get("/warnings", facility=SRAGEN).json == []
    assert begun.klaten.post(path, {}).status_code == 404
    answer = begun.head.post(path, {})
    assert (answer.status_code, answer.json["acknowledged_by"]) == (200, "facility_head")
    assert begun.office.post(path, {}).json["acknowledged_by"] == "facility_head", "the first one counts"
    assert begun.office.get("/warnings", grade="purple").status_code == 422
    with begun.database.transaction() as session:
        session.execute(update(work_order).values(due=in_days(200)))
    check(begun)
    assert begun.head.post(path, {}).status_code == 422, "it is cleared"


def test_the_board_begins_with_what_nobody_took_up_and_one_tap_does(begun: Production) -> None:
    due_in(begun, 0)
    check(begun)
    visitor, rival = Visitor(begun, FACILITY, SRAGEN), Visitor(begun, FACILITY, KLATEN)
    board = visitor.open()
    assert board.index("Saya tangani") < board.index('id="wo-')
    assert "Bola sabut" in board.split("Saya tangani")[0], "in the reader's language"
    assert "Lapas Kelas IIA Sragen" not in rival.open()
    (mine,) = begun.sragen.get("/warnings").json
    path = f"/production/warnings/{mine['id']}/acknowledge"
    token = CSRF_TOKEN.search(board)
    assert token is not None
    form = {"csrf_token": token[1], "board": "1"}
    answer = visitor.client.post(path, data=form)
    assert (answer.status_code, answer.location) == (303, "/production/")
    assert "Saya tangani" not in visitor.open()
    assert visitor.client.get(path).status_code == 200
    theirs = CSRF_TOKEN.search(rival.open())
    assert theirs is not None
    assert rival.client.post(path, data={"csrf_token": theirs[1]}).status_code == 404


def test_the_office_sees_all_by_grade_with_age_and_owner(begun: Production) -> None:
    due_in(begun, 0)
    tools_are_missing(begun)
    pass_days(begun, 8)
    office = Visitor(begun, KANWIL, None)
    page = office.client.get("/production/warnings?lang=id").text
    assert page.index("sudah lewat tenggat") < page.index("Alat hilang")
    assert "7 hari" in page, "since the first look, a day after they began"
    assert "akun pembeli" in page


def test_all_work_is_read_in_as_many_queries_however_much_there_is(begun: Production) -> None:
    def queries() -> int:
        asked = []
        listener = "before_cursor_execute", lambda *given: asked.append(given[2])
        event.listen(begun.database.engine, *listener)
        check(begun)
        event.remove(begun.database.engine, *listener)
        return len(asked)

    check(begun)
    few = queries()
    with begun.database.transaction() as session:
        session.execute(COPIES)
    check(begun)
    assert queries() == few
    assert len(standing(begun, limit=200)) == 200


def test_new_words_that_not_all_were_asked_about_are_the_facilitys_own_warning(
    shared_out: Production,
) -> None:
    work = UUID(shared_out.sragen.started()["id"])
    with shared_out.database.transaction() as session:
        of = agreement_of(session)
        first, second, _does_other_work = some_workers(session, 3).values()
        worked(session, dict.fromkeys((first, second), 60), work)
        people.set_words(session, agreement_id=of, purpose="work", valid_from=in_days(1), words="New words.")

    def lacking() -> bool:
        check(shared_out)
        return "consent_lacking" in [each["kind"] for each in shared_out.sragen.get("/warnings").json]

    assert not lacking(), "the words count from tomorrow"
    pass_days(shared_out, 1)
    assert lacking()
    assert "consent_lacking" not in [each["kind"] for each in standing(shared_out)]
    with shared_out.database.transaction() as session:
        consented(session, [first], given_on=in_days(1))
    assert lacking()
    with shared_out.database.transaction() as session:
        people.withdraw_consent(
            session, facility=SRAGEN, workers=[second], agreement_id=of, purposes=["work"]
        )
    assert not lacking(), "who withdrew works on it no more"


def test_only_the_words_of_the_agreement_that_the_work_falls_under_are_asked_about(
    shared_out: Production,
) -> None:
    work = UUID(shared_out.sragen.started()["id"])
    other = {**NEW_AGREEMENT, "partner": "CHEWY-LOUIS", "lanes": ["free"]}
    made = shared_out.office.post("/agreements", other)
    assert made.status_code == 201, made.text
    with shared_out.database.transaction() as session:
        falls_under = terms.agreement_on(session, session.get_one(WorkOrder, work), today())
        assert falls_under is not None
        ours, others = falls_under.id, UUID(made.json["id"])
        people.set_words(session, agreement_id=others, purpose="work", valid_from=today(), words="Words.")
        (one,) = people.register(session, facility=SRAGEN, count=1, eligible=True)
        (id,) = session.execute(select(worker.c.id).where(worker.c.code == one)).scalars()
        for agreement_id in (ours, others):
            consented(session, [id], agreement_id=agreement_id, purposes=("work",), given_on=today())
        worked(session, {id: 60}, work)
        people.set_words(session, agreement_id=others, purpose="work", valid_from=in_days(1), words="New.")

    def lacking() -> bool:
        check(shared_out)
        return "consent_lacking" in [each["kind"] for each in shared_out.sragen.get("/warnings").json]

    pass_days(shared_out, 1)
    assert not lacking(), "these words are about the work of others"
    with shared_out.database.transaction() as session:
        people.set_words(session, agreement_id=ours, purpose="work", valid_from=in_days(1), words="New.")
    assert lacking()


def test_lacking_consent_is_told_to_nobody_outside_however_long_it_lasts(shared_out: Production) -> None:
    work = UUID(shared_out.sragen.started()["id"])
    with shared_out.database.transaction() as session:
        one = some_workers(session, 1).values()
        worked(session, dict.fromkeys(one, 60), work)
        of = agreement_of(session)
        people.set_words(session, agreement_id=of, purpose="work", valid_from=in_days(1), words="New words.")
    pass_days(shared_out, 6)
    (found,) = [each for each in shared_out.sragen.get("/warnings").json if each["kind"] == "consent_lacking"]
    assert (found["grade"], found["owner"]) == ("amber", "facility")
    assert told(shared_out, "consent_lacking") == []
    page = Visitor(shared_out, FACILITY, SRAGEN).client.get("/production/warnings?lang=en").text
    assert "not all who work on it were asked anew" in page


def test_an_offer_that_nobody_answers_stays_one_and_is_escalated_and_never_declined_by_itself(
    shared_out: Production,
) -> None:
    due_in(shared_out, 5)
    offers = {each["number"] for each in shared_out.sragen.work_orders()}
    pass_days(shared_out, 90)
    assert {
        each["number"] for each in shared_out.sragen.work_orders() if each["state"] == "offered"
    } == offers
    assert shared_out.told("work_order_declined", "work_order_withdrawn", "work_order_accepted") == []
    grades = [(grade, owner) for name, grade, owner in told(shared_out) if name == "lateness_warned"]
    assert grades[-1] == ("black", "exporter"), grades
    assert [owner for _, owner in grades] == sorted((owner for _, owner in grades), key=OWNERS.index)
    (late,) = [each for each in standing(shared_out, facility=SRAGEN) if each["kind"] == "late"]
    assert (late["grade"], late["owner"]) == ("black", "exporter")
    (work,) = shared_out.sragen.work_orders()
    said = {"reason": "Pekerja kurang", "code": "too_few_workers"}
    assert shared_out.sragen.do(work, "decline", **said).status_code == 200, "it is the facility that says so"
    assert len(shared_out.told("work_order_declined")) == 1
