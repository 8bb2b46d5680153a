"""``kendi status``: how the messaging of each service stands, or why one order waits."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from kendi.cli.options import JSON
from kendi.operating import words
from kendi.operating.options import DATA
from kendi.operating.places import NotReached, Place, places
from shared.messaging.awaiting import Awaited, awaited, of_order, of_subjects, reached
from shared.messaging.standing import KINDS, Standing, standing
from shared.refusal import Refused

WATCH_SECONDS = 2.0


@click.command()
@click.argument("order", type=click.UUID, required=False)
@click.option("--watch", is_flag=True, help="look again every two seconds until Ctrl-C")
@DATA
@JSON
def status(order: UUID | None, watch: bool, data: Path, as_json: bool) -> None:
    """Show how each service's messaging stands; with an order's id: what that order waits for.

    Reads the databases of `kendi up` in --data, or those of KENDI_<SERVICE>_DATABASE_URL.

    Example: kendi status --watch
    """
    with places(data) as found:
        failed = _look_once(found, order, as_json)
        with suppress(KeyboardInterrupt):
            while watch:
                click.echo("; ".join(failed), err=True, nl=bool(failed))
                time.sleep(WATCH_SECONDS)
                if not as_json:
                    click.clear()
                failed = _look_once(found, order, as_json)
    if failed:
        raise NotReached("; ".join(failed))


def _look_once(found: Sequence[Place], order: UUID | None, as_json: bool) -> list[str]:
    return _order(found, order, as_json) if order else _services(found, as_json)


def _services(found: Sequence[Place], as_json: bool) -> list[str]:
    """Print a line for each service; returns what could not be reached."""
    looks = {place.name: _look(place) for place in found}
    words.show(looks, _table(looks), as_json)
    return [said for look in looks.values() for said in look["failed"]]


def _look(place: Place) -> dict[str, Any]:
    failed, now, lengths = [], None, None
    try:
        with place.reading() as session:
            now = standing(session)
    except NotReached as error:
        failed.append(str(error))
    try:
        lengths = place.queue_lengths()
    except NotReached as error:
        failed.append(str(error))
    return {**(_as_dict(now) if now else {}), "queues": lengths, "failed": failed}


def _as_dict(now: Standing) -> dict[str, Any]:
    progress = [{**asdict(each), "alive": each.alive} for each in now.progress]
    return {**asdict(now), "progress": progress, "alive": now.alive, "warnings": now.warnings}


UNKNOWN = "?"


def _table(looks: Mapping[str, dict[str, Any]]) -> Iterable[str]:
    """A column for each service, so that large numbers fit in a narrow terminal; then its warnings."""
    columns = [_column(look) for look in looks.values()]
    rows = [["", *looks], *([name, *(column[name] for column in columns)] for name in columns[0])]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for name, look in looks.items():
        yield from (f"{name}: {warning}" for warning in look.get("warnings", ()))


def _column(look: Mapping[str, Any]) -> dict[str, str]:
    lengths = look["queues"]
    queued = UNKNOWN if lengths is None else str(sum(lengths.values()))
    outbox = look.get("outbox", ())
    receipts = [each["last_receipt_at"] for each in outbox if each["last_receipt_at"]]
    oldest = [each["oldest_seconds"] for each in outbox if each["oldest_seconds"] is not None]
    figures = {
        "to send": str(sum(each["pending"] for each in outbox)),
        "unconfirmed": str(sum(each["unacknowledged"] for each in outbox)),
        "oldest": words.age(max(oldest, default=None)),
        "waiting": str(look.get("waiting")),
        "oldest of them": words.age(look.get("oldest_waiting_seconds")),
        "parked": str(look.get("parked")),
        "in queue": queued,
        **{f"{kind}s alive": str(look.get("alive", {}).get(kind, "none")) for kind in KINDS},
        "last receipt": words.since(max(receipts, default=None)),
    }
    reached = "outbox" in look
    return {name: said if reached or name == "in queue" else UNKNOWN for name, said in figures.items()}


def _order(found: Sequence[Place], order: UUID, as_json: bool) -> list[str]:
    """Print a line for each thing that is awaited; returns what could not be reached."""
    failed: list[str] = []
    waiting: list[Awaited] = []
    at: dict[str, tuple[int | None, int | None]] = {}
    steps: list[dict[str, Any]] = []
    for place in found:
        try:
            with place.reading() as session:
                waiting += awaited(session, place.name, of_order(order))
                at[place.name] = reached(session, order)
                steps += _steps(place, session, order)
        except NotReached as error:
            failed.append(str(error))
    waiting += _behind(found, waiting)
    if not waiting and not failed and not any(any(numbers) for numbers in at.values()):
        raise Refused("No service knows the order {id}.", id=order)
    waiting.sort(key=lambda each: each.since)
    answer = {"order": order, "awaited": waiting, "next": steps, "reached": _reached(at), "failed": failed}
    quiet = [] if failed else [_quiet(order, at)]
    lines = [*([*map(words.awaited, waiting)] or quiet), *map(words.step, steps)]
    words.show(answer, lines, as_json)
    return failed


def _steps(place: Place, session: Session, order: UUID) -> list[dict[str, Any]]:
    """The step that each line of the order waits for, as the orders service tells it."""
    if place.name != "orders":
        return []
    from services.orders import sentences, views
    from services.orders.domain.order import Order

    found = session.get(Order, order)
    lines = views.order_in_full(session, found)["lines"] if found else []
    return sentences.tell_expected(session, lines, "en")


def _behind(found: Sequence[Place], waiting: Sequence[Awaited]) -> Iterable[Awaited]:
    """What holds up the subjects that the order's events wait for."""
    subjects = {each.waits_for for each in waiting if each.waits_for}
    known = {(each.waiting, each.why, each.subject) for each in waiting}
    for place in found if subjects else ():
        try:
            with place.reading() as session:
                more = awaited(session, place.name, of_subjects(subjects))
        except NotReached:  # said already
            continue
        yield from (each for each in more if (each.waiting, each.why, each.subject) not in known)


def _reached(at: Mapping[str, tuple[int | None, int | None]]) -> dict[str, dict[str, int | None]]:
    return {name: {"told": told, "applied": applied} for name, (told, applied) in at.items()}


def _quiet(order: UUID, at: Mapping[str, tuple[int | None, int | None]]) -> str:
    told = max((told or 0 for told, _ in at.values()), default=0)
    applied = [f"{name} applied {n}" for name, (_, n) in at.items() if n is not None]
    return (
        f"nothing about order {order} is on its way: orders told {told} events of it,"
        f" {' and '.join(applied) or 'nobody applied any'}"
    )
