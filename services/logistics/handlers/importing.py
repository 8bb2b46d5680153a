"""Many milestones at once: each row holds or falls by itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import Row as Found
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.logistics import rules
from services.logistics.domain.milestones import Graph
from services.logistics.domain.modes import unit_number
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers.milestones import report
from services.logistics.schemas.milestones import MilestoneRequest
from services.logistics.storage import shipment as shipments
from shared.refusal import Refused
from shared.sight import as_the_service
from shared.table_rows import Row
from shared.web.problems import field_errors

REPORT = MilestoneRequest()

Known = Found[Any]
TOLD_APART = ("id", "number", "container", "vessel", "voyage", "ended", "cancelled_at")
"""What must be known of shipments to tell which one a row means."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a row: recorded, known before, or refused."""

    line: int
    outcome: str
    shipment: str
    field: str | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """A row that can be read, of a shipment that there is."""

    row: Row
    shipment: UUID
    body: dict[str, Any]


def import_milestones(session: Session, *, rows: Iterable[Row]) -> list[Outcome]:
    """Report each row, of each shipment what happened earlier first, so that a file needs no order.

    What is refused is tried once more after the others: trouble that is learnt late is told after what ended it.

    All shipments are held before the first row, in the order in which everybody holds them.
    """
    read = list(rows)
    known = _shipments(session, {_named(row) for row in read})
    reports: list[Report] = []
    outcomes: list[Outcome] = []
    for row in read:
        try:
            reports.append(_read(row, known))
        except Refused as refusal:
            outcomes.append(_outcome(row, "refused", refusal))
    reports.sort(key=lambda each: (each.shipment, each.body["occurred_at"]))
    with as_the_service(session):
        _hold(session, {each.shipment for each in reports})
        graph = rules.milestones(session)
        for id, of_shipment in groupby(reports, key=lambda each: each.shipment):
            shipment = session.get_one(Shipment, id, populate_existing=True)
            once = [(each, _reported(session, shipment, graph, each)) for each in of_shipment]
            outcomes += [
                _reported(session, shipment, graph, each) if outcome.outcome == "refused" else outcome
                for each, outcome in once
            ]
    return sorted(outcomes, key=lambda each: each.line)


def _named(row: Row) -> str:
    return str(row.content.get("shipment", ""))


def _shipments(session: Session, names: Iterable[str]) -> dict[str, list[Known]]:
    """Those with each number or in each unit that the sender may see, however it is written."""
    wanted = {unit_number(name) for name in names}
    in_it = and_(shipments.c.container.in_(wanted), shipments.c.cancelled_at.is_(None))
    names_it = shipments.c.number.in_(wanted)
    query = select(*(shipments.c[name] for name in TOLD_APART)).where(or_(names_it, in_it))
    known: dict[str, list[Known]] = {}
    inside: dict[str, list[Known]] = defaultdict(list)
    for row in session.execute(query.order_by(shipments.c.id)):
        known[row.number] = [row]
        if row.container and row.cancelled_at is None:
            inside[row.container].append(row)
    return {unit: _meant(rows) for unit, rows in inside.items()} | known


def _meant(inside: Sequence[Known]) -> list[Known]:
    """Those that are on their way in a unit, or were last, and those that go with them: a share may be there sooner."""
    last = [each for each in inside if not each.ended] or inside[-1:]
    with_them = {(each.vessel, each.voyage) for each in last if each.vessel}
    return [each for each in inside if each in last or (each.vessel, each.voyage) in with_them]


def _hold(session: Session, ids: set[UUID]) -> None:
    query = select(shipments.c.id).where(shipments.c.id.in_(ids)).order_by(shipments.c.id)
    session.execute(query.with_for_update()).all()


def _read(row: Row, known: Mapping[str, Sequence[Known]]) -> Report:
    if row.wrong:
        raise Refused(row.wrong, field="row")
    said = {name: value for name, value in row.content.items() if name != "shipment"}
    try:
        body = REPORT.load(said)
    except ValidationError as error:
        first = next(iter(field_errors(error.messages)))
        message, field = first["message"], first["field"]
        raise Refused(message, field=field) from None
    return Report(row=row, shipment=_one(_named(row), known), body=body)


def _one(named: str, known: Mapping[str, Sequence[Known]]) -> UUID:
    found: dict[str, UUID] = {each.number: each.id for each in known.get(unit_number(named), ())}
    if not found:
        raise Refused(
            "There is no shipment {number}; give its number or its container.", field="shipment", number=named
        )
    if len(found) > 1:
        raise Refused(
            "{unit} carries {numbers}: give the number of the shipment.",
            field="shipment",
            unit=named,
            numbers=", ".join(sorted(found)),
        )
    (id,) = found.values()
    return id


def _reported(session: Session, shipment: Shipment, graph: Graph, each: Report) -> Outcome:
    try:
        shipment.need_live()
        news = report(session, shipment, graph, **each.body)
    except Refused as refusal:
        return _outcome(each.row, "refused", refusal)
    return _outcome(each.row, "recorded" if news else "known")


def _outcome(row: Row, outcome: str, refusal: Refused | None = None) -> Outcome:
    return Outcome(
        line=row.number,
        outcome=outcome,
        shipment=row.content.get("shipment", ""),
        field=refusal.field if refusal else None,
        detail=str(refusal) if refusal else None,
    )
