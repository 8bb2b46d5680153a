"""Schema parts that every API shares. Instances are kept: making one costs more than a load."""

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared.refusal import Sentence
from shared.text import has_identity_number, is_plain

NOT_PLAIN = (
    "Give text that can be read: no control characters, none that turn its direction, not only spaces."
)
NO_NUMBER_OF_ANYBODY = "Give it without anybody's identity number."
NO_AMOUNT = "Give an amount in digits with a point before the cents, for example 0.55."
NOT_QUOTED = 'Give an amount in quotes, for example "0.55".'
AMOUNT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
NO_DAY = "Give a date as YYYY-MM-DD."
NO_MOMENT = "Give a time with its zone, for example 2025-03-22T07:30:00Z."


class FieldErrorSchema(Schema):
    """What is wrong with one field, and what would be right."""

    field = fields.String(required=True)
    message = fields.String(required=True)


class NothingSchema(Schema):
    """No fields."""


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


class Money(fields.Decimal):
    """An amount in decimal digits. It is text in JSON, where a number would be read as a binary fraction."""

    def __init__(self, *, description: str | None = None, **options: Any) -> None:
        told = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "description": description}
        super().__init__(
            allow_nan=False,
            as_string=True,
            metadata={name: value for name, value in told.items() if value},
            error_messages={"invalid": NO_AMOUNT},
            **options,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError(NOT_QUOTED)
        if not AMOUNT.fullmatch(value):
            raise ValidationError(NO_AMOUNT)
        return super()._deserialize(value, attr, data, **kwargs)


class Text(fields.String):
    """Free text of bounded length that a person can read; white space around it is not kept."""

    def __init__(self, most: int, *, least: int = 1, lines: bool = False, **options: Any) -> None:
        super().__init__(validate=_Characters(least, most), **options)
        self._lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = (super()._deserialize(value, attr, data, **kwargs) or "").replace("\r\n", "\n").strip()
        if not is_plain(text, lines=self._lines):
            raise ValidationError(NOT_PLAIN)
        return text


class Remark(Text):
    """Free text in which somebody may be named: it holds nobody's identity number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if has_identity_number(text):
            raise ValidationError(NO_NUMBER_OF_ANYBODY)
        return text


class _Characters(validate.Length):
    def __call__(self, value: Any) -> Any:
        try:
            return super().__call__(value)
        except ValidationError:
            told = Sentence("Give {least} to {most} characters.", least=self.min, most=self.max)
            raise ValidationError(told) from None


class Between(validate.Range):
    """Tells its bounds, ``least`` and ``most``, in a sentence, which a page says in the reader's language."""

    def __init__(self, told: Sentence) -> None:
        super().__init__(told.values["least"], told.values["most"])
        self._told = told

    def __call__(self, value: Any) -> Any:
        try:
            return super().__call__(value)
        except ValidationError:
            raise ValidationError(self._told) from None


def short_text(most: int, *, required: bool = True, least: int = 1) -> Text:
    """A line of text, such as a name or a number."""
    return Text(most, least=least, required=required)


def long_text(most: int, *, least: int = 1) -> Remark:
    """A few sentences, such as a reason."""
    return Remark(most, least=least, lines=True, required=True)


def day(*, required: bool = True, **options: Any) -> fields.Date:
    return fields.Date(required=required, error_messages={"invalid": NO_DAY}, **options)


class _Moment(fields.AwareDateTime):
    """A point in time that every zone can tell: not within hours of the first or the last there is."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None


def moment(*, required: bool = True, **options: Any) -> fields.AwareDateTime:
    return _Moment(
        required=required,
        error_messages={"invalid": NO_MOMENT, "invalid_awareness": NO_MOMENT},
        **options,
    )
