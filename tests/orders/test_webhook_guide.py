"""What docs/webhooks.md says to those who receive is so."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.orders.domain import webhook as rules
from services.orders.handlers.webhooks import MOST_REPLAYED
from services.orders.webhooks import excerpt, keeping, sending
from services.orders.webhooks.message import headers
from shared.clock import real_now
from tests.orders.conftest import Orders
from tests.orders.test_webhooks import Endpoint, deliver, endpoint, make_due, placed, registered

__all__ = ["endpoint"]

GUIDE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


@pytest.fixture
def receive() -> Callable[..., int]:
    """The guide's own code."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    received: Callable[..., int] = names["receive"]
    return received


def test_the_guides_code_takes_each_message_once(
    orders: Orders,
    endpoint: Endpoint,
    receive: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = registered(orders, endpoint.url)["secret"]
    order = placed(orders)
    deliver(orders)
    for told in (*endpoint.told, *endpoint.told):
        assert receive(told.headers, told.body, secret) == 204
    assert capsys.readouterr().out.splitlines() == [
        f"kendi.orders.order_placed.v1 {order} 1",
        f"kendi.orders.clearance_granted.v1 {order} 2",
    ]
    assert receive(endpoint.told[0].headers, endpoint.told[1].body, secret) == 401


@pytest.mark.parametrize("minutes", [6, -6])
def test_a_message_of_another_time_is_refused(receive: Callable[..., int], minutes: int) -> None:
    secret = "whsec_" + "QUJD" * 8
    sent_at = real_now() - timedelta(minutes=minutes)
    signed = headers("id", "{}", secrets=[secret], at=sent_at)
    with pytest.raises(WebhookVerificationError, match="timestamp"):
        Webhook(secret).verify("{}", signed)
    assert receive(signed, "{}", secret) == 401


def test_the_message_has_the_fields_of_the_guide_and_no_others(orders: Orders, endpoint: Endpoint) -> None:
    secret = registered(orders, endpoint.url)["secret"]
    placed(orders)
    deliver(orders)
    make_due(orders)
    table = re.findall(r"^\| `([\w-]+)(?:: true)?` \|", GUIDE, re.MULTILINE)
    told = endpoint.told[0]
    ours = {name for name in told.headers if name.startswith(("webhook", "kendi"))}
    assert list(told.verified_with(secret)) == [name for name in table if "-" not in name]
    assert ours == {name for name in table if "-" in name} - {"kendi-replay"}


def test_the_guides_figures_are_those_of_the_code() -> None:
    guide = " ".join(GUIDE.split())
    assert rules.GIVE_UP_AFTER == 19
    assert "(nineteen attempts)" in guide
    assert rules.OPENS_AFTER == 10
    assert "(ten failures one after the other)" in guide
    assert rules.MOST_ENDPOINTS == 10
    assert "ten endpoints" in guide
    assert rules.REPLAY_GIVES_UP_AFTER == 5
    assert "tried five times" in guide
    assert (rules.SWITCHED_OFF_AFTER.days, sending.SECONDS_FOR_ALL, MOST_REPLAYED) == (14, 5, 1000)
    assert excerpt.MOST == 300
    assert "first 300 characters" in guide
    assert keeping.KEPT == "30 days"
