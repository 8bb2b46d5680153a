"""All order lines with pieces that nobody has begun, with who may be asked for them: what a new plan begins with."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.production.capacities import able_to_make
from services.production.domain.capacity import Capacity, latest_finish
from services.production.domain.replanning import Held, Key, OpenLine
from services.production.domain.terms import Needs, Reason, Terms
from services.production.domain.work_order import WorkOrder
from services.production.skills import OF_LINE
from services.production.storage import demand, item, work_order
from services.production.terms import terms_of
from shared.clock import business_today


@dataclass(frozen=True)
class Family:
    """The open lines of one family of goods, and what each facility has for it beside the work that has begun."""

    lines: Sequence[OpenLine]
    able: Mapping[str, Capacity]

    @property
    def short_of_stock(self) -> set[str]:
        """Facilities that have not enough for all of the lines: how much they have decides what is theirs."""
        return {
            code for code in self.able if sum(line.of_stock(code, line.quantity) for line in self.lines) > 1
        }


@dataclass(frozen=True)
class OpenWork:
    today: date
    families: Mapping[str, Family]

    @property
    def lines(self) -> list[OpenLine]:
        return [line for family in self.families.values() for line in family.lines]

    @property
    def fingerprint(self) -> str:
        """Another day, other open work, other hours or people, others preferred, and less material than it takes have another one.

        That what was begun goes on has not.
        """
        lines = [
            [
                str(line.order_id),
                line.line,
                line.quantity,
                line.latest.isoformat(),
                [[str(each.id), each.quantity, each.due.isoformat()] for each in line.held],
                sorted(
                    (code, str(terms.until), terms.pieces if code in short else None)
                    for code, terms in line.places.items()
                ),
            ]
            for family in self.families.values()
            for short in [family.short_of_stock]
            for line in sorted(family.lines, key=lambda line: line.key)
        ]
        able = [
            [
                name,
                code,
                one.calendar.week,
                one.calendar.changed,
                one.staffing,
                one.efficiency_pct,
                one.yield_pct,
                one.reliability_pct,
                one.hub_steps,
            ]
            for name, family in self.families.items()
            for code, one in sorted(family.able.items())
        ]
        told = json.dumps([self.today, lines, able], default=str)
        return hashlib.sha256(told.encode()).hexdigest()


def open_work(session: Session) -> OpenWork:
    """What can be planned anew: cleared pieces without a facility, and work orders that have not begun."""
    today = business_today(session)
    work_orders = _work_orders(session, today)
    rows: defaultdict[str, list[tuple[Row[Any], int]]] = defaultdict(list)
    for row in session.execute(_cleared(today)):
        if pieces := _not_begun(row, work_orders[row.order_id, row.line]):
            rows[row.family].append((row, pieces))
    return OpenWork(
        today, {name: _family(session, name, some, work_orders, today) for name, some in sorted(rows.items())}
    )


def _cleared(today: date) -> Any:
    to_make = func.least(demand.c.cleared, demand.c.quantity - demand.c.stopped).label("to_make")
    return (
        select(*demand.columns, to_make, item.c.labour_minutes, item.c.family, *OF_LINE)
        .join(item, item.c.sku == demand.c.sku)
        .where(demand.c.cleared_until >= today, demand.c.cleared > 0)
        .order_by(demand.c.requested_date, demand.c.order_id, demand.c.line)
    )


def _work_orders(session: Session, today: date) -> defaultdict[Key, list[WorkOrder]]:
    """The work orders of lines that may be made, but for those of lines that are made already."""
    query = (
        select(WorkOrder)
        .join(demand, (demand.c.order_id == work_order.c.order_id) & (demand.c.line == work_order.c.line))
        .where(demand.c.cleared_until >= today)
        .order_by(work_order.c.id)
        .execution_options(populate_existing=True)
    )
    found: defaultdict[Key, list[WorkOrder]] = defaultdict(list)
    for each in session.execute(query).scalars():
        found[each.order_id, each.line].append(each)
    return found


def _not_begun(row: Row[Any], work_orders: Sequence[WorkOrder]) -> int:
    nobodys = max(0, row.to_make - sum(each.asked for each in work_orders if each.live))
    waiting = sum(each.quantity for each in work_orders if each.can_be_taken_back)
    return int(nobodys + waiting)


def _family(
    session: Session,
    name: str,
    rows: Sequence[tuple[Row[Any], int]],
    work_orders: Mapping[Key, Sequence[WorkOrder]],
    today: date,
) -> Family:
    waiting = [
        each for row, _ in rows for each in work_orders[row.order_id, row.line] if each.can_be_taken_back
    ]
    able = able_to_make(session, name, instead_of=waiting)
    known: dict[tuple[str, str | None], dict[str, Terms]] = {}
    lines = []
    for row, pieces in rows:
        if (row.sku, row.partner) not in known:
            known[row.sku, row.partner] = terms_of(
                session, row.sku, partner=row.partner, able=able, today=today, instead_of=waiting
            )
        lines.append(
            _line(row, pieces, work_orders[row.order_id, row.line], known[row.sku, row.partner], able)
        )
    return Family(lines, {one.facility: one for one in able if one.minutes_a_day})


def _line(
    row: Row[Any],
    pieces: int,
    work_orders: Sequence[WorkOrder],
    terms: Mapping[str, Terms],
    able: Sequence[Capacity],
) -> OpenLine:
    barred: dict[str, Reason] = {code: "no_agreement" for code, some in terms.items() if some.until is None}
    barred |= Needs(skill_level=row.skill_level, zone=row.zone, lane=row.lane).bar(able)
    barred |= {
        each.facility: "declined"
        for each in work_orders
        if each.declined_reason is not None or each.short_closed
    }
    return OpenLine(
        order_id=row.order_id,
        line=row.line,
        sku=row.sku,
        labour_minutes=row.labour_minutes,
        quantity=pieces,
        latest=latest_finish(row.requested_date),
        held=tuple(
            Held(
                id=each.id,
                number=each.number,
                facility=each.facility,
                quantity=each.quantity,
                due=each.due,
            )
            for each in work_orders
            if each.can_be_taken_back
        ),
        places={code: some for code, some in terms.items() if code not in barred},
        barred=barred,
    )
