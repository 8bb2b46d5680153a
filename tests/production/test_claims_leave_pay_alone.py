"""Whatever a buyer does later, what was made stays made and earns what it earned: of claims nothing else is heard."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.production.handlers import REACTIONS
from services.production.storage import premi_line
from shared.events.orders import ClaimDecided, ClaimMade, ClaimSettled
from tests.clock import in_days
from tests.production.conftest import ORDER, Production, a_cancellation, an_amendment
from tests.production.test_api import a_report, an_inspection
from tests.production.workforce import a_lot

CLAIM: dict[str, Any] = {"order_id": ORDER, "line": 1, "claim_id": UUID(int=7)}
SSCC = "095299000000000011"


def test_no_event_of_a_claim_changes_what_production_counts(shared_out: Production) -> None:
    work_order = shared_out.sragen.started()
    whole = work_order["quantity"]
    shared_out.sragen.do(work_order, "report", **a_report(pieces=whole))
    done = shared_out.sragen.do(work_order, "inspect", **an_inspection(passed=whole)).json
    told, reports = shared_out.told(), shared_out.reports()
    shared_out.hears(
        ClaimMade(**CLAIM, sscc=SSCC, quantity=20),
        ClaimDecided(**CLAIM, decision="accepted", accepted=20),
        ClaimSettled(
            **CLAIM,
            sscc=SSCC,
            quantity=20,
            settlement="credit",
            credit=Decimal("11.00"),
            currency="USD",
            replacement_order_id=None,
        ),
    )
    assert not {ClaimMade, ClaimDecided, ClaimSettled} & set(REACTIONS)
    (after,) = [row for row in shared_out.sragen.work_orders() if row["id"] == done["id"]]
    assert (after["good"], after["made"]) == (done["good"], done["made"]) == (whole, whole)
    assert (shared_out.told(), shared_out.reports()) == (told, reports)


def test_what_is_due_for_accepted_pieces_stays_though_the_buyer_cancels_or_changes_the_line(
    shared_out: Production,
) -> None:
    a_lot(shared_out, 100)
    due = booked(shared_out)
    assert {line.account for line in due} == {"partner", "workers", "capital", "state"}
    shared_out.hears(an_amendment(ordered=1_200, requested_date=in_days(120)))
    shared_out.hears(a_cancellation(1_200))
    assert shared_out.told("production_stopped"), "it was heard"
    assert booked(shared_out) == due


def booked(production: Production) -> Sequence[Row[Any]]:
    with production.database.transaction() as session:
        return session.execute(select(premi_line).order_by(premi_line.c.entry_id, premi_line.c.number)).all()
