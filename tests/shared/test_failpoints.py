"""What is armed at a place happens there once; what nobody can do is set aside, and stops nothing."""

import logging
import re
from pathlib import Path

import pytest

from shared.failpoints import PLACES, Failpoint, reach
from tests.conftest import REPOSITORY

PLACE = "relay.claimed"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KENDI_FAILPOINTS", str(tmp_path))
    return tmp_path


def test_what_is_armed_happens_once_and_at_its_place_only(folder: Path) -> None:
    (folder / PLACE).write_text("raise\n")
    reach("relay.published")
    with pytest.raises(Failpoint, match=PLACE):
        reach(PLACE)
    reach(PLACE)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("wrong", [b"explode", b"", b"\xff\xfe", None])
def test_what_nobody_can_do_is_set_aside_and_said_once(
    folder: Path, wrong: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if wrong is None:
        (folder / PLACE).mkdir()
    else:
        (folder / PLACE).write_bytes(wrong)
    with caplog.at_level(logging.ERROR):
        reach(PLACE)
        reach(PLACE)
    assert [path.name for path in folder.iterdir()] == [f"{PLACE}.refused"]
    assert [record.getMessage() for record in caplog.records] == [
        f"failpoint {folder / PLACE} holds none of kill, raise and stop: it is set aside"
    ]


def test_every_place_in_the_code_is_one_of_those_that_are_struck() -> None:
    """``tests/faults/test_failpoints.py`` kills and breaks each of them."""
    code = [file.read_text() for part in ("shared", "services") for file in (REPOSITORY / part).rglob("*.py")]
    assert {place for text in code for place in re.findall(r'\breach\("([^"]*)"\)', text)} == set(PLACES)
