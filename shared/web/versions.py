"""ETag and If-Match: who amends something says which version of it they saw."""

from flask import request

from shared.web.problems import Problem


def etag(version: int) -> str:
    """The header ETag of this version."""
    return f'"{version}"'


def must_match(version: int) -> None:
    """Refuse a request that does not say which version it amends (428), or another than there is (412)."""
    seen = request.if_match
    if not seen and not seen.star_tag:
        raise Problem(
            428,
            "If-Match is missing",
            f"Send the header If-Match with the ETag that you read, now {etag(version)}.",
        )
    if not seen.contains(str(version)):
        raise Problem(
            412,
            "Changed meanwhile",
            f"It is now at {etag(version)}; read it again and decide anew. Nothing was done.",
        )
