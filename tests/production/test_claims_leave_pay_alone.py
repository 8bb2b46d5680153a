"""Production hears of claims and does nothing: what was made stays made, and earns what it earned."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from services.production.handlers import REACTIONS
from shared.events.orders import ClaimDecided, ClaimMade, ClaimSettled
from tests.production.conftest import ORDER, Production
from tests.production.test_api import a_report, an_inspection

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
