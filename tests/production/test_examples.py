"""The examples in the production document are what the service takes and answers."""

from typing import Any

from tests.examples import Answers, shape_of
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, in_days, today


def test_each_operation_answers_as_its_example_says(shared_out: Production, record_examples: bool) -> None:
    answers = Answers(shared_out.client.application)
    play(shared_out)
    if record_examples:
        answers.keep()
    assert shape_of(answers.seen) == shape_of(answers.kept)


def play(production: Production) -> None:
    """Two facilities do everything once."""
    done(production.office.get("/facilities"))
    done(production.sragen.get(f"/facilities/{SRAGEN}/capacity"))
    capacity = {"open_minutes": 360, "workers": {FAMILY: 40}}
    done(production.sragen.put(f"/facilities/{SRAGEN}/capacity", capacity))
    refused = production.klaten.work_orders()[0]
    done(production.klaten.do(refused, "decline", reason="The workshop is being painted this month."))
    offered = production.sragen.work_orders()[0]
    done(production.sragen.do(offered, "accept"))
    done(production.sragen.do(offered, "start"))
    done(production.sragen.do(offered, "pause", reason="The power is off."))
    done(production.sragen.do(offered, "start"))
    made = {"pieces": 40, "worked_on": today().isoformat(), "kind": "made"}
    done(production.sragen.do(offered, "report", **made))
    done(production.sragen.do(offered, "inspect", passed=36, rework=3, scrap=1))
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


def done(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer
