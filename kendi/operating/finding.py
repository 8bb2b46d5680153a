"""``kendi events list | parked | show``: which events there are, and where each stands."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from kendi.cli.options import JSON
from kendi.operating import words
from kendi.operating.options import DATA, SERVICE, Age
from kendi.operating.places import Place, places
from shared.messaging import whereabouts
from shared.messaging.whereabouts import HEARD, SENT, Entry, Filters
from shared.refusal import Refused


def _filtered(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--before", type=click.UUID, help="older than this event: the next page"),
        click.option("--limit", type=click.IntRange(1, 500), default=50, help="events in a page (50)"),
        click.option("--state", type=click.Choice([*SENT, *HEARD]), help="only in this state"),
        click.option("--older-than", type=Age(), help="recorded or received longer ago, such as 10min"),
        click.option("--fingerprint", help="failed in this way"),
        click.option("--type", help="of this type, such as kendi.orders.order_placed.v1"),
        click.option("--order", type=click.UUID, help="about this order"),
    ):
        command = option(command)
    return command


@click.command("list")
@_filtered
@SERVICE
@DATA
@JSON
def list_(service: str | None, data: Path, as_json: bool, **filters: Any) -> None:
    """List events, newest first, with where each stands.

    Example: kendi events list --order 0197c1a2-7d43-7c11-9c3e-0a5a1b2c3d4e
    """
    _list(data, service, Filters(**filters), as_json)


@click.command()
@_filtered
@SERVICE
@DATA
@JSON
def parked(service: str | None, data: Path, as_json: bool, **filters: Any) -> None:
    """List what was parked: events that kept failing, and messages that could not be trusted.

    Example: kendi events parked --older-than 10min
    """
    filters["state"] = filters["state"] or "parked"
    _list(data, service, Filters(**filters), as_json, with_messages=True)


def _list(
    data: Path, service: str | None, filters: Filters, as_json: bool, *, with_messages: bool = False
) -> None:
    messages = []
    with places(data, service) as found:
        entries: list[Entry] = []
        for place in found:
            with place.reading() as session:
                entries += whereabouts.entries(session, place.card, filters)
                if with_messages:
                    messages += [{"service": place.name, **row} for row in whereabouts.messages(session)]
    page = _pages(entries)[: filters.limit]
    further = page[-1][0] if len(page) == filters.limit else None
    answer = {"events": page, "before": further, **({"messages": messages} if with_messages else {})}
    answer["events"] = [{"event_id": id, "entries": some} for id, some in page]
    words.show(answer, _told(page, messages, further), as_json)


def _pages(entries: Sequence[Entry]) -> list[tuple[UUID, list[Entry]]]:
    """The entries of each event together, newest event first, its publisher's before the others'."""
    ordered = sorted(entries, key=lambda e: (e.event_id, e.told_by != e.publisher, e.subscriber))
    grouped = [(id, list(some)) for id, some in groupby(ordered, key=lambda entry: entry.event_id)]
    return grouped[::-1]


def _told(
    page: Sequence[tuple[UUID, list[Entry]]], messages: Sequence[dict[str, Any]], further: UUID | None
) -> Iterable[str]:
    for id, entries in page:
        first = entries[0]
        yield f"{id}  {first.type}  {first.sequence} of {first.subject}  {words.since(first.at)}"
        yield from (f"    {words.entry(entry)}" for entry in entries)
    for message in messages:
        at = words.since(message["parked_at"])
        yield f"message {message['id']} in {message['service']}, {at}: {message['reason']}"
    if further:
        yield f"older ones: --before {further}"
    if not page and not messages:
        yield "none"


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
    rows = [*whereabouts.received(session, id)]
    recorded = whereabouts.recorded(session, id)
    if recorded:
        rows.append(recorded)
    for row in rows:
        yield {
            "service": place.name,
            "as": "publisher" if row is recorded else "subscriber",
            **row,
            "deliveries": whereabouts.deliveries(session, id) if row is recorded else [],
            "actions": whereabouts.actions(session, id),
        }


def _shown(known: Sequence[dict[str, Any]]) -> Iterable[str]:
    for each in known:
        yield f"{each['service']}, as {each['as']}:"
        stands = {"state": whereabouts.word(HEARD, each["state"])} if "state" in each else {}
        for name, value in (each | stands).items():
            if name not in ("service", "as", "deliveries", "actions") and value is not None:
                yield f"    {name}: {words.as_json(value) if isinstance(value, dict) else value}"
        for row in each["deliveries"]:
            state = whereabouts.word(SENT, row["state"])
            yield f"    to {row['subscriber']}: {state}, attempts {row['attempts']}"
        for row in each["actions"]:
            why = f": {row['reason']}" if row["reason"] else ""
            yield f"    {row['at']:%Y-%m-%d %H:%M:%S} UTC {row['actor']} ({row['actor_role']}): {row['action']}{why}"
