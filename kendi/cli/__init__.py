"""The ``kendi`` command: a module for each group of its commands, put together here."""

import importlib
import sys
from typing import Any

import click

from kendi.cli import access, doctoring, exporting, preparing, proving, running, serving
from shared.failure import Failure

ELSEWHERE = {
    "status": "kendi.operating",
    "events": "kendi.operating",
    "hold": "kendi.holding",
    "policy": "kendi.policies",
    "purge": "kendi.purging",
    "replan": "kendi.replanning",
    "restored": "kendi.restoring",
    "simulate": "kendi.simulation",
}
"""Commands whose options need the services' parts: imported when they are asked for."""


class OneLine(click.Group):
    """A group whose commands fail with one clear line and a non-zero exit."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(importlib.import_module(ELSEWHERE[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            told = _in_one_line(error)
            if told is None:  # a fault of ours goes on to the person as it is
                raise
            click.echo(f"kendi: {told}", err=True)
            sys.exit(1)


def _in_one_line(error: Exception) -> str | None:
    """What the person can do something about: what a command refuses, and a database that does not answer."""
    if isinstance(error, Failure):
        return str(error)
    import psycopg  # a command that needs no database ends without it
    from sqlalchemy.exc import DBAPIError

    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.OperationalError):
        first, _, _ = str(cause).partition("\n")
        return f"the database does not answer: {first}"
    return None


@click.group(cls=OneLine)
def main() -> None:
    """Kendi takes an order for goods made in correctional facilities to delivery abroad."""


COMMANDS = (
    running.up,
    running.demo,
    preparing.migrate,
    preparing.load,
    access.key,
    access.user,
    serving.web,
    serving.worker,
    serving.relay,
    serving.alive,
    doctoring.doctor,
    exporting.export,
    proving.faults,
)
for command in COMMANDS:
    main.add_command(command)
