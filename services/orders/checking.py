"""What the policies say about goods, and what others would say about open lines: reads only, explained."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders import policies, rescreenings
from services.orders.domain.destination_policy import UNKNOWN, Goods, Rule, counting, screen
from services.orders.domain.order import Line, Order
from services.orders.domain.publication import Version, published
from services.orders.domain.rescreening import Verdict, verdict
from services.orders.handlers.publishing import known_versions, turning_days
from services.orders.storage import buyer, item
from services.orders.storage import order as orders
from shared.clock import business_today
from shared.refusal import Refused

ORDERS_AT_ONCE = 100
REASONS = {
    "destination": "it is about other countries",
    "lane": "it is about another lane",
    "tariff": "it is about other headings of the tariff",
    "delivery": "it is about other days of delivery",
    "seller": "the seller has no contract for prison work",
    "family": "the seller has no such goods made in prisons",
}
"""Why a rule does not cover some goods, by the condition that they do not meet."""

Outcome = Literal["blocked", "held", "freed"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What would become of a line on a day; ``release_ends`` where something was cleared or signed for it."""

    order: Order
    line: Line
    on: date
    found: Verdict
    release_ends: bool

    @property
    def outcome(self) -> Outcome:
        if self.found.easier:
            return "freed"
        return "blocked" if self.found.after == "block" else "held"


def check(
    session: Session,
    *,
    destination: str,
    sku: str,
    lane: str,
    seller: str | None = None,
    transit: Sequence[str] | None = None,
    on: date | None = None,
) -> dict[str, Any]:
    """The decision over goods that are decided about, and delivered, on a day; with each rule and why it counts or not."""
    day = on or business_today(session)
    published = session.execute(select(item.c.published).where(item.c.sku == sku)).scalar_one_or_none()
    if published is None:
        raise Refused("The catalogue has no {sku}; see /orders/v1/catalogue.", field="sku", sku=sku)
    if seller is not None:
        _need_seller(session, seller)
    goods = policies.goods(
        published,
        destination=destination,
        transit=None if transit is None else tuple(transit),
        delivery=day,
        prison_families=None if seller is None else policies.prison_families(session, seller),
        lane=lane,
    )
    return explained(goods, policies.in_force(session, day))


def _need_seller(session: Session, seller: str) -> None:
    known = session.execute(select(buyer.c.code).order_by(buyer.c.code)).scalars().all()
    if seller not in known:
        raise Refused(
            "There is no seller {seller}; give one of {known}.",
            field="seller",
            seller=seller,
            known=", ".join(known) or "none yet",
        )


def explained(goods: Goods, rules: Sequence[Rule]) -> dict[str, Any]:
    """The decision in full."""
    screening = screen(goods, rules)
    counted = counting(goods, rules)
    besides = [rule for rule in counted if rule not in rules]
    return {
        "action": screening.action,
        "releasable": screening.releasable,
        "needs": list(screening.needs),
        "rules": list(screening.policies),
        "law": list(screening.law),
        "explanation": screening.explanation_en or UNKNOWN.explanation_en,
        "goods": {
            "destination": goods.destination,
            "lane": goods.lane,
            "hs6": goods.hs6,
            "delivery": goods.delivery.isoformat(),
            "transit": None if goods.transit is None else list(goods.transit),
        },
        "considered": [_considered(rule, goods, rule in counted) for rule in (*rules, *besides)],
    }


def _considered(rule: Rule, goods: Goods, counts: bool) -> dict[str, Any]:
    unmet = rule.unmet(goods)
    why = [REASONS[condition] for condition in unmet]
    if "destination" in unmet and rule.transit and goods.transit is None:
        why.append("the route is not known yet, and it also counts for routes through them")
    if not unmet and not counts:
        why.append("it covers what no other rule does, and others do")
    return {
        "rule": rule.name,
        "action": rule.action,
        "counts": counts,
        "why": why or [rule.explanation_en],
    }


def differences(session: Session, offered: Sequence[Version]) -> Iterator[Change]:
    """What would become of each open line if these versions were published today; refused where they can't be.

    It is screened as it would be then: today, and on each later day on which a version begins or has ended.
    """
    changes, today = published(known_versions(session), offered), business_today(session)
    days = [today, *sorted(turning_days(changes, after=today))]
    rules = {day: _rules_of(offered, day) for day in days}
    items = {row.sku: row.published for row in session.execute(select(item))}
    after = None
    while ids := rescreenings.open_orders(session, after=after, limit=ORDERS_AT_ONCE):
        found = select(Order).where(orders.c.id.in_(ids)).order_by(orders.c.id)
        for order in session.execute(found).scalars():
            yield from _changes(session, order, rules, items, today)
        session.expunge_all()
        after = ids[-1]


def _rules_of(offered: Sequence[Version], day: date) -> list[Rule]:
    return [rule for each in offered for rule in policies.rules_of(each.id, each.version, each.row, day)]


def _changes(
    session: Session,
    order: Order,
    rules: Mapping[date, Sequence[Rule]],
    items: Mapping[str, Mapping[str, Any]],
    today: date,
) -> Iterator[Change]:
    """What would become of a line as it stands now, on the first day on which that is decided."""
    families = policies.prison_families(session, order.buyer)
    for line in order.lines:
        if line.closed:
            continue
        goods = policies.goods_of(line, items, prison_families=families, today=today)
        before = None
        for day, counting_then in rules.items():
            found = verdict(line, screen(goods, counting_then))
            if found.changes and found != before:
                ends = found.stricter and _released(line)
                yield Change(order=order, line=line, on=day, found=found, release_ends=ends)
            before = found


def _released(line: Line) -> bool:
    signed = any(hold.open and hold.signatures for hold in line.holds)
    return signed or line.produce_until is not None or line.export_until is not None
