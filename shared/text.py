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
    r"|(?!20\d{6})\d{8}[ .\-]\d{8}|(?:\d\d[ .\-]?){3}[ .\-]?\d{6}[ .\-]?\d{4})(?!\d)"
)
"""Sixteen digits, as the national identity number has, in the groups in which people write them. Two groups of eight may be
two days, but no province has 20.

Browsers read it, too: they want the hyphen of a class escaped."""

WITHOUT_IDENTITY_NUMBER = rf"(?!.*{IDENTITY_NUMBER.pattern}).*"
"""The ``pattern`` of an input whose text a device keeps before any service has read it."""

DAY = re.compile(
    r"(?<!\d)(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([./-])\d\d\2\d\d)(?!\d|[./-]\d)"
)
APART = re.compile(r"(?<!\d)(?<!\d[ ./_-])\d(?:[ ./_-]{0,3}\d){15}(?![ ./_-]?\d)")
"""Sixteen digits and no more, with anything between them."""
PLAUSIBLE = re.compile(
    r"(?:1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])\d{4}(?:[04][1-9]|[1256]\d|[37][01])(?:0[1-9]|1[0-2])\d{6}"
)
"""An identity number: a province, district and subdistrict, then the day of birth (a woman's with 40 more) and month."""


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
    text = seen(text)
    if IDENTITY_NUMBER.search(text):
        return True
    apart = (re.sub(r"\D", "", found[0]) for found in APART.finditer(DAY.sub(";", text)))
    return any(PLAUSIBLE.fullmatch(digits) for digits in apart)
