"""Free text of production. Inmates' names and numbers never enter the system, not even in a remark."""

import re

from shared.refusal import Refused
from shared.text import has_identity_number, is_plain, seen

NAME = re.compile(
    r"\b(?:nama|name|napi|wbp|tahanan|warga binaan|inmate|prisoner)(?:\s+\w+)?\s*[:=]\s*\S|\ba(?:\.?n\.|/n)\s*\w"
    r"|\b(?:bin|binti)\s+[^\W\d_]",
    re.IGNORECASE,
)
"""What stands where a form asks for a name: ``nama: …``, ``a.n. …``, ``a/n …``, ``… bin …``."""

ADDRESSED = re.compile(
    r"\b(?:[Ss]dri?|[Ss]audar[ai]|[Bb](?:a)?pak|[Bb]pk|[Ii]bu|[Pp]ak|[Bb]u|[Mm]as|[Mm]bak|Mr|Mrs|Ms|Mx)\.?\s+[A-Z][A-Za-z]"
    r"|\b(?:SDRI?|SAUDAR[AI]|BAPAK|BPK|IBU|PAK|BU|MAS|MBAK|MRS?)\.?\s+[A-Z]{2}"
)
"""A form of address before a name, in either language: ``Pak Budi``, ``PAK BUDI``, ``Mr. Smith``. No ordinary noun has a
capital, but where all is in capitals."""

NO_NAMES = (
    "blok|kamar|sel|wisma|lapas|rutan|bapas|lembaga|lpka|kelas|block|class"
    "|sakit|baru|lama|bebas|pindah|dipindah|dipindahkan|datang|keluar|masuk|hadir|absen|izin|cuti|sidang|bekerja|kerja"
    "|kurang|terampil|karena|yang|dan|di|ke|dari|untuk|tidak|belum|sudah|sedang|akan|dalam|barang|bahan|alat|pesanan"
)
"""What stands after what prisoners are called in ordinary remarks: where they are, and what they do."""
CALLED = re.compile(
    r"\b(?:(?i:narapidana|napi|tahanan|wbp|warga binaan|(?:ber)?nama|inmate|prisoner|detainee|named))\s+"
    rf"(?!(?i:{NO_NAMES})\b)[A-Z](?:[a-z]|[A-Z]+\b)"
)
"""What prisoners are called before a name: ``WBP Budi``, ``napi Budi``, ``bernama BUDI``."""


CODE = re.compile(r"\b[A-Z]{3,6}-[2-9A-HJKMNP-Z]{4}\b")
"""A worker's code, which stands in remarks about nothing; numbers of lots and work orders are never so."""


def said(reason: str) -> str:
    """A reason in words. It is told to other services and to buyers, so nobody is named in it."""
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 500:
        raise Refused("Give a reason of 3 to 500 characters.", field="reason")
    if not is_plain(reason):
        raise Refused("Give the reason in plain text.", field="reason")
    if has_identity_number(reason):
        raise Refused("Give the reason without anybody's identity number.", field="reason")
    if _names_somebody(reason):
        raise Refused("Give the reason without anybody's name.", field="reason")
    if _has_code(reason):
        raise Refused("Give the reason without anybody's code.", field="reason")
    return reason


def nobody_named(text: str, *, field: str) -> str:
    """Other free text, such as what a tool is called: it tells of nobody either."""
    nobody_numbered(text, field=field)
    if _names_somebody(text):
        raise Refused("Give it without anybody's name.", field=field)
    if _has_code(text):
        raise Refused("Give it without anybody's code.", field=field)
    return text


def nobody_numbered(text: str, *, field: str) -> None:
    """Text that may have people's names in it, such as an address."""
    if has_identity_number(text):
        raise Refused("Give it without anybody's identity number.", field=field)


def _names_somebody(text: str) -> bool:
    text = seen(text)
    return any(pattern.search(text) for pattern in (NAME, ADDRESSED, CALLED))


def _has_code(text: str) -> bool:
    return bool(CODE.search(seen(text)))
