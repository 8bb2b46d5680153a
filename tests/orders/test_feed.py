"""The feed loses nothing, whatever commits when, and says the same as the webhooks."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.orders import feed
from tests.orders.conftest import Caller, Orders, an_order
from tests.orders.test_webhooks import Endpoint, deliver, endpoint, placed, registered

__all__ = ["endpoint"]

FEED = "/orders/v1/feed"
STEP = text("""
    INSERT INTO timeline (order_id, event_id, source, type, occurred_at, actor_role, data)
    VALUES (:order, gen_random_uuid(), 'production', 'kendi.production.pieces_reported.v1', now(), 'system', :data)""")


def read(caller: Caller, after: str | None = None, limit: int = 50) -> dict[str, Any]:
    cursor = f"&after={after}" if after else ""
    answer = caller.get(f"{FEED}?limit={limit}{cursor}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json
    return told


def step(session: Session, order: str, name: str) -> None:
    session.execute(STEP, {"order": order, "data": f'{{"name": "{name}"}}'})


def names(told: dict[str, Any]) -> list[str]:
    return [event["message"]["data"]["name"] for event in told["events"]]


def test_the_feed_has_what_webhooks_tell_with_the_same_ids_and_bodies(
    orders: Orders, endpoint: Endpoint
) -> None:
    secret = registered(orders, endpoint.url)["secret"]
    placed(orders)
    placed(orders, "PO-2")
    deliver(orders)
    sent = [(told.headers["webhook-id"], told.verified_with(secret)) for told in endpoint.told]
    fed = [(event["webhook_id"], event["message"]) for event in read(orders.buyer)["events"]]
    assert len(fed) == 4
    assert fed == sent


def test_what_commits_later_under_a_smaller_identity_is_read_later(orders: Orders) -> None:
    first, second = placed(orders), placed(orders, "PO-2")
    cursor = read(orders.buyer)["next"]
    with orders.database.transaction() as slow:
        step(slow, first, "slow")
        with orders.database.transaction() as quick:
            step(quick, second, "quick")
        told = read(orders.buyer, cursor)
        assert names(told) == ["quick"]
        assert names(read(orders.buyer, told["next"])) == []
    assert names(read(orders.buyer, told["next"])) == ["slow"]
    assert names(read(orders.buyer, cursor)) == ["quick", "slow"]


def test_what_was_rolled_back_leaves_no_gap(orders: Orders) -> None:
    order = placed(orders)
    cursor = read(orders.buyer)["next"]

    def fail(session: Session) -> None:
        step(session, order, "never")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), orders.database.transaction() as session:
        fail(session)
    with orders.database.transaction() as session:
        step(session, order, "ever")
    told = read(orders.buyer, cursor)
    assert [(event["message"]["sequence"], event["message"]["data"]) for event in told["events"]] == [
        (3, {"name": "ever"})
    ]


def test_an_answer_says_the_next_cursor_even_when_empty(orders: Orders) -> None:
    empty = read(orders.buyer)
    assert (empty["events"], empty["more"]) == ([], False)
    placed(orders)
    told = read(orders.buyer, empty["next"])
    assert len(told["events"]) == 2
    again = read(orders.buyer, told["next"])
    assert (again["events"], again["next"]) == ([], told["next"])


def test_a_long_history_comes_page_by_page_each_step_once_in_its_orders_order(orders: Orders) -> None:
    placed_orders = [placed(orders, f"PO-{number}") for number in range(3)]
    with orders.database.transaction() as session:
        for number in range(40):
            for order in placed_orders:
                step(session, order, str(number))
    seen: list[dict[str, Any]] = []
    cursor, more = None, True
    while more:
        told = read(orders.buyer, cursor, limit=7)
        assert len(told["events"]) == 7 or not told["more"]
        seen += told["events"]
        cursor, more = told["next"], told["more"]
    assert len({event["webhook_id"] for event in seen}) == len(seen) == 3 * 42
    for order in placed_orders:
        own = [event["message"] for event in seen if event["message"]["order_id"] == order]
        assert [message["sequence"] for message in own] == list(range(1, 43))


def test_more_than_is_numbered_at_once_comes_with_the_next_questions(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "AT_A_TIME", 1)
    placed(orders)
    first = read(orders.buyer)
    assert len(first["events"]) == 1
    assert len(read(orders.buyer, first["next"])["events"]) == 1


def test_a_buyer_reads_their_own_steps_in_places_of_their_own(orders: Orders) -> None:
    placed(orders)
    assert read(orders.rival)["events"] == []
    orders.rival.post("/orders/v1/orders", an_order())
    own = read(orders.rival)
    assert [event["message"]["sequence"] for event in own["events"]] == [1, 2]
    assert own["next"] == read(orders.buyer)["next"]


@pytest.mark.parametrize("cursor", ["x", "LTE", "OTk5"], ids=["none of ours", "below nought", "ahead of all"])
def test_a_cursor_that_leads_nowhere_is_refused(orders: Orders, cursor: str) -> None:
    placed(orders)
    answer = orders.buyer.get(f"{FEED}?after={cursor}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "after")


@pytest.mark.parametrize("limit", ["0", "201", "x"])
def test_a_limit_that_can_not_be_is_refused(orders: Orders, limit: str) -> None:
    assert orders.buyer.get(f"{FEED}?limit={limit}").status_code == 422


def test_who_is_no_buyer_has_no_feed(orders: Orders) -> None:
    assert orders.officer.get(FEED).status_code == 403
