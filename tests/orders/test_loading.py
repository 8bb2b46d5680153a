"""Reference data comes in once, and only what changed is written and told again."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from kendi.preparing import load_reference
from kendi.servers import Addresses
from services.orders import policies
from services.orders.storage import destination_policy, item
from shared.clock import business_today
from shared.database import Database
from shared.messaging.tables import outbox_event
from shared.reference import BadReference
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.conftest import REPOSITORY
from tests.orders.conftest import rescreenings_asked_for


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REPOSITORY / "reference", tmp_path / "reference"))


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("orders")


def loaded(addresses: Addresses, folder: Path) -> dict[str, int]:
    return load_reference({"orders": addresses.app_urls["orders"]}, folder)["orders"]


def published(database: Database) -> list[str]:
    with database.transaction() as session:
        return list(session.execute(select(outbox_event.c.subject).order_by(outbox_event.c.id)).scalars())


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_everything_comes_in_and_the_second_time_nothing_changes(
    database: Database, addresses: Addresses, folder: Path
) -> None:
    assert loaded(addresses, folder) == {"items": 14, "buyers": 1, "policies": 12}
    assert loaded(addresses, folder) == {"items": 0, "buyers": 0, "policies": 0}
    assert len(published(database)) == 14


def test_a_changed_item_is_published_again_and_no_other(
    database: Database, addresses: Addresses, folder: Path
) -> None:
    loaded(addresses, folder)
    change(folder, "catalogue.yaml", "labour_minutes: 14", "labour_minutes: 15")
    assert loaded(addresses, folder)["items"] == 1
    assert published(database)[14:] == ["item/CR-BALL-07"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("parties.yaml", "prison_families: [bamboo, ", "prison_families: ["),
        ("catalogue.yaml", 'hs6: "5609.00"', 'hs6: "5705.00"'),
        ("catalogue.yaml", "family: coco_rope", "family: coffee_wood"),
    ],
)
def test_open_lines_are_screened_again_where_an_article_or_a_seller_is_another_for_the_rules(
    database: Database, addresses: Addresses, folder: Path, file: str, old: str, new: str
) -> None:
    loaded(addresses, folder)
    change(folder, "catalogue.yaml", "labour_minutes: 14", "labour_minutes: 15")
    loaded(addresses, folder)
    assert rescreenings_asked_for(database) == 1, "the policies that came in, and no minutes of work"
    change(folder, file, old, new)
    loaded(addresses, folder)
    assert rescreenings_asked_for(database) == 2
    loaded(addresses, folder)
    assert rescreenings_asked_for(database) == 2


def test_once_is_enough_for_all_that_a_file_changes(
    database: Database, addresses: Addresses, folder: Path
) -> None:
    loaded(addresses, folder)
    for old, new in (('hs6: "5609.00"', 'hs6: "5705.00"'), ('hs6: "4421.99"', 'hs6: "4421.91"')):
        change(folder, "catalogue.yaml", old, new)
    change(folder, "parties.yaml", "prison_families: [bamboo, ", "prison_families: [")
    assert loaded(addresses, folder)["items"] == 2
    assert rescreenings_asked_for(database) == 2, "the policies that came in, and all that changed"


def test_a_policy_that_is_no_more_in_the_file_is_kept_and_counts_no_more(
    database: Database, addresses: Addresses, folder: Path
) -> None:
    loaded(addresses, folder)
    text = (folder / "destinations.yaml").read_text()
    begin = text.index("  - id: DP-AU-1")
    end = text.index("  - id:", begin + 1)
    (folder / "destinations.yaml").write_text(text[:begin] + text[end:])
    assert loaded(addresses, folder)["policies"] == 1
    with database.transaction() as session:
        query = select(destination_policy).where(destination_policy.c.id == "DP-AU-1")
        gone = session.execute(query).one()
    assert gone.withdrawn_at and gone.withdrawn_by


def test_a_bad_row_is_refused_by_file_and_line_and_nothing_is_loaded(
    database: Database, addresses: Addresses, folder: Path
) -> None:
    change(folder, "catalogue.yaml", "labour_minutes: 14", "labour_minutes: -5")
    with pytest.raises(BadReference, match=r"catalogue\.yaml:\d+: labour_minutes"):
        loaded(addresses, folder)
    assert published(database) == []


def test_who_places_orders_by_the_policies_never_waits_for_an_item_that_is_loaded(
    database: Database, addresses: Addresses, folder: Path
) -> None:
    loaded(addresses, folder)
    change(folder, "catalogue.yaml", "labour_minutes: 14", "labour_minutes: 15")
    publishing = threading.Thread(target=loaded, args=(addresses, folder))
    with database.transaction() as session:
        policies.in_force(session, business_today(session))
        publishing.start()
        until_somebody_waits_for_a_lock(database)
        ball = select(item.c.published).where(item.c.sku == "CR-BALL-07").with_for_update(read=True)
        assert session.execute(ball).scalar_one()["labour_minutes"] == 15
    publishing.join(10)
    assert not publishing.is_alive()


def test_policies_that_cannot_be_read_let_nothing_else_in(
    database: Database, addresses: Addresses, folder: Path
) -> None:
    change(folder, "destinations.yaml", "action: block", "action: stop")
    with pytest.raises(BadReference, match=r"destinations\.yaml:\d+: action"):
        loaded(addresses, folder)
    assert published(database) == []
