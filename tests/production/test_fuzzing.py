"""The production API under requests made up from its own document."""

from tests.fuzzing import fuzz, operations_of
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, in_days, monday, today

IN_TURN = {
    f"POST /production/v1/work-orders/{{id}}/{step}" for step in ("accept", "decline", "inspect", "report")
}
"""Nothing offered is left once it has begun, and it may stand still when pieces are reported."""
OFFICE_ONLY = {
    "PUT /production/v1/facilities/{code}",
    "PUT /production/v1/facilities/{code}/capabilities/{family}",
}
ADDING_UP = {f"PUT /production/v1/facilities/{{code}}/{of}" for of in ("calendar/week", "pool")}
"""Numbers that are made up seldom add up to a week."""


def test_no_request_of_a_facility_breaks_the_service_and_each_answer_is_documented(
    shared_out: Production,
) -> None:
    app = shared_out.client.application
    done = fuzz(app, shared_out.sragen.key, known=what_is_there(shared_out), examples=6)
    assert operations_of(app) - done <= IN_TURN | OFFICE_ONLY | ADDING_UP


def test_no_request_of_the_regional_office_breaks_the_service(shared_out: Production) -> None:
    assert fuzz(
        shared_out.client.application, shared_out.office.key, known=what_is_there(shared_out), examples=2
    )


def what_is_there(production: Production) -> dict[str, list[object]]:
    return {
        "id": [production.sragen.started()["id"]],
        "code": [SRAGEN, KLATEN],
        "facility": [SRAGEN],
        "worked_on": [today().isoformat()],
        "pieces": [1, 7],
        "kind": ["made"],
        "day": [in_days(3).isoformat()],
        "family": [FAMILY],
        "week": [monday(1).isoformat()],
        "gln": ["9529900002019"],
    }
