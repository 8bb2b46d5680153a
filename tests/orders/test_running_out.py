"""What a release rests on runs out: on that day it ends, is told to whom it concerns, and is asked for anew."""

from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from services.orders import tasks
from services.orders.domain.need import A_YEAR
from services.orders.storage import evidence
from shared.events.production import AgreementEndMoved
from shared.web.access import COMPLIANCE
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_dossiers import a_recording
from tests.orders.test_handlers import SRAGEN, Followed
from tests.orders.test_needs import NOTES, a_note, acknowledge, let_pass, made, sign_both, still_open
from tests.orders.test_pages import Visitor
from tests.orders.test_releases import hold, sign

AGREEMENT, OTHER = UUID(int=901), UUID(int=902)


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


def an_end(days: int) -> AgreementEndMoved:
    return AgreementEndMoved(
        code=SRAGEN,
        agreement_id=AGREEMENT,
        number="PKS-1/2026",
        partner="CHEWY-LOUIS",
        last_day=in_days(days),
        reason="The partner asked for it.",
    )


def rests_on_an_agreement(orders: Orders) -> Followed:
    """The document would go on, and the agreement in which it stands is ended early."""
    order = made(orders, "DOSSIER")
    clause = {"agreement_id": AGREEMENT, "valid_until": in_days(300)}
    order.hears(a_recording("not_at_private_disposal", 1, **clause), an_end(10))
    return order


RESTS = [rests_on_a_document, rests_on_a_visit, rests_on_a_note, rests_on_an_agreement]


@pytest.mark.parametrize("rests", RESTS)
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


def test_an_end_that_is_told_after_the_signatures_ends_what_was_released_over_it(orders: Orders) -> None:
    order = made(orders, "DOSSIER")
    clause = {"agreement_id": AGREEMENT, "valid_until": in_days(300)}
    order.hears(a_recording("not_at_private_disposal", 1, **clause))
    sign_both(order)
    order.hears(an_end(3))
    let_pass(orders, 3)
    assert look(order)
    assert withdrawals(order) == [], "its last day counts"
    let_pass(orders, 1)
    assert look(order)
    assert [each["data"]["because"] for each in withdrawals(order)] == ["expired"]
    assert hold(order)["signatures"] == []


def test_an_agreement_that_was_prolonged_again_and_one_of_others_end_nothing(orders: Orders) -> None:
    order = rests_on_an_agreement(orders)
    other = a_recording("not_at_private_disposal", 2, agreement_id=OTHER, valid_until=in_days(300))
    sign_both(order)
    order.hears(an_end(200), other, replace(an_end(1), agreement_id=OTHER))
    let_pass(orders, 11)
    assert look(order)
    assert withdrawals(order) == []


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


def test_a_dossier_that_is_found_no_more_as_it_was_signed_for_is_signed_for_anew(orders: Orders) -> None:
    """A document that is heard of late takes the number of the version that named the one that runs out."""
    order = rests_on_a_document(orders)
    sign_both(order)
    with orders.database.transaction() as session:
        recorded_at = session.execute(evidence.select()).one().recorded_at
    heard_late = order.hearing.batch("production", a_recording("hours", 2))
    at = recorded_at - timedelta(microseconds=1)
    order.hearing.comes(
        replace(heard_late, events=tuple(replace(each, time=at) for each in heard_late.events))
    )
    let_pass(orders, 11)
    assert look(order)
    assert [each["data"]["because"] for each in withdrawals(order)] == ["expired"]
    assert hold(order)["signatures"] == []
    sign_both(order)
    let_pass(orders, 1)
    assert look(order)
    assert hold(order) is None, "two people signed for what it reads now"


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
