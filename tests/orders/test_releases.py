"""What a release is for, what ends it, who may not sign it, and what is left where the law bars it."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from services.orders.domain.acknowledgement import NEWEST
from services.orders.domain.hold import LONGEST_RELEASE, USUAL_RELEASE, Signer, Statement
from services.orders.domain.lane import LANES, Operation, lane_of
from services.orders.pages.holds import OTHERS
from services.orders.storage import caught_line, destination_policy, release_attempt, signature
from shared.clock import advance, business_today
from shared.events.orders import Lane
from shared.events.production import Allocation, ProductionPlanned
from shared.refusal import Refused
from shared.web.access import BUYER, COMPLIANCE, KANWIL, LOGISTICS, OPERATOR, create_key
from tests.clock import in_days
from tests.conftest import signed_in
from tests.orders.conftest import CONSIGNEE, Caller, Orders, forget_rules
from tests.orders.test_cancelling import cancel
from tests.orders.test_decisions import LATE, decisions
from tests.orders.test_handlers import ORDERS, Followed, follow, renew, sign_by_two
from tests.orders.test_order import DAY, OFFICE, OFFICER, REASON, SAID
from tests.orders.test_order import a_line as line_of
from tests.orders.test_order import an_order as order_of
from tests.orders.test_pages import CSRF_TOKEN, Visitor
from tests.orders.test_routing import booked, planned

WHY = {"reason": REASON}
ACKNOWLEDGED = {
    "text_version": NEWEST,
    "language": "en",
    "knows_who_made_it": True,
    "answers_for_import": True,
}
FREE_LOT = "FRE-2503-001"


def hold(order: Followed) -> dict[str, Any]:
    found: dict[str, Any] = order.orders.officer.get(f"{ORDERS}/{order.id}").json["lines"][0]["hold"]
    return found


def sign(order: Followed, caller: str = "officer", **body: Any) -> Any:
    return getattr(order.orders, caller).post(f"{ORDERS}/{order.id}/lines/1/release", {**WHY, **body})


def attempts(orders: Orders) -> list[tuple[str, str]]:
    with orders.database.transaction() as session:
        rows = session.execute(select(release_attempt).order_by(release_attempt.c.id))
        return [(row.role, row.message.split(" ")[0]) for row in rows]


def clearances(order: Followed) -> list[dict[str, Any]]:
    return [each["data"] for each in order.timeline() if each["type"].endswith("clearance_granted.v1")]


def test_a_release_to_export_names_the_finished_lots_and_all_else_that_was_seen(orders: Orders) -> None:
    order = follow(orders, country="BE")
    assert hold(order)["lots"] is None
    sign_by_two(order)
    order.hears(order.plan(), order.lot("SRG-1", 600), order.lot("SRG-2", 400))
    asked = hold(order)
    lots = [{"lot": "SRG-1", "quantity": 600}, {"lot": "SRG-2", "quantity": 400}]
    assert asked["lots"] == [{**lot, "lane": "custodial"} for lot in lots]
    assert (asked["purpose"], asked["quantity"], asked["lane"], asked["route"]) == (
        "export",
        1_000,
        "custodial",
        None,
    )
    other = sign(order, seen="0" * 64)
    assert (other.status_code, other.json["errors"][0]["field"]) == (422, "seen")
    assert sign(order, seen=asked["seen"]).status_code == 200
    assert hold(order)["seen"] == asked["seen"]
    assert sign(order, "office", seen=asked["seen"]).status_code == 200
    _, granted = clearances(order)
    assert granted["lots"] == asked["lots"]
    with orders.database.transaction() as session:
        kept = session.execute(select(signature.c.digest).order_by(signature.c.id)).scalars().all()
    assert kept[-2:] == [asked["seen"]] * 2


def test_a_release_is_for_one_line_and_never_for_several_at_once(orders: Orders) -> None:
    order = follow(orders, country="BE", lines=2)
    many = sign(order, lines=[1, 2])
    assert (many.status_code, many.json["errors"][0]["field"]) == (422, "lines")
    sign_by_two(order)
    assert [line["hold"] is None for line in order.read()["lines"]] == [True, False]
    rules = orders.client.application.url_map.iter_rules()
    signing = [rule for rule in rules if "POST" in (rule.methods or ()) and "release" in rule.endpoint]
    assert signing and all({"order_id", "line"} <= rule.arguments for rule in signing)


def test_the_earlier_last_day_of_the_two_counts_and_none_is_beyond_ninety_days(orders: Orders) -> None:
    order = follow(orders, country="BE")
    with orders.database.transaction() as session:
        today = business_today(session)
    late = sign(order, expires_on=(today + LONGEST_RELEASE + timedelta(days=1)).isoformat())
    assert (late.status_code, late.json["errors"][0]["field"]) == (422, "expires_on")
    assert sign(order, expires_on=(today + LONGEST_RELEASE).isoformat()).status_code == 200
    assert sign(order, "office", expires_on=(today + timedelta(days=9)).isoformat()).status_code == 200
    (granted,) = clearances(order)
    assert date.fromisoformat(granted["expires_on"]) == today + timedelta(days=9)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"expires_on": in_days(-1).isoformat()}, "expires_on"),
        ({"quantity": 5_000}, "quantity"),
        ({"lots": ["NOT-HELD-1"]}, "lots"),
        ({"reason": "Seen."}, "reason"),
    ],
)
def test_a_release_that_is_over_or_for_other_than_what_was_held_is_refused_and_signs_nothing(
    orders: Orders, more: dict[str, Any], field: str
) -> None:
    order = follow(orders, country="BE")
    refused = sign(order, **more)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field), refused.text
    assert hold(order)["signatures"] == []


def test_a_lone_signature_that_ran_out_is_asked_for_anew_with_the_other(orders: Orders) -> None:
    order = follow(orders, country="BE")
    assert sign(order).status_code == 200
    with orders.database.transaction() as session:
        advance(session, USUAL_RELEASE + timedelta(days=1))
    assert sign(order, "office").status_code == 422
    assert renew(order)
    assert hold(order)["signatures"] == []
    assert not renew(order)


def test_each_refused_attempt_is_kept_with_who_and_why_and_undoes_nothing_else(orders: Orders) -> None:
    order = follow(orders, country="BE")
    assert sign(order, "buyer").status_code == 403
    assert sign(order).status_code == 200
    assert sign(order).status_code == 422
    blocked = follow(orders, country="US", po_number="PO-2")
    assert sign(blocked, "office").status_code == 422
    assert attempts(orders) == [("buyer", "A"), ("compliance_officer", "The"), ("kanwil", "Line")]
    assert len(hold(order)["signatures"]) == 1


def test_no_key_signs_a_release_and_two_people_do_by_the_sessions_of_who_signed_in(
    orders: Orders,
) -> None:
    order = follow(orders, country="BE")
    release = f"{ORDERS}/{order.id}/lines/1/release"
    for caller in (orders.officer, orders.office):
        script = Caller(orders.client, caller.key)
        refused = script.post(release, WHY)
        assert refused.status_code == 403
        assert "A key is no person: sign in at /orders/sign-in as compliance" in refused.json["detail"]
    assert hold(order)["signatures"] == []
    assert attempts(orders) == [("compliance_officer", "A"), ("kanwil", "A")]
    elsewhere = {"Idempotency-Key": "1", "Origin": "https://elsewhere.example"}
    forged = orders.officer.client.post(release, json=WHY, headers=elsewhere)
    assert (forged.status_code, forged.json["title"]) == (403, "Sent from another site")
    unreadable = orders.officer.client.post(release, data="reason=x", headers={"Idempotency-Key": "2"})
    assert unreadable.status_code == 415
    sign_by_two(order)
    with orders.database.transaction() as session:
        signers = session.execute(select(signature.c.signer_id)).scalars().all()
    assert len(set(signers)) == 2 and all(id.startswith("person:") for id in signers)
    document = orders.client.get("/orders/openapi.json").json
    assert document["paths"]["/orders/v1/orders/{order_id}/lines/{line}/release"]["post"]["security"] == [
        {"session": []}
    ]
    assert document["components"]["securitySchemes"]["session"]["in"] == "cookie"


@pytest.mark.parametrize("role", [OPERATOR, LOGISTICS])
def test_who_has_no_part_in_releases_is_refused_with_a_key_and_signed_in_and_each_attempt_is_kept(
    orders: Orders, role: str
) -> None:
    order = follow(orders, country="BE")
    order.hears(order.plan(), order.lot())
    path, page = f"{ORDERS}/{order.id}", f"/orders/order/{order.id}"
    release, free_lane = f"{path}/lines/1/release", f"{path}/lines/1/free-lane"
    freed = {"operations": [{"name": "braid", "lane": "free"}], "reason": REASON}
    with orders.database.transaction() as session:
        key = Caller(orders.client, create_key(session, name="script", role=role, account=None))
    visitor = signed_in(orders.client, role)
    token = CSRF_TOKEN.search(visitor.get("/orders/holds/", headers={"Accept": "text/html"}).text)
    assert token is not None
    form = {"csrf_token": token[1], "reason": REASON}
    answers = [
        key.post(release, WHY),
        key.post(f"{path}/lots/SRG-2503-001/lane", freed),
        key.post(free_lane, WHY),
        visitor.post(release, json=WHY, headers={"Idempotency-Key": "1"}),
        visitor.post(free_lane, json=WHY, headers={"Idempotency-Key": "2"}),
        visitor.post(f"/orders/holds/{order.id}/1", data=form),
        visitor.post(f"{page}/lines/1/free-lane", data=form),
    ]
    assert [answer.status_code for answer in answers] == [403] * 7
    with orders.database.transaction() as session:
        kept = session.execute(select(release_attempt).order_by(release_attempt.c.id)).all()
        assert session.execute(select(signature)).all() == []
    about = ["release", "lane", "free_lane", "release", "free_lane", "release", "free_lane"]
    assert [(row.asked, row.role, row.order_id) for row in kept] == [(each, role, order.id) for each in about]
    assert [row.who.partition(":")[0] for row in kept] == ["key"] * 3 + ["person"] * 4
    assert hold(order)["signatures"] == []


def test_attempts_at_what_a_release_rests_on_are_kept_and_listed_with_all_others(orders: Orders) -> None:
    order = follow(orders, country="BE")
    order.hears(order.plan(), order.lot())
    path = f"{ORDERS}/{order.id}"
    freed = {"operations": [{"name": "braid", "lane": "free"}], "reason": REASON}
    assert orders.office.post(f"{path}/lots/SRG-2503-001/lane", freed).status_code == 403
    assert orders.officer.post(f"{path}/lots/SRG-2503-001/lane", freed).status_code == 422
    assert orders.office.post(f"{path}/lines/1/acknowledgement", ACKNOWLEDGED).status_code == 403
    assert orders.officer.post(f"{path}/lines/1/acknowledgement", ACKNOWLEDGED).status_code == 403
    assert orders.rival.post(f"{path}/lines/1/acknowledgement", ACKNOWLEDGED).status_code == 404
    for _ in range(OTHERS):
        assert sign(order, "buyer").status_code == 403
    officer = Visitor(orders, COMPLIANCE)
    assert "/orders/holds/attempts" in officer.open("/orders/holds/")
    page = officer.open("/orders/holds/attempts")
    assert page.count("to release it") == OTHERS
    (older,) = re.findall(r'rel="next" href="(\?before=[^"]+)"', page)
    rest = Visitor(orders, KANWIL, language="id").open(f"/orders/holds/attempts{older}")
    assert rest.count("mengoreksi siapa yang membuatnya") == 2
    assert rest.count("menyatakan tahu") == 2
    assert "SRG-2503-001" in rest
    buyer = Visitor(orders, BUYER, account="CHEWY-LOUIS")
    assert buyer.client.get("/orders/holds/attempts").status_code == 403


def test_an_attempt_on_the_page_by_a_role_that_may_not_see_it_is_kept_too_and_changed_by_nobody(
    orders: Orders,
) -> None:
    order = follow(orders, country="BE")
    buyer = Visitor(orders, BUYER, account="CHEWY-LOUIS")
    token = CSRF_TOKEN.search(buyer.open("/orders/new"))
    assert token is not None
    form = {"csrf_token": token[1], "reason": REASON}
    stale = {**form, "csrf_token": "of-another-session"}
    assert buyer.client.post(f"/orders/holds/{order.id}/1", data=stale).status_code == 403
    assert attempts(orders) == [], "a form that is too old is no attempt"
    mistyped = {"reason": REASON, "expires_on": "31-03-2026"}
    officer = Visitor(orders, COMPLIANCE)
    assert officer.submit(f"/orders/holds/{order.id}/1", **mistyped).status_code == 422
    assert attempts(orders) == [], "nor is one that was mistyped"
    assert buyer.client.post(f"/orders/holds/{order.id}/1", data=form).status_code == 403
    assert attempts(orders) == [("buyer", "This")]
    page = Visitor(orders, KANWIL, language="id").open("/orders/holds/attempts")
    assert "Halaman ini untuk petugas kepatuhan atau kantor wilayah." in page
    for statement in ("DELETE FROM release_attempt", "UPDATE release_attempt SET line_number = 2"):
        with pytest.raises(DBAPIError, match="append only"), orders.database.transaction() as session:
            session.execute(text(statement))


def test_who_acknowledges_for_a_buyer_on_the_page_is_refused_and_kept(orders: Orders) -> None:
    order = follow(orders, country="BE")
    officer = Visitor(orders, COMPLIANCE)
    assert officer.submit(f"/orders/order/{order.id}/lines/1/acknowledge").status_code == 403
    assert attempts(orders) == [("compliance_officer", "This")]
    assert "to acknowledge it" in officer.open("/orders/holds/attempts")


def test_an_attempt_at_a_line_that_no_order_can_have_is_refused_and_kept_too(orders: Orders) -> None:
    order = follow(orders, country="BE")
    path = f"{ORDERS}/{order.id}/lines/99999999999"
    assert orders.officer.post(f"{path}/release", WHY).status_code == 422
    assert orders.officer.post(f"{path}/acknowledgement", ACKNOWLEDGED).status_code == 403
    assert Visitor(orders, COMPLIANCE).submit(f"/orders/holds/{order.id}/99999999999").status_code == 422
    assert attempts(orders) == [("compliance_officer", first) for first in ("The", "This", "The")]


@pytest.mark.parametrize("who", ["placed_by", "drafted_by"])
@pytest.mark.parametrize("role", ["compliance_officer", "kanwil"])
def test_who_took_the_order_never_releases_it(who: str, role: str) -> None:
    order = order_of()
    order.place()
    setattr(order, who, "person:9")
    with pytest.raises(Refused, match="placed the order, or drafted it"):
        order.sign_release(1, by=Signer("person:9", "Clerk", role), said=SAID, on=DAY)


@pytest.mark.parametrize("role", ["facility_head", "operator", "logistics", "buyer"])
def test_no_other_role_releases(role: str) -> None:
    order = order_of()
    order.place()
    with pytest.raises(Refused, match="compliance officer and the regional office"):
        order.sign_release(1, by=Signer("person:9", "Somebody", role), said=SAID, on=DAY)


def test_a_release_ends_when_the_line_goes_elsewhere_and_not_when_a_page_is_read(orders: Orders) -> None:
    order = follow(orders, country="BE")
    sign_by_two(order)
    assert hold(order) is None
    seen = orders.buyer.get(f"{ORDERS}/{order.id}").headers["ETag"]
    changed = orders.buyer.change(
        "PATCH", f"{ORDERS}/{order.id}", {"lines": [{"line": 1, "transit": ["SG"]}]}, seen=seen
    )
    assert changed.status_code == 200, changed.text
    assert order.told()[-3:] == ["order_line_amended", "clearance_withdrawn", "hold_opened"]
    assert hold(order)["route"] == ["SG"]
    sign_by_two(order)
    assert clearances(order)[-1]["transit"] == ["SG"]


def moved(order: Followed, *facilities: str) -> ProductionPlanned:
    share = 1_000 // len(facilities)
    return replace(
        order.plan(), allocations=tuple(Allocation(facility=code, quantity=share) for code in facilities)
    )


def test_work_that_moves_to_a_facility_that_the_release_did_not_name_ends_it(orders: Orders) -> None:
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(moved(order, "LPS-SRG", "LPS-SMG"))
    assert hold(order) is None, "the first release came before any plan"
    with orders.database.transaction() as session:
        advance(session, USUAL_RELEASE + timedelta(days=1))
    assert renew(order)
    assert hold(order)["facilities"] == ["LPS-SMG", "LPS-SRG"]
    sign_by_two(order)
    order.hears(moved(order, "LPS-SRG"))
    assert hold(order) is None
    order.hears(moved(order, "LPS-PWD"))
    assert hold(order)["facilities"] == ["LPS-PWD"]


def test_a_question_about_a_late_line_whose_release_ended_is_withdrawn_as_changed(orders: Orders) -> None:
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(moved(order, "LPS-SRG"))
    with orders.database.transaction() as session:
        advance(session, USUAL_RELEASE + timedelta(days=1))
    assert renew(order)
    sign_by_two(order)
    order.hears(replace(moved(order, "LPS-SRG"), promised_date=LATE))
    assert len(decisions(order, state="open")) == 1
    order.hears(replace(moved(order, "LPS-PWD"), promised_date=LATE))
    (withdrawn,) = decisions(order)
    assert (withdrawn["outcome"], withdrawn["overtaken_by"]) == ("withdrawn", "changed")


def let_free_goods_go(orders: Orders) -> None:
    """Belgium asks about prisoners' work only."""
    forget_rules(orders)
    with orders.database.transaction() as session:
        held = {"action": "hold", "countries": ["BE"], "lane": "custodial", "needs": ["DOSSIER"]}
        for id, row in (("DP-EU-9", held), ("DP-FREE-9", {"action": "allow", "lane": "free"})):
            session.execute(insert(destination_policy).values(id=id, version=1, row=row))


def test_one_custodial_operation_in_a_free_lot_has_its_line_screened_again(orders: Orders) -> None:
    let_free_goods_go(orders)
    order, at_sea = (follow(orders, country="BE", po_number=number) for number in ("PO-1", "PO-2"))
    for each, lot in ((at_sea, "SEA-1"), (order, FREE_LOT)):
        sign_by_two(each)
        each.hears(each.plan(), replace(each.lot(lot), lane="free"))
    at_sea.hears(at_sea.cartons("SEA-1"), at_sea.departure(at_sea.part("SEA-1")))
    granted = clearances(order)[-1]
    assert (granted["purpose"], granted["lane"]) == ("export", "free")
    packed = {"name": "pack", "lane": "custodial"}
    path = f"{ORDERS}/{order.id}/lots/{FREE_LOT}/lane"
    only_packed = orders.officer.post(
        path, {"operations": [{"name": "braid", "lane": "free"}, packed], **WHY}
    )
    assert (only_packed.status_code, only_packed.json["errors"][0]["field"]) == (422, "operations")
    braided = {"operations": [{"name": "braid", "lane": "custodial"}, packed], **WHY}
    assert orders.officer.post(path, braided).status_code == 200
    assert hold(order)["lots"] == [{"lot": FREE_LOT, "quantity": 1_000, "lane": "custodial"}]
    assert "clearance_withdrawn" in order.told()
    assert orders.officer.post(path, braided).status_code == 422
    assert orders.officer.post(f"{ORDERS}/{at_sea.id}/lots/SEA-1/lane", braided).status_code == 200
    with orders.database.transaction() as session:
        kept = session.execute(select(caught_line).order_by(caught_line.c.id)).all()
    assert [(row.because, row.at_sea) for row in kept] == [("lane", 0), ("lane", 1_000)]


def test_free_goods_that_are_all_made_because_the_rest_was_cancelled_wait_under_no_law_on_prisons(
    orders: Orders,
) -> None:
    let_free_goods_go(orders)
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), replace(order.lot(FREE_LOT, 900), lane="free"))
    asked = cancel(order, 100)
    order.hears(order.plan(900), asked.stopped(100, asked=100))
    assert hold(order) is None
    granted = clearances(order)[-1]
    assert (granted["purpose"], granted["lane"], granted["quantity"]) == ("export", "free", 900)


@pytest.mark.parametrize("lane", LANES)
def test_packing_alone_makes_nobody_s_goods(lane: Lane) -> None:
    assert lane_of([Operation(name="braid", lane=lane), Operation(name="pack", lane="custodial")]) == lane
    assert lane_of([Operation(name="pack", lane=lane)]) == "custodial"
    assert (
        lane_of([Operation(name="braid", lane=lane), Operation(name="cut", lane="custodial")]) == "custodial"
    )


def test_a_blocked_line_offers_other_ways_and_no_release(orders: Orders) -> None:
    order = follow(orders, country="US")
    found = hold(order)
    assert (found["releasable"], found["purpose"]) == (False, None)
    here = f"/orders/v1/orders/{order.id}"
    assert {each["way"]: (each["method"], each["href"]) for each in found["ways_out"]} == {
        "another_destination": ("PATCH", here),
        "domestic_sale": ("PATCH", here),
        "cancellation": ("POST", f"{here}/cancel"),
    }
    sold = orders.buyer.change(
        "PATCH",
        here,
        {"lines": [{"line": 1, "consignee": CONSIGNEE | {"country": "ID"}}]},
        seen=orders.buyer.get(here).headers["ETag"],
    )
    assert (sold.status_code, hold(order)) == (200, None)


def test_a_signature_names_what_was_seen() -> None:
    order = order_of(line_of())
    order.place()
    order.sign_release(1, by=OFFICER, said=Statement(reason=REASON, digest="a" * 64), on=DAY)
    order.sign_release(1, by=OFFICE, said=Statement(reason=REASON, digest="b" * 64), on=DAY)
    (released,) = order.line(1).holds
    assert [each.digest for each in released.signatures] == ["a" * 64, "b" * 64]
    assert released.expires_on == DAY + USUAL_RELEASE


def test_a_clearance_names_the_route_and_the_lots_that_were_signed_for_and_none_that_came_since(
    orders: Orders,
) -> None:
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), order.lot())
    asked = hold(order)
    assert sign(order, seen=asked["seen"]).status_code == 200
    goods = order.part()
    order.hears(order.cartons(), planned(7, goods), booked(7, goods, eta=44, via=("SGSIN",)))
    assert order.read()["lines"][0]["transit"] == ["SG"]
    assert sign(order, "office", seen=asked["seen"]).status_code == 200
    granted = clearances(order)[-1]
    assert (granted["purpose"], granted["transit"], granted["lots"]) == ("export", None, asked["lots"])
