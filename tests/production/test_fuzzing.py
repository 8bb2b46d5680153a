"""The production API under requests made up from its own document."""

from tests.fuzzing import fuzz, operations_of
from tests.production.conftest import KLATEN, SRAGEN, Production, today

IN_TURN = {
    f"POST /production/v1/work-orders/{{id}}/{step}" for step in ("accept", "decline", "inspect", "report")
}
"""Nothing offered is left once it has begun, and it may stand still when pieces are reported."""
SELDOM = {
    "POST /production/v1/agreements",
    "PATCH /production/v1/agreements/{agreement_id}",
    "POST /production/v1/agreements/{agreement_id}/end",
    "POST /production/v1/materials/lots/{lot_id}/give-back",
    "POST /production/v1/materials/lots/{lot_id}/release",
}
"""Of the regional office alone, or about more than one thing that must fit."""


def test_no_request_of_a_facility_breaks_the_service_and_each_answer_is_documented(
    shared_out: Production,
) -> None:
    app = shared_out.client.application
    done = fuzz(app, shared_out.sragen.key, known=what_is_there(shared_out), examples=6)
    assert operations_of(app) - done <= IN_TURN | SELDOM


def test_no_request_of_the_regional_office_breaks_the_service(shared_out: Production) -> None:
    assert fuzz(
        shared_out.client.application, shared_out.office.key, known=what_is_there(shared_out), examples=2
    )


def what_is_there(production: Production) -> dict[str, list[object]]:
    lots = production.sragen.get("/materials/lots", material="coffee_wood").json
    return {
        "lot_id": [lot["id"] for lot in lots],
        "agreement_id": [one["id"] for one in production.sragen.get("/agreements").json],
        "material": ["coir"],
        "quantity": ["1.5"],
        "received_on": [today().isoformat()],
        "supplier": ["A coir mill"],
        "reason": ["It is wet."],
        "If-Match": ["*"],
        "id": [production.sragen.started()["id"]],
        "code": [SRAGEN, KLATEN],
        "facility": [SRAGEN],
        "worked_on": [today().isoformat()],
        "pieces": [1, 7],
        "kind": ["made"],
    }
