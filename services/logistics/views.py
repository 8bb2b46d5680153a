"""What the logistics service shows: reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    case,
    exists,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session, defaultload, lazyload

from services.logistics import contents, files, rules, standing, views_of_loads
from services.logistics.contents import VOLUME, WEIGHT, OfLot
from services.logistics.domain.carton import Carton
from services.logistics.domain.deadlines import Days, due_on, urgency
from services.logistics.domain.declaration import WINDOW
from services.logistics.domain.documents import Document, reason_to_wait
from services.logistics.domain.load import in_m3
from services.logistics.domain.milestones import Graph
from services.logistics.domain.modes import unit_number
from services.logistics.domain.order import Line
from services.logistics.domain.regrouping import reason_of
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.short_landing import short
from services.logistics.domain.sscc import is_locode
from services.logistics.domain.states import (
    IN_SHIPMENT,
    next_exceptions,
    next_milestones,
    overlays,
    state,
    states_inside,
)
from services.logistics.storage import (
    carton,
    carton_history,
    facility,
    goods_return,
    item,
    lot,
    order_line,
    port,
)
from services.logistics.storage import order as orders
from services.logistics.storage import shipment as shipments
from shared.clock import business_today
from shared.database import among, at_most
from shared.refusal import Sentence

MOST_RETURNS = 20
"""On the desk, the newest first."""


_seen = carton_history.alias()
LAST_SEEN = (
    select(_seen.c.what)
    .where(_seen.c.sscc == carton.c.sscc, _seen.c.what.in_(("moved", "sent_back", "found")))
    .order_by(_seen.c.id.desc())
    .limit(1)
    .correlate(carton)
    .scalar_subquery()
)
"""What was told last of a carton that stands nowhere."""


def _noted(*what: str) -> ColumnElement[bool]:
    """Whether one of these stands in the history of a carton."""
    told = exists().where(carton_history.c.sscc == carton.c.sscc, carton_history.c.what.in_(what))
    return told.correlate(carton)


CARTON_STATE = case(
    (carton.c.unpacked_at.is_not(None), "unpacked"),
    (carton.c.lost_at.is_not(None), "lost"),
    (carton.c.damaged_at.is_not(None), "damaged"),
    (carton.c.quarantined_at.is_not(None), "quarantined"),
    (carton.c.must_be_reopened, "to_reopen"),
    (carton.c.returned_at.is_not(None), "returned"),
    (carton.c.shipment_id.is_not(None), IN_SHIPMENT),
    (carton.c.hub.is_not(None), "at_hub"),
    (LAST_SEEN == "found", "found"),
    (LAST_SEEN.is_not(None), "moved"),
    else_="packed",
).label("state")

ON_THE_WAY_ONLY = (
    lazyload(Shipment.documents),  # type: ignore[misc, arg-type]  # mapped in storage
    lazyload(Shipment.declarations),  # type: ignore[arg-type]
    lazyload(Shipment.estimates),  # type: ignore[arg-type]
)
"""A shipment as its cartons ask: what it left in, and what was reported of it."""

NOT_SHIPPED = (carton.c.shipment_id.is_(None), carton.c.unpacked_at.is_(None))
"""What stands in no shipment is found by an index of its own, also where another condition implies it."""

FREE_PIECES = lot.c.good - lot.c.packed - lot.c.withheld


WITHHELD = lot.c.withheld > literal_column("0")
"""As the index has it: what a parameter may hold is not known when a statement is planned once for all."""


def lots_to_pack(session: Session, *, limit: int, after: str | None = None) -> Sequence[RowMapping]:
    """Lots with pieces that wait for packing; one row more than the limit tells that there are more."""
    query = _to_pack().limit(at_most(limit + 1))
    return session.execute(query.where(lot.c.code > after) if after else query).mappings().all()


@cache
def _to_pack() -> Select[Any]:
    """Put together once, as that takes longer than to run it."""
    query = _of_lots(
        lot.c.good, lot.c.packed, lot.c.withheld, FREE_PIECES.label("free"), item.c.pieces_per_carton
    )
    return query.where(lot.c.packed + lot.c.withheld < lot.c.good).order_by(lot.c.code)


def goods_returned(session: Session) -> Sequence[RowMapping]:
    """What comes back after claims, the newest first."""
    query = select(goods_return, orders.c.po_number).join(orders, orders.c.id == goods_return.c.order_id)
    return (
        session.execute(query.order_by(goods_return.c.claim_id.desc()).limit(MOST_RETURNS)).mappings().all()
    )


def lots_withheld(session: Session, *, limit: int) -> Sequence[RowMapping]:
    """Lots of which pieces were taken to stock, the newest first, with the cartons that were opened for it."""
    return session.execute(_withheld().limit(at_most(limit))).mappings().all()


@cache
def _withheld() -> Select[Any]:
    opened = func.array_agg(carton.c.sscc).filter(carton.c.sscc.is_not(None)).label("opened")
    for_it = (carton.c.lot == lot.c.code) & carton.c.unpacked_at.is_not(None) & ~_noted("unpacked")
    query = _of_lots(lot.c.withheld, opened).outerjoin(carton, for_it)
    return _by_lot(query.where(WITHHELD)).order_by(None).order_by(lot.c.code.desc())


def lots_on_the_way(session: Session) -> Sequence[RowMapping]:
    """Lots with cartons that have arrived at no hub yet."""
    return session.execute(_on_the_way()).mappings().all()


@cache
def _on_the_way() -> Select[Any]:
    counted = (func.count().label("cartons"), func.sum(carton.c.pieces).label("pieces"))
    query = _of_lots(*counted).join(carton, carton.c.lot == lot.c.code)
    query = query.where(carton.c.hub.is_(None), *NOT_SHIPPED, carton.c.lost_at.is_(None))
    return _by_lot(query)


def _by_lot(query: Select[Any]) -> Select[Any]:
    keys = (lot.c.code, item.c.sku, facility.c.code, orders.c.id, order_line.c.order_id, order_line.c.number)
    return query.group_by(*keys).order_by(lot.c.code)


def _of_lots(*columns: ColumnElement[Any]) -> Select[Any]:
    """Lots with what they are, who made them and for whom."""
    return (
        select(
            lot.c.code.label("lot"),
            lot.c.order_id,
            lot.c.line,
            lot.c.sku,
            item.c.name_en,
            item.c.name_id,
            lot.c.facility,
            facility.c.name.label("facility_name"),
            facility.c.hub.label("made_at_hub"),
            lot.c.lane,
            orders.c.po_number,
            order_line.c.destination,
            *columns,
        )
        .join_from(lot, item, item.c.sku == lot.c.sku)
        .join(facility, facility.c.code == lot.c.facility)
        .join(orders, orders.c.id == lot.c.order_id)
        .join(order_line, (order_line.c.order_id == lot.c.order_id) & (order_line.c.number == lot.c.line))
    )


def list_cartons(
    session: Session,
    *,
    of_lot: str | None = None,
    hub: str | None = None,
    shipment: UUID | None = None,
    ssccs: Iterable[str] | None = None,
    limit: int,
    after: str | None = None,
) -> list[dict[str, Any]]:
    """Cartons by their number, which is the order in which they were packed."""
    query = (
        select(carton, lot.c.order_id, lot.c.line, lot.c.sku, lot.c.facility, lot.c.lane, CARTON_STATE)
        .join_from(carton, lot)
        .order_by(carton.c.sscc)
        .limit(limit + 1)
    )
    wanted = {carton.c.lot: of_lot, carton.c.hub: hub, carton.c.shipment_id: shipment}
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    if ssccs is not None:
        query = query.where(carton.c.sscc.in_(ssccs))
    if after is not None:
        query = query.where(carton.c.sscc > after)
    return with_their_shipments(session, session.execute(query).mappings().all())


def with_their_shipments(session: Session, rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Cartons with the state that those have which are in shipments: how far they have come with these."""
    inside: dict[UUID, list[tuple[str, bool]]] = defaultdict(list)
    for row in rows:
        if row["state"] == IN_SHIPMENT:
            inside[row["shipment_id"]].append((row["sscc"], row["loaded_at"] is not None))
    found: dict[str, str] = {}
    if inside:
        graph = rules.milestones(session)
        query = select(Shipment).where(shipments.c.id.in_(inside)).options(*ON_THE_WAY_ONLY)
        for one in session.execute(query).scalars():
            found |= states_inside(one, inside[one.id], graph)
    return [{**row, "state": found.get(row["sscc"], row["state"])} for row in rows]


def list_shipments(
    session: Session, graph: Graph, *, limit: int, after: UUID | None = None
) -> list[dict[str, Any]]:
    """Newest first."""
    query = select(Shipment).order_by(shipments.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(shipments.c.id < after)
    return summaries(session, graph, session.execute(query).scalars().all())


def summaries(session: Session, graph: Graph, found: Sequence[Shipment]) -> list[dict[str, Any]]:
    counts = _counts(session, [shipment.id for shipment in found])
    held = standing.held(session, found, business_today(session))
    return [
        {**summary(shipment, graph, held.get(shipment.id, [])), **counts[shipment.id]} for shipment in found
    ]


def _counts(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    query = (
        select(
            carton.c.shipment_id,
            func.count().label("cartons"),
            func.sum(carton.c.pieces).label("pieces"),
            func.sum(WEIGHT).label("gross_g"),
            VOLUME.label("mm3"),
        )
        .where(among(carton.c.shipment_id, ids))
        .group_by(carton.c.shipment_id)
    )
    rows = session.execute(query)
    names = ("cartons", "pieces", "gross_g")
    nothing = dict.fromkeys((*names, "volume_m3"), 0)
    return dict.fromkeys(ids, nothing) | {
        row[0]: {name: getattr(row, name) for name in names} | {"volume_m3": in_m3(int(row.mm3))}
        for row in rows
    }


def summary(shipment: Shipment, graph: Graph, held: Sequence[Sentence]) -> dict[str, Any]:
    """What a list shows of a shipment; ``held`` are the reasons why its goods are not cleared to leave."""
    return {
        "id": shipment.id,
        "number": shipment.number,
        "state": state(shipment, graph),
        "hub": shipment.hub,
        "destination": shipment.destination,
        "planned_on": shipment.planned_on,
        "carrier": shipment.carrier,
        "vessel": shipment.vessel,
        "voyage": shipment.voyage,
        "port_of_loading": shipment.port_of_loading,
        "port_of_discharge": shipment.port_of_discharge,
        "etd": shipment.etd,
        "eta": shipment.eta,
        "equipment": shipment.equipment,
        "mode": shipment.mode,
        "via": shipment.via,
        "cancelled_at": shipment.cancelled_at,
        "closes_on": shipment.closes_on,
        "container": shipment.container,
        "seal": shipment.seal,
        "missing": [document.code for document in shipment.missing_before_departure(graph)],
        "held": held,
        "overlays": overlays(shipment, graph, held),
    }


def find_shipment(session: Session, shipment_id: UUID) -> Shipment | None:
    """One shipment; the lots of its cartons come each once, for thousands of cartons hold few."""
    lots_once = defaultload(Shipment.cartons).selectinload(Carton.lot)  # type: ignore[misc, arg-type]  # mapped in storage
    return session.get(Shipment, shipment_id, options=[lots_once])


def shipment_as_dict(
    session: Session, shipment: Shipment, graph: Graph, inside: Sequence[OfLot], language: str = "en"
) -> dict[str, Any]:
    """One shipment with what is inside, its papers and its way."""
    line = session.get_one(Line, (inside[0].order_id, inside[0].line)) if inside else None
    unpaid = standing.unpaid_orders(session, shipment.id)
    sent, today = files.by_paper(session, shipment.id), business_today(session)
    held = standing.held(session, [shipment], today).get(shipment.id, [])
    return {
        **way_as_dict(session, shipment, graph, language),
        **summary(shipment, graph, held),
        "cartons": sum(each.cartons for each in inside),
        "pieces": sum(each.pieces for each in inside),
        "gross_g": sum(each.gross_g for each in inside),
        "volume_m3": contents.load_of(inside).m3 if inside else 0,
        "lane": contents.lane_of(inside),
        "consignee": line
        and {
            "name": line.consignee_name,
            "address": line.consignee_address,
            "country": line.destination,
        },
        "incoterm": line and line.order.incoterm,
        "named_place": line and line.order.named_place,
        "cancelled_because": shipment.cancelled_because and reason_of(shipment.cancelled_because),
        "fill": views_of_loads.load_of_shipment(session, shipment, inside, language),
        "cut_offs": views_of_loads.cut_offs_of(
            None if shipment.cancelled else shipment.etd,
            rules.cut_offs(session)[shipment.mode],
            lacking={document.code for document in shipment.documents if document.missing},
            reached=shipment.codes,
            language=language,
        ),
        "notes": views_of_loads.notes_of(session, shipment.id),
        "reseals": views_of_loads.reseals_of(session, shipment.id),
        "lines": [vars(part) for part in contents.lines_of(inside)],
        "documents": [
            document_as_dict(document, language)
            | _timing(document, shipment.days, today)
            | {"waits": None if document.present else reason_to_wait(document.code, unpaid)}
            | {"files": sent.get(document.code, [])}
            for document in shipment.documents
        ],
        "declarations": shipment.declarations,
        "declaration_opens_on": shipment.etd - WINDOW if shipment.etd else None,
        "estimates": shipment.estimates,
        "tracking_url": shipment.tracking_token and f"/logistics/track/{shipment.tracking_token}",
    }


def way_as_dict(session: Session, shipment: Shipment, graph: Graph, language: str = "en") -> dict[str, Any]:
    """The way of a shipment: what happened, what of it was corrected, and what may come next."""
    return {
        "id": shipment.id,
        "number": shipment.number,
        "state": state(shipment, graph),
        "etd": shipment.etd,
        "eta": shipment.eta,
        "milestones": milestones_as_dicts(shipment, graph, place_names(session), language),
        "corrections": corrections_of(shipment),
        "overlays": overlays(shipment, graph),
        "short": short(shipment.reached, graph),
        "next_milestones": [milestone.code for milestone in next_milestones(shipment, graph)],
        "next_exceptions": [milestone.code for milestone in next_exceptions(shipment, graph)],
    }


def corrections_of(shipment: Shipment) -> list[dict[str, Any]]:
    """The reports that did not hold."""
    return [
        {
            "id": report.id,  # type: ignore[attr-defined]  # given by the table
            "milestone": report.code,
            "place": report.place,
            "occurred_at": report.occurred_at,
            "reason": report.correction.reason,
            "because": report.correction.because,
            "declared_at": report.correction.declared_at,
            "corrective_id": report.correction.corrective_id,  # type: ignore[attr-defined]  # given by the table
        }
        for report in shipment.reports
        if report.correction
    ]


def milestones_as_dicts(
    shipment: Shipment, graph: Graph, names: Mapping[str, str], language: str = "en"
) -> list[dict[str, Any]]:
    """What happened, by when it happened.

    A place that has no name here is told by its UN/LOCODE; the code of a facility is told to nobody.
    """
    return [
        {
            "id": reached.id,  # type: ignore[attr-defined]  # given by the table
            "milestone": reached.code,
            "dcsa": graph[reached.code].dcsa,
            "edifact": graph[reached.code].edifact,
            "name": _name(graph[reached.code], language),
            "place": reached.place,
            "place_name": names.get(reached.place, reached.place if is_locode(reached.place) else ""),
            "occurred_at": reached.occurred_at,
            "recorded_at": reached.recorded_at,
            "ssccs": reached.ssccs,
        }
        for reached in sorted(shipment.reached, key=lambda each: each.occurred_at)
    ]


def document_as_dict(document: Document, language: str = "en") -> dict[str, Any]:
    return {
        "code": document.code,
        "name": _name(document, language),
        "state": "present" if document.present else "missing" if document.needed else "on_request",
        "owed_by": document.owed_by,
        "blocks": document.blocks,
        "number": document.number,
        "issued_on": document.issued_on,
        "valid_days": document.valid_days,
        "treatment": document.treatment,
        "outdated": document.outdated,
        "valid_until": document.valid_until,
        "made_by_system": document.made_by_system,
        "verified": document.verified,
    }


def _timing(document: Document, days: Days, today: date) -> dict[str, Any]:
    due = due_on(document.needed_by, days)
    return {
        "needed_by": document.needed_by,
        "due_on": due,
        "urgency": urgency(due, today) if document.missing else None,
    }


def _name(named: Any, language: str) -> str:
    name: str = named.name_id if language == "id" else named.name_en
    return name


def cartons_by_lot(session: Session, inside: Sequence[OfLot]) -> list[dict[str, Any]]:
    """What a shipment holds of each lot, with what the lot is."""
    sums = {each.lot: each._asdict() for each in inside}
    rows = session.execute(_of_lots().where(lot.c.code.in_(sums)).order_by(lot.c.code)).mappings()
    return [{**row, **sums[row["lot"]]} for row in rows]


def find_by(session: Session, sought: str) -> UUID | None:
    """The shipment with this number, in this container or truck, under this waybill, or a carton of this number."""
    plain = "".join(sought.upper().split())
    named = union_all(
        select(shipments.c.id).where(shipments.c.number == plain),
        select(shipments.c.id).where(shipments.c.container == unit_number(sought)),
        select(carton.c.shipment_id).where(carton.c.sscc == plain.removeprefix("(00)")),
    ).subquery()
    query = select(named.c.id).where(named.c.id.is_not(None)).order_by(named.c.id.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def track(session: Session, token: str) -> Shipment | None:
    """The shipment that a tracking address is about."""
    query = select(Shipment).where(shipments.c.tracking_token == token)
    return session.execute(query).scalar_one_or_none()


def place_names(session: Session) -> dict[str, str]:
    """Our facilities and the ports, by code."""
    both = select(facility.c.code, facility.c.name).union_all(select(port.c.code, port.c.name))
    return {row.code: row.name for row in session.execute(both)}


def port_names(session: Session) -> dict[str, str]:
    """The ports only: who may not know which facility is meant reads no more."""
    return {row["code"]: row["name"] for row in ports(session)}


def ports(session: Session) -> Sequence[RowMapping]:
    return session.execute(select(port).order_by(port.c.code)).mappings().all()


def hubs(session: Session) -> Sequence[RowMapping]:
    query = select(facility.c.code, facility.c.name).where(facility.c.hub).order_by(facility.c.code)
    return session.execute(query).mappings().all()
