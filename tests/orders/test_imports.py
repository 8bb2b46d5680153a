"""Many orders at once: each row has its answer, nothing is placed twice, and a killed worker loses nothing."""

import csv
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import tracemalloc
from itertools import repeat
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from kendi.servers import Addresses
from services.orders import imports, tasks
from services.orders.handlers import importing
from services.orders.storage import order, order_import_row, order_line
from shared.messaging.tables import outbox_event
from tests.clock import in_days
from tests.orders.conftest import Caller, Orders

IMPORT, ORDERS = "/orders/v1/orders/import", "/orders/v1/orders"


def a_row(po_number: str = "PO-1", **changes: Any) -> dict[str, Any]:
    return {
        "po_number": po_number,
        "currency": "USD",
        "incoterm": "FCA",
        "named_place": "CY Tanjung Emas",
        "sku": "CR-BALL-07",
        "quantity": "200",
        "requested_date": in_days(300).isoformat(),
        "consignee_name": "Toko",
        "consignee_address": "Jalan 1|Semarang",
        "consignee_country": "ID",
        **changes,
    }


def as_csv(*rows: dict[str, Any]) -> bytes:
    text = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def send(caller: Caller, body: bytes, kind: str = "text/csv", key: str | None = None) -> TestResponse:
    caller.calls += 1
    headers = {
        "Authorization": f"Bearer {caller.key}",
        "Idempotency-Key": key or f"import-{caller.calls}",
        "Content-Type": kind,
    }
    return caller.client.post(IMPORT, data=body, headers=headers)


def work_off(orders: Orders) -> None:
    tasks.work_off_imports(orders.database, None, Event())


def imported(orders: Orders, body: bytes, kind: str = "text/csv") -> list[dict[str, Any]]:
    """The report of an import that was worked off."""
    answer = send(orders.buyer, body, kind)
    assert answer.status_code == 202, answer.text
    work_off(orders)
    done = orders.buyer.get(answer.headers["Location"]).json
    assert (done["state"], done["waiting"]) == ("ended", 0)
    rows: list[dict[str, Any]] = orders.buyer.get(f"{answer.headers['Location']}/rows?limit=200").json
    return rows


def outcomes(rows: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(row["outcome"], row["field"]) for row in rows]


def count(orders: Orders, table: Any = order) -> int:
    with orders.database.transaction() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_rows_of_one_po_number_make_one_order(orders: Orders) -> None:
    rows = imported(orders, as_csv(a_row("A"), a_row("B"), a_row("A", sku="CR-RING-15", quantity="300")))
    assert outcomes(rows) == [("accepted", None)] * 3
    assert rows[0]["order_id"] == rows[2]["order_id"] != rows[1]["order_id"]
    placed = orders.buyer.get(f"{ORDERS}/{rows[0]['order_id']}").json
    assert [(line["sku"], line["ordered"]) for line in placed["lines"]] == [
        ("CR-BALL-07", 200),
        ("CR-RING-15", 300),
    ]
    assert placed["lines"][0]["consignee"]["address"] == ["Jalan 1", "Semarang"]
    (first, *_) = orders.buyer.get(f"{ORDERS}/{placed['id']}/timeline").json
    assert first["actor_role"] == "buyer"


def test_json_lines_say_the_same_as_csv(orders: Orders) -> None:
    rows = [
        a_row("A", quantity=200, unit_price="0.55", consignee_address=["Jalan 1"]),
        a_row("B", quantity=1),
    ]
    body = b"\n".join(json.dumps(row).encode() for row in rows) + b"\nnothing\n"
    assert outcomes(imported(orders, body, "application/x-ndjson")) == [
        ("accepted", None),
        ("accepted", None),
        ("refused", "row"),
    ]


def test_the_same_rows_again_place_nothing_twice_and_others_under_their_number_are_refused(
    orders: Orders,
) -> None:
    rows = [a_row("A"), a_row("A", sku="CR-RING-15"), a_row("B")]
    first = imported(orders, as_csv(*rows))
    again = imported(orders, as_csv(*rows))
    assert [(row["outcome"], row["order_id"]) for row in again] == [
        ("repeated", row["order_id"]) for row in first
    ]
    changed = imported(orders, as_csv(a_row("B", quantity="201")))
    assert outcomes(changed) == [("refused", "po_number")]
    assert count(orders) == 2


def test_rows_say_how_the_order_is_paid_and_which_way_it_goes(orders: Orders) -> None:
    paid = {"payment_terms": "before_documents"}
    table = as_csv(
        a_row("A", **paid, transit="SG|MY"), a_row("A", **paid, transit="-"), a_row("A", **paid), a_row("B")
    )
    rows = imported(orders, table)
    assert outcomes(rows) == [("accepted", None)] * 4
    first, last = (orders.buyer.get(f"{ORDERS}/{rows[n]['order_id']}").json for n in (0, 3))
    assert [line["transit"] for line in first["lines"]] == [["SG", "MY"], [], None]
    assert (first["payment"]["terms"], last["payment"]["terms"]) == ("before_documents", "open_account")
    assert {outcome for outcome, _ in outcomes(imported(orders, table))} == {"repeated"}
    for other in (paid, {"transit": "-"}):
        assert outcomes(imported(orders, as_csv(a_row("B", **other)))) == [("refused", "po_number")]
    wrong = [
        a_row("C", **paid),
        a_row("C"),
        a_row("D", transit=["SG", "XX"]),
        a_row("E", transit=7),
        a_row("F", payment_terms="later"),
        a_row("G", unit_price=0.55),
        a_row("H", transit=["SG"]),
    ]
    body = b"\n".join(json.dumps(row).encode() for row in wrong)
    assert outcomes(imported(orders, body, "application/x-ndjson")) == [
        ("refused", "po_number"),
        ("refused", "payment_terms"),
        ("refused", "transit"),
        ("refused", "transit"),
        ("refused", "payment_terms"),
        ("refused", "unit_price"),
        ("accepted", None),
    ]


def test_a_po_number_that_no_index_takes_refuses_its_row_alone(orders: Orders) -> None:
    long = secrets.token_urlsafe(9_000)
    assert outcomes(imported(orders, as_csv(a_row("A"), a_row(long), a_row("B")))) == [
        ("accepted", None),
        ("refused", "po_number"),
        ("accepted", None),
    ]


@pytest.mark.parametrize("name", ["\ud800", "a\0b"])
def test_a_row_whose_names_are_no_text_is_refused_with_its_order_alone(orders: Orders, name: str) -> None:
    rows = [a_row("A"), a_row("A", **{name: "1"}), a_row("B")]
    body = b"\n".join(json.dumps(row).encode() for row in rows)
    assert outcomes(imported(orders, body, "application/x-ndjson")) == [
        ("refused", "po_number"),
        ("refused", "row"),
        ("accepted", None),
    ]


@pytest.mark.parametrize(
    "content",
    ['{"po_number": ', json.dumps(a_row("A", **{"\ud800": "1"})), json.dumps(a_row("A", **{"a\0b": "1"}))],
    ids=["no JSON", "half a letter", "a zero"],
)
def test_a_kept_row_that_nobody_can_read_is_refused_with_its_order_and_later_imports_go_on(
    orders: Orders, content: str
) -> None:
    first = send(orders.buyer, as_csv(a_row("A"), a_row("B")))
    with orders.database.transaction() as session:
        poisoned = update(order_import_row).where(order_import_row.c.po_number == "A")
        session.execute(poisoned.values(content=content))
    assert outcomes(imported(orders, as_csv(a_row("C")))) == [("accepted", None)]
    rows = orders.buyer.get(f"{first.headers['Location']}/rows?limit=200").json
    assert outcomes(rows) == [("refused", "row"), ("accepted", None)]


@pytest.mark.parametrize("kind", ["text/csv", "application/x-ndjson"])
def test_a_large_file_is_never_held_in_memory_as_a_whole(orders: Orders, kind: str, tmp_path: Path) -> None:
    row = a_row(consignee_name="x" * 1_500)
    head, line, *_ = as_csv(row).splitlines(keepends=True)
    csv_or_json = (head, line) if kind == "text/csv" else (b"", json.dumps(row).encode() + b"\n")
    file = tmp_path / "large"
    with file.open("wb") as written:
        written.write(csv_or_json[0])
        written.writelines(repeat(csv_or_json[1], 8_000))
    headers = {
        "Authorization": f"Bearer {orders.buyer.key}",
        "Idempotency-Key": "large",
        "Content-Type": kind,
        "Content-Length": str(file.stat().st_size),
    }
    with file.open("rb") as sent:
        tracemalloc.start()
        answer = orders.client.post(IMPORT, input_stream=sent, headers=headers)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer.status_code == 202, answer.text
    assert answer.json["waiting"] == 8_000
    assert peak < file.stat().st_size / 2


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("quantity", {"quantity": "64.700"}),
        ("quantity", {"quantity": "0"}),
        ("quantity", {"quantity": "-5"}),
        ("quantity", {"quantity": "1e3"}),
        ("quantity", {"quantity": "9" * 12}),
        ("quantity", {"quantity": ""}),
        ("requested_date", {"requested_date": "31/01/2030"}),
        ("requested_date", {"requested_date": "2020-01-31"}),
        ("unit_price", {"unit_price": "0,55"}),
        ("unit_price", {"unit_price": "0.54"}),
        ("sku", {"sku": "CR-NOPE-99"}),
        ("currency", {"currency": "Rp"}),
        ("currency", {"currency": "EUR"}),
        ("incoterm", {"incoterm": "free"}),
        ("consignee_country", {"consignee_country": "Indonesia"}),
        ("consignee_address", {"consignee_address": "a|b|c|d|e|f|g"}),
        ("consignee_name", {"consignee_name": "turned \u202emoc"}),
        ("po_number", {"po_number": "x" * 61}),
    ],
    ids=str,
)
def test_a_bad_row_is_refused_by_its_field_with_its_whole_order_and_others_go_on(
    orders: Orders, field: str, change: dict[str, Any]
) -> None:
    po_number = change.get("po_number", "A")
    bad, other = a_row(**{"po_number": po_number, **change}), a_row("B")
    rows = imported(orders, as_csv(a_row(po_number, unit_price=""), bad, other))
    if field == "currency":
        assert rows[1]["outcome"] == "refused"
    else:
        assert outcomes(rows)[1] == ("refused", field)
    assert rows[1]["reason"]
    assert (rows[0]["outcome"], rows[2]["outcome"]) == ("refused", "accepted")
    assert count(orders) == 1


def test_rows_of_one_order_that_differ_in_its_header_are_refused(orders: Orders) -> None:
    rows = imported(orders, as_csv(a_row("A"), a_row("A", named_place="Surabaya")))
    assert outcomes(rows) == [("refused", "po_number"), ("refused", "named_place")]
    assert "CY Tanjung Emas" in rows[1]["reason"]


def test_an_order_of_too_many_rows_is_refused_as_a_whole(orders: Orders) -> None:
    rows = imported(orders, as_csv(*[a_row("A")] * 201))
    assert set(outcomes(rows)) == {("refused", "po_number")}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (422, b"po,sku\n1,2\n", "text/csv"),
        (422, as_csv(a_row()) + b"\xff", "text/csv"),
        (422, as_csv(a_row()).splitlines()[0], "text/csv"),
        (422, b"", "application/x-ndjson"),
        (415, as_csv(a_row()), "text/plain"),
        (415, as_csv(a_row()), "application/json"),
        (413, b"x" * (50 * 1024 * 1024), "text/csv"),
    ],
    ids=["header", "encoding", "no row", "nothing", "plain", "json", "50 MB"],
)
def test_a_file_that_can_not_be_read_is_answered_at_once_and_keeps_nothing(
    orders: Orders, status: int, body: bytes, kind: str
) -> None:
    answer = send(orders.buyer, body, kind)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert count(orders, order_import_row) == 0


def test_a_repeated_request_gets_the_first_answer(orders: Orders) -> None:
    first = send(orders.buyer, as_csv(a_row()), key="k")
    again = send(orders.buyer, as_csv(a_row()), key="k")
    assert (again.status_code, again.data) == (202, first.data)
    assert send(orders.buyer, as_csv(a_row("B")), key="k").status_code == 422
    assert count(orders, order_import_row) == 1


def test_an_import_is_its_buyers_own(orders: Orders) -> None:
    address = send(orders.buyer, as_csv(a_row())).headers["Location"]
    assert orders.rival.get(address).status_code == 404
    assert orders.rival.get(f"{address}/rows").status_code == 404
    assert send(orders.office, as_csv(a_row())).status_code == 403


def test_progress_and_report_can_be_read_while_it_works(orders: Orders) -> None:
    address = send(orders.buyer, as_csv(*(a_row(f"PO-{n}") for n in range(60)))).headers["Location"]
    with orders.database.transaction() as session:
        assert imports.is_due(session)
        assert importing.work_off_some(session)
    progress = orders.buyer.get(address).json
    assert (progress["state"], progress["rows"], progress["accepted"], progress["waiting"]) == (
        "working",
        60,
        25,
        35,
    )
    page = orders.buyer.get(f"{address}/rows?limit=2&outcome=accepted")
    assert [row["number"] for row in page.json] == [2, 3]
    link = page.headers["Link"]
    assert [row["number"] for row in orders.buyer.get(link[1 : link.index(">")]).json] == [4, 5]
    assert orders.buyer.get(f"{address}/rows?outcome=lost").status_code == 422


def test_two_workers_at_one_import_place_each_order_once(orders: Orders) -> None:
    send(orders.buyer, as_csv(*(a_row(f"PO-{n}") for n in range(30))))
    with orders.database.transaction() as one, orders.database.transaction() as two:
        assert importing.work_off_some(one)
        assert not importing.work_off_some(two)
    work_off(orders)
    assert count(orders) == 30


WORKER = """
import sys
import time
from threading import Event
from services.orders import imports, tasks
from services.orders.handlers import importing
from shared.database import Database
tasks.work_off_imports(Database(sys.argv[1], sees="service"), None, Event())
"""


def test_twelve_thousand_lines_are_placed_once_though_a_worker_is_killed_over_them(
    orders: Orders, addresses: Addresses
) -> None:
    body = as_csv(*(a_row(f"PO-{n // 100}", quantity=str(1 + n % 100)) for n in range(12_000)))
    address = send(orders.buyer, body).headers["Location"]
    assert orders.buyer.get(address).json["waiting"] == 12_000
    worker = subprocess.Popen([sys.executable, "-c", WORKER, addresses.app_urls["orders"]])
    deadline = time.monotonic() + 60
    while not orders.buyer.get(address).json["accepted"]:
        assert time.monotonic() < deadline
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert 0 < orders.buyer.get(address).json["waiting"] < 12_000
    work_off(orders)
    assert orders.buyer.get(address).json["accepted"] == 12_000
    assert (count(orders), count(orders, order_line)) == (120, 12_000)
    with orders.database.transaction() as session:
        placed = select(func.count()).where(outbox_event.c.type == "kendi.orders.order_placed.v1")
        assert session.execute(placed).scalar_one() == 120
