"""A proposal changes nothing until it is accepted, dies with the open work it was made for, and moves every piece."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select
from werkzeug.test import TestResponse

from kendi.cli import main
from services.production.domain.material import MaterialLot
from services.production.handlers import materials, planning, working
from services.production.storage import material_lot, passed_over, proposal
from shared.clock import advance
from shared.web.access import FACILITY, KANWIL
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.production.conftest import KLATEN, SRAGEN, Production, a_clearance, an_order
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_planning import staff

PAGE = "/production/replan"
LINES, PIECES = 4, 9_000
LABELS = {
    "late": "Lateness: pieces times days",
    "splits": "Further facilities of lines",
    "moves": "Work orders that are taken back in whole or part",
    "doubt": "Reliability that is lacking, in tens of per cent",
    "way": "Way to a hub, in steps",
}
OTHERS = {"RTN-BYL": "no_hours", "LPS-WNG": "no_agreement"}
"""Facilities without workers, and why they were passed over: one reason that stands, one that does not any more."""


@pytest.fixture
def crowded(production: Production) -> Production:
    """Four orders that Klaten alone can't make in time; since they were shared out Sragen has workers again."""
    staff(production, LPS_SRG=0)
    for number in range(1, LINES + 1):
        order = UUID(int=number)
        production.hears(
            an_order(order_id=order, quantity=PIECES), a_clearance(order_id=order, quantity=PIECES)
        )
    staff(production, LPS_SRG=100)
    return production


@pytest.fixture
def office(crowded: Production) -> Visitor:
    return Visitor(crowded, KANWIL, None)


def submit(visitor: Visitor, path: str = "") -> TestResponse:
    token = CSRF_TOKEN.search(visitor.client.get(f"{PAGE}?lang=en").text)
    assert token is not None
    return visitor.client.post(f"{PAGE}{path}", data={"csrf_token": token[1]})


def accept_address(visitor: Visitor) -> str:
    page = visitor.client.get(f"{PAGE}?lang=en").text
    begin = page.index('action="/production/replan/') + len('action="/production/replan')
    return page[begin : page.index('"', begin)]


def numbers_of(visitor: Visitor, label: str) -> tuple[int, ...]:
    """What the page says of the plan in force and of the proposal."""
    row = visitor.client.get(f"{PAGE}?lang=en").text.partition(f'<th scope="row">{label}</th>')[2]
    numbers = re.findall(r">([\d,]+)</td>", row.partition("</tr>")[0])
    return tuple(int(number.replace(",", "")) for number in numbers)


def live(production: Production) -> list[dict[str, Any]]:
    rows = production.office.work_orders(limit=100)
    return [row for row in rows if row["state"] not in ("cancelled", "declined")]


def test_accepting_moves_work_and_no_piece_is_lost(crowded: Production, office: Visitor) -> None:
    before, told = live(crowded), len(crowded.told())
    assert {row["facility"] for row in before} == {KLATEN}
    assert submit(office).status_code == 303
    assert live(crowded) == before, "a proposal changed something"
    page = office.client.get(f"{PAGE}?lang=id").text
    assert "menunggu keputusan Anda" in page and "Rencana berlaku" in page
    with crowded.database.transaction() as session:
        kept = session.execute(select(proposal.c.before, proposal.c.after)).one()
    shown = {name: numbers_of(office, label) for name, label in LABELS.items()}
    assert shown == {name: (kept.before[name], kept.after[name]) for name in LABELS}
    assert shown["late"][0] > shown["late"][1] and shown["moves"][0] == 0 < shown["moves"][1]
    address = accept_address(office)
    assert office.client.get(f"{PAGE}{address}").status_code == 200
    assert submit(office, address).status_code == 303
    after = live(crowded)
    assert {row["facility"] for row in after} >= {SRAGEN}
    assert sum(row["quantity"] for row in after) == LINES * PIECES
    assert max(row["due"] for row in after) < max(row["due"] for row in before)
    events = crowded.told()[told:]
    plans = [data for kind, data in events if kind == "production_planned"]
    assert plans and all((plan["because"], plan["unallocated"]) == ("replanned", 0) for plan in plans)
    back = sum(
        data["quantity"] for kind, data in events if kind in ("work_order_withdrawn", "work_order_reduced")
    )
    assert back == sum(data["quantity"] for kind, data in events if kind == "work_order_offered") > 0
    assert submit(office, address).status_code == 422, "it was accepted twice"


def test_a_proposal_is_void_when_the_open_work_has_changed(crowded: Production, office: Visitor) -> None:
    submit(office)
    address = accept_address(office)
    crowded.klaten.started()
    before = live(crowded)
    assert "outdated" in office.client.get(f"{PAGE}?lang=en").text
    refused = submit(office, address)
    assert refused.status_code == 422
    assert "The day, the open work or the hours have changed since: make a new proposal." in refused.text
    assert live(crowded) == before


@pytest.mark.parametrize("what", ["the day", "people", "material"])
def test_a_proposal_is_void_when_what_it_counted_on_has_changed(
    crowded: Production, office: Visitor, what: str
) -> None:
    submit(office)
    address = accept_address(office)
    if what == "people":
        staff(crowded, LPS_SRG=10)
    elif what == "material":
        with crowded.database.transaction() as session:
            for lot in session.execute(
                select(MaterialLot).where(material_lot.c.facility == SRAGEN)
            ).scalars():
                materials.quarantine(session, lot_id=lot.id, reason="Mildew")
    else:
        with crowded.database.transaction() as session:
            advance(session, timedelta(days=1))
    before = live(crowded)
    assert submit(office, address).status_code == 422
    assert live(crowded) == before


def test_accepting_waits_for_who_inspects_and_holds_nothing_meanwhile(
    crowded: Production, office: Visitor
) -> None:
    submit(office)
    with crowded.database.transaction() as session:
        (found,) = session.execute(select(proposal.c.id, proposal.c.changes)).all()
    last = UUID(found.changes[-1]["taken_back"][0]["id"])
    assert len(found.changes) > 1
    with ThreadPoolExecutor(1) as beside:
        with crowded.database.transaction() as session:
            working.locked(session, last)
            accepted = beside.submit(submit, office, f"/{found.id}/accept")
            until_somebody_waits_for_a_lock(crowded.database)
            for code in (SRAGEN, KLATEN):  # as who inspects does, with the work order locked
                planning.next_number(session, code, "lots")
        assert accepted.result().status_code == 303


def test_accepting_leaves_the_reasons_why_others_have_no_part(crowded: Production, office: Visitor) -> None:
    with crowded.database.transaction() as session:
        session.execute(delete(passed_over))
        rows = [
            {"order_id": UUID(int=number), "line": 1, "facility": code, "reason": reason}
            for number in range(1, LINES + 1)
            for code, reason in OTHERS.items()
        ]
        session.execute(insert(passed_over), rows)
    submit(office)
    assert submit(office, accept_address(office)).status_code == 303
    with crowded.database.transaction() as session:
        told = {row.facility: row.reason for row in session.execute(select(passed_over))}
    assert {code: told[code] for code in OTHERS} == {"RTN-BYL": "no_hours", "LPS-WNG": "not_needed"}


def test_what_has_begun_stays_and_what_was_discarded_is_not_accepted(
    crowded: Production, office: Visitor
) -> None:
    begun = crowded.klaten.started()
    submit(office)
    address = accept_address(office)
    assert submit(office, address.replace("accept", "discard")).status_code == 303
    assert submit(office, address).status_code == 422
    submit(office)
    assert submit(office, accept_address(office)).status_code == 303
    assert begun["id"] in {row["id"] for row in live(crowded) if row["state"] == "in_progress"}
    assert sum(row["quantity"] for row in live(crowded)) == LINES * PIECES


def test_the_command_proposes_looks_only_and_accepts(
    crowded: Production, office: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = crowded.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KENDI_PRODUCTION_DATABASE_URL", url)

    def replan(*options: str) -> Any:
        result = CliRunner().invoke(main, ["replan", *options])
        assert result.exit_code == 0, result.output
        return result.output

    looked = json.loads(replan("--dry-run", "--json"))
    assert looked["id"] is None
    assert looked["bound"] <= looked["after"]["cost"] < looked["before"]["cost"]
    made = json.loads(replan("--json"))
    assert {**made, "id": None, "made_at": None, "state": "not kept"} == looked
    assert "gap" in replan("--dry-run")
    assert json.loads(replan("--accept", made["id"], "--json"))["state"] == "accepted"
    assert SRAGEN in {row["facility"] for row in live(crowded)}


def test_a_facility_does_not_replan(crowded: Production) -> None:
    officer = Visitor(crowded, FACILITY, SRAGEN)
    assert officer.client.get(PAGE).status_code == 403
