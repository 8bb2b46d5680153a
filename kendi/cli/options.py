"""What the commands have in common: options, the services, and how they print."""

import json
import signal
from typing import Any

import click

SERVICES = ("orders", "production", "logistics")
SERVICE = click.argument("service", type=click.Choice(SERVICES))
JSON = click.option("--json", "as_json", is_flag=True, help="print for machines")


def say(value: Any, as_json: bool, text: str) -> None:
    """Print the outcome: the value for machines, the text for people."""
    click.echo(json.dumps(value) if as_json else text)


def end_in_order_when_told() -> None:
    """Have SIGTERM, which a supervisor sends, do what Ctrl-C does: everything that was begun is ended."""
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
