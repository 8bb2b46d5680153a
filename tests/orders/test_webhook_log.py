"""What was told stands in a log, without secrets, for thirty days; and can be told again, in its order."""

from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from services.orders.domain.webhook import REPLAY_GIVES_UP_AFTER
from services.orders.handlers import webhooks as commands
from services.orders.tasks import JOBS
from services.orders.webhooks import keeping
from services.orders.webhooks.excerpt import MOST, excerpt
from shared.clock import real_now
from tests.orders.conftest import Orders
from tests.orders.test_webhook_endpoints import change
from tests.orders.test_webhooks import (
    WEBHOOKS,
    Endpoint,
    deliver,
    deliveries,
    endpoint,
    ids_of,
    make_due,
    placed,
    registered,
)

__all__ = ["endpoint"]


def log(orders: Orders, made: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """The deliveries, the oldest first."""
    answer = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries{query}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json
    return rows[::-1]


def in_full(orders: Orders, made: dict[str, Any], delivery: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries/{delivery['id']}").json
    return read


def replay(orders: Orders, made: dict[str, Any], **asked: Any) -> Any:
    hour = timedelta(hours=1)
    whole = {"from": (real_now() - hour).isoformat(), "to": (real_now() + hour).isoformat()}
    return orders.buyer.post(f"{WEBHOOKS}/{made['id']}/replay", whole | asked)


def replay_one(orders: Orders, made: dict[str, Any], delivery: dict[str, Any]) -> Any:
    return orders.buyer.post(f"{WEBHOOKS}/{made['id']}/deliveries/{delivery['id']}/replay", {})


# The log


def test_each_attempt_is_kept_with_what_was_answered(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    order = placed(orders)
    endpoint.answers[order], endpoint.says = 503, b"come back later"
    deliver(orders)
    endpoint.answers.clear()
    endpoint.says = b""
    make_due(orders)
    deliver(orders)
    told = in_full(orders, made, log(orders, made)[0])
    first, second = told["log"]
    assert (first["status"], first["response"], first["error"]) == (503, "come back later", "answered 503")
    assert (second["status"], second["response"], second["error"]) == (200, "", None)
    assert first["started_at"] < second["started_at"]
    assert 0 <= first["milliseconds"] < 5000
    assert (told["attempts"], told["state"]) == (2, "delivered")
    assert told["webhook_id"] == endpoint.ids()[0]
    assert told["message"] == endpoint.told[0].verified_with(made["secret"])


def test_an_endpoint_that_can_not_be_reached_has_an_error_and_no_status(orders: Orders) -> None:
    made = registered(orders, "http://127.0.0.1:1/")
    placed(orders)
    deliver(orders)
    (attempt,) = in_full(orders, made, log(orders, made)[0])["log"]
    assert (attempt["status"], attempt["response"]) == (None, "")
    assert "refused" in attempt["error"]


def test_the_log_is_read_by_state_and_order_and_page(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    refused, fine = placed(orders), placed(orders, "PO-2")
    endpoint.answers[refused] = 500
    deliver(orders)
    assert {row["order_id"] for row in log(orders, made, "?state=waiting")} == {refused}
    assert {row["order_id"] for row in log(orders, made, "?state=delivered")} == {fine}
    assert log(orders, made, "?state=given_up") == []
    assert [row["sequence"] for row in log(orders, made, f"?order_id={fine}")] == [1, 2]
    page = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries?limit=3")
    following = page.headers["Link"].split(";")[0].strip("<>")
    ids = [row["id"] for row in (*page.json, *orders.buyer.get(following).json)]
    assert ids == sorted((row["id"] for row in log(orders, made)), reverse=True)


@pytest.mark.parametrize(("field", "query"), [("state", "?state=lost"), ("order_id", "?order_id=1")])
def test_a_filter_that_there_is_not_is_refused(
    orders: Orders, endpoint: Endpoint, field: str, query: str
) -> None:
    made = registered(orders, endpoint.url)
    answer = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries{query}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("number", ["0", "999999", str(2**63), "9" * 40])
def test_a_delivery_that_there_is_not_is_not_found(orders: Orders, endpoint: Endpoint, number: str) -> None:
    path = f"{WEBHOOKS}/{registered(orders, endpoint.url)['id']}/deliveries/{number}"
    assert orders.buyer.get(path).status_code == 404
    assert orders.buyer.post(f"{path}/replay", {}).status_code == 404


def test_an_echo_shows_no_secret(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    bare = made["secret"].removeprefix("whsec_")
    endpoint.says = f"{made['secret']} {bare} v1,c2lnbmF0dXJl".encode()
    deliver(orders)
    shown = in_full(orders, made, log(orders, made)[0])
    assert shown["log"][0]["response"] == "[hidden] [hidden] [hidden]"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (b'{"error": "no", "api_key": "abc-123", "more": 1}', '{"error": "no", "[hidden]", "more": 1}'),
        (b"Authorization: Basic", "[hidden]"),
        (b"sent Bearer abc.def", "sent [hidden]"),
        (b"password=hunter2&x=1", "[hidden]&x=1"),
        (b"pk_00ff_AbC-1 whsec_QUJD", "[hidden] [hidden]"),
        (b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[hidden]"),
        (b"two\r\nlines\x00\x1b[31m", "two lines [31m"),
        (b"\xff\xfe", "��"),
        (b"turned \xe2\x80\xaemoc", "turned moc"),
        (b"<script>alert(1)</script>", "<script>alert(1)</script>"),
        (b"", ""),
    ],
)
def test_an_answer_is_kept_on_one_line_without_what_looks_secret(said: bytes, kept: str) -> None:
    assert excerpt(said, []) == kept


def test_a_secret_at_the_cut_is_hidden_as_a_whole() -> None:
    kept = excerpt(b"x" * (MOST - 5) + b" whsec_c2VjcmV0", ["whsec_c2VjcmV0"])
    assert len(kept) == MOST
    assert "whsec" not in kept


def test_what_ended_thirty_days_ago_is_forgotten_with_its_attempts_and_can_be_told_again(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    order = placed(orders)
    placed(orders, "PO-2")
    deliver(orders)
    with orders.database.transaction() as session:
        old = "UPDATE webhook_delivery SET delivered_at = now() - interval '30 days 2 hours' WHERE order_id = :order"
        session.execute(text(old), {"order": order})
        assert keeping.is_due(session)
    keeping.forget(orders.database, settings_of(orders), Event())
    with orders.database.transaction() as session:
        assert not keeping.is_due(session)
        assert session.execute(text("SELECT count(*) FROM webhook_attempt")).scalar_one() == 2
    assert order not in {row["order_id"] for row in log(orders, made)}
    assert replay(orders, made, undelivered_only=True).json == {"replayed": 2}
    deliver(orders)
    assert endpoint.ids()[4:] == ids_of(orders, order)


def test_the_log_of_what_still_waits_is_kept(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    endpoint.answers["kendi"] = 500
    placed(orders)
    deliver(orders)
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_attempt SET started_at = now() - interval '90 days'"))
    keeping.forget(orders.database, settings_of(orders), Event())
    assert len(deliveries(orders)) == 2
    assert keeping.JOB in JOBS


def settings_of(orders: Orders) -> Any:
    return orders.client.application.extensions["kendi"].settings


# Telling again


def test_a_step_is_told_again_with_the_same_id_and_body_and_marked(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    deliver(orders)
    first, _ = log(orders, made)
    again = replay_one(orders, made, first)
    assert (again.status_code, again.json["state"], again.json["replays"]) == (202, "waiting", 1)
    deliver(orders)
    once, _, twice = endpoint.told
    assert (once.headers["webhook-id"], once.body) == (twice.headers["webhook-id"], twice.body)
    assert "kendi-replay" not in once.headers
    assert twice.headers["kendi-replay"] == "true"
    assert twice.verified_with(made["secret"])
    assert [attempt["replay"] for attempt in in_full(orders, made, first)["log"]] == [False, True]


def test_a_time_is_told_again_each_orders_steps_in_their_order(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    told = [placed(orders, f"PO-{number}") for number in range(3)]
    deliver(orders)
    before = len(endpoint.told)
    assert replay(orders, made).json == {"replayed": 6}
    deliver(orders)
    again = endpoint.ids()[before:]
    assert len(again) == 6
    for order in told:
        assert [id for id in again if id.endswith(order)] == ids_of(orders, order)


def test_what_was_given_up_is_told_again_before_the_later_steps_that_wait(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    order = placed(orders)
    endpoint.answers[order] = 500
    deliver(orders)
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_delivery SET given_up_at = now() WHERE attempts > 0"))
    endpoint.answers.clear()
    assert replay(orders, made, undelivered_only=True).json == {"replayed": 1}
    deliver(orders)
    assert endpoint.ids()[1:] == ids_of(orders, order)


def test_a_replay_that_fails_holds_up_the_later_steps_for_minutes_only(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    order = placed(orders)
    deliver(orders)
    first, second = ids_of(orders, order)
    replay(orders, made)
    endpoint.answers["order_placed"] = 500
    for _ in range(REPLAY_GIVES_UP_AFTER + 1):
        make_due(orders)
        deliver(orders)
    assert endpoint.ids()[2:] == [first] * REPLAY_GIVES_UP_AFTER + [second]
    assert [row["state"] for row in log(orders, made)] == ["given_up", "delivered"]


def test_steps_that_were_missed_while_it_was_off_are_told(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    change(orders.buyer, made, {"active": False})
    order = placed(orders)
    deliver(orders)
    refused = replay(orders, made)
    assert (refused.status_code, "switch it on" in refused.json["detail"]) == (422, True)
    change(orders.buyer, made, {"active": True})
    assert replay(orders, made, undelivered_only=True).json == {"replayed": 2}
    deliver(orders)
    assert endpoint.ids() == ids_of(orders, order)
    assert replay(orders, made, undelivered_only=True).json == {"replayed": 0}


def test_only_the_types_that_it_wants_are_told_again(orders: Orders, endpoint: Endpoint) -> None:
    wanted = "kendi.orders.clearance_granted.v1"
    made = orders.buyer.post(WEBHOOKS, {"url": endpoint.url, "event_types": [wanted]}).json
    order = placed(orders)
    deliver(orders)
    assert replay(orders, made).json == {"replayed": 1}
    deliver(orders)
    assert endpoint.ids() == ids_of(orders, order)[1:] * 2


def test_only_the_time_that_was_asked_for_is_told_again(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    deliver(orders)
    between = real_now().isoformat()
    placed(orders, "PO-2")
    deliver(orders)
    assert replay(orders, made, to=between).json == {"replayed": 2}
    assert replay(orders, made, **{"from": between}).json == {"replayed": 2}


def test_the_rivals_steps_are_not_told_again_to_me(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(Orders(**vars(orders) | {"buyer": orders.rival}))
    deliver(orders)
    assert replay(orders, made).json == {"replayed": 0}


def test_a_replay_that_is_too_long_is_refused_as_a_whole(
    orders: Orders, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_REPLAYED", 3)
    made = registered(orders, endpoint.url)
    for number in range(2):
        placed(orders, f"PO-{number}")
    deliver(orders)
    answer = replay(orders, made)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "to")
    assert "more than 3 steps" in answer.json["detail"]
    assert {row["state"] for row in log(orders, made)} == {"delivered"}


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("to", {"to": "2026-01-01T00:00:00Z"}),
        ("from", {"from": "yesterday"}),
        ("from", {"from": "2026-01-01T00:00:00"}),
        ("undelivered_only", {"undelivered_only": "yes"}),
        ("since", {"since": "2026-01-01T00:00:00Z"}),
    ],
    ids=str,
)
def test_a_bad_replay_is_refused_by_its_field(
    orders: Orders, endpoint: Endpoint, field: str, asked: dict[str, Any]
) -> None:
    answer = replay(orders, registered(orders, endpoint.url), **asked)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_a_repeated_replay_is_one(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    deliver(orders)
    path = f"{WEBHOOKS}/{made['id']}/deliveries/{log(orders, made)[0]['id']}/replay"
    first = orders.buyer.post(path, {}, idempotency_key="k")
    deliver(orders)
    assert orders.buyer.post(path, {}, idempotency_key="k").data == first.data
    deliver(orders)
    assert len(endpoint.told) == 3


def test_a_step_that_waits_out_a_long_pause_is_tried_now(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    endpoint.answers["kendi"] = 500
    placed(orders)
    deliver(orders)
    with orders.database.transaction() as session:
        session.execute(
            text("UPDATE webhook_delivery SET next_at = now() + interval '5 h' WHERE attempts > 0")
        )
    endpoint.answers.clear()
    again = replay_one(orders, made, log(orders, made)[0])
    assert (again.status_code, again.json["replays"]) == (202, 0)
    deliver(orders)
    assert [row["state"] for row in log(orders, made)] == ["delivered", "delivered"]


def test_what_is_told_again_goes_nowhere_that_it_may_not(orders: Orders, endpoint: Endpoint) -> None:
    """As if the address was allowed when it was registered."""
    made = registered(orders, endpoint.url)
    placed(orders)
    deliver(orders)
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_endpoint SET url = 'https://169.254.169.254/latest/meta-data'"))
    replay(orders, made)
    deliver(orders)
    failed = in_full(orders, made, log(orders, made)[0])
    assert failed["log"][-1]["error"] == "The address leads into a private network."
    assert len(endpoint.told) == 2


def test_a_removed_endpoint_keeps_its_log_and_is_told_nothing_again(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    endpoint.answers["clearance"] = 500
    placed(orders)
    deliver(orders)
    headers = {"Authorization": f"Bearer {orders.buyer.key}"}
    assert orders.client.delete(f"{WEBHOOKS}/{made['id']}", headers=headers).status_code == 204
    first, second = log(orders, made)
    assert (first["state"], second["state"]) == ("delivered", "given_up")
    assert second["last_error"] == "the endpoint was removed"
    assert replay_one(orders, made, first).status_code == 404
    assert replay(orders, made).status_code == 404


def test_an_event_about_two_orders_is_a_message_of_each_with_an_id_of_its_own(
    orders: Orders, endpoint: Endpoint
) -> None:
    """Else who drops repeats by their ids would lose one of them."""
    registered(orders, endpoint.url)
    both = [placed(orders), placed(orders, "PO-2")]
    deliver(orders)
    with orders.database.transaction() as session:
        session.execute(
            text("""
                INSERT INTO timeline (order_id, event_id, source, type, occurred_at, actor_role, data)
                SELECT id, '01890000-0000-7000-8000-000000000000', 'logistics',
                    'kendi.logistics.shipment_departed.v1', now(), 'system', '{}' FROM buyer_order""")
        )
    deliver(orders)
    shared = "01890000-0000-7000-8000-000000000000"
    assert sorted(endpoint.ids()[4:]) == sorted(f"{shared}_{order}" for order in both)
