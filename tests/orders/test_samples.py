"""Golden samples: what asks for one is made for a buyer only after that buyer approved it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import TextClause

from services.orders.handlers import placing, sampling
from shared.web.access import BUYER, KANWIL, Principal
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.clock import in_days
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_catalogue import load_from, stocked
from tests.orders.test_changing_pages import submit
from tests.orders.test_loading import change, folder
from tests.orders.test_pages import CSRF_TOKEN, Visitor

__all__ = ["folder", "stocked"]

SAMPLES, ORDERS = "/orders/v1/samples", "/orders/v1/orders"
SKU, FIRST, SECOND = "CR-BALL-07", "GS-1", "GS-2"
HOME = CONSIGNEE | {"country": "ID"}
WHY = "The knots come loose."
REASON = {"reason": "The dossier is complete and the buyer has acknowledged it."}
ME = Principal(id="key", name="buyer", role=BUYER, account="CHEWY-LOUIS")


def ask_for(orders: Orders, sample: str | None, sku: str = SKU) -> None:
    seen = orders.office.get(f"/orders/v1/catalogue/{sku}").headers["ETag"]
    amended = orders.office.change(
        "PATCH", f"/orders/v1/catalogue/{sku}", {"golden_sample": sample}, seen=seen
    )
    assert (amended.status_code, amended.json["golden_sample"]) == (200, sample)


@pytest.fixture
def asking(stocked: Orders) -> Orders:
    ask_for(stocked, FIRST)
    return stocked


def place(orders: Orders, po_number: str = "PO-1", country: str = "ID", **changes: Any) -> str:
    line = a_line(consignee=CONSIGNEE | {"country": country}, **changes)
    placed = orders.buyer.post(ORDERS, an_order(po_number=po_number, lines=[line]))
    assert placed.status_code == 201, placed.text
    return str(placed.json["id"])


def say(orders: Orders, said: str = "approve", *, sample: str = FIRST, status: int = 200, **more: str) -> Any:
    answer = orders.buyer.post(f"{SAMPLES}/{SKU}/{said}", {"sample": sample, **more})
    assert answer.status_code == status, answer.text
    return answer.json


def line_of(orders: Orders, order: str) -> dict[str, Any]:
    line: dict[str, Any] = orders.buyer.get(f"{ORDERS}/{order}").json["lines"][0]
    return line


def told(orders: Orders, order: str) -> list[str]:
    timeline = orders.buyer.get(f"{ORDERS}/{order}/timeline").json
    return [entry["type"].split(".")[2] for entry in timeline]


def test_a_line_waits_for_its_buyers_approval_and_is_cleared_by_it(asking: Orders) -> None:
    order = place(asking)
    assert told(asking, order) == ["order_placed", "sample_requested"]
    line = line_of(asking, order)
    assert (line["state"], line["awaited_sample"]) == ("awaiting_sample", FIRST)
    assert (line["next"]["expected"], line["next"]["owed_by"]) == ("kendi.orders.sample_approved.v1", "buyer")
    said = say(asking)
    assert (said["state"], said["said_by"], said["waiting"]) == ("approved", "buyer", [])
    assert told(asking, order)[2:] == ["sample_approved", "clearance_granted"]
    assert (line_of(asking, order)["state"], line_of(asking, order)["awaited_sample"]) == ("accepted", None)


def test_what_was_approved_is_not_asked_again(asking: Orders) -> None:
    say(asking)
    assert told(asking, place(asking)) == ["order_placed", "clearance_granted"]
    assert "already" in say(asking, status=422)["errors"][0]["message"]


def test_a_quote_says_what_would_have_to_be_approved_first(asking: Orders) -> None:
    quoted = asking.buyer.post("/orders/v1/quotes", an_order(lines=[a_line(consignee=HOME)]))
    assert quoted.json["lines"][0]["awaited_sample"] == FIRST
    say(asking)
    quoted = asking.buyer.post("/orders/v1/quotes", an_order(lines=[a_line(consignee=HOME)]))
    assert quoted.json["lines"][0]["awaited_sample"] is None


def test_another_buyer_approves_for_themselves(asking: Orders) -> None:
    order = place(asking)
    assert asking.rival.post(f"{SAMPLES}/{SKU}/approve", {"sample": FIRST}).status_code == 200
    assert line_of(asking, order)["state"] == "awaiting_sample"
    (mine,), (theirs,) = asking.buyer.get(SAMPLES).json, asking.rival.get(SAMPLES).json
    assert (mine["state"], theirs["state"], theirs["waiting"]) == ("asked", "approved", [])
    assert {each["buyer"] for each in asking.office.get(SAMPLES).json} == {"CHEWY-LOUIS", "RIVAL"}


def test_a_refusal_says_why_and_the_line_waits_for_another_sample(asking: Orders) -> None:
    order = place(asking)
    refused = say(asking, "refuse", reason=WHY)
    assert (refused["state"], refused["reason"]) == ("refused", WHY)
    assert refused["waiting"] == [{"order_id": order, "po_number": "PO-1", "line": 1}]
    ask_for(asking, SECOND)
    assert told(asking, order)[2:] == ["sample_refused", "sample_requested"]
    assert asking.buyer.get(SAMPLES).json[0]["state"] == "asked"
    assert say(asking, status=422)["errors"][0]["field"] == "sample"
    say(asking, sample=SECOND)
    assert line_of(asking, order)["state"] == "accepted"


def test_what_was_refused_can_still_be_approved(asking: Orders) -> None:
    order = place(asking)
    say(asking, "refuse", reason=WHY)
    say(asking)
    assert line_of(asking, order)["state"] == "accepted"


def test_a_new_sample_is_asked_for_anew_and_what_is_cleared_stays_so(asking: Orders) -> None:
    say(asking)
    cleared = place(asking)
    ask_for(asking, SECOND)
    assert line_of(asking, place(asking, "PO-2"))["awaited_sample"] == SECOND
    assert line_of(asking, cleared)["state"] == "accepted"


def test_an_item_that_asks_no_more_lets_its_lines_go(asking: Orders) -> None:
    order = place(asking)
    ask_for(asking, None)
    assert told(asking, order)[2:] == ["clearance_granted"]
    assert asking.buyer.get(SAMPLES).json == []
    say(asking, status=404)


def test_a_sample_that_the_buyer_knows_lets_their_lines_go(asking: Orders) -> None:
    say(asking)
    ask_for(asking, SECOND)
    order = place(asking)
    ask_for(asking, FIRST)
    assert line_of(asking, order)["state"] == "accepted"


@pytest.mark.parametrize("sample_first", [True, False])
def test_a_held_line_is_cleared_by_the_later_of_release_and_approval(
    asking: Orders, sample_first: bool
) -> None:
    order = place(asking, country="BE")

    def release() -> None:
        for signer in (asking.officer, asking.office):
            assert signer.post(f"{ORDERS}/{order}/lines/1/release", REASON).status_code == 200

    for step in [lambda: say(asking), release] if sample_first else [release, lambda: say(asking)]:
        assert "clearance_granted" not in told(asking, order)
        step()
    assert told(asking, order)[-1] == "clearance_granted"


def test_a_line_that_the_law_blocks_asks_for_no_sample(asking: Orders) -> None:
    order = place(asking, country="US")
    assert told(asking, order) == ["order_placed"]
    assert asking.buyer.get(SAMPLES).json[0]["waiting"] == []
    say(asking)
    assert line_of(asking, order)["state"] == "policy_blocked"


def test_amending_a_waiting_line_clears_nothing(asking: Orders) -> None:
    order = place(asking)
    more = {"lines": [{"line": 1, "quantity": 1_500}]}
    assert asking.buyer.change("PATCH", f"{ORDERS}/{order}", more, seen="*").status_code == 200
    assert "clearance_granted" not in told(asking, order)
    say(asking)
    assert told(asking, order)[-1] == "clearance_granted"


def test_a_refusal_without_a_reason_is_none(asking: Orders) -> None:
    assert say(asking, "refuse", status=422)["errors"][0]["field"] == "reason"
    assert asking.buyer.get(SAMPLES).json[0]["state"] == "asked"


def test_an_order_that_is_placed_while_its_sample_is_approved_is_not_forgotten(asking: Orders) -> None:
    asked = an_order(lines=[a_line(consignee=HOME, requested_date=in_days(300))])
    with ThreadPoolExecutor() as pool:
        with asking.database.transaction() as placed_meanwhile:
            order = placing.place_order(placed_meanwhile, buyer="CHEWY-LOUIS", placed_by="key", **asked)
            id = str(order.id)
            approving = pool.submit(approve, asking)
            until_somebody_waits_for_a_lock(asking.database)
        approving.result()
    assert line_of(asking, id)["state"] == "accepted"


def approve(orders: Orders) -> None:
    with orders.database.transaction() as session:
        sampling.approve_sample(session, buyer="CHEWY-LOUIS", sku=SKU, sample=FIRST, by=ME)


def count(orders: Orders, query: TextClause) -> int:
    with orders.database.transaction() as session:
        return int(session.execute(query).scalar_one())


def test_the_portal_asks_for_the_sample_and_the_page_takes_the_word(asking: Orders) -> None:
    order, buyer = place(asking), Visitor(asking, BUYER, account="CHEWY-LOUIS")
    assert "made only once you approve it: 1." in buyer.open("/orders/")
    assert "waits for a sample" in buyer.open(f"/orders/order/{order}")
    refused = submit(buyer, f"/orders/samples/{SKU}/refuse", sample=FIRST, reason="x")
    assert (refused.status_code, 'value="x"' in refused.text) == (422, True)
    assert submit(buyer, f"/orders/samples/{SKU}/refuse", sample=FIRST, reason=WHY).status_code == 303
    assert WHY in buyer.open("/orders/samples/")
    approved = submit(buyer, f"/orders/samples/{SKU}/approve", sample=FIRST)
    assert (approved.status_code, approved.headers["Location"]) == (303, "/orders/samples/")
    assert "made only once you approve it" not in buyer.open("/orders/")
    assert "The buyer approved sample GS-1" in buyer.open(f"/orders/order/{order}")


def test_a_sample_that_was_replaced_meanwhile_is_not_approved_by_an_old_page(asking: Orders) -> None:
    buyer = Visitor(asking, BUYER, account="CHEWY-LOUIS")
    token = CSRF_TOKEN.search(buyer.open("/orders/samples/"))
    assert token is not None
    ask_for(asking, SECOND)
    typed = {"csrf_token": token[1], "sample": FIRST}
    late = buyer.client.post(f"/orders/samples/{SKU}/approve", data=typed, headers=buyer.headers)
    assert (late.status_code, "is GS-2; look at that one" in late.text) == (422, True)


def test_the_office_reads_whose_samples_are_approved_in_indonesian(asking: Orders) -> None:
    say(asking)
    page = Visitor(asking, KANWIL, language="id").open("/orders/samples/")
    assert ("Contoh GS-1 · CHEWY-LOUIS" in page, "disetujui" in page) == (True, True)
    assert "Setujui contoh" not in page


def test_a_sample_of_the_file_is_asked_for_once(stocked: Orders, folder: Path) -> None:
    change(folder, "catalogue.yaml", "labour_minutes: 14", 'labour_minutes: 14\n    golden_sample: "GS-1"')
    assert load_from(stocked, folder) == 1
    assert load_from(stocked, folder) == 0
    assert line_of(stocked, place(stocked))["awaited_sample"] == FIRST
