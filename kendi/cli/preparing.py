"""What must be done before the processes start: schemas and reference data."""

import getpass
from pathlib import Path

import click

from kendi.cli.options import JSON, SERVICES, say


@click.command()
@JSON
def migrate(as_json: bool) -> None:
    """Bring each service's database to the newest schema and register who hears whom.

    Needs KENDI_<SERVICE>_MIGRATE_DATABASE_URL, the owner's address.

    Example: kendi migrate
    """
    from kendi.preparing import migrate_all
    from shared.settings import database_url

    upgraded = migrate_all({service: database_url(service, "migrate") for service in SERVICES})
    say({"upgraded": upgraded}, as_json, f"upgraded: {', '.join(upgraded) or 'nothing to do'}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--by", help="who publishes the policies (your login name, else system)")
@JSON
def load(folder: Path | None, by: str | None, as_json: bool) -> None:
    """Load the reference data (catalogue, facilities, policies, documents, ports); safe to repeat.

    Example: kendi load reference/
    """
    from kendi.preparing import REFERENCE, load_reference
    from shared.settings import database_url

    urls = {service: database_url(service, "migrate") for service in SERVICES}
    changed = load_reference(urls, folder or REFERENCE, by=by or _login_name())
    lines = [
        f"{service}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}"
        for service, counts in changed.items()
    ]
    say(changed, as_json, "changed: " + "; ".join(lines))


def _login_name() -> str:
    """Who is at this machine; a user of a container may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # before Python 3.13, and since
        return "system"
