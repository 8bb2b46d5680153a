"""The campaign: what holds passes, and what is broken on purpose is seen."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kendi.cli.proving import MUTANTS as OFFERED
from kendi.cli.proving import NoVerdict, conclude
from kendi.faults.campaign import Result, Strikes, run
from kendi.faults.kinds import KINDS
from kendi.faults.ledger import Ledger
from kendi.faults.mutants import MUTANTS
from kendi.faults.schedule import schedule
from kendi.faults.telling import as_dict, tell
from kendi.faults.verdict import FOR_GOOD, TRACES, Verdict

pytestmark = pytest.mark.flow

GOOD = Verdict(placed=1, effects=9, lost=0, stuck=0, doubled=0, out_of_order=0, not_conserved=0, examples=())

IDLE = {"worker killed": Strikes(times=2, with_many=0, fewest_in_flight=0)}
"""Faults that struck while nothing was under way."""

SEEN_BY = {
    "trust-the-broker": ("messages lost",),
    "no-deduplication": ("messages repeated",),
    "receipt-before-commit": ("PostgreSQL stopped immediately", "database sessions terminated"),
    "no-sequence-check": ("messages reordered",),
    "effect-outside": ("commits whose outcome is unknown",),
    "janitor": ("a whole service stopped",),
}
"""The faults that bring the mistake of each mutant to light."""

LOSES_WITH_EACH = {"trust-the-broker", "janitor"}
"""Mutants that lose hundreds of events with each strike: two are enough."""


def test_a_seed_repeats_its_schedule_and_another_has_another() -> None:
    def planned(seed: int) -> list[tuple[str, float]]:
        """Each fault, and what it will draw."""
        return [(kind.name, chance.random()) for kind, chance in schedule(seed, 100)]

    assert planned(7) == planned(7)
    assert [name for name, _ in planned(7)] != [name for name, _ in planned(8)]


def test_the_schedule_spreads_over_all_kinds() -> None:
    names = [kind.name for kind, _ in schedule(7, 300)]
    assert min(names.count(kind.name) for kind in KINDS) >= 6


def result(**differing: Any) -> Result:
    """The result of a good run of two faults."""
    strikes = {"worker killed": Strikes(times=2, with_many=2)}
    good = Result(1, 2, strikes, {}, True, False, 0.1, GOOD, ledger_of(TRACES))
    return replace(good, **differing)


def ledger_of(done: Iterable[str]) -> Ledger:
    """Of a run in which this was done and the rest was refused."""
    ledger = Ledger()
    for what in TRACES:
        ledger.note(what, "a thing", "ok" if what in done else "failed")
    return ledger


def test_a_long_run_in_which_a_kind_struck_too_seldom_is_no_proof() -> None:
    often = Strikes(times=400, with_many=395)
    seldom = Strikes(times=6, with_many=4)
    in_vain = Strikes(times=6, with_many=5, failed=["nothing to strike"])
    runs: tuple[tuple[int, Strikes, list[str]], ...] = (
        (300, often, []),
        (300, seldom, ["relay killed"]),
        (300, in_vain, ["relay killed"]),
    )
    for faults, strikes, named in runs:
        doubts = result(faults=faults, strikes={"worker killed": often, "relay killed": strikes}).doubts
        assert [name for name in ("relay killed", "worker killed") if name in "".join(doubts)] == named
    assert result(faults=60, strikes={"worker killed": often, "relay killed": seldom}).doubts == []


def test_a_run_of_any_length_in_which_little_was_under_way_is_no_proof() -> None:
    assert result(strikes=IDLE).doubts == ["only 0 of 2 faults struck with 100 deliveries in flight"]


def test_a_run_in_which_not_everything_arrives_does_not_count_as_quickly_recovered() -> None:
    assert result(arrived=False, waited=180.0, longest={"worker killed": 0.5}).longest_recovery == 180.0


def test_a_long_run_in_which_some_work_was_never_done_is_no_proof() -> None:
    ledger = ledger_of(what for what in TRACES if what != "milestone")
    often = {"worker killed": Strikes(times=300, with_many=300)}
    assert result(faults=300, strikes=often).doubts == []
    assert result(faults=300, strikes=often, ledger=ledger).doubts == ["nobody managed: milestone"]


def test_a_run_in_which_no_order_was_placed_is_no_proof() -> None:
    assert result().doubts == []
    assert result(verdict=replace(GOOD, placed=0)).doubts == ["no order was placed"]


@pytest.mark.parametrize("strikes", [result().strikes, IDLE], ids=["busy", "idle"])
@pytest.mark.parametrize("wrong", ["lost", "stuck", "doubled", "out_of_order", "not_conserved"])
def test_whatever_is_found_wrong_ends_with_1(wrong: str, strikes: dict[str, Strikes]) -> None:
    differing: dict[str, Any] = {wrong: 1}
    with pytest.raises(SystemExit) as ended:
        conclude(result(verdict=replace(GOOD, **differing), strikes=strikes))
    assert ended.value.code == 1


def test_a_run_that_proves_nothing_ends_with_2_and_one_that_does_with_0() -> None:
    with pytest.raises(NoVerdict, match="only 0 of 2 faults struck") as ended:
        conclude(result(strikes=IDLE))
    assert ended.value.exit_code == 2
    conclude(result())


def test_machines_are_told_nine_figures_and_what_is_stuck_counts_as_lost() -> None:
    verdict = Verdict(3, 27, lost=1, stuck=2, doubled=4, out_of_order=5, not_conserved=6, examples=())
    assert as_dict(result(verdict=verdict, longest={"worker killed": 1.23}, waited=4.56)) == {
        "seed": 1,
        "faults": 2,
        "placed": 3,
        "effects": 27,
        "lost": 3,
        "doubled": 4,
        "out_of_order": 5,
        "not_conserved": 6,
        "longest_recovery_s": 4.6,
    }


def test_people_are_told_how_often_each_fault_struck_amid_what_and_how_long_it_took() -> None:
    lines: list[str] = []
    often = {"worker killed": Strikes(times=2, with_many=2, fewest_in_flight=117)}
    tell(result(strikes=often, longest={"worker killed": 1.23}), lines.append)
    rows = [re.split(r"  +", line.strip()) for line in lines]
    assert ["fault", "times", "fewest in flight", "longest recovery"] in rows
    assert ["worker killed", "2", "117", "1.2 s"] in rows
    assert lines[-2:] == [
        "orders placed 1, effects expected 9",
        "lost 0, stuck 0, doubled 0, out of order 0, quantities not conserved 0",
    ]


def test_a_campaign_of_a_few_faults_ends_with_zeros(tmp_path: Path) -> None:
    done = faults("--faults", "8", "--seed", "11", "--json", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == {
        "seed", "faults", "placed", "effects", "lost", "doubled", "out_of_order", "not_conserved",
        "longest_recovery_s",
    }  # fmt: skip
    assert (told["seed"], told["faults"]) == (11, 8)
    assert told["placed"] > 0
    assert told["effects"] > 100
    assert [told[wrong] for wrong in ("lost", "doubled", "out_of_order", "not_conserved")] == [0, 0, 0, 0]


def test_a_kind_of_fault_that_there_is_not_is_refused_by_name() -> None:
    asked = faults("--only", "locusts")
    assert asked.returncode == 2
    assert "there is no 'locusts'" in asked.stderr
    assert "worker killed" in asked.stderr


def test_the_command_offers_every_mutant() -> None:
    assert set(OFFERED) == set(MUTANTS) == {"none", *SEEN_BY}


@pytest.mark.parametrize("mutant", sorted(SEEN_BY))
def test_a_mutant_shows_as_what_it_breaks(mutant: str, prepared: Callable[[str], Path]) -> None:
    faults, only = 2 if mutant in LOSES_WITH_EACH else 6, SEEN_BY[mutant]
    done = run(prepared(mutant), seed=3, faults=faults, only=only, mutant=mutant, say=lambda _: None)
    shows_as = MUTANTS[mutant].shows_as
    assert shows_as is not None
    assert getattr(done.verdict, shows_as) > 0, f"{mutant} went unseen: {done.verdict}"
    assert done.seen == (shows_as in FOR_GOOD)


def test_the_same_faults_come_out_good_where_nothing_is_broken(prepared: Callable[[str], Path]) -> None:
    kinds = sorted({kind for kinds in SEEN_BY.values() for kind in kinds})
    control = run(
        prepared("control"), seed=3, faults=2 * len(kinds), only=kinds, mutant="none", say=lambda _: None
    )
    assert control.verdict.good, control.verdict
    assert control.doubts == []
    assert {"order", "inspect", "lot"} <= control.ledger.managed


def test_a_mutant_makes_the_command_fail() -> None:
    """At once: what takes effect twice stays so, and nothing more need strike."""
    repeated = ("--only", "messages repeated", "--mutant", "no-deduplication")
    done = faults("--faults", "60", "--seed", "3", *repeated)
    assert done.returncode == 1, done.stdout
    assert re.search(r"seen after \d faults: nothing more was awaited", done.stdout)


def test_a_folder_in_which_something_is_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "failpoints").mkdir()
    precious = tmp_path / "failpoints" / "notes"
    precious.write_text("mine")
    done = faults("--data", str(tmp_path))
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert precious.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["failpoints"]


def faults(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "kendi", "faults", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)
