"""What came of a simulated time: every piece, how full the workshops were, and what was late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.production.domain.capacity import ready_on

COUNTS = text("""
    SELECT (SELECT coalesce(sum(quantity), 0) FROM demand)::bigint AS ordered,
        coalesce(sum(good) FILTER (WHERE live), 0)::bigint AS good,
        coalesce(sum(scrap), 0)::bigint AS scrap,
        coalesce(sum(quantity - good) FILTER (WHERE live), 0)::bigint AS in_progress,
        coalesce(sum(made), 0)::bigint AS made,
        coalesce(sum(rework), 0)::bigint AS rework,
        count(*)::int AS work_orders,
        count(*) FILTER (WHERE declined_reason IS NOT NULL)::int AS declined
    FROM (SELECT *, declined_reason IS NULL AND withdrawn_on IS NULL AS live FROM work_order) w""")

TOLD = text("""
    WITH plans AS (
        SELECT DISTINCT ON (subject) (data ->> 'unallocated')::bigint AS unallocated FROM outbox_event
        WHERE type = 'kendi.production.production_planned.v1' ORDER BY subject, sequence DESC),
    inspected AS (
        SELECT sum((data ->> 'passed')::bigint) AS passed, sum((data ->> 'scrap')::bigint) AS scrap,
            sum((data ->> 'rework')::bigint) AS rework
        FROM outbox_event WHERE type = 'kendi.production.work_order_inspected.v1')
    SELECT (SELECT coalesce(sum(unallocated), 0) FROM plans)::bigint AS unallocated,
        coalesce((SELECT passed FROM inspected), 0)::bigint AS passed,
        coalesce((SELECT scrap FROM inspected), 0)::bigint AS scrap,
        (SELECT coalesce(sum(pieces) FILTER (WHERE kind = 'made'), 0) FROM report)::bigint AS reported,
        (coalesce((SELECT rework FROM inspected), 0)
            - (SELECT coalesce(sum(pieces) FILTER (WHERE kind = 'reworked'), 0) FROM report))::bigint AS rework""")
"""The same by what was told and reported: the two must agree."""

DONE = text("""
    WITH lots AS (
        SELECT (data ->> 'order_id')::uuid AS order_id, (data ->> 'line')::int AS line,
            sum((data ->> 'quantity')::bigint) AS good,
            max((occurred_at AT TIME ZONE 'Asia/Jakarta')::date) AS last
        FROM outbox_event WHERE type = 'kendi.production.lot_released.v1' GROUP BY 1, 2)
    SELECT d.order_id, d.line, d.requested_date, CASE WHEN lots.good >= d.quantity THEN lots.last END AS done,
        d.quantity > (SELECT coalesce(sum(w.quantity), 0) FROM work_order w
            WHERE (w.order_id, w.line) = (d.order_id, d.line)
                AND w.declined_reason IS NULL AND w.withdrawn_on IS NULL) AS unplaced
    FROM demand d LEFT JOIN lots USING (order_id, line) ORDER BY d.requested_date, d.order_id, d.line""")


@dataclass(frozen=True, kw_only=True)
class Week:
    """``used_pct`` of the labour that there was; lines that were wanted in that week, and how many came late or never."""

    monday: date
    minutes: int
    used: int
    due: int = 0
    missed: int = 0

    @property
    def used_pct(self) -> int:
        return round(100 * self.used / self.minutes) if self.minutes else 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    ordered: int
    good: int
    scrap: int
    in_progress: int
    unallocated: int
    conserved: bool
    orders: int
    facilities: int
    days: int
    work_orders: int
    declined: int
    due: int
    late: int
    unplaced: int
    mean_days_late: float
    longest_days_late: int
    seconds: float
    orders_per_second: float
    weeks: tuple[Week, ...]

    def in_words(self) -> str:
        missed = self.late + self.unplaced
        in_time = 100 * (self.due - missed) / self.due if self.due else 100
        used = sum(week.used for week in self.weeks) / max(1, sum(week.minutes for week in self.weeks))
        return "\n".join(
            (
                f"{self.orders:,} orders over {self.days} days at {self.facilities} facilities"
                f" in {self.seconds:.0f} s ({self.orders_per_second:.1f} orders a second)",
                f"Pieces: {self.ordered:,} ordered = {self.good:,} good + {self.in_progress:,} in progress"
                f" + {self.unallocated:,} that no facility has; {self.scrap:,} scrapped on the way;"
                f" conserved: {'yes' if self.conserved else 'NO'}",
                f"Work orders: {self.work_orders:,}, of which {self.declined:,} were declined",
                f"Load: {100 * used:.0f} % of the labour there was",
                f"Promises: {self.due:,} lines were wanted by now, {in_time:.0f} % in time, {self.late:,} late"
                f" (by {self.mean_days_late:.1f} days on average, {self.longest_days_late} at most),"
                f" {self.unplaced:,} with pieces that no facility has",
            )
        )


def outcome(
    session: Session,
    *,
    today: date,
    weeks: Sequence[Week],
    orders: int,
    facilities: int,
    days: int,
    seconds: float,
) -> Outcome:
    """Count everything twice: by the tables, and by the events and reports."""
    counts, told = session.execute(COUNTS).one(), session.execute(TOLD).one()
    conserved = (
        counts.ordered == told.passed + counts.in_progress + told.unallocated
        and (counts.good, counts.scrap) == (told.passed, told.scrap)
        and (counts.made, counts.rework) == (told.reported, told.rework)
    )
    lines = list(_lines_due(session, today))
    late = [line.days_late for line in lines if line.days_late and not line.unplaced]
    return Outcome(
        ordered=counts.ordered,
        good=counts.good,
        scrap=counts.scrap,
        in_progress=counts.in_progress,
        unallocated=told.unallocated,
        conserved=conserved,
        orders=orders,
        facilities=facilities,
        days=days,
        work_orders=counts.work_orders,
        declined=counts.declined,
        due=len(lines),
        late=len(late),
        unplaced=sum(line.unplaced for line in lines),
        mean_days_late=round(sum(late) / len(late), 1) if late else 0.0,
        longest_days_late=max(late, default=0),
        seconds=round(seconds, 1),
        orders_per_second=round(orders / seconds, 2),
        weeks=tuple(_with_lines(week, lines) for week in weeks),
    )


class Line(NamedTuple):
    """A line that is wanted by now: how late it was, or is, and whether some of its pieces have no facility."""

    monday: date
    days_late: int
    unplaced: bool


def _lines_due(session: Session, today: date) -> Iterator[Line]:
    """A line is wanted for the day on which its goods leave the hub, some days after the last piece is good."""
    for row in session.execute(DONE):
        if row.requested_date <= today:
            days = (ready_on(row.done or today) - row.requested_date).days
            yield Line(monday_of(row.requested_date), max(days, 0), row.unplaced)


def _with_lines(week: Week, lines: Sequence[Line]) -> Week:
    wanted = [line for line in lines if line.monday == week.monday]
    missed = sum(bool(line.days_late or line.unplaced) for line in wanted)
    return replace(week, due=len(wanted), missed=missed)


def monday_of(day: date) -> date:
    return date.fromordinal(day.toordinal() - day.weekday())
