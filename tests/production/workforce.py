"""Workers, consents, hours and premi for the tests: made by the handlers, as an officer of Sragen would."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.production.handlers import hours, people, premi
from services.production.storage import agreement, premi_rate, premi_scheme, worker
from tests.clock import today
from tests.production.conftest import SRAGEN, Production

SKU = "CR-BALL-07"
LONG_AGO = date(2025, 1, 1)
SCHEME: dict[str, Any] = {
    "basis": "piece",
    "worker_pct": Decimal("50"),
    "capital_pct": Decimal("35"),
    "state_pct": Decimal("15"),
    "valid_from": LONG_AGO,
    "valid_to": date(2035, 12, 31),
    "legal_ref": "Kepmenkeh M.01-PP.02.01/1990",
    "approved_by_role": "kanwil",
    "rates": {SKU: 2_943},
}


def agreement_of(session: Session, facility: str = SRAGEN) -> UUID:
    found: UUID = session.execute(select(agreement.c.id).where(agreement.c.facility == facility)).scalar_one()
    return found


def some_workers(session: Session, count: int = 3, facility: str = SRAGEN) -> dict[str, UUID]:
    """New workers who consented to work and to data; their ids by their codes."""
    codes = people.register(session, facility=facility, count=count, eligible=True)
    rows = session.execute(select(worker.c.code, worker.c.id).where(worker.c.code.in_(codes)))
    made = {row.code: row.id for row in rows}
    consented(session, list(made.values()), facility=facility)
    return made


def consented(
    session: Session,
    workers: Sequence[UUID],
    facility: str = SRAGEN,
    agreement_id: UUID | None = None,
    **changes: Any,
) -> None:
    values = {
        "agreement_id": agreement_id or agreement_of(session, facility),
        "purposes": ("work", "data"),
        "language": "jv",
        "read_aloud": True,
        "witness_role": "religious_counsellor",
        "given_on": LONG_AGO,
    }
    people.give_consent(session, facility=facility, workers=workers, **{**values, **changes})


def worked(
    session: Session,
    minutes: dict[UUID, int],
    work_order_id: UUID | None = None,
    day: date | None = None,
    facility: str = SRAGEN,
    **more: Any,
) -> None:
    hours.enter_shift(
        session,
        facility=facility,
        day=day or today(),
        work_order_id=work_order_id,
        entries=[{"worker_id": one, "minutes": count} for one, count in minutes.items()],
        **more,
    )


def without_schemes(session: Session) -> None:
    """As if nobody had said yet how work is paid."""
    for table in (premi_rate, premi_scheme):
        session.execute(delete(table))


def a_scheme(session: Session, facility: str = SRAGEN, **changes: Any) -> None:
    """Another scheme instead of those of the reference data."""
    without_schemes(session)
    premi.make_scheme(session, agreement_id=agreement_of(session, facility), **SCHEME | changes)


def a_lot(production: Production, pieces: int = 100) -> tuple[UUID, str]:
    """Pieces of Sragen's work order that passed the inspection: the work order, and the lot."""
    under_way = production.sragen.work_orders(state="in_progress")
    work = under_way[0] if under_way else production.sragen.started()
    said = {"pieces": pieces, "kind": "made", "worked_on": today().isoformat()}
    assert production.sragen.do(work, "report", **said).status_code == 200
    answer = production.sragen.do(work, "inspect", passed=pieces, rework=0, scrap=0)
    assert answer.status_code == 200, answer.text
    return UUID(work["id"]), production.told("lot_released")[-1][1]["lot"]
