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

from kendi.faults.ground import Ground
from kendi.faults.kinds import Kind, NotCarriedOut, Scene
from kendi.faults.schedule import schedule
from kendi.faults.stream import Stream
from kendi.faults.verdict import Verdict, judge
from kendi.faults.watching import Gauge

MANY_IN_FLIGHT = 100
OFTEN = 5
LONG_RUN = 300
SECONDS_TO_FILL = 60
SECONDS_TO_DRAIN = 180
SECONDS_FOR_A_MUTANT = 10


@dataclass
class Strikes:
    """What one kind of fault did in this campaign."""

    times: int = 0
    with_many: int = 0
    """Times that at least a hundred deliveries were in flight."""
    fewest_in_flight: int | None = None
    failed: list[str] = field(default_factory=list)
    """Strikes that could not be carried out to their end, and why."""

    @property
    def counting(self) -> int:
        return self.with_many - len(self.failed)


@dataclass(frozen=True)
class Result:
    seed: int
    faults: int
    strikes: dict[str, Strikes]
    longest: dict[str, float]
    drained_after: float | None
    verdict: Verdict

    @property
    def spread(self) -> bool:
        """In a long run each kind must have struck often enough while enough was under way."""
        return self.faults < LONG_RUN or all(kind.counting >= OFTEN for kind in self.strikes.values())


def run(
    folder: Path,
    *,
    seed: int,
    faults: int,
    only: Sequence[str] = (),
    mutant: str | None = None,
    say: Callable[[str], None] = print,
) -> Result:
    """Start a system in a folder, torment it, and say what became of everything.

    What a mutant loses never arrives, so that it is awaited for less long.
    """
    planned = schedule(seed, faults, only)
    with ExitStack() as stack:
        ground = stack.enter_context(Ground(folder, free_ports=True, mutant=mutant, say=lambda _: None))
        stream, gauge = Stream(ground, seed), Gauge(ground)
        stack.callback(gauge.close)
        campaign = Campaign(ground, stream, gauge, Random(seed), say)
        stream.start()
        try:
            for number, (kind, chance) in enumerate(planned, 1):
                campaign.strike(kind, chance, f"{number}/{faults}")
        finally:
            stream.stop()
        drained = campaign.drain(SECONDS_FOR_A_MUTANT if mutant else SECONDS_TO_DRAIN)
        return Result(
            seed=seed,
            faults=faults,
            strikes=campaign.strikes,
            longest=dict(campaign.gauge.longest),
            drained_after=drained,
            verdict=judge(ground, stream.ledger),
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
        """Wait until enough is under way and a random moment has passed; do the harm, and heal it."""
        in_flight = self._await_work()
        self._let_pass(self.chance.uniform(0, 0.7))
        strikes = self.strikes[kind.name]
        strikes.times += 1
        strikes.with_many += in_flight >= MANY_IN_FLIGHT
        fewest = strikes.fewest_in_flight
        strikes.fewest_in_flight = in_flight if fewest is None else min(fewest, in_flight)
        began = time.monotonic()
        harm = Harm(kind.name, kind.strike(Scene(self.ground, self.stream, chance)), began)
        self.under_way.append(harm)
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
        """How much is in flight once it is much, or after some seconds."""
        deadline = time.monotonic() + SECONDS_TO_FILL
        while self.stream.in_flight < MANY_IN_FLIGHT and time.monotonic() < deadline:
            self._let_pass(0.1)
        return self.stream.in_flight

    def _let_pass(self, seconds: float) -> None:
        """Keep the system running meanwhile, as ``kendi up`` does."""
        until = time.monotonic() + seconds
        while True:
            self._go_on()
            self.ground.watch()
            under_way = self.gauge.under_way()
            if under_way is not None:
                self.stream.in_flight = under_way
            self.gauge.look()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))

    def drain(self, patience: float) -> float | None:
        """Seconds after the last healing until nothing was under way any more; None if that never came."""
        began = time.monotonic()
        while self.under_way and time.monotonic() - began < patience:
            self._let_pass(0.1)
        self._make_whole()
        began = time.monotonic()
        while time.monotonic() - began < patience:
            self._let_pass(0.2)
            if self.gauge.under_way() == 0:
                return time.monotonic() - began
        return None

    def _make_whole(self) -> None:
        """Undo what a strike that failed half-way may have left."""
        self.ground.disarm()
        with suppress(redis.RedisError), self.ground.broker() as broker:
            broker.replicaof("NO", "ONE")
            broker.config_set("maxmemory", "512mb")
