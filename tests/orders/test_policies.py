"""Policies are published in versions; open lines are screened again, and what new ones catch is listed at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import cast, select, update
from sqlalchemy.dialects.postgresql import JSONB

from kendi.servers import Addresses
from services.orders import tasks
from services.orders.domain.publication import Version
from services.orders.handlers.placing import place_order
from services.orders.handlers.publishing import ask_to_rescreen, known_versions, publish_policies
from services.orders.handlers.rescreening import rescreen_some
from services.orders.storage import caught_line, destination_policy, item, order_line, rescreening
from services.orders.storage import order as buyer_order
from shared.clock import advance
from shared.database import connect
from shared.messaging.tables import outbox_event
from shared.refusal import Refused
from shared.web.access import COMPLIANCE
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.clock import in_days
from tests.orders.conftest import CONSIGNEE, RULES, Orders, a_line, an_order
from tests.orders.test_handlers import Followed, follow, sign_by_two
from tests.orders.test_pages import REASON, Visitor
from tests.orders.test_routing import booked, planned, rescheduled

ORDERS = "/orders/v1/orders"
HELD = {"action": "hold", "countries": ["ID"], "needs": ["DOSSIER"], "law": ["A law"]}
WORDS = {"explanation_en": "Goods wait for a dossier.", "explanation_id": "Barang menunggu dosir."}


def versions(**changes: dict[str, Any] | None) -> list[Version]:
    """The rules that count, with others in their places: ``DP_ID_1=...`` takes the next version, none drops it."""
    new = {name.replace("_", "-"): row for name, row in changes.items()}
    rows: dict[str, tuple[int, dict[str, Any] | None]] = {id: (1, row) for id, row in RULES.items()}
    rows |= {id: (2 if id in RULES else 1, row) for id, row in new.items()}
    return [
        Version(id=id, version=version, row=row) for id, (version, row) in rows.items() if row is not None
    ]


def publish(orders: Orders, *offered: Version) -> None:
    with orders.database.transaction() as session:
        publish_policies(session, offered=offered, by="legal")


def screen_again(orders: Orders) -> None:
    more = True
    while more:
        with orders.database.transaction() as session:
            more = rescreen_some(session)


def rows(orders: Orders, table: Any) -> list[Any]:
    with orders.database.transaction() as session:
        return list(session.execute(select(table)).all())


def to_home(orders: Orders, po_number: str = "PO-1") -> Followed:
    return follow(orders, po_number=po_number)


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        (
            Version(id="DP-US-1", version=1, row=HELD),
            "DP-US-1.v1 was published with another action, countries, explanation_en, law; a change takes version 2",
        ),
        (Version(id="DP-GB-1", version=1, row=HELD), "DP-GB-1.v1 was withdrawn.*give it version 2"),
    ],
)
def test_a_published_version_is_never_changed_nor_taken_up_again(
    orders: Orders, offered: Version, said: str
) -> None:
    publish(orders, *versions(DP_GB_1=HELD))
    publish(orders, *versions(DP_ID_1=HELD))
    kept = [each for each in versions(DP_ID_1=HELD) if each.id != offered.id]
    with pytest.raises(Refused, match=said):
        publish(orders, *kept, offered)
    with orders.database.transaction() as session:
        live = {each.name for each in known_versions(session) if not each.withdrawn}
    assert live == {"DP-US-1.v1", "DP-EU-1.v1", "DP-ID-1.v2"}


def test_a_version_that_goes_back_is_refused_and_the_earlier_ones_are_kept_with_who_published_them(
    orders: Orders,
) -> None:
    third = Version(id="DP-ID-1", version=3, row=HELD)
    publish(orders, *versions(DP_ID_1=None), third)
    with pytest.raises(Refused, match="DP-ID-1 goes back from version 3 to 2; give it version 4"):
        publish(orders, *versions(DP_ID_1=HELD))
    kept = {row.version: row for row in rows(orders, destination_policy) if row.id == "DP-ID-1"}
    assert (kept[1].withdrawn_by, kept[3].published_by, kept[3].withdrawn_at) == ("legal", "legal", None)


def test_a_new_version_ends_releases_and_lists_what_it_caught_and_leaves_goods_at_sea_alone(
    orders: Orders,
) -> None:
    cleared, another, sailed = (to_home(orders, f"PO-{n}") for n in range(1, 4))
    sailed.hears(*sailed.story()[:-1])
    before = sailed.read()
    officer = Visitor(orders, COMPLIANCE)
    assert "No open line was caught" in officer.open("/orders/policies/")
    publish(orders, *versions(DP_ID_1=HELD | WORDS))
    assert "Open lines are being screened by DP-ID-1.v2" in officer.open("/orders/policies/")
    screen_again(orders)
    for order in (cleared, another):
        line = order.read()["lines"][0]
        assert line["hold"] is not None
        assert (line["hold"]["policies"], line["hold"]["signatures"]) == (["DP-ID-1.v2"], [])
        told = [entry["type"].split(".")[2] for entry in order.timeline()]
        assert told[-3:] == ["line_rescreened", "clearance_withdrawn", "hold_opened"]
    said = next(entry["text"] for entry in cleared.timeline() if "rescreened" in entry["type"])
    assert said == (
        "Line 1 was screened again: allowed before, held until it is released now."
        " Goods wait for a dossier. (DP-ID-1.v2: A law)"
    )
    assert sailed.read() == before
    assert "line_rescreened" in sailed.timeline()[-1]["type"]
    page = officer.open("/orders/policies/")
    assert "Caught by DP-ID-1 v2: 3 lines" in page
    assert "1.000" in Visitor(orders, "kanwil", language="id").open("/orders/policies/")
    assert "The law speaks against goods at sea: 1 line<" in officer.open("/orders/holds/")
    sailed.hears(sailed.arrival())
    assert "at sea" not in officer.open("/orders/holds/")
    assert {(row.before, row.after, row.at_sea) for row in rows(orders, caught_line)} == {
        ("allow", "hold", 0),
        ("allow", "hold", 1_000),
    }


def test_a_line_at_sea_that_two_versions_caught_is_one_alarm_and_more_are_told_of_than_are_shown(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    sailed = follow(orders, lines=2)
    for line in (1, 2):
        sailed.hears(sailed.plan(line=line), sailed.lot(f"L{line}", line=line))
        sailed.hears(sailed.cartons(f"L{line}", line=line))
    sailed.hears(sailed.departure(sailed.part("L1"), sailed.part("L2", line=2)))
    for version, action in ((2, "hold"), (3, "block")):
        newer = Version(id="DP-ID-1", version=version, row=HELD | {"action": action})
        publish(orders, *versions(DP_ID_1=None), newer)
        screen_again(orders)
    assert len(rows(orders, caught_line)) == 4
    officer = Visitor(orders, COMPLIANCE)
    assert "The law speaks against goods at sea: 2 lines<" in officer.open("/orders/holds/")
    monkeypatch.setattr("services.orders.pages.policies.NEWEST", 1)
    page = officer.open("/orders/policies/")
    assert "The newest 1 of 2 are shown." in page
    assert "blocked: DP-ID-1.v3 (A law)" in page and "held: DP-ID-1.v2 (A law)" not in page


def test_a_last_day_that_is_told_later_of_a_version_has_its_lines_screened_after_it(orders: Orders) -> None:
    told_in_full = RULES["DP-ID-1"] | {"valid_to": in_days(30).isoformat()}
    publish(orders, *versions(DP_ID_1=None), Version(id="DP-ID-1", version=1, row=told_in_full))
    assert [row.due_on for row in rows(orders, rescreening)] == [in_days(0), in_days(31)]


def test_a_rule_whose_words_are_gone_is_told_by_its_name_alone(orders: Orders) -> None:
    order = to_home(orders)
    publish(orders, *versions(DP_ID_1=HELD | WORDS))
    screen_again(orders)
    with orders.database.transaction() as session:
        session.execute(destination_policy.delete().where(destination_policy.c.version == 2))
    said = next(entry["text"] for entry in order.timeline() if "rescreened" in entry["type"])
    assert said.endswith("held until it is released now. (DP-ID-1.v2: A law)")


def test_an_easier_version_kills_no_release_and_frees_what_waits(orders: Orders) -> None:
    line = a_line(consignee=CONSIGNEE)
    released, waiting = (
        orders.buyer.post(ORDERS, an_order(po_number=f"PO-{n}", lines=[line])).json for n in (1, 2)
    )
    for caller in (orders.officer, orders.office):
        caller.post(f"{ORDERS}/{released['id']}/lines/1/release", {"reason": REASON})
    told = orders.buyer.get(f"{ORDERS}/{released['id']}/timeline").json
    publish(orders, *versions(DP_EU_1={"action": "allow", "countries": ["BE"]}))
    screen_again(orders)
    more = orders.buyer.get(f"{ORDERS}/{released['id']}/timeline").json[len(told) :]
    assert [entry["type"].split(".")[2] for entry in more] == ["line_rescreened"]
    assert orders.buyer.get(f"{ORDERS}/{released['id']}").json["lines"][0]["state"] == "accepted"
    assert orders.buyer.get(f"{ORDERS}/{waiting['id']}").json["lines"][0]["state"] == "accepted"
    assert rows(orders, caught_line) == []


def test_a_line_that_is_no_longer_blocked_asks_for_its_release(orders: Orders) -> None:
    line = a_line(consignee=CONSIGNEE | {"country": "US"})
    order = orders.buyer.post(ORDERS, an_order(lines=[line])).json
    publish(orders, *versions(DP_US_1={"action": "hold", "countries": ["US"], "needs": ["DOSSIER"]}))
    screen_again(orders)
    read = orders.buyer.get(f"{ORDERS}/{order['id']}").json["lines"][0]
    assert (read["state"], read["hold"]["needs"]) == ("policy_hold", ["DOSSIER"])


def test_a_version_catches_on_the_day_on_which_it_begins_and_the_job_goes_on_where_it_was_stopped(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = [to_home(orders, f"PO-{n}") for n in range(3)]
    later = Version(id="DP-ID-2", version=1, row=HELD | {"valid_from": in_days(30).isoformat()})
    publish(orders, *versions(), later)
    screen_again(orders)
    assert rows(orders, caught_line) == []
    with orders.database.transaction() as session:
        advance(session, timedelta(days=30))
        assert tasks.has_due_rescreening(session)
    monkeypatch.setattr("services.orders.handlers.rescreening.ORDERS_AT_ONCE", 2)
    for _ in ("the beginning", "the first orders"):
        with orders.database.transaction() as session:
            assert rescreen_some(session)
    assert len(rows(orders, caught_line)) == 2
    screen_again(orders)
    assert {row.order_id for row in rows(orders, caught_line)} == {order.id for order in placed}
    assert all(row.ended_at for row in rows(orders, rescreening))


def test_who_places_an_order_while_a_version_is_published_is_screened_by_it(orders: Orders) -> None:
    """Publishing waits for the orders that are decided by the earlier rules, and the job finds them."""
    published = threading.Thread(target=publish, args=(orders, *versions(DP_ID_1=HELD)))
    with orders.database.transaction() as session:
        line = a_line(consignee=CONSIGNEE | {"country": "ID"}, requested_date=in_days(300))
        asked: Any = an_order(lines=[line])
        placed = place_order(session, buyer="CHEWY-LOUIS", placed_by="key:1", **asked).id
        published.start()
        until_somebody_waits_for_a_lock(orders.database)
        with orders.database.transaction() as other:
            assert "DP-ID-1.v2" not in {each.name for each in known_versions(other)}
    published.join(10)
    assert not published.is_alive()
    assert orders.buyer.get(f"{ORDERS}/{placed}").json["lines"][0]["state"] == "accepted"
    screen_again(orders)
    line = orders.buyer.get(f"{ORDERS}/{placed}").json["lines"][0]
    assert (line["state"], line["hold"]["needs"]) == ("policy_hold", ["DOSSIER"])


MATS = {"action": "block", "countries": ["ID"], "hs": ["5705*"], "law": ["A law on mats"], **WORDS}


def let_it_be_a_mat(orders: Orders) -> None:
    with orders.database.transaction() as session:
        other = item.c.published.op("||")(cast({"hs6": "5705.00"}, JSONB))
        session.execute(update(item).where(item.c.sku == "CR-BALL-07").values(published=other))
        ask_to_rescreen(session)


def test_an_article_that_turns_out_to_be_another_has_its_open_lines_screened_again(orders: Orders) -> None:
    publish(orders, *versions(DP_MAT_1=MATS))
    order, officer = to_home(orders), Visitor(orders, COMPLIANCE)
    screen_again(orders)
    let_it_be_a_mat(orders)
    assert "since articles or sellers changed: 0 of 1" in officer.open("/orders/policies/")
    screen_again(orders)
    assert order.read()["lines"][0]["state"] == "policy_blocked"
    assert [(row.because, row.policies) for row in rows(orders, caught_line)] == [("goods", ["DP-MAT-1.v1"])]
    assert "the article or its seller" in officer.open("/orders/policies/")


def test_who_places_an_order_while_its_article_changes_is_screened_by_what_it_is(orders: Orders) -> None:
    """The job waits for the orders that are decided by what the article was before."""
    publish(orders, *versions(DP_MAT_1=MATS))
    screen_again(orders)
    job = threading.Thread(target=screen_again, args=(orders,))
    with orders.database.transaction() as session:
        line = a_line(consignee=CONSIGNEE | {"country": "ID"}, requested_date=in_days(300))
        asked: Any = an_order(lines=[line])
        placed = place_order(session, buyer="CHEWY-LOUIS", placed_by="key:1", **asked).id
        let_it_be_a_mat(orders)
        job.start()
        until_somebody_waits_for_a_lock(orders.database)
    job.join(10)
    assert not job.is_alive()
    assert orders.buyer.get(f"{ORDERS}/{placed}").json["lines"][0]["state"] == "policy_blocked"


def test_a_route_is_screened_too_and_a_change_of_it_ends_the_release(orders: Orders) -> None:
    publish(orders, *versions(DP_US_1=RULES["DP-US-1"] | {"transit": True}))
    order = to_home(orders)
    assert order.read()["lines"][0]["transit"] is None
    asked = {"lines": [{"line": 1, "transit": ["SG", "US"]}]}
    seen = orders.buyer.get(f"{ORDERS}/{order.id}").headers["ETag"]
    amended = orders.buyer.change("PATCH", f"{ORDERS}/{order.id}", asked, seen=seen)
    assert amended.status_code == 200, amended.text
    line = amended.json["lines"][0]
    assert (line["state"], line["transit"]) == ("policy_blocked", ["SG", "US"])
    assert [each["text"] for each in amended.json["consequences"]] == [
        "The countries of the route were screened again.",
        "The law blocks the line: 19 USC 1307.",
    ]
    for change, then in (
        ({"transit": None}, ("accepted", None)),
        ({"transit": ["US"]}, ("policy_blocked", ["US"])),
        ({"consignee": CONSIGNEE}, ("policy_hold", None)),
    ):
        asked = {"lines": [{"line": 1, **change}]}
        amended = orders.buyer.change("PATCH", f"{ORDERS}/{order.id}", asked, seen=amended.headers["ETag"])
        assert amended.status_code == 200, amended.text
        line = amended.json["lines"][0]
        assert (line["state"], line["transit"]) == then
    for wrong, said in ((["XX"], "ISO 3166-1"), (["SG", "SG"], "Name each country once")):
        refused = orders.buyer.post(ORDERS, an_order(po_number="PO-9", lines=[a_line(transit=wrong)]))
        assert (refused.status_code, said in refused.text) == (422, True), refused.text


def test_goods_that_are_booked_by_a_country_that_bars_them_are_stopped_until_another_route_is_booked(
    orders: Orders,
) -> None:
    publish(orders, *versions(DP_US_1=RULES["DP-US-1"] | {"transit": True}))
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), order.lot(), order.cartons())
    sign_by_two(order)

    half = order.part(quantity=500)
    order.hears(planned(1, half), planned(2, half))

    def book(shipment: int, *via: str) -> dict[str, Any]:
        order.hears(replace(booked(shipment, half, eta=130, via=via), port_of_discharge="NLRTM"))
        line: dict[str, Any] = order.read()["lines"][0]
        return line

    direct = book(1, "IDJKT", "SGSIN")
    assert (direct["state"], direct["hold"], direct["transit"]) == ("ready", None, ["SG", "NL"])
    assert order.told()[-1] == "clearance_granted"
    barred = book(2, "USNYC")
    assert (barred["state"], barred["transit"]) == ("policy_blocked", ["SG", "NL", "US"])
    assert order.told()[-3:] == ["line_rescreened", "clearance_withdrawn", "clearance_withdrawn"]
    assert book(1)["state"] == "policy_blocked"
    freed = book(2, "SGSIN")
    assert (freed["state"], freed["transit"], freed["hold"]["purpose"]) == ("ready", ["NL", "SG"], "export")


@pytest.fixture
def dated(orders: Orders) -> Orders:
    """For Belgium more is asked of what comes from a day on."""
    turn = in_days(320).isoformat()
    held = {"action": "hold", "countries": ["BE"], "needs": ["DOSSIER"]}
    later = held | {"needs": ["DOSSIER", "COUNSEL_NOTE_EU"], "delivery_from": turn}
    publish(orders, *versions(DP_EU_1=held | {"delivery_before": turn}, DP_EU_2=later))
    return orders


def rules_of(order: Followed) -> Any:
    """The rules that its line stands under."""
    (found,) = (row.policies for row in rows(order.orders, order_line) if row.order_id == order.id)
    return found


def test_a_line_is_screened_by_the_law_of_the_day_on_which_it_arrives_whenever_that_moves(
    dated: Orders,
) -> None:
    order = follow(dated, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), order.lot(), order.cartons())
    sign_by_two(order)

    def stands() -> tuple[list[str], bool]:
        return rules_of(order), order.read()["lines"][0]["hold"] is None

    half = order.part(quantity=500)
    order.hears(planned(1, half), planned(2, half))
    order.hears(booked(1, half, eta=310), booked(2, half, eta=315))
    assert stands() == (["DP-EU-1.v2"], True)
    order.hears(rescheduled(1, half, eta=319))
    assert stands() == (["DP-EU-1.v2"], True)
    order.hears(rescheduled(1, half, eta=320))
    assert stands() == (["DP-EU-2.v1"], False)
    assert order.told()[-4:] == [
        "line_rescreened",
        "clearance_withdrawn",
        "clearance_withdrawn",
        "hold_opened",
    ]
    order.hears(booked(2, half, eta=316))
    assert stands() == (["DP-EU-2.v1"], False)
    order.hears(rescheduled(1, half, eta=300))
    assert stands() == (["DP-EU-1.v2"], False)
    (kept,) = rows(dated, caught_line)
    assert (kept.because, kept.policies, kept.rescreening_id) == ("delivery", ["DP-EU-2.v1"], None)


def test_a_promise_beyond_the_day_of_another_law_asks_anew_and_a_plan_without_a_day_leaves_it(
    dated: Orders,
) -> None:
    order = follow(dated, country="BE")
    sign_by_two(order)
    late = replace(order.plan(), promised_date=in_days(320))
    order.hears(late)
    line = order.read()["lines"][0]
    assert (line["state"], line["hold"]["needs"]) == ("policy_hold", ["DOSSIER", "COUNSEL_NOTE_EU"])
    order.hears(order.plan(600), late)
    assert order.told().count("line_rescreened") == 1
    seen = dated.buyer.get(f"{ORDERS}/{order.id}").headers["ETag"]
    sooner = {"lines": [{"line": 1, "requested_date": in_days(290).isoformat()}]}
    amended = dated.buyer.change("PATCH", f"{ORDERS}/{order.id}", sooner, seen=seen)
    assert amended.status_code == 200, amended.text
    assert rules_of(order) == ["DP-EU-2.v1"]
    order.hears(order.plan())
    assert rules_of(order) == ["DP-EU-1.v2"]


def test_whatever_change_catches_a_line_is_listed_with_its_cause_and_goods_at_sea_are_an_alarm(
    dated: Orders,
) -> None:
    order, amended = follow(dated, country="BE"), to_home(dated, "PO-2")
    seen = dated.buyer.get(f"{ORDERS}/{amended.id}").headers["ETag"]
    to_be = {"lines": [{"line": 1, "consignee": CONSIGNEE}]}
    assert dated.buyer.change("PATCH", f"{ORDERS}/{amended.id}", to_be, seen=seen).status_code == 200
    all_of_it = order.part()
    order.hears(order.plan(), order.lot(), order.cartons())
    order.hears(planned(1, all_of_it), booked(1, all_of_it, eta=310))
    order.hears(replace(order.departure(), shipment_id=UUID(int=1)))
    officer = Visitor(dated, COMPLIANCE)
    assert "at sea" not in officer.open("/orders/holds/")
    told = order.told()
    for day in (330, 340):
        order.hears(rescheduled(1, all_of_it, eta=day))
    assert order.told() == [*told, "line_rescreened"]
    assert rules_of(order) == ["DP-EU-1.v2"]
    assert "The law speaks against goods at sea: 1 line<" in officer.open("/orders/holds/")
    page = officer.open("/orders/policies/")
    assert "the day it arrives" in page and "the order" in page
    assert {(row.because, row.at_sea) for row in rows(dated, caught_line)} == {
        ("amendment", 0),
        ("delivery", 1_000),
    }


def test_what_is_overdue_when_another_law_begins_comes_under_it_that_day(dated: Orders) -> None:
    at_sea, made = (follow(dated, country="BE", po_number=number) for number in ("PO-1", "PO-2"))
    made.hearing = at_sea.hearing
    for order, lot in ((at_sea, "A"), (made, "B")):
        order.hears(order.plan(), order.lot(lot), order.cartons(lot))
    at_sea.hears(at_sea.departure(at_sea.part("A")))
    screen_again(dated)
    sign_by_two(made)
    assert [rules_of(each) for each in (at_sea, made)] == [["DP-EU-1.v2"]] * 2
    with dated.database.transaction() as session:
        advance(session, timedelta(days=319))
        assert not tasks.has_due_rescreening(session)
        advance(session, timedelta(days=1))
        assert tasks.has_due_rescreening(session)
    screen_again(dated)
    assert rules_of(made) == ["DP-EU-2.v1"]
    assert made.read()["lines"][0]["hold"]["signatures"] == []
    assert {(row.because, row.at_sea) for row in rows(dated, caught_line)} == {
        ("policy", 0),
        ("policy", 1_000),
    }


def test_a_row_that_cannot_be_read_holds_everything(orders: Orders) -> None:
    with orders.database.transaction() as session:
        session.execute(destination_policy.insert().values(id="DP-BAD-1", version=1, row={"action": "stop"}))
    line = to_home(orders).read()["lines"][0]
    assert (line["state"], line["hold"]["needs"]) == ("policy_hold", ["LEGAL_ASSESSMENT"])


@contextmanager
def without_the_table(addresses: Addresses) -> Iterator[None]:
    """No rules at all, not even none: their table is gone."""
    with connect(addresses.owner_urls["orders"]) as owner:
        owner.execute("ALTER TABLE destination_policy RENAME TO destination_policy_gone")
        try:
            yield
        finally:
            owner.execute("ALTER TABLE destination_policy_gone RENAME TO destination_policy")


def test_without_the_table_of_policies_nothing_is_placed_nor_cleared(
    orders: Orders, addresses: Addresses
) -> None:
    asked = an_order(lines=[a_line(consignee=CONSIGNEE | {"country": "ID"})])

    def post() -> Any:
        return orders.buyer.post(ORDERS, asked, idempotency_key="the same")

    def told() -> list[str]:
        return [row.type.split(".")[2] for row in rows(orders, outbox_event)]

    with without_the_table(addresses):
        refused = post()
        assert refused.status_code == 500, refused.text
        assert [rows(orders, table) for table in (buyer_order, order_line)] == [[], []]
        assert told() == []
    placed = post()
    assert (placed.status_code, placed.json["lines"][0]["state"]) == (201, "accepted")
    assert told() == ["order_placed", "clearance_granted"]
