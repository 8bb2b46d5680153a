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
@click.option("--reconcile", is_flag=True, help="have publishers compare with subscribers now, and mend")
@click.option("--json", "as_json", is_flag=True, help="print for machines")
def doctor(data: Path, audit: bool, reconcile: bool, as_json: bool) -> None:
    """Look the system over: settings, servers, schemas. Fails if anything is wrong.

    Changes nothing, but for --reconcile, which has missing events sent again.

    Takes KENDI_<SERVICE>_DATABASE_URL and the other settings, or a folder of kendi up.

    Example: kendi doctor --audit
    """
    if audit and reconcile:
        raise click.UsageError("give --audit or --reconcile, one at a time")
    from kendi.doctor import telling
    from kendi.doctor.surroundings import find

    tell = telling.tell_checks
    if audit or reconcile:
        tell = telling.tell_audit if audit else telling.tell_reconciled
    if not tell(find(data), as_json):
        sys.exit(1)
