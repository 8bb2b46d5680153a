"""When an endpoint is worth trying: what its answers make of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.domain.webhook import (
    GIVE_UP_AFTER,
    LONGEST_PROBE,
    OPENS_AFTER,
    REPLAY_GIVES_UP_AFTER,
    SWITCHED_OFF_AFTER,
    Endpoint,
    pause_after,
)
from shared.refusal import Refused

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def an_endpoint(**changes: Any) -> Endpoint:
    return Endpoint(id=UUID(int=1), buyer="B", url="https://example.com/", secret="first", **changes)


def failing(times: int = OPENS_AFTER) -> Endpoint:
    endpoint = an_endpoint()
    for minute in range(times):
        endpoint.failed(NOW + timedelta(minutes=minute))
    return endpoint


def test_an_endpoint_is_failing_after_many_failures_and_since_the_first() -> None:
    assert (failing(OPENS_AFTER - 1).state, failing(OPENS_AFTER - 1).since) == ("on", None)
    assert (failing().state, failing().since) == ("failing", NOW)


def test_one_answer_between_them_begins_the_count_anew() -> None:
    endpoint = failing(OPENS_AFTER - 1)
    assert not endpoint.answered()
    endpoint.failed(NOW)
    assert (endpoint.state, endpoint.failures) == ("on", 1)


def test_an_answer_heals_a_failing_endpoint() -> None:
    endpoint = failing()
    assert endpoint.answered()
    assert (endpoint.state, endpoint.failures, endpoint.since) == ("on", 0, None)


def test_the_pauses_between_probes_grow_to_a_quarter_of_an_hour() -> None:
    endpoint, pauses = failing(OPENS_AFTER - 1), []
    for _ in range(9):
        endpoint.failed(NOW)
        assert endpoint.probe_at is not None
        pauses.append((endpoint.probe_at - NOW).total_seconds())
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900, 900]


@given(failures=st.integers(1, 10_000))
def test_no_number_of_failures_makes_the_pause_longer(failures: int) -> None:
    endpoint = an_endpoint(failures=failures, failing_since=NOW)
    endpoint.failed(NOW)
    assert endpoint.probe_at is None or endpoint.probe_at - NOW <= LONGEST_PROBE


def test_who_fails_for_a_fortnight_is_switched_off() -> None:
    endpoint = failing()
    endpoint.failed(NOW + SWITCHED_OFF_AFTER - timedelta(seconds=1))
    assert endpoint.state == "failing"
    endpoint.failed(NOW + SWITCHED_OFF_AFTER)
    assert (endpoint.state, endpoint.off_because) == ("off", "silent")


def test_who_is_gone_is_off_until_switched_on_again() -> None:
    endpoint = failing()
    endpoint.gone(NOW)
    assert (endpoint.state, endpoint.off_because, endpoint.since) == ("off", "gone", NOW)
    endpoint.switch_off(NOW + timedelta(days=1))
    assert (endpoint.off_because, endpoint.since) == ("gone", NOW)
    with pytest.raises(Refused):
        endpoint.check_on()
    endpoint.switch_on()
    assert (endpoint.state, endpoint.failures) == ("on", 0)
    endpoint.check_on()


def test_another_address_has_not_failed_yet() -> None:
    endpoint = failing()
    endpoint.move("https://example.org/")
    assert (endpoint.url, endpoint.state) == ("https://example.org/", "on")


def test_of_three_secrets_the_last_two_sign() -> None:
    endpoint = an_endpoint()
    for secret in ("second", "third"):
        endpoint.rotate(secret, NOW, timedelta(hours=1))
    assert (endpoint.secret, endpoint.previous_secret) == ("third", "second")
    assert endpoint.previous_secret_until == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("most", "total"),
    [(GIVE_UP_AFTER, timedelta(days=3)), (REPLAY_GIVES_UP_AFTER, timedelta(minutes=7))],
    ids=["first telling", "replay"],
)
def test_trying_ends_after_three_days_and_soon_for_what_is_told_again(most: int, total: timedelta) -> None:
    pauses = [pause_after(tries, most=most) for tries in range(1, most + 1)]
    assert pauses[-1] is None
    assert total <= sum((pause for pause in pauses if pause), timedelta()) < 1.05 * total
