"""Which free text is taken from outside: what a person can read, and nothing that hides or reorders it."""

import re
from unicodedata import category

NEVER = {"Cc", "Cn", "Cs", "Zl", "Zp"}
"""Controls, unassigned characters, halves of a surrogate pair, and line ends by another name."""

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reverse what stands around them, so that a document reads otherwise than it is kept."""

VISIBLE = "LNPS"
"""Letters, numbers, punctuation, symbols: a text of spaces and joiners alone says nothing."""


def is_plain(text: str, *, lines: bool = False) -> bool:
    """Whether this may be kept and shown; with ``lines`` it may have several."""
    characters = text.replace("\n", "").replace("\t", "") if lines else text
    if any(category(one) in NEVER or one in TURNING for one in characters):
        return False
    return not text or any(category(one)[0] in VISIBLE for one in characters)


IDENTITY_NUMBER = re.compile(r"(?<!\d)\d(?:[ .-]?\d){15}(?!\d)")
"""Sixteen digits, as the national identity number has, however they are grouped; a carton's number has eighteen."""


def has_identity_number(text: str) -> bool:
    """Whether free text holds what may be somebody's identity number: none comes in, in any service."""
    return bool(IDENTITY_NUMBER.search(text))
