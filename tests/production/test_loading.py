"""Loading the reference facilities twice changes nothing, and never what people have set."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import delete, func, select, update

from services.production import loading, views
from services.production.handlers import capacities
from services.production.storage import agreement, capability, facility, material_lot
from shared import reference
from shared.database import Database
from shared.messaging.tables import outbox_event

EVERY = len(reference.facilities())


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("production")


def load(database: Database) -> int:
    with database.transaction() as session:
        return loading.load(session, Path(reference.FOLDER))["facilities"]


def registered(database: Database) -> list[str]:
    with database.transaction() as session:
        rows = session.execute(select(outbox_event.c.data).order_by(outbox_event.c.id)).scalars()
        return [row["code"] for row in rows]


def test_all_are_registered_at_first_and_none_again(database: Database) -> None:
    assert (load(database), load(database)) == (EVERY, 0)
    assert sorted(registered(database)) == sorted(row.code for row in reference.facilities())


def test_one_that_changed_is_told_again_and_no_other(database: Database) -> None:
    load(database)
    with database.transaction() as session:
        session.execute(update(facility).where(facility.c.code == "LPS-SRG").values(name="Lapas lama"))
    assert load(database) == 1
    assert registered(database)[EVERY:] == ["LPS-SRG"]


def test_the_file_may_say_what_clocks_show_and_others_are_told(database: Database, tmp_path: Path) -> None:
    load(database)
    folder = Path(shutil.copytree(reference.FOLDER, tmp_path / "reference"))
    file = folder / "facilities.yaml"
    first, code, rest = file.read_text().partition("  - code: LPS-SRG\n")
    file.write_text(f"{first}{code}    time_zone: Asia/Makassar\n{rest}")
    with database.transaction() as session:
        assert loading.load(session, folder)["facilities"] == 1
        told = session.execute(select(outbox_event.c.data).order_by(outbox_event.c.id)).scalars().all()
        zone = session.execute(select(facility.c.time_zone).where(facility.c.code == "LPS-SRG")).scalar_one()
    assert {each["time_zone"] for each in told[:EVERY]} == {"Asia/Jakarta"}
    assert (told[EVERY]["code"], told[EVERY]["time_zone"], zone) == (
        "LPS-SRG",
        "Asia/Makassar",
        "Asia/Makassar",
    )


def test_what_people_have_set_is_left_alone(database: Database) -> None:
    load(database)
    with database.transaction() as session:
        capacities.set_capacity(session, code="LPS-SRG", open_minutes=240, workers={"coco_rope": 7})
        session.execute(update(facility).where(facility.c.code == "LPS-SRG").values(place="elsewhere"))
    assert load(database) == 1
    with database.transaction() as session:
        set_by_people = views.capacity_of(session, "LPS-SRG")
    assert set_by_people["open_minutes"] == 240
    assert set_by_people["workers"]["coco_rope"] == 7


def test_a_family_that_is_new_is_added_to_a_facility_that_is_known(database: Database) -> None:
    load(database)
    with database.transaction() as session:
        session.execute(delete(capability).where(capability.c.family == "coffee_wood"))
    assert load(database) == 0
    with database.transaction() as session:
        added = session.execute(
            select(func.count()).select_from(capability).where(capability.c.family == "coffee_wood")
        ).scalar_one()
    assert added == 1


def test_agreements_of_the_file_are_added_once_and_what_people_amended_since_stays(
    database: Database, tmp_path: Path
) -> None:
    shutil.copytree(reference.FOLDER, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "agreements.yaml"
    told = yaml.safe_load(file.read_text())
    others = told["agreements"]
    span = {"valid_from": date(2036, 1, 1), "valid_to": date(2036, 12, 31)}
    following = {**others[0], "number": "DEMO-PKS-01/LPS-SRG/2036", **span}

    def agreed() -> dict[str, date]:
        file.write_text(yaml.safe_dump(told))
        with database.transaction() as session:
            loading.load(session, tmp_path)
            return {row.number: row.valid_to for row in session.execute(select(agreement))}

    first = agreed()
    assert first.keys() == {one["number"] for one in others}
    amended, until = others[0]["number"], first[others[0]["number"]] - timedelta(days=1)
    with database.transaction() as session:
        session.execute(update(agreement).where(agreement.c.number == amended).values(valid_to=until))
    told["agreements"] = [*others, following]
    assert agreed() == {**first, amended: until, following["number"]: span["valid_to"]}


def test_material_of_the_file_is_added_once_and_what_was_used_since_stays_used(
    database: Database, tmp_path: Path
) -> None:
    shutil.copytree(reference.FOLDER, tmp_path, dirs_exist_ok=True)

    def stock() -> dict[str, tuple[int, int]]:
        with database.transaction() as session:
            loading.load(session, tmp_path)
            lots = session.execute(select(material_lot)).all()
        return {lot.number: (int(lot.quantity), int(lot.used)) for lot in lots}

    first = stock()
    with database.transaction() as session:
        session.execute(update(material_lot).values(used=1))
    assert stock() == {number: (quantity, 1) for number, (quantity, _) in first.items()}
    file = tmp_path / "materials.yaml"
    told = yaml.safe_load(file.read_text())
    (purwodadi,) = [one for one in told["stock"] if one["facility"] == "LPS-PWD"]
    purwodadi["lots"] = [{**lot, "quantity": "1"} for lot in purwodadi["lots"]]
    purwodadi["lots"].append({"material": "cotton", "quantity": "5"})
    file.write_text(yaml.safe_dump(told))
    again = stock()
    assert {number: again.pop(number) for number in again.keys() - first.keys()} == {
        "MAT-PWD-0-COTTON": (5, 0)
    }
    assert again == {number: (quantity, 1) for number, (quantity, _) in first.items()}


def test_children_and_those_who_take_no_part_are_never_able(database: Database) -> None:
    load(database)
    with database.transaction() as session:
        able = set(session.execute(select(capability.c.facility)).scalars())
    producing = {row.code for row in reference.facilities() if row.producing}
    assert able == producing
    assert not any(code.startswith(("LPKA", "BPS")) for code in able)
