"""One day after the other: orders come, facilities answer, work and inspect, by production's own commands."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kendi.servers import Servers
from kendi.simulation.outcome import Outcome, Week, monday_of, outcome
from kendi.simulation.province import (
    bring_in,
    count_people,
    hardest_of,
    heard,
    placed_and_cleared,
    publish_catalogue,
    supply,
)
from services.production import tasks
from services.production.capacities import of_all_families
from services.production.domain.capacity import Capacity
from services.production.domain.work_order import WorkOrder
from services.production.handlers import calendars, working
from services.production.loading import load
from services.production.storage import OPEN, item, work_order
from shared import reference
from shared.clock import advance, business_today
from shared.database import Database
from shared.migrating import migrate
from shared.sight import SERVICE

SERVICE_NAME = "production"
DECLINES, LOCKDOWNS, RESPITE = 0.04, 1 / 150, 30
"""How many offers are declined, how often a facility is locked down on a day, and days between counts of people."""
REWORKED = 0.02
LOAD, SIZES = 0.7, (0.4, 1.6)
"""How much of the skilled labour the orders ask for in all, and the least and most of it that one does of its part."""
FRIDAY, REPORT_DAYS = 4, (0, 2, 4)
"""When lots are inspected that are not finished, and pieces reported: often enough that nobody is called silent."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    facilities: int
    orders: int
    days: int
    seed: int


def simulated(folder: Path, wanted: Wanted, *, say: Callable[[str], None]) -> Outcome:
    """Let the time pass over a database of its own."""
    with Servers(folder, [SERVICE_NAME], fsync=False) as servers:
        migrate(SERVICE_NAME, servers.addresses.owner_urls[SERVICE_NAME])
        database = Database(servers.addresses.app_urls[SERVICE_NAME], sees=SERVICE, pool_size=1)
        try:
            return lived_through(database, wanted, say=say)
        finally:
            database.close()


def lived_through(database: Database, wanted: Wanted, *, say: Callable[[str], None]) -> Outcome:
    """Let the time pass over this database, which is empty."""
    return _Province(database, wanted, say).run()


@dataclass
class _Province:
    """``labour`` is what there is for the articles of each family, ``untold`` what went into pieces not reported yet."""

    database: Database
    wanted: Wanted
    say: Callable[[str], None]
    codes: list[str] = field(default_factory=list)
    items: dict[str, list[reference.Item]] = field(default_factory=dict)
    labour: Counter[str] = field(default_factory=Counter)
    untold: dict[UUID, int] = field(default_factory=dict)
    weeks: dict[date, Week] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = Random(self.wanted.seed)
        self.today = date.min
        self.placed = 0

    def run(self) -> Outcome:
        self._begin()
        began = time.monotonic()
        for day in range(1, self.wanted.days + 1):
            self._day(day)
            if day % 30 == 0:
                self.say(f"day {day}: {self.placed:,} orders, {time.monotonic() - began:.0f} s")
        with self.database.transaction() as session:
            return outcome(
                session,
                today=self.today,
                weeks=list(self.weeks.values()),
                orders=self.placed,
                facilities=len(self.codes),
                days=self.wanted.days,
                seconds=time.monotonic() - began,
            )

    def _begin(self) -> None:
        with self.database.transaction() as session:
            load(session, reference.FOLDER)
            catalogue = publish_catalogue(session)
            hardest = hardest_of(catalogue.values())
            self.today = business_today(session)
            for number in range(self.wanted.facilities):
                code = bring_in(session, number, hardest, self.chance)
                supply(session, code)
                count_people(session, code, monday_of(self.today), self.chance)
                self.codes.append(code)
            end = self.today + timedelta(days=self.wanted.days)
            for family, one in of_all_families(session):
                if one.facility in self.codes and one.skill_level >= hardest[family]:
                    self.labour[family] += one.minutes_until(end)
            for row in catalogue.values():
                self.items.setdefault(row.family, []).append(row)

    def _day(self, day: int) -> None:
        """What tomorrow has of hours is read today, since a plan of tomorrow counts on what comes after it."""
        there = self._labour_of_tomorrow()
        with self.database.transaction() as session:
            advance(session, timedelta(days=1))
            self.today = business_today(session)
        self._what_happens_at_the_gates()
        due = self.wanted.orders * day // self.wanted.days
        while self.placed < due:
            self._place()
        self._answer_offers()
        self._work(there)
        self._what_production_does_by_itself()

    def _labour_of_tomorrow(self) -> list[tuple[str, Capacity, int]]:
        with self.database.transaction() as session:
            return [
                (family, one, one.minutes_until(self.today + timedelta(days=1)))
                for family, one in of_all_families(session)
                if one.facility in self.codes
            ]

    def _what_happens_at_the_gates(self) -> None:
        """Lockdowns from tomorrow on, and people counted anew."""
        monday = monday_of(self.today)
        with self.database.transaction() as session:
            for number, code in enumerate(self.codes):
                if self.chance.random() < LOCKDOWNS:
                    for ahead in range(1, self.chance.randint(2, 5)):
                        calendars.change_days(
                            session,
                            code=code,
                            day=self.today + timedelta(days=ahead),
                            open_minutes=0,
                            reason="lockdown",
                        )
                if (self.today.toordinal() + number) % RESPITE == 0:
                    count_people(session, code, monday, self.chance)

    def _place(self) -> None:
        """An order of one line, cleared at once."""
        self.placed += 1
        row = self._article()
        each = LOAD * self.labour.total() / self.wanted.orders
        order, cleared = placed_and_cleared(
            self.placed,
            sku=row.sku,
            quantity=max(1, round(each * self.chance.uniform(*SIZES) / row.labour_minutes)),
            unit_price=row.fob_usd,
            today=self.today,
            days=self.chance.randint(25, 120),
        )
        with self.database.transaction() as session:
            heard(session, order)
            heard(session, cleared)

    def _article(self) -> reference.Item:
        """Any, but of each family as much as there is labour for it."""
        (family,) = self.chance.choices(list(self.labour), list(self.labour.values()))
        return self.chance.choice(self.items[family])

    def _answer_offers(self) -> None:
        for offered in self._open(work_order.c.accepted_on.is_(None), work_order.c.offered_on < self.today):
            with self.database.transaction() as session:
                if self.chance.random() < DECLINES:
                    working.decline(
                        session, work_order_id=offered.id, reason="Simulasi", code="workshop_full"
                    )
                else:
                    working.accept(session, work_order_id=offered.id)

    def _work(self, there: Sequence[tuple[str, Capacity, int]]) -> None:
        """Each workshop makes what is due first, with the hours that it has today."""
        queues: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
        for row in self._open(work_order.c.accepted_on.is_not(None)):
            queues[row.facility, row.family].append(row)
        used = 0
        for family, one, minutes in there:
            used += self._workshop(queues[one.facility, family], one, minutes)
        monday = monday_of(self.today)
        before = self.weeks.get(monday, Week(monday=monday, minutes=0, used=0))
        total = before.minutes + sum(minutes for *_, minutes in there)
        self.weeks[monday] = Week(monday=monday, minutes=total, used=before.used + used)

    def _workshop(self, queue: Sequence[Any], one: Capacity, minutes: int) -> int:
        """The labour that was used."""
        left = minutes
        for row in queue:
            untold = self.untold.pop(row.id, 0)
            spent = min(left, row.remaining * row.labour_minutes - untold)
            left -= spent
            pieces = self._to_report(row, untold + spent)
            mended = row.rework
            inspected = row.awaiting and (not row.remaining or self.today.weekday() == FRIDAY)
            begins = spent and row.started_on is None
            if not (begins or pieces or mended or inspected):
                continue
            with self.database.transaction() as session:
                about = {"work_order_id": row.id}
                if begins:
                    working.start(session, **about)
                if pieces:
                    working.report(session, **about, pieces=pieces, kind="made", worked_on=self.today)
                if mended:
                    working.report(session, **about, pieces=mended, kind="reworked", worked_on=self.today)
                if inspected:
                    self._inspect(session, row.id, one.yield_pct)
        return minutes - left

    def _to_report(self, row: Any, minutes: int) -> int:
        """Whole pieces that are told today, if any are; the other minutes stay for another day."""
        pieces: int = minutes // row.labour_minutes
        if pieces < row.remaining and self.today.weekday() not in REPORT_DAYS:
            pieces = 0
        if rest := minutes - pieces * row.labour_minutes:
            self.untold[row.id] = rest
        return pieces

    def _inspect(self, session: Any, id: UUID, yield_pct: int) -> None:
        awaiting = session.get_one(WorkOrder, id).awaiting
        scrap = sum(self.chance.random() > yield_pct / 100 for _ in range(awaiting))
        rework = sum(self.chance.random() < REWORKED for _ in range(awaiting - scrap))
        working.inspect(
            session, work_order_id=id, passed=awaiting - scrap - rework, rework=rework, scrap=scrap
        )

    def _what_production_does_by_itself(self) -> None:
        """What it does in its own time: rate facilities, try what waits, look for what comes late, move promises."""
        for job in (tasks.rate, tasks.share_out, tasks.check_for_warnings):
            job(self.database, None, Event())

    def _open(self, *conditions: Any) -> list[Any]:
        columns = work_order.c
        query = (
            select(
                columns.id,
                columns.facility,
                columns.rework,
                columns.started_on,
                (columns.quantity - columns.made + columns.scrap).label("remaining"),
                (columns.made - columns.good - columns.rework - columns.scrap).label("awaiting"),
                item.c.family,
                item.c.labour_minutes,
            )
            .join(item, item.c.sku == columns.sku)
            .where(OPEN, *conditions)
            .order_by(columns.facility, columns.due, columns.id)
        )
        with self.database.transaction() as session:
            return list(session.execute(query).all())
