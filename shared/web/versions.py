"""The version of what can be amended: told as an ETag, and asked for by If-Match, so that nobody overwrites unseen."""

import re

from flask import request

from shared.web.problems import Problem

IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "the ETag of the answer that was read before",
    "schema": {"type": "string", "minLength": 1},
}
"""For the document of a route that takes it: ``@api.doc(parameters=[IF_MATCH])``."""
TAG = re.compile(r'"(\d{1,9})"\Z', re.ASCII)


def etag(version: int) -> dict[str, str]:
    """The header that tells the version."""
    return {"ETag": f'"{version}"'}


def versions_to_match() -> list[int] | None:
    """The versions that the request takes; none stands for any of them (``*``). Without If-Match nothing is done."""
    asked = request.headers.get("If-Match", "").strip()
    if not asked:
        raise Problem(
            428,
            "If-Match is missing",
            "Read it first, and send the ETag of that answer in the header If-Match.",
        )
    if asked == "*":
        return None
    found = [TAG.match(tag.strip()) for tag in asked.split(",")]
    return [int(tag[1]) for tag in found if tag]


def must_match(version: int) -> None:
    """Refuse to amend what is at another version than the request takes."""
    versions = versions_to_match()
    if versions is not None and version not in versions:
        raise stale(version)


def stale(version: int) -> Problem:
    """Somebody changed it since it was read."""
    return Problem(
        412,
        "Changed meanwhile",
        "It was changed since you read it; nothing was done. Read it again, then amend what is there now.",
        headers=etag(version),
    )
