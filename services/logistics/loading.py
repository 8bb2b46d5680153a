"""Bringing reference data into the logistics service: papers and milestones, ports, exporters."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from services.logistics.storage import cut_off, document_rule, equipment, exporter, milestone, port
from shared import reference
from shared.loading import Rows, remove_others, write_changed


def load(session: Session, folder: Path) -> dict[str, int]:
    """Make the tables equal to the files; returns how many rows of each kind changed.

    Ports, equipment and exporters that are gone from the files stay: shipments name them.
    """
    rules = _numbered({row.code: _rule(row) for row in reference.document_rules(folder)})
    steps = _numbered({row.code: _milestone(row) for row in reference.milestones(folder)})
    shipping = reference.shipping(folder)
    return {
        "documents": _equal(session, document_rule, rules),
        "milestones": _equal(session, milestone, steps),
        "ports": len(write_changed(session, port, {row.code: _port(row) for row in reference.ports(folder)})),
        "equipment": len(write_changed(session, equipment, _placed(shipping.equipment))),
        "cut_offs": _equal(session, cut_off, _placed(shipping.cut_offs)),
        "exporters": len(
            write_changed(session, exporter, {row.code: _exporter(row) for row in reference.buyers(folder)})
        ),
    }


def _equal(session: Session, table: Table, rows: Rows) -> int:
    return len(write_changed(session, table, rows)) + remove_others(session, table, rows)


def _numbered(rows: Rows) -> Rows:
    """In the order of the file, which is the order of the pages."""
    return {id: {"position": position, "row": row} for position, (id, row) in enumerate(rows.items())}


def _placed(rows: Iterable[reference.Equipment | reference.CutOff]) -> Rows:
    """Rows as they stand in the file, without where they are from."""
    return {
        row.code: {"position": position}
        | {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(row).items()
            if name not in ("code", "source")
        }
        for position, row in enumerate(rows)
    }


def _rule(row: reference.DocumentRule) -> dict[str, Any]:
    when = row.when
    conditions = {
        "countries": when.countries,
        "materials": when.materials,
        "hs": when.hs,
        "lanes": when.lanes,
        "incoterms": when.incoterms,
        "modes": when.modes,
    }
    return {
        "name_en": row.name_en,
        "name_id": row.name_id,
        "owed_by": row.issuer,
        "blocks": list(row.blocks),
        **{name: list(values) for name, values in conditions.items() if values is not None},
        "on_request": when.on_request or when.wood_packing,
        "needed_by": row.needed_by,
        "valid_days": _valid_days(row),
        "serves_many": row.serves_many,
        "names_consignee": row.names_consignee,
        "made_by_system": row.made_by_system,
        "verified": row.verified,
    }


def _valid_days(row: reference.DocumentRule) -> dict[str, dict[str, int]]:
    """By country, and by how the goods were treated."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for each in row.valid_days:
        found[each.country][each.treatment] = each.days
    return found


def _milestone(row: reference.Milestone) -> dict[str, Any]:
    return {
        "name_en": row.name_en,
        "name_id": row.name_id,
        "after": list(row.predecessors),
        "dcsa": list(row.dcsa),
        "edifact": list(row.edifact_9011),
        "kind": row.kind,
        "ended_by": list(row.ended_by),
        "bars": list(row.bars),
    }


def _port(row: reference.Port) -> dict[str, Any]:
    return {
        "name": row.name,
        "country": row.country,
        "timezone": row.timezone,
        "modes": list(row.modes),
        "gln": row.gln,
    }


def _exporter(row: reference.Buyer) -> dict[str, Any]:
    return {"name": row.name, "address": list(row.address), "country": row.country, "gln": row.gln}
