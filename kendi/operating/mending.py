"""``kendi events retry | discard | dismiss``: what an operator does to events, each kept with a name."""

import getpass
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from kendi.cli.options import JSON, SERVICES
from kendi.operating import choosing, words
from kendi.operating.choosing import Chosen
from kendi.operating.options import (
    DATA,
    DRY_RUN,
    FINGERPRINT,
    IDS,
    OLDER_THAN,
    ORDER,
    REASON,
    SERVICE,
    TYPE,
    given,
    need_one,
    taking,
)
from kendi.operating.places import Place, places
from shared.messaging import operating
from shared.messaging.operating import Operator
from shared.messaging.whereabouts import Filters
from shared.refusal import Refused


def operator() -> Operator:
    """Whoever is signed in to this machine."""
    return Operator(f"{getpass.getuser()}@{socket.gethostname()}", "command line")


@click.command()
@IDS
@click.option("--all", "every", is_flag=True, help="all that are parked")
@taking(ORDER, TYPE, FINGERPRINT, OLDER_THAN, DRY_RUN, SERVICE, DATA, JSON)
def retry(
    ids: tuple[UUID, ...],
    every: bool,
    dry_run: bool,
    service: str | None,
    data: Path,
    as_json: bool,
    **filters: Any,
) -> None:
    """Try parked events again at once: those named, those that fit all filters, or all.

    Says first which fit. All are tried again, or none.

    Example: kendi events retry --fingerprint 3f1c9a0b7d2e
    """
    need_one(ids, given(filters), every, said="give ids, or filters such as --fingerprint, or --all")
    with places(data, service) as found:
        chosen = _waiting(found, ids) if ids else choosing.fitting(found, Filters(**filters))
        if not (ids or as_json):
            _tell(chosen)
        if not dry_run:
            with choosing.all_or_none(chosen) as everywhere:
                for each, session in everywhere:
                    operating.retry(session, events=each.ids, by=operator())
    _told(chosen, "retried", "tried again", dry_run, as_json)


def _waiting(found: Sequence[Place], ids: Sequence[UUID]) -> list[Chosen]:
    """These events, where each waits or is parked; refused with those that do nowhere."""
    chosen = choosing.waiting(found, ids)
    waiting = {id for each in chosen for id in each.ids}
    others = [str(id) for id in ids if id not in waiting]
    if others:
        raise Refused(
            "Nothing was done, as no service has this parked or waiting: {events}.", events=", ".join(others)
        )
    return chosen


@click.command()
@IDS
@REASON
@click.option("--yes", is_flag=True, help="do not ask before discarding what fits the filters")
@taking(ORDER, TYPE, FINGERPRINT, OLDER_THAN, DRY_RUN, SERVICE, DATA, JSON)
def discard(
    ids: tuple[UUID, ...],
    reason: str,
    yes: bool,
    dry_run: bool,
    service: str | None,
    data: Path,
    as_json: bool,
    **filters: Any,
) -> None:
    """Let subjects go on without their next event, for ever. The events are kept, without effect.

    Those named may wait or be parked, those that fit all filters are parked; it is said first which fit,
    and asked. All are discarded, or none.

    Example: kendi events discard 0197c1a2-7d43-7c11-9c3e-0a5a1b2c3d4e --reason "told twice, see ticket 12"
    """
    need_one(ids, given(filters), said="give ids, or filters such as --fingerprint")
    with places(data, service) as found:
        chosen = _in_one_place(found, ids) if ids else choosing.fitting(found, Filters(**filters))
        if not (ids or as_json):
            _tell(chosen)
        if not (ids or yes or dry_run):
            count = sum(each.count for each in chosen)
            click.confirm(f"Let their subjects go on without these {count}, for ever?", abort=True, err=True)
        if not dry_run:
            with choosing.all_or_none(chosen) as everywhere:
                for each, session in everywhere:
                    operating.discard(session, events=each.ids, reason=reason, by=operator())
    _told(chosen, "discarded", "discarded", dry_run, as_json)


def _in_one_place(found: Sequence[Place], ids: Sequence[UUID]) -> list[Chosen]:
    chosen = _waiting(found, ids)
    for id in ids:
        names = [each.place.name for each in chosen if id in each.ids]
        if len(names) > 1:
            said = "The event {id} waits in {names}; say which with --service."
            raise Refused(said, id=id, names=" and ".join(names))
    return chosen


def _tell(chosen: Sequence[Chosen]) -> None:
    for each in chosen:
        words.say(each.told())


def _told(chosen: Sequence[Chosen], name: str, said: str, dry_run: bool, as_json: bool) -> None:
    done = {} if dry_run else {each.place.name: each.ids for each in chosen}
    answer = {"fits": choosing.as_json(chosen), name: done}
    lines = [f"{said} in {place}: {len(ids)}" for place, ids in done.items()]
    words.show(answer, lines or "nothing was done", as_json)


@click.command()
@click.argument("id", type=int)
@click.option("--service", type=click.Choice(SERVICES), required=True, help="who parked it")
@REASON
@DATA
@JSON
def dismiss(id: int, service: str, reason: str, data: Path, as_json: bool) -> None:
    """Take a parked message off the list once its cause was seen to. The message is kept.

    Example: kendi events dismiss 3 --service production --reason "the old key, retired today"
    """
    with places(data, service) as (place,), place.writing() as session:
        operating.dismiss(session, message_id=id, reason=reason, by=operator())
    words.show({"dismissed": id, "service": service}, f"dismissed in {service}: message {id}", as_json)
