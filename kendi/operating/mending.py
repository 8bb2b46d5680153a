"""``kendi events retry | discard | resend | dismiss``: what an operator does to events, each kept with a name."""

import getpass
import socket
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from kendi.cli.options import JSON, SERVICES
from kendi.operating import words
from kendi.operating.options import DATA, IDS, REASON, SERVICE, Moment
from kendi.operating.places import Place, places
from shared.messaging import operating, whereabouts
from shared.messaging.operating import Operator
from shared.messaging.tables import Inbox
from shared.refusal import Refused


def operator() -> Operator:
    """Whoever is signed in to this machine."""
    return Operator(f"{getpass.getuser()}@{socket.gethostname()}", "command line")


@click.command()
@IDS
@click.option("--fingerprint", help="all that failed in this way")
@click.option("--all", "every", is_flag=True, help="all that are parked")
@SERVICE
@DATA
@JSON
def retry(
    ids: tuple[UUID, ...],
    fingerprint: str | None,
    every: bool,
    service: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Try parked events again at once: by id, by fingerprint, or all.

    Example: kendi events retry --fingerprint 3f1c9a0b7d2e
    """
    if sum(map(bool, (ids, fingerprint, every))) != 1:
        raise click.UsageError("give ids, or --fingerprint, or --all")
    retried: dict[str, list[UUID]] = {}
    with places(data, service) as found:
        for place in found:
            with place.writing() as session:
                retried[place.name] = operating.retry(
                    session, by=operator(), events=ids, fingerprint=fingerprint
                )
    missed = set(ids) - {id for some in retried.values() for id in some}
    if missed or not any(retried.values()):
        raise Refused(
            "Nothing parked fits: {what}.", what=", ".join(map(str, missed)) or fingerprint or "none is"
        )
    count = sum(map(len, retried.values()))
    words.show({"retried": retried}, f"tried again: {count}", as_json)


@click.command()
@click.argument("id", type=click.UUID)
@REASON
@SERVICE
@DATA
@JSON
def discard(id: UUID, reason: str, service: str | None, data: Path, as_json: bool) -> None:
    """Let a subject go on without its next event, for ever. The event is kept, without effect.

    Example: kendi events discard 0197c1a2-7d43-7c11-9c3e-0a5a1b2c3d4e --reason "told twice, see ticket 12"
    """
    with places(data, service) as found:
        place = _where_it_waits(found, id)
        with place.writing() as session:
            operating.discard(session, event_id=id, reason=reason, by=operator())
    words.show({"discarded": id, "service": place.name}, f"discarded in {place.name}: {id}", as_json)


def _where_it_waits(found: Sequence[Place], id: UUID) -> Place:
    received = {}
    for place in found:
        with place.reading() as session:
            for row in whereabouts.received(session, id):
                received[place.name] = (place, row["state"] in (Inbox.PENDING, Inbox.RUNNING, Inbox.PARKED))
    waiting = [place for place, waits in received.values() if waits]
    if len(waiting) > 1:
        names = " and ".join(place.name for place in waiting)
        raise Refused("The event waits in {names}; say which with --service.", names=names)
    if not received:
        raise Refused("No service has received the event {id}.", id=id)
    return waiting[0] if waiting else next(place for place, _ in received.values())


@click.command()
@IDS
@click.option("--to", type=click.Choice(SERVICES), required=True, help="who hears them again")
@click.option("--since", type=Moment(), help="all recorded since: 2026-01-31T08:00:00Z, or 2h")
@SERVICE
@DATA
@JSON
def resend(
    ids: tuple[UUID, ...], to: str, since: datetime | None, service: str | None, data: Path, as_json: bool
) -> None:
    """Send a subscriber events again, by id or since a time; none takes effect twice.

    Example: kendi events resend --to production --since 2h
    """
    if bool(ids) == (since is not None):
        raise click.UsageError("give ids, or --since")
    sent: dict[str, int] = {}
    with places(data, service) as found:
        for place in found:
            if service or to in _subscribers(place):
                with place.writing() as session:
                    sent[place.name] = operating.resend(
                        session, to=to, by=operator(), since=since, events=ids
                    )
    if ids and not any(sent.values()):
        raise Refused("No service told {to} of {ids}.", to=to, ids=", ".join(map(str, ids)))
    words.show({"sent": sent}, f"sent again to {to}: {sum(sent.values())}", as_json)


def _subscribers(place: Place) -> Sequence[str]:
    with place.reading() as session:
        return operating.subscribers(session)


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
