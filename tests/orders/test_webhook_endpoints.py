"""Endpoints as buyers keep them: chosen types, two secrets, off and on, failing and healed, tried out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks import WebhookVerificationError
from werkzeug.test import TestResponse

from services.orders.domain.webhook import MOST_ENDPOINTS, OPENS_AFTER
from services.orders.sentences import SENTENCES
from services.orders.webhooks.event_types import EVENT_TYPES
from shared.clock import real_now
from tests.orders.conftest import Caller, Orders
from tests.orders.test_feed import STEP
from tests.orders.test_webhook_delivery import a_server
from tests.orders.test_webhook_pages import HOME, Buyer
from tests.orders.test_webhooks import (
    NOBODYS,
    WEBHOOKS,
    Endpoint,
    deliver,
    deliveries,
    endpoint,
    ids_of,
    is_due,
    make_due,
    placed,
    registered,
)

__all__ = ["endpoint"]

PLACED, CLEARED = "kendi.orders.order_placed.v1", "kendi.orders.clearance_granted.v1"


def change(caller: Caller, made: dict[str, Any], changes: Any, seen: str = "*") -> TestResponse:
    headers = {"Authorization": f"Bearer {caller.key}", "If-Match": seen}
    return caller.client.patch(f"{WEBHOOKS}/{made['id']}", json=changes, headers=headers)


def state(orders: Orders, made: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = orders.buyer.get(f"{WEBHOOKS}/{made['id']}").json
    return read


def types_told(told: Endpoint) -> list[str]:
    return [kind for one in told.told for kind in EVENT_TYPES if kind.encode() in one.body]


# Event types


def test_every_step_that_a_timeline_can_tell_can_be_chosen() -> None:
    kinds = {kind.split(".")[2] for kind in EVENT_TYPES}
    telling = {said: {kind for kind in kinds if f"{said}_".startswith(f"{kind}_")} for said in SENTENCES}
    assert all(telling.values()), "a sentence that tells no event"
    assert set().union(*telling.values()) == kinds, "an event without a sentence"
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES))


def test_a_change_is_made_on_what_was_read(orders: Orders, endpoint: Endpoint) -> None:
    answer = orders.buyer.post(WEBHOOKS, {"url": endpoint.url})
    made, read = answer.json, answer.headers["ETag"]
    assert change(orders.buyer, made, {"description": "nobody looked"}, seen="").status_code == 428
    changed = change(orders.buyer, made, {"description": "first"}, seen=read)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    late = change(orders.buyer, made, {"description": "second"}, seen=read)
    assert (late.status_code, state(orders, made)["description"]) == (412, "first")


def test_an_endpoint_is_told_the_types_that_it_chose(orders: Orders, endpoint: Endpoint) -> None:
    made = orders.buyer.post(WEBHOOKS, {"url": endpoint.url, "event_types": [CLEARED]}).json
    order = placed(orders)
    deliver(orders)
    assert endpoint.ids() == ids_of(orders, order)[1:]
    assert endpoint.told[0].verified_with(made["secret"])["sequence"] == 2
    assert change(orders.buyer, made, {"event_types": []}).json["event_types"] == []
    placed(orders, "PO-2")
    deliver(orders)
    assert types_told(endpoint) == [CLEARED, PLACED, CLEARED]


def test_what_nobody_chose_between_two_steps_keeps_them_in_their_order(
    orders: Orders, endpoint: Endpoint
) -> None:
    reported = "kendi.production.pieces_reported.v1"
    made = orders.buyer.post(WEBHOOKS, {"url": endpoint.url, "event_types": [PLACED, reported]}).json
    order = placed(orders)
    with orders.database.transaction() as session:
        session.execute(STEP, {"order": order, "data": "{}"})
    endpoint.answers[PLACED] = 500
    deliver(orders)
    endpoint.answers.clear()
    make_due(orders)
    deliver(orders)
    sequences = [told.verified_with(made["secret"])["sequence"] for told in endpoint.told]
    assert sequences == [1, 1, 3]


@pytest.mark.parametrize(
    "types", [["kendi.orders.order_placed.v9"], ["order_placed"], [1], "all", None, [PLACED] * 500]
)
def test_a_type_that_no_timeline_has_is_refused(orders: Orders, endpoint: Endpoint, types: Any) -> None:
    answer = orders.buyer.post(WEBHOOKS, {"url": endpoint.url, "event_types": types})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"].startswith("event_types")
    assert orders.buyer.get(WEBHOOKS).json == []


# Changing


def test_what_is_not_named_stays(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    changed = change(orders.buyer, made, {"description": "the warehouse"})
    assert changed.status_code == 200
    assert (changed.json["description"], changed.json["url"], changed.json["state"]) == (
        "the warehouse",
        endpoint.url,
        "on",
    )
    assert change(orders.buyer, made, {}).json == changed.json == state(orders, made)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("url", {"url": "http://169.254.169.254/latest/meta-data"}),
        ("url", {"url": "https://[::ffff:10.0.0.1]/"}),
        ("url", {"url": "https://localhost./"}),
        ("url", {"url": "nonsense"}),
        ("url", {"url": "https://example.com/" + "a" * 2000}),
        ("active", {"active": "yes"}),
        ("description", {"description": "x" * 201}),
        ("secret", {"secret": "whsec_chosen"}),
        ("buyer", {"buyer": "RIVAL"}),
        ("state", {"state": "on"}),
    ],
    ids=str,
)
def test_a_bad_change_is_refused_by_its_field_and_changes_nothing(
    orders: Orders, endpoint: Endpoint, field: str, changes: dict[str, Any]
) -> None:
    made = registered(orders, endpoint.url)
    before = state(orders, made)
    answer = change(orders.buyer, made, {"description": "new"} | changes)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["errors"][0]["field"] == field
    assert state(orders, made) == before


def test_a_buyer_has_so_many_endpoints_and_no_more(orders: Orders, endpoint: Endpoint) -> None:
    made = [registered(orders, endpoint.url) for _ in range(MOST_ENDPOINTS)]
    assert orders.buyer.post(WEBHOOKS, {"url": endpoint.url}).status_code == 422
    orders.client.delete(
        f"{WEBHOOKS}/{made[0]['id']}", headers={"Authorization": f"Bearer {orders.buyer.key}"}
    )
    registered(orders, endpoint.url)


def test_every_door_to_another_buyers_endpoint_is_as_to_none(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    deliver(orders)
    (delivery, _) = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries").json
    for path, body in {
        "rotate": {"overlap_hours": 1},
        "test": {},
        "replay": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        f"deliveries/{delivery['id']}/replay": {},
    }.items():
        theirs, none = (orders.rival.post(f"{WEBHOOKS}/{id}/{path}", body) for id in (made["id"], NOBODYS))
        assert (theirs.status_code, none.status_code, theirs.data) == (404, 404, none.data)
    for path in ("", f"/deliveries/{delivery['id']}"):
        theirs, none = (orders.rival.get(f"{WEBHOOKS}/{id}{path}") for id in (made["id"], NOBODYS))
        assert (theirs.status_code, none.status_code, theirs.data) == (404, 404, none.data)
    assert change(orders.rival, made, {"active": False}).status_code == 404
    mine = registered_by(orders.rival, endpoint.url)
    assert orders.rival.get(f"{WEBHOOKS}/{mine['id']}/deliveries/{delivery['id']}").status_code == 404
    assert state(orders, made)["state"] == "on"


def registered_by(caller: Caller, url: str) -> dict[str, Any]:
    made: dict[str, Any] = caller.post(WEBHOOKS, {"url": url}).json
    return made


# Secrets


def rotated(orders: Orders, made: dict[str, Any], hours: int = 24) -> dict[str, Any]:
    answer = orders.buyer.post(f"{WEBHOOKS}/{made['id']}/rotate", {"overlap_hours": hours})
    assert answer.status_code == 200, answer.text
    again: dict[str, Any] = answer.json
    return again


def test_both_secrets_verify_while_they_overlap_and_then_the_new_one_alone(
    orders: Orders, endpoint: Endpoint
) -> None:
    first = registered(orders, endpoint.url)
    second = rotated(orders, first)
    until = datetime.fromisoformat(second["previous_secret_until"])
    assert timedelta(hours=23) < until - real_now() < timedelta(hours=25)
    placed(orders)
    deliver(orders)
    for told in endpoint.told:
        assert len(told.headers["webhook-signature"].split(" ")) == 2
        assert told.verified_with(first["secret"]) == told.verified_with(second["secret"])
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_endpoint SET previous_secret_until = now()"))
    placed(orders, "PO-2")
    deliver(orders)
    told = endpoint.told[-1]
    told.verified_with(second["secret"])
    with pytest.raises(WebhookVerificationError):
        told.verified_with(first["secret"])


def test_a_secret_that_leaked_ends_at_once(orders: Orders, endpoint: Endpoint) -> None:
    first = registered(orders, endpoint.url)
    second = rotated(orders, first, hours=0)
    placed(orders)
    deliver(orders)
    assert endpoint.told[0].verified_with(second["secret"])
    with pytest.raises(WebhookVerificationError):
        endpoint.told[0].verified_with(first["secret"])


def test_of_three_secrets_the_first_verifies_no_more(orders: Orders, endpoint: Endpoint) -> None:
    first = registered(orders, endpoint.url)
    second, third = rotated(orders, first), rotated(orders, first)
    placed(orders)
    deliver(orders)
    for made in (second, third):
        assert endpoint.told[0].verified_with(made["secret"])
    with pytest.raises(WebhookVerificationError):
        endpoint.told[0].verified_with(first["secret"])


@pytest.mark.parametrize("hours", [-1, 169, "1", 1.5, None])
def test_an_overlap_that_can_not_be_is_refused_and_the_secret_stays(
    orders: Orders, endpoint: Endpoint, hours: Any
) -> None:
    made = registered(orders, endpoint.url)
    answer = orders.buyer.post(f"{WEBHOOKS}/{made['id']}/rotate", {"overlap_hours": hours})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "overlap_hours")
    placed(orders)
    deliver(orders)
    assert endpoint.told[0].verified_with(made["secret"])


def test_a_repeated_rotation_is_one(orders: Orders, endpoint: Endpoint) -> None:
    path = f"{WEBHOOKS}/{registered(orders, endpoint.url)['id']}/rotate"
    first = orders.buyer.post(path, {"overlap_hours": 1}, idempotency_key="k").json
    again = orders.buyer.post(path, {"overlap_hours": 1}, idempotency_key="k").json
    assert again == {**first, "secret": None}


# Failing, healed, gone


def fail(orders: Orders, endpoint: Endpoint, times: int = OPENS_AFTER) -> list[str]:
    """As many orders as the endpoint refuses one step of each."""
    endpoint.answers["kendi"] = 503
    refused = [placed(orders, f"PO-{number}") for number in range(times)]
    deliver(orders)
    assert len(endpoint.told) == times
    return refused


def test_a_failing_endpoint_is_probed_once_in_a_pause_and_heals_by_itself(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    refused = fail(orders, endpoint)
    shown = state(orders, made)
    assert (shown["state"], shown["failures"]) == ("failing", OPENS_AFTER)
    assert datetime.fromisoformat(shown["since"]) <= real_now() < datetime.fromisoformat(shown["probe_at"])
    fresh = placed(orders, "PO-new")
    deliver(orders)
    assert len(endpoint.told) == OPENS_AFTER
    assert not is_due(orders)
    make_due(orders)
    assert is_due(orders)
    deliver(orders)
    assert len(endpoint.told) == OPENS_AFTER + 1
    assert state(orders, made)["failures"] == OPENS_AFTER + 1
    endpoint.answers.clear()
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_endpoint SET probe_at = now()"))
        session.execute(
            text("UPDATE webhook_delivery SET next_at = now() + interval '5 h' WHERE attempts > 0")
        )
    deliver(orders)
    shown = state(orders, made)
    assert (shown["state"], shown["since"], shown["failures"]) == ("on", None, 0)
    assert all(row["delivered_at"] for row in deliveries(orders))
    for order in (*refused, fresh):
        assert [id for id in endpoint.ids() if id.endswith(order)][-2:] == ids_of(orders, order)


def test_a_failing_endpoint_is_none_of_anothers_business(orders: Orders, endpoint: Endpoint) -> None:
    broken = registered(orders, endpoint.url)
    fail(orders, endpoint)
    other = registered_by(orders.buyer, endpoint.url.replace("kendi", "other"))
    endpoint.answers.clear()
    placed(orders, "PO-new")
    deliver(orders)
    assert [told.path for told in endpoint.told[OPENS_AFTER:]] == ["/other", "/other"]
    assert (state(orders, broken)["state"], state(orders, other)["state"]) == ("failing", "on")


def test_an_order_that_is_refused_alone_makes_no_endpoint_fail(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    endpoint.answers[placed(orders)] = 500
    for number in range(OPENS_AFTER + 1):
        placed(orders, f"PO-{number}-fine")
        make_due(orders)
        deliver(orders)
    assert deliveries(orders)[0]["attempts"] > OPENS_AFTER
    assert state(orders, made)["state"] == "on"


def test_who_answers_410_is_switched_off_and_told_on_from_there_when_switched_on(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    endpoint.answers["kendi"] = 410
    order = placed(orders)
    deliver(orders)
    shown = state(orders, made)
    assert (shown["state"], shown["off_because"]) == ("off", "gone")
    assert datetime.fromisoformat(shown["since"]) <= real_now()
    missed = placed(orders, "PO-2")
    make_due(orders)
    assert is_due(orders)  # the steps of the other order have no place in the feed yet
    deliver(orders)
    assert not is_due(orders)
    assert len(endpoint.told) == 1
    endpoint.answers.clear()
    assert change(orders.buyer, made, {"active": True}).json["state"] == "on"
    deliver(orders)
    assert endpoint.ids()[1:] == ids_of(orders, order)
    assert missed not in str(endpoint.ids())


def test_a_buyer_switches_an_endpoint_off_and_on(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    off = change(orders.buyer, made, {"active": False}).json
    assert (off["state"], off["off_because"]) == ("off", "asked")
    deliver(orders)
    assert endpoint.told == []
    change(orders.buyer, made, {"active": True})
    placed(orders, "PO-2")
    deliver(orders)
    assert len(endpoint.told) == 2


# Trying out


def tried(orders: Orders, made: dict[str, Any]) -> dict[str, Any]:
    answer = orders.buyer.post(f"{WEBHOOKS}/{made['id']}/test", {})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json
    return said


def test_a_test_is_a_signed_ping_and_says_what_the_endpoint_said(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    endpoint.says = b"welcome\r\n"
    said = tried(orders, made)
    assert (said["accepted"], said["status"], said["response"], said["error"]) == (True, 200, "welcome", None)
    (ping,) = endpoint.told
    assert ping.verified_with(made["secret"])["type"] == "kendi.orders.ping.v1"
    endpoint.answers["ping"] = 500
    said = tried(orders, made)
    assert (said["accepted"], said["status"], said["error"]) == (False, 500, "answered 500")
    assert deliveries(orders) == []
    assert state(orders, made)["failures"] == 0


def test_a_repeated_test_pings_once(orders: Orders, endpoint: Endpoint) -> None:
    path = f"{WEBHOOKS}/{registered(orders, endpoint.url)['id']}/test"
    first = orders.buyer.post(path, {}, idempotency_key="k")
    assert orders.buyer.post(path, {}, idempotency_key="k").data == first.data
    assert len(endpoint.told) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://169.254.169.254/", "https://10.0.0.1/"])
def test_a_test_reaches_no_address_that_a_delivery_may_not(
    orders: Orders, endpoint: Endpoint, url: str
) -> None:
    """As if it was allowed when it was registered."""
    made = registered(orders, endpoint.url)
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_endpoint SET url = :url"), {"url": url})
    said = tried(orders, made)
    assert (said["accepted"], said["status"], said["response"]) == (False, None, "")
    assert said["error"]


def test_one_test_at_a_time_is_run_for_a_buyer(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    with orders.database.transaction() as session:
        running = text("SELECT pg_advisory_xact_lock(hashtextextended('ping of CHEWY-LOUIS', 0))")
        session.execute(running)
        answer = orders.buyer.post(f"{WEBHOOKS}/{made['id']}/test", {})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert tried(orders, made)["accepted"]


def test_a_redirected_test_is_not_followed(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    endpoint.answers["ping"] = 302
    assert tried(orders, made)["error"] == "answered 302"
    assert [told.path for told in endpoint.told] == ["/kendi"]


def test_an_answer_that_never_ends_is_read_at_its_beginning_only(orders: Orders) -> None:
    def pour(connected: Any) -> None:
        connected.recv(65536)
        try:
            connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
            while True:
                connected.sendall(b"x" * 65536)
        except OSError:
            return

    with a_server(pour) as port:
        said = tried(orders, registered(orders, f"http://127.0.0.1:{port}/kendi"))
    assert (said["accepted"], said["status"]) == (True, 200)
    assert said["response"] == "x" * 299 + "…"


# Outside of a demonstration


NOT_HTTPS = "Give an https address on port 443, without a user name in it."
AT_HOME = "The address leads into a private network."


@pytest.fixture
def demonstrated(orders: Orders, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An endpoint on this machine with an order to be told, kept from a demonstration that is over."""
    made = registered(orders, endpoint.url)
    placed(orders)
    extensions = orders.client.application.extensions
    settings = replace(extensions["kendi"].settings, demo=False)
    monkeypatch.setitem(extensions, "kendi", replace(extensions["kendi"], settings=settings))
    return made


@pytest.mark.parametrize(
    ("url", "said"), [("http://127.0.0.1:1/", NOT_HTTPS), ("https://localhost/", AT_HOME)]
)
def test_only_a_demonstration_takes_an_endpoint_on_this_machine(
    orders: Orders, demonstrated: dict[str, Any], url: str, said: str
) -> None:
    before = state(orders, demonstrated)
    for answer in (
        orders.buyer.post(WEBHOOKS, {"url": url}),
        change(orders.buyer, demonstrated, {"url": url}),
    ):
        assert (answer.status_code, answer.json.get("errors")) == (422, [{"field": "url", "message": said}])
    buyer = Buyer(orders)
    for path in (HOME, f"{HOME}{demonstrated['id']}/change"):
        refused = buyer.submit(path, url=url)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert orders.buyer.get(WEBHOOKS).json == [before]


@pytest.mark.parametrize(("url", "said"), [(None, NOT_HTTPS), ("https://localhost/", AT_HOME)])
def test_only_a_demonstration_tells_an_endpoint_on_this_machine(
    orders: Orders, endpoint: Endpoint, demonstrated: dict[str, Any], url: str | None, said: str
) -> None:
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_endpoint SET url = :url"), {"url": url or endpoint.url})
    pinged = tried(orders, demonstrated)
    assert (pinged["accepted"], pinged["status"], pinged["error"]) == (False, None, said)
    deliver(orders)
    first = deliveries(orders)[0]
    assert (first["attempts"], first["delivered_at"], first["last_error"]) == (1, None, said)
    assert endpoint.told == []
