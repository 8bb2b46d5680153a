"""The generated documents tell what the code declares."""

import json

import pytest
from jsonschema import Draft202012Validator

from kendi.describing import DOCS, documents, json_schema
from shared.events import CONTRACTS, Contract
from tests.contracts.test_contracts import sample_of


@pytest.mark.parametrize("name", documents())
def test_each_document_is_the_one_that_make_docs_writes(name: str) -> None:
    assert (DOCS / name).read_text() == documents()[name], "run make docs"


def test_no_document_is_left_over() -> None:
    written = {str(path.relative_to(DOCS)) for path in (DOCS / "schemas").iterdir()}
    assert written == {name for name in documents() if name.startswith("schemas/")}


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.type)
def test_each_sample_fits_its_json_schema_and_a_broken_one_does_not(contract: Contract) -> None:
    validator = Draft202012Validator(json_schema(contract))
    sample = sample_of(contract)
    assert list(validator.iter_errors(sample)) == []
    field = json_schema(contract)["required"][0]
    assert list(validator.iter_errors({name: value for name, value in sample.items() if name != field}))


def test_the_asyncapi_document_names_every_event() -> None:
    document = json.loads(documents()["asyncapi.json"])
    assert document["asyncapi"] == "3.0.0"
    assert set(document["components"]["messages"]) == set(CONTRACTS)
