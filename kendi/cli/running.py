"""The whole system on this machine."""

import os
import time
from pathlib import Path

import click

from kendi import forks
from kendi.cli.options import SERVICES, end_in_order_when_told


def _three_ports(ctx: click.Context, option: click.Parameter, value: str | None) -> list[int] | None:
    if value is None:
        return None
    ports = [int(part) for part in value.split(",") if part.isdecimal() and 0 < int(part) < 65536]
    if len(ports) != len(SERVICES) or len(set(ports)) != len(ports):
        raise click.BadParameter("give three different ports, for example 8001,8002,8003")
    return ports


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path(".kendi"), help="folder of all data (.kendi)"
)
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
    end_in_order_when_told()
    try:
        with system:
            introduce(system)
            while True:
                time.sleep(0.5)
                system.watch()
    except KeyboardInterrupt:
        click.echo("Stopped; the data stays in " + os.path.relpath(data))


@click.command()
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
