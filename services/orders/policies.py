"""The destination policies in force, kept as rows so that a decision can be traced to them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.orders.domain.destination_policy import SEVERITY, Goods, Rule, unreadable
from services.orders.domain.order import LANE, Line
from services.orders.storage import buyer as buyers
from services.orders.storage import destination_policy, item
from shared import reference

LIVE = destination_policy.c.withdrawn_at.is_(None)
PUBLISHING = func.hashtext("destination policies")
"""The lock of the policies: shared by who decides by them, alone to who publishes."""
DECIDING = select(func.pg_advisory_xact_lock_shared(PUBLISHING))
RULES = select(destination_policy).where(LIVE).order_by(destination_policy.c.id)

_DATES = ("delivery_from", "delivery_before")
_LISTS = ("countries", "hs", "needs", "law")
_NOT_CONDITIONS = ("valid_from", "valid_to", "verified_on", "owner")


def in_force(session: Session, on: date) -> list[Rule]:
    """The rules of that day. None at all means that every destination is held.

    Nobody publishes before the commit of who decides by them, so that what is decided by the earlier rules
    is there to be screened again.
    """
    session.execute(DECIDING)
    return [rule for row in session.execute(RULES) for rule in rules_of(row.id, row.version, row.row, on)]


def wait_for_deciders(session: Session) -> None:
    """Let all commit who decide by the rules, and let nobody decide by them before the caller commits."""
    session.execute(select(func.pg_advisory_xact_lock(PUBLISHING)))


def rules_of(id: str, version: int, row: Mapping[str, Any], on: date) -> list[Rule]:
    """The rule that a row is on that day, if it is valid then; one that can't be understood holds all."""
    try:
        return [_rule(id, version, row)] if _is_valid(row, on) else []
    except (AttributeError, KeyError, TypeError, ValueError):
        return [unreadable(id, version)]


def goods(
    published: Mapping[str, Any],
    *,
    destination: str,
    transit: list[str] | tuple[str, ...] | None,
    delivery: date,
    prison_families: tuple[str, ...] | None,
    lane: str = LANE,
) -> Goods:
    """Pieces of an item that go somewhere."""
    return Goods(
        destination=destination,
        transit=None if transit is None else tuple(transit),
        lane=lane,
        hs6=published["hs6"],
        family=published.get("family"),
        delivery=delivery,
        prison_families=prison_families,
    )


def goods_of(
    line: Line,
    items: Mapping[str, Mapping[str, Any]],
    *,
    prison_families: tuple[str, ...] | None,
    today: date,
) -> Goods:
    """What an order line is for the rules, by who made it as far as that is known; the published items by their SKUs.

    What was to be there before today comes today at the earliest.
    """
    return goods(
        items[line.sku],
        destination=line.destination,
        transit=line.transit,
        delivery=max(line.delivery, today),
        prison_families=prison_families,
        lane=line.lane,
    )


def published_items(session: Session, lines: Iterable[Line]) -> dict[str, Mapping[str, Any]]:
    """The items of some lines as they are published now, by their SKUs."""
    skus = {line.sku for line in lines}
    query = select(item.c.sku, item.c.published).where(item.c.sku.in_(skus))
    return {row.sku: row.published for row in session.execute(query)}


def prison_families(session: Session, buyer: str) -> tuple[str, ...] | None:
    """The families of goods for which a seller has a contract for prison work; ``None`` if it has not said."""
    query = select(buyers.c.particulars).where(buyers.c.code == buyer)
    return families_in(session.execute(query).scalar_one_or_none())


def families_in(particulars: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """The same, where the seller's particulars are at hand."""
    told = (particulars or {}).get("prison_families")
    return None if told is None else tuple(told)


def looked_at(published: Mapping[str, Any]) -> tuple[str, str | None]:
    """What the rules look at in an item."""
    return published["hs6"], published.get("family")


def as_row(policy: reference.Policy) -> dict[str, Any]:
    """What is kept of a version beside its id and number."""
    match = policy.match
    return {
        "action": policy.action,
        "lane": policy.lane,
        "countries": None if match.countries is None else list(match.countries),
        "transit": match.transit,
        "hs": None if match.hs is None else list(match.hs),
        "delivery_from": _written(match.delivery_from),
        "delivery_before": _written(match.delivery_before),
        "seller_has_prison_contract": match.seller_has_prison_contract,
        "same_family": match.same_family,
        "catch_all": match.catch_all,
        "needs": list(policy.needs),
        "law": list(policy.law),
        "explanation_en": policy.explanation_en,
        "explanation_id": policy.explanation_id,
        "valid_from": _written(policy.valid_from),
        "valid_to": _written(policy.valid_to),
        "verified_on": _written(policy.verified_on),
        "owner": policy.owner,
    }


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _is_valid(row: Mapping[str, Any], on: date) -> bool:
    begins, ends = row.get("valid_from"), row.get("valid_to")
    return (not begins or date.fromisoformat(begins) <= on) and (not ends or on <= date.fromisoformat(ends))


def _rule(id: str, version: int, row: Mapping[str, Any]) -> Rule:
    dates = {name: date.fromisoformat(row[name]) for name in _DATES if row.get(name)}
    lists = {name: tuple(row[name]) for name in _LISTS if row.get(name) is not None}
    rest = {name: value for name, value in row.items() if name not in _NOT_CONDITIONS}
    if rest["action"] not in SEVERITY:
        raise ValueError(rest["action"])
    return Rule(id=id, version=version, **{**rest, **lists, **dates})
