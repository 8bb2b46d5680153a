"""Schema parts that every API shares. Instances are kept: making one costs more than a load."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate


class FieldErrorSchema(Schema):
    """What is wrong with one field, and what would be right."""

    field = fields.String(required=True)
    message = fields.String(required=True)


class ProblemSchema(Schema):
    """Problem details (RFC 9457), as every error of the API is answered."""

    type = fields.String()
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    errors = fields.List(fields.Nested(FieldErrorSchema))


class Whole(fields.Integer):
    """A whole number as JSON has it: no text, no fraction, no true."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Give a whole number without quotes.")
        return int(super()._deserialize(value, attr, data, **kwargs) or 0)


def pieces(most: int = 10_000_000) -> Whole:
    """A quantity of pieces in a request."""
    between = validate.Range(1, most, error=f"Give a number of pieces from 1 to {most:,}.")
    return Whole(required=True, strict=True, validate=between, metadata={"description": "pieces"})


def short_text(most: int, *, required: bool = True, least: int = 1) -> fields.String:
    """A line of text of bounded length."""
    length = validate.Length(least, most, error=f"Give {least} to {most} characters.")
    return fields.String(required=required, validate=(length, _storable))


def _storable(text: str) -> None:
    """JSON may spell characters that no database keeps: NUL, and halves of a surrogate pair."""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError("Give text without NUL and without halves of a character.")
