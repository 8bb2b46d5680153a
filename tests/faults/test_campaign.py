"""The campaign: what holds passes, and what is broken on purpose is seen."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kendi.cli.proving import MUTANTS as OFFERED
from kendi.faults.campaign import Result, Strikes, run
from kendi.faults.kinds import KINDS
from kendi.faults.mutants import MUTANTS
from kendi.faults.schedule import schedule
from kendi.faults.verdict import Verdict

pytestmark = pytest.mark.flow

GOOD = Verdict(placed=1, effects=9, lost=0, stuck=0, doubled=0, out_of_order=0, not_conserved=0, examples=())

SEEN_BY = {
    "trust-the-broker": ("messages lost",),
    "no-deduplication": ("messages repeated",),
    "receipt-before-commit": ("PostgreSQL stopped immediately", "database sessions terminated"),
    "no-sequence-check": ("messages reordered",),
    "effect-outside": ("commits whose outcome is unknown",),
    "janitor": ("a whole service stopped",),
}
"""The faults that bring the mistake of each mutant to light."""


def test_a_seed_repeats_its_schedule_and_another_has_another() -> None:
    names = [kind.name for kind, _ in schedule(7, 100)]
    assert names == [kind.name for kind, _ in schedule(7, 100)]
    assert names != [kind.name for kind, _ in schedule(8, 100)]


def test_the_schedule_spreads_over_all_kinds() -> None:
    names = [kind.name for kind, _ in schedule(7, 300)]
    assert min(names.count(kind.name) for kind in KINDS) >= 6


def test_a_long_run_in_which_a_kind_struck_too_seldom_is_no_proof() -> None:
    often = Strikes(times=6, with_many=5)
    seldom = Strikes(times=6, with_many=4)
    in_vain = Strikes(times=6, with_many=5, failed=["nothing to strike"])
    runs = ((300, often, True), (300, seldom, False), (300, in_vain, False), (60, seldom, True))
    for faults, strikes, spread in runs:
        result = Result(1, faults, {"worker killed": strikes}, {}, 0.1, GOOD)
        assert result.spread is spread


def test_a_campaign_of_a_few_faults_ends_with_zeros(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kendi", "faults", "--faults", "8", "--seed", "11", "--json"]
    done = subprocess.run([*command, "--data", str(tmp_path)], capture_output=True, text=True, check=False)
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
    asked = subprocess.run(
        [sys.executable, "-m", "kendi", "faults", "--only", "locusts"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 2
    assert "there is no 'locusts'" in asked.stderr
    assert "worker killed" in asked.stderr


def test_the_command_offers_every_mutant() -> None:
    assert set(OFFERED) == set(MUTANTS) == set(SEEN_BY)


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_mutant_is_seen(mutant: str, tmp_path: Path) -> None:
    result = run(tmp_path, seed=3, faults=4, only=SEEN_BY[mutant], mutant=mutant, say=lambda _: None)
    assert not result.verdict.good, f"{mutant} went unseen: {result.verdict}"


def test_a_mutant_makes_the_command_fail(tmp_path: Path) -> None:
    words = [
        "faults",
        "--faults",
        "4",
        "--seed",
        "3",
        "--mutant",
        "trust-the-broker",
        "--only",
        "messages lost",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "kendi", *words, "--data", str(tmp_path)], capture_output=True, check=False
    )
    assert done.returncode == 1, done.stdout.decode()
