"""What the commands of operators take: where to look, in what service, how old, why."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from kendi.cli.options import SERVICES
from shared.clock import real_now
from shared.messaging.operating import SHORTEST_REASON

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(".kendi"),
    help="folder of `kendi up` (.kendi), used where no KENDI_<SERVICE>_DATABASE_URL is set",
)
SERVICE = click.option("--service", type=click.Choice(SERVICES), help="in this service only")
REASON = click.option(
    "--reason", required=True, help=f"why, in {SHORTEST_REASON} characters or more; is kept"
)
IDS = click.argument("ids", type=click.UUID, nargs=-1, metavar="[ID]...")

AGE = re.compile(r"(\d{1,5})(s|min|h|d)")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


class Age(click.ParamType[timedelta]):
    """A length of time, such as 90s, 10min, 2h or 3d."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        found = AGE.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no length of time; give for example 90s, 10min, 2h or 3d", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


class Moment(click.ParamType[datetime]):
    """A time with its zone, or how long ago."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if AGE.fullmatch(str(value)):
            return real_now() - Age().convert(value, param, ctx)
        moment = _moment(str(value))
        if moment is None or moment.tzinfo is None:
            self.fail(f"{value!r} is no time with a zone; give 2026-01-31T08:00:00Z, or 2h", param, ctx)
        return moment


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
