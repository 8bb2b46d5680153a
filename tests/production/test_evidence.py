"""Evidence: a document shows or contradicts one thing, names nobody, and is told to orders at once."""

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from shared.messaging.tables import outbox_event
from shared.web.access import HEAD
from tests.clock import in_days, today
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor

AT = f"/facilities/{SRAGEN}/evidence"
PAGE = f"/production{AT}"
HASH_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def a_document(**changes: Any) -> dict[str, Any]:
    return {
        "item": "refusal_is_free",
        "document": "W13.PAS-12/2025",
        "issuer": "facility_head",
        "issued_on": today().isoformat(),
        "valid_until": in_days(365).isoformat(),
        **changes,
    }


def recorded(production: Production, **changes: Any) -> TestResponse:
    return production.head.post(AT, a_document(**changes))


def test_a_document_is_recorded_withdrawn_and_told_with_nobody_in_it(production: Production) -> None:
    made = recorded(production, sha256=HASH_OF_ABC)
    assert made.status_code == 201, made.text
    one = f"{AT}/{made.json['id']}/withdraw"
    assert recorded(production).status_code == 422, "it is there already"
    assert production.head.post(one, {"reason": "Wrong number."}).json["withdrawn_on"] == today().isoformat()
    assert production.head.post(one, {"reason": "Wrong number."}).status_code == 422
    assert recorded(production).status_code == 201
    told = production.told("evidence_recorded", "evidence_withdrawn")
    assert [kind for kind, _ in told] == ["evidence_recorded", "evidence_withdrawn", "evidence_recorded"]
    assert told[0][1]["sha256"] == HASH_OF_ABC
    assert [one["withdrawn_reason"] for one in production.sragen.get(AT).json] == [None, "Wrong number."]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"item": "badge"}, "item"),
        ({"issued_on": in_days(1).isoformat()}, "issued_on"),
        ({"valid_until": in_days(366).isoformat()}, "valid_until"),
        ({"valid_until": None}, "valid_until"),
        ({"valid_until": in_days(-1).isoformat()}, "valid_until"),
        ({"item": "independent_visit"}, "issuer"),
        ({"item": "pay"}, "issuer"),
        ({"finding": "contradicts"}, "valid_until"),
        ({"document": "Surat a.n. Budi"}, "document"),
        ({"document": "Consent form of SRG-7K3Q"}, "document"),
        ({"document": "3314 0112 3456 7890"}, "document"),
        ({"sha256": "abc"}, "sha256"),
    ],
    ids=str,
)
def test_what_can_not_be_evidence_is_refused_by_its_field(
    production: Production, changes: dict[str, Any], field: str
) -> None:
    refused = recorded(production, **changes)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json["errors"]] == [field]
    assert production.told("evidence_recorded") == []


def agreement_of(production: Production, code: str) -> dict[str, Any]:
    ((found,),) = [production.office.get("/agreements", facility=code).json]
    return dict(found)


def a_clause(agreement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    about = {"item": "not_at_private_disposal", "document": "PKS-1, article 4"}
    return a_document(**about, agreement_id=agreement["id"], **changes)


def test_what_stands_in_an_agreement_says_in_which_and_does_not_outlast_it(production: Production) -> None:
    ours, theirs = (agreement_of(production, code) for code in (SRAGEN, KLATEN))
    last = in_days(100).isoformat()
    assert production.office.patch(f"/agreements/{ours['id']}", {"valid_to": last}, "*").status_code == 200
    clause = a_clause(ours, valid_until=last)
    for refused, field in (
        (clause | {"agreement_id": None}, "agreement_id"),
        (clause | {"agreement_id": theirs["id"]}, "agreement_id"),
        (a_document(agreement_id=ours["id"], valid_until=last), "agreement_id"),
        (clause | {"valid_until": in_days(101).isoformat()}, "valid_until"),
    ):
        answer = production.head.post(AT, refused)
        assert (answer.status_code, [each["field"] for each in answer.json["errors"]]) == (422, [field])
    made = production.head.post(AT, clause)
    assert (made.status_code, made.json["agreement_id"]) == (201, ours["id"])
    assert production.told("evidence_recorded")[-1][1]["agreement_id"] == ours["id"]


def test_the_end_of_an_agreement_is_told_whenever_it_moves(production: Production) -> None:
    ours = agreement_of(production, SRAGEN)
    one = f"/agreements/{ours['id']}"

    def told() -> list[tuple[str, str | None]]:
        return [(data["last_day"], data["reason"]) for _, data in production.told("agreement_end_moved")]

    sooner, soonest = in_days(100).isoformat(), in_days(10).isoformat()
    production.office.patch(one, {"tolerance_pct": 1}, "*")
    assert told() == []
    production.office.patch(one, {"valid_to": sooner}, "*")
    assert told() == [(sooner, None)]
    ended = production.office.post(f"{one}/end", {"on": soonest, "reason": "The partner asked for it."})
    assert ended.status_code == 200, ended.text
    assert told()[1:] == [(soonest, "The partner asked for it.")]
    with production.database.transaction() as session:
        query = select(outbox_event.c.subject).where(outbox_event.c.type.contains("agreement_end_moved"))
        assert set(session.execute(query).scalars()) == {f"facility/{SRAGEN}"}


def test_the_head_says_on_the_page_in_which_agreement_it_stands(production: Production) -> None:
    ours, theirs = (agreement_of(production, code) for code in (SRAGEN, KLATEN))
    head = Visitor(production, HEAD, SRAGEN)
    page = head.client.get(f"{PAGE}?lang=en").text
    assert (ours["number"] in page, theirs["number"] in page) == (True, False)
    token = CSRF_TOKEN.search(page)
    assert token is not None
    form = {"csrf_token": token[1], **a_clause(ours, finding="supports")}
    refused = head.client.post(PAGE, data={**form, "agreement_id": ""})
    assert (refused.status_code, "Say in which agreement (PKS)" in refused.text) == (422, True)
    assert head.client.post(PAGE, data=form).status_code == 303
    (made,) = production.head.get(AT).json
    assert made["agreement_id"] == ours["id"]


def test_what_contradicts_is_taken_back_by_the_regional_office_alone(production: Production) -> None:
    contradicting = recorded(production, finding="contradicts", valid_until=None)
    assert contradicting.status_code == 201, contradicting.text
    one, why = f"{AT}/{contradicting.json['id']}/withdraw", {"reason": "It was about another facility."}
    assert production.head.post(one, why).status_code == 422
    assert production.office.post(one, why).status_code == 200


def test_the_head_records_on_a_page_where_only_the_hash_of_a_file_stays(production: Production) -> None:
    head = Visitor(production, HEAD, SRAGEN)
    token = CSRF_TOKEN.search(head.client.get(PAGE).text)
    assert token is not None
    form = {"csrf_token": token[1], **a_document(finding="supports")}
    refused = head.client.post(PAGE, data={**form, "document": "Surat a.n. Budi"})
    assert (refused.status_code, "Surat a.n. Budi" in refused.text) == (422, True)
    sent = head.client.post(PAGE, data={**form, "file": (BytesIO(b"abc"), "surat.pdf")})
    assert sent.status_code == 303, sent.text
    (made,) = production.head.get(AT).json
    assert made["sha256"] == HASH_OF_ABC
    page = head.client.get(PAGE).text
    assert (made["document"] in page, HASH_OF_ABC in page) == (True, True)
    withdraw = f"{PAGE}/{made['id']}/withdraw"
    assert head.client.post(withdraw, data={"csrf_token": token[1], "reason": "x"}).status_code == 422
    assert head.client.get(withdraw).status_code == 200
    assert head.client.get(f"/production/facilities/{KLATEN}/evidence").status_code == 404
