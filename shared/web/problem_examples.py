"""One example of each way in which a request may fail, for the OpenAPI documents."""

from http import HTTPStatus
from typing import Any

from shared.web.problems import AWAY, PERHAPS_DONE, WRITTEN_DOWN


def _problem(status: HTTPStatus, title: str, detail: str, **members: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status.value, "detail": detail, **members}


_SAID = "Give a number of pieces from 1 to 10,000,000."

EXAMPLES = {
    HTTPStatus(example["status"]): example
    for example in (
        _problem(HTTPStatus.BAD_REQUEST, "Nothing was sent", "Send a JSON object as the body."),
        _problem(
            HTTPStatus.UNAUTHORIZED,
            "A key is needed",
            "Send the header Authorization: Bearer and your API key.",
        ),
        _problem(HTTPStatus.FORBIDDEN, "Not for this key", "This takes a key for buyer."),
        _problem(HTTPStatus.NOT_FOUND, "Not found", "There is no such order, or it is not yours."),
        _problem(
            HTTPStatus.CONFLICT,
            "Still running",
            "The first request with this Idempotency-Key has not ended yet.",
        ),
        _problem(
            HTTPStatus.PRECONDITION_FAILED,
            "Changed meanwhile",
            "It was changed since you read it; nothing was done. Read it again, then amend what is there now.",
        ),
        _problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "Request Entity Too Large",
            "The data value transmitted exceeds the capacity limit.",
        ),
        _problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Not JSON",
            "Send the body as application/json, and say so in the header Content-Type.",
        ),
        _problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "Not valid",
            f"lines[0].quantity: {_SAID}",
            errors=[{"field": "lines[0].quantity", "message": _SAID}],
        ),
        _problem(
            HTTPStatus.PRECONDITION_REQUIRED,
            "If-Match is missing",
            "Read it first, and send the ETag of that answer in the header If-Match.",
        ),
        _problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many tries", "Wait a minute, then try again."),
        _problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Try again shortly",
            f"{AWAY} {PERHAPS_DONE}",
        ),
    )
}
OTHERWISE = _problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Something went wrong",
    f"{WRITTEN_DOWN} {PERHAPS_DONE}",
)
