"""How the commands of operators say it: ages, where an event stands, what an order waits for."""

import json
import shutil
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

import click

from shared.clock import real_now
from shared.messaging.awaiting import Awaited
from shared.messaging.whereabouts import Entry

LONGEST_ERROR = 120
NARROWEST = 60
"""Columns that a subject with the id of an order fits in, and its indent."""


def age(seconds: float | None) -> str:
    """Seconds as a person says them."""
    if seconds is None:
        return "–"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def since(moment: datetime | None) -> str:
    return "never" if moment is None else f"{age((real_now() - moment).total_seconds())} ago"


def until(moment: datetime) -> str:
    left = (moment - real_now()).total_seconds()
    return f"in {age(left)}" if left > 0 else "now"


def brief(error: str | None) -> str:
    """The beginning of an error; ``kendi events show`` has all of it."""
    first = (error or "no error was kept").replace("\\n", "\n").splitlines()[0]
    return first if len(first) <= LONGEST_ERROR else f"{first[:LONGEST_ERROR]}…"


def as_json(value: Any) -> str:
    """One line of JSON; times in RFC 3339."""
    return json.dumps(value, default=_json, separators=(",", ":"))


def _json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def show(value: Any, text: str | Iterable[str], for_machines: bool) -> None:
    if for_machines:
        click.echo(as_json(value))
    else:
        say([text] if isinstance(text, str) else text)


def say(lines: Iterable[str]) -> None:
    """Print lines, folded at the width of the terminal; to a file or a pipe, each is one line."""
    width = shutil.get_terminal_size((0, 0)).columns
    for line in lines:
        click.echo("\n".join(_folded(line, width)) if width else line)


def _folded(line: str, width: int) -> list[str]:
    """No id and no type is cut, so that it can be copied; the rest of a line stands further in."""
    return textwrap.wrap(
        line,
        max(width, NARROWEST),
        subsequent_indent=" " * (len(line) - len(line.lstrip()) + 4),
        replace_whitespace=False,
        break_on_hyphens=False,
    ) or [line]


def entry(entry: Entry) -> str:
    """Where an event stands between its publisher and a subscriber."""
    if entry.told_by == entry.publisher:
        return f"{entry.publisher} → {entry.subscriber}: {entry.state}{_sending(entry)}"
    return f"in {entry.subscriber}: {entry.state}{_applying(entry)}"


def _sending(entry: Entry) -> str:
    if entry.state == "sent":
        return f" {_times(entry.attempts)}, again {until(entry.next_at)} unless it is confirmed"
    return ""


def _applying(entry: Entry) -> str:
    if entry.state == "parked":
        return f" after {entry.attempts} tries: {brief(entry.error)} (fingerprint {entry.fingerprint or '–'})"
    if entry.state == "waiting" and entry.waits_for:
        return f" for {_subject(entry.waits_for)}"
    if entry.state == "waiting" and entry.attempts:
        return f", failed {_times(entry.attempts)}, again {until(entry.next_at)}: {brief(entry.error)}"
    return ""


def awaited(each: Awaited) -> str:
    """One line: what is awaited, who owes it, since when, and what can be done."""
    event = f"{each.type or 'the event'} ({each.sequence} of {each.subject})"
    behind = f"; {each.behind} more behind it" if each.behind else ""
    return f"{_SAID[each.why](each, event)}, since {moment(each.since)}{behind}"


def step(step: Mapping[str, Any]) -> str:
    """One line: the step that lines of an order wait for, who owes it, since when, and by when."""
    begun = f", since {moment(step['since'])}" if step["since"] else ""
    by = f", by {step['by']}" if step["by"] else ""
    return f"{step['text'].rstrip('.')}: owed by {' and '.join(step['owners'])}{begun}{by}"


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC ({since(at)})"


_SAID = {
    "parked": lambda each, event: (
        f"{each.waiting} parked {event} after {each.attempts} tries: {brief(each.error)}; an operator owes"
        f" kendi events retry {each.event_id}, or discard"
    ),
    "not yet": lambda each, event: f"{each.waiting} holds {event} until {_subject(each.waits_for)}",
    "not received": lambda each, event: f"{each.waiting} waits for {each.owed_by} to send {event}",
    "failing": lambda each, event: (
        f"{each.waiting} failed {_times(each.attempts)} on {event}, tries again {until(each.next_at)}: {brief(each.error)}"
    ),
    "in turn": lambda each, event: f"{each.waiting} has {event} and applies it next",
    "not confirmed": lambda each, event: (
        f"{each.waiting} waits for {each.owed_by} to confirm {event}, sent {_times(each.attempts)}"
    ),
}


def _subject(waits_for: str) -> str:
    source, _, subject = waits_for.partition(" ")
    if source == "version":
        return f"a version that knows {subject} runs"
    return f"{source} tells of {subject}"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
