"""What the orders service shows: reads only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, and_, case, exists, false, func, or_, select, text, true, tuple_
from sqlalchemy.orm import Session

from services.orders import acknowledgements, needs
from services.orders.domain.acknowledgement import NEED, Said
from services.orders.domain.expected import Next, Told, next_step, planned_pieces
from services.orders.domain.free_lane import word_on
from services.orders.domain.hold import RELEASE_ROLES, Hold
from services.orders.domain.lane import FREE
from services.orders.domain.order import Line, Order
from services.orders.domain.payment import smallest_unit, standing
from services.orders.domain.routing import UNLOADING
from services.orders.domain.ways_out import Way, ways_out
from services.orders.storage import (
    QUANTITIES,
    TO_MAKE,
    WANTED,
    acknowledgement,
    cancellation,
    free_lane,
    hold,
    lot,
    order_line,
    promise,
    signature,
    timeline,
)
from services.orders.storage import order as orders
from shared.events import contract_of
from shared.events.logistics import (
    DocumentsCompleted,
    MilestoneCorrected,
    MilestoneRecorded,
    ShipmentBooked,
    ShipmentCancelled,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentDispatched,
    ShipmentRescheduled,
)
from shared.web.access import BUYER, COMPLIANCE, KANWIL, Principal

ON_LINE = and_(order_line.c.order_id == hold.c.order_id, order_line.c.number == hold.c.line_number)
WAITS = and_(
    hold.c.released_on.is_(None),
    hold.c.withdrawn_on.is_(None),
    case((hold.c.purpose == "produce", order_line.c.good < TO_MAKE), else_=order_line.c.departed < WANTED),
)
"""A hold that is neither released nor withdrawn, while there is something left that it holds: ``Line.open_hold`` in SQL."""


PENDING = cancellation.c.asked - func.coalesce(cancellation.c.stopped, 0) - cancellation.c.withheld
"""Of a cancellation that is not answered: pieces that may still be cancelled by an answer."""
BY_TIME = (timeline.c.occurred_at, timeline.c.event_id)


def mine(principal: Principal) -> Any:
    """The one place that says which orders a principal may see; whoever is not named here sees none."""
    if principal.role == BUYER:
        return orders.c.buyer == principal.account
    return true() if principal.role in (COMPLIANCE, KANWIL) else false()


def find_order(session: Session, principal: Principal, order_id: UUID) -> Order | None:
    return session.execute(select(Order).where(orders.c.id == order_id, mine(principal))).scalar_one_or_none()


def order_as_dict(order: Order, language: str = "en") -> dict[str, Any]:
    return {
        "id": order.id,
        "buyer": order.buyer,
        "buyer_name": order.buyer_name,
        "version": order.version,
        "po_number": order.po_number,
        "state": order.state,
        "currency": order.currency,
        "incoterm": order.incoterm,
        "named_place": order.named_place,
        "placed_on": order.placed_on,
        "lines": [line_as_dict(order, line, language) for line in order.lines],
    }


@dataclass(frozen=True)
class Since:
    """What came of an order's lines after it was placed, by their numbers."""

    cancelling: Mapping[int, int] = field(default_factory=dict)
    promises: Mapping[int, Sequence[RowMapping]] = field(default_factory=dict)
    said: Mapping[int, Said] = field(default_factory=dict)


def order_in_full(session: Session, order: Order, language: str = "en") -> dict[str, Any]:
    """The order, with what each line waits for: the ``next`` step, and answers for pieces that are asked back."""
    since = Since(
        cancelling=_cancelling(session, order.id),
        promises=promises_of(session, order.id),
        said=acknowledgements.newest(session, order.id),
    )
    return order_with(session, order, since, language)


def order_with(session: Session, order: Order, since: Since, language: str = "en") -> dict[str, Any]:
    """The same where it is known what came since; nothing yet, of an order that is placed by this transaction."""
    told = progress_of(session, order.id)
    shown = order_as_dict(order, language) | {"payment": account_as_dict(order)}
    beside = needs.shown_of(session, order)
    for line, line_shown in zip(order.lines, shown["lines"], strict=True):
        acknowledged = acknowledgements.standing(line, since.said.get(line.number))
        line_shown["acknowledgement"] = acknowledged
        if line_shown["hold"]:
            line_shown["hold"].update(beside.get(line.number, {}))
        step = next_step(line, told[None] + told[line.number], acknowledged)
        line_shown["next"] = _next(step) if step else None
        line_shown["cancelling"] = since.cancelling.get(line.number, 0)
        line_shown["promises"] = since.promises.get(line.number, [])
        about = [claim for claim in order.claims if claim.line_number == line.number]
        line_shown["claimed"] = sum(claim.claimed for claim in about)
        nothing = smallest_unit(order.currency) * 0
        line_shown["credited"] = sum((claim.credit or nothing for claim in about), nothing).quantize(nothing)
    return shown


def account_as_dict(order: Order) -> dict[str, Any]:
    account = order.account
    return {
        "terms": order.payment_terms,
        "status": account.status,
        "currency": account.currency,
        "due": account.due,
        "credited": account.credited,
        "paid": account.paid,
    }


def payments_as_dict(order: Order) -> dict[str, Any]:
    unit, stand = smallest_unit(order.currency), standing(order.payments)
    payments = [
        {
            "id": each.id,
            "amount": each.amount.quantize(unit),
            "paid_on": each.paid_on,
            "reference": each.reference,
            "corrects": each.corrects,
            "reason": each.reason,
            "stands": each in stand,
        }
        for each in order.payments
    ]
    return account_as_dict(order) | {"payments": payments}


def promises_of(session: Session, order_id: UUID) -> dict[int, list[RowMapping]]:
    """What was promised for each line, the newest last."""
    query = select(promise).where(promise.c.order_id == order_id).order_by(promise.c.id)
    told = defaultdict(list)
    for row in session.execute(query).mappings():
        told[row["line_number"]].append(row)
    return told


def _cancelling(session: Session, order_id: UUID) -> dict[int, int]:
    """``Line.pending`` in SQL, for all lines at once."""
    query = (
        select(cancellation.c.line_number, func.sum(PENDING).label("pieces"))
        .where(cancellation.c.order_id == order_id, cancellation.c.answered_on.is_(None))
        .group_by(cancellation.c.line_number)
    )
    return {row.line_number: row.pieces for row in session.execute(query)}


def _next(step: Next) -> dict[str, Any]:
    return {**asdict(step), "owed_by": ", ".join(step.owed_by), "owing": step.owed_by}


PROGRESS = text("""
    SELECT coalesce(part.line, t.line) AS line, t.type, t.data ->> 'facility' AS facility,
        sum(coalesce(part.quantity, (t.data ->> 'quantity')::int - coalesce((t.data ->> 'again')::int, 0), 0))
            AS pieces, max(t.occurred_at) AS last,
        max((newest.data ->> 'etd')::date) FILTER (WHERE NOT :departed = ANY(newest.reached)) AS etd,
        max((newest.data ->> 'eta')::date) FILTER (WHERE NOT :delivered = ANY(newest.reached)) AS eta
    FROM timeline t LEFT JOIN (
        SELECT DISTINCT ON (data ->> 'shipment_id') id, data, ARRAY(
            SELECT type FROM timeline way WHERE way.order_id = :order_id
                AND way.type IN (:departed, :delivered)
                AND way.data ->> 'shipment_id' = told.data ->> 'shipment_id') AS reached
        FROM timeline told
        WHERE order_id = :order_id AND data ? 'etd' ORDER BY data ->> 'shipment_id', id DESC) newest USING (id)
    LEFT JOIN LATERAL (
        SELECT (each ->> 'line')::int AS line, sum((each ->> 'quantity')::int) AS quantity
        FROM jsonb_array_elements(t.data -> 'lines') each
        WHERE t.source = 'logistics' AND NOT t.type = ANY(:whole) GROUP BY 1
        UNION ALL
        SELECT lot.line_number, sum(put.quantity) FROM shipment_lot put JOIN lot ON lot.code = put.lot
        WHERE t.type = ANY(:whole) AND lot.order_id = t.order_id
            AND put.shipment_id = CAST(t.data ->> 'shipment_id' AS uuid) AND NOT EXISTS (
                SELECT FROM timeline again WHERE again.order_id = t.order_id AND again.id > t.id
                    AND again.type = t.type AND again.data ->> 'shipment_id' = t.data ->> 'shipment_id')
        GROUP BY 1) part ON true
    WHERE t.order_id = :order_id AND NOT EXISTS (
        SELECT FROM timeline given_up WHERE given_up.order_id = t.order_id AND given_up.id > t.id
            AND given_up.type = :cancelled AND given_up.data ->> 'shipment_id' = t.data ->> 'shipment_id')
    GROUP BY 1, 2, 3""").bindparams(
    cancelled=contract_of(ShipmentCancelled).type,
    departed=contract_of(ShipmentDeparted).type,
    delivered=contract_of(ShipmentDelivered).type,
    whole=[contract_of(event).type for event in (ShipmentBooked, DocumentsCompleted, ShipmentDispatched)],
)
"""What was told of a shipment counts no more once it was cancelled; of its days the newest count, until they are past.

What is told of a shipment as a whole is about what it carries now, however often it was told. Pieces that came to a hub
once more count once.
"""


def progress_of(session: Session, order_id: UUID) -> dict[int | None, list[Told]]:
    """What the timeline says in sum of each line, and under none of the whole order.

    It is added up in the database, where thousands of entries are cheap.
    """
    told = defaultdict(list)
    for line, *rest in session.execute(PROGRESS, {"order_id": order_id}):
        told[line].append(Told(*rest))
    return told


def pieces_told(session: Session, order_id: UUID, event: type[Any]) -> dict[int, int]:
    """Pieces of each line that events of one kind on the timeline are about, in sum."""
    type = contract_of(event).type
    return {
        line: sum(each.pieces for each in told if each.type == type)
        for line, told in progress_of(session, order_id).items()
        if line is not None
    }


def pieces_in_shipments(session: Session, order_id: UUID) -> dict[int, int]:
    """Pieces of each line that stand in shipments, as the timeline tells it."""
    told = progress_of(session, order_id)
    return {line: planned_pieces(about) for line, about in told.items() if line is not None}


BOOKED = text("""
    WITH carried AS (
        SELECT lot.line_number AS line, put.shipment_id AS id FROM shipment_lot put JOIN lot ON lot.code = put.lot
        WHERE lot.order_id = :order_id GROUP BY 1, 2 HAVING sum(put.quantity) > 0),
    told AS (
        SELECT t.id, t.type, t.data, CAST(t.data ->> 'shipment_id' AS uuid) AS shipment FROM timeline t
        WHERE (t.type IN (:booked, :rescheduled, :delivered)
            OR (t.type IN (:recorded, :corrected) AND t.data ->> 'milestone' = ANY(:unloading)))
        AND t.order_id IN (
            SELECT lot.order_id FROM carried JOIN shipment_lot put ON put.shipment_id = carried.id
            JOIN lot ON lot.code = put.lot)),
    word AS (
        SELECT told.id, shipment, data ->> 'milestone' AS milestone, said.* FROM told CROSS JOIN LATERAL (VALUES
            (data ->> 'place', CAST(data ->> 'occurred_at' AS timestamptz), type = :recorded),
            (data ->> 'right_place', CAST(data ->> 'right_at' AS timestamptz), true)) said (place, at, holds)
        WHERE type IN (:recorded, :corrected)),
    newest_word AS (
        SELECT DISTINCT ON (shipment, milestone, place, at) * FROM word
        ORDER BY shipment, milestone, place, at, id DESC),
    landed AS (
        SELECT shipment AS id, jsonb_agg(place ORDER BY at, place) AS ports FROM newest_word
        WHERE holds AND place ~ '^[A-Z]{2}[A-Z0-9]{3}$' GROUP BY shipment)
    SELECT carried.line, coalesce(booking.data -> 'via', '[]') || CASE booking.data ->> 'port_of_discharge'
            WHEN '' THEN '[]' ELSE jsonb_build_array(booking.data ->> 'port_of_discharge') END
            || coalesce(landed.ports, '[]') AS ports,
        CAST(newest.data ->> 'eta' AS date) AS eta
    FROM carried LEFT JOIN landed USING (id)
    CROSS JOIN LATERAL (
        SELECT data FROM told WHERE shipment = carried.id AND type = :booked ORDER BY id DESC LIMIT 1) booking
    CROSS JOIN LATERAL (
        SELECT data FROM told WHERE shipment = carried.id AND data ? 'eta' ORDER BY id DESC LIMIT 1) newest
    WHERE NOT EXISTS (SELECT FROM told WHERE shipment = carried.id AND type = :delivered)
    ORDER BY carried.line, carried.id""").bindparams(
    booked=contract_of(ShipmentBooked).type,
    rescheduled=contract_of(ShipmentRescheduled).type,
    delivered=contract_of(ShipmentDelivered).type,
    recorded=contract_of(MilestoneRecorded).type,
    corrected=contract_of(MilestoneCorrected).type,
    unloading=list(UNLOADING),
)
"""The newest booking of each shipment that carries something of the order and is not delivered.

It may have been told before any goods of this order joined the shipment: then it stands with another order. To its
ports come those at which the goods were really unloaded, as far as that was not corrected.
"""


def booked(session: Session, order_id: UUID) -> defaultdict[int, list[Row[Any]]]:
    """Each line's shipments that are booked: the ports that it comes by, without that of loading, and its arrival."""
    shipments = defaultdict(list)
    for row in session.execute(BOOKED, {"order_id": order_id}):
        shipments[row.line].append(row)
    return shipments


def line_as_dict(order: Order, line: Line, language: str = "en") -> dict[str, Any]:
    quantities = {name: getattr(line, name) for name in QUANTITIES}
    return {
        "number": line.number,
        "sku": line.sku,
        "state": line.state,
        **quantities,
        "quantities": quantities,
        "item_version": line.item_version,
        "unit_price": line.unit_price,
        "requested_date": line.requested_date,
        "promised_date": line.promised_date,
        "destination": line.destination,
        "consignee": {
            "name": line.consignee_name,
            "address": line.consignee_address,
            "country": line.destination,
        },
        "transit": line.transit,
        "hold": _hold(order, line, language),
        "free_lane": _free_lane(line),
        "awaited_sample": line.awaited_sample if line.waits_for_sample else None,
    }


def _hold(order: Order, line: Line, language: str) -> dict[str, Any] | None:
    """Why the line waits or may not go; nothing if it is free to go on."""
    waiting = line.open_hold
    if not line.blocked and waiting is None:
        return None
    return {
        "purpose": waiting.purpose if waiting else None,
        "policies": line.policies,
        "law": line.law,
        "explanation": line.explanation_id if language == "id" else line.explanation_en,
        "releasable": not line.blocked,
        "needs": line.needs,
        "released_by": [] if line.blocked else list(RELEASE_ROLES),
        "signatures": [
            {"role": s.role, "signed_on": s.signed_on, "expires_on": s.last_day, "dossiers": s.dossiers}
            for s in waiting.signatures
        ]
        if waiting
        else [],
        "ways_out": [_way_out(order, line, way) for way in ways_out(line)],
        **(_asked(waiting) if waiting else NOTHING_ASKED),
        "seen": None,
        "evidence": [],
    }


NOTHING_ASKED: dict[str, None] = dict.fromkeys(
    ("opened_on", "quantity", "lane", "route", "lots", "facilities")
)


def _asked(hold: Hold) -> dict[str, Any]:
    """What is to be decided; the digest by which a signature names it, and evidence, stand with the order in full."""
    return {
        "opened_on": hold.opened_on,
        "quantity": hold.quantity,
        "lane": hold.lane,
        "route": hold.transit,
        "lots": hold.lots,
        "facilities": hold.facilities,
    }


def _way_out(order: Order, line: Line, way: Way) -> dict[str, Any]:
    address = f"/orders/v1/orders/{order.id}"
    posted = {
        "free_lane": f"{address}/lines/{line.number}/free-lane/request",
        "cancellation": f"{address}/cancel",
    }
    return {"way": way, "method": "POST" if way in posted else "PATCH", "href": posted.get(way, address)}


def _free_lane(line: Line) -> dict[str, Any] | None:
    """That somebody asked for free workers, chose or declined them; the buyer reads why they were declined."""
    word = word_on(line)
    if word is None:
        return None
    why = word.reason if word.said == "declined" else None
    return {"state": word.said, "by": word.role, "said_at": word.said_at, "reason": why}


def blocked_lines(session: Session, principal: Principal, *, limit: int) -> Sequence[RowMapping]:
    """Lines that the law blocks and that somebody must decide about, newest order first.

    Those come before all others of which the officer owes an answer, whether free workers make them: ``asked`` tells it, as
    ``free_lane.is_asked_of`` does.
    """
    free = (
        select(func.coalesce(func.sum(lot.c.quantity), 0))
        .where(
            lot.c.order_id == order_line.c.order_id,
            lot.c.line_number == order_line.c.number,
            lot.c.lane == FREE,
        )
        .scalar_subquery()
    )
    newest = (
        select(free_lane.c.said)
        .where(free_lane.c.order_id == order_line.c.order_id, free_lane.c.line_number == order_line.c.number)
        .order_by(free_lane.c.id.desc())
        .limit(1)
    )
    asked_back = (
        select(func.coalesce(func.sum(PENDING), 0))
        .where(
            cancellation.c.order_id == order_line.c.order_id,
            cancellation.c.line_number == order_line.c.number,
            cancellation.c.answered_on.is_(None),
        )
        .scalar_subquery()
    )
    asked = and_(
        func.coalesce(newest.scalar_subquery() == "asked", false()),
        order_line.c.if_free.is_distinct_from("block"),
        order_line.c.delivered + asked_back < WANTED,
        func.greatest(order_line.c.started, order_line.c.good) <= free,
    )
    query = (
        select(orders.c.id.label("order_id"), orders.c.po_number, *order_line.c, asked.label("asked"))
        .join(order_line, order_line.c.order_id == orders.c.id)
        .where(mine(principal), order_line.c.action == "block", order_line.c.delivered < WANTED)
        .order_by(asked.desc(), orders.c.id.desc(), order_line.c.number)
        .limit(limit)
    )
    return session.execute(query).mappings().all()


def to_acknowledge(session: Session, principal: Principal, *, limit: int) -> Sequence[RowMapping]:
    """Lines of which the buyer has still to say that they know who made them, newest order first."""
    words = (
        select(acknowledgement.c.because.is_(None))
        .where(
            acknowledgement.c.order_id == order_line.c.order_id,
            acknowledgement.c.line_number == order_line.c.number,
        )
        .order_by(acknowledgement.c.id.desc())
        .limit(1)
    )
    asked = (
        order_line.c.needs.contains([NEED]),
        order_line.c.action != "block",
        order_line.c.departed < WANTED,
        func.coalesce(words.scalar_subquery(), false()).is_(False),
    )
    query = (
        select(orders.c.id.label("order_id"), orders.c.po_number, order_line.c.number, order_line.c.sku)
        .join(order_line, order_line.c.order_id == orders.c.id)
        .where(mine(principal), *asked)
        .order_by(orders.c.id.desc(), order_line.c.number)
        .limit(limit)
    )
    return session.execute(query).mappings().all()


def waiting_for_release(
    session: Session, role: str, *, limit: int, after: int | None = None, unsigned: bool = False
) -> Sequence[RowMapping]:
    """Holds that wait for signatures, oldest first; ``signed`` tells whether somebody of the role has signed."""
    signed = exists().where(signature.c.hold_id == hold.c.id, signature.c.role == role)
    query = (
        select(
            hold.c.id,
            hold.c.purpose,
            hold.c.opened_on,
            signed.label("signed"),
            orders.c.id.label("order_id"),
            orders.c.po_number,
            orders.c.buyer_name,
            order_line.c.number,
            order_line.c.sku,
            order_line.c.ordered,
            order_line.c.destination,
        )
        .join(order_line, ON_LINE)
        .join(orders, orders.c.id == hold.c.order_id)
        .where(WAITS)
        .order_by(hold.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(hold.c.id > after)
    if unsigned:
        query = query.where(~signed)
    return session.execute(query).mappings().all()


AGES = (7, 30)
"""Days after which a hold has waited for more than a week, and for more than a month."""


def ages_of_waiting(session: Session, today: date) -> Row[Any]:
    """How many holds wait, how many of them for more than a week and a month, and since when the oldest."""
    count, opened = func.count(), hold.c.opened_on
    week, month = (count.filter(opened < today - timedelta(days=days)) for days in AGES)
    query = select(
        count.label("count"), week.label("week"), month.label("month"), func.min(opened).label("oldest")
    )
    return session.execute(query.select_from(hold).join(order_line, ON_LINE).where(WAITS)).one()


def with_lapsed_clearance(session: Session, today: date, *, limit: int) -> Sequence[UUID]:
    """Orders with a clearance that ran out before its work was done."""
    lapsed = or_(
        and_(order_line.c.produce_until < today, order_line.c.good < TO_MAKE),
        and_(order_line.c.export_until < today, order_line.c.departed < WANTED),
    )
    query = select(order_line.c.order_id).where(lapsed).union(_with_lone_signature(today)).limit(limit)
    return session.execute(query).scalars().all()


def with_release_to_look_at(session: Session, today: date, *, limit: int) -> Sequence[UUID]:
    """Orders with a release to export, or a lone signature for one, of which nobody looked today whether it still holds."""
    signed = exists().where(signature.c.hold_id == hold.c.id)
    stands = and_(hold.c.released_on.is_not(None), hold.c.ended_on.is_(None))
    query = (
        select(hold.c.order_id)
        .join(order_line, ON_LINE)
        .where(
            hold.c.purpose == "export",
            hold.c.withdrawn_on.is_(None),
            or_(stands, hold.c.released_on.is_(None)),
        )
        .where(order_line.c.action == "hold", order_line.c.departed < WANTED, signed)
        .where(hold.c.looked_on.is_distinct_from(today))
        .distinct()
        .limit(limit)
    )
    return session.execute(query).scalars().all()


def _with_lone_signature(today: date) -> Any:
    """Orders with a hold whose first signature ran out before the second came."""
    return (
        select(hold.c.order_id)
        .join(signature, signature.c.hold_id == hold.c.id)
        .where(hold.c.released_on.is_(None), hold.c.withdrawn_on.is_(None))
        .where(func.coalesce(signature.c.expires_on, signature.c.signed_on + 90) < today)
    )


def timeline_of(session: Session, order_id: UUID) -> Sequence[RowMapping]:
    """Every event of an order from all services, by when it happened."""
    query = select(timeline).where(timeline.c.order_id == order_id).order_by(*BY_TIME)
    return session.execute(query).mappings().all()


def newest_of_timeline(
    session: Session, order_id: UUID, *, limit: int, before: UUID | None
) -> Sequence[RowMapping]:
    """The newest events of an order, or those before one of them, by when they happened."""
    query = select(timeline).where(timeline.c.order_id == order_id)
    if before is not None:
        there = select(*BY_TIME).where(timeline.c.order_id == order_id, timeline.c.event_id == before)
        query = query.where(tuple_(*BY_TIME) < there.scalar_subquery())
    newest = query.order_by(*(column.desc() for column in BY_TIME)).limit(limit)
    return session.execute(newest).mappings().all()[::-1]
