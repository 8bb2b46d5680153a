"""The file that came with a form."""

import hashlib
import json
from contextlib import closing
from typing import Any

from flask import request

from services.logistics.handlers.documents import Sent
from services.logistics.scans import MOST_BYTES

MOST_SENT = MOST_BYTES + 64 * 1024
"""A file with the form around it."""


def sent_file(by: str) -> Sent | None:
    """What was chosen for ``file``; a browser sends an empty one where nothing was."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return None
    with closing(file):
        return Sent(content=file.stream.read(MOST_BYTES + 1), by=by)


def digest_of(path: str, body: dict[str, Any], file: Sent) -> bytes:
    """The same for the same address, fields and content, wherever the form draws its lines between them."""
    fields = json.dumps(body, default=str, sort_keys=True)
    return hashlib.sha256(f"{path}\n{fields}\n".encode() + hashlib.sha256(file.content).digest()).digest()
