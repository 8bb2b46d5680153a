"""A simulated time runs on production's real commands and loses no piece."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from kendi.cli import main

pytestmark = pytest.mark.flow

SMALL = ("--facilities", "8", "--orders", "40", "--days", "90", "--seed", "1")


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


def test_a_picture_of_another_kind_is_refused_before_anything_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["simulate", "--out", str(tmp_path / "year.jpg")])
    assert result.exit_code == 2
    assert "give a file whose name ends in .svg" in result.output
