"""A simulated time runs on production's real commands and loses no piece."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from kendi.cli import main
from kendi.simulation.drawing import BAND, FULL, LATE, LOAD, drawn
from kendi.simulation.outcome import Outcome, Week, outcome
from kendi.simulation.year import Wanted, lived_through
from services.production.storage import work_order
from shared.clock import business_today
from shared.database import Database

pytestmark = pytest.mark.flow

SMALL = ("--facilities", "8", "--orders", "40", "--days", "90", "--seed", "2")
WANTED_THE_DAY_AFTER_THE_LAST_LOT = text("""
    UPDATE demand SET requested_date = last + 1 FROM (
        SELECT (data ->> 'order_id')::uuid AS order_id,
            max((occurred_at AT TIME ZONE 'Asia/Jakarta')::date) AS last
        FROM outbox_event WHERE type = 'kendi.production.lot_released.v1' GROUP BY 1) AS lots
    WHERE demand.order_id = lots.order_id""")
ONE_LESS_SCRAPPED = text("""
    UPDATE work_order SET scrap = scrap - 1
    WHERE id = (SELECT id FROM work_order WHERE scrap > 0 AND made - scrap < quantity LIMIT 1)
    RETURNING id""")
LABOUR_REPORTED = text("SELECT sum(made * labour_minutes) FROM work_order JOIN item USING (sku)")
NOTHING = Outcome(
    ordered=0,
    good=0,
    scrap=0,
    in_progress=0,
    unallocated=0,
    conserved=True,
    orders=0,
    facilities=0,
    days=0,
    work_orders=0,
    declined=0,
    due=0,
    late=0,
    unplaced=0,
    mean_days_late=0.0,
    longest_days_late=0,
    seconds=1.0,
    orders_per_second=0.0,
    weeks=(),
)


def test_a_season_conserves_every_piece_and_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "month.svg"
    result = CliRunner().invoke(main, ["simulate", *SMALL, "--json", "--out", str(picture)])
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    assert told["conserved"] is True
    assert told["orders"] == 40
    assert told["ordered"] == told["good"] + told["in_progress"] + told["unallocated"]
    assert told["good"] > 0 and told["scrap"] > 0
    assert (told["unallocated"], told["unplaced"]) == (0, 0), "there is somebody skilled for each article"
    assert 0 < sum(week["used"] for week in told["weeks"]) <= sum(week["minutes"] for week in told["weeks"])
    svg = ElementTree.parse(picture).getroot()  # our own
    assert len(svg.findall("{*}rect/{*}title")) == 3 * len(told["weeks"])


def test_a_late_line_is_drawn_as_high_as_its_part_of_the_fullest_week() -> None:
    mondays = date(2026, 3, 2), date(2026, 3, 9)
    weeks = (
        Week(monday=mondays[0], minutes=100, used=40, due=4, missed=0),
        Week(monday=mondays[1], minutes=100, used=40, due=3, missed=1),
    )
    svg = ElementTree.fromstring(drawn(replace(NOTHING, weeks=weeks)))  # our own
    late = [bar.get("height") for bar in svg.findall("{*}rect") if bar.get("fill") == LATE]
    assert late == ["0.0", f"{BAND / 4:.1f}"]


def test_the_load_of_a_week_is_drawn_as_high_as_its_part_of_the_labour_there_was() -> None:
    weeks = (
        Week(monday=date(2026, 3, 2), minutes=200, used=50),
        Week(monday=date(2026, 3, 9), minutes=200, used=196),
        Week(monday=date(2026, 3, 16), minutes=0, used=0),
    )
    svg = ElementTree.fromstring(drawn(replace(NOTHING, weeks=weeks)))  # our own
    bars = [(bar.get("height"), bar.get("fill")) for bar in svg.findall("{*}rect[{*}title]")][::3]
    assert bars == [(f"{BAND / 4:.1f}", LOAD), (f"{BAND * 0.98:.1f}", FULL), ("0.0", LOAD)]


def test_load_lateness_and_misses_are_printed() -> None:
    lived = replace(
        NOTHING,
        orders=40,
        facilities=8,
        days=90,
        ordered=1_000,
        good=700,
        scrap=20,
        in_progress=200,
        unallocated=100,
        due=20,
        late=3,
        unplaced=2,
        mean_days_late=4.5,
        longest_days_late=9,
        weeks=(
            Week(monday=date(2026, 3, 2), minutes=100, used=90),
            Week(monday=date(2026, 3, 9), minutes=300, used=110),
        ),
    )
    printed = lived.in_words()
    for told in (
        "40 orders over 90 days at 8 facilities",
        "1,000 ordered = 700 good + 200 in progress + 100 that no facility has; 20 scrapped on the way",
        "conserved: yes",
        "Load: 50 % of the labour there was",
        "20 lines were wanted by now, 75 % in time, 3 late (by 4.5 days on average, 9 at most)",
        "2 with pieces that no facility has",
    ):
        assert told in printed
    assert "conserved: NO" in replace(lived, conserved=False).in_words()


def test_no_real_facility_is_asked_and_what_is_late_lost_or_carried_over_to_the_next_day_is_counted(
    database_of: Callable[[str], Database],
) -> None:
    database = database_of("production")
    lived = lived_through(database, Wanted(facilities=3, orders=9, days=50, seed=1), say=lambda _: None)
    with database.transaction() as session:
        assert {code[:4] for code in session.execute(select(work_order.c.facility)).scalars()} == {"SIM-"}
        session.execute(WANTED_THE_DAY_AFTER_THE_LAST_LOT)
        today = business_today(session)
        found = outcome(session, today=today, weeks=(), orders=9, facilities=3, days=50, seconds=1.0)
        assert len(session.execute(ONE_LESS_SCRAPPED).all()) == 1
        told = outcome(session, today=today, weeks=(), orders=9, facilities=3, days=50, seconds=1.0)
        reported = session.execute(LABOUR_REPORTED).scalar_one()
    assert found.late == found.due > 0, "packing and the way to the hub take longer than a day"
    assert (found.conserved, told.conserved) == (True, False)
    assert sum(week.used for week in lived.weeks) > reported, "what is left of a day goes into a next piece"


def test_the_only_facility_can_make_what_is_ordered(database_of: Callable[[str], Database]) -> None:
    """By this chance both of its workshops would still learn."""
    wanted = Wanted(facilities=1, orders=3, days=10, seed=15)
    lived = lived_through(database_of("production"), wanted, say=lambda _: None)
    assert (lived.orders, lived.unallocated, lived.conserved) == (3, 0, True)


def test_a_picture_of_another_kind_is_refused_before_anything_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["simulate", "--out", str(tmp_path / "year.jpg")])
    assert result.exit_code == 2
    assert "give a file whose name ends in .svg" in result.output
