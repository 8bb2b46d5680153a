"""One campaign: a system under work, faults at random moments, healing, and the verdict."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg
import redis

from kendi.faults.ground import SERVICES, Ground
from kendi.faults.kinds import Kind, NotCarriedOut, Scene
from kendi.faults.ledger import Ledger
from kendi.faults.mutants import MUTANTS
from kendi.faults.schedule import schedule
from kendi.faults.stream import Stream
from kendi.faults.verdict import TRACES, Verdict, is_seen, judge
from kendi.faults.watching import Gauge

MANY_IN_FLIGHT = 100
OFTEN = 5
LONG_RUN = 300
SECONDS_TO_FILL = 60
SECONDS_TO_HEAL = 180
DUE_SOON = (
    "UPDATE outbox_delivery SET next_at = now() WHERE state = 1 AND sent_at < now() - interval '2 s'",
    "UPDATE inbox SET next_at = now() WHERE state < 2 AND (state = 0 OR next_at < now() + interval '57 s')",
)
"""No lease of a publisher and no pause of a subscriber is longer than a few seconds."""


@dataclass(frozen=True)
class Patience:
    """How long is waited in the end: in all, and while nothing moves."""

    seconds: float
    without_a_move: float

    def is_at_its_end(self, began: float, moved: float) -> bool:
        return time.monotonic() > min(began + self.seconds, moved + self.without_a_move)


UNHURRIED = Patience(seconds=900, without_a_move=180)
"""Longer than the longest pause between two attempts that a campaign brings about."""
HASTENED = Patience(seconds=60, without_a_move=8)
"""With a mutant what has not come by then is lost: its leases are cut to a few seconds."""


@dataclass
class Strikes:
    """What one kind of fault did in this campaign."""

    times: int = 0
    with_many: int = 0
    """Times that at least a hundred deliveries were in flight."""
    fewest_in_flight: int | None = None
    failed: list[str] = field(default_factory=list)
    """Strikes that could not be carried out to their end, and why."""

    def count(self, in_flight: int) -> None:
        self.times += 1
        self.with_many += in_flight >= MANY_IN_FLIGHT
        fewest = self.fewest_in_flight
        self.fewest_in_flight = in_flight if fewest is None else min(fewest, in_flight)

    @property
    def counting(self) -> int:
        """Strikes with much in flight that were carried out."""
        return max(0, self.with_many - len(self.failed))


@dataclass(frozen=True)
class Result:
    seed: int
    faults: int
    """Those that struck: with a mutant none does any more once what it breaks is seen."""
    strikes: dict[str, Strikes]
    longest: dict[str, float]
    arrived: bool
    """Whether in the end nothing was under way any more."""
    seen: bool
    """Whether nothing more was awaited because what the mutant breaks was seen."""
    waited: float
    """Seconds from the last healing until then, or until nothing moved any more."""
    verdict: Verdict
    ledger: Ledger

    @property
    def doubts(self) -> list[str]:
        """Why nothing can be said, even if nothing was found wrong; none if something can."""
        return list(_doubts(self))

    @property
    def longest_recovery(self) -> float:
        """Seconds from a healing until everything that was under way then had arrived; at least, if it has not."""
        return max([*self.longest.values(), self.waited])


def _doubts(result: Result) -> Iterator[str]:
    """Faults without work prove nothing, in a run of any length; a long run must know each kind well, of both."""
    if not result.verdict.placed:
        yield "no order was placed"
    counting = sum(kind.counting for kind in result.strikes.values())
    if 2 * counting < result.faults:
        yield f"only {counting} of {result.faults} faults struck with {MANY_IN_FLIGHT} deliveries in flight"
    undone = [what for what in TRACES if what not in result.ledger.managed]
    if result.faults >= LONG_RUN and undone:
        yield f"nobody managed: {', '.join(undone)}"
    seldom = [name for name, kind in result.strikes.items() if kind.counting < OFTEN]
    if result.faults >= LONG_RUN and seldom:
        yield f"fewer than {OFTEN} strikes with {MANY_IN_FLIGHT} deliveries in flight: {', '.join(seldom)}"


def run(
    folder: Path,
    *,
    seed: int,
    faults: int,
    only: Sequence[str] = (),
    mutant: str | None = None,
    say: Callable[[str], None] = print,
) -> Result:
    """Start a system in a folder, torment it, and say what became of everything."""
    planned = schedule(seed, faults, only)
    with ExitStack() as stack:
        ground = stack.enter_context(
            Ground(folder, free_ports=True, mutant=mutant, seed=seed, say=lambda _: None)
        )
        stream, gauge = Stream(ground, seed), Gauge(ground)
        stack.callback(gauge.close)
        campaign = Campaign(ground, stream, gauge, Random(seed), say)
        stream.start()
        try:
            for number, (kind, chance) in enumerate(planned, 1):
                campaign.strike(kind, chance, f"{number}/{faults}")
                if is_seen(ground):
                    break
        finally:
            stream.stop()
        arrived, waited = campaign.drain()
        return Result(
            seed=seed,
            faults=number,
            strikes=campaign.strikes,
            longest=dict(campaign.gauge.longest),
            arrived=arrived,
            seen=is_seen(ground),
            waited=waited,
            verdict=judge(ground, stream.ledger),
            ledger=stream.ledger,
        )


@dataclass
class Harm:
    """A strike under way, and when it goes on."""

    kind: str
    steps: Iterator[float]
    next_at: float


@dataclass
class Campaign:
    ground: Ground
    stream: Stream
    gauge: Gauge
    chance: Random
    say: Callable[[str], None]
    strikes: dict[str, Strikes] = field(default_factory=lambda: defaultdict(Strikes))
    under_way: list[Harm] = field(default_factory=list)

    def strike(self, kind: Kind, chance: Random, number: str) -> None:
        """Let a random time pass, wait until enough is under way; then do the harm at once, and heal it."""
        self._let_pass(self.chance.uniform(0, 0.7))
        in_flight = self._await_work()
        began = time.monotonic()
        harm = Harm(kind.name, kind.strike(Scene(self.ground, self.stream, chance)), began)
        self.under_way.append(harm)
        self._go_on()
        self.strikes[kind.name].count(in_flight)
        while harm in self.under_way and not kind.lingers:
            self._let_pass(max(0.0, harm.next_at - time.monotonic()))
        self.say(f"{number:>9}  {kind.name:<52} {time.monotonic() - began:5.1f} s  {in_flight:5} in flight")

    def _go_on(self) -> None:
        """Each harm that is due goes one step on; one that has ended is healed."""
        for harm in [harm for harm in self.under_way if harm.next_at <= time.monotonic()]:
            try:
                harm.next_at = time.monotonic() + next(harm.steps)
                continue
            except StopIteration:
                pass
            except (NotCarriedOut, psycopg.Error, redis.RedisError, OSError) as error:
                self.strikes[harm.kind].failed.append(str(error))
            self.under_way.remove(harm)
            self.gauge.healed(harm.kind)

    def _await_work(self) -> int:
        """How much is in flight once it is much, or after some time."""
        deadline = time.monotonic() + SECONDS_TO_FILL
        while (in_flight := self.gauge.in_flight() or 0) < MANY_IN_FLIGHT and time.monotonic() < deadline:
            self._let_pass(0.1)
        return in_flight

    def _let_pass(self, seconds: float) -> None:
        """Keep the system running meanwhile, as ``kendi up`` does."""
        until = time.monotonic() + seconds
        while True:
            self._go_on()
            self.ground.watch()
            self.stream.check()
            in_flight = self.gauge.in_flight()
            if in_flight is not None:
                self.stream.in_flight = in_flight
            self.gauge.look()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))

    def drain(self) -> tuple[bool, float]:
        """Whether nothing is under way any more, and how many seconds after the last healing that was clear."""
        deadline = time.monotonic() + SECONDS_TO_HEAL
        while self.under_way and time.monotonic() < deadline:
            self._let_pass(0.1)
        self._make_whole()
        began = time.monotonic()
        arrived = self._arrive()
        self.gauge.give_up()
        return arrived, time.monotonic() - began

    def _arrive(self) -> bool:
        """Wait as long as things move; returns whether all have arrived.

        A mutant may keep things moving for ever; what it breaks for good need not be awaited further.
        """
        patience = HASTENED if MUTANTS[self.ground.mutant or "none"].shows_as else UNHURRIED
        began = moved = time.monotonic()
        left = self.gauge.under_way()
        while left != 0 and not patience.is_at_its_end(began, moved) and not is_seen(self.ground):
            if self.ground.mutant:
                self._hasten()
            self._let_pass(0.2)
            before, left = left, self.gauge.under_way()
            if left != before:
                moved = time.monotonic()
        return left == 0

    def _hasten(self) -> None:
        for service in SERVICES:
            for statement in DUE_SOON:
                with suppress(psycopg.Error):  # a worker was in the way; the next look asks again
                    self.ground.execute(service, statement)

    def _make_whole(self) -> None:
        """Undo what a strike that failed half-way may have left."""
        self.ground.disarm()
        with suppress(redis.RedisError), self.ground.broker() as broker:
            broker.replicaof("NO", "ONE")
            broker.config_set("maxmemory", "512mb")
            broker.config_set("maxclients", 10_000)
