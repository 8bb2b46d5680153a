"""``kendi hold``: what must not be erased though it was kept long enough, for a court or an inquiry."""

import json
from pathlib import Path

import click

from kendi.cli.options import JSON, say
from kendi.operating.mending import operator
from kendi.operating.options import DATA
from kendi.operating.places import places
from services.production.handlers import holding


@click.group()
def hold() -> None:
    """Keep what is about workers from being erased by kendi purge, until the hold is lifted.

    Example: kendi hold place --facility LPS-SRG --reason "Inquiry of the ombudsman."
    """


@hold.command()
@click.option("--facility", required=True, help="code, such as LPS-SRG")
@click.option("--worker", "one", is_flag=True, help="about one worker, whose code is asked and not shown")
@click.option("--reason", required=True, help="why; names nobody")
@DATA
@JSON
def place(facility: str, one: bool, reason: str, data: Path, as_json: bool) -> None:
    """Place a hold on all workers of a facility, or on one.

    Example: kendi hold place --facility LPS-SRG --worker --reason "Inquiry of the ombudsman."
    """
    code = click.prompt("Code", hide_input=True, err=True).strip() if one else None
    with places(data, "production") as (production,), production.writing() as session:
        made = holding.place(session, facility=facility, code=code, reason=reason, by=operator().name)
    say({"id": made}, as_json, f"hold {made} stands; lift it with: kendi hold lift {made}")


@hold.command()
@click.argument("id", type=click.IntRange(1, 2**63 - 1))
@DATA
@JSON
def lift(id: int, data: Path, as_json: bool) -> None:
    """Lift a hold; what is due goes at the next purge.

    Example: kendi hold lift 3
    """
    with places(data, "production") as (production,), production.writing() as session:
        holding.lift(session, hold_id=id, by=operator().name)
    say({"id": id}, as_json, f"hold {id} is lifted")


@hold.command("list")
@DATA
@JSON
def list_(data: Path, as_json: bool) -> None:
    """List the holds that stand.

    Example: kendi hold list
    """
    with places(data, "production") as (production,), production.reading() as session:
        found = holding.standing(session)
    lines = [
        f"{row['id']}  {row['facility']}, {'one worker' if row['one_worker'] else 'everybody'},"
        f" since {row['placed_at']:%Y-%m-%d} by {row['placed_by']}: {row['reason']}"
        for row in found
    ]
    click.echo(json.dumps(found, default=str) if as_json else "\n".join(lines) or "none")
