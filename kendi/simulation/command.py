"""The command: what it is asked, and what it prints and draws."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from kendi.cli.options import JSON, end_in_order_when_told
from kendi.simulation.drawing import drawn
from kendi.simulation.year import Wanted, simulated

MOST_FACILITIES = 500


@click.command()
@click.option(
    "--facilities", type=click.IntRange(1, MOST_FACILITIES), default=12, help="how many take part (12)"
)
@click.option("--orders", type=click.IntRange(1, 100_000), default=200, help="how many come in (200)")
@click.option("--days", type=click.IntRange(7, 731), default=365, help="how long (365)")
@click.option("--seed", type=int, default=1, help="another seed, another stream of orders and events (1)")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="draw load, lateness and misses into this .svg file",
)
@JSON
def simulate(facilities: int, orders: int, days: int, seed: int, out: Path | None, as_json: bool) -> None:
    """Let a year pass on a system of its own: orders, declines, yields, lockdowns, releases and learning.

    It runs production's own commands over a PostgreSQL of its own and needs no network. All workshops,
    workers and orders are made up by the seed; what is printed is no promise of any real facility. On a quiet
    machine five to seven small orders take a second.

    Example: kendi simulate --facilities 59 --orders 5000 --out year.svg
    """
    if out is not None and out.suffix != ".svg":
        raise click.BadParameter("give a file whose name ends in .svg", param_hint="--out")
    end_in_order_when_told()
    wanted = Wanted(facilities=facilities, orders=orders, days=days, seed=seed)
    with tempfile.TemporaryDirectory(prefix="kendi-simulate-") as folder:
        outcome = simulated(Path(folder), wanted, say=lambda line: click.echo(line, err=True))
    if out is not None:
        out.write_text(drawn(outcome))
    click.echo(json.dumps(asdict(outcome), default=str) if as_json else outcome.in_words())
    if not outcome.conserved:
        raise click.ClickException("pieces do not add up: this is a fault of Kendi's, please report it")
