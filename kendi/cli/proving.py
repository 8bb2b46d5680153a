"""Proofs that a user can run."""

import json
import secrets
import sys
import tempfile
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from kendi import forks
from kendi.cli.options import end_in_order_when_told
from shared.failure import Failure

if TYPE_CHECKING:
    from kendi.faults.campaign import Result

MUTANTS = (
    "none",
    "trust-the-broker",
    "no-deduplication",
    "receipt-before-commit",
    "no-sequence-check",
    "effect-outside",
    "janitor",
)


class NoVerdict(click.ClickException):
    """Nothing is said of the system: the campaign could not be carried out, or proves nothing."""

    exit_code = 2

    def show(self, file: IO[str] | None = None) -> None:
        click.echo(f"kendi: no verdict: {self.format_message()}", file=file, err=True)


def _new_folder(ctx: click.Context, option: click.Parameter, value: Path | None) -> Path | None:
    """The campaign makes servers, flushes and forgets: never in a folder where something is."""
    if value and value.exists() and (not value.is_dir() or any(value.iterdir())):
        raise click.BadParameter(f"{value} is not empty; give a folder that is, or that there is not yet")
    return value


@click.command()
@click.option("--faults", "count", type=click.IntRange(1), default=60, help="how many faults strike (60)")
@click.option("--seed", type=int, default=None, help="repeat the schedule of an earlier run")
@click.option("--only", multiple=True, metavar="KIND", help="only this kind of fault; may be repeated")
@click.option(
    "--mutant",
    type=click.Choice(MUTANTS),
    help="break the protocol on purpose: must exit 1, but for none, the control",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    callback=_new_folder,
    help="new or empty folder to leave the system's data and logs in",
)
@click.option("--json", "as_json", is_flag=True, help="print for machines")
def faults(
    count: int, seed: int | None, only: tuple[str, ...], mutant: str | None, data: Path | None, as_json: bool
) -> None:
    """Prove that no event is lost, doubled or out of order, whatever dies: on a system of its own.

    Exits 0 if everything that was taken took effect exactly once, 1 if not. Exits 2 with "no verdict"
    and the reason if nothing can be said: too little was under way when faults struck, or the
    campaign could not be carried out to its end.

    Example: kendi faults --faults 300 --seed 7
    """
    forks.begin()
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
    end_in_order_when_told()
    with nullcontext(data) if data else tempfile.TemporaryDirectory(prefix="kendi-faults-") as folder:
        result = _carry_out(Path(folder), seed=seed, faults=count, only=only, mutant=mutant, say=say)
    tell(result, say)
    if as_json:
        click.echo(json.dumps(as_dict(result)))
    conclude(result)


def conclude(result: "Result") -> None:
    """What was found wrong is so, however little else was proven."""
    if not result.verdict.good:
        sys.exit(1)
    if result.doubts:
        raise NoVerdict("; ".join(result.doubts))


def _carry_out(folder: Path, **asked: Any) -> "Result":
    """Run the campaign; whatever ends it early says nothing of the system, least of all that it is broken."""
    from kendi.faults.campaign import run
    from kendi.faults.stream import StreamBroke

    try:
        return run(folder, **asked)
    except KeyboardInterrupt:
        raise NoVerdict("it was ended early") from None
    except (Failure, StreamBroke) as error:
        raise NoVerdict(str(error)) from error
    except Exception as error:
        traceback.print_exc()
        raise NoVerdict(f"the campaign itself failed: {error!r}") from error
