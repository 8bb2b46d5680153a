"""Free text of production. Inmates' names and numbers never enter the system, not even in a remark."""

import re

from shared.refusal import Refused
from shared.text import is_plain

IDENTITY_NUMBER = re.compile(r"\d(?:[ .-]?\d){15}")
"""Sixteen digits, as the national identity number has, however they are grouped."""
NAME = re.compile(
    r"\b(?:nama|name|napi|wbp|tahanan|warga binaan|inmate|prisoner)(?:\s+\w+)?\s*[:=]\s*\S|\ba\.?n\.\s*\w|\b(?:bin|binti)\s+[^\W\d_]",
    re.IGNORECASE,
)
"""What stands where a form asks for a name: ``nama: …``, ``a.n. …``, ``… bin …``."""


def said(reason: str) -> str:
    """A reason in words. It is told to other services and to buyers, so nobody is named in it."""
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 500:
        raise Refused("Give a reason of 3 to 500 characters.", field="reason")
    if not is_plain(reason):
        raise Refused("Give the reason in plain text.", field="reason")
    if IDENTITY_NUMBER.search(reason):
        raise Refused("Give the reason without anybody's identity number.", field="reason")
    if NAME.search(reason):
        raise Refused("Give the reason without anybody's name.", field="reason")
    return reason
