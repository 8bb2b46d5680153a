"""What a release needs is seen to be there: facts meet each need or it is open, and no role signs past an open one."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from services.orders.domain import acknowledgement
from services.orders.domain.acknowledgement import NEWEST, TEXTS
from services.orders.domain.counsel_note import LONGEST
from services.orders.domain.dossier import ITEMS
from services.orders.domain.need import ITEM_WORDS
from services.orders.pages.counsel_notes import NOTES as NOTES_ON_A_PAGE
from services.orders.storage import acknowledgement as acknowledgements
from services.orders.storage import counsel_note, destination_policy, signature
from shared.clock import advance
from shared.events.production import EvidenceWithdrawn, FacilityRegistered, PiecesReported
from shared.refusal import Sentence
from shared.web.access import BUYER, COMPLIANCE, KANWIL
from tests.clock import in_days
from tests.orders.conftest import CONSIGNEE, Caller, Orders, forget_rules
from tests.orders.test_dossiers import a_recording
from tests.orders.test_handlers import LOT, ORDERS, SRAGEN, WORK_ORDER, Followed, follow
from tests.orders.test_order import REASON
from tests.orders.test_pages import Visitor
from tests.orders.test_releases import WHY, attempts, hold, sign
from tests.orders.test_routing import booked, planned

NOTES = "/orders/v1/counsel-notes"
SHA = "ab" * 32
ALL = ("DOSSIER", "DOSSIER_COMPLETE", "INDEPENDENT_VISIT_12M", "BUYER_ACK", "COUNSEL_NOTE_EU")
SAID = {"text_version": NEWEST, "language": "en", "knows_who_made_it": True, "answers_for_import": True}
POLICY = "DP-EU-9.v1"


def let_belgium_need(orders: Orders, *needs: str) -> None:
    forget_rules(orders)
    row = {
        "action": "hold",
        "countries": ["BE"],
        "needs": list(needs),
        "law": ["Regulation (EU) 2024/3015"],
        "explanation_en": "It waits.",
        "explanation_id": "Menunggu.",
    }
    with orders.database.transaction() as session:
        session.execute(insert(destination_policy).values(id="DP-EU-9", version=1, row=row))


def made(orders: Orders, *needs: str) -> Followed:
    """An order to Belgium whose goods are made and wait for their export, under a rule with these needs."""
    let_belgium_need(orders, *needs)
    order = follow(orders, country="BE")
    order.hears(FacilityRegistered(**A_FACILITY), order.plan(), order.work(), report(order), order.lot())
    return order


A_FACILITY: dict[str, Any] = {
    "code": SRAGEN,
    "name": "Lapas Sragen",
    "place": "IDSRG",
    "address": ("Sragen",),
    "gln": "9529900000107",
    "hub": True,
}


def report(order: Followed) -> PiecesReported:
    return PiecesReported(
        work_order_id=WORK_ORDER,
        **order.about(1),
        facility=SRAGEN,
        pieces=1_000,
        worked_on=in_days(0),
        kind="made",
    )


def states(order: Followed, language: str = "en") -> dict[str, dict[str, Any]]:
    path = f"{ORDERS}/{order.id}/lines/1/needs"
    headers = {"Authorization": f"Bearer {order.orders.officer.key}", "Accept-Language": language}
    read = order.orders.client.get(path, headers=headers)
    assert read.status_code == 200, read.text
    return {state["need"]: state for state in read.json}


def still_open(order: Followed) -> list[str]:
    return [need for need, state in states(order).items() if not state["met"]]


def acknowledge(order: Followed, caller: Caller | None = None, **changes: Any) -> Any:
    path = f"{ORDERS}/{order.id}/lines/1/acknowledgement"
    return (caller or order.orders.buyer).post(path, {**SAID, **changes})


def a_note(**changes: Any) -> dict[str, Any]:
    return {
        "country": "EU",
        "adviser": "Office of counsel, Brussels",
        "given_on": in_days(0).isoformat(),
        "valid_until": in_days(300).isoformat(),
        "policies": [POLICY],
        "sha256": SHA,
        "summary": "Paid and voluntary work is outside the prohibition if the dossier shows it.",
        **changes,
    }


def all_evidence() -> list[Any]:
    """A document of the labour inspector for each part of each item."""
    parts = [part for parts in ITEMS.values() for part in parts]
    return [a_recording(part, n, issuer="labour_inspector") for n, part in enumerate(parts, 1)]


def let_pass(orders: Orders, days: int) -> None:
    with orders.database.transaction() as session:
        advance(session, timedelta(days=days))


# Each need has a state


def test_each_need_is_met_by_facts_or_open_in_words_and_none_is_signed_past(orders: Orders) -> None:
    order = made(orders, *ALL)
    found = states(order)
    assert list(found) == list(ALL)
    assert still_open(order) == list(ALL[1:])
    assert found["DOSSIER"]["said"].startswith(f"{LOT}: 1 of 11, open: consent, refusal without effect, ")
    assert found["DOSSIER"]["since"] == in_days(0).isoformat()
    assert SRAGEN in found["INDEPENDENT_VISIT_12M"]["said"]
    assert POLICY in found["COUNSEL_NOTE_EU"]["said"]
    for caller in ("officer", "office"):
        refused = sign(order, caller)
        assert refused.status_code == 422
        assert ", ".join(ALL[1:]) in refused.json["detail"]
    assert len(attempts(orders)) == 2
    order.hears(*all_evidence())
    assert still_open(order) == ["BUYER_ACK", "COUNSEL_NOTE_EU"]
    assert states(order)["DOSSIER_COMPLETE"]["said"] == f"{LOT}: 11 of 11"
    assert acknowledge(order).status_code == 200
    assert still_open(order) == ["COUNSEL_NOTE_EU"]
    assert sign(order).status_code == 422
    assert orders.officer.post(NOTES, a_note()).status_code == 201
    assert still_open(order) == []
    assert sign(order).status_code == 200
    assert sign(order, "office").status_code == 200
    assert hold(order) is None


def test_the_states_are_said_in_the_readers_language(orders: Orders) -> None:
    order = made(orders, *ALL)
    assert f"{LOT}: 1 dari 11, terbuka: persetujuan" in states(order, "id")["DOSSIER"]["said"]
    assert states(order, "id")["BUYER_ACK"]["said"].startswith("Pembeli belum")


def test_each_item_of_a_dossier_has_its_word() -> None:
    assert ITEM_WORDS.keys() == ITEMS.keys()
    assert all(isinstance(word, Sentence) for word in ITEM_WORDS.values())


def test_before_goods_are_made_nothing_is_asked_about_lots_and_nothing_stops_the_signatures(
    orders: Orders,
) -> None:
    let_belgium_need(orders, *ALL)
    order = follow(orders, country="BE")
    assert still_open(order) == ["BUYER_ACK", "COUNSEL_NOTE_EU"]
    assert [sign(order, caller).status_code for caller in ("officer", "office")] == [200, 200]
    assert hold(order) is None


def test_what_nothing_here_can_meet_stays_open(orders: Orders) -> None:
    order = made(orders, "A_STAMP_OF_THE_MOON")
    assert still_open(order) == ["A_STAMP_OF_THE_MOON"]
    assert sign(order).status_code == 422


def test_a_visit_counts_for_twelve_months_and_not_where_one_contradicts(orders: Orders) -> None:
    order = made(orders, "INDEPENDENT_VISIT_12M")
    old = a_recording("independent_visit", 1, issued_on=in_days(-370), valid_until=in_days(5))
    order.hears(old)
    assert still_open(order) == ["INDEPENDENT_VISIT_12M"]
    order.hears(a_recording("independent_visit", 2, issued_on=in_days(-20), valid_until=in_days(300)))
    state = states(order)["INDEPENDENT_VISIT_12M"]
    assert (state["met"], state["since"]) == (True, in_days(-20).isoformat())
    assert "DOC-2" in state["said"]
    order.hears(a_recording("independent_visit", 3, finding="contradicts", valid_until=None))
    assert still_open(order) == ["INDEPENDENT_VISIT_12M"]


def test_each_facility_of_the_lots_was_visited(orders: Orders) -> None:
    let_belgium_need(orders, "INDEPENDENT_VISIT_12M")
    order = follow(orders, country="BE")
    order.hears(order.plan(), order.lot("A", 600), replace(order.lot("B", 400), facility="LPS-KLT"))
    order.hears(a_recording("independent_visit", 1))
    assert "LPS-KLT" in states(order)["INDEPENDENT_VISIT_12M"]["said"]
    order.hears(a_recording("independent_visit", 2, code="LPS-KLT"))
    assert still_open(order) == []


def test_a_destination_that_nobody_assessed_needs_a_note_on_its_own_law(orders: Orders) -> None:
    forget_rules(orders)
    order = follow(orders, country="BR")
    order.hears(order.plan(), order.lot())
    assert still_open(order) == ["LEGAL_ASSESSMENT"]
    page = Visitor(orders, COMPLIANCE).open(f"/orders/holds/{order.id}/1")
    assert f"{LOT}: 0 of 11, open: consent, " in page, "whatever a rule asks for"
    assert orders.officer.post(NOTES, a_note(country="BE", policies=[])).status_code == 201
    assert still_open(order) == ["LEGAL_ASSESSMENT"]
    with orders.database.transaction() as session:
        row = {"action": "hold", "countries": ["BR"], "lane": "free", "needs": ["DOSSIER"]}
        session.execute(insert(destination_policy).values(id="DP-BR-1", version=1, row=row))
    assert orders.officer.post(NOTES, a_note(country="BR", policies=["DP-BR-1.v1"])).status_code == 201
    assert still_open(order) == ["LEGAL_ASSESSMENT"], "that is advice on the work of others"
    assert orders.officer.post(NOTES, a_note(country="BR", policies=[])).status_code == 201
    assert still_open(order) == []


# The buyer's acknowledgement


def test_a_buyer_reads_who_made_the_goods_and_says_that_they_know_once(orders: Orders) -> None:
    order = made(orders, "BUYER_ACK")
    read = orders.buyer.get(f"{ORDERS}/{order.id}/lines/1/acknowledgement").json
    assert (read["state"], read["made_by"], read["text"]) == ("asked", "custodial", TEXTS[NEWEST])
    assert read["facilities"] == [{"code": SRAGEN, "name": "Lapas Sragen"}]
    assert read["lots"][0]["completeness"].startswith("1 of 11, open: ")
    assert (read["law"], read["said_by"]) == (["Regulation (EU) 2024/3015"], None)
    assert order.read()["lines"][0]["acknowledgement"] == "asked"
    given = acknowledge(order, language="id")
    assert (given.status_code, given.json["state"], given.json["said_in"]) == (200, "given", "id")
    assert (given.json["said_by"], given.json["said_of_version"]) == ("buyer", NEWEST)
    told = order.timeline()[-1]
    assert told["type"] == "kendi.orders.acknowledgement_given.v1"
    assert told["data"] == {"order_id": str(order.id), "line": 1, "text_version": NEWEST, "language": "id"}
    again = acknowledge(order)
    assert (again.status_code, order.told().count("acknowledgement_given")) == (422, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text_version", NEWEST + 1),
        ("language", "nl"),
        ("knows_who_made_it", False),
        ("answers_for_import", False),
        ("answers_for_import", "yes"),
    ],
)
def test_an_acknowledgement_says_both_by_the_newest_text(orders: Orders, field: str, value: Any) -> None:
    order = made(orders, "BUYER_ACK")
    refused = acknowledge(order, **{field: value})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert still_open(order) == ["BUYER_ACK"]


def test_nobody_acknowledges_for_a_buyer_nor_what_no_rule_asks_for(orders: Orders) -> None:
    order = made(orders, "DOSSIER")
    assert acknowledge(order).status_code == 422
    assert acknowledge(order, orders.officer).status_code == 403
    assert acknowledge(order, orders.rival).status_code == 404


def amend(order: Followed, **line: Any) -> None:
    path = f"{ORDERS}/{order.id}"
    seen = order.orders.buyer.get(path).headers["ETag"]
    changed = order.orders.buyer.change("PATCH", path, {"lines": [{"line": 1, **line}]}, seen=seen)
    assert changed.status_code == 200, changed.text


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"consignee": CONSIGNEE | {"name": "Another"}}, "consignee"),
        ({"consignee": CONSIGNEE | {"address": ["Elsewhere 1"]}}, "consignee"),
        ({"transit": ["SG"]}, "route"),
    ],
)
def test_an_acknowledgement_ends_with_what_it_was_about_and_does_not_come_back(
    orders: Orders, change: dict[str, Any], because: str
) -> None:
    order = made(orders, "BUYER_ACK")
    assert acknowledge(order).status_code == 200
    amend(order, **change)
    (ended,) = [each for each in order.timeline() if each["type"].endswith("acknowledgement_ended.v1")]
    assert ended["data"]["because"] == because
    assert still_open(order) == ["BUYER_ACK"]
    amend(order, consignee=CONSIGNEE, transit=[])
    assert still_open(order) == ["BUYER_ACK"], "what was said of another line is not said of this one"
    assert order.told().count("acknowledgement_ended") == 1
    assert acknowledge(order).status_code == 200
    assert still_open(order) == []


def test_an_acknowledgement_outlives_another_day_and_a_booking_that_enters_no_other_country(
    orders: Orders,
) -> None:
    order = made(orders, "BUYER_ACK")
    assert acknowledge(order).status_code == 200
    amend(order, requested_date=in_days(200).isoformat())
    assert still_open(order) == []
    goods = order.part()
    order.hears(order.cartons(), planned(7, goods), booked(7, goods, eta=44))
    assert (order.read()["lines"][0]["transit"], still_open(order)) == ([], [])
    order.hears(booked(7, goods, eta=44, via=("SGSIN",)))
    assert still_open(order) == ["BUYER_ACK"]


def test_an_acknowledgement_ends_when_the_goods_turn_out_to_be_made_by_others(orders: Orders) -> None:
    let_belgium_need(orders, "BUYER_ACK")
    order = follow(orders, country="BE")
    order.hears(order.plan(), replace(order.lot(), lane="free"))
    assert acknowledge(order).status_code == 200
    braided = {
        "operations": [{"name": "braid", "lane": "custodial"}],
        "reason": REASON,
    }
    assert orders.officer.post(f"{ORDERS}/{order.id}/lots/{LOT}/lane", braided).status_code == 200
    assert "acknowledgement_ended" in order.told()
    assert still_open(order) == ["BUYER_ACK"]


def test_what_was_acknowledged_can_be_changed_by_nobody(orders: Orders) -> None:
    order = made(orders, "BUYER_ACK")
    assert acknowledge(order).status_code == 200
    changed = update(acknowledgements).values(language="id")
    for statement in (changed, delete(acknowledgements)):
        with pytest.raises(DBAPIError, match="append only"), orders.database.transaction() as session:
            session.execute(statement)
    assert still_open(order) == []


def test_the_text_says_the_same_in_each_language() -> None:
    assert all(texts.keys() == set(acknowledgement.LANGUAGES) for texts in TEXTS.values())


def test_a_buyer_acknowledges_on_a_page_without_a_script(orders: Orders) -> None:
    order = made(orders, "BUYER_ACK")
    buyer = Visitor(orders, BUYER, account="CHEWY-LOUIS", language="id")
    path = f"/orders/order/{order.id}/lines/1/acknowledge"
    assert path in buyer.open(f"/orders/order/{order.id}")
    assert path in buyer.open("/orders/")
    assert path not in Visitor(orders, BUYER, account="RIVAL").open("/orders/")
    assert path not in Visitor(orders, KANWIL).open("/orders/"), "nobody says it for the buyer"
    assert "pembeli menyatakan tahu" in buyer.open(f"/orders/order/{order.id}")
    page = buyer.open(path)
    for said in (TEXTS[NEWEST]["id"], "Lapas Sragen", "warga binaan", "Regulation (EU) 2024/3015"):
        assert said in page, said
    typed = {"text_version": str(NEWEST), "language": "id", "knows_who_made_it": "1"}
    token = buyer_token(page)
    half = buyer.client.post(path, data={"csrf_token": token, **typed}, headers=buyer.headers)
    assert half.status_code == 422
    assert "keduanya" in half.text
    assert still_open(order) == ["BUYER_ACK"]
    whole = buyer.client.post(path, data={"csrf_token": token, **typed, "answers_for_import": "1"})
    assert (whole.status_code, still_open(order)) == (303, [])
    assert "sudah dinyatakan" in buyer.open(f"/orders/order/{order.id}")
    assert path not in buyer.open("/orders/")
    amend(order, transit=["SG"])
    assert path in buyer.open("/orders/")
    assert "Pembeli tahu siapa yang membuat" in buyer.open(f"/orders/order/{order.id}")


def buyer_token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


# Notes of counsel


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "UK"),
        ("given_on", in_days(1).isoformat()),
        ("valid_until", (in_days(0) + LONGEST + timedelta(days=1)).isoformat()),
        ("valid_until", in_days(-1).isoformat()),
        ("policies", ["DP-EU-9.v2"]),
        ("sha256", "none"),
        ("summary", "Too short."),
        ("summary", "Advised for 3314011234567890, whose work was said to be voluntary."),
        ("adviser", ""),
    ],
)
def test_a_note_that_can_not_be_is_refused_by_field(orders: Orders, field: str, value: object) -> None:
    let_belgium_need(orders, "COUNSEL_NOTE_EU")
    refused = orders.officer.post(NOTES, a_note(**{field: value}))
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"].split("[")[0] == field
    assert orders.officer.get(NOTES).json == []


def test_a_note_counts_for_its_country_policies_and_days_and_ends_when_it_is_withdrawn(
    orders: Orders,
) -> None:
    order = made(orders, "COUNSEL_NOTE_EU")
    for beside in (a_note(policies=[]), a_note(country="GB")):
        assert orders.officer.post(NOTES, beside).status_code == 201
    assert still_open(order) == ["COUNSEL_NOTE_EU"]
    note = orders.officer.post(NOTES, a_note()).json
    assert "Office of counsel, Brussels" in states(order)["COUNSEL_NOTE_EU"]["said"]
    assert orders.buyer.get(NOTES).status_code == 403
    withdraw = f"{NOTES}/{note['id']}/withdraw"
    because = {"reason": "It was about other goods than these."}
    assert orders.office.post(withdraw, because).status_code == 403
    withdrawn = orders.officer.post(withdraw, because)
    assert (withdrawn.status_code, withdrawn.json["withdrawn_by"]) == (200, "officer")
    assert still_open(order) == ["COUNSEL_NOTE_EU"]
    assert orders.officer.post(withdraw, because).status_code == 422
    assert orders.officer.post(NOTES, a_note()).status_code == 201
    let_pass(orders, 301)
    assert still_open(order) == ["COUNSEL_NOTE_EU"]
    listed = orders.office.get(f"{NOTES}?limit=3")
    assert (len(listed.json), "next" in listed.headers["Link"]) == (3, True)


def test_a_note_is_never_changed_but_by_its_withdrawal(orders: Orders) -> None:
    let_belgium_need(orders, "COUNSEL_NOTE_EU")
    note = orders.officer.post(NOTES, a_note()).json["id"]
    for sql in (
        "UPDATE counsel_note SET valid_until = valid_until + 1",
        "UPDATE counsel_note SET summary = 'Anything goes.'",
        "DELETE FROM counsel_note",
    ):
        with pytest.raises(DBAPIError, match="counsel_note"), orders.database.transaction() as session:
            session.execute(text(sql))
    reason = {"reason": "It was about other goods than these."}
    assert orders.officer.post(f"{NOTES}/{note}/withdraw", reason).status_code == 200
    undone = dict.fromkeys(("withdrawn_at", "withdrawn_by", "withdrawn_by_name", "withdrawn_reason"))
    with pytest.raises(DBAPIError, match="never changed"), orders.database.transaction() as session:
        session.execute(update(counsel_note).values(undone))


def test_a_note_is_recorded_on_a_page_which_keeps_only_the_fingerprint_of_its_file(orders: Orders) -> None:
    order = made(orders, "COUNSEL_NOTE_EU")
    officer, office = Visitor(orders, COMPLIANCE), Visitor(orders, KANWIL, language="id")
    typed = {name: value for name, value in a_note().items() if name != "sha256"}
    without = officer.submit("/orders/notes/", **typed)
    assert without.status_code == 422
    assert "Choose the file of the note" in without.text
    assert "Office of counsel, Brussels" in without.text
    file = (BytesIO(b"the note itself"), "note.pdf")
    sent = officer.submit("/orders/notes/", **typed, file=file)
    assert (sent.status_code, still_open(order)) == (303, [])
    page = officer.open("/orders/notes/")
    assert hashlib.sha256(b"the note itself").hexdigest() in page
    assert "the note itself" not in page
    assert "Pendapat hukum" in office.open("/orders/notes/")
    assert "Record a note" not in office.open("/orders/notes/")
    (note,) = orders.officer.get(NOTES).json
    path = f"/orders/notes/{note['id']}/withdraw"
    assert officer.submit(path, reason="short").status_code == 422
    assert officer.client.get(path).status_code == 200
    assert officer.submit(path, reason="It was about other goods than these.").status_code == 303
    assert "It was about other goods" in office.open("/orders/notes/")
    assert still_open(order) == ["COUNSEL_NOTE_EU"]


def test_a_withdrawal_that_is_refused_stands_on_the_page_of_its_note(orders: Orders) -> None:
    let_belgium_need(orders, "COUNSEL_NOTE_EU")
    for _ in range(NOTES_ON_A_PAGE + 1):
        assert orders.officer.post(NOTES, a_note()).status_code == 201
    first = orders.officer.get(f"{NOTES}?limit={NOTES_ON_A_PAGE + 1}").json[-1]["id"]
    officer = Visitor(orders, COMPLIANCE)
    (following,) = re.findall(r'rel="next" href="(\?after=[^"]+)"', officer.open("/orders/notes/"))
    (path,) = re.findall(
        rf'action="(/orders/notes/{first}/withdraw[^"]*)"', officer.open(f"/orders/notes/{following}")
    )
    refused = officer.submit(path, reason="short")
    assert refused.status_code == 422
    assert f'id="note-{first}"' in refused.text
    assert 'value="short"' in refused.text


def test_the_hold_shows_each_need_met_or_open_in_words(orders: Orders) -> None:
    order = made(orders, "DOSSIER", "BUYER_ACK")
    page = Visitor(orders, KANWIL, language="id").open(f"/orders/holds/{order.id}/1")
    assert "dosir setiap lot jadi" in page
    assert "1 dari 11, terbuka: persetujuan" in page
    assert "Pembeli belum menyatakan" in page
    officer = Visitor(orders, COMPLIANCE)
    refused = officer.submit(
        f"/orders/holds/{order.id}/1", reason="All that was asked for was seen by me today."
    )
    assert refused.status_code == 422
    assert "while this is open: BUYER_ACK" in refused.text


def test_the_api_tells_beside_a_hold_what_documents_show_of_each_lot_or_facility(orders: Orders) -> None:
    let_belgium_need(orders, "DOSSIER")
    order = follow(orders, country="BE")
    assert hold(order)["evidence"] == []
    sign_both(order)
    order.hears(order.plan(), speaks(1), a_recording("hours", 2))
    (planned,) = hold(order)["evidence"]
    assert (planned["facility"], planned["lot"], planned["hash"]) == (SRAGEN, None, None)
    assert (planned["complete"], planned["of"]) == (1, 10)
    assert {"item": "pay", "state": "contradicted"} in planned["open"]
    assert "hours" not in [each["item"] for each in planned["open"]]
    sign_both(order)
    order.hears(FacilityRegistered(**A_FACILITY), order.work(), report(order), order.lot())
    newest = orders.officer.get(f"/orders/v1/dossiers/lots/{LOT}").json
    (of_lot,) = hold(order)["evidence"]
    assert of_lot == {
        "lot": LOT,
        "facility": None,
        "complete": newest["complete"],
        "of": 11,
        "open": [
            {"item": each["item"], "state": each["state"]}
            for each in newest["items"]
            if each["state"] != "complete"
        ],
        "version": newest["version"],
        "hash": newest["hash"],
    }
    theirs = orders.buyer.get(f"{ORDERS}/{order.id}").json["lines"][0]["hold"]
    assert theirs["evidence"] == [of_lot], "the buyer reads the dossier, too"


# A signature names the dossiers, and adverse facts end releases


def test_a_signature_names_the_version_and_hash_of_each_dossier(orders: Orders) -> None:
    order = made(orders, "DOSSIER")
    seen = hold(order)["seen"]
    order.hears(a_recording("pay", 1))
    assert hold(order)["seen"] != seen
    assert sign(order, seen=seen).status_code == 422
    newest = orders.officer.get(f"/orders/v1/dossiers/lots/{LOT}").json
    named = [{"lot": LOT, "version": newest["version"], "hash": newest["hash"]}]
    assert sign(order, seen=hold(order)["seen"]).status_code == 200
    assert hold(order)["signatures"][0]["dossiers"] == named
    assert orders.buyer.get(f"{ORDERS}/{order.id}").json["lines"][0]["hold"]["seen"] == hold(order)["seen"]
    assert f"version {newest['version']}" in Visitor(orders, COMPLIANCE).open(f"/orders/holds/{order.id}/1")
    with orders.database.transaction() as session:
        assert session.execute(signature.select()).one().dossiers == named


def sign_both(order: Followed) -> None:
    for caller in ("officer", "office"):
        assert sign(order, caller).status_code == 200


def test_evidence_that_contradicts_ends_a_release_to_export(
    orders: Orders,
) -> None:
    order = made(orders, "DOSSIER")
    sign_both(order)
    assert hold(order) is None
    order.hears(a_recording("pay", 1, finding="contradicts", valid_until=None, code="LPS-KLT"))
    assert hold(order) is None, "another facility's"
    order.hears(a_recording("pay", 2, finding="contradicts", valid_until=None))
    assert order.told()[-2:] == ["clearance_withdrawn", "hold_opened"]
    withdrawn = next(each for each in reversed(order.timeline()) if "withdrawn" in each["type"])
    assert (withdrawn["data"]["purpose"], withdrawn["data"]["because"]) == ("export", "evidence")
    assert "Evidence speaks against" in withdrawn["text"]
    assert (hold(order)["purpose"], hold(order)["signatures"]) == ("export", [])
    sign_both(order)
    assert hold(order) is None


def speaks(n: int, code: str = SRAGEN) -> Any:
    return a_recording("pay", n, finding="contradicts", valid_until=None, code=code)


def test_evidence_against_a_facility_that_is_to_make_it_ends_the_release_to_produce_and_stands_beside_it(
    orders: Orders,
) -> None:
    let_belgium_need(orders, "DOSSIER")
    order = follow(orders, country="BE")
    sign_both(order)
    order.hears(order.plan(), speaks(1, "LPS-KLT"))
    assert hold(order) is None, "another facility's"
    order.hears(speaks(2))
    assert order.told()[-2:] == ["clearance_withdrawn", "hold_opened"]
    withdrawn = next(each for each in reversed(order.timeline()) if "withdrawn" in each["type"])
    assert (withdrawn["data"]["purpose"], withdrawn["data"]["because"]) == ("produce", "evidence")
    asked = hold(order)
    assert (asked["purpose"], asked["facilities"], asked["signatures"]) == ("produce", [SRAGEN], [])
    page = Visitor(orders, COMPLIANCE).open(f"/orders/holds/{order.id}/1")
    assert f"{SRAGEN}: 0 of 10, open: consent, " in page
    assert "pay (contradicted)" in page
    order.hears(a_recording("hours", 3))
    assert sign(order, seen=asked["seen"]).status_code == 422, "what stands beside it is not what was seen"
    sign_both(order)
    assert hold(order) is None
    order.hears(order.plan())
    assert hold(order) is None, "two people signed for this facility as it is"
    order.hears(speaks(4))
    assert hold(order)["signatures"] == []
    assert sign(order).status_code == 200
    order.hears(speaks(5))
    assert hold(order)["signatures"] == [], "a lone signature is asked for anew, too"


def test_a_plan_with_a_facility_that_evidence_speaks_against_ends_a_release_that_did_not_name_it(
    orders: Orders,
) -> None:
    let_belgium_need(orders, "DOSSIER")
    order = follow(orders, country="BE")
    sign_both(order)
    order.hears(speaks(1), order.plan())
    assert (hold(order)["purpose"], hold(order)["facilities"]) == ("produce", [SRAGEN])
    order.hears(taken_back(1, "pay"))
    sign_both(order)
    order.hears(order.plan(), order.work(), report(order), order.lot())
    assert hold(order)["purpose"] == "export"


def test_what_is_all_made_or_waits_for_nobody_is_not_asked_anew_to_be_made(orders: Orders) -> None:
    order = follow(orders, country="ID")
    order.hears(order.plan(), speaks(1))
    assert "clearance_withdrawn" not in order.told()
    other = follow(orders, country="BE", po_number="PO-2")
    other.hearing = order.hearing
    other.hears(other.plan(), speaks(2))
    assert "clearance_withdrawn" not in order.told(), "nobody had signed"


def test_favourable_evidence_ends_nothing_and_adverse_evidence_asks_a_lone_signature_anew(
    orders: Orders,
) -> None:
    order = made(orders, "DOSSIER")
    assert sign(order).status_code == 200
    order.hears(a_recording("pay", 1), a_recording("pay", 2))
    assert len(hold(order)["signatures"]) == 1
    order.hears(taken_back(1, "pay"))
    assert len(hold(order)["signatures"]) == 1, "another document shows the same"
    order.hears(taken_back(2, "pay"))
    assert hold(order)["signatures"] == []
    order.hears(a_recording("hours", 3, finding="contradicts", valid_until=None))
    assert order.told().count("clearance_withdrawn") == 1, "nobody had signed again"
    sign_both(order)
    order.hears(taken_back(3, "hours"))
    assert hold(order) is None, "what spoke against it was taken back"


def test_a_note_that_is_withdrawn_ends_the_release_that_it_alone_met(orders: Orders) -> None:
    order = made(orders, "COUNSEL_NOTE_EU")
    first, second = (orders.officer.post(NOTES, a_note()).json["id"] for _ in range(2))
    sign_both(order)
    withdraw_note(orders, first)
    assert hold(order) is None, "another note says the same"
    withdraw_note(orders, second)
    assert (hold(order)["purpose"], hold(order)["signatures"]) == ("export", [])
    assert order.told()[-2:] == ["clearance_withdrawn", "hold_opened"]
    withdrawn = next(each for each in reversed(order.timeline()) if "withdrawn" in each["type"])
    assert (withdrawn["data"]["purpose"], withdrawn["data"]["because"]) == ("export", "counsel")
    assert "The note of counsel" in withdrawn["text"]
    assert still_open(order) == ["COUNSEL_NOTE_EU"]


def test_a_note_on_another_law_or_goods_that_departed_end_nothing_when_it_is_withdrawn(
    orders: Orders,
) -> None:
    order = made(orders, "COUNSEL_NOTE_EU")
    note = orders.officer.post(NOTES, a_note()).json["id"]
    other = orders.officer.post(NOTES, a_note(country="GB")).json["id"]
    sign_both(order)
    withdraw_note(orders, other)
    order.hears(order.cartons(), order.departure())
    withdraw_note(orders, note)
    assert "clearance_withdrawn" not in order.told()


def test_the_note_on_a_destination_that_nobody_assessed_ends_its_release_too(orders: Orders) -> None:
    forget_rules(orders)
    order = follow(orders, country="BR")
    order.hears(order.plan(), order.lot())
    note = orders.officer.post(NOTES, a_note(country="BR", policies=[])).json["id"]
    sign_both(order)
    withdraw_note(orders, note)
    assert hold(order)["purpose"] == "export"


def withdraw_note(orders: Orders, id: str) -> None:
    because = {"reason": "It was about other goods than these."}
    assert orders.officer.post(f"{NOTES}/{id}/withdraw", because).status_code == 200


def alarm(orders: Orders) -> str:
    """What the desk of holds, and the page of policies, say of evidence against goods at sea."""
    officer = Visitor(orders, COMPLIANCE)
    desk, page = officer.open("/orders/holds/"), officer.open("/orders/policies/")
    assert ("Evidence speaks against goods at sea" in desk) == ('id="at-sea"' in page)
    return page if 'id="at-sea"' in page else ""


def test_what_has_departed_is_not_called_back_by_evidence_but_is_an_alarm_until_it_arrives(
    orders: Orders,
) -> None:
    order = made(orders, "DOSSIER")
    sign_both(order)
    order.hears(order.cartons(), order.departure(), speaks(1, "LPS-KLT"))
    assert not alarm(orders), "another facility's"
    before = order.read(), order.timeline()
    order.hears(speaks(2))
    assert (order.read(), order.timeline()) == before
    page = alarm(orders)
    assert f"{SRAGEN}: Pay beside that of free work (contradicted by DOC-2)" in page
    assert page.count("the evidence") == 1, "and it is listed with what changes caught"
    order.hears(speaks(3))
    desk = Visitor(orders, KANWIL, language="id").open("/orders/holds/")
    assert "Bukti menentang barang di laut: 1 baris" in desk
    order.hears(order.arrival())
    assert not alarm(orders)


def test_an_alarm_ends_when_what_speaks_against_the_goods_is_taken_back(orders: Orders) -> None:
    order = made(orders, "DOSSIER")
    order.hears(a_recording("pay", 1))
    sign_both(order)
    order.hears(order.cartons(), order.departure(), speaks(2))
    assert "contradicted by DOC-2" in alarm(orders)
    order.hears(taken_back(2, "pay"))
    assert not alarm(orders)
    order.hears(taken_back(1, "pay"))
    assert "DOC-1 was taken back" in alarm(orders)


def test_goods_that_sail_though_evidence_ended_their_release_are_an_alarm(orders: Orders) -> None:
    order = made(orders, "DOSSIER")
    order.hears(speaks(1))
    sign_both(order)
    order.hears(order.cartons(), order.departure())
    assert not alarm(orders), "two people signed in view of it"
    late = follow(orders, country="BE", po_number="PO-LATE")
    late.hearing = order.hearing
    late.hears(late.plan(), late.lot("B"), late.cartons("B"))
    late.hears(speaks(2), late.departure(late.part("B")))
    assert alarm(orders).count("contradicted by DOC-2") == 4, "two lines, as an alarm and as caught"
    assert alarm(orders).count("contradicted by DOC-1") == 2, "over the second nobody signed"


def test_goods_that_sail_one_after_another_without_a_release_are_one_alarm_until_the_last_arrived(
    orders: Orders,
) -> None:
    order = made(orders, "DOSSIER")
    first, rest = order.part(quantity=400), order.part(quantity=600)
    order.hears(order.cartons(), speaks(1), order.departure(first))
    order.hears(replace(order.departure(rest), shipment_id=UUID(int=77)))
    assert alarm(orders).count("contradicted by DOC-1") == 3, "an alarm, and caught twice"
    order.hears(order.arrival(first))
    assert alarm(orders)
    order.hears(replace(order.arrival(rest), shipment_id=UUID(int=77)))
    assert not alarm(orders)


@pytest.mark.parametrize(
    ("shown", "then"),
    [
        ({"valid_until": in_days(-3), "issued_on": in_days(-30)}, []),
        ({}, [a_recording("pay", 2)]),
    ],
    ids=["it had run out", "another replaced it"],
)
def test_what_was_taken_back_and_is_not_missed_raises_no_alarm(
    orders: Orders, shown: dict[str, Any], then: list[object]
) -> None:
    order = made(orders, "DOSSIER")
    order.hears(a_recording("pay", 1, **shown))
    sign_both(order)
    order.hears(order.cartons(), taken_back(1, "pay"), *then, order.departure())
    assert not alarm(orders)


def test_an_alarm_that_ended_stays_so_when_more_departs_that_was_signed_for(orders: Orders) -> None:
    order = made(orders, "DOSSIER")
    sign_both(order)
    first, rest = order.part(quantity=400), order.part(quantity=600)
    order.hears(order.cartons(), order.departure(first), speaks(1))
    assert alarm(orders)
    order.hears(order.arrival(first))
    assert not alarm(orders)
    sign_both(order)
    order.hears(replace(order.departure(rest), shipment_id=UUID(int=77)))
    assert not alarm(orders)


def taken_back(n: int, item: str) -> EvidenceWithdrawn:
    return EvidenceWithdrawn(code=SRAGEN, evidence_id=UUID(int=n), item=item, reason="Wrong number.")


def test_the_dossier_of_a_lot_follows_its_corrected_lane_as_a_fact_of_that_day(orders: Orders) -> None:
    order = follow(orders)
    order.hears(order.plan(), replace(order.lot(), lane="free"))
    path = f"/orders/v1/dossiers/lots/{LOT}"
    first = orders.officer.get(path).json
    assert (first["version"], first["lots"][0]["lane"]) == (1, "free")
    braided = {
        "operations": [{"name": "braid", "lane": "custodial"}],
        "reason": REASON,
    }
    assert orders.officer.post(f"{ORDERS}/{order.id}/lots/{LOT}/lane", braided).status_code == 200
    newest = orders.officer.get(path).json
    assert (newest["version"], newest["versions"], newest["lots"][0]["lane"]) == (2, 2, "custodial")
    assert newest["previous_hash"] == first["hash"]
    assert newest["as_of"] > first["as_of"]
    again = orders.officer.get(f"{path}?version=1").json
    assert (again["hash"], again["lots"], again["as_of"]) == (first["hash"], first["lots"], first["as_of"])


def test_refused_attempts_at_notes_of_counsel_are_kept_and_listed(orders: Orders) -> None:
    notes = "/orders/v1/counsel-notes"
    script = Caller(orders.client, orders.officer.key)
    assert script.post(notes, a_note(policies=[])).status_code == 403
    note = orders.officer.post(notes, a_note(policies=[])).json["id"]
    withdrawal = f"{notes}/{note}/withdraw"
    assert orders.office.post(withdrawal, WHY).status_code == 403
    assert orders.officer.post(withdrawal, WHY).status_code == 200
    assert orders.officer.post(withdrawal, WHY).status_code == 422
    officer, office = Visitor(orders, COMPLIANCE), Visitor(orders, KANWIL)
    for mistyped in ({}, {"file": (BytesIO(b"the note itself"), "note.pdf")}):
        assert officer.submit("/orders/notes/", **mistyped).status_code == 422
    assert officer.submit(f"/orders/notes/{note}/withdraw", reason="").status_code == 422
    assert len(attempts(orders)) == 3, "a form that was mistyped is no attempt"
    assert officer.submit(f"/orders/notes/{note}/withdraw", **WHY).status_code == 422
    assert office.submit(f"/orders/notes/{note}/withdraw", **WHY).status_code == 403
    assert [role for role, _ in attempts(orders)] == [
        "compliance_officer",
        "kanwil",
        "compliance_officer",
        "compliance_officer",
        "kanwil",
    ]
    assert officer.open("/orders/holds/attempts").count("to record or withdraw it") == 5
