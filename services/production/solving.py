"""A plan for all open work, by a solver of mixed-integer programs (HiGHS).

The model is somewhat kinder than the calendar: it counts fractions of pieces, and a late piece as if it were
made on the first day of its span. So its bound holds for every plan, and ``domain.replanning`` says what the
plan really costs.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from services.production.domain.allocation import SMALLEST_SHARE
from services.production.domain.calendar import FARTHEST_DAYS
from services.production.domain.capacity import Capacity
from services.production.domain.replanning import (
    LATE,
    MOVE,
    OVER,
    SPLIT,
    Change,
    Cost,
    Key,
    OpenLine,
    Part,
    Parts,
    Replanned,
    better,
    in_force,
    material_day,
    of_part,
)
from services.production.domain.terms import share_out_on_terms
from services.production.open_work import Family, OpenWork

DAYS_LATE = (1, 2, 4, 7)
WEEKS_LATE = (2, 3, 4, 6, 8, 12, 17, 26, 39, 60, 100)
"""Up to how many days and weeks after its latest day a late piece may be made: further apart, the later it is."""
AT_ONCE, EXACT = 1_500, 600
"""Lines times facilities of one program, and of one that is solved in whole numbers too."""
DAYS_TO_SPARE = (0, 2)
OPTIONS: Mapping[str, Any] = {
    "output_flag": False,
    "presolve": "off",
    "threads": 1,
    "random_seed": 1,
    "mip_rel_gap": 0.001,
    "mip_max_nodes": 500,
}
NO_HINT: Mapping[int, float] = {}


@dataclass(frozen=True)
class Proposed:
    """A plan of all open work beside the plan in force; ``bound`` is what no plan costs less than."""

    before: Cost
    after: Cost
    bound: int
    changes: tuple[Change, ...]

    @property
    def gap_pct(self) -> Decimal:
        return gap_pct(self.after.total, self.bound)


def gap_pct(cost: int, bound: int) -> Decimal:
    """By how much a plan may be dearer than the best there is."""
    return Decimal(100 * (cost - bound)) / cost if cost else Decimal(0)


def propose(work: OpenWork, *, seconds: float) -> Proposed:
    """The best plan that is found, or the plan in force where none is better: family by family.

    The same for the same work, but where the time does not suffice: what was not solved by then stays.
    """
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        solved = list(pool.map(lambda family: _solve(family, work.today, deadline), work.families.values()))
    return Proposed(
        sum((each.before for each, _ in solved), Cost()),
        sum((each.after for each, _ in solved), Cost()),
        sum(bound for _, bound in solved),
        tuple(change for each, _ in solved for change in each.changes),
    )


def _solve(family: Family, today: date, deadline: float) -> tuple[Replanned, int]:
    """The most urgent lines first, as many at once as a program takes; those after them have what is left."""
    chunks = _chunks(sorted(family.lines, key=lambda line: (line.latest, line.key)))
    free = dict(family.able)
    parts: dict[Key, Mapping[str, Part]] = {}
    bound = 0.0
    for chunk in chunks:
        found, bound = _best(chunk, free, today, deadline)
        parts |= found
        free = _after(chunk, found, free)
    if len(chunks) > 1:
        bound = _Together(family.lines, family.able, today).bound(deadline)
    planned = better(family.lines, parts, family.able, today)
    return planned, min(int(bound), planned.after.total)


def _best(
    lines: Sequence[OpenLine], able: Mapping[str, Capacity], today: date, deadline: float
) -> tuple[Parts, float]:
    """The cheapest of the plans that are tried, and the bound.

    Who takes part is read off the program in fractions, and how much each makes is solved again with a few days
    to spare, since whole pieces and whole days need some more room than fractions. A small program is then
    solved in whole numbers, beginning with the best of these.
    """
    program = _Program(lines, able, today)
    values, bound = program.relaxed(deadline)
    plans = [in_force(lines), _one_by_one(lines, able, today)]
    if values is not None:
        takes_part = program.takes_part(values)
        for spare in DAYS_TO_SPARE:
            if time.monotonic() < deadline:
                plans += _Program(lines, able, today, spare=spare).with_those(takes_part, deadline)
    best = min(plans, key=lambda plan: better(lines, plan, able, today).after.total)
    if _pairs(lines) <= EXACT and time.monotonic() < deadline:
        whole, closer = program.whole(best, deadline)
        best = min([best, *whole], key=lambda plan: better(lines, plan, able, today).after.total)
        bound = max(bound, closer)
    return best, bound


def _one_by_one(lines: Sequence[OpenLine], able: Mapping[str, Capacity], today: date) -> Parts:
    """Each line shared out as if it came now, the most urgent first: what there is if time is short."""
    parts: dict[Key, dict[str, Part]] = {}
    free = dict(able)
    for line in sorted(lines, key=lambda line: (line.latest, line.key)):
        plan = share_out_on_terms(
            line.quantity,
            labour_minutes=line.labour_minutes,
            latest=line.latest,
            today=today,
            able=[free[code] for code in line.facilities if code in free and code in line.places],
            terms=line.places,
        ).plan
        parts[line.key] = {share.facility: Part(share.quantity, line.latest) for share in plan.shares}
        free = _after([line], parts, free)
    return parts


def _after(lines: Sequence[OpenLine], parts: Parts, able: Mapping[str, Capacity]) -> dict[str, Capacity]:
    """The same facilities, committed to these parts besides."""
    more: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        for code, part in parts[line.key].items():
            more[code] += part.quantity * line.labour_minutes
    return {
        code: replace(one, committed_minutes=one.committed_minutes + more[code]) if code in more else one
        for code, one in able.items()
    }


def _pairs(lines: Sequence[OpenLine]) -> int:
    return sum(len(line.facilities) for line in lines)


def _chunks(lines: Sequence[OpenLine]) -> list[list[OpenLine]]:
    chunks: list[list[OpenLine]] = [[]]
    for line in lines:
        if chunks[-1] and _pairs(chunks[-1]) + len(line.facilities) > AT_ONCE:
            chunks.append([])
        chunks[-1].append(line)
    return [chunk for chunk in chunks if chunk]


@dataclass
class _Rows:
    """A linear program as it grows: columns with their costs and limits, and rows over them."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    is_whole: list[bool] = field(default_factory=list)
    lower_row: list[float] = field(default_factory=list)
    upper_row: list[float] = field(default_factory=list)
    start: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def column(self, cost: float = 0, upper: float = float("inf"), *, whole: bool = False) -> int:
        self.cost.append(cost)
        self.lower.append(0)
        self.upper.append(upper)
        self.is_whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms: Sequence[tuple[int, float]], lower: float, upper: float) -> None:
        self.index += [column for column, _ in terms]
        self.value += [value for _, value in terms]
        self.start.append(len(self.index))
        self.lower_row.append(lower)
        self.upper_row.append(upper)

    def queue(self, uses: Mapping[date, list[tuple[int, float]]], room: Mapping[date, float]) -> None:
        """What is wanted by each day fits, with all that is wanted before it, into the room until then."""
        before: int | None = None
        for day in sorted(room):
            now = self.column(upper=room[day])
            earlier = [] if before is None else [(before, -1.0)]
            self.row([(now, 1.0), *earlier, *((column, -use) for column, use in uses.get(day, []))], 0, 0)
            before = now

    def fix(self, columns: Mapping[int, float]) -> None:
        for column, value in columns.items():
            self.lower[column] = self.upper[column] = value

    def run(self, deadline: float, *, whole: bool = False, hint: Mapping[int, float] = NO_HINT) -> "_Run":
        """Solve it, in fractions or in whole numbers."""
        import highspy  # imported late: no other process than one that plans needs it
        import numpy as np
        from highspy._core import _Highs  # the class around it greets on standard output, whatever it is told

        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.cost), len(self.lower_row)
        program.col_cost_ = np.array(self.cost)
        program.col_lower_, program.col_upper_ = np.array(self.lower), np.array(self.upper)
        program.row_lower_, program.row_upper_ = np.array(self.lower_row), np.array(self.upper_row)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.array(self.start, dtype=np.int32)
        program.a_matrix_.index_ = np.array(self.index, dtype=np.int32)
        program.a_matrix_.value_ = np.array(self.value)
        if whole:
            kinds = highspy.HighsVarType
            program.integrality_ = [kinds.kInteger if one else kinds.kContinuous for one in self.is_whole]
        solver = _Highs()
        for option, value in {**OPTIONS, "time_limit": max(deadline - time.monotonic(), 0.1)}.items():
            solver.setOptionValue(option, value)
        solver.passModel(program)
        if hint:
            solver.setSolution(len(hint), np.array(list(hint), dtype=np.int32), np.array(list(hint.values())))
        solver.run()
        info = solver.getInfo()
        solved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        bound = info.mip_dual_bound if whole else info.objective_function_value if solved else 0
        return _Run(list(solver.getSolution().col_value) if found else None, max(0.0, bound))


class _Run(NamedTuple):
    """The values of the columns, none if none were found in time, and what no values cost less than."""

    values: list[float] | None
    bound: float


def _spans(line: OpenLine, today: date, until: date) -> list[tuple[date, int]]:
    """By when pieces may be made, and how many days late such a piece is at least."""
    farthest = today + timedelta(days=FARTHEST_DAYS)
    first = max(line.latest, today)
    soon = (first + timedelta(days=n) for n in DAYS_LATE)
    later = (_end_of_week(first + timedelta(weeks=n)) for n in WEEKS_LATE)
    days = sorted({first, *(day for day in (*soon, *later) if day < farthest), farthest})
    late = [
        (day, (earlier - line.latest).days + 1 if earlier < day else 0)
        for earlier, day in pairwise([first, *days])
    ]
    late[0] = (first, (first - line.latest).days)
    fitting = [span for span in late if span[0] <= until]
    after = next((span for span in late if span[0] > until), None)
    return [
        *fitting,
        *([(until, after[1])] if after and today < until and until not in dict(fitting) else []),
    ]


def _end_of_week(day: date) -> date:
    return day + timedelta(days=6 - day.weekday())


class _Program:
    """Who makes how many pieces of each line, and by when."""

    def __init__(
        self, lines: Sequence[OpenLine], able: Mapping[str, Capacity], today: date, *, spare: int = 0
    ) -> None:
        self._lines, self._able, self._today, self._spare = lines, able, today, timedelta(days=spare)
        self._rows = _Rows()
        self._takes_part: dict[tuple[Key, str], int] = {}
        self._pieces: dict[tuple[Key, str], list[tuple[date, int]]] = {}
        self._uses: defaultdict[str, defaultdict[date, list[tuple[int, float]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._before_material: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for line in lines:
            self._line(line)
        for code, uses in self._uses.items():
            self._rows.queue(uses, self._room(code, uses))
        for some in self._before_material.values():
            self._rows.row(some, 0, 1)

    def relaxed(self, deadline: float) -> _Run:
        return self._rows.run(deadline)

    def takes_part(self, values: Sequence[float]) -> dict[tuple[Key, str], bool]:
        """Who takes part in each line, if those who have next to nothing of it in fractions are left out."""
        found: dict[tuple[Key, str], bool] = {}
        for line in self._lines:
            pieces = {
                code: sum(values[column] for _, column in self._pieces[line.key, code])
                for code in line.facilities
            }
            worthwhile = sum(1 for count in pieces.values() if count >= SMALLEST_SHARE * 3 / 4)
            most = max(1, min(line.quantity // SMALLEST_SHARE, worthwhile))
            chosen = sorted(pieces, key=lambda code: (-pieces[code], code))[:most]
            found |= {(line.key, code): code in chosen for code in line.facilities}
        return found

    def with_those(self, takes_part: Mapping[tuple[Key, str], bool], deadline: float) -> list[Parts]:
        """Plans in which these take part."""
        self._rows.fix({self._takes_part[pair]: float(takes) for pair, takes in takes_part.items()})
        return self._plans(self._rows.run(deadline))

    def whole(self, begin: Parts, deadline: float) -> tuple[list[Parts], float]:
        """Plans in whole numbers, and the bound."""
        hint = {column: float(code in begin[key]) for (key, code), column in self._takes_part.items()}
        run = self._rows.run(deadline, whole=True, hint=hint)
        return self._plans(run), run.bound

    def _plans(self, run: _Run) -> list[Parts]:
        """The plan of a solution, its parts done in one order or in another."""
        if run.values is None:
            return []
        plan = {line.key: self._parts(line, run.values) for line in self._lines}
        by_need = {
            line.key: {code: Part(part.quantity, line.latest) for code, part in plan[line.key].items()}
            for line in self._lines
        }
        return [plan, by_need]

    def _line(self, line: OpenLine) -> None:
        rows, everywhere, taking_part = self._rows, [], []
        farthest = self._today + timedelta(days=FARTHEST_DAYS)
        for code in line.facilities:
            pieces = self._at(line, code)
            everywhere += pieces
            takes_part = rows.column(of_part(self._able.get(code)).total, upper=1, whole=True)
            taking_part.append(takes_part)
            self._takes_part[line.key, code] = takes_part
            counted = [(column, 1.0) for column in pieces]
            has = line.held_by(code)
            most = line.quantity if code in line.places else has
            least = min(SMALLEST_SHARE, most, *(each.quantity for each in line.held_at.get(code, ())))
            rows.row([*counted, (takes_part, -float(most))], -float("inf"), 0)
            rows.row([*counted, (takes_part, -float(least))], 0, float("inf"))
            if line.largest_share < most:
                over = (rows.column(OVER), -1.0)
                rows.row([*counted, over, (takes_part, -float(line.largest_share))], -float("inf"), 0)
            if has:
                moved = rows.column(MOVE * len(line.held_at[code]))
                rows.row([*((column, 1.0 / has) for column in pieces), (moved, 1.0)], 1, float("inf"))
        nobodys = rows.column(LATE * max(0, (farthest - line.latest).days))
        rows.row([*((column, 1.0) for column in everywhere), (nobodys, 1.0)], line.quantity, line.quantity)
        if len(taking_part) > 1:
            further = rows.column(SPLIT)
            rows.row([*((column, 1.0) for column in taking_part), (further, -1.0)], -float("inf"), 1)

    def _at(self, line: OpenLine, code: str) -> list[int]:
        """A column for the pieces of a facility that are made in each span."""
        one, terms = self._able.get(code), line.places.get(code)
        until = terms.until if terms and terms.until and not line.held_by(code) else date.max
        spans = _spans(line, self._today, until) if one else _spans(line, self._today, date.max)[-1:]
        columns = []
        for day, late in spans:
            column = self._rows.column(LATE * late)
            columns.append((day, column))
            if one:
                use = line.labour_minutes * 100 / one.yield_pct
                self._uses[code][day].append((column, use))
            if terms and terms.pieces is not None and day < material_day(self._today):
                self._before_material[code].append((column, 1 / terms.pieces if terms.pieces else 2.0))
        self._pieces[line.key, code] = columns
        return [column for _, column in columns]

    def _room(self, code: str, days: Iterable[date]) -> dict[date, float]:
        one = self._able[code]
        return {day: float(max(0, one.minutes_until(day - self._spare) - one.busy_minutes)) for day in days}

    def _parts(self, line: OpenLine, values: Sequence[float]) -> dict[str, Part]:
        """Whole pieces; what rounding leaves over goes where most are."""
        found = {}
        for code in line.facilities:
            pieces = [(day, values[column]) for day, column in self._pieces[line.key, code]]
            if count := round(sum(value for _, value in pieces)):
                found[code] = Part(
                    count, min((day for day, value in pieces if value > 0.5), default=line.latest)
                )
        rest = line.quantity - sum(part.quantity for part in found.values())
        if found and rest <= len(found):
            most = max(found, key=lambda code: (found[code].quantity, code))
            found[most] = Part(found[most].quantity + rest, found[most].by)
        return found


class _Together:
    """All facilities as one that can take any line at once: kinder than any real plan."""

    def __init__(self, lines: Sequence[OpenLine], able: Mapping[str, Capacity], today: date) -> None:
        self._rows = rows = _Rows()
        uses: defaultdict[date, list[tuple[int, float]]] = defaultdict(list)
        best = max((one.yield_pct for one in able.values()), default=100)
        for line in lines:
            columns = []
            for day, late in _spans(line, today, date.max):
                column = rows.column(LATE * late)
                uses[day].append((column, line.labour_minutes * 100 / best))
                columns.append((column, 1.0))
            nobodys = rows.column(LATE * max(0, (today + timedelta(days=FARTHEST_DAYS) - line.latest).days))
            rows.row([*columns, (nobodys, 1.0)], line.quantity, line.quantity)
        room = {
            day: float(sum(max(0, one.minutes_until(day) - one.busy_minutes) for one in able.values()))
            for day in uses
        }
        rows.queue(uses, room)

    def bound(self, deadline: float) -> float:
        return self._rows.run(deadline).bound
