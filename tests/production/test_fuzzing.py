"""The production API under requests made up from its own document."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from shared.clock import real_now
from tests.clock import in_days, today
from tests.fuzzing import fuzz, operations_of
from tests.pictures import a_photo
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Caller,
    Production,
    a_clearance,
    a_week,
    an_order,
    monday,
    particulars,
    warned,
)
from tests.production.test_access_matrix import tools_are_missing
from tests.production.test_inspection_photos import send

V1 = "/production/v1"
WORK, AGREEMENT = f"{V1}/work-orders/{{id}}", f"{V1}/agreements/{{agreement_id}}"
AT = f"{V1}/facilities/{{code}}"
OF_THE_OFFICE = {
    f"PUT {AT}",
    f"PUT {AT}/capabilities/{{family}}",
    f"PATCH {AT}/capabilities/{{family}}",
    f"POST {V1}/agreements",
    f"PATCH {AGREEMENT}",
    f"POST {AGREEMENT}/end",
    f"POST {AGREEMENT}/premi-schemes/{{scheme_id}}/end",
    f"POST {AGREEMENT}/consent-words",
}
OF_THE_HEAD = {
    f"POST {AT}/unlock",
    f"POST {WORK}/short-close",
    f"POST {WORK}/reports/{{report}}/acknowledge",
    f"POST {AT}/evidence",
    f"POST {AT}/evidence/{{evidence_id}}/withdraw",
}
SELDOM = {
    f"POST {AGREEMENT}/premi-schemes",
    f"POST {WORK}/inspections/{{inspection}}/photos",
    f"GET {WORK}/inspections/{{inspection}}/photos/{{number}}",
    f"DELETE {WORK}/inspections/{{inspection}}/photos/{{number}}",
}
"""A scheme that is made up seldom has what its basis asks for; a picture is no made-up body, and once one was deleted it
is there no longer."""
Values = dict[str, Sequence[object]]


def done(
    production: Production,
    caller: Caller,
    what_fits: Callable[[Production], Mapping[str, Values]],
    *,
    examples: int,
) -> set[str]:
    """What was done of all that was asked; no operation is taken for a repetition of another."""
    app, known = production.client.application, what_is_there(production)
    fitting = what_fits(production)
    each = {
        label: {"Idempotency-Key": [f"made-up-{n}-{m}" for m in range(99)], **fitting.get(label, {})}
        for n, label in enumerate(sorted(operations_of(app)))
    }
    return fuzz(app, caller.key, known=known, fitting=each, examples=examples)


def test_no_request_of_a_facility_breaks_the_service_and_each_answer_is_documented(
    shared_out: Production,
) -> None:
    met = done(shared_out, shared_out.sragen, what_fits_a_facility, examples=4)
    assert operations_of(shared_out.client.application) - met <= OF_THE_OFFICE | OF_THE_HEAD | SELDOM


def test_no_request_of_the_head_breaks_the_service(shared_out: Production) -> None:
    assert done(shared_out, shared_out.head, what_fits_the_head, examples=2) >= OF_THE_HEAD


def test_no_request_of_the_regional_office_breaks_the_service(shared_out: Production) -> None:
    assert done(shared_out, shared_out.office, what_fits_the_office, examples=2) >= OF_THE_OFFICE


def more_work(production: Production, count: int) -> list[dict[str, Any]]:
    """So many more work orders that Sragen was offered."""
    orders = [UUID(int=100 + n) for n in range(count)]
    for order_id in orders:
        production.hears(an_order(order_id=order_id), a_clearance(order_id=order_id))
    offered = production.sragen.work_orders(state="offered", limit=100)
    return [each for each in offered if UUID(each["order_id"]) in orders]


def begun(caller: Caller, work: dict[str, Any], *steps: str) -> dict[str, Any]:
    """It, accepted and then what else is said."""
    for step in ("accept", *steps):
        answer = caller.do(work, step)
        assert answer.status_code == 200, answer.text
    return work


def reported(caller: Caller, work: dict[str, Any], pieces: int, **more: str) -> list[dict[str, Any]]:
    """Its reports, after one of today."""
    told = {"pieces": pieces, "kind": "made", "worked_on": today().isoformat(), **more}
    assert caller.do(work, "report", **told).status_code == 200
    entries: list[dict[str, Any]] = caller.get(f"/work-orders/{work['id']}/reports").json
    return entries


def what_fits_a_facility(production: Production) -> Mapping[str, Values]:
    """For each step of a work order one that is at it, and numbers that add up."""
    sragen = production.sragen
    offered, declined, accepted, *under_way = more_work(production, 8)
    begun(sragen, accepted)
    reporting, corrected, inspected, sampled, set_aside = (begun(sragen, each, "start") for each in under_way)
    (entry,) = reported(sragen, corrected, 50)
    for each in (inspected, sampled, set_aside):
        reported(sragen, each, 50)
    assert sragen.do(set_aside, "inspect", passed=0, rework=30, scrap=10).status_code == 200
    now = [real_now().isoformat()]
    coir = sragen.get("/materials/lots", material="coir").json
    used = [lot["id"] for lot in coir if lot["facility"] == SRAGEN]
    none: Values = {name: [0] for name in ("expected_releases", "expected_transfers", "trainees")}
    return {
        f"POST {WORK}/accept": {"id": [offered["id"]], "by": [offered["due"]], "device_at": now},
        f"POST {WORK}/decline": {"id": [declined["id"]]},
        f"POST {WORK}/start": {"id": [accepted["id"]], "device_at": now},
        f"POST {WORK}/report": {"id": [reporting["id"]], "device_at": now},
        f"POST {WORK}/reports/{{report}}/correct": {
            "id": [corrected["id"]],
            "report": [entry["id"]],
            "pieces": [49, 48, 47, 46, 45, 44, 43, 42],
        },
        f"POST {WORK}/inspect": {
            "id": [inspected["id"]],
            "passed": [2, 3],
            "rework": [0, 1],
            "scrap": [0, 1],
        },
        f"POST {WORK}/inspection-corrections": {
            "id": [set_aside["id"]],
            "rework": [29, 28, 27, 26, 25, 24],
            "scrap": [0, 1],
            "rework_seen": [30],
            "scrap_seen": [10],
        },
        f"GET {WORK}/sampling": {"id": [sampled["id"]], "lot": [10, 20]},
        f"PUT {AT}/calendar/week": {name: [minutes] for name, minutes in a_week().items()},
        f"PUT {AT}/calendar/{{day}}": {"open_minutes": [0, 120], "reason": ["search", "power_cut"]},
        f"PUT {AT}/pool": {**none, "eligible": [150], "consenting": [90, 91]},
        f"POST {AT}/shifts": {"code": [SRAGEN], "out": [{}]},
        f"POST {AT}/shifts/close": {"code": [SRAGEN], "returned": [{}], "used": [{}]},
        f"PUT {AT}/tools": {"code": [SRAGEN]},
        f"POST {V1}/materials/lots/{{lot_id}}/give-back": {
            "lot_id": used,
            "work_order_id": [sampled["id"]],
            "quantity": ["0.001"],
        },
    }


def what_fits_the_head(production: Production) -> Mapping[str, Values]:
    """A job that was accepted only, a report that two devices made, and tools that are missing."""
    accepted, twice = more_work(production, 2)
    begun(production.sragen, accepted)
    begun(production.sragen, twice, "start")
    for _ in range(2):
        entries = reported(
            production.sragen, twice, 10, device_at=real_now().isoformat(), device=str(uuid4())
        )
    assert [each["same_hour"] for each in entries] == [False, True]
    tools_are_missing(production)
    return {
        f"POST {WORK}/short-close": {"id": [accepted["id"]]},
        f"POST {WORK}/reports/{{report}}/acknowledge": {
            "id": [twice["id"]],
            "report": [entries[1]["id"]],
        },
        f"POST {AT}/unlock": {"code": [SRAGEN]},
        f"POST {AT}/evidence": {
            "code": [SRAGEN],
            "item": ["skills", "refusal_is_free"],
            "finding": ["supports"],
            "issuer": ["facility_head"],
            "document": ["DOC-2", "DOC-3", "DOC-4", "DOC-5"],
            "agreement_id": [None],
            "sha256": ["ab" * 32],
        },
        f"POST {AT}/evidence/{{evidence_id}}/withdraw": {"code": [SRAGEN]},
    }


def what_fits_the_office(production: Production) -> Mapping[str, Values]:
    """A facility, agreements and schemes that may be."""
    office, last = production.office, in_days(300).isoformat()
    days: Values = {"valid_from": [in_days(1).isoformat()], "valid_to": [last]}
    asked = {
        "partner": "RIVAL",
        "facility": SRAGEN,
        "tariffs": {},
        "valid_from": today().isoformat(),
        "valid_to": last,
    }
    unpaid, ending = (
        office.post("/agreements", {**asked, "number": f"PKS-R-{n}", "lanes": [lane]}).json["id"]
        for n, lane in enumerate(("free", "parole_community"))
    )
    paid = next(
        one["id"]
        for one in office.get("/agreements", facility=SRAGEN).json
        if one["partner"] == "CHEWY-LOUIS"
    )
    (scheme,) = office.get(f"/agreements/{paid}/premi-schemes").json
    body = particulars()
    del body["verified"], body["producing"]
    capability: Values = {"code": [SRAGEN], "family": [FAMILY], **days}
    return {
        f"PUT {AT}": {
            "code": ["LPS-CTH"],
            "lane": ["custodial"],
            **{name: [one] for name, one in body.items()},
        },
        f"PUT {AT}/capabilities/{{family}}": capability,
        f"PATCH {AT}/capabilities/{{family}}": capability,
        f"POST {V1}/agreements": {
            "number": [f"PKS-F-{n}" for n in range(9)],
            "partner": ["ANOTHER", "OTHERS"],
            "lanes": [["custodial"]],
            "tariffs": [{}, {"CR-BALL-07": "2943.00"}],
            **days,
        },
        f"PATCH {AGREEMENT}": {
            "agreement_id": [unpaid],
            "lanes": [["free"]],
            "tariffs": [{"CR-BALL-07": "2943.00"}],
            **days,
        },
        f"POST {AGREEMENT}/end": {"agreement_id": [ending], "on": [last]},
        f"POST {AGREEMENT}/premi-schemes/{{scheme_id}}/end": {
            "agreement_id": [paid],
            "scheme_id": [scheme["id"]],
            "on": [last],
        },
        f"POST {AGREEMENT}/consent-words": {
            "valid_from": [in_days(400 + n).isoformat() for n in range(5)],
            "words": ["I work for the partner of my own free will."],
        },
    }


def what_is_there(production: Production) -> Values:
    """One of everything, by the names that the document has for it."""
    work = production.sragen.started()
    reported(production.sragen, work, 100)
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
        "gln": ["9529900009001"],
    }
