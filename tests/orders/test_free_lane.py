"""A line that the law blocks may be made by free workers: the buyer asks, the compliance officer decides, nothing is released."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from services.orders.storage import destination_policy, release_attempt
from shared.events.production import ProductionPlanned
from shared.web.access import BUYER, COMPLIANCE
from tests.clock import in_days
from tests.orders.conftest import CONSIGNEE, Orders
from tests.orders.test_handlers import LOT, Followed, follow
from tests.orders.test_pages import CSRF_TOKEN, Visitor
from tests.orders.test_policies import WORDS, publish, screen_again, versions
from tests.orders.test_quotes import answered, asked, line_to
from tests.orders.test_releases import clearances, hold

REASON = "Free workers of the workshop in Solo make it, apart from any prison."
CHOOSE, ASK, DECLINE = "free-lane", "free-lane/request", "free-lane/decline"
CUSTODIAL_BLOCK = {"action": "block", "countries": ["CA"], "lane": "custodial", "law": ["9897.00.00"]}
FREE = {"action": "allow", "lane": "free"}
FREE_LOT = "FREE-1"


def bar_prisoners_work(orders: Orders) -> None:
    """Canada bars what prisoners make, and nobody else's work."""
    with orders.database.transaction() as session:
        for id, row in (("DP-CA-1", CUSTODIAL_BLOCK), ("DP-FREE-1", FREE)):
            session.execute(insert(destination_policy).values(id=id, version=1, row=row))


@pytest.fixture
def blocked(orders: Orders) -> Followed:
    """A line to a country that bars what prisoners make."""
    bar_prisoners_work(orders)
    order = follow(orders, country="CA")
    assert order.read()["lines"][0]["state"] == "policy_blocked"
    return order


def say(order: Followed, what: str, who: str = "officer", body: Any = None, line: int = 1) -> Any:
    caller = getattr(order.orders, who)
    body = {"reason": REASON} if body is None and what != ASK else body or {}
    return caller.post(f"/orders/v1/orders/{order.id}/lines/{line}/{what}", body)


def chosen(order: Followed) -> Followed:
    answer = say(order, CHOOSE)
    assert answer.status_code == 200, answer.text
    return order


def line_of(order: Followed) -> dict[str, Any]:
    found: dict[str, Any] = order.read()["lines"][0]
    return found


def amended(order: Followed, **change: Any) -> Any:
    here = f"/orders/v1/orders/{order.id}"
    seen = order.orders.buyer.get(here).headers["ETag"]
    answer = order.orders.buyer.change("PATCH", here, {"lines": [{"line": 1, **change}]}, seen=seen)
    assert answer.status_code == 200, answer.text
    return answer.json


def attempts(orders: Orders) -> list[tuple[str, str]]:
    with orders.database.transaction() as session:
        rows = session.execute(select(release_attempt).order_by(release_attempt.c.id)).all()
    return [(row.asked, row.role) for row in rows]


def test_the_buyer_asks_and_the_officer_decides_and_all_is_told_in_plain_words(blocked: Followed) -> None:
    assert say(blocked, ASK, "buyer").status_code == 200
    line = line_of(blocked)
    assert (line["free_lane"]["state"], line["free_lane"]["by"], line["state"]) == (
        "asked",
        "buyer",
        "policy_blocked",
    )
    assert (line["next"]["expected"], line["next"]["owed_by"]) == (
        "kendi.orders.free_lane_chosen.v1",
        "compliance_officer",
    )
    assert say(blocked, ASK, "buyer").status_code == 422
    chosen(blocked)
    line = line_of(blocked)
    assert (line["free_lane"]["state"], line["free_lane"]["by"]) == ("chosen", "compliance_officer")
    assert (line["hold"], line["state"]) == (None, "accepted")
    (granted,) = clearances(blocked)
    assert (granted["purpose"], granted["lane"]) == ("produce", "free")
    said = [entry["text"] for entry in blocked.timeline()]
    assert (
        "The compliance officer decided that free workers, apart from prisons, make line 1; this releases nothing"
        in said
    )
    assert "Line 1: 1,000 pieces may be made, by free workers alone" in said


def test_what_the_buyer_asked_for_is_declined_with_a_reason_that_they_read_and_may_be_asked_again(
    blocked: Followed,
) -> None:
    assert say(blocked, ASK, "buyer").status_code == 200
    answer = say(blocked, DECLINE)
    assert answer.status_code == 200, answer.text
    line = line_of(blocked)
    assert (line["free_lane"]["state"], line["free_lane"]["reason"]) == ("declined", REASON)
    assert (line["state"], line["next"]["owed_by"]) == ("policy_blocked", "buyer")
    assert blocked.told()[-1] == "free_lane_declined"
    assert (
        f"The compliance officer declined that free workers, apart from prisons, make line 1: {REASON}"
        in [entry["text"] for entry in blocked.timeline()]
    )
    twice = say(blocked, DECLINE)
    assert (twice.status_code, "nothing to decline" in twice.text) == (422, True)
    assert say(blocked, ASK, "buyer").status_code == 200
    assert line_of(chosen(blocked))["free_lane"]["state"] == "chosen"
    assert say(blocked, DECLINE).status_code == 422


def test_nothing_is_declined_that_nobody_asked_for(blocked: Followed) -> None:
    assert say(blocked, DECLINE).status_code == 422
    assert line_of(blocked)["free_lane"] is None


@pytest.mark.parametrize("who", ["buyer", "office", "rival"])
def test_nobody_but_the_officer_declines(blocked: Followed, who: str) -> None:
    say(blocked, ASK, "buyer")
    assert say(blocked, DECLINE, who).status_code == 403
    assert line_of(blocked)["free_lane"]["state"] == "asked"


def test_another_destination_ends_what_was_declined(blocked: Followed) -> None:
    say(blocked, ASK, "buyer")
    say(blocked, DECLINE)
    told = amended(blocked, consignee=CONSIGNEE | {"country": "ID"})
    assert not any("free workshop" in each["text"] for each in told["consequences"])
    amended(blocked, consignee=CONSIGNEE | {"country": "CA"})
    assert line_of(blocked)["free_lane"] is None


def queue(orders: Orders) -> list[str]:
    """The lines that the page of holds lists as asked for free workers."""
    return re.findall(r"/lines/(\d+)/free-lane", Visitor(orders, COMPLIANCE).open("/orders/holds/"))


def cancel(order: Followed) -> None:
    asked = order.orders.buyer.post(f"/orders/v1/orders/{order.id}/cancel", {"reason": REASON})
    assert asked.status_code == 202, asked.text


def begin_elsewhere(order: Followed) -> None:
    order.hears(order.plan(), order.work())


def decline(order: Followed) -> None:
    assert say(order, DECLINE).status_code == 200


def bar_everybody(order: Followed) -> None:
    barred = {"action": "block", "countries": ["CA"], "law": ["A new law"], **WORDS}
    publish(order.orders, *versions(DP_CA_1=CUSTODIAL_BLOCK, DP_FREE_1=FREE, DP_CA_3=barred))
    screen_again(order.orders)


@pytest.mark.parametrize("what", [cancel, begin_elsewhere, bar_everybody, decline, chosen])
def test_what_is_asked_for_leaves_the_officers_queue_once_it_can_be_answered_no_more(
    blocked: Followed, what: Callable[[Followed], object]
) -> None:
    say(blocked, ASK, "buyer")
    assert queue(blocked.orders) == ["1"]
    what(blocked)
    assert queue(blocked.orders) == []
    assert "asks that free workers make it" not in Visitor(blocked.orders, COMPLIANCE).open("/orders/")


@pytest.mark.parametrize("who", ["buyer", "officer", "office"])
def test_a_blocked_line_offers_whoever_reads_it_these_ways_out_and_no_release(
    blocked: Followed, who: str
) -> None:
    read = getattr(blocked.orders, who).get(f"/orders/v1/orders/{blocked.id}").json["lines"][0]["hold"]
    assert [each["way"] for each in read["ways_out"]] == [
        "another_destination",
        "free_lane",
        "domestic_sale",
        "cancellation",
    ]
    assert (read["releasable"], read["released_by"], read["purpose"]) == (False, [], None)


def test_what_free_workers_made_is_cleared_to_export_as_theirs(blocked: Followed) -> None:
    chosen(blocked).hears(blocked.plan(), replace(blocked.lot(FREE_LOT), lane="free"))
    granted = clearances(blocked)[-1]
    assert (granted["purpose"], granted["lane"]) == ("export", "free")
    assert [lot["lane"] for lot in granted["lots"]] == ["free"]


def test_lots_that_turn_out_custodial_are_never_cleared_to_export(blocked: Followed) -> None:
    chosen(blocked).hears(
        blocked.plan(), replace(blocked.lot(FREE_LOT, 400), lane="free"), blocked.lot(LOT, 600)
    )
    line = line_of(blocked)
    assert (line["state"], line["hold"]["releasable"]) == ("policy_blocked", False)
    assert [each["way"] for each in line["hold"]["ways_out"]] == [
        "another_destination",
        "domestic_sale",
        "cancellation",
    ]
    assert [each["purpose"] for each in clearances(blocked)] == ["produce"], "not even for a moment"
    assert blocked.told()[-1] == "clearance_withdrawn"
    refused = say(blocked, CHOOSE)
    assert (refused.status_code, "600 pieces" in refused.text) == (422, True)


def test_the_first_custodial_lot_stops_the_line_before_the_rest_is_made(blocked: Followed) -> None:
    chosen(blocked).hears(blocked.plan(), blocked.lot(LOT, 10))
    assert line_of(blocked)["state"] == "policy_blocked"
    assert blocked.told()[-1] == "clearance_withdrawn"


def test_a_free_line_that_the_law_holds_waits_for_two_people(orders: Orders, blocked: Followed) -> None:
    with orders.database.transaction() as session:
        held = {"action": "hold", "countries": ["CA"], "lane": "free", "needs": []}
        session.execute(insert(destination_policy).values(id="DP-CA-2", version=1, row=held))
    chosen(blocked)
    found = hold(blocked)
    assert (found["purpose"], found["lane"], found["releasable"]) == ("produce", "free", True)
    assert clearances(blocked) == []


@pytest.mark.parametrize("who", ["buyer", "office", "rival"])
def test_nobody_but_the_officer_chooses_and_attempts_are_kept(blocked: Followed, who: str) -> None:
    assert say(blocked, CHOOSE, who).status_code == 403
    assert line_of(blocked)["state"] == "policy_blocked"
    ((asked_for, _),) = attempts(blocked.orders)
    assert asked_for == "free_lane"


def test_a_key_of_an_officer_chooses_nothing(blocked: Followed) -> None:
    caller = blocked.orders.officer
    headers = {"Authorization": f"Bearer {caller.key}", "Idempotency-Key": "k-1"}
    here = f"/orders/v1/orders/{blocked.id}/lines/1/{CHOOSE}"
    assert blocked.orders.client.post(here, json={"reason": REASON}, headers=headers).status_code == 403
    assert attempts(blocked.orders) == [("free_lane", COMPLIANCE)]


@pytest.mark.parametrize("country", ["BE", "ID"])
def test_a_line_that_is_not_blocked_has_no_lane_to_choose(orders: Orders, country: str) -> None:
    order = follow(orders, country=country)
    for what, who in ((ASK, "buyer"), (CHOOSE, "officer")):
        refused = say(order, what, who)
        assert (refused.status_code, "is not blocked" in refused.text) == (422, True)
    assert [asked_for for asked_for, _ in attempts(orders)] == ["free_lane", "free_lane"]


def test_what_the_law_bars_whoever_makes_it_offers_no_free_workshop(orders: Orders) -> None:
    order = follow(orders, country="US")
    assert "free_lane" not in [each["way"] for each in hold(order)["ways_out"]]
    for what, who in ((ASK, "buyer"), (CHOOSE, "officer")):
        refused = say(order, what, who)
        assert (refused.status_code, "19 USC 1307" in refused.text) == (422, True)
    assert line_of(order)["free_lane"] is None


def test_a_line_that_others_have_begun_is_not_made_by_free_workers(orders: Orders, blocked: Followed) -> None:
    order = follow(orders, country="ID", po_number="PO-2")
    order.hears(order.plan(), order.work())
    amended(order, consignee=CONSIGNEE | {"country": "CA"})
    assert "free_lane" not in [each["way"] for each in hold(order)["ways_out"]]
    refused = say(order, CHOOSE)
    assert (refused.status_code, "1,000 pieces" in refused.text or "1000 pieces" in refused.text) == (
        422,
        True,
    )


@pytest.mark.parametrize("body", [{}, {"reason": "Too short."}, {"reason": REASON, "lane": "free"}])
def test_a_choice_without_a_reason_is_refused_by_its_field(blocked: Followed, body: dict[str, str]) -> None:
    caller = blocked.orders.officer
    answer = caller.post(f"/orders/v1/orders/{blocked.id}/lines/1/{CHOOSE}", body)
    assert answer.status_code == 422
    assert line_of(blocked)["free_lane"] is None


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"consignee": CONSIGNEE | {"country": "ID"}}, "accepted"),
        ({"consignee": CONSIGNEE | {"country": "BE"}}, "policy_hold"),
        ({"consignee": CONSIGNEE | {"country": "US"}}, "policy_blocked"),
    ],
    ids=["domestic sale", "another destination", "another that bars it"],
)
def test_another_destination_ends_the_choice_and_anybody_may_make_it_again(
    blocked: Followed, change: dict[str, Any], state: str
) -> None:
    told = amended(chosen(blocked), **change)
    assert any("no longer kept for a free workshop" in each["text"] for each in told["consequences"])
    line = line_of(blocked)
    assert (line["free_lane"], line["state"]) == (None, state)
    if state == "accepted":
        assert clearances(blocked)[-1]["lane"] == "custodial"


def test_the_same_country_and_more_pieces_keep_the_choice(blocked: Followed) -> None:
    amended(chosen(blocked), quantity=1_500, consignee=CONSIGNEE | {"country": "CA", "name": "Another"})
    assert line_of(blocked)["free_lane"]["state"] == "chosen"
    granted = clearances(blocked)[-1]
    assert (granted["lane"], granted["quantity"]) == ("free", 1_500)


def test_a_law_that_came_to_bar_free_work_too_blocks_what_was_chosen_and_lets_nobody_choose(
    orders: Orders, blocked: Followed
) -> None:
    another = follow(orders, country="CA", po_number="PO-2")
    chosen(blocked)
    barred = {"action": "block", "countries": ["CA"], "law": ["A new law"], **WORDS}
    publish(orders, *versions(DP_CA_1=CUSTODIAL_BLOCK, DP_FREE_1=FREE, DP_CA_3=barred))
    refused = say(another, CHOOSE)
    assert (refused.status_code, "A new law" in refused.text) == (422, True)
    assert line_of(another)["free_lane"] is None
    screen_again(orders)
    assert line_of(blocked)["state"] == "policy_blocked"
    assert "free_lane" not in [each["way"] for each in hold(blocked)["ways_out"]]
    assert say(another, ASK, "buyer").status_code == 422


def test_where_no_free_workshop_is_the_timeline_and_the_question_to_the_buyer_say_so(
    blocked: Followed,
) -> None:
    nobody = ProductionPlanned(
        **blocked.about(1),
        allocated=0,
        unallocated=1_000,
        promised_date=None,
        allocations=(),
        lacking="workshop",
        lane="free",
    )
    chosen(blocked).hears(nobody)
    said = [entry["text"] for entry in blocked.timeline()]
    assert any("wait for a free workshop that makes such goods: there is none now" in text for text in said)
    assert blocked.told()[-1] == "decision_requested"


def test_a_quote_tells_whether_free_workers_could_make_what_is_blocked(orders: Orders) -> None:
    bar_prisoners_work(orders)
    quote = asked(orders, line_to("CA"), line_to("US"), line_to("CA"))
    assert [line["free_lane"]["outcome"] for line in quote["lines"]] == ["asked", "blocked", "asked"]
    read = answered(orders, quote, _1=in_days(30), _3=None)
    assert read["state"] == "answered"
    assert [(line["outcome"], line["promised_date"]) for line in read["lines"]] == [("blocked", None)] * 3
    assert [tuple(line["free_lane"].values()) for line in read["lines"]] == [
        ("in_time", in_days(30).isoformat()),
        ("blocked", None),
        ("not_possible", None),
    ]
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/quotes/{quote['id']}")
    for said in (
        "could make it by",
        "The law bars it whoever makes it",
        "No free workshop could make it now",
    ):
        assert said in page


def send(visitor: Visitor, path: str, **typed: str) -> TestResponse:
    token = CSRF_TOKEN.search(visitor.open(path))
    assert token is not None
    return visitor.client.post(path, data={"csrf_token": token[1], **typed}, headers=visitor.headers)


def test_the_pages_lead_the_buyer_to_ask_and_the_officer_to_decide(blocked: Followed) -> None:
    here = f"/orders/order/{blocked.id}"
    form = f"{here}/lines/1/free-lane"
    buyer = Visitor(blocked.orders, BUYER, account="CHEWY-LOUIS")
    officer = Visitor(blocked.orders, COMPLIANCE)
    assert form in buyer.open(here)
    assert send(buyer, form).status_code == 303
    assert "The buyer asked on" in buyer.open(here)
    for place in ("/orders/", "/orders/holds/"):
        assert form in officer.open(place)
    assert form in officer.open(here)
    assert send(officer, form, reason="Too short.").status_code == 422
    assert "The buyer asked on" in officer.open(form)
    assert send(officer, form, reason=REASON, answer="decline").status_code == 303
    assert f"make line 1: “{REASON}”" in buyer.open(here)
    assert f"baris 1 dibuat pekerja bebas: “{REASON}”" in buyer.open(f"{here}?lang=id")
    assert "Ask for a free workshop" in buyer.open(f"{here}?lang=en")
    assert send(buyer, form).status_code == 303
    assert send(officer, form, reason=REASON, answer="choose").status_code == 303
    for visitor in (buyer, officer):
        assert "Decided by: compliance officer" in visitor.open(here)
    assert attempts(blocked.orders) == [("free_lane", COMPLIANCE)]
