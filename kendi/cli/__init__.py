"""The ``kendi`` command: a module for each group of its commands, put together here."""

import sys
from typing import Any

import click

from kendi.cli import access, preparing, running, serving


class OneLine(click.Group):
    """A group whose commands fail with one clear line and a non-zero exit."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:  # what is not expected goes on to the person as it is
            from kendi.failures import EXPECTED

            if not isinstance(error, EXPECTED):
                raise
            click.echo(f"kendi: {error}", err=True)
            sys.exit(1)


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
)
for command in COMMANDS:
    main.add_command(command)
