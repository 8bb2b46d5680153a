"""How an event is declared: a frozen dataclass, from which its marshmallow schema is derived.

An event is a promise to other services. It says what happened in the past tense, carries ids and
quantities, and never changes its meaning: a change that breaks a reader needs a new version in
the type name. Readers ignore fields they do not know.
"""

import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import EXCLUDE, Schema, post_load, validate
from marshmallow import fields as mm

E = TypeVar("E")
EventClass = type[Any]

SCALARS: dict[type, Callable[..., mm.Field[Any]]] = {
    str: mm.String,
    int: lambda **options: mm.Integer(strict=True, **options),
    bool: mm.Boolean,
    UUID: mm.UUID,
    Decimal: lambda **options: mm.Decimal(as_string=True, allow_nan=False, **options),
    date: mm.Date,
    datetime: mm.AwareDateTime,
}


@dataclass(frozen=True)
class Contract:
    """What is promised about one type of event."""

    type: str
    subject: str
    event: EventClass

    @property
    def owner(self) -> str:
        """The service that publishes it: the second part of the type name."""
        return self.type.split(".")[1]

    @property
    def subject_kind(self) -> str:
        return self.subject.split("/")[0]

    def subject_of(self, event: object) -> str:
        """The subject of this event, for example ``order/0197c1a2-…``."""
        return self.subject.format_map(vars(event))

    def dump(self, event: object) -> dict[str, Any]:
        """The event's data as JSON-ready values."""
        dumped: dict[str, Any] = schema_of(self.event).dump(event)
        return dumped

    def load(self, data: dict[str, Any]) -> Any:
        """The event from its data; raises ``marshmallow.ValidationError``."""
        return schema_of(self.event).load(data)


CONTRACTS: dict[str, Contract] = {}
_BY_EVENT: dict[type[Any], Contract] = {}


def contract(name: str, *, subject: str) -> Callable[[type[E]], type[E]]:
    """Declare the decorated frozen dataclass as the event type ``name`` about ``subject``.

    ``subject`` is a template over the event's own fields: ``"order/{order_id}"``.
    """

    def declare(event: type[E]) -> type[E]:
        CONTRACTS[name] = _BY_EVENT[event] = Contract(name, subject, event)
        return event

    return declare


def contract_of(event: type[Any]) -> Contract:
    return _BY_EVENT[event]


_SCHEMAS: dict[type[Any], Schema] = {}


def schema_of(cls: type[Any]) -> Schema:
    """One schema instance for each dataclass: making one costs more than a load."""
    if cls not in _SCHEMAS:
        _SCHEMAS[cls] = _derive(cls)
    return _SCHEMAS[cls]


def _derive(cls: type[Any]) -> Schema:
    hints = get_type_hints(cls)
    declared = {f.name: _field(hints[f.name], f.default) for f in fields(cls)}

    @post_load
    def build(self: Schema, data: dict[str, Any], **_: object) -> Any:
        return cls(**data)

    schema: type[Schema] = type(cls.__name__, (Schema,), {**declared, "build": build})
    return schema(unknown=EXCLUDE)


def _field(hint: Any, default: Any = MISSING) -> mm.Field[Any]:
    options: dict[str, Any] = {"required": True}
    if default is not MISSING:
        options = {"load_default": default}
    origin, args = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union) and types.NoneType in args:
        (hint,) = (arg for arg in args if arg is not types.NoneType)
        options["allow_none"] = True
        origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return mm.String(validate=validate.OneOf(args), **options)
    if origin is tuple:
        return _Tuple(_field(args[0]), **options)
    if isinstance(hint, type) and is_dataclass(hint):
        return mm.Nested(schema_of(hint), **options)
    return SCALARS[hint](**options)


class _Tuple(mm.List[Any]):
    """A JSON array that loads as a tuple, so that events stay hashable and frozen."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(*args, **kwargs))
