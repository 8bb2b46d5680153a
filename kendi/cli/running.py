"""The whole system on this machine."""

import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from kendi import forks
from kendi.cli.options import SERVICES, end_in_order_when_told

if TYPE_CHECKING:
    from kendi.system import System

LOOKS_AT_THE_CERTIFICATE_EVERY: Final = 600.0


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
@click.option(
    "--tls", is_flag=True, help="https on all addresses of this machine, by an authority of its own"
)
def up(data: Path, ports: list[int] | None, tls: bool) -> None:
    """Start everything on this machine and keep it running until Ctrl-C.

    With --tls phones in the same network reach it, and the board works on them without a network; how a
    phone trusts it is printed.

    Example: kendi up --data .kendi --ports 8001,8002,8003
    """
    forks.begin()
    from kendi.system import System
    from kendi.telling import introduce, say_how_to_trust
    from kendi.tls import Authority

    data.mkdir(parents=True, exist_ok=True)
    system = System(data.resolve(), ports=ports, tls=Authority(data.resolve() / "tls") if tls else None)
    end_in_order_when_told()
    try:
        with system:
            introduce(system)
            with say_how_to_trust(system) if tls else nullcontext():
                _keep_running(system)
    except KeyboardInterrupt:
        click.echo("Stopped; the data stays in " + os.path.relpath(data))


def _keep_running(system: "System") -> NoReturn:
    """Look at everything twice a second, and at the certificate now and then."""
    looked = time.monotonic()
    while True:
        time.sleep(0.5)
        system.watch()
        if time.monotonic() - looked > LOOKS_AT_THE_CERTIFICATE_EVERY:
            looked = time.monotonic()
            system.renew()


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
