"""The GS1 keys that cartons, goods and places go by, and the names they have in EPCIS.

A carton's SSCC is one extension digit, the company prefix, a serial number that fills up to
seventeen digits, and a check digit. We never use a number twice.
"""

import re
from typing import Final

from stdnum import ean, iso6346
from stdnum.exceptions import ValidationError

from shared.refusal import Refused

DEMONSTRATION_PREFIX: Final = "9529900"
"""GS1 keeps the numbers that begin with 952 for demonstrations: they belong to nobody."""

_SEPARATORS = re.compile(r"[\s()-]")
_DIGITAL_LINK = re.compile(r"https?://[^\s?#]+/00/([0-9]{18})(?:[/?#].*)?", re.IGNORECASE)
"""How a QR code on a label says an SSCC."""

_SYMBOLOGY = "]C1"
"""What a scanner puts before the content of a GS1-128 symbol."""

_CONTAINER = re.compile(r"[A-Za-z]{4}\d{7}")
_LOCODE = re.compile(r"[A-Za-z]{2}[A-Za-z2-9]{3}")
_LOT = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
"""The characters GS1 allows in a lot or serial number, and how many of them."""

_ESCAPED_IN_URNS = {ord(sign): f"%{ord(sign):02X}" for sign in '"%&/<>?'}


class NotANumberOfThisKind(Refused):
    """A key has the wrong length, has signs that are no digits, or does not begin with our prefix."""


class WrongCheckDigit(Refused):
    """The last digit does not fit the others: most often a digit was mistyped or two were swapped."""

    def __init__(self, number: str, *, field: str) -> None:
        self.right = check_digit(number[:-1])
        super().__init__(
            "The check digit of {number} is wrong: it ends in {last}, and {others} needs {right}. "
            "Read the number again from the label.",
            field=field,
            number=number,
            last=number[-1],
            others=number[:-1],
            right=self.right,
        )


class NoSuchSerial(Refused):
    """A serial number does not fit between the company prefix and the check digit."""


class NotALot(Refused):
    """A lot can't stand in a barcode: GS1 allows twenty characters from a set of its own."""


class NotAContainer(Refused):
    """A container number does not follow ISO 6346."""


class NotALocode(Refused):
    """A place is named by something that is no UN/LOCODE."""


def check_digit(digits: str) -> str:
    """The digit that makes the weighted sum (3 and 1 in turn, from the right) a multiple of ten."""
    return ean.calc_check_digit(digits)


def sscc(serial: int, *, prefix: str = DEMONSTRATION_PREFIX, extension: int = 0) -> str:
    """The SSCC with this serial number; by our custom extension 0 is a carton and 1 a pallet."""
    _need_prefix(prefix)
    if not 0 <= extension <= 9:
        raise NotANumberOfThisKind("The extension digit is one digit, 0 to 9.", field="extension")
    room = 16 - len(prefix)
    if not 0 <= serial < 10**room:
        raise NoSuchSerial(
            "Serial {serial} does not fit: prefix {prefix} leaves {room} digits, 0 to {most}.",
            field="serial",
            serial=serial,
            prefix=prefix,
            room=room,
            most=10**room - 1,
        )
    digits = f"{extension}{prefix}{serial:0{room}d}"
    return digits + check_digit(digits)


def check(text: str) -> str:
    """The eighteen digits of an SSCC as typed or scanned: spaces, hyphens, the (00) or a link may be there."""
    link = _DIGITAL_LINK.fullmatch(text.strip())
    digits = link[1] if link else _SEPARATORS.sub("", text.strip().removeprefix(_SYMBOLOGY))
    if digits.startswith("02") and len(digits) > 20:
        raise NotANumberOfThisKind(
            "This barcode tells what is in the carton. Scan the one at the foot of the label.", field="sscc"
        )
    if len(digits) == 20:
        digits = digits.removeprefix("00")
    return _checked(digits, lengths=(18,), kind="An SSCC", field="sscc")


def check_gtin(text: str, *, field: str = "gtin") -> str:
    """The GTIN as fourteen digits, as barcodes and EPCIS want it; a shorter one is filled with zeros."""
    digits = _checked(_SEPARATORS.sub("", text), lengths=(8, 12, 13, 14), kind="A GTIN", field=field)
    return digits.zfill(14)


def check_gln(text: str, *, field: str = "gln") -> str:
    return _checked(_SEPARATORS.sub("", text), lengths=(13,), kind="A GLN", field=field)


def check_lot(text: str, *, field: str = "lot") -> str:
    if not _LOT.fullmatch(text):
        raise NotALot(
            "Lot {lot!r} can't stand in a GS1 barcode: it must be 1 to 20 letters, digits or "
            "signs such as - . / without spaces.",
            field=field,
            lot=text,
        )
    return text


def check_container(text: str, *, field: str = "container") -> str:
    """The container number in capitals without spaces, for example CSQU3054383."""
    try:
        return iso6346.validate(_SEPARATORS.sub("", text))
    except ValidationError:
        raise NotAContainer(
            "{text!r} is not a container number after ISO 6346: four letters, the last of them U, J "
            "or Z, six digits and the check digit, for example CSQU3054383.",
            field=field,
            text=text,
        ) from None


def looks_like_container(text: str) -> bool:
    """Whether it is meant to be the number of a container, rightly read or not; no plate of a truck is so."""
    return _CONTAINER.fullmatch(_SEPARATORS.sub("", text)) is not None


def check_locode(place: str, *, field: str = "place") -> str:
    """The UN/LOCODE in capitals without the space, for example IDSRG."""
    code = place.replace(" ", "")
    if not _LOCODE.fullmatch(code):
        raise NotALocode(
            "{place!r} is no UN/LOCODE, which is five signs such as IDSRG.", field=field, place=place
        )
    return code.upper()


def is_locode(place: str) -> bool:
    """Whether a place that is kept is a UN/LOCODE, and not one of our facilities."""
    return _LOCODE.fullmatch(place) is not None


def digital_link(number: str) -> str:
    """The SSCC as a GS1 Digital Link, which any telephone reads."""
    return f"https://id.gs1.org/00/{check(number)}"


def is_demonstration(number: str) -> bool:
    """Whether an SSCC was made under GS1's demonstration prefix, and so stands for no real carton."""
    return check(number)[1:].startswith("952")


def epc_urn_of_sscc(number: str, *, prefix: str = DEMONSTRATION_PREFIX) -> str:
    digits = check(number)
    serial = _after(prefix, digits[1:-1], field="sscc")
    return f"urn:epc:id:sscc:{prefix}.{digits[0]}{serial}"


def epc_urn_of_lot(gtin: str, lot: str, *, prefix: str = DEMONSTRATION_PREFIX) -> str:
    """The class of all pieces of one article (GTIN) that belong to one lot."""
    return f"urn:epc:class:lgtin:{_article(gtin, prefix)}.{_escaped(check_lot(lot))}"


def epc_urn_of_place(gln: str, *, prefix: str = DEMONSTRATION_PREFIX) -> str:
    """A place as a whole (SGLN with extension 0)."""
    return f"urn:epc:id:sgln:{prefix}.{_after(prefix, check_gln(gln)[:-1], field='gln')}.0"


def epc_urn_of_party(gln: str, *, prefix: str = DEMONSTRATION_PREFIX) -> str:
    """The organisation that a GLN stands for (PGLN), as apart from the place."""
    return f"urn:epc:id:pgln:{prefix}.{_after(prefix, check_gln(gln)[:-1], field='gln')}"


def epc_urn_of_container(number: str) -> str:
    return f"urn:epc:id:bic:{check_container(number)}"


def place_uri(place: str, prefix: str = DEMONSTRATION_PREFIX) -> str:
    """A place by its GLN or its UN/LOCODE.

    An EPC URN needs the length of the company prefix, which we know for our own numbers only;
    a GLN of somebody else is given as a GS1 Digital Link.
    """
    if not place.isdigit():
        return f"https://vocabulary.uncefact.org/unlocode#{check_locode(place)}"
    gln = check_gln(place, field="place")
    return epc_urn_of_place(gln, prefix=prefix) if gln.startswith(prefix) else f"https://id.gs1.org/414/{gln}"


def sscc_uri(number: str, prefix: str = DEMONSTRATION_PREFIX) -> str:
    """A carton or a pallet; one numbered under another prefix is given as a GS1 Digital Link."""
    ours = check(number)[1:].startswith(prefix)
    return epc_urn_of_sscc(number, prefix=prefix) if ours else digital_link(number)


def party_uri(gln: str, prefix: str = DEMONSTRATION_PREFIX) -> str:
    gln = check_gln(gln)
    return epc_urn_of_party(gln, prefix=prefix) if gln.startswith(prefix) else f"https://id.gs1.org/417/{gln}"


def _checked(digits: str, *, lengths: tuple[int, ...], kind: str, field: str) -> str:
    if not (digits.isascii() and digits.isdigit() and len(digits) in lengths):
        allowed = "/".join(str(length) for length in lengths)
        raise NotANumberOfThisKind(
            "{kind} has {allowed} digits only, not {digits!r}.",
            field=field,
            kind=kind,
            allowed=allowed,
            digits=digits,
        )
    if check_digit(digits[:-1]) != digits[-1]:
        raise WrongCheckDigit(digits, field=field)
    return digits


def _article(gtin: str, prefix: str) -> str:
    """Prefix, then indicator digit and item reference: the indicator stands first in a GTIN-14."""
    digits = check_gtin(gtin)
    return f"{prefix}.{digits[0]}{_after(prefix, digits[1:-1], field='gtin')}"


def _after(prefix: str, digits: str, *, field: str) -> str:
    _need_prefix(prefix)
    if not digits.startswith(prefix):
        raise NotANumberOfThisKind(
            "{digits} does not begin with the company prefix {prefix}.",
            field=field,
            digits=digits,
            prefix=prefix,
        )
    return digits.removeprefix(prefix)


def _need_prefix(prefix: str) -> None:
    if not re.fullmatch(r"[0-9]{6,12}", prefix):
        raise NotANumberOfThisKind(
            "A GS1 company prefix has 6 to 12 digits, not {prefix!r}.", field="prefix", prefix=prefix
        )


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED_IN_URNS)


def sscc_of_uri(uri: str) -> str | None:
    """The number that an EPC names, as a URN or as a Digital Link; None if it names no SSCC."""
    if uri.startswith("https://id.gs1.org/00/"):
        return uri.rpartition("/")[2]
    company, _, serial = uri.removeprefix("urn:epc:id:sscc:").partition(".")
    if not (uri.startswith("urn:epc:id:sscc:") and f"{company}{serial}".isdecimal() and serial):
        return None
    digits = f"{serial[0]}{company}{serial[1:]}"
    return digits + ean.calc_check_digit(digits)


def container_of_uri(uri: str) -> str | None:
    """The container that an EPC names, or None."""
    return uri.removeprefix("urn:epc:id:bic:") if uri.startswith("urn:epc:id:bic:") else None
