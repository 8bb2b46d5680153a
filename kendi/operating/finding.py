"""``kendi events list | parked | show``: which events there are, and where each stands."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from kendi.cli.options import JSON
from kendi.operating import words
from kendi.operating.options import DATA, FINGERPRINT, OLDER_THAN, ORDER, SERVICE, TYPE, taking
from kendi.operating.places import Place, places
from shared.database import LARGEST_ID
from shared.messaging import whereabouts
from shared.messaging.parked import messages as parked_messages
from shared.messaging.whereabouts import HEARD, SENT, Entry, Filters
from shared.refusal import Refused

BEFORE = click.option("--before", type=click.UUID, help="older than this event: the next page")
LIMIT = click.option("--limit", type=click.IntRange(1, 500), default=50, help="events in a page (50)")
STATE = click.option("--state", type=click.Choice([*SENT, *HEARD]), help="only in this state")
MESSAGES_BEFORE = click.option(
    "--messages-before",
    type=click.IntRange(1, LARGEST_ID),
    help="older than this message: the next page of messages",
)


@click.command("list")
@taking(ORDER, TYPE, FINGERPRINT, STATE, OLDER_THAN, LIMIT, BEFORE, SERVICE, DATA, JSON)
def list_(service: str | None, data: Path, as_json: bool, **filters: Any) -> None:
    """List events, newest first, with where each stands.

    Example: kendi events list --order 0197c1a2-7d43-7c11-9c3e-0a5a1b2c3d4e
    """
    wanted = Filters(**filters)
    with places(data, service) as found:
        page = _page(found, wanted)
    words.show(_as_json(page, wanted), _lines(page, wanted) or "none", as_json)


@click.command()
@taking(ORDER, TYPE, FINGERPRINT, OLDER_THAN, LIMIT, BEFORE, MESSAGES_BEFORE, SERVICE, DATA, JSON)
def parked(
    service: str | None, data: Path, as_json: bool, messages_before: int | None, **filters: Any
) -> None:
    """List what was parked: events that kept failing, and messages that could not be trusted.

    Example: kendi events parked --older-than 10min
    """
    if messages_before and not service:
        raise click.UsageError("say with --service whose messages, as each service numbers its own")
    wanted = Filters(**filters, state="parked")
    with places(data, service) as found:
        page = _page(found, wanted)
        messages = [message for place in found for message in _messages(place, wanted, messages_before)]
    answer = {**_as_json(page, wanted), "messages": messages}
    lines = [*_lines(page, wanted), *_lines_of_messages(messages, wanted)]
    words.show(answer, lines or "none", as_json)


Page = Sequence[tuple[UUID, list[Entry]]]
"""Events, newest first, each with what is known of it."""


def _page(found: Sequence[Place], wanted: Filters) -> Page:
    entries: list[Entry] = []
    for place in found:
        with place.reading() as session:
            entries += whereabouts.entries(session, place.card, wanted)
    return _pages(entries)[: wanted.limit]


def _next(page: Page, wanted: Filters) -> UUID | None:
    return page[-1][0] if len(page) == wanted.limit else None


def _as_json(page: Page, wanted: Filters) -> dict[str, Any]:
    events = [{"event_id": id, "entries": entries} for id, entries in page]
    return {"events": events, "before": _next(page, wanted)}


def _messages(place: Place, wanted: Filters, before: int | None) -> list[dict[str, Any]]:
    with place.reading() as session:
        rows = parked_messages(session, wanted, before=before, limit=wanted.limit)
        return [{"service": place.name, **row} for row in rows]


def _pages(entries: Sequence[Entry]) -> list[tuple[UUID, list[Entry]]]:
    """The entries of each event together, newest event first, its publisher's before the others'."""
    ordered = sorted(entries, key=lambda e: (e.event_id, e.told_by != e.publisher, e.subscriber))
    grouped = [(id, list(some)) for id, some in groupby(ordered, key=lambda entry: entry.event_id)]
    return grouped[::-1]


def _lines(page: Page, wanted: Filters) -> list[str]:
    lines = []
    for id, entries in page:
        first = entries[0]
        lines.append(f"{id}  {first.type}  {first.sequence} of {first.subject}  {words.since(first.at)}")
        lines += [f"    {words.entry(entry)}" for entry in entries]
    further = _next(page, wanted)
    return [*lines, f"older ones: --before {further}"] if further else lines


def _lines_of_messages(messages: Sequence[dict[str, Any]], wanted: Filters) -> Iterable[str]:
    for service, theirs in groupby(messages, key=lambda message: str(message["service"])):
        some = list(theirs)
        for message in some:
            at = words.since(message["parked_at"])
            times = f", {message['times']} times" if message["times"] > 1 else ""
            yield f"message {message['id']} in {service}, {at}{times}: {message['reason']}"
        if len(some) == wanted.limit:
            yield f"older messages: --messages-before {some[-1]['id']} --service {service}"


@click.command()
@click.argument("id", type=click.UUID)
@DATA
@JSON
def show(id: UUID, data: Path, as_json: bool) -> None:
    """Show all about one event: what it says, where it stands, and what operators did to it.

    Example: kendi events show 0197c1a2-7d43-7c11-9c3e-0a5a1b2c3d4e
    """
    known: list[dict[str, Any]] = []
    with places(data) as found:
        for place in found:
            with place.reading() as session:
                known += _known(place, session, id)
    if not known:
        raise Refused("No service knows the event {id}.", id=id)
    words.show({"event_id": id, "known": known}, _shown(known), as_json)


def _known(place: Place, session: Session, id: UUID) -> Iterable[dict[str, Any]]:
    acted = [dict(row) for row in whereabouts.actions(session, id)]
    for row in whereabouts.received(session, id):
        heard = {**row, "state": whereabouts.word(HEARD, row["state"])}
        yield {"service": place.name, "as": "subscriber", **heard, "deliveries": [], "actions": acted}
    recorded = whereabouts.recorded(session, id)
    if recorded:
        told = [
            {**row, "state": whereabouts.word(SENT, row["state"])}
            for row in whereabouts.deliveries(session, id)
        ]
        yield {"service": place.name, "as": "publisher", **recorded, "deliveries": told, "actions": acted}


def _shown(known: Sequence[dict[str, Any]]) -> Iterable[str]:
    for each in known:
        yield f"{each['service']}, as {each['as']}:"
        for name, value in each.items():
            if name not in ("service", "as", "deliveries", "actions") and value is not None:
                yield f"    {name}: {json.dumps(value) if isinstance(value, dict) else value}"
        for row in each["deliveries"]:
            yield f"    to {row['subscriber']}: {row['state']}, attempts {row['attempts']}"
        for row in each["actions"]:
            why = f": {row['reason']}" if row["reason"] else ""
            yield f"    {row['at']:%Y-%m-%d %H:%M:%S} UTC {row['actor']} ({row['actor_role']}): {row['action']}{why}"
