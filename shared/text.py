"""Which free text is taken from outside: what a person can read, and nothing that hides or reorders it."""

import re
from unicodedata import category, normalize

NEVER = {"Cc", "Cn", "Cs", "Zl", "Zp"}
"""Controls, unassigned characters, halves of a surrogate pair, and line ends by another name."""

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reverse what stands around them, so that a document reads otherwise than it is kept."""

VISIBLE = "LNPS"
"""Letters, numbers, punctuation, symbols: a text of spaces and joiners alone says nothing."""


PLAUSIBLE = (
    r"(?:1 [1-9]|2 1|3 [1-6]|5 [1-3]|6 [1-5]|7 [1-6]|8 [12]|9 [1-7]) \d \d \d \d "
    r"(?:[04] [1-9]|[1256] \d|[37] [01]) (?:0 [1-9]|1 [0-2]) \d \d (?!0 0 0 0)"
    r"(?:(?:(?<!\d)|(?<=(?<!\d)\d\d))0\d{3}|(?!(?:000|(?<=\d)0+)\W?\s\W?[1-9])0 0 \d \d)"
).replace(" ", r"[\W_]{0,3}")
"""An identity number with up to three signs between any of its digits: a province, district and subdistrict, then the day of
birth (a woman's with 40 more), month and year, and a running number. That begins with 0 where it is a group or ends one of
six, with 00 in any other: else lists of days, hours and quantities would be found, as where 1.000, 15 ends one."""

NO_PHONE_NUMBER = r"(?<!\b08\d\d[ \-])(?<!\b08\d\d[ \-]\d{4}[ \-])"
NO_DAY = r"(?!\d\d?([.\/\-])\d\d?\3(?:19|20)\d\d|\d\d\W{1,3}20\d\d-\d\d-\d\d)"
"""What a number may not begin within, and not with: the hours after a day may look like the rest of one."""

IDENTITY_NUMBER = re.compile(
    r"(?<!\d)(?:\d{16}|\d{4}([ .\-])\d{4}\1\d{4}\1\d{4}|\d{6}([ .\-])\d{6}\2\d{4}"
    r"|(?:\d\d[ .\-]?){3}[ .\-]?\d{6}[ .\-]?\d{4}"
    rf"|{NO_PHONE_NUMBER}{NO_DAY}{PLAUSIBLE})(?!\d)"
)
"""Sixteen digits, as the national identity number has: any in the groups in which people write them, so that one with a slip
is found, too, and plausible ones in whatever groups, also among other numbers.

Browsers read it, too: they want the signs of a class escaped."""

WITHOUT_IDENTITY_NUMBER = rf"(?!.*{IDENTITY_NUMBER.pattern}).*"
"""The ``pattern`` of an input whose text a device keeps before any service has read it. The service alone sees wide
digits."""


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
