"""What the commands of operators take: where to look, in what service, how old, why."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from kendi.cli.options import SERVICES
from shared.clock import real_now
from shared.messaging.operating import LONGEST_REASON, SHORTEST_REASON
from shared.messaging.whereabouts import LENGTH, length_of_time
from shared.text import is_plain

Command = Callable[..., None]

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(".kendi"),
    help="folder of `kendi up` (.kendi), used where no KENDI_<SERVICE>_DATABASE_URL is set",
)
SERVICE = click.option("--service", type=click.Choice(SERVICES), help="in this service only")
REASON = click.option(
    "--reason", required=True, help=f"why, in {SHORTEST_REASON} to {LONGEST_REASON} characters; is kept"
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="say which events fit, and do nothing")
IDS = click.argument("ids", type=click.UUID, nargs=-1, metavar="[ID]...")


class Age(click.ParamType[timedelta]):
    """A length of time, such as 90s, 10min, 2h or 3d."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return length_of_time(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[datetime]):
    """A time with its zone, or how long ago."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if LENGTH.fullmatch(str(value)):
            return real_now() - Age().convert(value, param, ctx)
        moment = _moment(str(value))
        if moment is None or moment.tzinfo is None:
            self.fail(f"{value!r} is no time with a zone; give 2026-01-31T08:00:00Z, or 2h", param, ctx)
        return moment


class Plain(click.ParamType[str]):
    """A code that can be read and compared."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value or not is_plain(str(value)):
            self.fail("give plain text", param, ctx)
        return str(value)


ORDER = click.option("--order", type=click.UUID, help="about this order")
TYPE = click.option("--type", type=Plain(), help="of this type, such as kendi.orders.order_placed.v1")
FINGERPRINT = click.option("--fingerprint", type=Plain(), help="failed in this way")
OLDER_THAN = click.option("--older-than", type=Age(), help="recorded or received longer ago, such as 10min")
SINCE = click.option("--since", type=Moment(), help="recorded since: 2026-01-31T08:00:00Z, or 2h")


def taking(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """The command takes these options, in this order of its help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def given(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that were given."""
    return {name: value for name, value in filters.items() if value is not None}


def need_one(*ways: object, said: str) -> None:
    """Which events are meant is said in one way, not in none and not in two."""
    if sum(map(bool, ways)) != 1:
        raise click.UsageError(said)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
