"""A line in the log for each request that its caller had no right to: who asked for what, so that guessing is seen."""

import logging

from flask import Flask, Response, g, request

log = logging.getLogger(__name__)

LONGEST_PATH = 200


def install(app: Flask) -> None:
    """Tell of what was not let in (401), is not theirs to do (403), and is not there or not theirs (404)."""
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    """Without a query, a body or a key; of addresses that are not there only when it is known who asked."""
    principal = g.get("principal")
    if response.status_code in (401, 403) or (response.status_code == 404 and principal):
        who = principal.id if principal else "nobody known"
        asked = request.path[:LONGEST_PATH]
        log.warning(
            "refused %s %s with %s to %s from %s",
            request.method,
            asked,
            response.status_code,
            who,
            request.remote_addr,
        )
    return response
