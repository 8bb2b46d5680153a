"""The export declaration (PEB) of a shipment: filed, corrected, and cancelled before it is loaded."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from services.logistics.domain import reporting
from services.logistics.domain.declaration import Declaration, Particulars
from services.logistics.domain.documents import BY_CUSTOMS, EXPORT_DECLARATION, find, missing
from services.logistics.domain.milestones import (
    GATE_IN,
    OUT_OF_PORT,
    PEB_SUBMITTED,
    WIB,
    Graph,
    need_possible,
)
from services.logistics.domain.order import Standing
from services.logistics.domain.shipment import Shipment
from shared.refusal import Refused


def declare(
    shipment: Shipment,
    particulars: Particulars,
    *,
    goods: Sequence[Standing] = (),
    now: datetime,
    today: date,
    graph: Graph,
) -> list[object]:
    """File the export declaration with customs: once its window is open, before the goods enter their area.

    That is the milestone of its submission. Of one that was reported before, only the particulars are new.
    """
    paper = find(shipment.documents, EXPORT_DECLARATION)
    if shipment.declaration:
        raise Refused(
            "PEB {number} is in force; cancel it before another one is filed.",
            field="number",
            number=shipment.declaration.number,
        )
    if shipment.etd is None:
        raise Refused("{number} has no booking yet: book it before the PEB.", number=shipment.number)
    reported = next((each.occurred_at for each in shipment.reached if each.code == PEB_SUBMITTED), None)
    if shipment.declared and reported:
        on = reported.astimezone(WIB).date()
        filed = Declaration(**vars(particulars), export_on=shipment.etd, filed_on=on)
    else:
        filed = _filed(shipment, particulars, shipment.etd, goods, today)
    filed.consignee = goods[0].line.consignee_name if goods else None
    lacked = bool(shipment.missing_before_departure(graph))
    paper.record(filed.number, today, today=today)
    shipment.declarations.append(filed)
    return [*_submitted(shipment, now, graph), *shipment.completed(lacked, graph)]


def _filed(
    shipment: Shipment, particulars: Particulars, etd: date, goods: Sequence[Standing], today: date
) -> Declaration:
    if GATE_IN in shipment.codes:
        raise Refused("The goods are in the customs area: a PEB is filed before that.")
    shipment.need_free(goods, today)
    filed = Declaration.filed(particulars, etd=etd, today=today)
    lacking = missing(shipment.documents, {PEB_SUBMITTED})
    if lacking:
        raise Refused(
            "A PEB can't be filed without {papers}.",
            papers=", ".join(document.code for document in lacking),
        )
    return filed


def _submitted(shipment: Shipment, now: datetime, graph: Graph) -> list[object]:
    if PEB_SUBMITTED in shipment.codes:
        return []
    way = shipment.by.way(graph)
    need_possible(PEB_SUBMITTED, occurred_at=now, now=now, reached=shipment.reached, graph=way)
    assert shipment.port_of_loading  # it was booked
    report = shipment.reach(PEB_SUBMITTED, shipment.port_of_loading, now, now)
    return [reporting.happened(shipment, report, graph)]


def cancel(shipment: Shipment, reason: str, *, today: date) -> None:
    """Take the declaration back, and with it the note that customs gave on it; only outside the customs area."""
    in_force = _need_declaration(shipment)
    if shipment.loaded_or_gone:
        raise Refused(
            "{number} is loaded on {vessel}: its PEB can't be cancelled any more.",
            number=shipment.number,
            vessel=shipment.carried_by,
        )
    if GATE_IN in shipment.codes and OUT_OF_PORT not in shipment.codes:
        raise Refused(
            "The goods of {number} are in the customs area: report {out} before the PEB is cancelled.",
            number=shipment.number,
            out=OUT_OF_PORT,
        )
    in_force.cancel(reason, today=today)
    for document in shipment.documents:
        if document.code in BY_CUSTOMS:
            document.withdraw()


def correct(
    shipment: Shipment,
    changes: Mapping[str, object],
    *,
    goods: Sequence[Standing] = (),
    today: date,
    graph: Graph,
) -> list[object]:
    """Note what customs has otherwise now; declared for their consignee, the goods have their PEB again."""
    filed = _need_declaration(shipment)
    if "consignee" in changes:
        _need_consignee(changes["consignee"], goods)
    filed.correct(changes, today=today)
    lacked = bool(shipment.missing_before_departure(graph))
    if "consignee" in changes:
        find(shipment.documents, EXPORT_DECLARATION).record(filed.number, today, today=today)
    return shipment.completed(lacked, graph)


def _need_declaration(shipment: Shipment) -> Declaration:
    if shipment.declaration is None and shipment.declared:
        raise Refused(
            "The PEB of {number} is told by its milestone alone: note it with its particulars first.",
            number=shipment.number,
        )
    if shipment.declaration is None:
        raise Refused("{number} has no PEB in force.", number=shipment.number)
    return shipment.declaration


def _need_consignee(declared: object, goods: Sequence[Standing]) -> None:
    """Refuse a PEB for anybody but whom all of the goods go to."""
    other = next((each.line for each in goods if each.line.consignee_name != declared), None)
    if other:
        raise Refused(
            other.sentence(
                "{line} goes to {consignee}: the PEB must name that consignee.",
                consignee=other.consignee_name,
            ),
            field="consignee",
        )
