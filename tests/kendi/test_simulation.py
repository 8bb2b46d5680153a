"""A simulated time runs on production's real commands and loses no piece."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from kendi.cli import main
from kendi.simulation.outcome import outcome
from kendi.simulation.year import Wanted, lived_through
from services.production.storage import work_order
from shared.clock import business_today
from shared.database import Database

pytestmark = pytest.mark.flow

SMALL = ("--facilities", "8", "--orders", "40", "--days", "90", "--seed", "1")
WANTED_THE_DAY_AFTER_THE_LAST_LOT = text("""
    UPDATE demand SET requested_date = last + 1 FROM (
        SELECT (data ->> 'order_id')::uuid AS order_id,
            max((occurred_at AT TIME ZONE 'Asia/Jakarta')::date) AS last
        FROM outbox_event WHERE type = 'kendi.production.lot_released.v1' GROUP BY 1) AS lots
    WHERE demand.order_id = lots.order_id""")


def test_a_season_conserves_every_piece_and_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "month.svg"
    result = CliRunner().invoke(main, ["simulate", *SMALL, "--json", "--out", str(picture)])
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    assert told["conserved"] is True
    assert told["orders"] == 40
    assert told["ordered"] == told["good"] + told["in_progress"] + told["unallocated"]
    assert told["good"] > 0 and told["scrap"] > 0
    assert 0 < sum(week["used"] for week in told["weeks"]) <= sum(week["minutes"] for week in told["weeks"])
    svg = ElementTree.parse(picture).getroot()  # our own
    assert len(svg.findall("{*}rect/{*}title")) == 3 * len(told["weeks"])


def test_no_real_facility_is_asked_for_work_and_a_line_is_late_when_its_goods_leave_late(
    database_of: Callable[[str], Database],
) -> None:
    database = database_of("production")
    lived_through(database, Wanted(facilities=3, orders=9, days=50, seed=1), say=lambda _: None)
    with database.transaction() as session:
        assert {code[:4] for code in session.execute(select(work_order.c.facility)).scalars()} == {"SIM-"}
        session.execute(WANTED_THE_DAY_AFTER_THE_LAST_LOT)
        today = business_today(session)
        found = outcome(session, today=today, weeks=(), orders=9, facilities=3, days=50, seconds=1.0)
    assert found.late == found.due > 0, "packing and the way to the hub take longer than a day"


def test_a_picture_of_another_kind_is_refused_before_anything_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["simulate", "--out", str(tmp_path / "year.jpg")])
    assert result.exit_code == 2
    assert "give a file whose name ends in .svg" in result.output
