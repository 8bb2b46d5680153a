"""Proofs that a user can run."""

import json
import secrets
import sys
import tempfile
from pathlib import Path

import click

from kendi import forks

MUTANTS = (
    "trust-the-broker",
    "no-deduplication",
    "receipt-before-commit",
    "no-sequence-check",
    "effect-outside",
    "janitor",
)


@click.command()
@click.option("--faults", "count", type=click.IntRange(1), default=60, help="how many faults strike (60)")
@click.option("--seed", type=int, default=None, help="repeat the schedule of an earlier run")
@click.option("--only", multiple=True, metavar="KIND", help="only this kind of fault; may be repeated")
@click.option("--mutant", type=click.Choice(MUTANTS), help="break the protocol on purpose: must exit 1")
@click.option("--data", type=click.Path(path_type=Path), help="folder to leave the system's data and logs in")
@click.option("--json", "as_json", is_flag=True, help="print for machines")
def faults(
    count: int, seed: int | None, only: tuple[str, ...], mutant: str | None, data: Path | None, as_json: bool
) -> None:
    """Prove that no event is lost, doubled or out of order, whatever dies: on a system of its own.

    Exits 0 if everything that was taken took effect exactly once, 1 if not, 2 if the faults did not
    strike often enough while enough was under way to say so.

    Example: kendi faults --faults 300 --seed 7
    """
    forks.begin()
    from kendi.faults.campaign import run
    from kendi.faults.kinds import KINDS
    from kendi.faults.telling import as_dict, tell

    known = sorted(kind.name for kind in KINDS)
    for name in only:
        if name not in known:
            raise click.BadParameter(
                f"there is no {name!r}; the kinds are: {'; '.join(known)}", param_hint="--only"
            )
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    say = (lambda line: click.echo(line, err=True)) if as_json else click.echo
    say(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="kendi-faults-") as folder:
        result = run(data or Path(folder), seed=seed, faults=count, only=only, mutant=mutant, say=say)
    if as_json:
        click.echo(json.dumps(as_dict(result)))
    else:
        tell(result, click.echo)
    if not result.verdict.good:
        sys.exit(1)
    if not result.spread:
        sys.exit(2)
