"""Inspecting what a facility made by drawing a sample of it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.production.domain.sampling import Defective, OnReject, Sampling, judge, sampling_of
from services.production.domain.work_order import WorkOrder
from services.production.handlers import working
from services.production.handlers.planning import one_plan_at_a_time
from services.production.handlers.tools import must_be_unlocked
from services.production.local_time import today_at
from services.production.storage import defect, inspection
from shared import reference
from shared.reference import Aql
from shared.refusal import Refused


@cache
def _aql() -> Aql:
    return reference.aql()


def sampling_for(order: WorkOrder, lot: int | None = None) -> Sampling:
    """What is drawn of the pieces that await inspection, or of so many of them."""
    lot = order.awaiting if lot is None else lot
    if not order.awaiting:
        raise Refused("Nothing awaits inspection.", field="lot")
    if lot > order.awaiting:
        raise Refused(
            "{pieces} is more than the {most} that await inspection.",
            field="lot",
            pieces=lot,
            most=order.awaiting,
        )
    return sampling_of(lot, _aql())


def inspect_sample(
    session: Session,
    *,
    work_order_id: UUID,
    lot: int | None,
    defects: Sequence[Mapping[str, Any]],
    on_reject: OnReject,
) -> dict[str, Any]:
    """Judge a lot by what its sample showed; a lot to be sorted goes on waiting, for every piece to be looked at."""
    one_plan_at_a_time(session)  # before the work order is locked: there may be scrap
    order = working.locked(session, work_order_id)
    sampling = sampling_for(order, lot)
    found = [Defective(**each) for each in defects]
    outcome = judge(sampling, found, on_reject=on_reject)
    order.must_be_under_way()
    must_be_unlocked(session, order.facility)
    moved = {"passed": outcome.passed, "rework": outcome.rework, "scrap": outcome.scrap}
    if any(moved.values()):
        working.inspect(session, work_order_id=work_order_id, **moved)
    values = {
        "lot": sampling.lot,
        "letter": sampling.letter,
        "sample": sampling.sample,
        "verdict": outcome.verdict,
        **moved,
        "inspected_on": today_at(session, order.facility),
    }
    return _kept(session, work_order_id, values, found)


def _kept(
    session: Session, work_order_id: UUID, values: dict[str, Any], found: Sequence[Defective]
) -> dict[str, Any]:
    """The inspection as it stands in the table, with its defects."""
    statement = insert(inspection).values(work_order_id=work_order_id, **values).returning(inspection.c.id)
    id = session.execute(statement).scalar_one()
    rows = [
        {
            "inspection_id": id,
            "code": each.code,
            "severity": each.severity,
            "rework": each.rework,
            "scrap": each.scrap,
        }
        for each in found
        if each.pieces
    ]
    if rows:
        session.execute(insert(defect), rows)
    return {"id": id, **values, "defects": rows, "photos": []}
