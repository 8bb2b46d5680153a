"""What ``kendi up`` tells the person who started it."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import click

from kendi.system import System

DESKS = {"orders": "portal and holds", "production": "papan kerja", "logistics": "dispatch desk"}


def introduce(system: System) -> None:
    """Print the addresses, the sign-ins and the keys of the demonstration."""
    click.echo("Kendi is up.")
    for service, url in system.urls.items():
        click.echo(f"  {service:<11} {url}/{service}/   {DESKS.get(service, '')}")
    click.echo("Sign in (demonstration):")
    for person in system.accounts.people:
        click.echo(f"  {person.service:<11} {person.email:<28} {person.password}   {person.name}")
    click.echo("Keys (demonstration):")
    for key in system.accounts.keys:
        click.echo(f"  {key.service:<11} {key.secret}   {key.name}")
    click.echo(f"Logs and data lie in {system.data}. Ctrl-C stops everything.")


@contextmanager
def say_how_to_trust(system: System) -> Iterator[None]:
    """Print where a phone of this network finds the authority's certificate, and serve it meanwhile."""
    from kendi.tls import Trusting
    from kendi.tls.authority import own_addresses, reached_at

    assert system.tls is not None
    address = str(reached_at(own_addresses()))
    board = f"https://{address}:{urlsplit(system.urls['production']).port}/production/"
    page = Trusting(system.tls, address, board).start()
    click.echo(f"On a phone open {page.url} once, to trust this machine; then {board}")
    click.echo(f"Its authority's fingerprint (SHA-256): {system.tls.fingerprint}")
    try:
        yield
    finally:
        page.close()
