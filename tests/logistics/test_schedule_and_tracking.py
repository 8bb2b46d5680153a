"""When goods are expected, with what was expected before; and who may follow them without an account."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.clock import advance
from shared.web.access import LOGISTICS
from shared.web.limiting import TRACKING, Limiter
from tests.clock import in_days
from tests.logistics.conftest import CONTAINER, SEAL, Logistics, a_booking
from tests.logistics.test_desk import Visitor

BECAUSE = "The carrier wrote so this morning."


def expect(logistics: Logistics, shipment: dict[str, Any], **body: Any) -> Any:
    told = {"eta": in_days(50).isoformat(), "reason": "weather", "because": BECAUSE, **body}
    return logistics.change(shipment, "schedule", told)


def test_each_estimate_stays_with_who_told_it_and_why(logistics: Logistics) -> None:
    shipment = logistics.booked()
    later = {"etd": in_days(15).isoformat(), "vessel": "MV Later", "voyage": "026E", "reason": "rolled"}
    shown = expect(logistics, shipment, **later).json
    assert (shown["vessel"], shown["etd"]) == ("MV Later", in_days(15).isoformat())
    assert expect(logistics, shipment, **later).json["estimates"] == shown["estimates"]
    first, second = shown["estimates"]
    assert (first["reason"], first["eta"]) == ("booked", a_booking()["eta"])
    assert (second["reason"], second["because"], second["role"]) == ("rolled", BECAUSE, "logistics")
    (event,) = [data for name, data in logistics.told() if name == "shipment_rescheduled"]
    assert (event["vessel"], event["eta"], event["reason"]) == (
        "MV Later", in_days(50).isoformat(), "rolled",
    )  # fmt: skip


def test_what_has_left_is_expected_later_but_did_not_leave_otherwise(logistics: Logistics) -> None:
    shipment = logistics.booked()
    assert "leave later" in expect(logistics, shipment, reason="rolled").json["detail"]
    follow(logistics, shipment, "VESSEL_DEPARTED")
    refused = expect(logistics, shipment, etd=in_days(15).isoformat())
    assert refused.json["errors"][0]["field"] == "etd"
    assert expect(logistics, shipment).json["estimates"][-1]["reason"] == "weather"
    unknown = expect(logistics, shipment, reason="mood")
    assert "missed_connection" in unknown.json["errors"][0]["message"]


def follow(logistics: Logistics, shipment: dict[str, Any], last: str) -> None:
    """The whole way up to a milestone."""
    assert logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}).status_code == 200
    for code in (
        "PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED", "DISCHARGED", "IMPORT_CLEARED",
        "DELIVERED",
    ):  # fmt: skip
        answer = logistics.record(shipment, code)
        assert answer.status_code == 200, answer.text
        if code == last:
            return


def opened(logistics: Logistics, address: str) -> int:
    return int(logistics.client.get(address).status_code)


def test_a_tracking_address_is_revoked_and_renewed(logistics: Logistics) -> None:
    shipment = logistics.booked()
    old = shipment["tracking_url"]
    page = logistics.client.get(old)
    assert (page.headers["X-Robots-Tag"], page.headers["Cache-Control"]) == (
        "noindex, nofollow", "private, no-store",
    )  # fmt: skip
    assert '<meta name="robots" content="noindex, nofollow">' in page.text
    assert logistics.change(shipment, "tracking/revoke", {}).json["tracking_url"] is None
    assert opened(logistics, old) == opened(logistics, "/logistics/track/None") == 404
    new = logistics.change(shipment, "tracking/renew", {}).json["tracking_url"]
    assert (opened(logistics, old), opened(logistics, new)) == (404, 200)


def test_a_tracking_address_runs_out_some_time_after_the_delivery(logistics: Logistics) -> None:
    shipment = logistics.booked()
    follow(logistics, shipment, "DELIVERED")
    for days, status in ((89, 200), (2, 404)):
        with logistics.database.transaction() as session:
            advance(session, timedelta(days=days))
        assert opened(logistics, shipment["tracking_url"]) == status
    renewed = logistics.change(shipment, "tracking/renew", {}).json["tracking_url"]
    assert opened(logistics, renewed) == 200


def test_a_cancelled_shipment_can_be_followed_for_as_long_and_its_address_be_revoked(
    logistics: Logistics,
) -> None:
    shipment = logistics.booked()
    assert logistics.change(shipment, "cancel", {"reason": "no room"}).status_code == 200
    assert "cancelled" in logistics.client.get(shipment["tracking_url"]).text
    refused = logistics.change(shipment, "tracking/renew", {})
    assert (refused.status_code, "was cancelled" in refused.json["detail"]) == (422, True)
    with logistics.database.transaction() as session:
        advance(session, timedelta(days=91))
    assert opened(logistics, shipment["tracking_url"]) == 404
    assert logistics.change(shipment, "tracking/revoke", {}).json["tracking_url"] is None


def test_the_page_gives_another_tracking_address_or_none(logistics: Logistics) -> None:
    shipment, visitor = logistics.booked(), Visitor(logistics, LOGISTICS)
    path = f"/logistics/shipment/{shipment['id']}"
    assert shipment["tracking_url"] in visitor.open(path)
    assert visitor.submit(f"{path}/tracking", what="renew").status_code == 303
    renewed = logistics.staff.get(f"/shipments/{shipment['id']}").json["tracking_url"]
    assert renewed != shipment["tracking_url"] and renewed in visitor.open(path)
    assert visitor.submit(f"{path}/tracking", what="revoke").status_code == 303
    assert "/logistics/track/" not in visitor.open(path)
    assert logistics.change(shipment, "cancel", {"reason": "no room"}).status_code == 200
    late = visitor.submit(f"{path}/tracking", what="renew")
    assert (late.status_code, "nothing more happens to it" in late.text) == (422, True)


@pytest.fixture
def limited(logistics: Logistics) -> Callable[[int], FlaskClient]:
    def limit(most: int) -> FlaskClient:
        app = logistics.client.application
        settings = replace(app.extensions["kendi"].settings, tracking_requests=most)
        app.extensions["limiter"] = Limiter(settings)
        return logistics.client

    return limit


def test_who_tries_many_addresses_is_sent_away(limited: Callable[[int], FlaskClient]) -> None:
    client = limited(3)
    tried = [client.get(f"/logistics/track/{number:032}") for number in range(4)]
    assert [answer.status_code for answer in tried] == [404, 404, 404, 429]
    assert TRACKING in tried[-1].headers["RateLimit-Policy"]


def test_another_vessel_on_the_same_days_is_an_estimate_too(logistics: Logistics) -> None:
    shipment = logistics.booked()
    days = {name: a_booking()[name] for name in ("etd", "eta")}
    shown = expect(logistics, shipment, vessel="MV Other", reason="carrier", **days).json
    assert [(each["reason"], each["because"]) for each in shown["estimates"]] == [
        ("booked", None), ("carrier", BECAUSE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"etd": "9999-12-30", "eta": "9999-12-31"}, "etd"),
        ({"etd": in_days(367).isoformat(), "eta": in_days(380).isoformat()}, "etd"),
        ({"eta": "9999-12-31"}, "eta"),
    ],
)
def test_no_carrier_tells_of_days_so_far_ahead(
    logistics: Logistics, days: dict[str, str], field: str
) -> None:
    refused = expect(logistics, logistics.booked(), **days)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
