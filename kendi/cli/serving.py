"""One process of one service, as a container or a supervisor starts it."""

import click

from kendi.cli.options import SERVICE


@click.command()
@SERVICE
def web(service: str) -> None:
    """Serve a service's API and pages.  Example: kendi web orders"""
    from kendi.processes import run_web

    run_web(service)


@click.command()
@SERVICE
def worker(service: str) -> None:
    """Take a service's messages from the broker.  Example: kendi worker orders"""
    from kendi.processes import run_worker

    run_worker(service)


@click.command()
@SERVICE
def relay(service: str) -> None:
    """Send a service's events, and apply what waits.  Example: kendi relay orders"""
    from kendi.processes import run_relay

    run_relay(service)
