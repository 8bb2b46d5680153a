"""Webhooks as a buyer's system gets them: a real server, and the official library to verify with."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import RowMapping, select, text
from standardwebhooks import Webhook, WebhookVerificationError

from services.orders import webhooks
from services.orders.domain.webhook import GIVE_UP_AFTER
from services.orders.storage import webhook_delivery
from shared.clock import real_now
from shared.refusal import Refused
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order

ORDERS, WEBHOOKS = "/orders/v1/orders", "/orders/v1/webhooks"
NOBODYS = "00000000-0000-0000-0000-000000000000"


@dataclass
class Told:
    """One request that the buyer's server got."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified_with(self, secret: str) -> dict[str, Any]:
        message: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return message


@dataclass
class Endpoint:
    """The buyer's server: it keeps what it is told, and refuses the orders that it is to refuse."""

    url: str
    told: list[Told] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    says: bytes = b""

    def answer_to(self, told: Told) -> int:
        self.told.append(told)
        return next((status for part, status in self.answers.items() if part in told.body.decode()), 200)

    def ids(self) -> list[str]:
        return [told.headers["webhook-id"] for told in self.told]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        made = Endpoint(f"http://127.0.0.1:{server.server_port}/kendi")

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(made.answer_to(Told(self.path, headers, body)))
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(made.says)))
                self.end_headers()
                self.wfile.write(made.says)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests say by themselves what went wrong."""

        server.RequestHandlerClass = Answering
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def registered(orders: Orders, url: str) -> dict[str, Any]:
    answer = orders.buyer.post(WEBHOOKS, {"url": url})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def placed(orders: Orders, po_number: str = "PO-1") -> str:
    """An order that needs no release; its timeline begins with two steps."""
    line = a_line(consignee=CONSIGNEE | {"country": "ID"})
    order = orders.buyer.post(ORDERS, an_order(po_number=po_number, lines=[line]))
    assert order.status_code == 201, order.text
    return str(order.json["id"])


def deliver(orders: Orders) -> None:
    webhooks.deliver_due(orders.database, orders.client.application.extensions["kendi"].settings, Event())


def is_due(orders: Orders) -> bool:
    with orders.database.transaction() as session:
        return webhooks.is_due(session)


def deliveries(orders: Orders) -> list[RowMapping]:
    with orders.database.transaction() as session:
        rows = session.execute(select(webhook_delivery).order_by(webhook_delivery.c.id))
        return list(rows.mappings())


def make_due(orders: Orders) -> None:
    with orders.database.transaction() as session:
        session.execute(text("UPDATE webhook_delivery SET next_at = now() WHERE delivered_at IS NULL"))
        session.execute(text("UPDATE webhook_endpoint SET probe_at = now() WHERE probe_at IS NOT NULL"))


def timeline(orders: Orders, order: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = orders.buyer.get(f"{ORDERS}/{order}/timeline").json
    return entries


def ids_of(orders: Orders, order: str) -> list[str]:
    """The ids under which an order's steps are told."""
    return [f"{step['event_id']}_{order}" for step in timeline(orders, order)]


# Telling


def test_each_step_is_told_signed_and_in_its_order(orders: Orders, endpoint: Endpoint) -> None:
    secret = registered(orders, endpoint.url)["secret"]
    order = placed(orders)
    deliver(orders)
    steps = timeline(orders, order)
    assert endpoint.ids() == [f"{step['event_id']}_{order}" for step in steps]
    for told, step in zip(endpoint.told, steps, strict=True):
        message = told.verified_with(secret)
        assert told.path == "/kendi"
        assert (message["type"], message["data"]) == (step["type"], step["data"])
        assert datetime.fromisoformat(message["timestamp"]) == datetime.fromisoformat(step["occurred_at"])
        assert message["order_id"] == message["data"]["order_id"] == order


def test_a_forged_message_is_not_verified(orders: Orders, endpoint: Endpoint) -> None:
    secret = registered(orders, endpoint.url)["secret"]
    placed(orders)
    deliver(orders)
    told = endpoint.told[0]
    forged = Told(told.path, told.headers, told.body.replace(b"1000", b"9000"))
    assert forged.body != told.body
    for wrong, key in ((forged, secret), (told, webhooks.new_secret())):
        with pytest.raises(WebhookVerificationError):
            wrong.verified_with(key)


def test_what_was_told_is_not_told_again(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    placed(orders)
    deliver(orders)
    make_due(orders)
    deliver(orders)
    assert len(endpoint.told) == 2
    assert all(row["delivered_at"] and row["response_status"] == 200 for row in deliveries(orders))


def test_the_other_buyers_orders_are_not_told(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    orders.rival.post(ORDERS, an_order())
    deliver(orders)
    assert endpoint.told == []


def test_each_of_two_endpoints_is_told_with_its_own_secret(orders: Orders, endpoint: Endpoint) -> None:
    one, other = registered(orders, endpoint.url), registered(orders, endpoint.url.replace("kendi", "second"))
    placed(orders)
    deliver(orders)
    for made in (one, other):
        mine = [told for told in endpoint.told if made["url"].endswith(told.path)]
        assert [told.verified_with(made["secret"])["type"].split(".")[2] for told in mine] == [
            "order_placed",
            "clearance_granted",
        ]


# Trying again


def test_a_refused_step_is_tried_later_and_holds_back_only_its_own_order(
    orders: Orders, endpoint: Endpoint
) -> None:
    registered(orders, endpoint.url)
    refused, other = placed(orders), placed(orders, "PO-2")
    endpoint.answers[refused] = 500
    began = real_now()
    deliver(orders)
    first, second = ids_of(orders, refused)
    assert endpoint.ids() == [first, *ids_of(orders, other)]
    failed, waiting, *told = deliveries(orders)
    assert (failed["attempts"], failed["response_status"], failed["delivered_at"]) == (1, 500, None)
    assert 4 < (failed["next_at"] - began).total_seconds() < 30
    assert (waiting["attempts"], waiting["delivered_at"]) == (0, None)
    assert all(row["delivered_at"] for row in told)
    deliver(orders)
    assert len(endpoint.told) == 3
    endpoint.answers.clear()
    make_due(orders)
    deliver(orders)
    assert endpoint.ids()[3:] == [first, second]
    assert [row["attempts"] for row in deliveries(orders)] == [2, 1, 1, 1]


def test_the_pauses_grow(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    endpoint.answers[placed(orders)] = 503
    pauses = []
    for _ in range(3):
        make_due(orders)
        began = real_now()
        deliver(orders)
        pauses.append(round((deliveries(orders)[0]["next_at"] - began).total_seconds() / 5))
    assert pauses == [1, 4, 16]
    assert len(set(endpoint.ids())) == 1


def test_after_days_of_trying_it_is_given_up_and_the_later_steps_go_on(
    orders: Orders, endpoint: Endpoint
) -> None:
    made = registered(orders, endpoint.url)
    order = placed(orders)
    first, second = ids_of(orders, order)
    endpoint.answers[order] = 500
    for _ in range(GIVE_UP_AFTER):
        make_due(orders)
        deliver(orders)
    assert endpoint.ids().count(first) == GIVE_UP_AFTER
    endpoint.answers.clear()
    make_due(orders)
    deliver(orders)
    assert (endpoint.ids().count(first), endpoint.ids()[-1]) == (GIVE_UP_AFTER, second)
    assert endpoint.told[-1].verified_with(made["secret"])["sequence"] == 2
    later, given_up = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries").json
    assert (given_up["sequence"], given_up["delivered_at"], given_up["response_status"]) == (1, None, 500)
    assert datetime.fromisoformat(given_up["given_up_at"]) <= real_now()
    assert (later["sequence"], later["given_up_at"]) == (2, None)
    assert later["delivered_at"]


def test_a_step_that_waits_for_the_one_before_it_wakes_nobody(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    endpoint.answers[placed(orders)] = 500
    assert is_due(orders)
    deliver(orders)
    assert [row["next_at"] <= real_now() for row in deliveries(orders)] == [False, True]
    assert not is_due(orders)


def test_a_redirect_is_not_followed(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    endpoint.answers[placed(orders)] = 307
    deliver(orders)
    assert [told.path for told in endpoint.told] == ["/kendi"]
    assert deliveries(orders)[0]["response_status"] == 307
    assert deliveries(orders)[0]["delivered_at"] is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://10.0.0.1/"])
def test_an_address_that_can_not_be_reached_harms_no_other(
    orders: Orders, endpoint: Endpoint, url: str
) -> None:
    """As if it was reachable, or allowed, when it was registered."""
    broken = registered(orders, endpoint.url)
    registered(orders, endpoint.url)
    with orders.database.transaction() as session:
        change = text("UPDATE webhook_endpoint SET url = :url WHERE id = :id")
        session.execute(change, {"url": url, "id": broken["id"]})
    placed(orders)
    deliver(orders)
    assert len(endpoint.told) == 2
    failed = next(row for row in deliveries(orders) if row["attempts"] and not row["delivered_at"])
    assert failed["last_error"]
    assert failed["next_at"] > real_now()


def test_a_removed_endpoint_is_told_nothing_more(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    removed = orders.client.delete(
        f"{WEBHOOKS}/{made['id']}", headers={"Authorization": f"Bearer {orders.buyer.key}"}
    )
    assert removed.status_code == 204
    placed(orders, "PO-2")
    deliver(orders)
    assert endpoint.told == []


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost./",
        "file:///etc/passwd",
        "https://0.0.0.0/",
        "https://169.254.169.254/latest/meta-data",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a00:1]/",
        "https://[::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[::ffff:0:a00:1]/",
        "https://[::ffff:0:7f00:1]/",
        "https://[64:ff9b:1::a00:1]/",
        "https://[fec0::1]/",
        "https://[2001:0:a00:1::1]/",
        "https://[3fff::1]/",
        "https://[5f00::1]/",
        "https://[::]/",
        "https://168.63.129.16/",
        "https://192.0.0.8/",
        "https://192.88.99.1/",
        "https://198.18.0.1/",
        "https://255.255.255.255/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://0/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https:/127.0.0.1/",
        "https://127.0.0.1#@8.8.8.8/",
        "https://8.8.8.8\\@127.0.0.1/",
        "https://8.8.8.8:443@127.0.0.1/",
        "gopher://8.8.8.8/",
        "data:text/plain,x",
        "//8.8.8.8/",
        "https://user@8.8.8.8/",
        "https://user:password@8.8.8.8/",
        "https://:password@8.8.8.8/",
        "https://8.8.8.8:22/",
        "https://8.8.8.8:99999/",
        "https://8.8.8.8:https/",
        "https://[8.8.8.8/",
        "https://host.invalid/",
        f"https://{'a' * 70}.example/",
        "https://a..example/",
        "https:///path",
    ],
)
def test_an_address_off_the_public_internet_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refusal:
        webhooks.check_address(url, demo=False)
    assert refusal.value.field == "url"


@pytest.mark.parametrize(
    "url",
    ["https://8.8.8.8/", "https://8.8.8.8:443/kendi?buyer=1", "https://[2001:4860:4860::8888]/"],
)
def test_an_https_address_on_the_public_internet_is_taken(url: str) -> None:
    webhooks.check_address(url, demo=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "https://127.0.0.1.nip.invalid/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1@10.0.0.1/",
        "not an address",
        "",
        5,
        None,
    ],
    ids=str,
)
def test_a_bad_address_is_a_problem_even_in_a_demonstration(orders: Orders, url: Any) -> None:
    answer = orders.buyer.post(WEBHOOKS, {"url": url})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["errors"][0]["field"] == "url"
    assert orders.buyer.get(WEBHOOKS).json == []


# Whose they are


def test_the_secret_is_shown_once(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    assert made["secret"].startswith("whsec_")
    listed = orders.buyer.get(WEBHOOKS)
    assert [(row["id"], row["url"], row["state"]) for row in listed.json] == [
        (made["id"], endpoint.url, "on")
    ]
    placed(orders)
    deliver(orders)
    told = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries")
    assert [row["attempts"] for row in told.json] == [1, 1]
    for answer in (listed, told):
        assert made["secret"].removeprefix("whsec_") not in answer.text


def test_a_repeated_registration_is_the_same_endpoint(orders: Orders, endpoint: Endpoint) -> None:
    """Its secret was shown, and is kept in no note of the answer."""
    first = orders.buyer.post(WEBHOOKS, {"url": endpoint.url}, idempotency_key="k").json
    again = orders.buyer.post(WEBHOOKS, {"url": endpoint.url}, idempotency_key="k").json
    assert again == {**first, "secret": None}
    assert len(orders.buyer.get(WEBHOOKS).json) == 1


def test_another_buyers_endpoint_can_not_be_told_from_none(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    rival = {"Authorization": f"Bearer {orders.rival.key}"}
    assert orders.rival.get(WEBHOOKS).json == []
    theirs, none = (orders.client.delete(f"{WEBHOOKS}/{id}", headers=rival) for id in (made["id"], NOBODYS))
    assert (theirs.status_code, none.status_code, theirs.data) == (404, 404, none.data)
    theirs, none = (orders.rival.get(f"{WEBHOOKS}/{id}/deliveries") for id in (made["id"], NOBODYS))
    assert (theirs.status_code, none.status_code, theirs.data) == (404, 404, none.data)
    deliver(orders)
    assert len(endpoint.told) == 2


def test_who_is_no_buyer_has_no_endpoints(orders: Orders, endpoint: Endpoint) -> None:
    assert orders.officer.post(WEBHOOKS, {"url": endpoint.url}).status_code == 403
    assert orders.officer.get(WEBHOOKS).status_code == 403
