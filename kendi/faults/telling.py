"""The campaign's result, for people and for machines."""

from collections.abc import Callable
from textwrap import shorten
from typing import Any

from kendi.faults.campaign import Result
from kendi.faults.ledger import Ledger


def as_dict(result: Result) -> dict[str, Any]:
    """What ``--json`` prints; what is stuck counts as lost."""
    verdict = result.verdict
    return {
        "seed": result.seed,
        "faults": result.faults,
        "placed": verdict.placed,
        "effects": verdict.effects,
        "lost": verdict.lost + verdict.stuck,
        "doubled": verdict.doubled,
        "out_of_order": verdict.out_of_order,
        "not_conserved": verdict.not_conserved,
        "longest_recovery_s": round(result.longest_recovery, 1),
    }


def tell(result: Result, say: Callable[[str], None]) -> None:
    """Print the tables and the verdict."""
    _tell_strikes(result, say)
    _tell_calls(result.ledger, say)
    verdict = result.verdict
    if result.seen:
        say(f"\nWhat the mutant breaks was seen after {result.faults} faults: nothing more was awaited.")
    elif result.arrived:
        say(f"\nEverything had arrived {result.waited:.1f} s after the last healing.")
    else:
        say(f"\nNot everything arrived: {result.waited:.1f} s after the last healing nothing moved any more.")
    say(f"orders placed {verdict.placed:,}, effects expected {verdict.effects:,}")
    say(
        f"lost {verdict.lost}, stuck {verdict.stuck}, doubled {verdict.doubled},"
        f" out of order {verdict.out_of_order}, quantities not conserved {verdict.not_conserved}"
    )
    for example in verdict.examples:
        say(f"  {example}")


def _tell_strikes(result: Result, say: Callable[[str], None]) -> None:
    say(f"\n{'fault':<54}{'times':>6}{'fewest in flight':>18}{'longest recovery':>18}")
    for name in sorted(result.strikes):
        strikes = result.strikes[name]
        took = f"{result.longest[name]:.1f} s" if name in result.longest else "-"
        say(f"{name:<54}{strikes.times:>6}{strikes.fewest_in_flight:>18}{took:>18}")
        for reason in strikes.failed:
            say(f"    not carried out to its end: {reason}")


def _tell_calls(ledger: Ledger, say: Callable[[str], None]) -> None:
    say(f"\n{'asked for':<54}{'ok':>6}{'refused':>18}{'no answer':>18}")
    for what in sorted({what for what, _ in ledger.calls}):
        ok, failed, unknown = (ledger.calls[what, outcome] for outcome in ("ok", "failed", "unknown"))
        say(f"{what:<54}{ok:>6}{failed:>18}{unknown:>18}")
    for refusal, times in ledger.refusals.most_common(5):
        say(f"    refused {times} times: {shorten(refusal, 90)}")
