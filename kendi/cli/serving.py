"""One process of one service, as a container or a supervisor starts it."""

import sys

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


@click.command()
@SERVICE
@click.argument("kind", type=click.Choice(["worker", "relay"]))
def alive(service: str, kind: str) -> None:
    """Tell whether a worker or relay of this host makes progress; exits 1 if not.

    For the health check of a container or a supervisor.

    Example: kendi alive orders worker
    """
    from shared.messaging.heartbeat import progresses
    from shared.settings import database_url

    process = f"{service} {kind}"
    if not progresses(database_url(service, "worker" if kind == "worker" else "relay"), process):
        click.echo(f"kendi: no {process} of this host has made progress for a while", err=True)
        sys.exit(1)
