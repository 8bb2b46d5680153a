"""The campaign's result, for people and for machines."""

from collections.abc import Callable
from typing import Any

from kendi.faults.campaign import MANY_IN_FLIGHT, OFTEN, Result


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
        "longest_recovery_s": round(longest_recovery(result), 1),
    }


def longest_recovery(result: Result) -> float:
    """Seconds from a healing until everything that was under way then had arrived."""
    return max([*result.longest.values(), result.drained_after or 0.0])


def tell(result: Result, say: Callable[[str], None]) -> None:
    """Print the table and the verdict."""
    say(f"\n{'fault':<54}{'times':>6}{'fewest in flight':>18}{'longest recovery':>18}")
    for name in sorted(result.strikes):
        strikes = result.strikes[name]
        took = f"{result.longest[name]:.1f} s" if name in result.longest else "-"
        say(f"{name:<54}{strikes.times:>6}{strikes.fewest_in_flight:>18}{took:>18}")
        for reason in strikes.failed:
            say(f"    not carried out to its end: {reason}")
    drained = (
        "never" if result.drained_after is None else f"{result.drained_after:.1f} s after the last healing"
    )
    verdict = result.verdict
    say(f"\nEverything had arrived: {drained}")
    say(f"orders placed {verdict.placed:,}, effects expected {verdict.effects:,}")
    say(
        f"lost {verdict.lost}, stuck {verdict.stuck}, doubled {verdict.doubled},"
        f" out of order {verdict.out_of_order}, quantities not conserved {verdict.not_conserved}"
    )
    for example in verdict.examples:
        say(f"  {example}")
    if not result.spread:
        say(f"Not every kind struck {OFTEN} times with {MANY_IN_FLIGHT} deliveries in flight: no verdict.")
