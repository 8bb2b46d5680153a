"""Every page speaks Indonesian: what the templates say in English has its words in the catalogue."""

import re
from pathlib import Path

import pytest
import yaml
from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from services.logistics.domain import sscc
from shared import reference
from shared.refusal import Refused

ROOT = Path(__file__).parents[2]
KINDS_OF_REFUSAL = [
    kind.__name__ for kind in vars(sscc).values() if isinstance(kind, type) and issubclass(kind, Refused)
]
CATALOGUE = ROOT / "shared" / "web" / "translations" / "id.po"
TEMPLATES = sorted([*ROOT.glob("shared/web/templates/*.html"), *ROOT.glob("services/*/templates/**/*.html")])
AS_THE_APPLICATIONS_DO = {
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "newstyle_gettext": "true",
    "silent": "false",
}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="id", abort_invalid=True)


def messages_of(template: Path) -> set[str]:
    """The English messages of a template; of one with a plural, its singular."""
    found = extract_from_file("jinja2.ext:babel_extract", template, options=AS_THE_APPLICATIONS_DO)
    return {message if isinstance(message, str) else message[0] for _, message, _, _ in found}


def words_of(catalogue: Catalog, message: str) -> tuple[str, ...]:
    """The Indonesian for a message: one text, or one for each plural form; nothing if it is missing."""
    entry = catalogue.get(message)
    if entry is None or entry.fuzzy or not entry.string:
        return ()
    return (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_message_of_a_template_has_its_indonesian(template: Path, catalogue: Catalog) -> None:
    missing = [m for m in sorted(messages_of(template)) if not any(words_of(catalogue, m))]
    assert not missing, f"add to {CATALOGUE.relative_to(ROOT)}: {missing}"


def test_a_translation_fills_in_the_same_values_as_its_message(catalogue: Catalog) -> None:
    for entry in catalogue:
        singular = entry.id if isinstance(entry.id, str) else entry.id[0]
        for text in words_of(catalogue, singular):
            assert placeholders(text) == placeholders(singular), singular


def test_who_owes_a_paper_is_said_in_indonesian(catalogue: Catalog) -> None:
    rules = yaml.safe_load((reference.FOLDER / "documents.yaml").read_text(encoding="utf-8"))["documents"]
    assert not {rule["issuer"] for rule in rules if not catalogue.get(rule["issuer"])}


def placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"%\(\w+\)[sd]|\{\w+(?:!r)?\}", text)))


def test_a_message_stands_once_in_the_catalogue() -> None:
    messages = re.findall(r'^msgid "(.+)"$', CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(messages) == len(set(messages)), sorted(m for m in set(messages) if messages.count(m) > 1)


DESKS = [
    ROOT / "services/orders/domain/acknowledgement.py",
    ROOT / "services/orders/domain/counsel_note.py",
    ROOT / "services/orders/domain/free_lane.py",
    ROOT / "services/orders/domain/hold.py",
    ROOT / "services/orders/domain/need.py",
    ROOT / "services/orders/schemas/counsel_notes.py",
    ROOT / "services/orders/domain/order.py",
    ROOT / "services/orders/domain/webhook.py",
    ROOT / "services/orders/handlers/webhooks.py",
    ROOT / "services/orders/webhooks/address.py",
    ROOT / "services/orders/domain/imported.py",
    ROOT / "services/orders/handlers/importing.py",
    ROOT / "services/orders/handlers/placing.py",
    ROOT / "services/orders/imports.py",
    ROOT / "services/orders/rows.py",
    ROOT / "shared/refusal.py",
    ROOT / "shared/table_rows.py",
    ROOT / "shared/web/access.py",
    ROOT / "shared/web/files.py",
    ROOT / "shared/web/pages.py",
    *ROOT.glob("services/orders/pages/*.py"),
    ROOT / "services/orders/domain/amendment.py",
    ROOT / "services/orders/domain/estimate.py",
    ROOT / "services/orders/domain/taking_back.py",
    *ROOT.glob("services/production/domain/*.py"),
    *ROOT.glob("services/production/handlers/*.py"),
    *ROOT.glob("services/production/pages/*.py"),
    ROOT / "services/production/schemas/facilities.py",
    ROOT / "services/production/schemas/people.py",
    ROOT / "services/production/welfare.py",
    *ROOT.glob("services/logistics/domain/*.py"),
    *ROOT.glob("services/logistics/pages/*.py"),
    *ROOT.glob("services/logistics/handlers/*.py"),
    ROOT / "services/logistics/papers.py",
    ROOT / "services/logistics/scans.py",
    ROOT / "shared/web/schemas.py",
    ROOT / "shared/messaging/operating.py",
    ROOT / "shared/messaging/resending.py",
    ROOT / "shared/web/operations.py",
    ROOT / "shared/web/parked_events.py",
    ROOT / "shared/web/told_events.py",
]
REFUSING = [
    module for module in sorted(DESKS) if "Refused(" in module.read_text() or "entence(" in module.read_text()
]


@pytest.mark.parametrize("module", REFUSING, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_desk_refuses_is_said_in_indonesian(catalogue: Catalog, module: Path) -> None:
    saying = dict.fromkeys(("Refused", "Sentence", "sentence", *KINDS_OF_REFUSAL))
    source = module.read_text(encoding="utf-8")
    assert not re.search(r"(?:Refused|[sS]entence)\(\s*f\"", source), (
        "name the values: a page can't translate these"
    )
    messages = {str(m) for _, m, _, _ in extract_from_file("python", module, keywords=saying)}
    assert messages
    assert [message for message in sorted(messages) if not words_of(catalogue, message)] == []
