"""The rules in force, kept as rows: which papers a shipment needs, and what comes after what."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics.domain.cut_offs import CutOff
from services.logistics.domain.documents import Rule
from services.logistics.domain.load import Equipment
from services.logistics.domain.milestones import Graph, Milestone, graph_of, of_shipments
from services.logistics.domain.modes import MODES
from services.logistics.storage import cut_off, document_rule, equipment, milestone


def documents(session: Session) -> list[Rule]:
    """All document rules. An empty table means that no shipment can be planned."""
    rows = session.execute(select(document_rule).order_by(document_rule.c.position))
    return [Rule(code=row.code, **_with_tuples(row.row)) for row in rows]


def milestones(session: Session) -> Graph:
    """What lies before a shipment; empty, and so nothing is possible, until the milestones are loaded."""
    rows = session.execute(select(milestone).order_by(milestone.c.position)).all()
    return (
        of_shipments(graph_of(Milestone(code=row.code, **_with_tuples(row.row)) for row in rows))
        if rows
        else {}
    )


def equipments(session: Session) -> list[Equipment]:
    """What goods may be loaded into, the smallest container first."""
    names = [column for column in equipment.c if column.name != "position"]
    rows = session.execute(select(*names).order_by(equipment.c.position)).mappings()
    return [Equipment(**row) for row in rows]


def cut_offs(session: Session) -> Mapping[str, list[CutOff]]:
    """Those of each mode of transport, from the departure backwards."""
    names = [column for column in cut_off.c if column.name not in ("position", "modes")]
    rows = session.execute(select(cut_off.c.modes, *names).order_by(cut_off.c.position)).mappings()
    found: dict[str, list[CutOff]] = {mode: [] for mode in MODES}
    for row in rows:
        each = CutOff(**{name: value for name, value in row.items() if name != "modes"})
        for mode in row["modes"]:
            found[mode].append(each)
    return found


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
