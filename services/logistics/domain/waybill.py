"""The number of an air waybill, by which airlines and customs know a consignment."""

import re
from typing import Final

from shared.refusal import Refused

_SEPARATORS: Final = re.compile(r"[\s-]")


def check_waybill(text: str, *, field: str = "container") -> str:
    """The number as airlines write it, for example 126-12345675: three digits of the airline, a serial number of seven, and
    the remainder of its division by seven (IATA resolution 600a)."""
    digits = _SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdigit() and len(digits) == 11):
        raise Refused(
            "{text!r} is no number of an air waybill: three digits of the airline and eight more, such as 126-12345675.",
            field=field,
            text=text,
        )
    right = int(digits[3:10]) % 7
    if int(digits[10]) != right:
        raise Refused(
            "The check digit of air waybill {text} is wrong: it must end in {right}. Read the number again.",
            field=field,
            text=text,
            right=right,
        )
    return f"{digits[:3]}-{digits[3:]}"


def waybill(text: str) -> str | None:
    """The same of what is kept: none if it is another number, such as that of a truck."""
    try:
        return check_waybill(text)
    except Refused:
        return None
