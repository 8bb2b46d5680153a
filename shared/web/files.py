"""Files that people send, and pictures that are given back: for pages and APIs of every service."""

from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final

from flask import Response
from werkzeug.datastructures import FileStorage

from shared.refusal import Refused

PICTURE: Final = {"type": "string", "format": "binary"}
PHOTO: Final[dict[str, Any]] = {
    "description": "A JPEG or PNG picture; it is known by its content, and what it tells beside is not kept.",
    "required": True,
    "content": {"image/jpeg": {"schema": PICTURE}, "image/png": {"schema": PICTURE}},
}
"""The body of a request that sends a picture, for the OpenAPI document."""


def sent_files(files: Iterable[FileStorage], *, field: str, most_bytes: int) -> list[bytes]:
    """The content of each file that was chosen; a browser sends an empty one where none was."""
    read = []
    for file in files:
        with closing(file):
            read += [file.stream.read(most_bytes + 1)] if file.filename else []
    if any(len(content) > most_bytes for content in read):
        raise Refused(
            "Send files of up to {megabytes} MB each.", field=field, megabytes=most_bytes // 1024**2
        )
    return read


def picture(content: bytes, media_type: str, name: str) -> Response:
    """A picture that no browser takes for anything else; a page that shows it may, who opens it downloads it."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{media_type.removeprefix("image/")}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, mimetype=media_type, headers=headers)
