"""What ``kendi up`` tells the person who started it."""

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
