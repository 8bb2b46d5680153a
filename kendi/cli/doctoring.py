"""``kendi doctor``."""

import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(".kendi"),
    help="folder of a kendi up, where no address is set (.kendi)",
)
@click.option("--audit", is_flag=True, help="compare all databases' quantities and events with each other")
@click.option("--json", "as_json", is_flag=True, help="print for machines")
def doctor(data: Path, audit: bool, as_json: bool) -> None:
    """Look the system over: settings, servers, schemas. Changes nothing; fails if anything is wrong.

    Takes KENDI_<SERVICE>_DATABASE_URL and the other settings, or a folder of kendi up.

    Example: kendi doctor --audit
    """
    from kendi.doctor.surroundings import find
    from kendi.doctor.telling import tell_audit, tell_checks

    surroundings = find(data)
    good = tell_audit(surroundings, as_json) if audit else tell_checks(surroundings, as_json)
    if not good:
        sys.exit(1)
