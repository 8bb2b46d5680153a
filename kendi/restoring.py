"""``kendi restored``: what a service must know of a database that was restored from a backup."""

from pathlib import Path

import click

from kendi.cli.options import JSON, SERVICES
from kendi.operating import words
from kendi.operating.mending import operator
from kendi.operating.options import DATA
from kendi.operating.places import places
from services.logistics.handlers import numbering
from shared.messaging import operating


@click.command()
@click.argument("service", type=click.Choice(SERVICES))
@DATA
@JSON
def restored(service: str, data: Path, as_json: bool) -> None:
    """Say that the database of a service was restored from a backup, before its processes start again.

    From then on receipts and answers that are still under way to the database as it was change nothing:
    they confirm what the restored one may have to tell again. Of logistics as many numbers of cartons, pallets and
    shipments are left out as were ever given (1,000 to 100,000), as some were given since the backup. To say so once
    more does no other harm.

    Example: kendi restored logistics
    """
    with places(data, service) as (place,), place.writing() as session:
        incarnation = operating.begin_anew(session, by=operator())
        if service == "logistics":
            numbering.leave_out(session)
    said = f"{service} begins anew as {incarnation}: start its processes, then run kendi doctor --reconcile"
    words.show({"service": service, "incarnation": incarnation}, said, as_json)
