"""The pages of webhooks as buyers' people meet them, without a script, in their language."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from services.orders.pages.webhooks import DELIVERIES
from shared.clock import WIB, real_now
from shared.web.access import BUYER, COMPLIANCE
from tests.orders.conftest import Orders
from tests.orders.test_pages import CSRF_TOKEN, Visitor
from tests.orders.test_webhooks import WEBHOOKS, Endpoint, deliver, endpoint, ids_of, placed, registered

__all__ = ["endpoint"]

HOME = "/orders/webhooks/"


class Buyer(Visitor):
    """A person of the buyer, who sends the forms of the pages of webhooks."""

    def __init__(self, orders: Orders, language: str = "en", account: str = "CHEWY-LOUIS") -> None:
        super().__init__(orders, BUYER, account=account, language=language)

    def submit(self, path: str, **typed: Any) -> TestResponse:
        token = CSRF_TOKEN.search(self.open(HOME))
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **typed}, headers=self.headers)


def secret_on(page: str) -> str:
    found = re.search(r"whsec_[\w+/=]+", page)
    assert found is not None, page
    return found[0]


def test_an_endpoint_is_added_and_its_secret_shown_once(orders: Orders, endpoint: Endpoint) -> None:
    buyer = Buyer(orders)
    assert "No endpoint yet" in buyer.open(HOME)
    wanted = "kendi.orders.order_placed.v1"
    added = buyer.submit(HOME, url=endpoint.url, description="the warehouse", event_types=[wanted])
    assert added.status_code == 201
    secret = secret_on(added.text)
    (made,) = orders.buyer.get(WEBHOOKS).json
    for path in (HOME, HOME + made["id"], f"{HOME}{made['id']}/rotate"):
        page = buyer.open(path)
        assert "the warehouse" in page
        assert "whsec_" not in page
    assert made["event_types"] == [wanted]
    placed(orders)
    deliver(orders)
    assert [told.verified_with(secret)["type"] for told in endpoint.told] == [wanted]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://10.0.0.1/", "Alamat ini mengarah ke jaringan pribadi."),
        ("http://example.com/", "Isi alamat https di port 443"),
        ("nonsense", "Isi alamat seperti https://example.com/kendi."),
        ("", "Isi alamat seperti https://example.com/kendi."),
    ],
)
def test_a_bad_address_is_refused_in_the_readers_language_and_stays_as_typed(
    orders: Orders, endpoint: Endpoint, url: str, said: str
) -> None:
    buyer = Buyer(orders, language="id")
    refused = buyer.submit(HOME, url=url, description="gudang")
    assert refused.status_code == 422
    assert said in refused.text
    assert f'value="{url}"' in refused.text
    assert 'value="gudang"' in refused.text
    assert orders.buyer.get(WEBHOOKS).json == []
    made = registered(orders, endpoint.url)
    refused = buyer.submit(f"{HOME}{made['id']}/change", url=url)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert orders.buyer.get(WEBHOOKS).json[0]["url"] == endpoint.url


def test_an_unknown_event_type_in_the_form_is_refused(orders: Orders, endpoint: Endpoint) -> None:
    refused = Buyer(orders).submit(HOME, url=endpoint.url, event_types=["nonsense"])
    assert refused.status_code == 422
    assert "Give a type that the timeline has" in refused.text


def test_an_endpoint_is_changed_and_the_page_shows_what_was_chosen(
    orders: Orders, endpoint: Endpoint
) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    types = ["kendi.orders.order_placed.v1", "kendi.logistics.shipment_departed.v1"]
    changed = buyer.submit(f"{HOME}{made['id']}/change", url=endpoint.url, description="x", event_types=types)
    assert (changed.status_code, changed.headers["Location"]) == (303, HOME + made["id"])
    page = buyer.open(HOME + made["id"])
    assert re.findall(r'value="(kendi[^"]+)" checked', page) == types
    assert "2 event types" in buyer.open(HOME)


def test_a_secret_is_rotated_and_both_verify(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    secret = secret_on(buyer.submit(f"{HOME}{made['id']}/rotate").text)
    placed(orders)
    deliver(orders)
    for each in (secret, made["secret"]):
        assert endpoint.told[0].verified_with(each)
    assert "The secret before this one signs too until" in buyer.open(HOME + made["id"])


def test_off_and_on_and_why_are_shown(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders, language="id"), registered(orders, endpoint.url)
    home = HOME + made["id"]
    buyer.submit(f"{home}/switch", active="off")
    assert "Anda mematikannya" in buyer.open(home)
    buyer.submit(f"{home}/switch", active="on")
    assert "Anda mematikannya" not in buyer.open(home)
    endpoint.answers["kendi"] = 410
    placed(orders)
    deliver(orders)
    assert "ia menjawab 410, Gone" in buyer.open(HOME)
    endpoint.answers.clear()
    buyer.submit(f"{home}/switch", active="on")
    with orders.database.transaction() as session:
        session.execute(
            text("UPDATE webhook_endpoint SET failures = 12, failing_since = now(), probe_at = now()")
        )
    page = buyer.open(home)
    assert "12 kali; dicoba lagi" in page
    buyer.submit(f"{home}/switch", active="on")
    assert "dicoba lagi" not in buyer.open(home)


def test_a_test_message_shows_what_the_endpoint_said_as_text(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    endpoint.says, endpoint.answers["ping"] = b"<script>alert(1)</script>", 500
    page = buyer.submit(f"{HOME}{made['id']}/test").text
    assert "did not take the test message" in page
    assert "It answered 500" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    endpoint.answers.clear()
    assert "The endpoint took the test message" in buyer.submit(f"{HOME}{made['id']}/test").text


def test_the_log_shows_each_delivery_once_and_leads_to_its_attempts(
    orders: Orders, endpoint: Endpoint
) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    home = HOME + made["id"]
    assert "Nothing here" in buyer.open(home)
    for number in range(DELIVERIES):
        placed(orders, f"PO-{number}")
    endpoint.answers["hold"], endpoint.says = 500, b"out of order"
    deliver(orders)
    seen: list[str] = []
    path: str | None = home
    while path:
        page = buyer.open(path)
        seen += re.findall(r'href="(/orders/webhooks/[^"]+/deliveries/\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert len(seen) == len(set(seen)) == 2 * DELIVERIES
    assert "deliveries/" not in buyer.open(f"{home}?state=given_up")
    delivery = buyer.open(seen[0])
    assert "out of order" in delivery
    assert ids_of(orders, orders.buyer.get("/orders/v1/orders").json[0]["id"])[1] in delivery


def test_one_step_and_a_time_are_told_again(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    home = HOME + made["id"]
    placed(orders)
    deliver(orders)
    delivery = re.search(r'href="(/orders/webhooks/[^"]+/deliveries/\d+)"', buyer.open(home))
    assert delivery is not None
    again = buyer.submit(f"{delivery[1]}/replay")
    assert (again.status_code, again.headers["Location"]) == (303, delivery[1])
    deliver(orders)
    assert len(endpoint.told) == 3
    assert "Told again" in buyer.open(delivery[1])
    now = real_now().astimezone(WIB).replace(tzinfo=None)
    hours = {"from": now - timedelta(hours=1), "to": now + timedelta(hours=1)}
    asked = {name: at.isoformat(timespec="minutes") for name, at in hours.items()}
    answer = buyer.submit(f"{home}/replay", **asked)
    assert answer.status_code == 303
    assert "2 steps are told again." in buyer.open(answer.headers["Location"])
    deliver(orders)
    assert len(endpoint.told) == 5
    none = buyer.submit(f"{home}/replay", **asked, undelivered_only="1")
    assert "0 steps are told again." in buyer.open(none.headers["Location"])


def test_a_replay_of_no_time_is_refused_where_it_was_typed(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders, language="id"), registered(orders, endpoint.url)
    path = f"{HOME}{made['id']}/replay"
    refused = buyer.submit(path, **{"from": "2026-03-02T08:00", "to": "2026-03-01T08:00"})
    assert refused.status_code == 422
    assert "Isi waktu setelah yang pertama." in refused.text
    assert 'value="2026-03-02T08:00"' in refused.text
    assert "Isi hari dan jamnya." in buyer.submit(path, to="x").text
    assert "Beri tahu ulang suatu waktu" in buyer.open(path)
    ages = {"from": "0001-01-01T00:00", "to": "9999-12-31T23:59"}
    everything = buyer.submit(path, **ages)
    assert "0 langkah diberitahukan ulang." in buyer.open(everything.headers["Location"])
    zoned = {"from": "2026-03-02T08:00", "to": "2026-03-02T09:00+00:00"}
    assert "Isi hari dan jamnya." in buyer.submit(path, **zoned).text


def test_what_is_off_is_told_nothing_again_and_the_page_says_so(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    home = HOME + made["id"]
    placed(orders)
    deliver(orders)
    buyer.submit(f"{home}/switch", active="off")
    (delivery, _) = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries").json
    refused = buyer.submit(f"{home}/deliveries/{delivery['id']}/replay")
    assert (refused.status_code, "switch it on first" in refused.text) == (422, True)
    assert "The message" in buyer.open(f"{home}/deliveries/{delivery['id']}/replay")


def test_a_removed_endpoint_is_gone_from_the_list(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    assert buyer.submit(f"{HOME}{made['id']}/remove").headers["Location"] == HOME
    assert "No endpoint yet" in buyer.open(HOME)
    assert buyer.client.get(HOME + made["id"]).status_code == 404


def test_the_pages_are_the_buyers_own(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    placed(orders)
    deliver(orders)
    (delivery, _) = orders.buyer.get(f"{WEBHOOKS}/{made['id']}/deliveries").json
    rival = Buyer(orders, account="RIVAL")
    assert made["id"] not in rival.open(HOME)
    for path in ("", "/replay", f"/deliveries/{delivery['id']}"):
        assert rival.client.get(f"{HOME}{made['id']}{path}").status_code == 404
    for form in ("change", "rotate", "switch", "remove", "test", f"deliveries/{delivery['id']}/replay"):
        answer = rival.submit(f"{HOME}{made['id']}/{form}", url=endpoint.url, active="off")
        assert answer.status_code == 404
    assert orders.buyer.get(WEBHOOKS).json[0]["state"] == "on"
    officer = Visitor(orders, COMPLIANCE)
    assert officer.client.get(HOME).status_code == 403
    assert "Webhooks</a>" in Buyer(orders).open("/orders/")
    assert "Webhooks</a>" not in officer.open("/orders/")


def test_a_form_without_its_token_does_nothing(orders: Orders, endpoint: Endpoint) -> None:
    buyer, made = Buyer(orders), registered(orders, endpoint.url)
    for form in ("", f"{made['id']}/rotate", f"{made['id']}/remove", f"{made['id']}/switch"):
        assert buyer.client.post(HOME + form, data={"url": endpoint.url}).status_code == 403
    assert [row["state"] for row in orders.buyer.get(WEBHOOKS).json] == ["on"]
