"""The whole story, by the command that a newcomer runs."""

import importlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from pypdf import PdfReader
from sqlalchemy import select, text

from kendi.accounts import sign_in_as
from kendi.doctor import summary
from kendi.servers import Servers
from shared.card import all_cards
from shared.database import Database
from shared.messaging.tables import outbox_event
from shared.sight import SERVICE
from shared.text import has_identity_number
from shared.web.access import BUYER, FACILITY, KANWIL, LOGISTICS, create_key
from shared.web.problems import is_api
from tests.conftest import REPOSITORY, SIGNING_KEYS
from tests.logistics.test_epcis import errors
from tests.matrix import any_value
from tests.papers import read_at_once

UUIDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Digits and hyphens too, of nobody."""

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What ``kendi demo`` printed, and the folder with what it made."""
    data = tmp_path_factory.mktemp("story")
    played = subprocess.run(
        [sys.executable, "-m", "kendi", "demo", "--data", str(data)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-3000:]
    return played.stdout, data / "demo"


@pytest.fixture(scope="module")
def timeline(story: tuple[str, Path]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((story[1] / "timeline.json").read_text())
    return entries


def about(timeline: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in timeline if entry["type"].split(".")[2] == kind]


def test_the_line_for_the_united_states_was_never_worked_on(timeline: list[dict[str, Any]]) -> None:
    (placed,) = about(timeline, "order_placed")
    (blocked,) = [line for line in placed["data"]["lines"] if line["screening"] == "block"]
    assert blocked["consignee"]["country"] == "US"
    assert [entry for entry in timeline if entry["line"] == blocked["number"]] == []


def test_every_release_was_signed_by_two_roles_before_its_clearance(timeline: list[dict[str, Any]]) -> None:
    signed: dict[tuple[int, str], list[str]] = {}
    for entry in timeline:
        key = (entry["line"], entry["data"].get("purpose"))
        if entry["type"] == "kendi.orders.release_signed.v1":
            signed.setdefault(key, []).append(entry["data"]["role"])
        if entry["type"] == "kendi.orders.clearance_granted.v1":
            assert sorted(signed[key]) == ["compliance_officer", "kanwil"]
    assert len(signed) == 2 * 5


def test_the_buyer_acknowledged_who_made_what_goes_to_the_union(timeline: list[dict[str, Any]]) -> None:
    assert sorted(entry["line"] for entry in about(timeline, "acknowledgement_given")) == [1, 2, 3]


def test_what_one_facility_declined_others_made(timeline: list[dict[str, Any]]) -> None:
    (declined,) = about(timeline, "work_order_declined")
    offered = [
        entry["data"]
        for entry in about(timeline, "work_order_offered")
        if entry["line"] == declined["line"] and entry["data"]["facility"] != declined["data"]["facility"]
    ]
    (placed,) = about(timeline, "order_placed")
    ordered = next(line["quantity"] for line in placed["data"]["lines"] if line["number"] == declined["line"])
    assert sum(data["quantity"] for data in offered) == ordered


def test_every_piece_is_accounted_for_from_order_to_delivery(timeline: list[dict[str, Any]]) -> None:
    (placed,) = about(timeline, "order_placed")
    ordered = {
        line["number"]: line["quantity"] for line in placed["data"]["lines"] if line["screening"] == "hold"
    }
    assert sum(line["quantity"] for line in placed["data"]["lines"]) == 64_700
    for kind in ("lot_released", "cartons_packed", "cartons_gathered"):
        assert _summed(entry["data"] for entry in about(timeline, kind)) == ordered
    for kind in ("shipment_departed", "shipment_delivered"):
        assert _summed(part for entry in about(timeline, kind) for part in entry["data"]["lines"]) == ordered
    assert any(entry["data"]["rework"] for entry in about(timeline, "work_order_inspected"))


def _summed(parts: Any) -> dict[int, int]:
    sums: Counter[int] = Counter()
    for part in parts:
        sums[part["line"]] += part["quantity"]
    return dict(sums)


def test_each_delivered_line_was_closed(timeline: list[dict[str, Any]]) -> None:
    assert sorted(entry["line"] for entry in about(timeline, "order_line_closed")) == [1, 2, 3, 4, 5]


def test_the_buyer_was_told_every_step(story: tuple[str, Path], timeline: list[dict[str, Any]]) -> None:
    assert f"{len(timeline)} steps; the buyer's endpoint received each of them, signed" in story[0]


def test_the_papers_show_what_was_shipped(story: tuple[str, Path], timeline: list[dict[str, Any]]) -> None:
    first = about(timeline, "shipment_delivered")[0]["data"]["lines"]
    pieces = f"{sum(part['quantity'] for part in first):,}"
    for name in ("packing-list.pdf", "invoice.pdf"):
        text = "".join(page.extract_text() for page in PdfReader(story[1] / name).pages)
        assert pieces in text
        assert "Lapas" in text
    cartons = about(timeline, "shipment_planned")[0]["data"]["cartons"]
    assert len(PdfReader(story[1] / "labels.pdf").pages) == cartons


def test_the_epcis_document_is_valid(story: tuple[str, Path]) -> None:
    assert errors(json.loads((story[1] / "epcis.json").read_text())) == []


def test_nothing_that_was_made_or_told_holds_an_identity_number(story: tuple[str, Path]) -> None:
    papers = (page for file in story[1].glob("*.pdf") for page in read_at_once(file.read_bytes()))
    files = (file.read_text() for file in story[1].glob("*.json"))
    with Servers(story[1] / "system", list(all_cards()), fsync=False) as servers:
        told = [text for url in servers.addresses.app_urls.values() for text in _told(url)]
    assert len(told) > 300
    made = (story[0], *papers, *files, *told)
    assert [text[:200] for text in made if has_identity_number(UUIDS.sub("", text))] == []


def _told(url: str) -> list[str]:
    """The data of every event that a service recorded."""
    database = Database(url, sees=SERVICE, pool_size=1)
    with database.transaction() as session:
        told = [json.dumps(data) for data in session.execute(select(outbox_event.c.data)).scalars()]
    database.close()
    return told


def test_the_audit_finds_every_number_the_same_in_every_database(story: tuple[str, Path]) -> None:
    with Servers(story[1] / "system", list(all_cards()), fsync=False) as servers:
        looked_at = summary(servers.addresses.app_urls)
    assert (looked_at.orders, looked_at.good, looked_at.on_their_way) == (1, True, ())
    assert looked_at.effects == looked_at.deliveries > 300


def test_no_event_log_table_key_of_the_broker_paper_page_or_answer_elsewhere_holds_a_workers_code_or_id(
    story: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = [page for file in story[1].glob("*.pdf") for page in read_at_once(file.read_bytes())]
    files = [file.read_text() for file in (*story[1].glob("*.json"), *story[1].rglob("*.log"))]
    with Servers(story[1] / "system", list(all_cards()), fsync=False) as servers:
        urls = servers.addresses.app_urls
        kept = rows_of(urls["production"], "worker")
        codes = {word for row in kept for word in (row["id"], row["code"])}
        assert len(kept) == 6 and any(
            row["kind"] == "shared" for row in rows_of(urls["production"], "premi_entry")
        )
        found = [story[0], *papers, *files, *in_the_broker(servers.addresses.admin_broker_url)]
        for service, url in urls.items():
            tables = TOLD if service == "production" else tables_of(url)
            found += [json.dumps(row, default=str) for table in tables for row in rows_of(url, table)]
            monkeypatch.setenv(f"KENDI_{service.upper()}_DATABASE_URL", url)
            monkeypatch.setenv(f"KENDI_{service.upper()}_BROKER_URL", servers.addresses.broker_urls[service])
        monkeypatch.setenv("KENDI_SIGNING_KEYS", SIGNING_KEYS)
        monkeypatch.setenv("KENDI_DEMO", "1")
        own = list(everything_to_read("production", urls["production"], FACILITY, "LPS-SRG"))
        assert any(code in text for text in own for code in codes), "they stand on the facility's own pages"
        for service, role, account in READERS:
            read = list(everything_to_read(service, urls[service], role, account))
            assert len(read) > 10, (service, role)
            found += read
    assert len(found) > 1_000
    assert [text[:200] for text in found if any(code in text for code in codes)] == []


TOLD = ("outbox_event", "inbox")
READERS = (
    ("orders", BUYER, "CHEWY-LOUIS"),
    ("orders", KANWIL, None),
    ("production", KANWIL, None),
    ("logistics", LOGISTICS, None),
    ("logistics", KANWIL, None),
)


def in_the_broker(url: str) -> list[str]:
    """Each key with its value, of whatever kind, as one dump of all of them would have it."""
    with redis.Redis.from_url(url) as broker:
        canaries: dict[str, Callable[[str], Any]] = {
            "canary-string": lambda key: broker.set(key, "of a string"),
            "canary-list": lambda key: broker.lpush(key, "of a list"),
            "canary-hash": lambda key: broker.hset(key, "field", "of a hash"),
            "canary-set": lambda key: broker.sadd(key, "of a set"),
            "canary-zset": lambda key: broker.zadd(key, {"of a zset": 1}),
        }
        for key, put in canaries.items():
            put(key)
        read: dict[bytes, Callable[[Any], Any]] = {
            b"string": broker.get,
            b"list": lambda key: broker.lrange(key, 0, -1),
            b"hash": broker.hgetall,
            b"set": broker.smembers,
            b"zset": lambda key: broker.zrange(key, 0, -1),
        }
        found = [f"{key!r} {read[broker.type(key)](key)!r}" for key in broker.scan_iter()]
        broker.delete(*canaries)
    assert sum("of a " in each for each in found) == len(canaries), "all kinds are read"
    return found


def rows_of(url: str, table: str) -> list[dict[str, Any]]:
    database = Database(url, sees=SERVICE, pool_size=1)
    with database.transaction() as session:
        rows = session.execute(text(f"SELECT to_jsonb(t) FROM {table} t")).scalars().all()
    database.close()
    return list(rows)


def tables_of(url: str) -> list[str]:
    database = Database(url, sees=SERVICE, pool_size=1)
    with database.transaction() as session:
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        tables = list(session.execute(text(named)).scalars())
    database.close()
    return tables


def everything_to_read(service: str, url: str, role: str, account: str | None) -> Iterator[str]:
    """What each address of a service answers to a GET of somebody, of the newest thing of each kind."""
    app = importlib.import_module(f"services.{service}.app").create_app()
    serving = app.extensions["kendi"]
    with serving.database.transaction(sees=SERVICE) as session:
        key = create_key(session, name="reader", role=role, account=account)
        email = f"{role}@reader.example"
        token = sign_in_as(session, email=email, name="reader", role=role, account=account)
    client = app.test_client()
    client.set_cookie(f"kendi-{service}", token)
    known = ids_of(url)
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods:
                continue
            values = {name: any_value(rule._converters[name], known.get(name)) for name in rule.arguments}
            values |= {name: known[name] for name in rule.arguments if name in known}
            address = app.url_map.bind("localhost").build(rule.endpoint, values, method="GET")
            headers = {"Authorization": f"Bearer {key}"} if is_api(address) else {}
            with client.get(address, headers=headers) as answer:
                read = answer.data if answer.status_code == 200 else b""
            assert answer.status_code < 500, address
            if read and answer.mimetype == "application/pdf":
                yield "".join(read_at_once(read))
            elif read:
                yield read.decode("utf-8", "replace")
    serving.close()


def ids_of(url: str) -> dict[str, Any]:
    """Of the newest thing of each kind its id, by the name that addresses have for it: ids grow with time."""
    tables = set(tables_of(url))
    found: dict[str, Any] = {"line": 1, "code": "LPS-SRG", "sku": "CR-BALL-07"}
    for name, table, column in (
        ("order_id", "buyer_order", "id"),
        ("shipment_id", "shipment", "id"),
        ("shipment_id", "shipment_lot", "shipment_id"),
        ("work_order_id", "work_order", "id"),
        ("lot", "lot", "code"),
        ("sscc", "carton", "sscc"),
        ("agreement_id", "agreement", "id"),
    ):
        if rows := rows_of(url, table) if table in tables else []:
            found[name] = max(row[column] for row in rows)
    return found
