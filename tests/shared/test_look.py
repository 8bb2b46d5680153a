"""What every page relies on: a line's bar that adds up, a page the browser accepts, a small stylesheet."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).parents[2]
WEB = ROOT / "shared" / "web"
TEMPLATES = sorted([*WEB.glob("templates/*.html"), *ROOT.glob("services/*/templates/**/*.html")])
STEPS = ("delivered", "departed", "packed", "good", "started", "allocated")


@pytest.fixture(scope="module")
def templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(WEB / "templates"), extensions=["jinja2.ext.i18n"], autoescape=True
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    environment.filters["number"] = str
    return environment


def a_line(**quantities: int) -> dict[str, Any]:
    """A line in production; the quantities that are not given are nought."""
    every = dict.fromkeys(("ordered", "cancelled", *STEPS), 0) | quantities
    return {"sku": "BAG-1", "state": "in_production", "quantities": every, "hold": None}


def drawn(templates: Environment, line: dict[str, Any]) -> str:
    return str(templates.get_template("bar.html").module.bar(line))  # type: ignore[attr-defined]  # a macro


def numbers_beside(bar: str) -> list[int]:
    return [int(number) for number in re.findall(r"<b>(\d+)</b>", bar)]


@given(steps=st.lists(st.integers(0, 500), min_size=8, max_size=8))
def test_the_parts_of_a_bar_add_up_to_what_was_ordered(templates: Environment, steps: list[int]) -> None:
    reached = dict(zip(STEPS, sorted(steps[:6]), strict=True))
    ordered = max(steps) + 1
    bar = drawn(templates, a_line(ordered=ordered, cancelled=steps[7] % ordered, **reached))
    assert sum(numbers_beside(bar)) == ordered


def test_a_bar_shows_how_far_the_pieces_have_come(templates: Environment) -> None:
    line = a_line(
        ordered=100, cancelled=10, allocated=80, started=70, good=50, packed=40, departed=30, delivered=20
    )
    assert numbers_beside(drawn(templates, line)) == [20, 10, 10, 10, 20, 10, 10, 10]


def test_a_line_without_pieces_is_an_empty_bar(templates: Environment) -> None:
    assert numbers_beside(drawn(templates, a_line())) == []


def test_a_screen_reader_hears_the_numbers_and_why_a_line_is_blocked(templates: Environment) -> None:
    hold = {"purpose": None, "law": ["18 U.S.C. 1761"], "explanation": "It may not enter the United States."}
    bar = drawn(templates, a_line(ordered=1200) | {"state": "policy_blocked", "hold": hold})
    said = re.search(r'role="img" aria-label="([^"]+)"', bar)
    assert said
    assert (
        said[1]
        == "BAG-1: 1200 pieces ordered, 1200 not planned yet. Blocked: It may not enter the United States."
    )


def test_what_comes_from_outside_is_shown_as_text(templates: Environment) -> None:
    hold = {"purpose": "produce", "law": [], "explanation": "<script>alert(1)</script>"}
    assert "<script>" not in drawn(templates, a_line(ordered=1) | {"state": "policy_hold", "hold": hold})


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_nothing_that_the_content_security_policy_refuses(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    refused = re.findall(
        r"<style|<script(?![^>]* src=)[^>]*>|\sstyle=|\son[a-z]+=\"|javascript:|(?:src|href)=\"data:", source
    )
    assert not refused


def test_the_stylesheet_stays_small() -> None:
    assert (WEB / "static" / "style.css").stat().st_size < 20_000
