"""The examples in the production document are what the service takes and answers."""

from typing import Any

from tests.clock import in_days, today
from tests.examples import Answers, shape_of
from tests.pictures import a_photo
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, a_pool, a_week, particulars, warned
from tests.production.test_access_matrix import NEW_SCHEME, NEW_WORDS
from tests.production.test_inspection_photos import send


def test_each_operation_answers_as_its_example_says(shared_out: Production, record_examples: bool) -> None:
    answers = Answers(shared_out.client.application)
    play(shared_out)
    if record_examples:
        answers.keep()
    assert shape_of(answers.seen) == shape_of(answers.kept)


def play(production: Production) -> None:
    """The office and two facilities do everything once."""
    the_facilities(production)
    the_work(production)
    the_tools(production)
    the_warnings(production)
    the_evidence(production)


def the_facilities(production: Production) -> None:
    done(production.office.get("/facilities"))
    done(production.sragen.get(f"/facilities/{SRAGEN}/capacity"))
    capacity = {"open_minutes": 360, "workers": {FAMILY: 40}}
    done(production.sragen.put(f"/facilities/{SRAGEN}/capacity", capacity))
    done(production.office.put("/facilities/LPS-CTH", particulars()))
    offer = {"workers": 12, "efficiency_pct": 75, "yield_pct": 94}
    done(production.office.put(f"/facilities/LPS-CTH/capabilities/{FAMILY}", offer))
    made = f"/facilities/LPS-CTH/capabilities/{FAMILY}"
    done(production.office.patch(made, {"skill_level": 2}, done(production.office.get(made)).headers["ETag"]))
    done(production.sragen.get(f"/facilities/{SRAGEN}"))
    done(production.sragen.put(f"/facilities/{SRAGEN}/calendar/week", a_week()))
    day = f"/facilities/{SRAGEN}/calendar/{in_days(3)}"
    done(production.sragen.put(day, {"open_minutes": 120, "reason": "search"}))
    done(production.sragen.get(f"/facilities/{SRAGEN}/calendar"))
    done(production.sragen.delete(day))
    done(production.sragen.put(f"/facilities/{SRAGEN}/pool", a_pool(trainees=10)))
    done(production.sragen.get(f"/facilities/{SRAGEN}/pool"))


def the_work(production: Production) -> None:
    refused = production.klaten.work_orders()[0]
    done(production.klaten.do(refused, "decline", reason="The workshop is being painted this month."))
    offered = production.sragen.work_orders()[0]
    done(production.sragen.do(offered, "accept"))
    done(production.sragen.do(offered, "start"))
    done(production.sragen.do(offered, "pause", reason="The power is off."))
    done(production.sragen.do(offered, "start"))
    few = {"open_minutes": 360, "workers": {FAMILY: 1}}
    assert production.sragen.put(f"/facilities/{SRAGEN}/capacity", few).status_code == 200
    made = {"pieces": 40, "worked_on": today().isoformat(), "kind": "made"}
    done(production.sragen.do(offered, "report", **made))
    reports = f"/work-orders/{offered['id']}/reports"
    (report,) = done(production.sragen.get(reports)).json
    corrected = {"pieces": offered["quantity"], "reason": "Some sacks were forgotten."}
    done(production.sragen.post(f"{reports}/{report['id']}/correct", corrected))
    flagged = production.sragen.get(reports).json[-1]
    done(production.head.post(f"{reports}/{flagged['id']}/acknowledge", {}))
    done(production.sragen.do(offered, "inspect", passed=36, rework=3, scrap=1))
    done(production.sragen.get(f"/work-orders/{offered['id']}/sampling"))
    stained = {"code": "stain", "rework": 2, "scrap": 0}
    seen = {"rework_seen": 3, "scrap_seen": 1}
    wrong = {"rework": 2, "scrap": 1, **seen, "reason": "One of them is good after all."}
    done(production.sragen.do(offered, "inspection-corrections", **wrong))
    done(production.sragen.get(f"/work-orders/{offered['id']}/inspection-corrections"))
    inspections = f"/work-orders/{offered['id']}/inspections"
    made = done(production.sragen.post(inspections, {"lot": 100, "defects": [stained], "on_reject": "sort"}))
    photos = f"{inspections}/{made.json['id']}/photos"
    done(send(production.sragen, photos, a_photo()))
    done(production.sragen.get(f"{photos}/1"))
    done(production.sragen.get(inspections))
    done(production.sragen.delete(f"{photos}/1"))
    for paper in ("ticket", "tally-sheet"):
        done(production.sragen.get(f"/work-orders/{offered['id']}/{paper}.pdf"))
    done(production.sragen.get(f"/work-orders/{offered['id']}"))
    agree(production)
    supply(production, offered["id"])


def agree(production: Production) -> None:
    agreement = {
        "number": "PKS-7/LPS-KLT/2026",
        "partner": "ANOTHER-BUYER",
        "facility": KLATEN,
        "lanes": ["custodial"],
        "valid_from": today().isoformat(),
        "valid_to": in_days(365).isoformat(),
        "tariffs": {"CR-BALL-07": "2943.00"},
    }
    made = done(production.office.post("/agreements", agreement))
    path = f"/agreements/{made.json['id']}"
    done(production.office.get(path))
    done(production.office.patch(path, {"valid_to": in_days(730).isoformat()}, made.headers["ETag"]))
    scheme = done(production.office.post(f"{path}/premi-schemes", NEW_SCHEME)).json
    done(production.office.post(f"{path}/premi-schemes/{scheme['id']}/end", {"on": "2036-06-30"}))
    done(production.office.get(f"{path}/premi-schemes"))
    done(production.office.post(f"{path}/consent-words", NEW_WORDS | {"valid_from": today().isoformat()}))
    done(production.office.get(f"{path}/consent-words"))
    done(production.office.get("/welfare"))
    done(production.office.post(f"{path}/end", {"on": in_days(30).isoformat(), "reason": "Both agree."}))
    done(production.office.get("/agreements", facility=KLATEN))


def supply(production: Production, work_order: str) -> None:
    done(production.sragen.get("/materials"))
    done(production.sragen.get("/materials/stock"))
    wood = {
        "facility": SRAGEN,
        "material": "coffee_wood",
        "supplier": "A plantation",
        "quantity": "250",
        "received_on": today().isoformat(),
        "plot": "Block 7",
        "geolocation": "-7.430012, 111.020034",
    }
    done(production.sragen.post("/materials/lots", wood))
    lots = done(production.sragen.get("/materials/lots", material="coir")).json
    path = f"/materials/lots/{lots[0]['id']}"
    done(production.sragen.get(path))
    too_much = {"work_order_id": work_order, "quantity": "0.5", "reason": "Less was used."}
    done(production.sragen.post(f"{path}/give-back", too_much))
    done(production.sragen.post(f"{path}/write-off", {"quantity": "2.5", "reason": "The roof leaked."}))
    done(production.sragen.post(f"{path}/quarantine", {"reason": "It is wet."}))
    done(production.sragen.post(f"{path}/release", {}))
    done(production.sragen.get(f"/work-orders/{work_order}/materials"))


def the_tools(production: Production) -> None:
    at = f"/facilities/{SRAGEN}"
    saws = {"code": "saw", "name": "Hand saw", "class": "A", "quantity": 10}
    thinner = {"code": "thinner_ml", "name": "Thinner, millilitres", "class": "S", "quantity": 2_000}
    done(production.sragen.put(f"{at}/tools", {"tools": [saws, thinner]}))
    done(production.sragen.post(f"{at}/shifts", {"out": {"saw": 4, "thinner_ml": 500}}))
    short = {"returned": {"saw": 3, "thinner_ml": 100}, "used": {"thinner_ml": 400}}
    done(production.sragen.post(f"{at}/shifts/close", short))
    done(production.sragen.get(f"{at}/tools"))
    done(production.sragen.get(f"{at}/shifts"))
    done(production.head.post(f"{at}/unlock", {"reason": "It lay under a bench."}))
    *_, ended = production.sragen.work_orders()
    for action in ("accept", "start"):
        assert production.sragen.do(ended, action).status_code == 200
    done(production.head.do(ended, "short-close", reason="No coir until next month."))


def the_evidence(production: Production) -> None:
    at = f"/facilities/{SRAGEN}/evidence"
    visit = {
        "item": "independent_visit",
        "finding": "supports",
        "document": "LHP-12/2026",
        "issuer": "ombudsman",
        "issued_on": today().isoformat(),
        "valid_until": in_days(365).isoformat(),
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }
    made = done(production.head.post(at, visit)).json
    done(production.head.post(f"{at}/{made['id']}/withdraw", {"reason": "The number was mistyped."}))
    done(production.sragen.get(at))


def the_warnings(production: Production) -> None:
    path = f"/warnings/{warned(production)}/acknowledge"
    done(production.sragen.get("/warnings"))
    done(production.head.post(path, {}))


def done(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer
