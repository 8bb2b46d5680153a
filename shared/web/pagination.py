"""Lists by key: a page begins after the last row of the one before, however long the list is."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from marshmallow import Schema, fields, validate

from shared.database import LARGEST_ID
from shared.refusal import Refused
from shared.text import is_plain

T = TypeVar("T")
MOST = 200


class PageSchema(Schema):
    """Query parameters of every list."""

    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MOST, error=f"Give a number of rows from 1 to {MOST}."),
        metadata={"description": "rows in a page"},
    )
    after = fields.String(
        load_default=None, metadata={"description": "cursor from the Link header of the page before"}
    )


def cursor_of(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str | None, kind: Callable[[str], T], *, field: str = "after") -> T | None:
    """The key inside a cursor; one that we did not make, or of another ``kind``, is refused by name."""
    if cursor is None:
        return None
    try:
        key = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        return kind(key)
    except ValueError:
        raise Refused("Take the cursor from the Link header of the page before.", field=field) from None


def code(key: str) -> str:
    """A key that is a code, such as a lot's."""
    if not is_plain(key):
        raise ValueError(key)
    return key


def row_number(key: str) -> int:
    """A key that is a number counted by the database."""
    number = int(key)
    if not 0 <= number <= LARGEST_ID:
        raise ValueError(key)
    return number


def link_to_next(rows: list[Any], limit: int, key: str) -> dict[str, str]:
    """The ``Link`` header of a page whose rows were read with one more than the limit."""
    if len(rows) <= limit:
        return {}
    query = request.args.to_dict() | {"after": cursor_of(str(rows[limit - 1][key])), "limit": str(limit)}
    return {"Link": f'<{request.path}?{urlencode(query)}>; rel="next"'}
