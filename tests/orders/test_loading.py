"""Reference data comes in once, and only what changed is written and told again."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from services.orders.loading import load
from services.orders.storage import destination_policy
from shared.database import Database
from shared.messaging.tables import outbox_event
from shared.reference import BadReference
from tests.conftest import REPOSITORY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REPOSITORY / "reference", tmp_path / "reference"))


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("orders")


def loaded(database: Database, folder: Path) -> dict[str, int]:
    with database.transaction() as session:
        return load(session, folder)


def published(database: Database) -> list[str]:
    with database.transaction() as session:
        return list(session.execute(select(outbox_event.c.subject).order_by(outbox_event.c.id)).scalars())


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_everything_comes_in_and_the_second_time_nothing_changes(database: Database, folder: Path) -> None:
    assert loaded(database, folder) == {"items": 14, "buyers": 1, "policies": 12}
    assert loaded(database, folder) == {"items": 0, "buyers": 0, "policies": 0}
    assert len(published(database)) == 14


def test_a_changed_item_is_published_again_and_no_other(database: Database, folder: Path) -> None:
    loaded(database, folder)
    change(folder, "catalogue.yaml", "labour_minutes: 14", "labour_minutes: 15")
    assert loaded(database, folder)["items"] == 1
    assert published(database)[14:] == ["item/CR-BALL-07"]


def test_a_policy_that_is_no_more_in_the_file_is_kept_and_counts_no_more(
    database: Database, folder: Path
) -> None:
    loaded(database, folder)
    text = (folder / "destinations.yaml").read_text()
    begin = text.index("  - id: DP-AU-1")
    end = text.index("  - id:", begin + 1)
    (folder / "destinations.yaml").write_text(text[:begin] + text[end:])
    assert loaded(database, folder)["policies"] == 1
    with database.transaction() as session:
        query = select(destination_policy).where(destination_policy.c.id == "DP-AU-1")
        gone = session.execute(query).one()
    assert gone.withdrawn_at and gone.withdrawn_by


def test_a_bad_row_is_refused_by_file_and_line_and_nothing_is_loaded(
    database: Database, folder: Path
) -> None:
    change(folder, "catalogue.yaml", "labour_minutes: 14", "labour_minutes: -5")
    with pytest.raises(BadReference, match=r"catalogue\.yaml:\d+: labour_minutes"):
        loaded(database, folder)
    assert published(database) == []
