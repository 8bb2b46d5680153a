"""What was typed into a form, checked by a schema; the first thing that is wrong is told with its field."""

import re
from decimal import Decimal
from typing import Any

from flask import request
from marshmallow import Schema, fields

from shared.refusal import Refused, Sentence

OURS = ("csrf_token", "action")
MOST_DIGITS = 12
HOURS = re.compile(r"\d{1,2}(?:[.,]\d{1,2})?|\d{1,2}:\d{2}", re.ASCII)


def typed(schema: Schema) -> dict[str, Any]:
    """The form as the schema loads it; lists may have several values, empty fields are as if not there."""
    lists = {name for name, field in schema.fields.items() if isinstance(field, fields.List)}
    form = {
        name: request.form.getlist(name) if name in lists else request.form[name].strip()
        for name in request.form
        if name not in OURS
    }
    if wrong := schema.validate({name: value for name, value in form.items() if value != ""}):
        field, said = next(iter(wrong.items()))
        raise Refused(_first(str(field), said), field=str(field))
    return dict(schema.load({name: value for name, value in form.items() if value != ""}))


def entry_id() -> int:
    """Which entry a form is about; no entry has the number 0."""
    text = request.form.get("entry_id", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 0


def minutes(name: str) -> int | None:
    """Hours as people write them, in minutes: 6.5, 6,5 and 6:30 are the same; none where nothing was written."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not HOURS.fullmatch(text):
        raise Refused("Give hours such as 6.5 or 6:30.", field=name)
    whole, _, part = text.replace(",", ".").partition(":")
    exact = Decimal(whole) * 60 + Decimal(part or 0)
    if exact % 1:
        raise Refused("Give hours in quarters above 0, such as 6.5.", field=name)
    return int(exact)


def _first(field: str, said: Any) -> Sentence:
    """The first message about a field, in words that a page can say."""
    message = said
    while not isinstance(message, str):
        message = next(iter(message.values())) if isinstance(message, dict) else message[0]
    if message in ("Missing data for required field.", "Not a valid UUID.", "Not a valid integer."):
        return Sentence("Fill this in: {field}.", field=field)
    if message == "Unknown field.":
        return Sentence("This is not taken here: {field}.", field=field)
    return message if isinstance(message, Sentence) else Sentence(message)
