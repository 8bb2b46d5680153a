"""The kinds of value in the reference files. Each says what would be right and what was there."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow import fields as mm

TWO_PEOPLE_LIFT = Decimal(25)
"""Kilograms: a heavier carton is not for two people."""

_SHOWN = 60


class Rather(ValueError):
    """The value is nearly right: the message says what it should be instead."""


class Checked(mm.Field[Any]):
    """A value that ``read`` understands, and ``right`` describes to whoever wrote another one."""

    def __init__(self, right: str, read: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(
            required="load_default" not in options,
            error_messages={
                "required": f"is missing; it must be {right}",
                "null": f"must be {right}, was empty",
            },
            **options,
        )
        self.right, self.read = right, read

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            return self.read(value)
        except Rather as error:
            raise ValidationError(f"must be {error}, was {shown(value)}") from None
        except (ArithmeticError, ValueError):
            raise ValidationError(f"must be {self.right}, was {shown(value)}") from None


class Part(mm.Nested):
    """A row inside a row."""

    def __init__(self, schema: Schema, **options: Any) -> None:
        missing: dict[str, Any] = {
            "required": "is missing; it must be a mapping of fields",
            "null": "must not be empty",
        }
        super().__init__(schema, required="load_default" not in options, error_messages=missing, **options)

    def _deserialize(self, value: Any, *rest: Any, **options: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(f"must be a mapping of fields, was {shown(value)}")
        return super()._deserialize(value, *rest, **options)


class Listed(mm.List[Any]):
    """A list, which loads as a tuple; nothing stands in it twice."""

    def __init__(self, of: mm.Field[Any], *, least: int = 1, **options: Any) -> None:
        self._right = "a list" if least == 0 else f"a list of {least} or more"
        super().__init__(
            of,
            required="load_default" not in options,
            error_messages={
                "required": f"is missing; it must be {self._right}",
                "null": f"must be {self._right}, was empty",
            },
            **options,
        )
        self._least = least

    def _deserialize(self, value: Any, *rest: Any, **options: Any) -> Any:
        if not isinstance(value, list) or len(value) < self._least:
            raise ValidationError(f"must be {self._right}, was {shown(value)}")
        if any(one in value[:place] for place, one in enumerate(value)):
            raise ValidationError(f"must not name anything twice, was {shown(value)}")
        return tuple(super()._deserialize(value, *rest, **options))


def shown(value: Any) -> str:
    """A value as YAML has it: text in quotes, and never long."""
    if isinstance(value, str):
        said = f'"{value}"'
    elif value is None or isinstance(value, bool):
        said = {None: "empty", True: "true", False: "false"}[value]
    else:
        said = ", ".join(value) if isinstance(value, tuple) else str(value)
    return said if len(said) <= _SHOWN else f"{said[: _SHOWN - 1]}…"


def text(right: str = "text", pattern: str = r"\S(.*\S)?", **options: Any) -> Checked:
    """Text that ``pattern`` fits from its beginning to its end."""
    fits = re.compile(pattern, re.DOTALL).fullmatch

    def read(value: Any) -> str:
        return str(_need(value, isinstance(value, str) and fits(value.strip()))).strip()

    return Checked(right, read, **options)


def mark(**options: Any) -> Checked:
    """Where a row is from."""
    return text(
        "a mark and where it is from, such as [S] somewhere.example", r"\[[SMIX](-[HML])?\].*", **options
    )


def code(right: str, pattern: str, **options: Any) -> Checked:
    return text(f"{right} in capitals", pattern, **options)


def hs_pattern() -> Checked:
    return text('digits of the tariff without dots, perhaps with an asterisk, such as "5705*"', r"\d{2,6}\*?")


def one_of(*words: str, **options: Any) -> Checked:
    return Checked(f"one of {', '.join(words)}", lambda value: _need(value, value in words), **options)


def yes_or_no(**options: Any) -> Checked:
    return Checked("true or false", lambda value: _need(value, isinstance(value, bool)), **options)


def day(**options: Any) -> Checked:
    return Checked("a date such as 2026-07-01", lambda value: _need(value, type(value) is date), **options)


def whole(of: str, *, most: int | None = None, **options: Any) -> Checked:
    right = f"a whole number of {of} above 0" + (f" and up to {most}" if most else "")

    def read(value: Any) -> int:
        return int(_need(value, type(value) is int and value > 0 and (most is None or value <= most)))

    return Checked(right, read, **options)


def dollars() -> Checked:
    """Money, in quotes so that nothing is rounded on the way."""
    return Checked(
        'dollars and cents above 0 in quotes, such as "0.55"', lambda value: _exactly(value, places=2)
    )


def amount() -> Checked:
    """Money in any currency, in quotes."""
    return Checked(
        'an amount above 0 with two decimals in quotes, such as "0.51"',
        lambda value: _exactly(value, places=2),
    )


def percent() -> Checked:
    """A share of the whole, in quotes; it may be nothing."""

    def read(value: Any) -> Decimal:
        return Decimal(0) if value == "0" else _exactly(value, places=2, most=Decimal(100))

    return Checked('a percentage from 0 to 100 in quotes, such as "50" or "12.5"', read)


def per_cent_up_to(most: int, **options: Any) -> Checked:
    return Checked(
        f"a whole number of per cent from 0 to {most}",
        lambda value: _need(value, type(value) is int and 0 <= value <= most),
        **options,
    )


def measure() -> Checked:
    """A quantity in the unit of a material, in quotes."""
    return Checked(
        'a quantity above 0 with up to three decimals in quotes, such as "0.046"',
        lambda value: _exactly(value, places=3),
    )


def grams_from_kilograms(**options: Any) -> Checked:
    right = f'kilograms in quotes, such as "9.2", above 0 and up to {TWO_PEOPLE_LIFT} (two people lift it)'
    return Checked(
        right, lambda value: int(_exactly(value, places=3, most=TWO_PEOPLE_LIFT) * 1000), **options
    )


def millimetres_from_centimetres() -> Checked:
    """Length, width and height of a carton."""

    def read(value: Any) -> tuple[int, ...]:
        _need(value, isinstance(value, list) and len(value) == 3)
        lengths = (str(one) if type(one) is int else one for one in value)
        return tuple(int(_exactly(length, places=1) * 10) for length in lengths)

    return Checked('length, width and height in centimetres above 0, such as [60, 40, "37.5"]', read)


def places(**options: Any) -> Checked:
    """Names of countries or of groups of them, which are looked up once the groups are read."""

    def read(value: Any) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) else value
        _need(value, isinstance(names, list) and names and all(isinstance(name, str) for name in names))
        return tuple(names)

    return Checked('countries or groups of them, such as [GB] or EU27, or "*" for all', read, **options)


def country() -> Checked:
    def read(value: Any) -> str:
        return str(_need(value, is_country(value)))

    return Checked("a country of ISO 3166-1 in two capitals, such as BE", read)


def timezone() -> Checked:
    def read(value: Any) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, TypeError, OSError):
            raise ValueError(value) from None

    return Checked("a time zone such as Asia/Jakarta", read)


def gs1_number(**options: Any) -> Checked:
    """A GTIN-13 or GLN. We own no prefix of GS1, so all are below the one for demonstrations."""
    right = "13 digits in quotes that begin with 952, the prefix for demonstrations"

    def read(value: Any) -> str:
        from stdnum import ean

        number = _need(value, isinstance(value, str) and re.fullmatch(r"952[0-9]{10}", value))
        if (last := ean.calc_check_digit(number[:-1])) != number[-1]:
            raise Rather(f"{number[:-1]}{last}, which ends in the right check digit")
        return str(number)

    return Checked(right, read, **options)


def is_country(value: Any) -> bool:
    """Whether this is an alpha-2 code of ISO 3166-1."""
    import pycountry  # reading its tables takes a while, and not every command needs them

    return isinstance(value, str) and value.isupper() and pycountry.countries.get(alpha_2=value) is not None


def _need(value: Any, right: Any) -> Any:
    if not right:
        raise ValueError(value)
    return value


def _exactly(value: Any, *, places: int, most: Decimal | None = None) -> Decimal:
    """The number in this text, which has at most so many decimal places."""
    number = Decimal(_need(value, isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value)))
    _need(value, number > 0 and (most is None or number <= most))
    return Decimal(_need(number, number == round(number, places)))
