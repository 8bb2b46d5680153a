"""The ``kendi`` command."""

import json as jsons
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from kendi import forks
from kendi.doctoring import doctor

SERVICES = ("orders", "production", "logistics")
DATA = click.option(
    "--data", type=click.Path(path_type=Path), default=Path(".kendi"), help="folder of all data (.kendi)"
)
JSON = click.option("--json", "as_json", is_flag=True, help="print for machines")


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


@main.command()
@click.argument("service", type=click.Choice(SERVICES))
def web(service: str) -> None:
    """Serve a service's API and pages.  Example: kendi web orders"""
    from kendi.processes import run_web

    run_web(service)


@main.command()
@click.argument("service", type=click.Choice(SERVICES))
def worker(service: str) -> None:
    """Take a service's messages from the broker.  Example: kendi worker orders"""
    from kendi.processes import run_worker

    run_worker(service)


@main.command()
@click.argument("service", type=click.Choice(SERVICES))
def relay(service: str) -> None:
    """Send a service's events, and apply what waits.  Example: kendi relay orders"""
    from kendi.processes import run_relay

    run_relay(service)


def _three_ports(ctx: click.Context, option: click.Parameter, value: str | None) -> list[int] | None:
    if value is None:
        return None
    ports = [int(part) for part in value.split(",") if part.isdecimal() and 0 < int(part) < 65536]
    if len(ports) != len(SERVICES) or len(set(ports)) != len(ports):
        raise click.BadParameter("give three different ports, for example 8001,8002,8003")
    return ports


@main.command()
@DATA
@click.option("--ports", callback=_three_ports, help="three ports: orders, production, logistics")
def up(data: Path, ports: list[int] | None) -> None:
    """Start everything on this machine and keep it running until Ctrl-C.

    Example: kendi up --data .kendi --ports 8001,8002,8003
    """
    forks.begin()
    from kendi.system import System
    from kendi.telling import introduce

    data.mkdir(parents=True, exist_ok=True)
    system = System(data.resolve(), ports=ports)
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        with system:
            introduce(system)
            while True:
                time.sleep(0.5)
                system.watch()
    except KeyboardInterrupt:
        click.echo("Stopped; the data stays in " + os.path.relpath(data))


@main.command()
@JSON
def migrate(as_json: bool) -> None:
    """Bring each service's database to the newest schema and register who hears whom.

    Needs KENDI_<SERVICE>_MIGRATE_DATABASE_URL, the owner's address.

    Example: kendi migrate
    """
    from kendi.preparing import migrate_all
    from shared.settings import database_url

    upgraded = migrate_all({service: database_url(service, "migrate") for service in SERVICES})
    _print({"upgraded": upgraded}, as_json, f"upgraded: {', '.join(upgraded) or 'nothing to do'}")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@JSON
def load(folder: Path | None, as_json: bool) -> None:
    """Load the reference data (catalogue, facilities, policies, documents, ports); safe to repeat.

    Example: kendi load reference/
    """
    from kendi.preparing import REFERENCE, load_reference
    from shared.settings import database_url

    urls = {service: database_url(service, "migrate") for service in SERVICES}
    changed = load_reference(urls, folder or REFERENCE)
    lines = [
        f"{service}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}"
        for service, counts in changed.items()
    ]
    _print(changed, as_json, "changed: " + "; ".join(lines))


@main.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=None, help="folder of the demonstration's data"
)
def demo(data: Path | None) -> None:
    """Play one order from a buyer's POST to delivery, on a system of its own, and end.

    Example: kendi demo
    """
    forks.begin()
    from kendi.demo import play

    play(data or Path(".kendi"))


main.add_command(doctor)


def _print(value: Any, as_json: bool, text: str) -> None:
    click.echo(jsons.dumps(value) if as_json else text)
