"""Tools are counted out and in: a shift closes when nothing differs, and a difference locks the facility."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.production.domain.tools import Difference, ToolKind, check_in, check_out
from services.production.handlers import tools
from shared.refusal import Refused
from shared.web.access import HEAD, KANWIL, TOOL_KEEPER
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.clock import today
from tests.production.conftest import SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_reports import pieces

AT = f"/facilities/{SRAGEN}"
TOOLS: list[dict[str, Any]] = [
    {"code": "saw", "name": "Gergaji", "class": "A", "quantity": 10},
    {"code": "hammer", "name": "Palu", "class": "B", "quantity": 5},
    {"code": "brush", "name": "Kuas", "class": "C", "quantity": 50},
    {"code": "thinner_ml", "name": "Tiner (ml)", "class": "S", "quantity": 2_000},
]
KINDS: dict[str, ToolKind] = {
    tool["code"]: ToolKind(
        code=str(tool["code"]),
        name=str(tool["name"]),
        kind_class=str(tool["class"]),
        quantity=tool["quantity"],
    )
    for tool in TOOLS
}


def test_no_more_goes_out_than_there_is_and_only_what_is_controlled() -> None:
    assert check_out(KINDS, {"saw": 10}) == {"saw": 10}
    for out, field in (({"saw": 11}, "out.saw"), ({"brush": 1}, "out.brush"), ({"axe": 1}, "out.axe")):
        with pytest.raises(Refused) as refusal:
            check_out(KINDS, out)
        assert refusal.value.field == field


def test_what_differs_is_told_and_stock_may_be_used_up() -> None:
    out = {"saw": 4, "hammer": 2, "thinner_ml": 500}
    assert check_in(KINDS, out, {"saw": 4, "hammer": 2, "thinner_ml": 100}, {"thinner_ml": 400}) == []
    (saw, thinner) = check_in(KINDS, out, {"saw": 3, "hammer": 2, "thinner_ml": 600}, {})
    assert saw == Difference(code="saw", out=4, returned=3, used=0)
    assert (saw.missing, thinner.missing) == (1, -100)
    with pytest.raises(Refused, match="tools come back"):
        check_in(KINDS, out, {}, {"saw": 1})


@pytest.fixture
def equipped(shared_out: Production) -> Production:
    answer = shared_out.sragen.put(f"{AT}/tools", {"tools": TOOLS})
    assert answer.status_code == 200, answer.text
    return shared_out


def opened(production: Production, **out: int) -> TestResponse:
    return production.sragen.post(f"{AT}/shifts", {"out": out})


def closed(production: Production, used: dict[str, int] | None = None, **returned: int) -> TestResponse:
    return production.sragen.post(f"{AT}/shifts/close", {"returned": returned, "used": used or {}})


def test_a_shift_closes_when_all_came_back(equipped: Production) -> None:
    assert opened(equipped, saw=4, thinner_ml=500).status_code == 201
    assert opened(equipped, saw=1).status_code == 422
    answer = closed(equipped, saw=4, thinner_ml=100, used={"thinner_ml": 400})
    assert answer.json == {"closed": True, "differences": [], "told": []}
    assert equipped.sragen.get(f"{AT}/tools").json["told"] == []
    assert equipped.sragen.get(f"{AT}/shifts").json[0]["closed_on"] == today().isoformat()
    assert equipped.told("facility_locked") == []
    left = {tool["code"]: tool["quantity"] for tool in equipped.sragen.get(f"{AT}/tools").json["tools"]}
    assert left == {"saw": 10, "hammer": 5, "brush": 50, "thinner_ml": 1_600}, (
        "what was used up is there no more"
    )
    assert opened(equipped, thinner_ml=1_601).status_code == 422


def test_stock_that_the_last_count_has_back_was_not_used(equipped: Production) -> None:
    opened(equipped, saw=4, thinner_ml=500)
    closed(equipped, saw=3, thinner_ml=100, used={"thinner_ml": 400})
    assert closed(equipped, saw=4, thinner_ml=500).json["differences"] == []
    tools = equipped.sragen.get(f"{AT}/tools").json["tools"]
    assert [tool["quantity"] for tool in tools if tool["code"] == "thinner_ml"] == [2_000]


def test_stock_of_a_shift_that_the_head_closes_is_used_up_once(equipped: Production) -> None:
    for corrected in (False, True):
        opened(equipped, saw=4, thinner_ml=500)
        closed(equipped, saw=3, thinner_ml=100, used={"thinner_ml": 400})
        if corrected:
            closed(equipped, saw=4, thinner_ml=100, used={"thinner_ml": 400})
        assert equipped.head.post(f"{AT}/unlock", {"reason": "Ditemukan di bawah meja"}).status_code == 200
    tools = equipped.sragen.get(f"{AT}/tools").json["tools"]
    assert [tool["quantity"] for tool in tools if tool["code"] == "thinner_ml"] == [1_200]


def test_a_report_that_comes_while_tools_are_found_missing_waits_and_is_refused(equipped: Production) -> None:
    work = equipped.sragen.started()
    opened(equipped, saw=4)
    with ThreadPoolExecutor(1) as beside:
        with equipped.database.transaction() as session:
            tools.close_shift(session, code=SRAGEN, returned={"saw": 3}, used={})
            reported = beside.submit(lambda: equipped.sragen.do(work, "report", **pieces(10)))
            until_somebody_waits_for_a_lock(equipped.database)
        assert reported.result().status_code == 422
    assert equipped.sragen.get(f"/work-orders/{work['id']}/reports").json == []


def test_a_difference_locks_the_work_orders_until_the_head_has_said_why(equipped: Production) -> None:
    begun = equipped.sragen.started()
    assert opened(equipped, saw=4).status_code == 201
    answer = closed(equipped, saw=3)
    assert (answer.json["closed"], answer.json["differences"][0]["missing"]) == (False, 1)
    told = ["facility_head", "kplp", "kanwil"]
    assert (answer.json["told"], equipped.sragen.get(f"{AT}/tools").json["told"]) == (told, told)
    assert closed(equipped, saw=2).json["closed"] is False
    assert equipped.told("facility_locked") == [
        ("facility_locked", {"code": SRAGEN, "locked_on": today().isoformat(), "pieces": 1})
    ]
    refused = equipped.sragen.do(begun, "report", **pieces(1))
    assert (refused.status_code, "is locked" in refused.json["detail"]) == (422, True)
    assert equipped.klaten.started()
    reason = {"reason": "Ditemukan di bawah meja kerja"}
    assert equipped.sragen.post(f"{AT}/unlock", reason).status_code == 403
    assert equipped.head.post(f"{AT}/unlock", {"reason": "a.n. Anu"}).status_code == 422
    assert equipped.head.post(f"{AT}/unlock", reason).json["locked_on"] is None
    assert equipped.sragen.do(begun, "report", **pieces(1)).status_code == 200
    assert equipped.told("facility_unlocked")[0][1]["reason"] == reason["reason"]
    assert opened(equipped, saw=4).status_code == 201
    assert equipped.head.post(f"{AT}/unlock", reason).status_code == 422


def test_nothing_is_accepted_or_begun_where_tools_are_missing(equipped: Production) -> None:
    work = equipped.sragen.work_orders()[0]
    opened(equipped, hammer=2)
    closed(equipped)
    assert equipped.sragen.do(work, "accept").status_code == 422
    closed(equipped, hammer=2)
    assert equipped.sragen.do(work, "accept").status_code == 422, "found again, but not explained"
    assert equipped.head.post(f"{AT}/unlock", {"reason": "Tertinggal di blok"}).status_code == 200
    assert equipped.sragen.do(work, "accept").status_code == 200


def test_no_lot_leaves_where_a_blade_is_missing(equipped: Production) -> None:
    """It may be in a carton."""
    work = equipped.sragen.started()
    assert equipped.sragen.do(work, "report", **pieces(200)).status_code == 200
    opened(equipped, saw=4)
    closed(equipped, saw=3)
    counted = {"passed": 100, "rework": 0, "scrap": 0}
    refused = (
        equipped.sragen.do(work, "inspect", **counted),
        equipped.sragen.post(f"/work-orders/{work['id']}/inspections", {"defects": []}),
    )
    assert [(answer.status_code, "is locked" in answer.json["detail"]) for answer in refused] == [
        (422, True)
    ] * 2
    assert equipped.told("lot_released") == []
    equipped.head.post(f"{AT}/unlock", {"reason": "Ditemukan di bawah meja kerja"})
    assert equipped.sragen.do(work, "inspect", **counted).status_code == 200


def test_tools_are_not_changed_while_some_are_out(equipped: Production) -> None:
    opened(equipped, saw=1)
    assert equipped.sragen.put(f"{AT}/tools", {"tools": []}).status_code == 422


def sent(visitor: Visitor, **form: Any) -> TestResponse:
    address = f"/production/facilities/{SRAGEN}/tools"
    token = CSRF_TOKEN.search(visitor.client.get(address).text)
    assert token is not None
    return visitor.client.post(address, data={"csrf_token": token[1], **form})


def test_the_tool_keeper_counts_on_a_page_and_the_board_says_who_was_told(equipped: Production) -> None:
    keeper = Visitor(equipped, TOOL_KEEPER, SRAGEN)
    too_many = sent(keeper, action="open", **{"out.saw": "11"})
    assert (too_many.status_code, 'value="11"' in too_many.text) == (422, True)
    assert "11 melebihi 10 Gergaji yang ada" in too_many.text
    assert sent(keeper, action="open", **{"out.saw": "4"}).status_code == 303
    assert sent(keeper, action="close", **{"returned.saw": "3"}).status_code == 303
    assert sent(keeper, action="unlock", reason="Ditemukan").status_code == 403
    for visitor in (keeper, Visitor(equipped, KANWIL, None)):
        assert "Diberi tahu: kepala, KPLP dan Kanwil" in visitor.open()
    head = Visitor(equipped, HEAD, SRAGEN)
    assert sent(head, action="unlock", reason="Ditemukan di bawah meja").status_code == 303
    assert "dikunci" not in head.open()


def test_kinds_are_entered_on_the_page_and_a_wrong_one_keeps_what_was_typed(shared_out: Production) -> None:
    keeper = Visitor(shared_out, TOOL_KEEPER, SRAGEN)
    path = f"/production{AT}/tools"
    token = CSRF_TOKEN.search(keeper.open())
    assert token is not None
    rows = {
        "code": ["saw", "hammer", ""],
        "name": ["Gergaji", "Palu", ""],
        "class": ["A", "B", "A"],
        "quantity": ["1.200", "5", ""],
    }
    sent = {"csrf_token": token[1], "action": "kinds"}
    assert keeper.client.post(path, data={**sent, **rows}).status_code == 303
    kept = shared_out.sragen.get(f"{AT}/tools").json["tools"]
    assert [(one["code"], one["quantity"]) for one in kept] == [("hammer", 5), ("saw", 1_200)]
    for wrong, told in (
        ({"code": ["saw", "Palu Besar", ""]}, "Berikan huruf kecil"),
        ({"quantity": ["10", "banyak", ""]}, "bilangan bulat"),
        ({"quantity": ["10", "10.001", ""]}, "dari 0 sampai 10.000"),
        ({"name": ["Gergaji", "Palu Pak Suroto", ""]}, "tanpa nama siapa pun"),
    ):
        answer = keeper.client.post(path, data={**sent, **rows, **wrong})
        assert answer.status_code == 422
        (column,) = wrong.values()
        assert f'value="{column[1]}"' in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert told in answer.text
    assert shared_out.sragen.get(f"{AT}/tools").json["tools"] == kept
