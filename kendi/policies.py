"""``kendi policy``: what the destination policies say, and what a new version of them would change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from kendi.cli.options import JSON, say
from kendi.operating.options import DATA
from kendi.operating.places import NotReached, Place, places
from services.orders import checking
from services.orders.checking import Change
from services.orders.loading import versions_in
from shared import reference

LANES = ("custodial", "parole_community", "free")
OUTCOMES = {"blocked": "would be blocked", "held": "would be held", "freed": "would be less bound"}
NOT_A_PERMIT = "This system does not decide that goods may be imported."


@click.group()
def policy() -> None:
    """Ask what may go where, and what new rules would change before they are published.

    Example: kendi policy check --destination US --sku CR-BALL-07 --lane custodial
    """


@policy.command()
@click.option("--destination", required=True, help="country of ISO 3166-1, such as US")
@click.option("--sku", required=True, help="article of the catalogue, such as CR-BALL-07")
@click.option("--lane", type=click.Choice(LANES), required=True, help="who made the goods")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="decided and delivered on this day (today)")
@click.option("--transit", multiple=True, help="country that the route passes; may be given several times")
@click.option("--direct", is_flag=True, help="the route passes no other country")
@click.option("--seller", help="account of the seller; without it any contract for prison work is assumed")
@DATA
@JSON
def check(
    destination: str,
    sku: str,
    lane: str,
    on: datetime | None,
    transit: tuple[str, ...],
    direct: bool,
    seller: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Say whether goods may go to a destination by the published policies, with each rule and why it counts or not.

    Example: kendi policy check --destination BE --sku CR-BALL-07 --lane custodial --on 2027-12-14 --transit GB
    """
    if direct and transit:
        raise click.UsageError("Give --direct or --transit, not both.")
    with places(data, "orders") as found, _orders(found).reading() as session:
        answer = checking.check(
            session,
            destination=destination,
            sku=sku,
            lane=lane,
            seller=seller,
            transit=transit if transit or direct else None,
            on=on and on.date(),
        )
    say(answer, as_json, "\n".join(_spoken(answer)))


@policy.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DATA
@JSON
def diff(file: Path, data: Path, as_json: bool) -> None:
    """Say what would become of open lines if the policies of this file were published; nothing is changed.

    Example: kendi policy diff reference/destinations.yaml
    """
    offered = versions_in(reference.destinations_in(file))
    with places(data, "orders") as found, _orders(found).reading() as session:
        changes = [_as_dict(change) for change in checking.differences(session, offered)]
    caught = _caught(changes)
    answer = {
        "lines": changes,
        "caught": len(caught),
        "at_sea": [change for change in caught if change["at_sea"]],
    }
    say(answer, as_json, "\n".join(_told(answer)))


def _caught(changes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first change that catches a line, of each line that is caught, on whatever days."""
    first: dict[Any, Mapping[str, Any]] = {}
    for change in changes:
        if change["outcome"] != "freed":
            first.setdefault((change["order_id"], change["line"]), change)
    return list(first.values())


def _orders(found: Iterable[Place]) -> Place:
    for place in found:
        return place
    raise NotReached("orders: KENDI_ORDERS_DATABASE_URL is not set")


def _spoken(answer: Mapping[str, Any]) -> Iterable[str]:
    """The answer as somebody would read it out."""
    goods = answer["goods"]
    decided = {
        "allow": "allowed",
        "hold": "held until two people release it",
        "block": "blocked, and nobody can release it",
    }
    yield f"To {goods['destination']} on {_day(goods['delivery'])}, {goods['lane']}: {decided[answer['action']]}."
    yield answer["explanation"]
    if goods["transit"] is None:
        yield "The route is not known; it is looked at again when a shipment is booked."
    else:
        yield f"The route passes {', '.join(goods['transit']) or 'no other country'}."
    if answer["needs"]:
        yield f"A release needs {', '.join(answer['needs'])}."
    yield f"Law: {'; '.join(answer['law']) or 'none is named'}."
    for rule in answer["considered"]:
        counts = "counts" if rule["counts"] else "does not count"
        yield f"- {rule['rule']} ({rule['action']}) {counts}: {'; '.join(rule['why'])}"
    yield NOT_A_PERMIT


def _day(written: str) -> str:
    day = date.fromisoformat(written)
    return f"{day.day} {day:%B %Y}"


def _as_dict(change: Change) -> dict[str, Any]:
    found = change.found
    return {
        "order_id": str(change.order.id),
        "po_number": change.order.po_number,
        "line": change.line.number,
        "sku": change.line.sku,
        "destination": change.line.destination,
        "on": change.on.isoformat(),
        "before": found.before,
        "after": found.after,
        "outcome": change.outcome,
        "rules": list(found.by),
        "law": list(found.law),
        "release_ends": change.release_ends,
        "at_sea": found.at_sea,
    }


def _told(answer: Mapping[str, Any]) -> Iterable[str]:
    yield f"{answer['caught']} open lines would be caught; {len(answer['at_sea'])} of them have goods at sea."
    for outcome, said in OUTCOMES.items():
        for change in answer["lines"]:
            if change["outcome"] == outcome:
                then = f"{_line(change)}, on {_day(change['on'])}"
                yield f"- {then}: {change['before']} → {change['after']}, {said} by {_rules(change)}"
    if answer["at_sea"]:
        yield "Goods at sea, which nothing reaches any more:"
        for change in answer["at_sea"]:
            yield f"- {_line(change)}: {change['at_sea']} pieces"
    yield "Nothing was changed; kendi load publishes."


def _line(change: Mapping[str, Any]) -> str:
    return f"{change['po_number']} line {change['line']}, {change['sku']} to {change['destination']}"


def _rules(change: Mapping[str, Any]) -> str:
    ends = "; what was released for it ends" if change["release_ends"] else ""
    return f"{', '.join(change['rules']) or 'no rule'}{ends}"
