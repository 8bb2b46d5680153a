"""What is promised to other services stays promised."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.card import all_cards
from shared.events import CONTRACTS, Contract
from shared.events.contract import schema_of

SAMPLES = Path(__file__).parent / "samples"


def sample_of(contract: Contract) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((SAMPLES / f"{contract.type}.json").read_text())
    return sample


def as_far_as(sample: Any, dumped: Any) -> Any:
    """What was dumped, of the fields that the sample has, inner ones too."""
    if isinstance(sample, dict):
        return {name: as_far_as(sample[name], dumped[name]) for name in sample}
    if isinstance(sample, list) and len(sample) == len(dumped):
        return [as_far_as(one, other) for one, other in zip(sample, dumped, strict=True)]
    return dumped


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.type)
def test_the_first_sample_of_each_version_can_be_read_for_ever(contract: Contract) -> None:
    sample = sample_of(contract)
    dumped = contract.dump(contract.load(sample))
    assert as_far_as(sample, dumped) == sample, "a field that came later has its default"


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.type)
def test_a_field_that_a_reader_does_not_know_is_ignored(contract: Contract) -> None:
    sample = sample_of(contract)
    assert contract.load({**sample, "added_in_a_later_version": 1}) == contract.load(sample)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.type)
def test_a_field_once_promised_is_never_taken_away(contract: Contract) -> None:
    required = {name for name, field in schema_of(contract.event).fields.items() if field.required}
    assert required <= set(sample_of(contract)), "a new field needs a default, or a new version of the type"


def test_each_service_emits_about_the_subjects_it_owns_and_no_others() -> None:
    for card in all_cards().values():
        emitted = {c.subject_kind for c in CONTRACTS.values() if c.owner == card.name}
        assert emitted == set(card.owns)


def test_who_hears_a_subject_hears_one_that_its_publisher_owns() -> None:
    cards = all_cards()
    for card in cards.values():
        for publisher, kinds in card.hears.items():
            assert set(kinds) <= set(cards[publisher].owns)
