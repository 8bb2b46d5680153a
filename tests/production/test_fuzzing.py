"""The production API under requests made up from its own document."""

from tests.fuzzing import fuzz, operations_of
from tests.pictures import a_photo
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, in_days, monday, today, warned
from tests.production.test_inspection_photos import send

IN_TURN = {
    f"POST /production/v1/work-orders/{{id}}/{step}"
    for step in ("accept", "decline", "start", "inspect", "report", "reports/{report}/correct", "inspections")
} | {
    "GET /production/v1/work-orders/{id}/sampling",
    "PUT /production/v1/facilities/{code}/tools",
    "POST /production/v1/facilities/{code}/shifts",
    "POST /production/v1/facilities/{code}/shifts/close",
}
"""Nothing offered is left once it has begun, and it may stand still when pieces are reported. Tools are not
changed while a shift is open, and none of a made-up name is counted."""
OFFICE_ONLY = {
    "PUT /production/v1/facilities/{code}",
    "PUT /production/v1/facilities/{code}/capabilities/{family}",
    "PATCH /production/v1/facilities/{code}/capabilities/{family}",
}
ADDING_UP = {
    f"PUT /production/v1/facilities/{{code}}/{of}" for of in ("calendar/week", "calendar/{day}", "pool")
}
"""Numbers that are made up seldom add up to a week."""

OF_THE_HEAD = {
    "POST /production/v1/facilities/{code}/unlock",
    "POST /production/v1/work-orders/{id}/short-close",
    "POST /production/v1/work-orders/{id}/reports/{report}/acknowledge",
    "POST /production/v1/facilities/{code}/evidence",
    "POST /production/v1/facilities/{code}/evidence/{evidence_id}/withdraw",
}


def test_no_request_of_the_head_breaks_the_service(shared_out: Production) -> None:
    assert fuzz(
        shared_out.client.application, shared_out.head.key, known=what_is_there(shared_out), examples=2
    )


SELDOM = {
    "POST /production/v1/agreements",
    "POST /production/v1/agreements/{agreement_id}/premi-schemes",
    "POST /production/v1/agreements/{agreement_id}/premi-schemes/{scheme_id}/end",
    "POST /production/v1/agreements/{agreement_id}/consent-words",
    "PATCH /production/v1/agreements/{agreement_id}",
    "POST /production/v1/agreements/{agreement_id}/end",
    "POST /production/v1/materials/lots/{lot_id}/give-back",
    "POST /production/v1/materials/lots/{lot_id}/release",
    "POST /production/v1/work-orders/{id}/inspections/{inspection}/photos",
    "GET /production/v1/work-orders/{id}/inspections/{inspection}/photos/{number}",
    "DELETE /production/v1/work-orders/{id}/inspections/{inspection}/photos/{number}",
}
"""Of the regional office alone, about more than one thing that must fit, or a picture, which no made-up body is."""


def test_no_request_of_a_facility_breaks_the_service_and_each_answer_is_documented(
    shared_out: Production,
) -> None:
    app = shared_out.client.application
    done = fuzz(app, shared_out.sragen.key, known=what_is_there(shared_out), examples=6)
    assert operations_of(app) - done <= IN_TURN | OFFICE_ONLY | ADDING_UP | OF_THE_HEAD | SELDOM


def test_no_request_of_the_regional_office_breaks_the_service(shared_out: Production) -> None:
    assert fuzz(
        shared_out.client.application, shared_out.office.key, known=what_is_there(shared_out), examples=2
    )


def what_is_there(production: Production) -> dict[str, list[object]]:
    work = production.sragen.started()
    body = {"pieces": 100, "kind": "made", "worked_on": today().isoformat()}
    assert production.sragen.do(work, "report", **body).status_code == 200
    inspections = f"/work-orders/{work['id']}/inspections"
    inspected = production.sragen.post(inspections, {"lot": 10, "defects": []}).json
    assert send(production.sragen, f"{inspections}/{inspected['id']}/photos", a_photo()).status_code == 201
    entries = production.sragen.get(f"/work-orders/{work['id']}/reports").json
    lots = production.sragen.get("/materials/lots", material="coffee_wood").json
    document = {
        "item": "skills",
        "document": "DOC-1",
        "issuer": "kanwil",
        "issued_on": today().isoformat(),
        "valid_until": in_days(30).isoformat(),
    }
    evidence = production.head.post(f"/facilities/{SRAGEN}/evidence", document).json
    return {
        "evidence_id": [evidence["id"]],
        "issued_on": [today().isoformat()],
        "valid_until": [in_days(30).isoformat()],
        "document": ["DOC-2", "DOC-3"],
        "warning_id": [warned(production)],
        "lot_id": [lot["id"] for lot in lots],
        "agreement_id": [one["id"] for one in production.sragen.get("/agreements").json],
        "material": ["coir"],
        "quantity": ["1.5"],
        "received_on": [today().isoformat()],
        "supplier": ["A coir mill"],
        "reason": ["It is wet."],
        "If-Match": ["*"],
        "report": [entry["id"] for entry in entries],
        "id": [work["id"]],
        "inspection": [inspected["id"]],
        "number": [1],
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
