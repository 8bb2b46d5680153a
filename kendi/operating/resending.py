"""``kendi events resend``: a subscriber is told again what it was told before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from kendi.cli.options import JSON, SERVICES
from kendi.operating import choosing, words
from kendi.operating.choosing import MOST_NAMED, Fitting
from kendi.operating.mending import operator
from kendi.operating.options import (
    DATA,
    DRY_RUN,
    IDS,
    OLDER_THAN,
    ORDER,
    SERVICE,
    SINCE,
    TYPE,
    given,
    need_one,
    taking,
)
from kendi.operating.places import Place, places
from shared.messaging import resending
from shared.messaging.resending import Step, Told
from shared.messaging.whereabouts import Filters
from shared.refusal import Refused

Plan = tuple[Fitting, Told, Sequence[Step]]
"""What fits in a service, and the steps in which it is sent again."""


@click.command()
@IDS
@click.option("--to", type=click.Choice(SERVICES), required=True, help="who hears them again")
@taking(SINCE, ORDER, TYPE, OLDER_THAN, DRY_RUN, SERVICE, DATA, JSON)
def resend(
    ids: tuple[UUID, ...],
    to: str,
    dry_run: bool,
    service: str | None,
    data: Path,
    as_json: bool,
    **filters: Any,
) -> None:
    """Send a subscriber events again: those named, or those that fit all filters; none takes effect twice.

    Says first which fit. Many go in steps; one that was interrupted can be repeated.

    Example: kendi events resend --to production --since 2h
    """
    need_one(ids, given(filters), said="give ids, or filters such as --since")
    with places(data, service) as found:
        tellers = [place for place in found if service or to in _subscribers(place)]
        told = _named(tellers, to, ids) if ids else [(each, Told(to, Filters(**filters))) for each in tellers]
        plans = [_plan(place, which) for place, which in told]
        if not (ids or as_json):
            for fits, _, _ in plans:
                words.say(fits.told())
        sent = {} if dry_run else {plan[0].place.name: _carry_out(plan) for plan in plans}
    said = "nothing was done" if dry_run else f"sent again to {to}: {sum(sent.values())}"
    words.show({"fits": choosing.as_json(fits for fits, _, _ in plans), "sent": sent}, said, as_json)


def _subscribers(place: Place) -> list[str]:
    with place.reading() as session:
        return resending.subscribers(session)


def _named(tellers: Sequence[Place], to: str, ids: Sequence[UUID]) -> list[tuple[Place, Told]]:
    """These events, each with the service that told it; refused with those that none did."""
    told = []
    for place in tellers:
        with place.reading() as session:
            theirs = resending.told_of(session, to, ids)
        if theirs:
            told.append((place, Told(to, events=sorted(theirs))))
    known = {id for _, which in told for id in which.events}
    unknown = [str(id) for id in ids if id not in known]
    if unknown:
        said = "Nothing was sent, as no service told {to} of this: {events}."
        raise Refused(said, to=to, events=", ".join(unknown))
    return told


def _plan(place: Place, told: Told) -> Plan:
    """Counting very many takes a while: each step after the first says how far it is."""
    steps: list[Step] = []
    count = 0
    with place.reading() as session:
        for step in resending.steps(session, told):
            steps.append(step)
            count += step.count
            if len(steps) > 1:
                click.echo(f"{place.name}: {count} fit so far", err=True)
        first = resending.first(session, told, MOST_NAMED)
    return Fitting(place, count, first), told, steps


def _carry_out(plan: Plan) -> int:
    fits, told, steps = plan
    with fits.place.writing() as session:
        if steps:
            resending.begin(session, told=told, by=operator())
    sent = 0
    for step in steps:
        with fits.place.writing() as session:
            sent += resending.send_again(session, told=told, step=step)
        if len(steps) > 1:
            click.echo(f"{fits.place.name}: {sent} of {fits.count}", err=True)
    return sent
