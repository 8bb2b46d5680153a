"""The beginning of what an endpoint answered, fit to be kept and shown."""

import re
from collections.abc import Iterable
from unicodedata import category

MOST = 300
HIDDEN = "[hidden]"
LOOKS_SECRET = (
    re.compile(r"whsec_[\w+/=]+|pk_[0-9a-f]+_[\w-]+|v1,[\w+/=]+"),
    re.compile(r"(?i)\bbearer\s+[^\s\"',;]+"),
    re.compile(r"(?i)(?:password|secret|token|api[-_]?key|authorization)[\"']?\s*[:=]\s*[\"']?[^\s\"',;&]+"),
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
)
"""Our own secrets, keys and signatures, and what is commonly called one; the last is a JSON Web Token."""


def excerpt(body: bytes, secrets: Iterable[str]) -> str:
    """The first characters, on one line, with whatever looks like a secret hidden.

    What is cut off could be the end of a secret: it is hidden before the cut.
    """
    said = "".join(" " if category(one)[0] in "CZ" else one for one in body.decode("utf-8", errors="replace"))
    for secret in secrets:
        said = said.replace(secret, HIDDEN).replace(secret.removeprefix("whsec_"), HIDDEN)
    for pattern in LOOKS_SECRET:
        said = pattern.sub(HIDDEN, said)
    said = " ".join(said.split())
    return said if len(said) <= MOST else said[: MOST - 1] + "…"
