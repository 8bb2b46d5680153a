"""What is armed at a place happens there once; what nobody can do is set aside, and stops nothing."""

import logging
from pathlib import Path

import pytest

from shared.failpoints import Failpoint, reach

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
