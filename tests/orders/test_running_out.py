"""What a release rests on runs out: on that day it ends, is told to whom it concerns, and is asked for anew."""

from threading import Event
from typing import Any

import pytest

from services.orders import tasks
from services.orders.domain.need import A_YEAR
from shared.web.access import COMPLIANCE
from tests.orders.conftest import Orders, in_days
from tests.orders.test_dossiers import a_recording
from tests.orders.test_handlers import Followed
from tests.orders.test_needs import NOTES, a_note, acknowledge, let_pass, made, sign_both, still_open
from tests.orders.test_pages import Visitor
from tests.orders.test_releases import hold, sign


def look(order: Followed) -> bool:
    """What the relay and the worker do: ask whether there is something to look at, and look."""
    database = order.orders.database
    with database.transaction() as session:
        due = tasks.has_release_to_look_at(session)
    tasks.end_run_out(database, order.orders.client.application.extensions["kendi"].settings, Event())
    return due


def withdrawals(order: Followed) -> list[dict[str, Any]]:
    return [each for each in order.timeline() if each["type"].endswith("clearance_withdrawn.v1")]


def rests_on_a_document(orders: Orders) -> Followed:
    order = made(orders, "DOSSIER")
    order.hears(a_recording("pay", 1, valid_until=in_days(10)))
    return order


def rests_on_a_visit(orders: Orders) -> Followed:
    """The document of the visit goes on, and its twelve months end."""
    order = made(orders, "INDEPENDENT_VISIT_12M")
    order.hears(
        a_recording("independent_visit", 1, issued_on=A_YEAR.before(in_days(10)), valid_until=in_days(300)),
    )
    return order


def rests_on_a_note(orders: Orders) -> Followed:
    order = made(orders, "COUNSEL_NOTE_EU")
    note = a_note(valid_until=in_days(10).isoformat())
    assert orders.officer.post(NOTES, note).status_code == 201
    return order


@pytest.mark.parametrize("rests", [rests_on_a_document, rests_on_a_visit, rests_on_a_note])
def test_what_a_release_rests_on_ends_it_the_day_after_its_last(orders: Orders, rests: Any) -> None:
    order = rests(orders)
    sign_both(order)
    assert look(order)
    let_pass(orders, 10)
    assert look(order)
    assert (hold(order), withdrawals(order)) == (None, []), "its last day counts"
    let_pass(orders, 1)
    assert look(order)
    (ended,) = withdrawals(order)
    assert (ended["data"]["purpose"], ended["data"]["because"]) == ("export", "expired")
    assert "has run out" in ended["text"]
    assert order.told()[-2:] == ["clearance_withdrawn", "hold_opened"]
    assert (hold(order)["purpose"], hold(order)["signatures"]) == ("export", [])
    assert f"/orders/holds/{order.id}/1" in Visitor(orders, COMPLIANCE).open("/orders/holds/")
    assert not look(order), "nobody signed for what waits now"


def test_a_day_is_looked_at_once(orders: Orders) -> None:
    order = rests_on_a_document(orders)
    sign_both(order)
    assert look(order)
    assert not look(order)


def test_a_document_that_another_one_follows_ends_nothing(orders: Orders) -> None:
    order = rests_on_a_document(orders)
    order.hears(a_recording("pay", 2))
    sign_both(order)
    let_pass(orders, 11)
    assert look(order)
    assert withdrawals(order) == []


def test_a_document_that_had_run_out_before_the_signatures_ends_nothing(orders: Orders) -> None:
    order = rests_on_a_document(orders)
    let_pass(orders, 11)
    sign_both(order)
    assert look(order)
    assert withdrawals(order) == []


def test_a_lone_signature_over_what_ran_out_is_asked_anew_with_the_other(orders: Orders) -> None:
    order = rests_on_a_note(orders)
    assert sign(order).status_code == 200
    let_pass(orders, 11)
    assert look(order)
    assert (hold(order)["signatures"], still_open(order)) == ([], ["COUNSEL_NOTE_EU"])
    assert orders.officer.post(NOTES, a_note()).status_code == 201
    sign_both(order)
    assert look(order)
    assert hold(order) is None


def test_what_has_departed_is_not_called_back(orders: Orders) -> None:
    order = rests_on_a_document(orders)
    sign_both(order)
    order.hears(order.cartons(), order.departure())
    let_pass(orders, 11)
    assert not look(order)
    assert withdrawals(order) == []


def test_an_acknowledgement_has_no_last_day(orders: Orders) -> None:
    order = made(orders, "BUYER_ACK")
    assert acknowledge(order).status_code == 200
    sign_both(order)
    let_pass(orders, 50)
    assert look(order)
    assert withdrawals(order) == []
