"""``kendi replan``: plan all open work anew, see what would change, and accept it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from kendi.cli.options import JSON
from kendi.operating.options import DATA
from kendi.operating.places import Place, places
from services.production import proposals
from services.production.handlers import replanning
from services.production.open_work import open_work
from services.production.solving import propose

NAMES = {
    "late": "lateness, pieces times days",
    "over": "pieces beyond the largest share",
    "splits": "further facilities of lines",
    "moves": "work orders taken back in whole or part",
    "doubt": "reliability that is lacking, in tens of per cent",
    "way": "way to a hub, in steps",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="only look; keep nothing that could be accepted")
@click.option("--accept", "accepted", type=click.UUID, metavar="ID", help="put this proposal in place")
@click.option(
    "--time-limit", "seconds", type=click.IntRange(1, 600), default=30, help="seconds to look for a plan (30)"
)
@DATA
@JSON
def replan(dry_run: bool, accepted: UUID | None, seconds: int, data: Path, as_json: bool) -> None:
    """Plan all work that nobody has begun anew, at once, and propose what is better than the plan in force.

    Nothing changes until a proposal is accepted, here or on the Re-plan page; when the open work changes,
    a proposal is void. Reads the database of `kendi up` in --data, or that of KENDI_PRODUCTION_DATABASE_URL.

    Example: kendi replan --time-limit 60
    """
    if dry_run and accepted:
        raise click.UsageError("give --dry-run or --accept, not both")
    with places(data, "production") as (production,):
        told = _accept(production, accepted) if accepted else _propose(production, seconds, dry_run)
    click.echo(json.dumps(told, default=str) if as_json else _in_words(told))


def _accept(production: Place, id: UUID) -> dict[str, Any]:
    with production.writing() as session:
        replanning.accept(session, proposal_id=id)
        return proposals.find(session, id) or {}


def _propose(production: Place, seconds: int, dry_run: bool) -> dict[str, Any]:
    with production.reading() as session:
        work = open_work(session)
    proposed = propose(work, seconds=seconds)
    if dry_run:
        return proposals.not_kept(proposed, lines=len(work.lines))
    with production.writing() as session:
        id = replanning.keep(session, work=work, proposed=proposed)
        return proposals.find(session, id) or {}


def _in_words(told: Mapping[str, Any]) -> str:
    lines = [
        f"{told['lines']} open lines; proposal {told['id'] or '-'}: {told['state']}",
        f"{'':44}{'in force':>16}{'proposed':>16}",
        *(f"  {name:42}{told['before'][key]:>16,}{told['after'][key]:>16,}" for key, name in NAMES.items()),
        f"No plan costs less than {told['bound']:,}; this one costs {told['after']['cost']:,}"
        f" (gap {told['gap_pct']} %).",
        *(_change(change) for change in told["changes"]),
    ]
    if not told["changes"]:
        lines.append("No better plan was found: the plan in force stays.")
    elif told["state"] == "open":
        lines.append(f"Put it in place with: kendi replan --accept {told['id']}")
    return "\n".join(lines)


def _change(change: Mapping[str, Any]) -> str:
    back = ", ".join(f"{each['number']} {each['pieces']}" for each in change["taken_back"]) or "nobody's"
    offered = ", ".join(
        f"{each['facility']} {each['quantity']} by {each['due']}" for each in change["offered"]
    )
    gained = change["late_before"] - change["late_after"]
    why = f"earlier by {gained:,}" if gained > 0 else f"later by {-gained:,}" if gained else "makes room"
    return f"  {change['order_id']}/{change['line']} {change['sku']}: {back} -> {offered or 'stays'} ({why})"
