"""What is declared, as documents: docs/events.md, JSON Schemas and an AsyncAPI 3 document of the events, and
docs/destinations.md of the policies."""

import importlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from marshmallow import fields as mm

from kendi import destinations
from shared.card import Card, all_cards
from shared.events import CONTRACTS, Contract
from shared.events.contract import schema_of

DOCS = Path(__file__).parent.parent / "docs"

JSON_TYPES: tuple[tuple[type[mm.Field[Any]], dict[str, Any]], ...] = (
    (mm.UUID, {"type": "string", "format": "uuid"}),
    (mm.AwareDateTime, {"type": "string", "format": "date-time"}),
    (mm.Date, {"type": "string", "format": "date"}),
    (mm.Decimal, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
    (mm.Integer, {"type": "integer"}),
    (mm.Boolean, {"type": "boolean"}),
    (mm.String, {"type": "string"}),
)


def write(folder: Path = DOCS) -> None:
    """Write all documents anew."""
    for name, text in documents().items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def documents() -> dict[str, str]:
    """Each generated document's text by its path under docs/."""
    cards = all_cards()
    schemas = {f"schemas/{c.type}.json": _as_text(json_schema(c)) for c in CONTRACTS.values()}
    return {
        "events.md": _events_page(cards),
        "destinations.md": destinations.page(),
        "asyncapi.json": _as_text(_async_api(cards)),
        **schemas,
    }


def json_schema(contract: Contract) -> dict[str, Any]:
    """JSON Schema 2020-12 of an event's data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/kendi/schemas/{contract.type}.json",
        "title": contract.event.__name__,
        "description": _said(contract.event),
        **_object(contract.event),
    }


def _object(cls: type[Any]) -> dict[str, Any]:
    declared = schema_of(cls).fields
    return {
        "type": "object",
        "required": [name for name, field in declared.items() if field.required],
        "properties": {name: _property(field) for name, field in declared.items()},
    }


def _property(field: mm.Field[Any]) -> dict[str, Any]:
    if isinstance(field, mm.List):
        return {"type": "array", "items": _property(field.inner)}
    if isinstance(field, mm.Nested):
        return {"type": "object", **_nested(field)}
    schema = dict(next(schema for kind, schema in JSON_TYPES if isinstance(field, kind)))
    choices = getattr(field.validate, "choices", None)
    if choices:
        schema["enum"] = list(choices)
    if field.allow_none:
        schema["type"] = [schema["type"], "null"]
    return schema


def _nested(field: mm.Nested) -> dict[str, Any]:
    declared = field.schema.fields
    return {
        "required": [name for name, inner in declared.items() if inner.required],
        "properties": {name: _property(inner) for name, inner in declared.items()},
    }


def _events_page(cards: dict[str, Card]) -> str:
    lines = [
        "# Events",
        "",
        "Generated from `shared/events/` and the services' cards by `make docs`; do not edit.",
        "",
        "Each event is a CloudEvents 1.0 envelope around data described in `schemas/`. A subject's events",
        "are numbered without gaps and take effect in that order. Who hears one event of a subject hears",
        "all; *uses* names those that react to it, the others store it as skipped.",
    ]
    for owner in cards:
        mine = [contract for contract in CONTRACTS.values() if contract.owner == owner]
        lines += [
            "",
            f"## {owner.capitalize()}",
            "",
            "| type | subject | what it says | heard by | uses it |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(contract, cards) for contract in mine]
    lines += ["", "## What must come first", "", *_prerequisites()]
    return "\n".join(lines) + "\n"


def _row(contract: Contract, cards: dict[str, Card]) -> str:
    hearers = [
        name for name, card in cards.items() if contract.subject_kind in card.hears.get(contract.owner, ())
    ]
    users = [name for name in hearers if contract.event in _reactions(name)]
    return (
        f"| [`{contract.type}`](schemas/{contract.type}.json) | `{contract.subject}` | {_said(contract.event)}"
        f" | {', '.join(hearers) or '–'} | {', '.join(users) or '–'} |"
    )


def _prerequisites() -> Iterable[str]:
    yield "A reaction that misses what another subject brings waits for it (`NotYet`) and is woken when that advances:"
    yield ""
    for service, waits in PREREQUISITES.items():
        for event, needs in waits.items():
            yield f"- {service}: `{event}` needs {needs}."


PREREQUISITES = {
    "orders": {
        "work_order_started": "`plan/{order_id}:{line}` of production to have allocated as much",
        "work_order_short_closed": "`work_order/{work_order_id}` of production to have started as much",
        "lot_released": "`plan/{order_id}:{line}` of production to have allocated as much",
        "cartons_packed": "`lot/{lot}` of production to have released as much",
        "goods_withheld": "`lot/{lot}` of production to have released as much",
        "withholding_answered": "`packing/{lot}` of logistics for each lot that the answer names",
        "shipment_planned": "`lot/{lot}` of production for each lot",
        "cartons_put_in": "`lot/{lot}` of production for each lot",
        "cartons_taken_out": "`lot/{lot}` of production for each lot",
        "shipment_cancelled": "`lot/{lot}` of production for each lot",
        "shipment_departed": "`lot/{lot}` of production and `packing/{lot}` of logistics for each lot",
        "shipment_delivered": "`packing/{lot}` of logistics for each carton that arrived",
    },
    "production": {
        "order_placed": "`item/{sku}` of orders for each line",
        "quote_requested": "`item/{sku}` of orders for each line",
    },
    "logistics": {
        "order_placed": "`item/{sku}` of orders for each line",
        "lot_released": "`order/{order_id}` of orders and `facility/{code}` of production",
        "lot_lane_corrected": "`lot/{lot}` of production",
    },
}


def _reactions(service: str) -> dict[type[Any], Any]:
    reactions: dict[type[Any], Any] = importlib.import_module(f"services.{service}.handlers").REACTIONS
    return reactions


def _said(cls: type[Any]) -> str:
    """The first sentence of the event's docstring; a declaration without one says it by its name."""
    doc = (cls.__doc__ or "").strip()
    first = " ".join(doc.split("\n\n")[0].split())
    return f"{cls.__name__}." if first.startswith(f"{cls.__name__}(") or not first else first


def _async_api(cards: dict[str, Card]) -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kendi events", "version": "1", "license": {"name": "Apache-2.0"}},
        "channels": {
            f"{name}.receive": {
                "address": f"{name}.receive",
                "description": f"Signed batches of events for {name}",
                "messages": {c.type: {"$ref": f"#/components/messages/{c.type}"} for c in _heard_by(card)},
            }
            for name, card in cards.items()
        },
        "operations": {
            f"{name}.hears": {"action": "receive", "channel": {"$ref": f"#/channels/{name}.receive"}}
            for name in cards
        },
        "components": {
            "messages": {
                c.type: {
                    "name": c.type,
                    "title": c.event.__name__,
                    "summary": _said(c.event),
                    "contentType": "application/cloudevents+json",
                    "payload": {"$ref": f"schemas/{c.type}.json"},
                }
                for c in CONTRACTS.values()
            }
        },
    }


def _heard_by(card: Card) -> list[Contract]:
    return [c for c in CONTRACTS.values() if c.subject_kind in card.hears.get(c.owner, ())]


def _as_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write()
