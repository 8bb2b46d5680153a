"""What the commands have in common: options, the services, and how they print."""

import json
from typing import Any

import click

SERVICES = ("orders", "production", "logistics")
SERVICE = click.argument("service", type=click.Choice(SERVICES))
JSON = click.option("--json", "as_json", is_flag=True, help="print for machines")


def say(value: Any, as_json: bool, text: str) -> None:
    """Print the outcome: the value for machines, the text for people."""
    click.echo(json.dumps(value) if as_json else text)
