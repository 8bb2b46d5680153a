"""An auditor asks for events by step, time and EPC, page by page, and gets what the documents say."""

import json
from typing import Any

from click.testing import CliRunner
from werkzeug.test import TestResponse

from kendi.cli import main
from kendi.servers import Addresses
from tests.logistics.conftest import Logistics
from tests.logistics.test_correcting import at, correct, id_of, reported, sealed
from tests.logistics.test_epcis import errors

__all__ = ["sealed"]


def ask(logistics: Logistics, path: str = "", **query: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {logistics.staff.key}"}
    url = path or "/logistics/epcis/v2/events"
    return logistics.client.get(url, query_string=query or None, headers=headers)


def found(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    events: list[dict[str, Any]] = answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return events


def test_pages_of_a_query_are_the_whole_document(logistics: Logistics, sealed: dict[str, Any]) -> None:
    wrong = id_of(reported(logistics, sealed, milestone="GATE_IN", occurred_at=at(-1)), "GATE_IN")
    right = {"reason": "incorrect_data", "place": "IDSRG", "occurred_at": at(-2)}
    assert correct(logistics, sealed, wrong, **right).status_code == 200
    document = logistics.staff.get(f"/shipments/{sealed['id']}/epcis").json
    assert errors(document) == []
    answer = ask(logistics, perPage=4)
    assert errors(answer.json) == []
    pages = [found(answer)]
    while link := answer.headers.get("Link"):
        answer = ask(logistics, link.partition(">")[0].removeprefix("<"))
        pages.append(found(answer))
    assert all(len(page) == 4 for page in pages[:-1])
    assert [event for page in pages for event in page] == document["epcisBody"]["eventList"]
    (declared,) = [event for page in pages for event in page if "errorDeclaration" in event]
    assert declared["errorDeclaration"]["reason"] == "incorrect_data"


def test_a_query_finds_by_step_time_and_epc(logistics: Logistics, sealed: dict[str, Any]) -> None:
    shipping = found(ask(logistics, EQ_bizStep="shipping,loading"))
    assert {event["bizStep"] for event in shipping} == {"shipping", "loading"}
    assert found(ask(logistics, GE_eventTime=at(1))) == []
    assert found(ask(logistics, LT_eventTime=at(-100))) == []
    carton = next(event for event in found(ask(logistics)) if event["bizStep"] == "packing")["parentID"]
    of_carton = found(ask(logistics, MATCH_epc=carton))
    assert {"commissioning", "receiving", "loading"} <= {event["bizStep"] for event in of_carton}
    assert found(ask(logistics, MATCH_epc="urn:epc:id:sscc:9529900.0999999999")) == []
    container = f"urn:epc:id:bic:{'CSQU3054383'}"
    assert [event["bizStep"] for event in found(ask(logistics, MATCH_epc=container))] == ["shipping"]


def test_of_a_cancelled_shipment_nothing_is_found_or_exported(
    logistics: Logistics, sealed: dict[str, Any], addresses: Addresses
) -> None:
    assert logistics.change(sealed, "cancel", {"reason": "no room"}).status_code == 200
    assert found(ask(logistics)) == []
    env = {"KENDI_LOGISTICS_DATABASE_URL": addresses.app_urls["logistics"]}
    printed = CliRunner().invoke(main, ["export", "epcis", sealed["number"]], env=env)
    assert (printed.exit_code, "was cancelled" in printed.output) == (1, True)


def test_a_query_that_can_not_be_understood_is_refused_by_its_parameter(logistics: Logistics) -> None:
    for name, value in (
        ("GE_eventTime", "yesterday"),
        ("perPage", "0"),
        ("EQ_action", "ADD"),
        ("nextPageToken", "x"),
    ):
        answer = ask(logistics, **{name: value})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["field"] in (name, "after")


def test_a_shipment_is_exported_by_its_number(
    logistics: Logistics, sealed: dict[str, Any], addresses: Addresses
) -> None:
    env = {"KENDI_LOGISTICS_DATABASE_URL": addresses.app_urls["logistics"]}
    printed = CliRunner().invoke(main, ["export", "epcis", sealed["number"]], env=env)
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.output) == logistics.staff.get(f"/shipments/{sealed['id']}/epcis").json
    unknown = CliRunner().invoke(main, ["export", "epcis", "SHP-1999-0001"], env=env)
    assert (unknown.exit_code, "SHP-1999-0001" in unknown.output) == (1, True)
