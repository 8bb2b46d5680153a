"""Which faults strike in which order: the same for a seed, spread evenly over the kinds."""

from collections.abc import Sequence
from random import Random

from kendi.faults.kinds import KINDS, Kind


def schedule(seed: int, faults: int, only: Sequence[str] = ()) -> list[tuple[Kind, Random]]:
    """The kinds to strike with, each with a chance of its own; every kind once before any comes again."""
    chance = Random(seed)
    kinds = [kind for kind in KINDS if not only or kind.name in only]
    planned: list[Kind] = []
    while len(planned) < faults:
        planned += chance.sample(kinds, len(kinds))
    return [(kind, Random(chance.random())) for kind in planned[:faults]]
