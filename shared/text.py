"""Which free text is taken from outside: what a person can read, and nothing that hides or reorders it."""

import re
from unicodedata import category, normalize

NEVER = {"Cc", "Cn", "Cs", "Zl", "Zp"}
"""Controls, unassigned characters, halves of a surrogate pair, and line ends by another name."""

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reverse what stands around them, so that a document reads otherwise than it is kept."""

VISIBLE = "LNPS"
"""Letters, numbers, punctuation, symbols: a text of spaces and joiners alone says nothing."""


IDENTITY_NUMBER = re.compile(
    r"(?<!\d)(?:\d{16}|\d{4}([ .\-])\d{4}\1\d{4}\1\d{4}|\d{6}([ .\-])\d{6}\2\d{4}"
    r"|(?:\d\d[ .\-]?){3}[ .\-]?\d{6}[ .\-]?\d{4})(?!\d)"
)
"""Sixteen digits, as the national identity number has, in the groups in which people write them.

Browsers read it, too: they want the hyphen of a class escaped."""

WITHOUT_IDENTITY_NUMBER = rf"(?!.*{IDENTITY_NUMBER.pattern}).*"
"""The ``pattern`` of an input whose text a device keeps before any service has read it."""


def seen(text: str) -> str:
    """The text as it is read: in ordinary letters and digits, without what has no width."""
    return "".join(one for one in normalize("NFKC", text) if category(one) != "Cf")


def is_plain(text: str, *, lines: bool = False) -> bool:
    """Whether this may be kept and shown; with ``lines`` it may have several."""
    characters = text.replace("\n", "").replace("\t", "") if lines else text
    if any(category(one) in NEVER or one in TURNING for one in characters):
        return False
    return not text or any(category(one)[0] in VISIBLE for one in characters)


def has_identity_number(text: str) -> bool:
    """Whether free text holds what may be somebody's identity number: none comes in, in any service."""
    return bool(IDENTITY_NUMBER.search(seen(text)))
