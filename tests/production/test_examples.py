"""The examples in the production document are what the service takes and answers."""

from typing import Any

from tests.examples import Answers, shape_of
from tests.production.conftest import (
    FAMILY,
    SRAGEN,
    Production,
    a_pool,
    a_week,
    in_days,
    particulars,
    today,
)


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
    done(production.office.put("/facilities/LPS-CTH", particulars()))
    offer = {"workers": 12, "efficiency_pct": 75, "yield_pct": 94}
    done(production.office.put(f"/facilities/LPS-CTH/capabilities/{FAMILY}", offer))
    done(production.sragen.get(f"/facilities/{SRAGEN}"))
    done(production.sragen.put(f"/facilities/{SRAGEN}/calendar/week", a_week()))
    day = f"/facilities/{SRAGEN}/calendar/{in_days(3)}"
    done(production.sragen.put(day, {"open_minutes": 120, "reason": "search"}))
    done(production.sragen.get(f"/facilities/{SRAGEN}/calendar"))
    done(production.sragen.delete(day))
    done(production.sragen.put(f"/facilities/{SRAGEN}/pool", a_pool(trainees=10)))
    done(production.sragen.get(f"/facilities/{SRAGEN}/pool"))
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


def done(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer
