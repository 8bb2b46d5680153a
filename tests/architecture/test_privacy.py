"""No contract, API or table has a place for who somebody is: only companies, goods and those who sign in have names."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest
from marshmallow import Schema, ValidationError, validate
from marshmallow.fields import Field
from sqlalchemy import MetaData

from shared.card import all_cards
from shared.events import CONTRACTS
from shared.text import has_identity_number
from shared.web.schemas import Remark, Text

TELLS_WHO = re.compile(
    r"(^|_)(names?|nama|surname|birth|born|dob|age|gender|sex|religion|offen[cs]es?|crimes?|sentence|convict\w*"
    r"|photos?|portrait|face|image|picture|nik|ktp|passport|identity|national|person|inmate|prisoner|napi|wbp"
    r"|illness|diagnosis|phone|email|worker)(_|$)"
)

COMPANY = "a company that trades"
GOODS = "goods, materials or papers"
STAFF = "who signs in or signs a decision, in an office"
CODE = "a code and nobody's name, which row security shows to the facility alone"
ALLOWED = {
    "name_en": GOODS,
    "name_id": GOODS,
    "buyer_name": COMPANY,
    "consignee_name": COMPANY,
    "logistics shipment_document.names_consignee": "whether a paper is made out to the consignee",
    "exporter_name": COMPANY,
    "exporter_identity": COMPANY,
    "place_name": "a port",
    "event kendi.production.facility_registered.v1.name": "a facility",
    "event kendi.orders.order_placed.v1.name": COMPANY,
    "event kendi.orders.order_line_amended.v1.name": COMPANY,
    "logistics DocumentSchema.name": GOODS,
    "logistics MilestoneSchema.name": "a step of a journey",
    "logistics ConsigneeSchema.name": COMPANY,
    "logistics LoadSchema.name": GOODS,
    "logistics CutOffSchema.name": "a day by which something is due",
    "logistics port.name": "a port",
    "logistics exporter.name": COMPANY,
    "logistics facility.name": "a facility",
    "orders ItemSchema.image": "an article",
    "orders item_image": "an article",
    "orders ClaimSchema.photos": "goods that came damaged",
    "orders claim_photo": "goods that came damaged",
    "orders KeyRequest.name": "a buyer's system",
    "orders KeyListedSchema.name": "a buyer's system",
    "orders KeySchema.name": "a buyer's system",
    "orders ConsigneeSchema.name": COMPANY,
    "orders buyer.name": COMPANY,
    "orders facility.name": "a facility",
    "orders KnownFacilitySchema.name": "a facility",
    "orders OperationRequest.name": "a step of the work",
    "orders release_attempt.name": STAFF,
    "logistics gate_attempt.name": STAFF,
    "orders acknowledgement.said_by_name": STAFF,
    "orders free_lane.by_name": STAFF,
    "orders counsel_note.recorded_by_name": STAFF,
    "orders counsel_note.withdrawn_by_name": STAFF,
    "orders signature.signer_name": STAFF,
    "orders sample_verdict.said_by_name": STAFF,
    "production FacilitySchema.name": "a facility",
    "production FacilityWelfareSchema.name": "a facility",
    "production FacilityInFullSchema.name": "a facility",
    "production ParticularsRequest.name": "a facility",
    "production ToolSchema.name": "a kind of tool",
    "production facility.name": "a facility",
    "production tool_kind.name": "a kind of tool",
    "production InspectionSchema.photos": "goods; the desk says that nobody may be on them",
    "production inspection.photos": "how many there were of goods",
    "production inspection_photo": "goods; the desk says that nobody may be on them",
    "worker_pct": "a share of what is earned",
    "production worker": CODE,
    "production worker_read": CODE,
    "production worker_pool": "how many there are in a week",
    "production consent.worker_id": CODE,
    "production legal_hold.worker_id": CODE,
    "production hours_entry.worker_id": CODE,
    "production premi_line.worker_id": CODE,
    "every api_key.name": "a system",
    "every person": STAFF,
    "every person.name": STAFF,
    "every person.email": STAFF,
    "every web_session.person_id": STAFF,
    "every sign_in_attempt.email": STAFF,
}
"""What tells who, and of whom: by the field alone where it means one thing everywhere, else with its place."""


def in_contracts() -> Iterator[str]:
    for contract in CONTRACTS.values():
        yield from (f"event {contract.type}.{name}" for name in names_in(contract.event))


def names_in(hint: Any) -> Iterator[str]:
    """The fields of a dataclass, and of those inside it."""
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        for each in fields(hint):
            yield each.name
            yield from names_in(hints[each.name])
    for inner in get_args(hint):
        yield from names_in(inner)


SAYS = re.compile(r"reason|because|text|words|summary|description|adviser|legal_ref")
SENTENCES = 300
"""Characters; numbers, names and addresses are shorter."""


def longest(field: Text) -> int:
    return max((each.max or 0 for each in field.validators if isinstance(each, validate.Length)), default=0)


def in_schemas(service: str) -> Iterator[str]:
    yield from (place for place, _ in fields_of(service))


def fields_of(service: str) -> Iterator[tuple[str, Field[Any]]]:
    package = importlib.import_module(f"services.{service}.schemas")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for name, one in vars(importlib.import_module(module.name)).items():
            if isinstance(one, type) and issubclass(one, Schema) and one.__module__ == module.name:
                yield from ((f"{service} {name}.{field}", it) for field, it in one().fields.items())


def in_tables(where: str, tables: MetaData) -> Iterator[str]:
    for table in tables.sorted_tables:
        yield f"{where} {table.name}"
        yield from (f"{where} {table.name}.{column.name}" for column in table.columns)


def all_places() -> Iterator[str]:
    yield from in_contracts()
    yield from in_tables("every", importlib.import_module("shared.web.tables").api_key.metadata)
    for service in all_cards():
        yield from in_schemas(service)
        yield from in_tables(service, importlib.import_module(f"services.{service}.storage").tables)


def tells_who(place: str) -> bool:
    return bool(TELLS_WHO.search(re.split(r"[. ]", place)[-1]))


def test_no_field_tells_who_somebody_is() -> None:
    telling = {place for place in all_places() if tells_who(place)}
    assert {each for each in telling if not {each, each.rpartition(".")[2]} & ALLOWED.keys()} == set()


def test_nothing_is_allowed_that_is_not_there() -> None:
    places = set(all_places())
    there = places | {place.rpartition(".")[2] for place in places}
    assert ALLOWED.keys() - there == set()


@pytest.mark.parametrize(
    "field",
    [
        "worker_name",
        "birth_date",
        "date_of_birth",
        "offence",
        "nik",
        "photo",
        "national_number",
        "nama",
        "wbp_age",
        "worker_id",
    ],
)
def test_a_field_about_a_person_would_be_found(field: str) -> None:
    assert tells_who(f"production worker.{field}")


@pytest.mark.parametrize("text", ["NIK 3314011234567890", "3314 0112 3456 7890", "3314.0112.3456.7890 ok"])
def test_a_remark_holds_no_identity_number(text: str) -> None:
    assert has_identity_number(text)
    with pytest.raises(ValidationError, match="identity number"):
        Remark(400).deserialize(text)


def test_free_text_of_every_api_is_a_remark() -> None:
    """What says why, or says anything in sentences: those fields by their names, and all that may be that long."""
    texts = {
        place: field
        for service in all_cards()
        for place, field in fields_of(service)
        if isinstance(field, Text) and (SAYS.fullmatch(field.name) or longest(field) >= SENTENCES)
    }
    assert {"orders CancelRequest.reason", "logistics NoteRequest.text"} <= texts.keys()
    assert [place for place, field in texts.items() if not isinstance(field, Remark)] == []


def test_a_cartons_number_may_stand_in_free_text() -> None:
    assert Remark(400).deserialize("352000001000000011 is damaged") == "352000001000000011 is damaged"
