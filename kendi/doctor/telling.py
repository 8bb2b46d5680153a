"""What ``kendi doctor`` prints, for people and for machines. Each returns whether all is well."""

import json
from collections.abc import Iterable
from dataclasses import asdict

import click

from kendi.doctor.audit import EXAMPLES, Summary, summary
from kendi.doctor.checks import check
from kendi.doctor.reconciling import reconcile
from kendi.doctor.settings import settings
from kendi.doctor.surroundings import Surroundings


def tell_checks(surroundings: Surroundings, as_json: bool) -> bool:
    listed, checks = settings(surroundings), check(surroundings)
    wrong = [each for each in checks if not each.good]
    if as_json:
        click.echo(json.dumps({"settings": list(map(asdict, listed)), "checks": list(map(asdict, checks))}))
    else:
        _print(["Settings", *(f"  {each}" for each in listed), "Checks", *(f"  {each}" for each in checks)])
        click.echo(
            f"{len(wrong)} of {len(checks)} checks found something wrong." if wrong else "All is well."
        )
    return not wrong


def tell_audit(surroundings: Surroundings, as_json: bool) -> bool:
    found = summary(surroundings.database_urls)
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        _print(_told(found))
    return found.good


def tell_reconciled(surroundings: Surroundings, as_json: bool) -> bool:
    found = reconcile(surroundings.database_urls)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], default=str))
    else:
        _print(str(each) for each in found)
    return all(each.good for each in found)


def _told(found: Summary) -> Iterable[str]:
    yield f"{found.orders} orders, {found.events} events; {found.effects} of {found.deliveries} effects took place."
    if found.on_their_way:
        yield f"{len(found.on_their_way)} events still on their way."
    for kind, what in (
        ("not_conserved", "quantities that differ"),
        ("lost", "events lost"),
        ("stuck", "events stuck"),
        ("out_of_order", "effects out of order"),
        ("passing", "quantities that differ while events are on their way"),
    ):
        each = getattr(found, kind)
        yield f"{len(each)} {what}{':' if each else '.'}"
        yield from (f"  {example}" for example in each[:EXAMPLES])
        if len(each) > EXAMPLES:
            yield f"  and {len(each) - EXAMPLES} more"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
