"""JSON from outside, read in one way only: what others might read in another is refused."""

import json
from collections import Counter
from typing import Any


class TwoWays(ValueError):
    """The text can be read in more than one way, or as no value at all."""


def loads(text: str | bytes) -> Any:
    """The value; ``ValueError`` if it is no JSON in UTF-8, names a member twice or says NaN or Infinity."""
    decoded = text if isinstance(text, str) else text.decode()
    return json.loads(decoded, object_pairs_hook=_object, parse_constant=_no_number)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) < len(members):
        named = Counter(name for name, _ in members)
        twice = next(name for name, times in named.items() if times > 1)
        raise TwoWays(f"The member {twice[:40]} stands twice in one object; give it once.")
    return read


def _no_number(constant: str) -> Any:
    raise TwoWays(f"{constant} is no number of JSON; give digits.")
