"""What a domain object says of itself, to be compared before and after a command."""

from dataclasses import fields, is_dataclass
from typing import Any


def facts(value: Any) -> Any:
    """The fields of a dataclass, of those in its lists too, as they are now; all else is as it is."""
    if isinstance(value, list):
        return [facts(each) for each in value]
    if not is_dataclass(value):
        return value
    return {field.name: facts(getattr(value, field.name)) for field in fields(value)}
