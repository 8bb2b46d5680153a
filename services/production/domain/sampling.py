"""Inspection by sampling: how many pieces are drawn of a lot, and whether the lot is accepted on what they show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from shared.reference import Aql, SamplingPlan
from shared.refusal import Refused

Verdict = Literal["accepted", "rejected"]
OnReject = Literal["rework", "sort"]
"""What becomes of a rejected lot: all of it is mended, or every piece of it is inspected."""

MAJOR, MINOR = "2.5", "4.0"
"""The AQL of major and of minor defects; a critical one is never accepted."""

DEFECTS: Final = {
    "metal_or_glass": "critical",
    "mould": "critical",
    "insects": "critical",
    "loose_small_part": "critical",
    "odour": "critical",
    "wrong_size": "major",
    "broken": "major",
    "weak_knot": "major",
    "stain": "minor",
    "loose_fibre": "minor",
    "uneven_finish": "minor",
}
"""What can be wrong with a piece, and how bad it is."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """How many pieces are looked at for one kind of defect, and up to how many may have it."""

    aql: str
    sample: int
    accept: int

    @property
    def reject(self) -> int:
        return self.accept + 1


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """What an inspector draws of a lot. ``letter`` is the standard's; a single piece has none."""

    lot: int
    letter: str | None
    major: Draw
    minor: Draw

    @property
    def sample(self) -> int:
        """Pieces to be drawn: the first of them serve for the smaller sample too."""
        return max(self.major.sample, self.minor.sample)


@dataclass(frozen=True, kw_only=True)
class Defective:
    """Pieces found with a defect, each counted once under its worst; they are mended or they are scrap."""

    code: str
    rework: int = 0
    scrap: int = 0

    @property
    def pieces(self) -> int:
        return self.rework + self.scrap

    @property
    def severity(self) -> str:
        return DEFECTS[self.code]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an inspection decides of the pieces of its lot; those of a lot to be sorted still wait."""

    verdict: Verdict
    passed: int
    rework: int
    scrap: int


def sampling_of(lot: int, aql: Aql) -> Sampling:
    """The plan for a lot; a sample as large as the lot is the whole lot."""
    letter = next((each.letter for each in reversed(aql.letters) if lot >= each.least), None)
    major, minor = (_draw(lot, letter, level, aql.plans) for level in (MAJOR, MINOR))
    return Sampling(lot=lot, letter=letter, major=major, minor=minor)


def _draw(lot: int, letter: str | None, level: str, plans: Sequence[SamplingPlan]) -> Draw:
    plan = next((each for each in plans if (each.letter, each.aql) == (letter, level)), None)
    if plan is None:
        return Draw(aql=level, sample=lot, accept=0)
    return Draw(aql=level, sample=min(lot, plan.sample), accept=plan.reject - 1)


def judge(sampling: Sampling, defects: Sequence[Defective], *, on_reject: OnReject) -> Outcome:
    """Accepted, all but the defective pieces pass; rejected, none does."""
    rework, scrap = sum(each.rework for each in defects), sum(each.scrap for each in defects)
    if rework + scrap > sampling.sample:
        raise Refused(
            "{pieces} defective pieces are more than the {most} that are drawn.",
            field="defects",
            pieces=rework + scrap,
            most=sampling.sample,
        )
    if _is_accepted(sampling, defects):
        passed = sampling.lot - rework - scrap
        return Outcome(verdict="accepted", passed=passed, rework=rework, scrap=scrap)
    if on_reject == "sort":
        return Outcome(verdict="rejected", passed=0, rework=0, scrap=0)
    return Outcome(verdict="rejected", passed=0, rework=sampling.lot - scrap, scrap=scrap)


def _is_accepted(sampling: Sampling, defects: Sequence[Defective]) -> bool:
    found = {
        severity: sum(each.pieces for each in defects if each.severity == severity)
        for severity in ("critical", "major", "minor")
    }
    return (
        not found["critical"]
        and found["major"] <= sampling.major.accept
        and found["minor"] <= sampling.minor.accept
    )
