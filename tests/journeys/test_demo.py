"""The whole story, by the command that a newcomer runs."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from kendi.doctor import summary
from kendi.servers import Servers
from shared.card import all_cards
from shared.database import Database
from shared.messaging.tables import outbox_event
from shared.sight import SERVICE
from shared.text import has_identity_number
from tests.conftest import REPOSITORY
from tests.logistics.test_epcis import errors

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
    papers = (page.extract_text() for file in story[1].glob("*.pdf") for page in PdfReader(file).pages)
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
