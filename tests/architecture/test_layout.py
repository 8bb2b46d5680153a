"""Who knows one service knows all: the same file names, the same meaning."""

from pathlib import Path

import pytest

from shared.card import all_cards

ROOT = Path(__file__).parents[2]
FILES = {"__init__", "api", "app", "handlers", "loading", "schemas", "storage", "tasks", "views"}
FOLDERS = {"domain", "migrations", "pages", "templates"}
FORBIDDEN_NAMES = ("util", "helper", "manager", "common", "misc", "repository", "processor")
FORBIDDEN_ENDINGS = ("Manager", "Helper", "Util", "Processor", "Base", "Impl", "Repository")


@pytest.mark.parametrize("service", all_cards())
def test_each_service_has_the_same_files(service: str) -> None:
    """A file that outgrew itself is a folder of the same name."""
    folder = ROOT / "services" / service
    assert {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()} >= FILES
    assert {path.name for path in folder.iterdir() if path.is_dir()} >= FOLDERS


@pytest.mark.parametrize("service", all_cards())
def test_each_reaction_is_to_an_event_that_the_service_hears(service: str) -> None:
    import importlib

    from shared.events import contract_of

    reactions = importlib.import_module(f"services.{service}.handlers").REACTIONS
    for event in reactions:
        contract = contract_of(event)
        assert contract.subject_kind in all_cards()[service].hears[contract.owner]


@pytest.mark.parametrize("service", all_cards())
def test_each_service_has_a_test_folder_of_its_own(service: str) -> None:
    assert list((ROOT / "tests" / service).glob("test_*.py"))


def test_no_file_is_a_drawer_for_leftovers() -> None:
    names = [
        path.stem for folder in ("kendi", "services", "shared") for path in (ROOT / folder).rglob("*.py")
    ]
    assert [name for name in names if any(word in name for word in FORBIDDEN_NAMES)] == []


def test_no_class_is_named_for_doing_anything_and_everything() -> None:
    import re

    sources = [path for folder in ("kendi", "services", "shared") for path in (ROOT / folder).rglob("*.py")]
    classes = [
        name for path in sources for name in re.findall(r"^class (\w+)", path.read_text(), re.MULTILINE)
    ]
    assert [name for name in classes if name.endswith(FORBIDDEN_ENDINGS)] == []
